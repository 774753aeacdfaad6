#ifndef CUTMIX_DETAIL_KERNELS_BATCH_LAST_HPP
#define CUTMIX_DETAIL_KERNELS_BATCH_LAST_HPP

// Copies pixels where the batch is the fastest axis, as in column-major (B, C, H, W).

#include <algorithm>
#include <cstring>

#include "layout.hpp"
#include "rows.hpp"

namespace cutmix {
namespace detail {

// Here the samples' scalars of one pixel lie side by side, so a pixel inside the box is a gather
// within one short run of memory: n samples of so many pixels, which are `run` bytes apart. `known`
// is the size of a scalar, or 0.
template <std::size_t known>
void gather(Byte* out, const Byte* in, std::size_t run, Index pixels, const Index* sources, Index n,
            std::size_t any_size) {
  const std::size_t scalar = known != 0 ? known : any_size;
  for (; pixels > 0; --pixels, out += run, in += run) {
    const auto move = [&](Index i) {
      std::memcpy(out + static_cast<std::size_t>(i) * scalar,
                  in + static_cast<std::size_t>(sources[i]) * scalar, scalar);
    };
    // Four at a time: of one alone it depends on where the loop lies in memory how fast it is.
    Index i = 0;
    for (; i + 4 <= n; i += 4) move(i), move(i + 1), move(i + 2), move(i + 3);
    for (; i < n; ++i) move(i);
  }
}

// A cut as rows see it.
struct RowCut {
  Interval slices, rows, columns;
  Index partner;

  RowCut() = default;
  CUTMIX_ONCE RowCut(const Dense& dense, const Cut& cut)
      : slices(cut.empty ? Interval{0, 0} : dense.part(0, cut)),
        rows(dense.part(1, cut)),
        columns(dense.part(2, cut)),
        partner(cut.partner) {}

  bool crosses(Index slice, Index row) const {
    return slice >= slices.begin && slice < slices.end && row >= rows.begin && row < rows.end;
  }
};

// The row, in its slice, that a count of rows through all planes and slices means.
struct RowPlace {
  RowPlace(const Dense& dense, Index unit)
      : slice(unit / dense.rows() % dense.slices()), row(unit % dense.rows()) {}
  Index slice, row;
};

// Writes columns of one row, of all samples or of some that lie side by side. With `copy` the
// pixels outside the boxes are written too. Cuts is what gives a Cut for each sample; all of them
// copy.
template <class Cuts>
class BatchLastMixer {
 public:
  // `dense` has the scalars of all samples for its unit.
  BatchLastMixer(const Dense& dense, const Cuts& cuts, std::size_t scalar, bool copy)
      : dense_(dense),
        cuts_(cuts),
        scalar_(scalar),
        copy_(copy),
        run_(static_cast<std::size_t>(cuts.batch()) * scalar),
        pixels_(static_cast<Index>(dense.pixel / run_)),
        shared_(dense, cuts.shared()) {}

  // Calls visit once for a box that all samples share, else for each block of samples.
  template <class Visit>
  void for_each_block(const Visit& visit) {
    if (cuts_.one()) return visit();
    for (Index first = 0; first < cuts_.batch(); first += block) {
      if (first != first_ || count_ == 0) {
        first_ = first;
        count_ = std::min(block, cuts_.batch() - first_);
        for (Index i = 0; i < count_; ++i) each_[i] = RowCut(dense_, cuts_(first_ + i));
      }
      visit();
    }
  }

  // Columns [begin, end) of one row; `in` and `out` point at column `begin`.
  void mix(const RowPlace& place, Index begin, Index end, const Byte* in, Byte* out) {
    if (cuts_.one())
      mix_one_box(place, begin, end, in, out);
    else
      mix_box_each(place, begin, end, in, out);
  }

 private:
  static constexpr Index block = 256;

  void mix_one_box(const RowPlace& place, Index begin, Index end, const Byte* in, Byte* out) const {
    Interval cut{end, end};
    if (shared_.crosses(place.slice, place.row))
      cut = {std::clamp(shared_.columns.begin, begin, end),
             std::clamp(shared_.columns.end, begin, end)};
    copy_columns(begin, begin, cut.begin, in, out);
    gather_columns(begin, cut.begin, cut.end, in, out, cuts_.partners(), cuts_.batch());
    copy_columns(begin, cut.end, end, in, out);
  }

  // The sources are worked out again only at the columns where a box begins or ends.
  void mix_box_each(const RowPlace& place, Index begin, Index end, const Byte* in, Byte* out) {
    for (Index column = begin, next = end; column < end; column = next, next = end) {
      bool mixed = false;
      for (Index i = 0; i < count_; ++i) {
        const RowCut& cut = each_[i];
        const bool crossed = cut.crosses(place.slice, place.row) && column < cut.columns.end;
        const bool inside = crossed && column >= cut.columns.begin;
        if (crossed) next = std::min(next, inside ? cut.columns.end : cut.columns.begin);
        sources_[i] = inside ? cut.partner : first_ + i;
        mixed = mixed || inside;
      }
      if (mixed || (copy_ && count_ < cuts_.batch()))
        gather_columns(begin, column, next, in, out, sources_, count_);
      else
        copy_columns(begin, column, next, in, out);
    }
  }

  void copy_columns(Index begin, Index from, Index to, const Byte* in, Byte* out) const {
    const std::size_t at = static_cast<std::size_t>(from - begin) * dense_.pixel;
    if (copy_) std::memcpy(out + at, in + at, static_cast<std::size_t>(to - from) * dense_.pixel);
  }

  // The samples of this block, of columns [from, to).
  CUTMIX_ONCE void gather_columns(Index begin, Index from, Index to, const Byte* in, Byte* out,
                                  const Index* sources, Index n) const {
    const std::size_t at = static_cast<std::size_t>(from - begin) * dense_.pixel;
    const Index pixels = (to - from) * pixels_;
    with_constant_size(scalar_, [&](auto size) {
      gather<decltype(size)::value>(out + at + static_cast<std::size_t>(first_) * scalar_, in + at,
                                    run_, pixels, sources, n, scalar_);
    });
  }

  const Dense& dense_;
  const Cuts& cuts_;
  std::size_t scalar_;
  bool copy_;
  std::size_t run_;  // bytes of one scalar of all samples
  Index pixels_;     // such runs in a column
  RowCut shared_;
  RowCut each_[block];
  Index sources_[block];         // of each of them, at a column
  Index first_ = 0, count_ = 0;  // the samples of each_
};

// Rows [first, last), counted through all planes and slices, out of place.
template <class Cuts>
void mix_batch_last(const Dense& dense, const Cuts& cuts, std::size_t scalar, const Byte* x,
                    Byte* out, Index first, Index last) {
  BatchLastMixer<Cuts> mixer(dense, cuts, scalar, true);
  mixer.for_each_block([&] {
    for (Index unit = first; unit < last; ++unit) {
      const std::size_t at = static_cast<std::size_t>(unit) * dense.row();
      mixer.mix(RowPlace(dense, unit), 0, dense.columns(), x + at, out + at);
    }
  });
}

// The same in place: as many columns as the memory aside holds, which must be one, are set aside
// and gathered back.
template <class Cuts>
void mix_batch_last_in_place(const Dense& dense, const Cuts& cuts, std::size_t scalar, Byte* x,
                             Byte* aside, std::size_t aside_bytes, Index first, Index last) {
  const auto at_once = static_cast<Index>(aside_bytes / dense.pixel);
  BatchLastMixer<Cuts> mixer(dense, cuts, scalar, false);
  for (Index unit = first; unit < last; ++unit) {
    const RowPlace place(dense, unit);
    const Interval columns = cuts.united([&](const Cut& cut) {
      const RowCut row(dense, cut);
      return row.crosses(place.slice, place.row) ? row.columns : Interval{0, 0};
    });
    for (Index begin = columns.begin; begin < columns.end; begin += at_once) {
      const Index end = std::min(begin + at_once, columns.end);
      Byte* const line = x + static_cast<std::size_t>(unit) * dense.row() +
                         static_cast<std::size_t>(begin) * dense.pixel;
      std::memcpy(aside, line, static_cast<std::size_t>(end - begin) * dense.pixel);
      mixer.for_each_block([&] { mixer.mix(place, begin, end, aside, line); });
    }
  }
}

// Samples that lie anywhere into a batch whose fastest axis they are: rows [first, last), counted
// through all planes and slices. Tiles of samples by scalars, so that a line of the output is
// filled while it is in the cache, and each sample is read in runs.
template <class Cuts>
void interleave(const Dense& dense, const Cuts& cuts, std::size_t scalar, const Samples& samples,
                const Samples& partners, Byte* out, Index first, Index last) {
  const std::size_t run = static_cast<std::size_t>(cuts.batch()) * scalar;
  const auto pixel = static_cast<Index>(dense.pixel / run);  // scalars of one sample
  const Index scalars = dense.columns() * pixel;
  constexpr Index tile = 64, block = 256;
  RowCut row_cuts[block];
  for (Index block_first = 0; block_first < cuts.batch(); block_first += block) {
    const Index block_last = std::min(block_first + block, cuts.batch());
    for (Index b = block_first; b < block_last; ++b)
      row_cuts[b - block_first] = RowCut(dense, cuts(b));
    for (Index unit = first; unit < last; ++unit) {
      const RowPlace place(dense, unit);
      const std::size_t at = static_cast<std::size_t>(unit * scalars) * scalar;
      for (Index begin = 0; begin < scalars; begin += tile) {
        const Index end = std::min(begin + tile, scalars);
        for (Index b = block_first; b < block_last; ++b) {
          const RowCut& cut = row_cuts[b - block_first];
          Byte* const to = out + static_cast<std::size_t>(unit * scalars) * run +
                           static_cast<std::size_t>(b) * scalar;
          const auto copy = [&](const Byte* in, Index from, Index until) {
            copy_scalars(to + static_cast<std::size_t>(from) * run, static_cast<Index>(run),
                         in + at + static_cast<std::size_t>(from) * scalar,
                         static_cast<Index>(scalar), scalar, until - from);
          };
          // The tile's three parts: before, inside and behind the box.
          const bool crossed = cut.crosses(place.slice, place.row);
          const Index from = crossed ? std::clamp(cut.columns.begin * pixel, begin, end) : end;
          const Index until = crossed ? std::clamp(cut.columns.end * pixel, begin, end) : end;
          copy(samples(b).data, begin, from);
          if (from < until) copy(partners(cut.partner).data, from, until);
          copy(samples(b).data, until, end);
        }
      }
    }
  }
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_KERNELS_BATCH_LAST_HPP
