#ifndef CUTMIX_DETAIL_KERNELS_GPU_HPP
#define CUTMIX_DETAIL_KERNELS_GPU_HPP

// What one thread of a GPU does. Each kernel is a plain object: how memory lies, and an operator()
// for one thread of the grid that grid() asks for. Nothing of a grid depends on the plan, so a
// launch that was recorded serves other plans of the same shape.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "gpu_memory.hpp"
#include "labels.hpp"

namespace cutmix {
namespace detail {

// Samples that are read or written, one after another at a distance.
struct GpuSamples {
  const Byte* first = nullptr;
  Index stride = 0;

  CUTMIX_HOST_DEVICE const Byte* operator()(Index b) const { return first + b * stride; }
};
struct GpuOutput {
  Byte* first = nullptr;
  Index stride = 0;

  CUTMIX_HOST_DEVICE Byte* operator()(Index b) const { return first + b * stride; }
};

// What is computed with, and how.
struct GpuScalar {
  ScalarKind kind;
  bool wide;
  int bytes;
};

// ---- samples without gaps ----

// Planes of slices of rows of columns of pixels, as Dense has them.
struct GpuDense {
  Index size[3];
  Side side[3];
  Index pixel, sample;  // bytes
  Divisor row, rows, slices;

  explicit GpuDense(const Dense& dense)
      : pixel(static_cast<Index>(dense.pixel)),
        sample(dense.planes * static_cast<Index>(dense.plane())),
        row(static_cast<Index>(dense.row())),
        rows(dense.rows()),
        slices(dense.slices()) {
    for (int i = 0; i < 3; ++i) size[i] = dense.size[i], side[i] = dense.side[i];
  }

  // Which bytes a cut takes of the 16 that stand `at` bytes from a sample's first, as far as they
  // are [begin, end): rows may be shorter than that.
  CUTMIX_HOST_DEVICE Chunk taken(const GpuCut& cut, Index at, int begin, int end) const {
    const Interval columns = cut.part(side[2], size[2]);
    const Interval bytes{columns.begin * pixel, columns.end * pixel};
    Index column = at + begin;
    Index y = row.divide(column);
    Index z = rows.divide(y);
    slices.divide(z);
    Chunk mask{0, 0};
    for (Index i = begin; i < end;) {
      const Index here = smaller_of(row.value() - column, end - i);
      if (cut.has(side[1], y) && cut.has(side[0], z)) {
        const Chunk more = bytes_between(i + larger_of(bytes.begin - column, 0),
                                         i + smaller_of(bytes.end - column, here));
        mask.low |= more.low, mask.high |= more.high;
      }
      i += here;
      column = 0;
      if (++y == size[1]) {
        y = 0;
        if (++z == size[0]) z = 0;
      }
    }
    return mask;
  }
};

// Out of place: a thread writes 16 bytes, at an address that is a multiple of 16 but for the ends
// of a sample. Without blends it needs so few registers that more threads are under way.
template <bool may_blend>
struct MixDenseOnGpu {
  GpuPlan plan;
  GpuDense dense;
  GpuScalar scalar;
  Index batch;
  GpuSamples own, partners;
  GpuOutput out;

  // One more than fill a sample, where it does not begin at a multiple of 16.
  CUTMIX_HOST_DEVICE Index chunks() const {
    return (dense.sample + Index{2} * (chunk_bytes - 1)) / chunk_bytes;
  }
  GpuGrid grid() const {
    return {blocks_for(chunks(), 256, most_blocks_x), std::min(batch, most_blocks_y), 256, 1};
  }

  CUTMIX_HOST_DEVICE void operator()(const GpuThread& thread) const {
    for (Index b = thread.block_y; b < batch; b += thread.blocks_y)
      for (Index chunk = thread.first(); chunk < chunks(); chunk += thread.step()) mix(b, chunk);
  }

  CUTMIX_HOST_DEVICE void mix(Index b, Index chunk) const {
    Byte* const to = out(b);
    const Index at = chunk * chunk_bytes -
                     static_cast<Index>(reinterpret_cast<std::uintptr_t>(to) % chunk_bytes);
    const auto begin = static_cast<int>(larger_of(-at, 0));
    const auto end = static_cast<int>(smaller_of(dense.sample - at, chunk_bytes));
    if (begin >= end) return;
    const GpuCut cut(plan, b);
    const Chunk mask = cut.empty ? Chunk{0, 0} : dense.taken(cut, at, begin, end);
    const bool untouched = (mask.low | mask.high) == 0;
    const bool blends = may_blend && cut.blend < 1;
    const Chunk valid = bytes_between(begin, end);
    const bool whole = mask.low == valid.low && mask.high == valid.high;
    Chunk result{0, 0};
    if (untouched || blends || !whole) result = load_bytes(own(b), at, begin, end);
    if (!untouched) {
      Chunk other = load_bytes(partners(cut.partner), at, begin, end);
      if (may_blend && blends) {
        const Weights weights = cut.weights(scalar.wide);
        if (weights.copies_own())
          other = result;
        else if (!weights.copies_partner())
          other = blend_chunk(scalar.kind, weights, result, other);
      }
      result = selected(mask, result, other);
    }
    store_bytes(to, at, begin, end, result);
  }
};

// ---- samples that lie in any way ----

// The axes of a batch, and one of the pieces of a scalar.
constexpr int most_gpu_axes = most_axes + 1;

// Positions of axes, slowest first, in the order of one memory.
struct GpuAxes {
  int rank = 0;
  Divisor size[most_gpu_axes];
  Index total = 1;

  void add(Index axis_size) {
    size[rank++] = Divisor(axis_size);
    total *= axis_size;
  }
};

// What a thread makes of a scalar and its partner's.
enum class GpuMix : unsigned char {
  images,  // by the patch
  labels,  // by lambda
  gather   // the partner's alone
};

// Out of place: a thread writes a unit, which is a scalar, or a piece of one that is only copied.
// The batch is one of the axes, which are in the order of the output's memory.
struct MixStridedOnGpu {
  GpuPlan plan;
  GpuMix what;
  GpuAxes axes = {};
  int batch_axis = 0;
  Side side[most_gpu_axes] = {};
  Index out_step[most_gpu_axes] = {};  // bytes, as all steps
  Index own_step[most_gpu_axes] = {}, partner_step[most_gpu_axes] = {};
  GpuScalar scalar = {};
  ScalarKind out_kind = {};
  int out_bytes = 0;
  const Byte* own = nullptr;
  const Byte* partners = nullptr;
  Byte* out = nullptr;

  GpuGrid grid() const { return {blocks_for(axes.total, 256, most_blocks_x), 1, 256, 1}; }

  CUTMIX_HOST_DEVICE void operator()(const GpuThread& thread) const {
    for (Index i = thread.first(); i < axes.total; i += thread.step()) mix(i);
  }

  CUTMIX_HOST_DEVICE void mix(Index i) const {
    Index b = 0, to = 0, from = 0, other = 0;
    PerSide<Index> place{0, 0, 0};
    for (int axis = axes.rank - 1; axis >= 0; --axis) {
      Index position = i;
      i = axes.size[axis].divide(position);
      to += position * out_step[axis];
      from += position * own_step[axis];
      if (axis == batch_axis)
        b = position;
      else
        other += position * partner_step[axis];
      place.set(side[axis], position);
    }
    const GpuCut cut(plan, b);
    other += cut.partner * partner_step[batch_axis];
    if (what == GpuMix::labels) return mix_labels(plan.patch(b).lambda, to, from, other);
    const bool inside = what == GpuMix::gather || cut.has(place);
    std::uint64_t unit = load_unit((inside ? partners + other : own + from), scalar.bytes);
    if (inside && what == GpuMix::images && cut.blend < 1) {
      const Weights weights = cut.weights(scalar.wide);
      if (!weights.copies_partner()) {
        const std::uint64_t before = load_unit(own + from, scalar.bytes);
        unit = weights.copies_own()
                   ? before
                   : unit_of(scalar.kind, weights.mix(number_of(scalar.kind, before),
                                                      number_of(scalar.kind, unit)));
      }
    }
    store_unit(out + to, scalar.bytes, unit);
  }

 private:
  CUTMIX_HOST_DEVICE void mix_labels(double lambda, Index to, Index from, Index other) const {
    const Weights weights(scalar.wide, lambda, 1 - lambda);
    double value = 0, partner = 0;
    if (!weights.copies_partner())
      value = number_of(scalar.kind, load_unit(own + from, scalar.bytes));
    if (!weights.copies_own())
      partner = number_of(scalar.kind, load_unit(partners + other, scalar.bytes));
    store_unit(out + to, out_bytes, unit_of(out_kind, weights.mix(value, partner)));
  }
};

// ---- in place ----

// A part of a sample without gaps that one thread has in all samples: 16 bytes, and of them those
// that are of one row.
class DensePlace {
 public:
  using Value = Chunk;
  struct Part {
    int begin, end;
    CUTMIX_HOST_DEVICE bool empty() const { return begin >= end; }
  };

  // How they are counted.
  struct Layout {
    GpuDense dense;
    Divisor chunks;  // of a row

    explicit Layout(const Dense& all) : dense(all), chunks(chunks_of(dense.row.value())) {}
    // Rows may begin anywhere in 16 bytes unless they end with them.
    static Index chunks_of(Index row) {
      const Index odd = row % chunk_bytes == 0 ? 0 : chunk_bytes - 1;
      return (row + odd + chunk_bytes - 1) / chunk_bytes;
    }
    CUTMIX_HOST_DEVICE Index places() const {
      return dense.sample / dense.row.value() * chunks.value();
    }
  };

  CUTMIX_HOST_DEVICE DensePlace(const Layout& layout, Index place) : layout_(layout) {
    const Index rows = layout.chunks.divide(place);
    row_ = rows * layout.dense.row.value();
    at_ = row_ / chunk_bytes * chunk_bytes + place * chunk_bytes;
    y_ = rows;
    z_ = layout.dense.rows.divide(y_);
    layout.dense.slices.divide(z_);
    all_ = part_of({0, layout.dense.row.value()});
  }

  CUTMIX_HOST_DEVICE Part all() const { return all_; }
  CUTMIX_HOST_DEVICE Part part(const GpuCut& cut) const {
    const GpuDense& dense = layout_.dense;
    if (cut.empty || !cut.has(dense.side[1], y_) || !cut.has(dense.side[0], z_)) return {0, 0};
    const Interval columns = cut.part(dense.side[2], dense.size[2]);
    return part_of({columns.begin * dense.pixel, columns.end * dense.pixel});
  }

  CUTMIX_HOST_DEVICE Chunk load(const Byte* sample, const Part& part) const {
    return load_bytes(sample, at_, part.begin, part.end);
  }
  CUTMIX_HOST_DEVICE Chunk load_source(const Byte* sample, const Part& part) const {
    return load(sample, part);
  }
  CUTMIX_HOST_DEVICE void store(Byte* sample, const Part& part, const Chunk& value) const {
    store_bytes(sample, at_, part.begin, part.end, value);
  }
  CUTMIX_HOST_DEVICE static Chunk blend(ScalarKind kind, const Weights& weights, const Chunk& own,
                                        const Chunk& partner) {
    return blend_chunk(kind, weights, own, partner);
  }

 private:
  // Of bytes of the row, those that are here.
  CUTMIX_HOST_DEVICE Part part_of(const Interval& bytes) const {
    const Index end = smaller_of(row_ + bytes.end - at_, chunk_bytes);
    return {static_cast<int>(smaller_of(larger_of(row_ + bytes.begin - at_, 0), chunk_bytes)),
            static_cast<int>(larger_of(end, 0))};
  }

  const Layout& layout_;
  Index row_, at_, y_, z_;
  Part all_;
};

// The same of samples that lie in any way: one unit.
class StridedPlace {
 public:
  using Value = std::uint64_t;
  struct Part {
    bool taken;
    CUTMIX_HOST_DEVICE bool empty() const { return !taken; }
  };

  struct Layout {
    GpuAxes axes;
    Side side[most_gpu_axes] = {};
    Index step[most_gpu_axes] = {}, source_step[most_gpu_axes] = {};  // bytes
    int bytes = 0;

    CUTMIX_HOST_DEVICE Index places() const { return axes.total; }
  };

  CUTMIX_HOST_DEVICE StridedPlace(const Layout& layout, Index place) : bytes_(layout.bytes) {
    for (int axis = layout.axes.rank - 1; axis >= 0; --axis) {
      Index position = place;
      place = layout.axes.size[axis].divide(position);
      at_ += position * layout.step[axis];
      source_at_ += position * layout.source_step[axis];
      place_.set(layout.side[axis], position);
    }
  }

  CUTMIX_HOST_DEVICE static Part all() { return {true}; }
  CUTMIX_HOST_DEVICE Part part(const GpuCut& cut) const { return {cut.has(place_)}; }

  CUTMIX_HOST_DEVICE std::uint64_t load(const Byte* sample, const Part&) const {
    return load_unit(sample + at_, bytes_);
  }
  CUTMIX_HOST_DEVICE std::uint64_t load_source(const Byte* sample, const Part&) const {
    return load_unit(sample + source_at_, bytes_);
  }
  CUTMIX_HOST_DEVICE void store(Byte* sample, const Part&, std::uint64_t value) const {
    store_unit(sample + at_, bytes_, value);
  }
  CUTMIX_HOST_DEVICE static std::uint64_t blend(ScalarKind kind, const Weights& weights,
                                                std::uint64_t own, std::uint64_t partner) {
    return unit_of(kind, weights.mix(number_of(kind, own), number_of(kind, partner)));
  }

 private:
  int bytes_;
  Index at_ = 0, source_at_ = 0;
  PerSide<Index> place_{0, 0, 0};
};

// In place, without scratch: a thread follows one place through the permutation's cycles, along
// which every sample takes its part from the next, still untouched, and the last from the first,
// which was kept.
//
// A batch of small images has few places, so the samples, in the order of the cycles, are divided
// among the threads of a block that have the same x. What a thread needs of another's samples it
// reads first, prepare(), and only when all of the block have does it write, finish().
template <class Place, bool may_blend>
struct MixInPlaceOnGpu {
  GpuPlan plan;
  typename Place::Layout layout;
  GpuScalar scalar;
  Index batch;
  GpuOutput x;
  GpuSamples source;
  bool has_source;

  using Value = typename Place::Value;
  using Part = typename Place::Part;

  // What is kept from before anything was written.
  struct Kept {
    Value first;  // of the cycle that the thread is in
    Value last;   // what the last of its samples takes
  };

  GpuGrid grid() const {
    // Enough threads for a large GPU, and 128 bytes side by side at least.
    const bool many = layout.places() >= Index{1} << 15;
    const int width = many ? 32 : 8;
    int height = 1;
    while (height < 256 / width && Index{4} * height <= batch) height *= 2;
    return {blocks_for(layout.places(), width, most_blocks_x), 1, width, height};
  }

  CUTMIX_HOST_DEVICE Kept prepare(const GpuThread& thread) const {
    Kept kept{};
    const Index begin = first_of(thread.y, thread.height);
    const Index end = first_of(thread.y + 1, thread.height);
    if (has_source || thread.first() >= layout.places() || begin == end) return kept;
    const Place place(layout, thread.first());
    if (place.all().empty()) return kept;
    Index i = begin;  // where the cycle ends in which the thread begins
    while (i < end && plan.order[i] >= 0) ++i;
    if (i + 1 < end) kept.first = partner_of(place, sample(i));
    kept.last = partner_of(place, sample(end - 1));
    return kept;
  }

  CUTMIX_HOST_DEVICE void finish(const GpuThread& thread, Kept& kept) const {
    const Index begin = first_of(thread.y, thread.height);
    const Index end = first_of(thread.y + 1, thread.height);
    if (thread.first() >= layout.places() || begin == end) return;
    const Place place(layout, thread.first());
    if (place.all().empty()) return;
    if (has_source) {
      for (Index b = begin; b < end; ++b) {
        const GpuCut cut(plan, b);
        const Part part = place.part(cut);
        if (!part.empty()) write(place, b, cut, part, place.load_source(source(cut.partner), part));
      }
      return;
    }
    bool starts = false;  // whether a cycle does here; the first one's beginning is kept already
    for (Index i = begin; i < end; i += together) {
      Value value[together];
      Part part[together];
      // All reads of some samples before all writes: so that they are under way together.
#if defined(__CUDA_ARCH__)
#pragma unroll
#endif
      for (int k = 0; k < together; ++k) {
        part[k] = {};
        if (i + k >= end) continue;
        const Index b = sample(i + k);
        const bool closes = plan.order[i + k] < 0;
        if (starts) kept.first = place.load(x(b), place.all());
        starts = closes;
        const GpuCut cut(plan, b);
        part[k] = place.part(cut);
        if (i + k + 1 == end)
          value[k] = kept.last;
        else if (closes)
          value[k] = kept.first;
        else if (!part[k].empty())
          value[k] = place.load(x(cut.partner), part[k]);
      }
#if defined(__CUDA_ARCH__)
#pragma unroll
#endif
      for (int k = 0; k < together; ++k) {
        if (i + k >= end || part[k].empty()) continue;
        const Index b = sample(i + k);
        write(place, b, GpuCut(plan, b), part[k], value[k]);
      }
    }
  }

 private:
  static constexpr int together = 4;

  // Where a thread's samples begin.
  CUTMIX_HOST_DEVICE Index first_of(int y, int height) const {
    return batch / height * y + batch % height * y / height;
  }
  CUTMIX_HOST_DEVICE Index sample(Index i) const {
    const Index b = plan.order[i];
    return b < 0 ? -1 - b : b;
  }
  CUTMIX_HOST_DEVICE Value partner_of(const Place& place, Index b) const {
    return place.load(x(plan.indices[b]), place.all());
  }

  CUTMIX_HOST_DEVICE void write(const Place& place, Index b, const GpuCut& cut, const Part& part,
                                const Value& partner) const {
    if (may_blend && cut.blend < 1) {
      const Weights weights = cut.weights(scalar.wide);
      if (weights.copies_own()) return;
      if (!weights.copies_partner())
        return place.store(x(b), part,
                           Place::blend(scalar.kind, weights, place.load(x(b), part), partner));
    }
    place.store(x(b), part, partner);
  }
};

// ---- class ids ----

// A thread writes one element of the targets. An id that is no class has no peak.
struct MixIdsOnGpu {
  GpuPlan plan;
  Divisor inner;   // the size of the axis that is counted fastest
  bool rows_last;  // that one are the rows
  Index total;
  GpuSamples own, partners;
  ScalarKind own_kind;
  int own_bytes;
  ScalarKind partner_kind;
  int partner_bytes;
  GpuOutput out;  // its stride is a row's
  Index column_step;
  ScalarKind out_kind;
  int out_bytes;
  bool wide;
  LabelValues label;
  bool ignores;
  Index ignored;

  GpuGrid grid() const { return {blocks_for(total, 256, most_blocks_x), 1, 256, 1}; }

  CUTMIX_HOST_DEVICE void operator()(const GpuThread& thread) const {
    for (Index i = thread.first(); i < total; i += thread.step()) {
      Index fast = i;
      const Index slow = inner.divide(fast);
      if (rows_last)
        mix(fast, slow);
      else
        mix(slow, fast);
    }
  }

  CUTMIX_HOST_DEVICE void mix(Index b, Index column) const {
    const double lambda = plan.patch(b).lambda;
    const Weights weights(wide, lambda, 1 - lambda);
    const double value =
        weights.mix(value_of(own_kind, own_bytes, own(b), column),
                    value_of(partner_kind, partner_bytes, partners(plan.indices[b]), column));
    store_unit(out(b) + column * column_step, out_bytes, unit_of(out_kind, value));
  }

 private:
  // What one label is in a column.
  CUTMIX_HOST_DEVICE double value_of(ScalarKind kind, int id_bytes, const Byte* from,
                                     Index column) const {
    const std::uint64_t unit = load_unit(from, id_bytes);
    Byte bytes[sizeof unit];
    std::memcpy(bytes, &unit, sizeof unit);
    const ClassId id = load_id(kind, bytes);
    if (ignores && id.is(ignored)) return 0;
    return id.is(column) ? label.on : label.off;
  }
};

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_KERNELS_GPU_HPP
