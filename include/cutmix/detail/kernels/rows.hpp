#ifndef CUTMIX_DETAIL_KERNELS_ROWS_HPP
#define CUTMIX_DETAIL_KERNELS_ROWS_HPP

#include <cstddef>
#include <cstring>
#include <type_traits>

#include "layout.hpp"

namespace cutmix {
namespace detail {

// Rows of chunk bytes and more, without a call per row: a memcpy of constant size is a few moves in
// registers, and the last chunk of a row overlaps the one before it instead of ending in a loop.
template <std::size_t chunk>
void copy_rows_in_chunks(Byte* out, Index out_stride, const Byte* in, Index in_stride,
                         std::size_t n, Index rows) {
  for (; rows > 0; --rows, out += out_stride, in += in_stride) {
    std::size_t i = 0;
    for (; i + chunk <= n; i += chunk) std::memcpy(out + i, in + i, chunk);
    if (i < n) std::memcpy(out + n - chunk, in + n - chunk, chunk);
  }
}

// Copies rows of n bytes between memories that do not overlap. For short rows a call to memcpy
// costs more than the bytes it moves: 7 times memcpy of a whole batch of 32 x 32 bytes, against
// 1.4.
inline void copy_rows(Byte* out, Index out_stride, const Byte* in, Index in_stride, std::size_t n,
                      Index rows) {
  if (n == 0 || rows <= 0) return;
  const auto wide = static_cast<Index>(n);
  if (rows == 1 || (wide == out_stride && wide == in_stride))
    std::memcpy(out, in, n * static_cast<std::size_t>(rows));
  else if (n >= 512)
    for (; rows > 0; --rows, out += out_stride, in += in_stride) std::memcpy(out, in, n);
  else if (n >= 32)
    copy_rows_in_chunks<32>(out, out_stride, in, in_stride, n, rows);
  else if (n >= 16)
    copy_rows_in_chunks<16>(out, out_stride, in, in_stride, n, rows);
  else if (n >= 8)
    copy_rows_in_chunks<8>(out, out_stride, in, in_stride, n, rows);
  else if (n >= 4)
    copy_rows_in_chunks<4>(out, out_stride, in, in_stride, n, rows);
  else
    copy_rows_in_chunks<1>(out, out_stride, in, in_stride, n, rows);
}

// Calls visit with the size as a constant, 0 where it is not one of the usual.
template <class Visit>
auto with_constant_size(std::size_t scalar, const Visit& visit) {
  switch (scalar) {
    case 1:
      return visit(std::integral_constant<std::size_t, 1>());
    case 2:
      return visit(std::integral_constant<std::size_t, 2>());
    case 4:
      return visit(std::integral_constant<std::size_t, 4>());
    case 8:
      return visit(std::integral_constant<std::size_t, 8>());
    default:
      return visit(std::integral_constant<std::size_t, 0>());
  }
}

// Copies n scalars at any strides.
CUTMIX_ONCE inline void copy_scalars(Byte* out, Index out_stride, const Byte* in, Index in_stride,
                                     std::size_t scalar, Index n) {
  with_constant_size(scalar, [&](auto constant) {
    constexpr std::size_t known = decltype(constant)::value;
    const std::size_t size = known != 0 ? known : scalar;
    for (Index i = 0; i < n; ++i) std::memcpy(out + i * out_stride, in + i * in_stride, size);
  });
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_KERNELS_ROWS_HPP
