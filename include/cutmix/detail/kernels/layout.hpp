#ifndef CUTMIX_DETAIL_KERNELS_LAYOUT_HPP
#define CUTMIX_DETAIL_KERNELS_LAYOUT_HPP

// How one sample lies in memory, and where it is cut: all that the loops over bytes know.

#include <cstddef>

#include "../attributes.hpp"
#include "../index.hpp"

namespace cutmix {
namespace detail {

using Byte = unsigned char;

constexpr int most_axes = 8;

// Which side of a box cuts an axis; no_side: none does, the axis is cut through.
enum Side : signed char { side_x, side_y, side_z, no_side };

// What is replaced in one sample, by whose pixels, and how much of them.
struct Cut {
  Interval side[3];  // by Side
  double blend;
  Index partner;
  bool empty;  // the sample stays as it is
};

// The axes of a sample in the order of the output's memory, slowest first; none has size 1.
struct SampleAxes {
  int rank = 0;
  Index size[most_axes];
  Side side[most_axes];
  std::size_t scalar = 0;  // bytes

  // The part of an axis that a cut takes.
  Interval part(int axis, const Cut& cut) const {
    return side[axis] == no_side ? Interval{0, size[axis]} : cut.side[side[axis]];
  }
  std::size_t bytes() const {
    std::size_t product = scalar;
    for (int axis = 0; axis < rank; ++axis) product *= static_cast<std::size_t>(size[axis]);
    return product;
  }
};

// Bytes from one position of each axis of SampleAxes to the next.
struct Strides {
  Index axis[most_axes];
};

inline bool same_strides(const SampleAxes& axes, const Strides& a, const Strides& b) {
  for (int axis = 0; axis < axes.rank; ++axis)
    if (a.axis[axis] != b.axis[axis]) return false;
  return true;
}

// One sample that is read.
struct SampleRef {
  const Byte* data;
  const Strides* strides;
};

// Samples that are read: at a distance from one another, or, with a list, anywhere.
struct Samples {
  const Byte* first = nullptr;
  Index stride = 0;  // bytes
  Strides strides{};
  const SampleRef* list = nullptr;

  SampleRef operator()(Index b) const {
    return list != nullptr ? list[b] : SampleRef{first + b * stride, &strides};
  }
};

// Samples that are written.
struct Output {
  Byte* first = nullptr;
  Index stride = 0;  // bytes
  Strides strides{};

  Byte* operator()(Index b) const { return first + b * stride; }
};

// A sample without gaps: planes x slices x rows x columns x pixel, slowest first. Slices, rows and
// columns are the axes that boxes cut, in memory's order, with whatever is cut through between
// them; what is cut through before them makes planes, and what comes after makes the bytes of a
// pixel.
struct Dense {
  bool fits = false;  // whether a sample is like this at all
  Index planes = 1;
  Index size[3] = {1, 1, 1};  // slices, rows, columns
  Side side[3] = {no_side, no_side, no_side};
  std::size_t pixel = 0;  // bytes

  Index slices() const { return size[0]; }
  Index rows() const { return size[1]; }
  Index columns() const { return size[2]; }
  std::size_t row() const { return static_cast<std::size_t>(columns()) * pixel; }
  std::size_t slice() const { return static_cast<std::size_t>(rows()) * row(); }
  std::size_t plane() const { return static_cast<std::size_t>(slices()) * slice(); }

  Interval part(int i, const Cut& cut) const {
    return side[i] == no_side ? Interval{0, size[i]} : cut.side[side[i]];
  }
};

// `unit` is the distance of neighbours: a scalar, or as many as there are samples side by side.
CUTMIX_ONCE inline Dense make_dense(const SampleAxes& axes, const Strides& strides,
                                    std::size_t unit) {
  Dense dense;
  dense.pixel = unit;
  Index expected = static_cast<Index>(unit);
  for (int axis = axes.rank - 1; axis >= 0; --axis) {
    if (strides.axis[axis] != expected) return dense;
    expected *= axes.size[axis];
  }
  int last = axes.rank - 1, first = 0;
  for (; last >= 0 && axes.side[last] == no_side; --last)
    dense.pixel *= static_cast<std::size_t>(axes.size[last]);
  for (; first <= last && axes.side[first] == no_side; ++first) dense.planes *= axes.size[first];
  int i = 2;
  for (int axis = last; axis >= first; --axis) {
    const bool joins = i < 2 && axes.side[axis] == no_side && dense.side[i + 1] == no_side;
    if (joins) {
      dense.size[i + 1] *= axes.size[axis];
      continue;
    }
    if (i < 0) return dense;
    dense.size[i] = axes.size[axis];
    dense.side[i] = axes.side[axis];
    --i;
  }
  dense.fits = true;
  return dense;
}

// A cut as it lies in a slice: rows of `wide` bytes from `lead` on, `row` bytes apart; whole rows
// are one long row. The same in each of so many slices, `slice` bytes apart, from `top` on.
struct CutRows {
  std::size_t lead = 0, wide = 0, row = 0, slice = 0, top = 0;
  Index rows = 0, slices = 0;
};

// Of a cut that is not empty.
inline void set_cut_rows(const Dense& dense, const Cut& cut, CutRows& rows) {
  const Interval z = dense.part(0, cut), y = dense.part(1, cut), x = dense.part(2, cut);
  const auto at = [](Index n, std::size_t bytes) { return static_cast<std::size_t>(n) * bytes; };
  rows.row = dense.row();
  rows.slice = dense.slice();
  rows.lead = at(y.begin, rows.row) + at(x.begin, dense.pixel);
  rows.wide = at(x.end - x.begin, dense.pixel);
  rows.top = at(z.begin, rows.slice);
  rows.rows = y.end - y.begin;
  rows.slices = z.end - z.begin;
  if (rows.wide == rows.row) rows.wide = at(rows.rows, rows.row), rows.rows = 1;
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_KERNELS_LAYOUT_HPP
