// Images and labels as the examples keep them.
#ifndef CUTMIX_EXAMPLES_COMMON_DATASET_HPP
#define CUTMIX_EXAMPLES_COMMON_DATASET_HPP

#include <algorithm>
#include <cstdint>
#include <cutmix/cutmix.hpp>
#include <string>
#include <vector>

namespace examples {

using cutmix::Index;

using ByteImages = Eigen::Tensor<std::uint8_t, 4, Eigen::RowMajor>;  // (N, 1, H, W)
using Labels = Eigen::Tensor<int, 1, Eigen::RowMajor>;               // (N)

struct LabelledImages {
  ByteImages images;
  Labels labels;

  Index size() const { return images.dimension(0); }
};

struct Dataset {
  std::string name;
  std::vector<std::string> classes;
  LabelledImages train;
  LabelledImages test;
};

// Copies sample `from` of `source` to sample `to` of `target`.
inline void copy_sample(const LabelledImages& source, Index from, LabelledImages& target,
                        Index to) {
  const Index bytes = source.images.size() / source.size();
  std::copy_n(source.images.data() + from * bytes, bytes, target.images.data() + to * bytes);
  target.labels(to) = source.labels(from);
}

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_COMMON_DATASET_HPP
