#ifndef CUTMIX_DETAIL_BATCH_LAST_HPP
#define CUTMIX_DETAIL_BATCH_LAST_HPP

// Moves pixels where the batch is the fastest axis, as in column-major (B, C, H, W).

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "raster.hpp"

namespace cutmix {
namespace detail {

// Here the samples' scalars of one pixel lie side by side, so a pixel inside the box is a gather
// within one short run of memory. `size` is 0 where only the caller knows it.
template <std::size_t size>
void gather(Byte* out, const Byte* in, const Index* sources, Index n, std::size_t any_size) {
  const std::size_t scalar = size != 0 ? size : any_size;
  for (Index i = 0; i < n; ++i)
    std::memcpy(out + static_cast<std::size_t>(i) * scalar,
                in + static_cast<std::size_t>(sources[i]) * scalar, scalar);
}

using Gather = void (*)(Byte*, const Byte*, const Index*, Index, std::size_t);

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

// Writes columns of one row of one plane. With `copy` the pixels outside the boxes are written too.
class BatchLastMixer {
 public:
  BatchLastMixer(const Raster& raster, const Plan& plan, bool copy)
      : raster_(raster),
        plan_(plan),
        copy_(copy),
        gather_(with_constant_size(
            raster.scalar, [](auto size) -> Gather { return gather<decltype(size)::value>; })),
        run_(static_cast<std::size_t>(raster.batch) * raster.scalar),
        pixel_(run_ * static_cast<std::size_t>(raster.pixel)) {}

  std::size_t pixel_bytes() const { return pixel_; }  // of all samples together

  // Columns [begin, end); `in` and `out` point at column `begin`.
  void mix(Index row, Index begin, Index end, const Byte* in, Byte* out) const {
    if (plan_.boxes.size() == 1)
      mix_one_box(row, begin, end, in, out);
    else
      mix_box_each(row, begin, end, in, out);
  }

 private:
  void mix_one_box(Index row, Index begin, Index end, const Byte* in, Byte* out) const {
    BBox cut = raster_.turn(plan_.boxes[0]);
    if (cut.empty() || row < cut.y1 || row >= cut.y2) cut.x1 = cut.x2 = end;
    copy_columns(begin, begin, cut.x1, in, out);
    gather_columns(begin, cut.x1, cut.x2, in, out, 0, plan_.indices.data(), raster_.batch);
    copy_columns(begin, cut.x2, end, in, out);
  }

  // The sources are worked out for blocks of samples, and again only at the columns where a box
  // begins or ends.
  void mix_box_each(Index row, Index begin, Index end, const Byte* in, Byte* out) const {
    constexpr Index block = 256;
    Index sources[block];
    for (Index first = 0; first < raster_.batch; first += block) {
      const Index n = std::min(block, raster_.batch - first);
      for (Index column = begin, next = end; column < end; column = next, next = end) {
        bool mixed = false;
        for (Index i = 0; i < n; ++i) {
          const Index b = first + i;
          const BBox cut = cut_of(raster_, plan_, b);
          const bool crossed = row >= cut.y1 && row < cut.y2 && column < cut.x2;
          const bool inside = crossed && column >= cut.x1;
          if (crossed) next = std::min(next, inside ? cut.x2 : cut.x1);
          sources[i] = inside ? plan_.indices[static_cast<std::size_t>(b)] : b;
          mixed = mixed || inside;
        }
        if (mixed || (copy_ && n < raster_.batch))
          gather_columns(begin, column, next, in, out, first, sources, n);
        else
          copy_columns(begin, column, next, in, out);
      }
    }
  }

  void copy_columns(Index begin, Index from, Index to, const Byte* in, Byte* out) const {
    const std::size_t at = static_cast<std::size_t>(from - begin) * pixel_;
    if (copy_) std::memcpy(out + at, in + at, static_cast<std::size_t>(to - from) * pixel_);
  }

  // Samples [first, first + n) of columns [from, to).
  void gather_columns(Index begin, Index from, Index to, const Byte* in, Byte* out, Index first,
                      const Index* sources, Index n) const {
    const std::size_t until = static_cast<std::size_t>(to - begin) * pixel_;
    for (std::size_t at = static_cast<std::size_t>(from - begin) * pixel_; at < until; at += run_)
      gather_(out + at + static_cast<std::size_t>(first) * raster_.scalar, in + at, sources, n,
              raster_.scalar);
  }

  const Raster& raster_;
  const Plan& plan_;
  bool copy_;
  Gather gather_;
  std::size_t run_;    // bytes of one scalar of all samples
  std::size_t pixel_;  // of one pixel of all samples
};

// Rows [first, last), counted through all planes, out of place.
inline void mix_batch_last(const Raster& raster, const Plan& plan, const Byte* x, Byte* out,
                           Index first, Index last) {
  const BatchLastMixer mixer(raster, plan, true);
  const std::size_t line = static_cast<std::size_t>(raster.columns) * mixer.pixel_bytes();
  for (Index unit = first; unit < last; ++unit) {
    const std::size_t at = static_cast<std::size_t>(unit) * line;
    mixer.mix(unit % raster.rows, 0, raster.columns, x + at, out + at);
  }
}

// Rows [first, last) of the united box, counted through all planes, in place: a row of all samples'
// patches is set aside and gathered back.
inline void mix_batch_last_in_place(const Raster& raster, const Plan& plan, const BBox& united,
                                    Byte* x, Byte* scratch, Index first, Index last) {
  const BatchLastMixer mixer(raster, plan, false);
  const std::size_t pixel = mixer.pixel_bytes();
  for (Index unit = first; unit < last; ++unit) {
    const Index row = united.y1 + unit % united.height();
    const Index line = unit / united.height() * raster.rows + row;
    Byte* out = x + static_cast<std::size_t>(line * raster.columns + united.x1) * pixel;
    std::memcpy(scratch, out, static_cast<std::size_t>(united.width()) * pixel);
    mixer.mix(row, united.x1, united.x2, scratch, out);
  }
}

// Samples that lie anywhere into a batch whose fastest axis they are: rows [first, last), counted
// through all planes. Tiles of samples by scalars, so that a line of the output is filled while it
// is in the cache, and each sample is read in runs.
template <std::size_t size>
void interleave_row(const Raster& raster, const Plan& plan, const Byte* const* samples, Byte* out,
                    Index row, std::size_t at) {
  const std::size_t scalar = size != 0 ? size : raster.scalar;
  const std::size_t run = static_cast<std::size_t>(raster.batch) * scalar;
  constexpr Index tile = 64;  // scalars of a sample at a time
  const Index scalars = raster.columns * raster.pixel;
  for (Index begin = 0; begin < scalars; begin += tile)
    for (Index b = 0; b < raster.batch; ++b) {
      const BBox cut = cut_of(raster, plan, b);
      const bool crossed = row >= cut.y1 && row < cut.y2;
      const Byte* const own = samples[b] + at;
      const Byte* const partner = samples[plan.indices[static_cast<std::size_t>(b)]] + at;
      Byte* to = out + static_cast<std::size_t>(begin) * run + static_cast<std::size_t>(b) * scalar;
      // The tile's three parts: before, inside and after the box.
      const Index end = std::min(begin + tile, scalars);
      const Index from = crossed ? std::clamp(cut.x1 * raster.pixel, begin, end) : end;
      const Index until = crossed ? std::clamp(cut.x2 * raster.pixel, begin, end) : end;
      const auto spread = [&](const Byte* in, Index first, Index last) {
        for (Index i = first; i < last; ++i, to += run)
          std::memcpy(to, in + static_cast<std::size_t>(i) * scalar, scalar);
      };
      spread(own, begin, from);
      spread(partner, from, until);
      spread(own, until, end);
    }
}

inline void collate_batch_last(const Raster& raster, const Plan& plan, const Byte* const* samples,
                               Byte* out, Index first, Index last) {
  with_constant_size(raster.scalar, [&](auto size) {
    for (Index unit = first; unit < last; ++unit) {
      const std::size_t at = static_cast<std::size_t>(unit) * raster.row_bytes();
      interleave_row<decltype(size)::value>(raster, plan, samples,
                                            out + at * static_cast<std::size_t>(raster.batch),
                                            unit % raster.rows, at);
    }
  });
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_BATCH_LAST_HPP
