#ifndef CUTMIX_DETAIL_TORCH_HPP
#define CUTMIX_DETAIL_TORCH_HPP

// TensorTraits and DeviceTraits of LibTorch's types.

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include "../torch.hpp"
#include "executor.hpp"
#include "torch_tensor.hpp"
#include "torch_work.hpp"

namespace cutmix {
namespace detail {

// ---- where tensors are worked on ----

// Threads of the processor for the tensors that it can read; others are worked on where they are.
struct TorchThreads {};

template <>
struct Elsewhere<TorchThreads> {
  using Work = TorchWork;
  static bool holds(const at::Tensor& tensor) {
    return tensor.defined() && !tensor.device().is_cpu();
  }
  static bool holds(const TorchView& view) { return holds(view.tensor()); }
  template <class X>
  static bool holds(const X&) {
    return false;
  }
};

}  // namespace detail

template <>
struct DeviceTraits<detail::TorchThreads> {
  static Index parts(const detail::TorchThreads&) { return at::get_num_threads(); }

  // at::parallel_for is a template, which runs serially in programs that are not compiled with
  // -fopenmp. A loop over a tensor calls the one inside LibTorch: here it is a tensor of a byte a
  // part, of which the addresses alone matter.
  static void run(const detail::TorchThreads&, Index parts, const Part& part) {
    const at::Tensor bytes = at::empty({static_cast<std::int64_t>(parts)}, at::kByte);
    const auto* const first = static_cast<const char*>(bytes.data_ptr());
    const auto run_some = [&](char** data, const std::int64_t* strides, std::int64_t count,
                              std::int64_t /* 1: the tensor has one axis */) {
      for (std::int64_t i = 0; i < count; ++i)
        part(static_cast<Index>(data[0] - first + i * strides[0]));
    };
    at::TensorIterator::borrowing_nullary_op(bytes).for_each(run_some, 1);
  }
};

// ---- tensors ----

template <>
struct TensorTraits<at::Tensor> {
  static constexpr bool owns_memory = false;

  static BatchView view(const at::Tensor& tensor) {
    detail::check_torch_on_cpu(tensor);
    return detail::view_torch_at(address_of(tensor), tensor);
  }
  static TorchView view(const at::Tensor& tensor, std::string_view letters) {
    return {tensor, letters};
  }
  static BatchView view_for_gpu(const at::Tensor& tensor) {
    detail::check_torch_memory(tensor, at::kCUDA, "must be cuda, where the stream is");
    return detail::view_torch_at(address_of(tensor), tensor);
  }
  static BatchView view_unread(const at::Tensor& tensor) {
    detail::check_torch_tensor(tensor);
    if (tensor.device().is_cpu()) return view(tensor);
    static char somewhere;
    return detail::view_torch_at(&somewhere, tensor);
  }

  static at::Tensor like(const at::Tensor& tensor) {
    detail::check_torch_tensor(tensor);
    return at::empty_like(tensor);
  }

  static at::Tensor targets(const at::Tensor& labels, Index n_classes) {
    detail::check_torch_tensor(labels);
    const bool floating = at::isFloatingType(labels.scalar_type());
    if (labels.dim() == 1 && !floating)
      return targets_of_ids(labels.size(0), n_classes, labels.options());
    return floating ? at::empty_like(labels) : at::empty_like(labels, at::kFloat);
  }

  // The targets of a list of labels, beside images that are torch tensors.
  template <class List>
  static at::Tensor targets_of_list(const List& labels, Index n_classes) {
    using Label = typename TensorTraits<List>::Scalar;
    const auto count = static_cast<std::int64_t>(labels.size());
    if constexpr (detail::is_integer(ScalarTraits<Label>::kind))
      return targets_of_ids(count, n_classes, {});
    else
      return at::empty({count}, c10::CppTypeToScalarType<Label>::value);
  }

  static detail::TorchThreads device() { return {}; }

  // Memory that was written behind autograd's back: a backward pass that saved the old contents
  // then fails with torch's own message instead of giving wrong gradients.
  static void written(const at::Tensor& tensor) {
    if (!tensor.is_inference()) tensor.unsafeGetTensorImpl()->bump_version();
  }

 private:
  // Without elements there may be no storage to ask.
  static void* address_of(const at::Tensor& tensor) {
    return tensor.numel() == 0 ? nullptr : tensor.data_ptr();
  }
  static at::Tensor targets_of_ids(std::int64_t batch, Index n_classes,
                                   const at::TensorOptions& options) {
    detail::size_in_bytes({batch, n_classes}, sizeof(float));  // an overflow is torch's error else
    return at::empty({batch, static_cast<std::int64_t>(n_classes)}, options.dtype(at::kFloat));
  }
};

template <>
struct TensorTraits<TorchView> {
  static constexpr bool owns_memory = false;
  static BatchView view(const TorchView& view) { return view; }
  static BatchView view_for_gpu(const TorchView& view) {
    return TensorTraits<at::Tensor>::view_for_gpu(view.tensor()).with_letters(view.letters());
  }
  static BatchView view_unread(const TorchView& view) {
    return TensorTraits<at::Tensor>::view_unread(view.tensor()).with_letters(view.letters());
  }
  static detail::TorchThreads device() { return {}; }
  static void written(const TorchView& view) { TensorTraits<at::Tensor>::written(view.tensor()); }
};

inline TorchView::TorchView(at::Tensor tensor, std::string_view letters)
    : tensor_(std::move(tensor)), letters_(letters) {
  TensorTraits<TorchView>::view_unread(*this);  // says what is wrong
}

inline TorchView::operator BatchView() const {
  return TensorTraits<at::Tensor>::view(tensor_).with_letters(letters_);
}

inline BatchView detail::TorchWork::operator()(Role role, const TorchView& view) {
  return add(role, view.tensor(), view.letters());
}

}  // namespace cutmix

#endif  // CUTMIX_DETAIL_TORCH_HPP
