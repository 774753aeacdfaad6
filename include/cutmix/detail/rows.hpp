#ifndef CUTMIX_DETAIL_ROWS_HPP
#define CUTMIX_DETAIL_ROWS_HPP

#include <cstddef>
#include <cstring>

#include "raster.hpp"

namespace cutmix {
namespace detail {

// Rows of chunk bytes and more, without a call per row: a memcpy of constant size is a few moves in
// registers, and the last chunk of a row overlaps the one before it instead of ending in a loop.
template <std::size_t chunk>
void copy_rows_in_chunks(Byte* out, std::size_t out_stride, const Byte* in, std::size_t in_stride,
                         std::size_t n, Index rows) {
  for (; rows > 0; --rows, out += out_stride, in += in_stride) {
    std::size_t i = 0;
    for (; i + chunk <= n; i += chunk) std::memcpy(out + i, in + i, chunk);
    if (i < n) std::memcpy(out + n - chunk, in + n - chunk, chunk);
  }
}

// Copies rows of n bytes between two rasters that do not overlap. For short rows a call to memcpy
// costs more than the bytes it moves: 7 times memcpy of a whole batch of 32 x 32 bytes,
// against 1.4.
inline void copy_rows(Byte* out, std::size_t out_stride, const Byte* in, std::size_t in_stride,
                      std::size_t n, Index rows) {
  if (n == 0 || rows <= 0) return;
  if (n == out_stride && n == in_stride)
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

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_ROWS_HPP
