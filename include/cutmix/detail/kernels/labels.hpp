#ifndef CUTMIX_DETAIL_KERNELS_LABELS_HPP
#define CUTMIX_DETAIL_KERNELS_LABELS_HPP

// Mixes rows of targets.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "blend.hpp"
#include "fill.hpp"

namespace cutmix {
namespace detail {

// A class id of any integer type.
struct ClassId {
  std::uint64_t magnitude = 0;
  bool negative = false;

  CUTMIX_HOST_DEVICE bool is(Index id) const {
    return negative == (id < 0) && magnitude == (id < 0 ? 0 - static_cast<std::uint64_t>(id)
                                                        : static_cast<std::uint64_t>(id));
  }
  bool below(Index n) const { return !negative && magnitude < static_cast<std::uint64_t>(n); }
};

CUTMIX_ONCE CUTMIX_HOST_DEVICE inline ClassId load_id(ScalarKind kind, const Byte* in) {
  ClassId id;
  with_kind(kind, [&](auto type) {
    using T = decltype(type);
    if constexpr (std::is_integral_v<T>) {
      T value;
      std::memcpy(&value, in, sizeof value);
      if constexpr (std::is_signed_v<T>) id.negative = value < 0;
      id.magnitude = static_cast<std::uint64_t>(value);  // NOLINT: with its sign
      if (id.negative) id.magnitude = 0 - id.magnitude;
    }
  });
  return id;
}

// The same of an id that is known to be a class. Most are of these two kinds.
inline Index load_class(ScalarKind kind, const Byte* in) {
  if (kind == ScalarKind::int64) {
    std::int64_t id;
    std::memcpy(&id, in, sizeof id);
    return static_cast<Index>(id);
  }
  if (kind == ScalarKind::int32) {
    std::int32_t id;
    std::memcpy(&id, in, sizeof id);
    return id;
  }
  return static_cast<Index>(load_id(kind, in).magnitude);
}

// What one label is on its own class and elsewhere.
struct LabelValues {
  double on, off;
};

// What the row of two mixed labels holds: two peaks on a background, or one of both.
struct RowValues {
  double background, own, partner, both;

  RowValues(const Weights& weights, LabelValues own_label, LabelValues partner_label)
      : background(weights.mix(own_label.off, partner_label.off)),
        own(weights.mix(own_label.on, partner_label.off)),
        partner(weights.mix(own_label.off, partner_label.on)),
        both(weights.mix(own_label.on, partner_label.on)) {}
};

// The same as bytes of a floating kind.
struct RowBytes {
  CUTMIX_ONCE RowBytes(ScalarKind kind, const RowValues& values) {
    const double all[4] = {values.background, values.own, values.partner, values.both};
    store_run(kind, all, 4, bytes[0], sizeof bytes[0]);
    const Byte zeros[8] = {};
    is_zero = std::memcmp(bytes[0], zeros, sizeof zeros) == 0;
  }

  const Byte* background() const { return bytes[0]; }
  const Byte* own(bool same) const { return bytes[same ? 3 : 1]; }
  const Byte* partner() const { return bytes[2]; }

  Byte bytes[4][8] = {};
  bool is_zero;
};

// The classes that have a peak in a row; -1: none.
struct Peaks {
  Index own, partner;
};

inline void set_scalar(Byte* out, const Byte* value, std::size_t size) {
  if (size == 4)
    std::memcpy(out, value, 4);
  else if (size == 8)
    std::memcpy(out, value, 8);
  else
    std::memcpy(out, value, 2);
}

CUTMIX_ONCE inline void set_peaks(Byte* row, Index stride, std::size_t size, const RowBytes& values,
                                  const Peaks& peaks) {
  if (peaks.partner >= 0) set_scalar(row + peaks.partner * stride, values.partner(), size);
  if (peaks.own >= 0)
    set_scalar(row + peaks.own * stride, values.own(peaks.own == peaks.partner), size);
}

// n scalars that are side by side: the background, and the peaks on it.
inline void write_row(Byte* out, Index n, std::size_t size, const RowBytes& values,
                      const Peaks& peaks) {
  if (values.is_zero)
    std::memset(out, 0, static_cast<std::size_t>(n) * size);
  else
    fill_run(out, values.background(), size, n);
  set_peaks(out, static_cast<Index>(size), size, values, peaks);
}

// Rows of targets that are written; strides in bytes.
struct TargetRows {
  Byte* data;
  ScalarKind kind;
  Index rows, columns, row_stride, column_stride;

  Byte* at(Index row, Index column) const {
    return data + row * row_stride + column * column_stride;
  }
};

// A row's classes, and what it holds.
struct TargetRow {
  Peaks peaks;
  const RowBytes* values;
};

// Writes all rows: row_of(b) is good until its next call.
template <class RowOf>
void write_rows(const TargetRows& out, const RowOf& row_of) {
  const auto size = static_cast<std::size_t>(bytes_of(out.kind));
  const auto scalar = static_cast<Index>(size);
  const bool rows_side_by_side = out.column_stride == scalar;
  // Where the batch is the fastest axis, columns are filled one after the other and the peaks set.
  for (const bool filled : {false, true}) {
    for (Index b = 0; b < out.rows; ++b) {
      const TargetRow row = row_of(b);
      if (rows_side_by_side)
        write_row(out.at(b, 0), out.columns, size, *row.values, row.peaks);
      else if (!filled)
        set_scalar(out.at(b, 0), row.values->background(), size);
      else
        set_peaks(out.at(b, 0), out.column_stride, size, *row.values, row.peaks);
    }
    if (rows_side_by_side || filled) return;
    for (Index column = 1; column < out.columns; ++column)
      if (out.row_stride == scalar)
        std::memcpy(out.at(0, column), out.at(0, 0), static_cast<std::size_t>(out.rows) * size);
      else
        copy_scalars(out.at(0, column), out.row_stride, out.at(0, 0), out.row_stride, size,
                     out.rows);
  }
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_KERNELS_LABELS_HPP
