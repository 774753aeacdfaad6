#ifndef CUTMIX_DETAIL_KERNELS_STRIDED_HPP
#define CUTMIX_DETAIL_KERNELS_STRIDED_HPP

// Boxes of scalars between memories of any strides: what every layout can be reduced to. Slower
// than the kernels for dense samples where rows are short, and right for all.

#include <algorithm>
#include <cstddef>

#include "blend.hpp"
#include "layout.hpp"
#include "rows.hpp"

namespace cutmix {
namespace detail {

// The part of a sample that is worked on: an interval of each of its axes.
struct Region {
  Interval axis[most_axes];
};

inline Region whole_region(const SampleAxes& axes) {
  Region region;
  for (int axis = 0; axis < axes.rank; ++axis) region.axis[axis] = {0, axes.size[axis]};
  return region;
}

inline bool is_empty(const SampleAxes& axes, const Region& region) {
  for (int axis = 0; axis < axes.rank; ++axis)
    if (region.axis[axis].begin >= region.axis[axis].end) return true;
  return false;
}

// What a cut takes of a region.
inline void cut_region(const SampleAxes& axes, const Region& region, const Cut& cut, Region& part) {
  for (int axis = 0; axis < axes.rank; ++axis) {
    const Interval all = region.axis[axis], taken = axes.part(axis, cut);
    part.axis[axis] = {std::max(all.begin, taken.begin), std::min(all.end, taken.end)};
  }
}
inline Region cut_region(const SampleAxes& axes, const Region& region, const Cut& cut) {
  Region part;
  cut_region(axes, region, cut, part);
  return part;
}

inline Index offset_of(const SampleAxes& axes, const Region& region, const Strides& strides) {
  Index offset = 0;
  for (int axis = 0; axis < axes.rank; ++axis)
    offset += region.axis[axis].begin * strides.axis[axis];
  return offset;
}

// The strides of a region that is kept without gaps.
inline Strides packed_strides(const SampleAxes& axes, const Region& region) {
  Strides strides{};
  auto stride = static_cast<Index>(axes.scalar);
  for (int axis = axes.rank - 1; axis >= 0; --axis) {
    strides.axis[axis] = stride;
    stride *= region.axis[axis].end - region.axis[axis].begin;
  }
  return strides;
}

// A region of up to three memories (one written, two read), its axes joined where all of them
// allow.
class Block {
 public:
  Block(const SampleAxes& axes, const Region& region, const Strides& out, const Strides& own,
        const Strides& partner) {
    set(axes, region, out, own, partner);
  }

  CUTMIX_ONCE void set(const SampleAxes& axes, const Region& region, const Strides& out,
                       const Strides& own, const Strides& partner) {
    scalar_ = axes.scalar;
    rank_ = 0;
    for (int axis = 0; axis < axes.rank; ++axis) {
      const Index size = region.axis[axis].end - region.axis[axis].begin;
      if (size != 1) add(size, {out.axis[axis], own.axis[axis], partner.axis[axis]});
    }
    while (rank_ < 2) {  // rows of one scalar at least
      for (int k = rank_; k > 0; --k) axis_[k] = axis_[k - 1];
      axis_[0] = {1, {0, 0, 0}};
      if (rank_++ == 0)
        axis_[0].stride = {static_cast<Index>(scalar_), static_cast<Index>(scalar_),
                           static_cast<Index>(scalar_)};
    }
  }

  // The length of the one run that it is, of scalars of so many bytes in all its memories, or 0.
  Index run_of(Index bytes) const {
    const Offsets& stride = axis_[rank_ - 1].stride;
    const bool one = rank_ == 2 && axis_[0].size == 1;
    return one && stride.out == bytes && stride.own == bytes && stride.partner == bytes
               ? axis_[rank_ - 1].size
               : 0;
  }

  // From one memory to another.
  void copy(Byte* out, const Byte* in) const {
    if (is_empty()) return;
    const Axis planes = rank_ > 2 ? axis_[rank_ - 3] : Axis{1, {0, 0, 0}};
    const Axis& rows = axis_[rank_ - 2];
    const Axis& run = axis_[rank_ - 1];
    const auto unit = static_cast<Index>(scalar_);
    const bool contiguous = run.stride.out == unit && run.stride.partner == unit;
    const RowPlanes shape{rows.size,   rows.stride.out,   rows.stride.partner,
                          planes.size, planes.stride.out, planes.stride.partner};
    Index position[most_axes] = {};
    Offsets plane{0, 0, 0};
    do {
      Byte* to = out + plane.out;
      const Byte* from = in + plane.partner;
      if (contiguous) {
        copy_rows(shape, to, from, static_cast<std::size_t>(run.size) * scalar_);
        continue;
      }
      for_each_row(shape, to, from, [&](Byte* row, const Byte* from_row) {
        copy_scalars(row, run.stride.out, from_row, run.stride.partner, scalar_, run.size);
      });
    } while (advance(rank_ - 3, position, plane));
  }

  // Scalars of one kind into those of another or the same; where the partner is copied own is not
  // read.
  void mix(ScalarKind kind, ScalarKind out_kind, const Weights& weights, Byte* out, const Byte* own,
           const Byte* partner) const {
    if (weights.copies_partner() && kind == out_kind) return copy(out, partner);
    for_each_run([&](const Offsets& at, const Offsets& stride, Index n) {
      mix_run(weights, kind, own + at.own, stride.own, partner + at.partner, stride.partner,
              out_kind, out + at.out, stride.out, n);
    });
  }

  struct Offsets {
    Index out, own, partner;  // bytes

    Offsets& operator+=(const Offsets& more) {
      out += more.out, own += more.own, partner += more.partner;
      return *this;
    }
  };

  // Calls visit(offsets, strides, n) for each run of n scalars along the last axis.
  template <class Visit>
  void for_each_run(const Visit& visit) const {
    if (is_empty()) return;
    const Axis& rows = axis_[rank_ - 2];
    const Axis& run = axis_[rank_ - 1];
    Index position[most_axes] = {};
    Offsets plane{0, 0, 0};
    do {
      Offsets at = plane;
      for (Index i = 0; i < rows.size; ++i, at += rows.stride) visit(at, run.stride, run.size);
    } while (advance(rank_ - 2, position, plane));
  }

 private:
  struct Axis {
    Index size;
    Offsets stride;
  };

  void add(Index size, const Offsets& stride) {
    if (rank_ > 0) {
      Axis& outer = axis_[rank_ - 1];
      const bool joins = outer.stride.out == size * stride.out &&
                         outer.stride.own == size * stride.own &&
                         outer.stride.partner == size * stride.partner;
      if (joins) {
        outer = {outer.size * size, stride};
        return;
      }
    }
    axis_[rank_++] = {size, stride};
  }

  bool is_empty() const {
    for (int k = 0; k < rank_; ++k)
      if (axis_[k].size == 0) return true;
    return false;
  }

  // To the next position of so many outermost axes; false after the last.
  bool advance(int axes, Index* position, Offsets& at) const {
    for (int k = axes - 1; k >= 0; --k) {
      const Offsets& stride = axis_[k].stride;
      at += stride;
      if (++position[k] < axis_[k].size) return true;
      at.out -= stride.out * position[k], at.own -= stride.own * position[k];
      at.partner -= stride.partner * position[k];
      position[k] = 0;
    }
    return false;
  }

  std::size_t scalar_ = 0;
  int rank_ = 0;
  Axis axis_[most_axes];
};

CUTMIX_ONCE inline void copy_region(const SampleAxes& axes, const Region& region, Byte* out,
                                    const Strides& out_strides, const SampleRef& in) {
  Block(axes, region, out_strides, *in.strides, *in.strides)
      .copy(out + offset_of(axes, region, out_strides),
            in.data + offset_of(axes, region, *in.strides));
}

// A region of one sample, mixed or the partner's.
CUTMIX_ONCE inline void mix_region(const SampleAxes& axes, const Region& region, ScalarKind kind,
                                   const Weights& weights, Byte* out, const Strides& out_strides,
                                   const SampleRef& own, const SampleRef& partner) {
  // Own is not read then, and hinders no axes from being joined.
  if (weights.copies_partner()) return copy_region(axes, region, out, out_strides, partner);
  Block(axes, region, out_strides, *own.strides, *partner.strides)
      .mix(kind, kind, weights, out + offset_of(axes, region, out_strides),
           own.data + offset_of(axes, region, *own.strides),
           partner.data + offset_of(axes, region, *partner.strides));
}

// A region of one sample out of place: what lies before and behind the cut on each axis, from the
// outermost in, is the sample's own; what is left is mixed. Every byte is written once.
inline void mix_sample(const SampleAxes& axes, Region region, ScalarKind kind, const Cut& cut,
                       Byte* out, const Strides& out_strides, const SampleRef& own,
                       const SampleRef& partner) {
  const Region inside = cut_region(axes, region, cut);
  if (cut.empty || is_empty(axes, inside)) return copy_region(axes, region, out, out_strides, own);
  for (int axis = 0; axis < axes.rank; ++axis) {
    const Interval all = region.axis[axis], taken = inside.axis[axis];
    for (const Interval kept : {Interval{all.begin, taken.begin}, Interval{taken.end, all.end}}) {
      if (kept.begin >= kept.end) continue;
      region.axis[axis] = kept;
      copy_region(axes, region, out, out_strides, own);
    }
    region.axis[axis] = taken;
  }
  mix_region(axes, region, kind, Weights(kind, cut.blend), out, out_strides, own, partner);
}

// Samples [0, batch), each limited to [first, last) of its outermost axis.
template <class Cuts>
void mix_strided(const SampleAxes& axes, ScalarKind kind, const Cuts& cuts, const Samples& own,
                 const Samples& partners, const Output& out, Index batch_first, Index batch_last,
                 Index first, Index last) {
  Region region = whole_region(axes);
  if (axes.rank > 0) region.axis[0] = {first, last};
  for (Index b = batch_first; b < batch_last; ++b) {
    const Cut cut = cuts(b);
    mix_sample(axes, region, kind, cut, out(b), out.strides, own(b), partners(cut.partner));
  }
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_KERNELS_STRIDED_HPP
