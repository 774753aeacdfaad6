#ifndef CUTMIX_DETAIL_TORCH_TENSOR_HPP
#define CUTMIX_DETAIL_TORCH_TENSOR_HPP

// LibTorch's tensors: their dtypes, and what must be true of one that is to be viewed.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <type_traits>

#include "../view.hpp"

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
  if (type == at::kHalf) return ScalarKind::half;
  if (type == at::kBFloat16) return ScalarKind::bfloat16;
  return kind_among<bool, std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::uint32_t,
                    std::int32_t, std::uint64_t, std::int64_t, float, double>(type);
}

// ---- checks ----

inline std::string sizes_text(const at::Tensor& tensor) {
  const auto size = [&](Index axis) { return tensor.size(axis); };
  return "[" + list_text(", ", tensor.dim(), size) + "]";
}

// A tensor's shape tells which of a call's tensors is meant.
[[noreturn]] CUTMIX_OUT_OF_LINE inline void fail_torch(const char* what, const at::Tensor& tensor,
                                                       const std::string& value,
                                                       const std::string& rule) {
  fail("% of the torch tensor % = %, %", {what, sizes_text(tensor), value, rule});
}

// Whether there is something to mix, wherever it lies, and no one wants gradients of it.
inline void check_torch_tensor(const at::Tensor& tensor) {
  if (!tensor.defined()) fail("torch tensor = undefined, must be a tensor");
  if (tensor.is_nested()) fail("torch tensor = nested, must have one size for each axis");
  if (tensor.layout() != at::kStrided)
    fail_torch("layout", tensor, c10::str(tensor.layout()), "must be Strided; call .to_dense()");
  if (tensor.is_meta()) fail_torch("device", tensor, "meta", "must be one that holds numbers");
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
}

// Whether all elements lie in memory that can be addressed: some tensors have no storage, and a
// storage can be freed or shrunk while tensors still refer to it.
inline bool has_memory(const at::Tensor& tensor) {
  if (tensor.numel() == 0) return true;
  if (!tensor.has_storage() || tensor.storage().data() == nullptr) return false;
  std::int64_t last = tensor.storage_offset();
  for (std::int64_t axis = 0; axis < tensor.dim(); ++axis)
    last += (tensor.size(axis) - 1) * tensor.stride(axis);
  const auto bytes = static_cast<std::int64_t>(tensor.storage().nbytes());
  return last < bytes / static_cast<std::int64_t>(tensor.element_size());
}

// For those who read or write the bytes, on a processor or a GPU.
inline void check_torch_memory(const at::Tensor& tensor, at::DeviceType device, const char* rule) {
  check_torch_tensor(tensor);
  if (tensor.device().type() != device) fail_torch("device", tensor, tensor.device().str(), rule);
  if (!has_memory(tensor)) fail_torch("storage", tensor, "too small", "must hold every element");
}
inline void check_torch_on_cpu(const at::Tensor& tensor) {
  check_torch_memory(tensor, at::kCPU, "must be cpu; call .cpu()");
}

// ---- views ----

inline BatchView view_torch_at(void* data, const at::Tensor& tensor) {
  return {data,
          kind_of(tensor.scalar_type()),
          static_cast<Index>(tensor.element_size()),
          tensor.sizes(),
          {},
          tensor.strides()};
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_TORCH_TENSOR_HPP
