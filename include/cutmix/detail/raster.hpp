#ifndef CUTMIX_DETAIL_RASTER_HPP
#define CUTMIX_DETAIL_RASTER_HPP

#include <cstddef>

#include "../plan.hpp"

namespace cutmix {
namespace detail {

using Byte = unsigned char;

// A batch of images as memory sees it, whatever axes and layout it came in. The two image axes are
// always neighbours and the batch is always outermost or innermost, so every case is one of
//
//   batch first:  batch x planes x rows x columns x pixel
//   batch last:           planes x rows x columns x pixel x batch
//
// with the slowest axis on the left. A row is whichever image axis is the slower one: where that is
// W (column-major NCHW, say) boxes are turned over their diagonal and nothing else changes.
struct Raster {
  bool batch_first = true;
  bool transposed = false;
  Index batch = 0, planes = 0, rows = 0, columns = 0;
  Index pixel = 0;         // scalars per pixel and plane: the channels, where they come last
  std::size_t scalar = 0;  // bytes

  std::size_t pixel_bytes() const { return static_cast<std::size_t>(pixel) * scalar; }
  std::size_t row_bytes() const { return static_cast<std::size_t>(columns) * pixel_bytes(); }
  std::size_t plane_bytes() const { return static_cast<std::size_t>(rows) * row_bytes(); }
  std::size_t sample_bytes() const { return static_cast<std::size_t>(planes) * plane_bytes(); }
  std::size_t bytes() const { return static_cast<std::size_t>(batch) * sample_bytes(); }

  // A box in rows and columns: y is the row here.
  BBox turn(const BBox& box) const {
    return transposed ? BBox{box.y1, box.x1, box.y2, box.x2} : box;
  }
};

template <std::size_t Rank>
Raster make_raster(const std::array<Index, Rank>& size, bool row_major, Axes axes,
                   std::size_t scalar) {
  // Positions of B, H and W in the shape, then in memory.
  const std::size_t last = Rank - 1;
  std::size_t b = 0, h = last - 1, w = last;
  if (axes == Axes::bhwc) h = last - 2, w = last - 1;
  if (axes == Axes::whcb) b = last, h = 1, w = 0;
  const auto in_memory = [&](std::size_t axis) { return row_major ? axis : last - axis; };

  Raster raster;
  raster.batch_first = in_memory(b) == 0;
  raster.transposed = in_memory(w) < in_memory(h);
  raster.batch = size[b];
  raster.rows = raster.transposed ? size[w] : size[h];
  raster.columns = raster.transposed ? size[h] : size[w];
  raster.planes = 1;
  raster.pixel = 1;
  raster.scalar = scalar;
  const std::size_t slow = raster.transposed ? w : h;
  for (std::size_t axis = 0; axis < Rank; ++axis) {
    if (axis == b || axis == h || axis == w) continue;
    (in_memory(axis) < in_memory(slow) ? raster.planes : raster.pixel) *= size[axis];
  }
  return raster;
}

template <class X>
Raster raster_of(const X& x, Axes axes) {
  return make_raster(dimensions_of(x), is_row_major<X>, axes, sizeof(ScalarOf<X>));
}

// The box of a sample in rows and columns, empty where the sample stays as it is.
inline BBox cut_of(const Raster& raster, const Plan& plan, Index b) {
  if (plan.indices[static_cast<std::size_t>(b)] == b) return {};
  const BBox& box = plan.box(b);
  return box.empty() ? BBox{} : raster.turn(box);
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_RASTER_HPP
