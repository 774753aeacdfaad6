#ifndef CUTMIX_DETAIL_KERNELS_IN_PLACE_HPP
#define CUTMIX_DETAIL_KERNELS_IN_PLACE_HPP

// Moves pixels in place, along the cycles of the permutation.

#include <algorithm>

#include "strided.hpp"

namespace cutmix {
namespace detail {

// A cycle: each sample's partner is the next, and the last one's is the first.
struct Cycle {
  Index first, last;
};

// Calls visit with every cycle: last_of has for each sample the last of the cycle that it is the
// first of, or a number below 0.
template <class Visit>
void for_each_cycle(const Indices& last_of, const Visit& visit) {
  for (std::size_t b = 0; b < last_of.size(); ++b)
    if (last_of[b] >= 0) visit(Cycle{static_cast<Index>(b), last_of[b]});
}

// What is set aside at a time, on the stack of the thread that does it. Small enough for small
// stacks and for a near cache, so that what is read next is still there when it is written; with
// half of it pieces of large images are so many that 16-bit scalars take a twentieth longer.
constexpr std::size_t aside_bytes = std::size_t{64} * 1024;

// Calls visit with pieces of a region of at most so many scalars.
template <class Visit>
void for_each_piece(const SampleAxes& axes, Region& region, Index most, int axis,
                    const Visit& visit) {
  Index inner = 1, all = 1;
  for (int k = axis; k < axes.rank; ++k) {
    const Index size = region.axis[k].end - region.axis[k].begin;
    all *= size;
    if (k > axis) inner *= size;
  }
  if (all <= most) return visit(region);
  const Interval whole = region.axis[axis];
  const Index step = std::max(most / std::max(inner, Index{1}), Index{1});
  for (Index begin = whole.begin; begin < whole.end; begin += step) {
    region.axis[axis] = {begin, std::min(begin + step, whole.end)};
    if (inner > most)
      for_each_piece(axes, region, most, axis + 1, visit);
    else
      visit(region);
  }
  region.axis[axis] = whole;
}

// One piece of all samples. Along a cycle every sample takes its patch from the next, which is
// still untouched; the first one's is kept for the last.
template <class Cuts>
class PieceMixer {
 public:
  PieceMixer(const SampleAxes& axes, ScalarKind kind, const Cuts& cuts, const Output& x,
             const Region& piece, Byte* aside)
      : axes_(axes),
        kind_(kind),
        cuts_(cuts),
        x_(x),
        piece_(piece),
        aside_(aside),
        move_(axes, piece, x.strides, x.strides, x.strides) {
    if (!cuts.one()) return;
    take(cuts.shared());
    set_move(part_);
  }

  void mix(const Cycle& cycle) {
    const Part last = part_of_sample(cycle.last);
    Byte* const own = x_(cycle.last) + last.offset;
    if (cycle.first == cycle.last) {  // a copy of itself would change nothing
      if (!last.empty && !last.weights.copies_partner())
        move_block(last).mix(kind_, kind_, last.weights, own, own, own);
      return;
    }
    const Strides packed = packed_strides(axes_, last.region), &x = x_.strides;
    if (!last.empty)
      Block(axes_, last.region, packed, x, x).copy(aside_, x_(cycle.first) + last.offset);
    for (Index b = cycle.first; b != cycle.last;) {
      const Index partner = cuts_.partners()[b];
      const Part& part = part_of_sample(b);
      if (!part.empty) write(part, move_block(part), x_(b), x_(partner) + part.offset);
      b = partner;
    }
    if (!last.empty) write(last, Block(axes_, last.region, x, x, packed), x_(cycle.last), aside_);
  }

 private:
  // What is replaced of a sample within the piece.
  struct Part {
    Region region;
    Weights weights{ScalarKind::opaque, 1};
    Index offset = 0;
    bool empty = true;
  };

  // In place: copying a region costs more than making it.
  void take(const Cut& cut) {
    cut_region(axes_, piece_, cut, part_.region);
    part_.empty = cut.empty || is_empty(axes_, part_.region);
    part_.weights = Weights(kind_, cut.blend);
    part_.offset = offset_of(axes_, part_.region, x_.strides);
  }

  // Good until the next call.
  const Part& part_of_sample(Index b) {
    if (!cuts_.one()) take(cuts_(b));
    return part_;
  }
  const Block& move_block(const Part& part) {
    if (!cuts_.one()) set_move(part);
    return move_;
  }
  void set_move(const Part& part) {
    move_.set(axes_, part.region, x_.strides, x_.strides, x_.strides);
  }

  void write(const Part& part, const Block& block, Byte* sample, const Byte* partner) const {
    Byte* const own = sample + part.offset;
    block.mix(kind_, kind_, part.weights, own, own, partner);
  }

  const SampleAxes& axes_;
  ScalarKind kind_;
  const Cuts& cuts_;
  const Output& x_;
  const Region& piece_;
  Byte* aside_;
  Part part_;   // of the last sample, or of all
  Block move_;  // likewise
};

// A region of all samples, in pieces. `beside` samples share a line of memory where the batch is
// the fastest axis: then the pieces are smaller.
template <class Cuts>
void mix_cycles(const SampleAxes& axes, ScalarKind kind, const Cuts& cuts, const Indices& last_of,
                const Output& x, Region region, Index beside) {
  alignas(64) Byte aside[aside_bytes];
  const auto scalars = static_cast<Index>(aside_bytes / axes.scalar);
  for_each_piece(axes, region, std::max(scalars / beside, Index{1}), 0, [&](const Region& piece) {
    PieceMixer<Cuts> mixer(axes, kind, cuts, x, piece, aside);
    for_each_cycle(last_of, [&](const Cycle& cycle) { mixer.mix(cycle); });
  });
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_KERNELS_IN_PLACE_HPP
