#ifndef CUTMIX_DETAIL_TORCH_HPP
#define CUTMIX_DETAIL_TORCH_HPP

// TensorTraits and DeviceTraits of LibTorch's types.

#include <cstdint>
#include <string>
#include <type_traits>

#include "../torch.hpp"
#include "executor.hpp"

namespace cutmix {
namespace detail {

// ---- dtypes ----

// Whether this LibTorch has a dtype of T: unsigned ones of 16 bits and more came with 2.3.
template <class T, class = void>
constexpr bool has_torch_type = false;
template <class T>
constexpr bool has_torch_type<T, std::void_t<decltype(c10::CppTypeToScalarType<T>::value)>> = true;

template <class T>
bool is_torch_type([[maybe_unused]] at::ScalarType type) {
  if constexpr (has_torch_type<T>)
    return type == c10::CppTypeToScalarType<T>::value;
  else
    return false;
}

// The kind of the one among Scalars that a dtype stands for; opaque where there is none.
template <class... Scalars>
ScalarKind kind_among(at::ScalarType type) {
  ScalarKind kind = ScalarKind::opaque;
  ((is_torch_type<Scalars>(type) ? void(kind = ScalarTraits<Scalars>::kind) : void()), ...);
  return kind;
}

inline ScalarKind kind_of(at::ScalarType type) {
  return kind_among<bool, std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::uint32_t,
                    std::int32_t, std::uint64_t, std::int64_t, at::Half, at::BFloat16, float,
                    double>(type);
}

// ---- checks ----

inline std::string sizes_text(const at::Tensor& tensor) {
  const auto size = [&](Index axis) { return tensor.size(axis); };
  return "[" + list_text(", ", tensor.dim(), size) + "]";
}

// A tensor's shape tells which of a call's tensors is meant.
[[noreturn]] inline void fail_torch(const char* what, const at::Tensor& tensor,
                                    const std::string& value, const char* rule) {
  fail("% of the torch tensor % = %, %", {what, sizes_text(tensor), value, rule});
}

// Whether the elements lie in this process' memory: some tensors have no storage, and a storage can
// be freed or shrunk while tensors still refer to it.
inline bool has_memory(const at::Tensor& tensor) {
  if (tensor.numel() == 0) return true;
  if (!tensor.has_storage() || tensor.storage().data() == nullptr) return false;
  std::int64_t last = tensor.storage_offset();
  for (std::int64_t axis = 0; axis < tensor.dim(); ++axis)
    last += (tensor.size(axis) - 1) * tensor.stride(axis);
  const auto bytes = static_cast<std::int64_t>(tensor.storage().nbytes());
  return last < bytes / static_cast<std::int64_t>(tensor.element_size());
}

// Whether bytes may be read and written here, and no one wants gradients of them.
inline void check_torch_tensor(const at::Tensor& tensor) {
  if (!tensor.defined()) fail("torch tensor = undefined, must be a tensor");
  if (tensor.is_nested()) fail("torch tensor = nested, must have one size for each axis");
  if (tensor.layout() != at::kStrided)
    fail_torch("layout", tensor, c10::str(tensor.layout()), "must be Strided; call .to_dense()");
  if (!tensor.device().is_cpu())
    fail_torch("device", tensor, tensor.device().str(),
               "must be cpu; call .cpu(), or mix on the loader's side");
  if (tensor.requires_grad())
    fail_torch("requires_grad", tensor, "true",
               "must be false, gradients do not pass through; call .detach()");
  if (tensor.is_neg()) fail_torch("is_neg", tensor, "true", "must be false; call .resolve_neg()");
  if (tensor.is_conj())
    fail_torch("is_conj", tensor, "true", "must be false; call .resolve_conj()");
  // Opaque kinds are told apart by their bytes alone, which only complex ones never share.
  const at::ScalarType type = tensor.scalar_type();
  if (kind_of(type) == ScalarKind::opaque && !at::isComplexType(type))
    fail_torch("dtype", tensor, c10::toString(type), "must be floating, integer, bool or complex");
  if (!has_memory(tensor)) fail_torch("storage", tensor, "too small", "must hold every element");
}

// ---- threads ----

struct TorchThreads {};

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
    detail::check_torch_tensor(tensor);
    // Without elements there may be no storage to ask.
    void* const data = tensor.numel() == 0 ? nullptr : tensor.data_ptr();
    return {data,
            detail::kind_of(tensor.scalar_type()),
            static_cast<Index>(tensor.element_size()),
            tensor.sizes(),
            {},
            tensor.strides()};
  }

  static at::Tensor like(const at::Tensor& tensor) {
    detail::check_torch_tensor(tensor);
    return at::empty_like(tensor);
  }

  static at::Tensor targets(const at::Tensor& labels, Index n_classes) {
    detail::check_torch_tensor(labels);
    const bool floating = at::isFloatingType(labels.scalar_type());
    if (labels.dim() == 1 && !floating) return targets_of_ids(labels.size(0), n_classes);
    return floating ? at::empty_like(labels) : at::empty_like(labels, at::kFloat);
  }

  // The targets of a list of labels, beside images that are torch tensors.
  template <class List>
  static at::Tensor targets_of_list(const List& labels, Index n_classes) {
    using Label = typename TensorTraits<List>::Scalar;
    const auto count = static_cast<std::int64_t>(labels.size());
    if constexpr (detail::is_integer(ScalarTraits<Label>::kind))
      return targets_of_ids(count, n_classes);
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
  static at::Tensor targets_of_ids(std::int64_t batch, Index n_classes) {
    detail::size_in_bytes({batch, n_classes}, sizeof(float));  // an overflow is torch's error else
    return at::empty({batch, static_cast<std::int64_t>(n_classes)}, at::kFloat);
  }
};

}  // namespace cutmix

#endif  // CUTMIX_DETAIL_TORCH_HPP
