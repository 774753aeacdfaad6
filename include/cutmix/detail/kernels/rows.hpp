#ifndef CUTMIX_DETAIL_KERNELS_ROWS_HPP
#define CUTMIX_DETAIL_KERNELS_ROWS_HPP

#include <cstddef>
#include <cstring>
#include <type_traits>

#include "layout.hpp"

namespace cutmix {
namespace detail {

// Planes of rows: so many of them, and the bytes from one to the next in the memory that is written
// and in the one that is read.
struct RowPlanes {
  Index rows, out_row, in_row;
  Index planes, out_plane, in_plane;
};

// The shape by value: what a reference leads to would be read again for each row, because bytes
// that are written may lie anywhere.
template <class CopyRow>
void for_each_row(RowPlanes shape, Byte* out, const Byte* in, const CopyRow& copy_row) {
  for (Index p = 0; p < shape.planes; ++p, out += shape.out_plane, in += shape.in_plane) {
    Byte* to = out;
    const Byte* from = in;
    for (Index r = 0; r < shape.rows; ++r, to += shape.out_row, from += shape.in_row)
      copy_row(to, from);
  }
}

// Rows of at least `first` and `last` bytes and at most both, without a call or a loop for each: a
// memcpy of constant size is a few moves in registers, and the last bytes may overlap the first.
template <std::size_t first, std::size_t last>
void copy_short_rows(const RowPlanes& shape, Byte* out, const Byte* in, std::size_t n) {
  const std::size_t rest = n - last;
  for_each_row(shape, out, in, [=](Byte* to, const Byte* from) {
    std::memcpy(to, from, first);
    std::memcpy(to + rest, from + rest, last);
  });
}

// Copies rows of n bytes between memories that do not overlap. For short rows a call to memcpy
// costs more than the bytes it moves: 7 times memcpy of a whole batch of 32 x 32 bytes, against
// 1.4.
inline void copy_rows(const RowPlanes& shape, Byte* out, const Byte* in, std::size_t n) {
  const auto wide = static_cast<Index>(n);
  if (n == 0 || shape.rows <= 0) return;
  if (shape.rows == 1 || (wide == shape.out_row && wide == shape.in_row)) {
    const std::size_t bytes = n * static_cast<std::size_t>(shape.rows);
    for (Index p = 0; p < shape.planes; ++p)
      std::memcpy(out + p * shape.out_plane, in + p * shape.in_plane, bytes);
  } else if (n >= 512) {
    for_each_row(shape, out, in, [=](Byte* to, const Byte* from) { std::memcpy(to, from, n); });
  } else if (n > 128) {
    for_each_row(shape, out, in, [=](Byte* to, const Byte* from) {
      for (std::size_t i = 0; i + 32 < n; i += 32) std::memcpy(to + i, from + i, 32);
      std::memcpy(to + n - 32, from + n - 32, 32);
    });
  } else if (n > 96) {
    copy_short_rows<96, 32>(shape, out, in, n);
  } else if (n > 64) {
    copy_short_rows<64, 32>(shape, out, in, n);
  } else if (n > 32) {
    copy_short_rows<32, 32>(shape, out, in, n);
  } else if (n >= 16) {
    copy_short_rows<16, 16>(shape, out, in, n);
  } else if (n >= 8) {
    copy_short_rows<8, 8>(shape, out, in, n);
  } else if (n >= 4) {
    copy_short_rows<4, 4>(shape, out, in, n);
  } else if (n >= 2) {
    copy_short_rows<2, 2>(shape, out, in, n);
  } else {
    copy_short_rows<1, 1>(shape, out, in, n);
  }
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
