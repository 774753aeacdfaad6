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
#include "lookup.hpp"
#include "rows.hpp"

namespace cutmix {
namespace detail {

// 256 scalars for each channel, one after another.
struct ByteTables {
  ScalarKind kind;
  const Byte* first;
  std::size_t step;    // bytes from one channel's to the next's; 0: one serves all
  const Byte* planes;  // the same by the bytes of its scalars, for look_up_run; null: none
  bool past_cache;     // where the output is too large for it

  const Byte* planes_of(Index channel) const {
    return planes + static_cast<std::size_t>(channel) * step;
  }
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

  void convert(const LinesOut& out, const LinesIn& in, Index lines, Index columns) const {
    convert(out, in, lines, columns, {0, channels_});
  }
  void convert(const LinesOut& out, const LinesIn& in, Index lines, Index columns,
               const Interval& channels) const {
    convert(out, in, lines, columns, channels, tables_.past_cache);
  }

  // Some of the channels; `in` begins with the first of these.
  void convert(LinesOut out, LinesIn in, Index lines, Index columns, const Interval& channels,
               bool past_cache) const {
    if (columns <= 0) return;
    if (out.line == columns * out.column && in.line == columns * in.column)
      columns *= lines, lines = 1;
    if (is_packed(out) && channels_ == 3 && channels.end - channels.begin == 3) {
      for (; lines > 0; --lines, out.first += out.line, in.first += in.line)
        convert_pixels<size>(out.first, in, tables_, columns);
      return;
    }
    const LookupOrder* const order = order_of(out.column, in, columns);
    for (Index c = channels.begin; c < channels.end; ++c)
      for (Index y = 0; y < lines; ++y)
        convert_line(order, c, c - channels.begin, out.first + c * out.channel + y * out.line,
                     out.column, in, in.first + y * in.line, columns, past_cache);
  }

  // How look-ups go through the columns of a run of n; null: they can't.
  const LookupOrder* order_of(Index out_column, const LinesIn& in, Index n) const {
    const bool fits = size == 4 && tables_.planes != nullptr && out_column == scalar && n >= 64;
    return fits ? LookupOrder::of(in.column, in.channel, channels_) : nullptr;
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

  // A run of one channel, which is the i-th of those that lie at `first`.
  void convert_line([[maybe_unused]] const LookupOrder* order, Index channel, Index i, Byte* out,
                    Index out_stride, const LinesIn& in, const Byte* first, Index n,
                    [[maybe_unused]] bool past_cache) const {
#if CUTMIX_HAS_STREAM
    if (order) {
      const Byte* const planes = tables_.planes_of(channel);
      if (order->channels == 3)
        look_up_own<3>(out, first, *order, i, planes, n, past_cache);
      else
        look_up_own<1>(out, first + i * in.channel, *order, 0, planes, n, past_cache);
      return;
    }
#endif
    convert_run<size>(out, out_stride, first + i * in.channel, in.column, tables_.of(channel), n);
  }

  // Whether the channels of a pixel lie side by side, and pixels too.
  bool is_packed(const LinesOut& out) const {
    return out.channel == scalar && out.column == channels_ * scalar;
  }

  void blend_pixels(const Weights& weights, LinesOut out, LinesIn own, LinesIn partner, Index n) {
    LinesOut block = out;
    for (Index most = block_size / channels_; n > 0; n -= most) {
      const Index count = std::min(most, n);
      block.first = own_, convert(block, own, 1, count, {0, channels_}, false);
      block.first = partner_, convert(block, partner, 1, count, {0, channels_}, false);
      blend_blocks(weights, out.first, scalar, count * channels_);
      out = out.at(0, 0, count), own = own.at(0, 0, count), partner = partner.at(0, 0, count);
    }
  }

  void blend_run_of(Index c, const Weights& weights, const LinesOut& out, const LinesIn& own,
                    const LinesIn& partner, Index n) {
    for (Index done = 0; done < n; done += block_size) {
      const Index count = std::min(block_size, n - done);
      convert_line(order_of(scalar, own, count), c, c, own_, scalar, own,
                   own.first + done * own.column, count, false);
      convert_line(order_of(scalar, partner, count), c, c, partner_, scalar, partner,
                   partner.first + done * partner.column, count, false);
      blend_blocks(weights, out.at(c * out.channel, 0, done).first, out.column, count);
    }
  }

  void blend_blocks(const Weights& weights, Byte* out, Index out_stride, Index n) const {
    mix_run(weights, tables_.kind, own_, scalar, partner_, scalar, tables_.kind, out, out_stride,
            n);
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
      : axes_(axes),
        lines_(lines),
        tables_(tables),
        some_lines_(lines_in(tables.planes ? 2048 : 4096)),
        converter_(tables, lines.channels) {}

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
  // Lines of about so many columns, so that their bytes are in the nearest cache for all channels,
  // with what look-ups set aside. Where that many lines make some, they are whole blocks of 64, or
  // whole lines of the cache.
  Index lines_in(Index columns) const {
    const Index most = std::max(columns / std::max(lines_.columns, Index{1}), Index{1});
    for (const Index whole : {64, 16}) {
      Index step = 1;
      while (step * lines_.columns % whole != 0) step *= 2;
      if (step <= most) return most - most % step;
    }
    return most;
  }

  // Lines of one plane, a few at a time: those before, in and behind the cut.
  void convert_plane(const Cut* cut, const LinesOut& out, const LinesIn& own,
                     const LinesIn& partner, const Interval& part) {
    Interval taken{part.end, part.end};
    if (cut) taken = lines_.line < 0 ? part : axes_.part(lines_.line, *cut);
    const bool copies = cut != nullptr && own.column == partner.column &&
                        Weights(tables_.kind, cut->blend).copies_partner();
    const bool bytes = copies && can_mix_bytes(own, partner);
    Index most = some_lines_;
    if (bytes && most * bytes_of_line(own) > aside_size) most = aside_size / bytes_of_line(own);
    for (Interval some{part.begin, 0}; some.begin < part.end; some.begin = some.end) {
      some.end = std::min(some.begin + most, part.end);
      const Interval inside{std::max(some.begin, taken.begin), std::min(some.end, taken.end)};
      const LinesOut to = out.at(0, some.begin, 0);
      const LinesIn from = own.at(0, some.begin, 0);
      if (inside.begin >= inside.end) {
        converter_.convert(to, from, some.end - some.begin, lines_.columns);
      } else if (copies && look_up_both(*cut, out, own, partner, some, taken)) {
        continue;
      } else if (bytes) {
        mix_bytes(*cut, out, own, partner, some, inside);
      } else {
        const bool mixed = some.begin >= inside.begin;
        some.end = mixed ? inside.end : inside.begin;  // what is left of these comes next
        if (mixed)
          mix_lines(*cut, to, from, partner.at(0, some.begin, 0), some.end - some.begin);
        else
          converter_.convert(to, from, some.end - some.begin, lines_.columns);
      }
    }
  }

  Interval columns_of(const Cut& cut) const {
    return lines_.column < 0 ? Interval{0, 1} : axes_.part(lines_.column, cut);
  }

  // Lines that the cut goes through, in up to three pieces.
  void mix_lines(const Cut& cut, const LinesOut& out, const LinesIn& own, const LinesIn& partner,
                 Index n) {
    const Interval taken = columns_of(cut);
    const Weights weights(tables_.kind, cut.blend);
    converter_.convert(out, own, n, taken.begin);
    const LinesOut inside = out.at(0, 0, taken.begin);
    const LinesIn other = partner.at(0, 0, taken.begin);
    const Index wide = taken.end - taken.begin;
    if (weights.copies_partner())
      converter_.convert(inside, other, n, wide);
    else
      converter_.blend(weights, inside, own.at(0, 0, taken.begin), other, n, wide);
    converter_.convert(out.at(0, 0, taken.end), own.at(0, 0, taken.end), n,
                       lines_.columns - taken.end);
  }

  // Whether the pixels of a line lie side by side, all channels of each or one.
  bool is_interleaved(const LinesIn& in) const {
    return std::abs(in.channel) == 1 && std::abs(in.column) == lines_.channels;
  }
  Index bytes_of_line(const LinesIn& in) const {
    return is_interleaved(in) ? lines_.columns * lines_.channels : lines_.columns;
  }
  bool can_mix_bytes(const LinesIn& own, const LinesIn& partner) const {
    const bool interleaved = is_interleaved(own) && own.channel == partner.channel;
    return (interleaved || std::abs(own.column) == 1) && bytes_of_line(own) <= aside_size;
  }

  // Lines of both images by look-ups, a run for each or, where they lie one behind the other in all
  // three memories, one for all. Returns whether this can be done; if not, nothing is written.
  bool look_up_both([[maybe_unused]] const Cut& cut, [[maybe_unused]] const LinesOut& out,
                    [[maybe_unused]] const LinesIn& own, [[maybe_unused]] const LinesIn& partner,
                    [[maybe_unused]] const Interval& lines,
                    [[maybe_unused]] const Interval& taken) {
#if CUTMIX_HAS_STREAM
    const auto are_one_run = [this](const auto& of) {
      return of.line == lines_.columns * of.column;
    };
    const bool one = are_one_run(out) && are_one_run(own) && are_one_run(partner);
    const Index step = one ? lines.end - lines.begin : 1, n = step * lines_.columns;
    const LookupOrder* const order = converter_.order_of(out.column, own, n);
    if (!order || order != converter_.order_of(out.column, partner, n)) return false;
    if (n > LookupMask::most) return false;
    const Interval rows{std::max(taken.begin - lines.begin, Index{0}),
                        std::min(taken.end, lines.end) - lines.begin};
    mask_.mark(*order, n, lines_.columns, one ? rows : Interval{0, 1}, columns_of(cut));
    for (Index y = lines.begin; y < lines.end; y += step) {
      const LinesOut to = out.at(0, y, 0);
      const LinesIn from = own.at(0, y, 0);
      if (one || (y >= taken.begin && y < taken.end))
        look_up_mixed(*order, to, from, partner.at(0, y, 0), n, y + step < taken.end ? step : 0);
      else
        converter_.convert(to, from, 1, n);
    }
    return true;
#else
    return false;
#endif
  }

#if CUTMIX_HAS_STREAM
  // A run of n, all channels. The next one that is mixed is so many lines ahead; 0: there is none.
  void look_up_mixed(const LookupOrder& order, LinesOut out, const LinesIn& own,
                     const LinesIn& partner, Index n, Index ahead) {
    const Index together = order.channels, lowest = order.is_mirrored() ? (n - 1) * order.pixel : 0;
    for (Index c = 0; c < lines_.channels; c += together) {
      const MixedRun run{own.first + c * own.channel, partner.first + c * partner.channel,
                         mask_.bits()};
      if (together == 3)
        order_mixed<3>(aside_, run, order, n);
      else
        order_mixed<1>(aside_, run, order, n);
      for (Index i = 0; i < together; ++i, out.first += out.channel) {
        if (ahead != 0) {
          fetch_ahead(run.own + ahead * own.line + lowest + i * n, n);
          fetch_ahead(run.partner + ahead * partner.line + lowest + i * n, n);
        }
        look_up_ordered(out.first, aside_ + 64 * i, 64 * together, tables_.planes_of(c + i), n,
                        tables_.past_cache);
      }
    }
  }
#endif

  // Such lines are put together as bytes, all of them and the cut over them, and converted in one
  // run: runs in pieces would cost small images half as much again.
  void mix_bytes(const Cut& cut, const LinesOut& out, const LinesIn& own, const LinesIn& partner,
                 const Interval& lines, const Interval& inside) {
    const bool interleaved = is_interleaved(own);
    const Index together = interleaved ? lines_.channels : 1;
    const Index width = lines_.columns * together, n = lines.end - lines.begin;
    const Interval taken = columns_of(cut);
    // The place of position 0 from the first byte of a line, and of the cut's first byte.
    const Index origin = (interleaved && own.channel < 0 ? together - 1 : 0) +
                         (own.column < 0 ? (lines_.columns - 1) * together : 0);
    const Index begin = (own.column < 0 ? lines_.columns - taken.end : taken.begin) * together;
    const Interval rows{inside.begin - lines.begin, inside.end - lines.begin};
    const Interval columns{begin, begin + (taken.end - taken.begin) * together};
    for (Index c = 0; c < lines_.channels; c += together) {
      LinesIn mixed = own.at(c * own.channel, lines.begin, 0);
      const LinesIn other = partner.at(c * partner.channel, inside.begin, 0);
      put_together(mixed.first - origin, mixed.line, other.first - origin, other.line, width, n,
                   rows, columns);
      mixed.first = aside_ + origin, mixed.line = width;
      converter_.convert(out.at(0, lines.begin, 0), mixed, n, lines_.columns, {c, c + together});
    }
  }

  void put_together(const Byte* own, Index own_stride, const Byte* partner, Index partner_stride,
                    Index width, Index lines, const Interval& inside, const Interval& columns) {
    copy_rows({lines, width, own_stride, 1, 0, 0}, aside_, own, static_cast<std::size_t>(width));
    copy_rows({inside.end - inside.begin, width, partner_stride, 1, 0, 0},
              aside_ + inside.begin * width + columns.begin, partner + columns.begin,
              static_cast<std::size_t>(columns.end - columns.begin));
  }

  static constexpr Index aside_size = Index{12} * 1024;  // with what is read, in the nearest cache
  static_assert(aside_size >= 3 * LookupMask::most, "a mixed run of three channels is put there");
  const SampleAxes& axes_;
  const ConvertAxes& lines_;
  const ByteTables& tables_;
  const Index some_lines_;
  LineConverter<size> converter_;
#if CUTMIX_HAS_STREAM
  LookupMask mask_;
#endif
  alignas(64) Byte aside_[aside_size];
};

// `walk` is called with what converts lines [first, last) of sample b, and says which these are.
template <class Cuts, class Walk>
void convert_samples(const SampleAxes& axes, const ConvertAxes& lines, const ByteTables& tables,
                     const Cuts& cuts, const Samples& samples, const Output& out,
                     const Walk& walk) {
  with_constant_size(axes.scalar, [&](auto constant) {
    if constexpr (decltype(constant)::value != 0) {
      SampleConverter<decltype(constant)::value> converter(axes, lines, tables);
      walk([&](Index b, Index first, Index last) {
        const Cut cut = cuts(b);
        converter.convert(cut, out(b), out.strides, samples(b), samples(cut.partner), first, last);
      });
    }
  });
  if (tables.past_cache) finish_stream();
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_KERNELS_CONVERT_HPP
