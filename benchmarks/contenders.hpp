// Who takes part. The buffers and plans must outlive the contenders.
#ifndef CUTMIX_BENCHMARKS_CONTENDERS_HPP
#define CUTMIX_BENCHMARKS_CONTENDERS_HPP

#include <string>
#include <vector>

#include "buffers.hpp"
#include "contender.hpp"

namespace bench {

// One draw for all contenders. Flip and roll bring partners of their own; the box stays the same.
struct Plans {
  cutmix::Plan random, flipped, rolled;
  cutmix::Plan each;     // the random partners, a box of the same size for each sample
  cutmix::Plan none;     // no box: a copy
  cutmix::Plan blended;  // flip, and MixUp of the whole images
};

// Partners from a seeded permutation, and a box of half the area in the middle, its left edge odd.
Plans make_plans(const Shape& shape);

// memcpy, this library and plain Eigen. Scalar: float, Eigen::bfloat16 or std::uint8_t.
template <class Scalar>
std::vector<Contender> image_contenders(const Images<Scalar>& images, const Plans& plans);
// The library's other layouts and scopes, and collate.
std::vector<Contender> variant_contenders(const Images<float>& images, const Plans& plans);
// MixUp: the library, and a loop that does nothing else.
std::vector<Contender> mixup_contenders(const Images<float>& images, const Plans& plans);
std::vector<Contender> label_contenders(const Labels& labels, const Plans& plans);
// Bytes in (H, W, C) to a normalised batch of float: the library, mixed and not.
std::vector<Contender> bytes_contenders(const Decoded& decoded, const Plans& plans);
std::vector<Contender> drawing_contenders();

// The sequences of operations of the implementations in use, in ATen; none without LibTorch.
template <class Scalar>
std::vector<Contender> torch_image_contenders(const Images<Scalar>& images, const Plans& plans);
std::vector<Contender> torch_mixup_contenders(const Images<float>& images, const Plans& plans);
std::vector<Contender> torch_label_contenders(const Labels& labels, const Plans& plans);
// With OpenCV, where that is found, its blobFromImages too.
std::vector<Contender> torch_bytes_contenders(const Decoded& decoded, const Plans& plans);
std::string torch_version();  // "none" without LibTorch

}  // namespace bench

#endif  // CUTMIX_BENCHMARKS_CONTENDERS_HPP
