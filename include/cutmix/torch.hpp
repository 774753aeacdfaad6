#ifndef CUTMIX_TORCH_HPP
#define CUTMIX_TORCH_HPP

/// @file torch.hpp
/// LibTorch's tensors, taught to the library. Optional: no other header includes it, and it alone
/// needs LibTorch; it does not need Eigen.
///
/// @code
/// cutmix::CutMix mixer(1.0, 10, cutmix::Philox4x32(42));
/// auto [mixed, targets] = mixer(images, labels);  // torch::Tensor, like all that goes in
/// @endcode
/// Everything takes torch tensors where it takes others: images, masks, labels, logits. A tensor is
/// read where it is, whatever its strides (contiguous, channels_last, a slice, expanded); it must
/// be on the CPU, dense, and need no gradient: call .detach() on logits. Any dtype but quantized
/// ones; complex ones are cut and pasted, not blended. Mixed targets of class ids are (B,
/// n_classes) of float; targets of integers are of float, others of their own dtype.
///
/// A tensor is a handle, so an output may be a temporary, such as a slice of a larger buffer. What
/// is written is marked so for autograd: a backward pass that needs the old contents fails with
/// torch's own message. Other axes than (B, ..., H, W) are named on the input alone, because a view
/// is not marked: mixer(cutmix::view(volumes, "BCDHW"), labels, mixed, targets).
///
/// Images are spread over LibTorch's own threads (at::set_num_threads) unless a device is given;
/// those of a view stay on the caller's thread, for a view does not say whose memory it is. The
/// threads are cutmix::TensorTraits<at::Tensor>::device().

#include <ATen/Parallel.h>
#include <ATen/TensorIterator.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include "collate.hpp"
#include "images.hpp"
#include "labels.hpp"
#include "loss.hpp"
#include "mixer.hpp"
#include "view.hpp"

namespace cutmix {

/// LibTorch's half precision.
template <>
struct ScalarTraits<at::Half> {
  /// IEEE binary16.
  static constexpr ScalarKind kind = ScalarKind::half;
};
/// LibTorch's bfloat16.
template <>
struct ScalarTraits<at::BFloat16> {
  /// The upper half of a float32.
  static constexpr ScalarKind kind = ScalarKind::bfloat16;
};

}  // namespace cutmix

#include "detail/torch.hpp"

#endif  // CUTMIX_TORCH_HPP
