#ifndef CUTMIX_DETAIL_DLPACK_HPP
#define CUTMIX_DETAIL_DLPACK_HPP

// What a DLTensor's fields mean. Numbers are those of dlpack.h, which never change there.

#include <string>

#include "../dlpack.hpp"

namespace cutmix {
namespace detail {

// The fields of any such struct, of one type each.
struct DlpackFields {
  void* data;
  std::int64_t device, code, bits, lanes, rank;
  const std::int64_t* shape;
  const std::int64_t* strides;
  std::uint64_t offset;
};

template <class T>
DlpackFields dlpack_fields(const T& tensor) {
  return {tensor.data,
          static_cast<std::int64_t>(tensor.device.device_type),
          static_cast<std::int64_t>(tensor.dtype.code),
          static_cast<std::int64_t>(tensor.dtype.bits),
          static_cast<std::int64_t>(tensor.dtype.lanes),
          static_cast<std::int64_t>(tensor.ndim),
          tensor.shape,
          tensor.strides,
          static_cast<std::uint64_t>(tensor.byte_offset)};
}

// A tensor's shape tells which of a call's tensors is meant.
[[noreturn]] inline void fail_dlpack(const char* what, const DlpackFields& tensor,
                                     std::int64_t value, const char* rule) {
  const auto size = [&](Index axis) { return tensor.shape[axis]; };
  fail("% of the DLPack tensor (%) = %, %",
       {what, list_text(", ", static_cast<Index>(tensor.rank), size), value, rule});
}

struct DlpackScalar {
  ScalarKind kind;
  bool known;
};

inline DlpackScalar dlpack_scalar(std::int64_t code, std::int64_t bits) {
  const auto among = [bits](ScalarKind of_8, ScalarKind of_16, ScalarKind of_32, ScalarKind of_64) {
    const ScalarKind kind = bits == 8 ? of_8 : bits == 16 ? of_16 : bits == 32 ? of_32 : of_64;
    return DlpackScalar{kind,
                        kind != ScalarKind::opaque && bits == std::int64_t{8} * bytes_of(kind)};
  };
  constexpr ScalarKind none = ScalarKind::opaque;
  switch (code) {
    case 0:
      return among(ScalarKind::int8, ScalarKind::int16, ScalarKind::int32, ScalarKind::int64);
    case 1:
      return among(ScalarKind::uint8, ScalarKind::uint16, ScalarKind::uint32, ScalarKind::uint64);
    case 2:
      return among(none, ScalarKind::half, ScalarKind::float32, ScalarKind::float64);
    case 4:
      return among(none, ScalarKind::bfloat16, none, none);
    case 5:
      return {none, bits == 32 || bits == 64 || bits == 128};
    case 6:
      return among(ScalarKind::boolean, none, none, none);
    default:
      return {none, false};
  }
}

inline BatchView dlpack_view(const DlpackFields& tensor) {
  constexpr std::int64_t cpu = 1, cuda_host = 3, rocm_host = 11;
  if (tensor.rank < 0 || tensor.rank > Sizes::most)
    fail("ndim of the DLPack tensor = %, must be in [0, 8]", {tensor.rank});
  if (tensor.rank > 0 && tensor.shape == nullptr)
    fail("shape of the DLPack tensor = nullptr, must have % sizes", {tensor.rank});
  if (tensor.device != cpu && tensor.device != cuda_host && tensor.device != rocm_host)
    fail_dlpack("device_type", tensor, tensor.device,
                "must be 1, the CPU, or memory that is pinned to it, 3 or 11");
  if (tensor.lanes != 1) fail_dlpack("lanes", tensor, tensor.lanes, "must be 1");
  const DlpackScalar scalar = dlpack_scalar(tensor.code, tensor.bits);
  if (!scalar.known) {
    if (tensor.code < 0 || tensor.code == 3 || tensor.code > 6)
      fail_dlpack("dtype.code", tensor, tensor.code,
                  "must be one of 0, 1, 2, 4, 5 and 6: integers, floats, bfloat16, complex, bool");
    fail_dlpack("dtype.bits", tensor, tensor.bits, "must be a size that its dtype.code has in C++");
  }
  using List = SpanOf<std::int64_t>;
  const int rank = static_cast<int>(tensor.rank);
  void* const data =
      tensor.data == nullptr ? nullptr : static_cast<char*>(tensor.data) + tensor.offset;
  return {data,
          scalar.kind,
          static_cast<Index>(tensor.bits / 8),
          Sizes(List{tensor.shape, rank}),
          {},
          Sizes(List{tensor.strides, tensor.strides ? rank : 0})};
}

}  // namespace detail

template <class T>
BatchView TensorTraits<T, std::enable_if_t<detail::is_dlpack_tensor<T>>>::view(T& tensor) {
  return detail::dlpack_view(detail::dlpack_fields(tensor));
}
template <class T>
ConstBatchView TensorTraits<T, std::enable_if_t<detail::is_dlpack_tensor<T>>>::view(
    const T& tensor) {
  return detail::dlpack_view(detail::dlpack_fields(tensor));
}

}  // namespace cutmix

#endif  // CUTMIX_DETAIL_DLPACK_HPP
