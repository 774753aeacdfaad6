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
/// be dense and need no gradient: call .detach() on logits. Any dtype but quantized ones; complex
/// ones are cut and pasted, not blended. Mixed targets of class ids are (B, n_classes) of float;
/// targets of integers are of float, others of their own dtype.
///
/// A tensor is a handle, so an output may be a temporary, such as a slice of a larger buffer. What
/// is written is marked so for autograd: a backward pass that needs the old contents fails with
/// torch's own message. Other axes than (B, ..., H, W) have letters:
/// mixer(cutmix::view(volumes, "BCDHW"), labels, mixed, targets).
///
/// On the CPU images are spread over LibTorch's own threads (at::set_num_threads) unless a device
/// is given. The threads are cutmix::TensorTraits<at::Tensor>::device().
///
/// On other devices (CUDA, ROCm, MPS, XPU, ...) these take tensors, all of a call on one device,
/// and make new ones there: the functor in all forms without a device, mix_images,
/// mix_images_in_place, mix_masks, mix_labels, partner_labels, make_plan and batch_shape. ATen's
/// operations do the work, on the box's pixels alone, behind what the device has been given to do;
/// the plan goes there in one copy, for which no call waits on CUDA. The results are those of the
/// CPU, but:
/// - blends of float64, of integers of 32 bits and more, and targets of float64 may differ in the
///   last bit of a double, where the CPU rounds once less;
/// - without double (MPS) blends and targets are within 3 x 2^-24 of the larger of the two numbers;
/// - ids out of range are not noticed: their class has no peak.
/// The rest (collate, losses, accuracy, masks of partners) reads the CPU's tensors alone; torch's
/// own losses take the targets.
///
/// A program that nvcc compiles may give a CUDA stream as the device, and mixes with one kernel for
/// each tensor of that GPU (cuda.hpp):
/// @code
/// mixer(c10::cuda::getCurrentCUDAStream(), images, labels, mixed, targets);
/// @endcode

#include <ATen/Parallel.h>
#include <ATen/TensorIterator.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include <string>
#include <string_view>

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

/// A tensor with letters for its axes: what cutmix::view(tensor, "BCDHW") is. A handle, too.
class TorchView {
 public:
  /// @param tensor   on any device
  /// @param letters  one for each axis, as of ConstBatchView; none: (B, ..., H, W)
  ///
  /// Errors: letters that do not fit; a tensor that cannot be mixed.
  TorchView(at::Tensor tensor, std::string_view letters);

  /// The tensor.
  const at::Tensor& tensor() const { return tensor_; }
  /// The letters of its axes; empty where there are none.
  std::string_view letters() const { return letters_; }
  /// Its memory, which must be the CPU's.
  operator BatchView() const;

 private:
  at::Tensor tensor_;
  std::string letters_;
};

}  // namespace cutmix

#include "detail/torch.hpp"

#endif  // CUTMIX_TORCH_HPP
