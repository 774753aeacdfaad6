#ifndef CUTMIX_DETAIL_MIX_HPP
#define CUTMIX_DETAIL_MIX_HPP

// Moves the pixels. Everything here works on bytes, a Raster and a Plan that have been checked.

#include <algorithm>
#include <vector>

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

// The box of a sample in rows and columns, empty where the sample stays as it is.
inline BBox cut_of(const Raster& raster, const Plan& plan, Index b) {
  if (plan.indices[static_cast<std::size_t>(b)] == b) return {};
  const BBox& box = plan.box(b);
  return box.empty() ? BBox{} : raster.turn(box);
}

// ---- batch first, out of place ----

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
  const bool large = raster.bytes() >= stream_threshold && raster.row_bytes() >= 64;
  return large ? stream_width() : StreamWidth::none;
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

// ---- batch first, in place ----

// Finds the cycles of a permutation, each named by one of its samples; fixed points are left out.
// Indices are in range; where one stands twice there is no permutation, which is an error.
inline void check_permutation(const Indices& indices, std::vector<Byte>& marks, Indices& starts) {
  marks.assign(indices.size(), 0);
  starts.clear();
  for (std::size_t start = 0; start < indices.size(); ++start) {
    if (marks[start]) continue;
    std::size_t b = start;
    do {
      marks[b] = 1;
      const auto next = static_cast<std::size_t>(indices[b]);
      if (next != start && marks[next])
        fail(element("indices", b), indices[b],
             "must stand there once: in place needs a permutation");
      b = next;
    } while (b != start);
    if (static_cast<std::size_t>(indices[start]) != start)
      starts.push_back(static_cast<Index>(start));
  }
}

// What all boxes together cover, in rows and columns: the work of the in-place form.
inline BBox united_cut(const Raster& raster, const Plan& plan) {
  BBox all;
  for (const BBox& box : plan.boxes) {
    if (box.empty()) continue;
    const BBox cut = raster.turn(box);
    if (all.empty()) all = cut;
    all = {std::min(all.x1, cut.x1), std::min(all.y1, cut.y1), std::max(all.x2, cut.x2),
           std::max(all.y2, cut.y2)};
  }
  return all;
}

// Rows [first, last) of the united box, counted through all planes. Along a cycle every sample
// takes its patch from the next, which is still untouched; the first one's is kept for the last.
// The next patch written is the one just read, so it is in the cache.
class CycleMixer {
 public:
  CycleMixer(const Raster& raster, const Plan& plan, const BBox& united, Byte* x, Byte* scratch,
             Index first, Index last)
      : raster_(raster),
        plan_(plan),
        united_(united),
        x_(x),
        scratch_(scratch),
        first_(first),
        last_(last) {}

  void mix(Index start) const {
    Index previous = start;  // the sample whose partner is `start`
    while (partner(previous) != start) previous = partner(previous);
    for_each_patch(
        plan_.box(previous), [&](std::size_t at, std::size_t kept, std::size_t wide, Index rows) {
          copy_rows(scratch_ + kept, wide, sample(start) + at, raster_.row_bytes(), wide, rows);
        });
    for (Index b = start; b != previous; b = partner(b))
      for_each_patch(plan_.box(b), [&](std::size_t at, std::size_t, std::size_t wide, Index rows) {
        copy_rows(sample(b) + at, raster_.row_bytes(), sample(partner(b)) + at, raster_.row_bytes(),
                  wide, rows);
      });
    for_each_patch(
        plan_.box(previous), [&](std::size_t at, std::size_t kept, std::size_t wide, Index rows) {
          copy_rows(sample(previous) + at, raster_.row_bytes(), scratch_ + kept, wide, wide, rows);
        });
  }

 private:
  Index partner(Index b) const { return plan_.indices[static_cast<std::size_t>(b)]; }
  Byte* sample(Index b) const { return x_ + static_cast<std::size_t>(b) * raster_.sample_bytes(); }

  // Calls visit(offset in the sample, offset in the scratch, bytes per row, rows) for the part of a
  // box that lies in each plane of our rows.
  template <class Visit>
  void for_each_patch(const BBox& box, const Visit& visit) const {
    if (box.empty()) return;
    const BBox cut = raster_.turn(box);
    const std::size_t wide = static_cast<std::size_t>(cut.width()) * raster_.pixel_bytes();
    std::size_t kept = 0;
    for (Index unit = first_; unit < last_;) {
      const Index plane = unit / united_.height();
      const Index top = united_.y1 + unit % united_.height();
      const Index bottom = std::min(united_.y2, top + last_ - unit);
      const Index y1 = std::max(top, cut.y1), y2 = std::min(bottom, cut.y2);
      if (y1 < y2) {
        const std::size_t at = static_cast<std::size_t>(plane) * raster_.plane_bytes() +
                               static_cast<std::size_t>(y1) * raster_.row_bytes() +
                               static_cast<std::size_t>(cut.x1) * raster_.pixel_bytes();
        visit(at, kept, wide, y2 - y1);
        kept += static_cast<std::size_t>(y2 - y1) * wide;
      }
      unit += bottom - top;
    }
  }

  const Raster& raster_;
  const Plan& plan_;
  const BBox& united_;
  Byte* x_;
  Byte* scratch_;
  Index first_, last_;
};

inline void mix_in_place(const Raster& raster, const Plan& plan, const BBox& united,
                         const Indices& starts, Byte* x, Byte* scratch, Index first, Index last) {
  const CycleMixer mixer(raster, plan, united, x, scratch, first, last);
  for (const Index start : starts) mixer.mix(start);
}

// ---- batch last ----

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

inline Gather choose_gather(std::size_t scalar) {
  switch (scalar) {
    case 1:
      return gather<1>;
    case 2:
      return gather<2>;
    case 4:
      return gather<4>;
    case 8:
      return gather<8>;
    default:
      return gather<0>;
  }
}

// Writes columns of one row of one plane. With `copy` the pixels outside the boxes are written too.
class BatchLastMixer {
 public:
  BatchLastMixer(const Raster& raster, const Plan& plan, bool copy)
      : raster_(raster),
        plan_(plan),
        copy_(copy),
        gather_(choose_gather(raster.scalar)),
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
  const auto interleave = [&] {
    switch (raster.scalar) {
      case 1:
        return interleave_row<1>;
      case 2:
        return interleave_row<2>;
      case 4:
        return interleave_row<4>;
      case 8:
        return interleave_row<8>;
      default:
        return interleave_row<0>;
    }
  }();
  for (Index unit = first; unit < last; ++unit) {
    const std::size_t at = static_cast<std::size_t>(unit) * raster.row_bytes();
    interleave(raster, plan, samples, out + at * static_cast<std::size_t>(raster.batch),
               unit % raster.rows, at);
  }
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_MIX_HPP
