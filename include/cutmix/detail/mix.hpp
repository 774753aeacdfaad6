#ifndef CUTMIX_DETAIL_MIX_HPP
#define CUTMIX_DETAIL_MIX_HPP

// Moves pixels out of place, where samples lie one by one. Like its two neighbours in_place.hpp and
// batch_last.hpp it works on bytes, a Raster and a Plan that have been checked.

#include <algorithm>
#include <cstring>

#include "rows.hpp"
#include "stream.hpp"

namespace cutmix {
namespace detail {

// Samples that lie one after the other.
struct Consecutive {
  const Byte* first;
  std::size_t stride;
  const Byte* operator()(Index b) const { return first + static_cast<std::size_t>(b) * stride; }
};

// Samples that lie anywhere.
struct Scattered {
  const Byte* const* samples;
  const Byte* operator()(Index b) const { return samples[b]; }
};

inline Patch patch_of(const Raster& raster, const BBox& cut) {
  return {static_cast<std::size_t>(cut.y1) * raster.row_bytes() +
              static_cast<std::size_t>(cut.x1) * raster.pixel_bytes(),
          static_cast<std::size_t>(cut.width()) * raster.pixel_bytes(), cut.height()};
}

// Calls visit(b, p, q) for each run [p, q) of planes of one sample within planes [first, last) of
// the batch.
template <class Visit>
void for_each_run(const Raster& raster, Index first, Index last, const Visit& visit) {
  while (first < last) {
    const Index b = first / raster.planes;
    const Index p = first % raster.planes;
    const Index q = std::min(raster.planes, p + last - first);
    visit(b, p, q);
    first += q - p;
  }
}

#if CUTMIX_HAS_STREAM
// Planes [first, last), each output line written once, past the cache.
template <class MixRun, class Samples>
void mix_streaming(const Raster& raster, const Plan& plan, const Samples& samples, Byte* out,
                   Index first, Index last, const MixRun& mix_run) {
  const std::size_t plane = raster.plane_bytes();
  out += static_cast<std::size_t>(first) * plane;
  for_each_run(raster, first, last, [&](Index b, Index p, Index q) {
    const std::size_t skip = static_cast<std::size_t>(p) * plane;
    const BBox cut = cut_of(raster, plan, b);
    const auto planes = static_cast<std::size_t>(q - p);
    mix_run(out, samples(b) + skip, samples(plan.indices[static_cast<std::size_t>(b)]) + skip,
            planes, plane, cut.empty() ? Patch{0, 0, 0} : patch_of(raster, cut),
            raster.row_bytes());
    out += planes * plane;
  });
  _mm_sfence();  // makes what was written visible to other threads in the usual way
}
#endif

// Planes [first, last), through the cache: a piece of a sample at a time is copied whole, and the
// patch laid over it while it is still in the nearest cache. One long copy and short rows of one
// kind are faster than rows of two kinds in turn.
template <class Samples>
void mix_cached(const Raster& raster, const Plan& plan, const Samples& samples, Byte* out,
                Index first, Index last) {
  const std::size_t row = raster.row_bytes(), plane = raster.plane_bytes();
  constexpr std::size_t nearest_cache = 32 * 1024;
  const Index at_once =
      std::max(Index{1}, static_cast<Index>(nearest_cache / std::max(plane, std::size_t{1})));
  out += static_cast<std::size_t>(first) * plane;
  for_each_run(raster, first, last, [&](Index b, Index p, Index q) {
    const Byte* own = samples(b) + static_cast<std::size_t>(p) * plane;
    const BBox cut = cut_of(raster, plan, b);
    if (cut.empty()) {
      std::memcpy(out, own, static_cast<std::size_t>(q - p) * plane);
      out += static_cast<std::size_t>(q - p) * plane;
      return;
    }
    const Byte* partner =
        samples(plan.indices[static_cast<std::size_t>(b)]) + static_cast<std::size_t>(p) * plane;
    const auto [lead, wide, rows] = patch_of(raster, cut);
    while (p < q) {
      const Index planes = std::min(at_once, q - p);
      const std::size_t bytes = static_cast<std::size_t>(planes) * plane;
      std::memcpy(out, own, bytes);
      for (std::size_t at = lead; at < bytes; at += plane)
        copy_rows(out + at, row, partner + at, row, wide, rows);
      own += bytes, partner += bytes, out += bytes, p += planes;
    }
  });
}

// An output beyond this size is written past the cache. What the machine says of its cache is not
// asked: a virtual machine may report 320 MB where it has 32, one core of many has a part of it,
// and at 10 to 20 MB both ways cost the same here.
constexpr std::size_t stream_threshold = std::size_t{32} << 20;

inline StreamWidth choose_stream(const Raster& raster) {
  return raster.bytes() >= stream_threshold ? stream_width() : StreamWidth::none;
}

// Planes [first, last) of the batch.
template <class Samples>
void mix_planes(const Raster& raster, const Plan& plan, const Samples& samples, Byte* out,
                Index first, Index last, StreamWidth width) {
#if CUTMIX_HAS_STREAM
  if (width == StreamWidth::avx512)
    return mix_streaming(raster, plan, samples, out, first, last, avx512::mix_run);
  if (width == StreamWidth::avx2)
    return mix_streaming(raster, plan, samples, out, first, last, avx2::mix_run);
#endif
  static_cast<void>(width);
  mix_cached(raster, plan, samples, out, first, last);
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_MIX_HPP
