#ifndef CUTMIX_TORCH_HPP
#define CUTMIX_TORCH_HPP

/// @file torch.hpp
/// CutMix on torch tensors. Optional: no other header includes it, and it alone needs LibTorch.
///
/// Batches are (B, ..., H, W) on the CPU, contiguous or channels_last, and are read where they are:
/// nothing is copied or converted on the way in.

#include <torch/types.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "cutmix.hpp"

namespace cutmix {

namespace detail {

// Whether the elements are numbers in this process' memory of which no one wants gradients.
inline void check_torch_tensor(const std::string& name, const torch::Tensor& tensor) {
  if (!tensor.defined()) fail(name, "undefined", "must be a tensor");
  if (tensor.layout() != torch::kStrided)
    fail("layout of " + name, tensor.layout(), "must be Strided; call .to_dense() before mixing");
  if (!tensor.device().is_cpu())
    fail("device of " + name, tensor.device(),
         "must be cpu; call .cpu() before mixing, or mix on the loader's side");
  if (!torch::isFloatingType(tensor.scalar_type()) &&
      !torch::isIntegralType(tensor.scalar_type(), /*includeBool=*/true))
    fail("dtype of " + name, tensor.scalar_type(), "must be floating, integer or bool");
  if (tensor.requires_grad())
    fail("requires_grad of " + name, "true",
         "must be false, gradients do not pass through mixing; call .detach() before mixing");
  if (tensor.is_neg())
    fail("is_neg of " + name, "true", "must be false; call .resolve_neg() before mixing");
}

// The order of the axes in memory, where it is one that leaves no gaps and the batch outermost.
inline torch::MemoryFormat memory_format_of(const std::string& name, const torch::Tensor& tensor) {
  for (const auto format : {torch::MemoryFormat::Contiguous, torch::MemoryFormat::ChannelsLast,
                            torch::MemoryFormat::ChannelsLast3d})
    if (tensor.is_contiguous(format)) return format;
  fail("strides of " + name, tensor.strides(),
       "must be those of a contiguous or channels_last tensor; call .contiguous() before mixing");
}

inline void check_torch_images(const torch::Tensor& images) {
  check_torch_tensor("images", images);
  memory_format_of("images", images);
  if (images.dim() < 3)
    fail("rank of images", images.dim(),
         "must be at least 3: (B, ..., H, W); give a single image an axis of size 1");
}

inline bool holds_class_ids(const torch::Tensor& labels) {
  return labels.dim() == 1 && torch::isIntegralType(labels.scalar_type(), /*includeBool=*/true);
}

inline void check_torch_labels(const torch::Tensor& labels, Index batch, Index n_classes) {
  check_torch_tensor("labels", labels);
  memory_format_of("labels", labels);
  if (labels.dim() == 0)
    fail("rank of labels", 0, "must be at least 1: (B) class ids or (B, ...) dense targets");
  if (labels.size(0) != batch)
    fail("size of labels along the batch", labels.size(0),
         "must be " + to_text(batch) + ", as of images");
  if (labels.dim() == 2 && labels.size(1) != n_classes)
    fail("width of labels", labels.size(1),
         "must be " + to_text(n_classes) + ", the number of classes; class ids have rank 1");
}

inline void check_torch_output(const std::string& name, const torch::Tensor& out,
                               const std::string& like, torch::IntArrayRef sizes,
                               torch::MemoryFormat format) {
  check_torch_tensor(name, out);
  if (out.sizes() != sizes) fail("shape of " + name, out.sizes(), "must be " + to_text(sizes));
  if (!out.is_contiguous(format))
    fail("strides of " + name, out.strides(),
         "must be in the memory format " + to_text(format) + ", as of " + like);
}

// Images of any dtype, rank and memory format as one type: bytes, with the axes (B, planes, H, W,
// bytes of a pixel). Pixels are only ever copied, so their bytes are all that matters.
using TorchImages = Eigen::TensorMap<Eigen::Tensor<Byte, 5, Eigen::RowMajor>>;
constexpr Axes torch_axes = Axes::bhwc;

inline TorchImages view_images(const torch::Tensor& images) {
  const auto size = images.sizes();
  const std::size_t rank = size.size();
  const bool channels_last = !images.is_contiguous();
  Index planes = 1;
  for (std::size_t axis = channels_last ? 2 : 1; axis < rank - 2; ++axis) planes *= size[axis];
  const Index pixel = static_cast<Index>(images.element_size()) * (channels_last ? size[1] : 1);
  return {static_cast<Byte*>(images.data_ptr()),
          size[0],
          planes,
          size[rank - 2],
          size[rank - 1],
          pixel};
}

// Calls visit with a value of the type that stands for the tensor's dtype here.
template <class Visit>
void visit_floating(const char* name, const torch::Tensor& tensor, const Visit& visit) {
  switch (tensor.scalar_type()) {
    case torch::kFloat:
      return visit(float{});
    case torch::kDouble:
      return visit(double{});
    case torch::kHalf:
      return visit(Eigen::half{});
    case torch::kBFloat16:
      return visit(Eigen::bfloat16{});
    default:
      fail(std::string("dtype of ") + name, tensor.scalar_type(),
           "must be Float, Double, Half or BFloat16");
  }
}

template <class Visit>
void visit_integer(const char* name, const torch::Tensor& tensor, const Visit& visit) {
  switch (tensor.scalar_type()) {
    case torch::kLong:
      return visit(std::int64_t{});
    case torch::kInt:
      return visit(std::int32_t{});
    case torch::kShort:
      return visit(std::int16_t{});
    case torch::kChar:
      return visit(std::int8_t{});
    case torch::kByte:
    case torch::kBool:  // a byte that is 0 or 1
      return visit(std::uint8_t{});
    default:
      fail(std::string("dtype of ") + name, tensor.scalar_type(),
           "must be Long, Int, Short, Char, Byte or Bool");
  }
}

// Dense targets of any rank as (B, n, 1): they are mixed element by element, so the order within a
// sample does not matter where labels and targets share it.
template <class Scalar>
auto view_dense(const torch::Tensor& targets) {
  const Index batch = targets.size(0);
  const Index columns = targets.numel() / std::max(batch, Index{1});
  using Plain = Eigen::Tensor<Scalar, 3, Eigen::RowMajor>;
  return Eigen::TensorMap<Plain>(static_cast<Scalar*>(targets.data_ptr()), batch, columns, 1);
}

// Calls visit with labels and targets as Eigen tensors of their scalars.
template <class Visit>
void visit_labels(const torch::Tensor& labels, const torch::Tensor& targets, const Visit& visit) {
  const auto visit_ids = [&](auto id) {
    using Id = decltype(id);
    using Ids = Eigen::TensorMap<Eigen::Tensor<Id, 1, Eigen::RowMajor>>;
    visit_floating("targets_out", targets, [&](auto target) {
      using Target = decltype(target);
      using Rows = Eigen::TensorMap<Eigen::Tensor<Target, 2, Eigen::RowMajor>>;
      visit(Ids(static_cast<Id*>(labels.data_ptr()), labels.size(0)),
            Rows(static_cast<Target*>(targets.data_ptr()), targets.size(0), targets.size(1)));
    });
  };
  const auto visit_dense = [&](auto label) {
    visit_floating("targets_out", targets, [&](auto target) {
      visit(view_dense<decltype(label)>(labels), view_dense<decltype(target)>(targets));
    });
  };
  if (holds_class_ids(labels))
    visit_integer("labels", labels, visit_ids);
  else if (torch::isFloatingType(labels.scalar_type()))
    visit_floating("labels", labels, visit_dense);
  else
    visit_integer("labels", labels, visit_dense);
}

// Memory that was written behind autograd's back: a backward pass that saved the old contents then
// fails with torch's own message instead of giving wrong gradients.
inline void mark_written(const torch::Tensor& tensor) {
  if (!tensor.is_inference()) tensor.unsafeGetTensorImpl()->bump_version();
}

}  // namespace detail

/// Applies a plan to torch images or masks, and returns the result.
///
/// @param plan    drawn for this batch
/// @param images  (B, ..., H, W), rank 3 and up, on the CPU; contiguous or channels_last; floating,
///                integer or bool
/// @return        images' shape, dtype and memory format: images outside the boxes, images[indices]
///                inside
///
/// Aliasing: none, the result owns its memory. Errors: a plan that does not fit; a tensor that is
/// undefined, not on the CPU, sparse, requires gradients, or has other strides or dtypes. No draws.
/// Allocates the result alone, from torch.
inline torch::Tensor mix_images(const Plan& plan, const torch::Tensor& images) {
  detail::check_torch_images(images);
  auto images_out = torch::empty_like(images);
  mix_images(plan, detail::view_images(images), detail::view_images(images_out),
             detail::torch_axes);
  return images_out;
}

/// CutMix for LibTorch training loops: CutMix with torch tensors in the place of Eigen's.
///
/// The same engine, options and batch give the same plan and the same numbers as CutMix. Copyable;
/// a copy goes on by itself from the same state. Not for use by two threads at once.
template <class Urbg = Philox4x32>
class TorchCutMix {
 public:
  /// One box a batch from the reference law, with lambda from Beta(alpha, alpha).
  ///
  /// alpha in [0, inf], n_classes at least 1, or std::invalid_argument.
  TorchCutMix(double alpha, Index n_classes, Urbg rng)
      : TorchCutMix(with_alpha(alpha), n_classes, std::move(rng)) {}

  /// Whatever options say, of which axes must stay Axes::bchw: a permuted view says the rest.
  TorchCutMix(Options options, Index n_classes, Urbg rng)
      : mixer_(with_torch_axes(std::move(options)), n_classes, std::move(rng)) {}

  /// Draws a plan, applies it, and returns new tensors.
  ///
  /// @param images  (B, ..., H, W), rank 3 and up, on the CPU; contiguous or channels_last;
  ///                floating, integer or bool
  /// @param labels  (B) integer class ids in [0, n_classes), or (B, ...) dense targets, floating or
  ///                integer
  /// @return        the mixed images, of images' shape, dtype and memory format; and the targets:
  ///                (B, n_classes) of float for class ids, else of labels' shape, floating dtypes
  ///                as they are and integers as float
  ///
  /// Aliasing: none, the results own their memory. Errors: std::invalid_argument for a tensor that
  /// is undefined, not on the CPU, sparse, requires gradients, or has other strides or dtypes, and
  /// all of CutMix's; before anything is drawn. Draws: make_plan's; none while not enabled.
  /// Allocates the results alone, from torch.
  std::pair<torch::Tensor, torch::Tensor> operator()(const torch::Tensor& images,
                                                     const torch::Tensor& labels) {
    check_inputs(images, labels);
    auto images_out = torch::empty_like(images);
    auto targets_out = empty_targets(labels);
    mix(images, labels, images_out, targets_out);
    return {std::move(images_out), std::move(targets_out)};
  }

  /// Draws a plan and applies it into the caller's tensors: the form that does without new memory.
  ///
  /// @param images, labels  as above
  /// @param images_out      images' shape, dtype and memory format; overwritten; must not overlap
  ///                        images
  /// @param targets_out     (B, n_classes) for class ids, else labels' shape and memory format; any
  ///                        floating dtype; overwritten; must not overlap labels
  ///
  /// A tensor is a handle, so a slice of a larger buffer serves as an output. Errors: as above, and
  /// outputs that do not fit; before anything is written or drawn (those of the caller's own box
  /// law excepted). Allocates nothing after its first call with a batch of this size.
  void operator()(const torch::Tensor& images, const torch::Tensor& labels,
                  const torch::Tensor& images_out, const torch::Tensor& targets_out) {
    check_inputs(images, labels);
    detail::check_torch_output("images_out", images_out, "images", images.sizes(),
                               detail::memory_format_of("images", images));
    if (images_out.scalar_type() != images.scalar_type())
      detail::fail("dtype of images_out", images_out.scalar_type(),
                   "must be " + detail::to_text(images.scalar_type()) + ", as of images");
    if (detail::holds_class_ids(labels))
      detail::check_torch_output("targets_out", targets_out, "labels",
                                 {labels.size(0), mixer_.n_classes()},
                                 torch::MemoryFormat::Contiguous);
    else
      detail::check_torch_output("targets_out", targets_out, "labels", labels.sizes(),
                                 detail::memory_format_of("labels", labels));
    mix(images, labels, images_out, targets_out);
    detail::mark_written(images_out);
    detail::mark_written(targets_out);
  }

  /// Draws a plan, applies it to images in place, and returns new targets.
  ///
  /// Only the boxes' bytes move. Own partners in options.indices must be a permutation. Everything
  /// else is as above.
  torch::Tensor in_place(const torch::Tensor& images, const torch::Tensor& labels) {
    check_inputs(images, labels);
    auto targets_out = empty_targets(labels);
    mixer_.enabled = enabled;
    detail::visit_labels(labels, targets_out, [&](const auto& y, auto&& y_out) {
      mixer_.in_place(detail::view_images(images), y, y_out);
    });
    detail::mark_written(images);
    return targets_out;
  }

  /// False switches mixing off, for evaluation: the images stay as they are, labels become dense
  /// targets, and no draws are spent.
  bool enabled = true;

  /// What the last call applied; an empty plan before the first.
  const Plan& plan() const { return mixer_.plan(); }
  /// The partners that the last call used.
  const Indices& indices() const { return mixer_.indices(); }
  /// The share that the last call kept (of its first sample, where each has its own).
  double cutmix_lambda() const { return mixer_.cutmix_lambda(); }
  /// The box that the last call cut (of its first sample, where each has its own).
  const BBox& bbox() const { return mixer_.bbox(); }

  /// The width of targets that are made of class ids.
  Index n_classes() const { return mixer_.n_classes(); }
  /// The engine; assign one of philox_stream's before a batch and it never repeats another's.
  Urbg& rng() { return mixer_.rng(); }

 private:
  static Options with_alpha(double alpha) {
    Options options;
    options.alpha = alpha;
    return options;
  }

  static Options with_torch_axes(Options options) {
    if (options.axes != Axes::bchw)
      detail::fail("axes", static_cast<int>(options.axes),
                   "must be Axes::bchw for torch tensors; call .permute() on other images");
    options.axes = detail::torch_axes;
    return options;
  }

  void check_inputs(const torch::Tensor& images, const torch::Tensor& labels) const {
    detail::check_torch_images(images);
    detail::check_torch_labels(labels, images.size(0), mixer_.n_classes());
  }

  torch::Tensor empty_targets(const torch::Tensor& labels) const {
    const auto dtype =
        torch::isFloatingType(labels.scalar_type()) ? labels.scalar_type() : torch::kFloat;
    return detail::holds_class_ids(labels)
               ? torch::empty({labels.size(0), mixer_.n_classes()}, dtype)
               : torch::empty_like(labels, dtype);
  }

  void mix(const torch::Tensor& images, const torch::Tensor& labels,
           const torch::Tensor& images_out, const torch::Tensor& targets_out) {
    mixer_.enabled = enabled;
    detail::visit_labels(labels, targets_out, [&](const auto& y, auto&& y_out) {
      mixer_(detail::view_images(images), y, detail::view_images(images_out), y_out);
    });
  }

  CutMix<Urbg> mixer_;
};

}  // namespace cutmix

#endif  // CUTMIX_TORCH_HPP
