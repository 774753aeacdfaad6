#ifndef CUTMIX_DETAIL_KERNELS_CONVERT_HPP
#define CUTMIX_DETAIL_KERNELS_CONVERT_HPP

// Bytes become scalars by a table, on their way into the batch.
//
// A byte has 256 values, so a table is exact for any function of it, and a look-up costs what a
// store costs: arithmetic would be no faster. A line of the output is a run of bytes for each
// channel, wherever these lie: side by side in a pixel, or planes apart.

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "blend.hpp"
#include "layout.hpp"
#include "rows.hpp"

namespace cutmix {
namespace detail {

// 256 scalars for each channel, one after another.
struct ByteTables {
  ScalarKind kind;
  const Byte* first;
  std::size_t step;  // bytes from one channel's to the next's; 0: one serves all

  const Byte* of(Index channel) const { return first + static_cast<std::size_t>(channel) * step; }
};

// The axes of a sample as they are gone through: channels, the columns of a line, lines, and
// planes, which are all positions of what other axes there are. An axis that is not there has one
// position.
struct ConvertAxes {
  int channel = -1, column = -1, line = -1;
  int plane[most_axes];
  int plane_rank = 0;
  Index channels = 1, columns = 1, lines = 1, planes = 1;

  ConvertAxes(const SampleAxes& axes, int channel_axis) : channel(channel_axis) {
    for (int axis = axes.rank - 1; axis >= 0; --axis) {
      const Index size = axes.size[axis];
      if (axis == channel)
        channels = size;
      else if (column < 0)
        column = axis, columns = size;
      else if (line < 0)
        line = axis, lines = size;
      else
        plane[plane_rank++] = axis, planes *= size;
    }
  }

  Index all_lines() const { return planes * lines; }
};

// One memory: where it begins, and bytes from one position to the next.
template <class Pointer>
struct Lines {
  Pointer first;
  Index line, column, channel;

  Lines(Pointer data, const Strides& strides, const ConvertAxes& axes)
      : first(data),
        line(axes.line < 0 ? 0 : strides.axis[axes.line]),
        column(axes.column < 0 ? 0 : strides.axis[axes.column]),
        channel(axes.channel < 0 ? 0 : strides.axis[axes.channel]) {}

  Lines at(Index offset, Index lines, Index columns) const {
    Lines moved = *this;
    moved.first += offset + lines * line + columns * column;
    return moved;
  }
};
using LinesOut = Lines<Byte*>;
using LinesIn = Lines<const Byte*>;

template <std::size_t size>
void convert_run(Byte* out, Index out_stride, const Byte* in, Index in_stride, const Byte* table,
                 Index n) {
  constexpr auto packed = static_cast<Index>(size);
  if (out_stride == packed)  // a constant, for the compiler
    for (Index i = 0; i < n; ++i, in += in_stride)
      std::memcpy(out + i * packed, table + size * *in, size);
  else
    for (Index i = 0; i < n; ++i, in += in_stride)
      std::memcpy(out + i * out_stride, table + size * *in, size);
}

// Three channels of n pixels, side by side in the output.
template <std::size_t size>
void convert_pixels(Byte* out, const LinesIn& in, const ByteTables& tables, Index n) {
  const Byte* const table[3] = {tables.of(0), tables.of(1), tables.of(2)};
  const Byte* red = in.first;
  for (Index i = 0; i < n; ++i, out += 3 * size, red += in.column) {
    std::memcpy(out, table[0] + size * red[0], size);
    std::memcpy(out + size, table[1] + size * red[in.channel], size);
    std::memcpy(out + 2 * size, table[2] + size * red[2 * in.channel], size);
  }
}

// Converts and mixes blocks of lines by columns, all channels of them.
template <std::size_t size>
class LineConverter {
 public:
  LineConverter(const ByteTables& tables, Index channels) : tables_(tables), channels_(channels) {}

  void convert(LinesOut out, LinesIn in, Index lines, Index columns) const {
    if (columns <= 0) return;
    if (out.line == columns * out.column && in.line == columns * in.column)
      columns *= lines, lines = 1;
    if (is_packed(out) && channels_ == 3) {
      for (; lines > 0; --lines, out.first += out.line, in.first += in.line)
        convert_pixels<size>(out.first, in, tables_, columns);
      return;
    }
    for (Index c = 0; c < channels_; ++c, out.first += out.channel, in.first += in.channel)
      for (Index y = 0; y < lines; ++y)
        convert_run<size>(out.first + y * out.line, out.column, in.first + y * in.line, in.column,
                          tables_.of(c), columns);
  }

  // The mix of two, both converted first.
  void blend(const Weights& weights, LinesOut out, LinesIn own, LinesIn partner, Index lines,
             Index columns) {
    for (; lines > 0; --lines) {
      if (is_packed(out) && channels_ <= block_size)
        blend_pixels(weights, out, own, partner, columns);
      else
        for (Index c = 0; c < channels_; ++c) blend_run_of(c, weights, out, own, partner, columns);
      out.first += out.line, own.first += own.line, partner.first += partner.line;
    }
  }

 private:
  static constexpr auto scalar = static_cast<Index>(size);

  // Whether the channels of a pixel lie side by side, and pixels too.
  bool is_packed(const LinesOut& out) const {
    return out.channel == scalar && out.column == channels_ * scalar;
  }

  void blend_pixels(const Weights& weights, LinesOut out, LinesIn own, LinesIn partner, Index n) {
    LinesOut block = out;
    for (Index most = block_size / channels_; n > 0; n -= most) {
      const Index count = std::min(most, n);
      block.first = own_, convert(block, own, 1, count);
      block.first = partner_, convert(block, partner, 1, count);
      blend_blocks(weights, out.first, scalar, count * channels_);
      out = out.at(0, 0, count), own = own.at(0, 0, count), partner = partner.at(0, 0, count);
    }
  }

  void blend_run_of(Index c, const Weights& weights, const LinesOut& out, const LinesIn& own,
                    const LinesIn& partner, Index n) {
    const Byte* const table = tables_.of(c);
    for (Index done = 0; done < n; done += block_size) {
      const auto at = [&](const auto& lines) {
        return lines.first + c * lines.channel + done * lines.column;
      };
      const Index count = std::min(block_size, n - done);
      convert_run<size>(own_, scalar, at(own), own.column, table, count);
      convert_run<size>(partner_, scalar, at(partner), partner.column, table, count);
      blend_blocks(weights, at(out), out.column, count);
    }
  }

  void blend_blocks(const Weights& weights, Byte* out, Index out_stride, Index n) const {
    blend_run(tables_.kind, weights, out, out_stride, own_, scalar, partner_, scalar, n);
  }

  ByteTables tables_;
  Index channels_;
  alignas(64) Byte own_[block_size * size];
  alignas(64) Byte partner_[block_size * size];
};

// One sample, a plane after another.
template <std::size_t size>
class SampleConverter {
 public:
  SampleConverter(const SampleAxes& axes, const ConvertAxes& lines, const ByteTables& tables)
      : axes_(axes), lines_(lines), kind_(tables.kind), converter_(tables, lines.channels) {}

  // Lines [first, last), counted through all planes. Every scalar is written once.
  void convert(const Cut& cut, Byte* out, const Strides& out_strides, const SampleRef& own,
               const SampleRef& partner, Index first, Index last) {
    const LinesOut to(out, out_strides, lines_);
    const LinesIn from(own.data, *own.strides, lines_),
        other(partner.data, *partner.strides, lines_);
    for (Index plane = first / lines_.lines; first < last; ++plane) {
      const Index start = plane * lines_.lines;
      const Interval part{first - start, std::min(last - start, lines_.lines)};
      Index at_out = 0, at_own = 0, at_partner = 0;
      bool inside = !cut.empty;
      for (Index i = 0, rest = plane; i < lines_.plane_rank; ++i) {
        const int axis = lines_.plane[i];
        const Index at = rest % axes_.size[axis];
        rest /= axes_.size[axis];
        at_out += at * out_strides.axis[axis];
        at_own += at * own.strides->axis[axis], at_partner += at * partner.strides->axis[axis];
        const Interval taken = axes_.part(axis, cut);
        inside = inside && at >= taken.begin && at < taken.end;
      }
      convert_plane(inside ? &cut : nullptr, to.at(at_out, 0, 0), from.at(at_own, 0, 0),
                    other.at(at_partner, 0, 0), part);
      first = start + part.end;
    }
  }

 private:
  // Lines of one plane: those before, in and behind the cut.
  void convert_plane(const Cut* cut, const LinesOut& out, const LinesIn& own,
                     const LinesIn& partner, const Interval& part) {
    Interval taken{part.end, part.end};
    if (cut && lines_.line < 0) taken = part;
    if (cut && lines_.line >= 0) {
      const Interval side = axes_.part(lines_.line, *cut);
      taken = {std::clamp(side.begin, part.begin, part.end),
               std::clamp(side.end, part.begin, part.end)};
    }
    // A few lines at a time, so that their bytes are in the nearest cache for all channels.
    const Index most = std::max(Index{4096} / lines_.columns, Index{1});
    for (Index y = part.begin; y < part.end;) {
      const bool mixed = y >= taken.begin && y < taken.end;
      const Index until = y < taken.begin ? taken.begin : mixed ? taken.end : part.end;
      const Index n = std::min(most, until - y);
      if (mixed)
        mix(*cut, out.at(0, y, 0), own.at(0, y, 0), partner.at(0, y, 0), n);
      else
        converter_.convert(out.at(0, y, 0), own.at(0, y, 0), n, lines_.columns);
      y += n;
    }
  }

  void mix(const Cut& cut, const LinesOut& out, const LinesIn& own, const LinesIn& partner,
           Index n) {
    const Index columns = lines_.columns;
    const Interval taken = lines_.column < 0 ? Interval{0, 1} : axes_.part(lines_.column, cut);
    const Weights weights(kind_, cut.blend);
    if (weights.copies_partner() && taken.end - taken.begin < columns &&
        can_mix_bytes(own, partner))
      return mix_bytes(taken, out, own, partner, n);
    converter_.convert(out, own, n, taken.begin);
    const LinesOut inside = out.at(0, 0, taken.begin);
    const LinesIn other = partner.at(0, 0, taken.begin);
    const Index wide = taken.end - taken.begin;
    if (weights.copies_partner())
      converter_.convert(inside, other, n, wide);
    else
      converter_.blend(weights, inside, own.at(0, 0, taken.begin), other, n, wide);
    converter_.convert(out.at(0, 0, taken.end), own.at(0, 0, taken.end), n, columns - taken.end);
  }

  // Whether both have pixels of a few bytes side by side, in the same order, and a line fits.
  bool can_mix_bytes(const LinesIn& own, const LinesIn& partner) const {
    return std::abs(own.channel) == 1 && std::abs(own.column) == lines_.channels &&
           own.channel == partner.channel && own.column == partner.column &&
           lines_.columns * lines_.channels <= aside_size;
  }

  // Such lines are put together as bytes, and converted as a whole: a run in three pieces for each
  // channel would cost small images a quarter more.
  void mix_bytes(const Interval& taken, LinesOut out, LinesIn own, LinesIn partner, Index n) {
    const Index columns = lines_.columns, channels = lines_.channels;
    const Index width = columns * channels, most = aside_size / width;
    // From the first byte of a run of columns to its position 0.
    const Index lead =
        (own.channel < 0 ? channels - 1 : 0) + (own.column < 0 ? (columns - 1) * channels : 0);
    LinesIn mixed = own;
    mixed.first = aside_ + lead, mixed.line = width;
    // Where a run of columns begins in memory.
    const auto byte_of = [&](const Interval& run) {
      return (own.column < 0 ? columns - run.end : run.begin) * channels;
    };
    while (n > 0) {
      const Index lines = std::min(most, n);
      const auto copy = [&](const LinesIn& from, const Interval& run) {
        const Index begin = byte_of(run);
        copy_rows(aside_ + begin, width, from.first - lead + begin, from.line,
                  static_cast<std::size_t>((run.end - run.begin) * channels), lines);
      };
      copy(own, {0, taken.begin});
      copy(partner, taken);
      copy(own, {taken.end, columns});
      converter_.convert(out, mixed, lines, columns);
      out = out.at(0, lines, 0), own = own.at(0, lines, 0), partner = partner.at(0, lines, 0);
      n -= lines;
    }
  }

  static constexpr Index aside_size = 16 * 1024;
  const SampleAxes& axes_;
  const ConvertAxes& lines_;
  ScalarKind kind_;
  LineConverter<size> converter_;
  Byte aside_[aside_size];
};

// Lines [first, last) of samples [batch_first, batch_last).
template <class Cuts>
void convert_samples(const SampleAxes& axes, const ConvertAxes& lines, const ByteTables& tables,
                     const Cuts& cuts, const Samples& samples, const Output& out, Index batch_first,
                     Index batch_last, Index first, Index last) {
  with_constant_size(axes.scalar, [&](auto constant) {
    if constexpr (decltype(constant)::value != 0) {
      SampleConverter<decltype(constant)::value> converter(axes, lines, tables);
      for (Index b = batch_first; b < batch_last; ++b) {
        const Cut cut = cuts(b);
        converter.convert(cut, out(b), out.strides, samples(b), samples(cut.partner), first, last);
      }
    }
  });
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_KERNELS_CONVERT_HPP
