#ifndef CUTMIX_DETAIL_KERNELS_DENSE_HPP
#define CUTMIX_DETAIL_KERNELS_DENSE_HPP

// Moves pixels out of place, where samples lie one by one and have no gaps.

#include <algorithm>
#include <cstring>

#include "blend.hpp"
#include "rows.hpp"
#include "stream.hpp"

namespace cutmix {
namespace detail {

// An output beyond this size is written past the cache. What the machine says of its cache is not
// asked: a virtual machine may report 320 MB where it has 32, one core of many has a part of it,
// and at 10 to 20 MB both ways cost the same here.
constexpr std::size_t stream_threshold = std::size_t{32} << 20;

inline StreamWidth choose_stream(std::size_t bytes) {
  return bytes >= stream_threshold ? stream_width() : StreamWidth::none;
}

// Planes of one sample that lie one after the other; own, partner and out point at the first.
struct PlaneRun {
  Byte* out;
  const Byte* own;
  const Byte* partner;
  Index planes;

  void skip(std::size_t bytes) { out += bytes, own += bytes, partner += bytes; }
};

// A cut made ready, once for all samples that share it.
struct DenseCut {
  bool empty = true;
  Weights weights{ScalarKind::opaque, 1};
  Interval slices{0, 0};
  CutRows rows;

  // Over the last one: with a box for each sample, copying what was made would be most of the cost.
  void take(const Dense& dense, ScalarKind kind, const Cut& cut) {
    empty = cut.empty;
    rows.slices = 0;
    if (empty) return;
    weights = Weights(kind, cut.blend);
    slices = dense.part(0, cut);
    set_cut_rows(dense, cut, rows);
  }
};

// Through the cache, but for blends of whole slices, where those are to go past it.
class DenseMixer {
 public:
  DenseMixer(const Dense& dense, ScalarKind kind, bool past_cache)
      : kind_(kind), past_cache_(past_cache), slice_(dense.slice()), slices_(dense.slices()) {
    constexpr std::size_t nearest_cache = std::size_t{32} * 1024;
    at_once_ = std::max(static_cast<Index>(nearest_cache / slice_), Index{1});
  }

  void mix(const DenseCut& cut, PlaneRun run) const {
    const CutRows& rows = cut.rows;
    if (cut.empty) return copy_own(run, run.planes * slices_);
    if (rows.slices == slices_) return mix_slices(cut, run, run.planes * slices_);
    for (Index p = 0; p < run.planes; ++p) {
      copy_own(run, cut.slices.begin);
      mix_slices(cut, run, rows.slices);
      run.skip(bytes_of_slices(rows.slices));
      copy_own(run, slices_ - cut.slices.end);
    }
  }

 private:
  std::size_t bytes_of_slices(Index slices) const {
    return static_cast<std::size_t>(slices) * slice_;
  }

  void copy_own(PlaneRun& run, Index slices) const {
    std::memcpy(run.out, run.own, bytes_of_slices(slices));
    run.skip(bytes_of_slices(slices));
  }

  // Slices that are cut alike: a piece at a time is copied whole, and the patch laid over it while
  // it is still in the nearest cache. One long copy and short rows of one kind are faster than rows
  // of two kinds in turn.
  void mix_slices(const DenseCut& cut, const PlaneRun& run, Index slices) const {
    const CutRows& rows = cut.rows;
    if (rows.wide == slice_)  // nothing of a slice is its own
      return write(cut, run, 0, {1, 0, 0, 1, 0, 0}, bytes_of_slices(slices));
    const auto row = static_cast<Index>(rows.row), slice = static_cast<Index>(slice_);
    for (Index first = 0; first < slices; first += at_once_) {
      const Index n = std::min(at_once_, slices - first);
      const std::size_t begin = bytes_of_slices(first);
      std::memcpy(run.out + begin, run.own + begin, bytes_of_slices(n));
      write(cut, run, begin + rows.lead, {rows.rows, row, row, n, slice, slice}, rows.wide);
    }
  }

  // Rows of the partner, or of the mix of both.
  void write(const DenseCut& cut, const PlaneRun& run, std::size_t at, const RowPlanes& shape,
             std::size_t wide) const {
    if (cut.weights.copies_partner()) return copy_rows(shape, run.out + at, run.partner + at, wide);
    const auto scalar = static_cast<Index>(bytes_of(kind_));
    const Index n = static_cast<Index>(wide) / scalar;
    for (Index p = 0; p < shape.planes; ++p)
      for (Index r = 0; r < shape.rows; ++r) {
        const Index place = static_cast<Index>(at) + p * shape.out_plane + r * shape.out_row;
        mix_run(cut.weights, kind_, run.own + place, scalar, run.partner + place, scalar, kind_,
                run.out + place, scalar, n, past_cache_ && wide >= slice_);
      }
  }

  ScalarKind kind_;
  bool past_cache_;
  std::size_t slice_;
  Index slices_, at_once_;
};

// Planes [first, last), counted through the batch.
template <class Cuts>
void mix_dense(const Dense& dense, ScalarKind kind, const Cuts& cuts, const Samples& own,
               const Samples& partners, const Output& out, Index first, Index last,
               StreamWidth width) {
  if (first >= last) return;
  const DenseMixer mixer(dense, kind, width != StreamWidth::none);
  DenseCut cut;
  if (cuts.one()) cut.take(dense, kind, cuts.shared());
  const std::size_t plane = dense.plane();
#if CUTMIX_HAS_STREAM
  const auto mix_run = width == StreamWidth::avx512 ? RunMixer<Avx512Lines>::mix
                       : width == StreamWidth::avx2 ? RunMixer<Avx2Lines>::mix
                                                    : nullptr;
#endif
  Index b = first / dense.planes, p = first % dense.planes;
  for (Index left = last - first; left > 0; ++b, p = 0) {
    const Index planes = std::min(dense.planes - p, left);
    left -= planes;
    const std::size_t skip = static_cast<std::size_t>(p) * plane;
    PlaneRun run{out(b), own(b).data, partners(cuts.partners()[b]).data, planes};
    run.skip(skip);
    if (!cuts.one()) cut.take(dense, kind, cuts(b));
#if CUTMIX_HAS_STREAM
    if (mix_run != nullptr && (cut.empty || cut.weights.copies_partner())) {
      mix_run(run.out, run.own, run.partner, static_cast<std::size_t>(planes), plane, cut.rows);
      continue;
    }
#endif
    mixer.mix(cut, run);
  }
  if (width != StreamWidth::none) finish_stream();
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_KERNELS_DENSE_HPP
