#ifndef CUTMIX_DETAIL_IMAGES_HPP
#define CUTMIX_DETAIL_IMAGES_HPP

// What images.hpp declares: checks, the translation of a plan and views into cuts and strides, and
// the choice of a kernel.

#include <string>
#include <utility>
#include <vector>

#include "../images.hpp"
#include "kernels/batch_last.hpp"
#include "kernels/dense.hpp"
#include "kernels/in_place.hpp"
#include "kernels/strided.hpp"
#include "sample_order.hpp"

namespace cutmix {
namespace detail {

// ---- what can be known when compiling ----

template <class X, class Out>
constexpr bool accepts_images_and_output() {
  if constexpr (accepts_images<X>()) {  // nested, so that two wrong types give
                                        // one line
    if constexpr (accepts_output<Out>()) {
      constexpr bool same = scalars_agree<X, Out> && ranks_agree<X, Out>;
      static_assert(same, "cutmix: x_out must have the scalar and the rank of x");
      return same;
    }
  }
  return false;
}

template <class X, class Source>
constexpr bool accepts_source() {
  if constexpr (accepts_view<Source>()) {
    constexpr bool same = scalars_agree<X, Source> && ranks_agree<X, Source>;
    static_assert(same, "cutmix: the source must have the scalar and the rank of x");
    return same;
  }
  return false;
}

template <class X>
constexpr bool accepts_images_in_place() {
  if constexpr (accepts_images<X>()) return accepts_output<X>();
  return false;
}

// ---- cuts ----

// A plan as kernels see it. It has been checked.
class PlanCuts {
 public:
  explicit PlanCuts(const Plan& plan) : plan_(plan) {}

  Index batch() const { return plan_.shape.batch; }
  const Index* partners() const { return plan_.indices.data(); }
  bool one() const { return plan_.patches.size() == 1; }

  // The patch that all samples share, where there is one.
  Cut shared() const { return cut_of(plan_.patches[0]); }

  CUTMIX_ONCE Cut operator()(Index b) const {
    Cut cut = cut_of(plan_.patch(b));
    cut.partner = plan_.indices[static_cast<std::size_t>(b)];
    // A copy of itself changes nothing.
    if (cut.partner == b && plan_.shape.source < 0 && cut.blend == 1) cut.empty = true;
    return cut;
  }

  // The smallest cut that has all of them in it.
  Cut bounds() const {
    Cut all{};
    all.empty = true;
    for (const Patch& patch : plan_.patches) {
      const Cut cut = cut_of(patch);
      if (cut.empty) continue;
      for (int side = 0; side < 3; ++side) {
        Interval& part = all.side[side];
        part = all.empty ? cut.side[side] : join(part, cut.side[side]);
      }
      all.empty = false;
    }
    return all;
  }

  // The union of the intervals that `part` makes of each cut.
  template <class PartOf>
  Interval united(const PartOf& part) const {
    Interval all{0, 0};
    for (const Patch& patch : plan_.patches) {
      const Cut cut = cut_of(patch);
      const Interval one = cut.empty ? Interval{0, 0} : part(cut);
      if (one.begin >= one.end) continue;
      all = all.begin >= all.end ? one : join(all, one);
    }
    return all;
  }

  bool blends() const {
    for (const Patch& patch : plan_.patches)
      if (patch.blend != 1 && !patch.box.empty()) return true;
    return false;
  }

  static Cut cut_of(const Patch& patch) {
    const BBox& box = patch.box;
    return {{{box.x1, box.x2}, {box.y1, box.y2}, {box.z1, box.z2}},
            patch.blend,
            0,
            box.empty() || patch.blend == 0};
  }

 private:
  static Interval join(const Interval& a, const Interval& b) {
    return {std::min(a.begin, b.begin), std::max(a.end, b.end)};
  }

  const Plan& plan_;
};

// ---- checks ----

inline void check_blendable(ScalarKind kind) {
  if (!is_blendable(kind))
    fail("scalar of x = %, must be floating or integer where a plan blends", {name_of(kind)});
}

// The letters of images whose axes are matched.
inline std::string_view shared_image_letters(const ConstBatchView& x, const ConstBatchView& out,
                                             const ConstBatchView* source) {
  return image_letters(first_with_letters(x, out, source), "x");
}

// Sizes but for the batch, which only an output has from x.
CUTMIX_ONCE inline void check_sizes(const char* name, const ConstBatchView& view, const Sizes& axes,
                                    const ConstBatchView& x, const Sizes& x_axes,
                                    std::string_view letters, bool with_batch) {
  for (int i = 0; i < axes.rank(); ++i) {
    if (letters[static_cast<std::size_t>(i)] == 'B' && !with_batch) continue;
    const int axis = static_cast<int>(axes[i]), x_axis = static_cast<int>(x_axes[i]);
    if (view.size(axis) != x.size(x_axis))
      fail("%.size(%) = %, must be %, as of x", {name, axis, view.size(axis), x.size(x_axis)});
  }
}

// Partners that come from elsewhere.
inline void add_source(const ConstBatchView& source, const ConstBatchView& x, const Sizes& x_axes,
                       std::string_view letters, const SampleOrder& order, BatchShape& shape,
                       Samples& partners) {
  const Sizes axes = axes_in_order(source, letters, "source");
  check_kind("source", source, "x", x);
  check_sizes("source", source, axes, x, x_axes, letters, false);
  shape.source = source.size(static_cast<int>(axes[batch_position(letters)]));
  partners = order.samples(source, axes);
}

// ---- out of place ----

// How inputs lie, compared with the output.
struct InputLayout {
  bool alike = false;   // every sample has the output's strides
  bool packed = false;  // every sample has no gaps, its axes in the order of the
                        // output's memory
};

CUTMIX_ONCE inline InputLayout layout_of(const SampleAxes& axes, const Strides& in,
                                         const Strides& out) {
  return {same_strides(axes, in, out),
          same_strides(axes, in, packed_strides(axes, whole_region(axes)))};
}

// Samples as they lie in all memories, where they are alike and have no gaps; else it does not fit.
inline Dense dense_of(const SampleAxes& axes, const Output& out, const InputLayout& inputs) {
  return inputs.alike ? make_dense(axes, out.strides, axes.scalar) : Dense();
}

// The usual case.
inline void mix_dense_samples(const Executor& device, const PlanCuts& cuts, const Dense& dense,
                              ScalarKind kind, const Samples& own, const Samples& partners,
                              const Output& out) {
  const Index planes = cuts.batch() * dense.planes;
  const std::size_t bytes = static_cast<std::size_t>(planes) * dense.plane();
  const StreamWidth width = choose_stream(bytes);
  device.for_parts(planes, bytes, [&](Index first, Index last) {
    mix_dense(dense, kind, cuts, own, partners, out, first, last, width);
  });
}

// The fastest kernel for how samples lie. Everything has been checked.
inline void mix_samples(const Executor& device, const PlanCuts& cuts, const SampleAxes& axes,
                        ScalarKind kind, const Samples& own, const Samples& partners,
                        const Output& out, const InputLayout& inputs, const Dense& dense) {
  if (dense.fits) return mix_dense_samples(device, cuts, dense, kind, own, partners, out);
  const Index batch = cuts.batch();
  const std::size_t bytes = static_cast<std::size_t>(batch) * axes.bytes();
  if (bytes == 0) return;
  // The samples' scalars of a pixel side by side, as in column-major (B, C, H, W).
  const auto scalar = static_cast<Index>(axes.scalar);
  const bool same_batch = own.list == nullptr && own.first == partners.first &&
                          own.stride == partners.stride && own.stride == scalar;
  if (out.stride == scalar && !cuts.blends() && (inputs.packed || (inputs.alike && same_batch))) {
    const Dense turned =
        make_dense(axes, out.strides, static_cast<std::size_t>(batch) * axes.scalar);
    if (turned.fits)
      return device.for_parts(
          turned.planes * turned.slices() * turned.rows(), bytes, [&](Index first, Index last) {
            if (inputs.packed)
              interleave(turned, cuts, axes.scalar, own, partners, out.first, first, last);
            else
              mix_batch_last(turned, cuts, axes.scalar, own.first, out.first, first, last);
          });
  }
  // Whole samples one by one, or, where they lie side by side, a little of all of them at a time,
  // so that a line of the output is filled while it is in the cache.
  const Index outer = axes.rank > 0 ? axes.size[0] : 1;
  const bool side_by_side = axes.rank > 0 && std::abs(out.stride) < std::abs(out.strides.axis[0]);
  if (side_by_side) {
    const std::size_t line = bytes / static_cast<std::size_t>(outer);
    const Index tile = std::max(static_cast<Index>(aside_bytes * 4 / line), Index{1});
    return device.for_parts(outer, bytes, [&](Index first, Index last) {
      for (Index begin = first; begin < last; begin += tile)
        mix_strided(axes, kind, cuts, own, partners, out, 0, batch, begin,
                    std::min(begin + tile, last));
    });
  }
  device.for_parts(batch * outer, bytes, [&](Index first, Index last) {
    while (first < last) {
      const Index b = first / outer, begin = first % outer;
      const Index end = std::min(outer, begin + last - first);
      mix_strided(axes, kind, cuts, own, partners, out, b, b + 1, begin, end);
      first += end - begin;
    }
  });
}

// Images that have been viewed and checked: all but the plan.
struct ImageViews {
  BatchShape shape;
  SampleOrder order;
  ScalarKind kind = ScalarKind::opaque;
  Samples own, partners;
  Output out;
  InputLayout inputs;
  Dense dense;
};

// The same of types that are known to be row-major when compiling, so that no more is compiled than
// such images need.
struct RowMajorViews : ImageViews {
  explicit RowMajorViews(const ImageViews& images) : ImageViews(images) {
    if (!dense.fits && shape.batch != 0 && order.axes().bytes() != 0)
      fail("TensorTraits::is_row_major = true, must be false of tensors with letters or gaps");
  }
};
template <bool row_major>
using ImageViewsOf = std::conditional_t<row_major, RowMajorViews, ImageViews>;

// Everything that can be wrong with images; nothing is written.
inline ImageViews check_images(const ConstBatchView& x, const ConstBatchView* source,
                               const BatchView& out) {
  const std::string_view letters = shared_image_letters(x, out, source);
  const Sizes x_axes = axes_in_order(x, letters, "x");
  const Sizes out_axes = axes_in_order(out, letters, "x_out");
  check_kind("x_out", out, "x", x);
  check_sizes("x_out", out, out_axes, x, x_axes, letters, true);
  check_unfolded("x_out", out);
  check_apart("x_out", out, "x", x, "; use mix_images_in_place to write over images");
  const SampleOrder order(out, letters, "x_out");
  const Samples own = order.samples(x, x_axes);
  const Output output = order.output(out, out_axes);
  ImageViews images{shape_of(x, letters, x_axes),
                    order,
                    x.kind(),
                    own,
                    own,
                    output,
                    layout_of(order.axes(), own.strides, output.strides),
                    {}};
  if (source) {
    check_apart("x_out", out, "source", *source);
    add_source(*source, x, x_axes, letters, order, images.shape, images.partners);
    const InputLayout layout = layout_of(order.axes(), images.partners.strides, output.strides);
    images.inputs.alike = images.inputs.alike && layout.alike;
    images.inputs.packed = images.inputs.packed && layout.packed;
  }
  images.dense = dense_of(order.axes(), output, images.inputs);
  return images;
}

// With it all is right.
inline void check_plan_of_images(const Plan& plan, const BatchShape& shape, ScalarKind kind) {
  check_plan(plan, shape, "x");
  if (PlanCuts(plan).blends()) check_blendable(kind);
}

inline void mix_images_by(const Executor& device, const Plan& plan, const ImageViews& images) {
  mix_samples(device, PlanCuts(plan), images.order.axes(), images.kind, images.own, images.partners,
              images.out, images.inputs, images.dense);
}
inline void mix_images_by(const Executor& device, const Plan& plan, const RowMajorViews& images) {
  if (images.dense.fits)
    mix_dense_samples(device, PlanCuts(plan), images.dense, images.kind, images.own,
                      images.partners, images.out);
}

// ---- in place ----

// The cycles of a permutation, and what finding them needs. Kept by the functor.
struct Cycles {
  Indices last_of;  // as for_each_cycle() has it

  // Memory runs out before anything is drawn.
  void reserve(Index batch) { last_of.resize(static_cast<std::size_t>(batch)); }

  // Indices are in range; where one stands twice there is no permutation, which is an error. Fixed
  // points are left out where nothing would change.
  void find(const Indices& indices, bool blends) {
    constexpr Index unseen = -2, within = -1;
    reserve(static_cast<Index>(indices.size()));
    std::fill(last_of.begin(), last_of.end(), unseen);
    for (std::size_t start = 0; start < indices.size(); ++start) {
      if (last_of[start] != unseen) continue;
      std::size_t b = start;
      for (bool closed = false; !closed;) {
        last_of[b] = within;
        const auto next = static_cast<std::size_t>(indices[b]);
        closed = next == start;
        if (!closed && last_of[next] != unseen)
          fail("indices[%] = %, must stand there once: in place needs a permutation",
               {b, indices[b]});
        if (!closed) b = next;
      }
      if (b != start || blends) last_of[start] = static_cast<Index>(b);
    }
  }
};

// Images that are written over, viewed and checked: all but the plan.
struct InPlaceViews {
  BatchShape shape;
  SampleOrder order;
  ScalarKind kind;
  Output x;
  Samples source;
  bool has_source;
};

inline InPlaceViews check_images_in_place(const BatchView& x, const ConstBatchView* source) {
  const std::string_view letters = shared_image_letters(x, x, source);
  const Sizes axes = axes_in_order(x, letters, "x");
  if (x.scalar_bytes() > static_cast<Index>(aside_bytes))
    fail("bytes of a scalar of x = %, must be at most % in place", {x.scalar_bytes(), aside_bytes});
  check_unfolded("x", x);
  const SampleOrder order(x, letters, "x");
  InPlaceViews images{shape_of(x, letters, axes), order, x.kind(),
                      order.output(x, axes),      {},    source != nullptr};
  if (source) {
    add_source(*source, x, axes, letters, images.order, images.shape, images.source);
    check_apart("x", x, "source", *source);
  }
  return images;
}

// Samples that take their patches from elsewhere: no cycles, and no pixel is read that was written.
inline void patch_samples(const Executor& device, const PlanCuts& cuts, const InPlaceViews& job,
                          const Region& united, std::size_t bytes) {
  const SampleAxes& axes = job.order.axes();
  device.for_parts(cuts.batch(), bytes, [&](Index first, Index last) {
    for (Index b = first; b < last; ++b) {
      const Cut cut = cuts(b);
      const Region region = cut_region(axes, united, cut);
      if (cut.empty || is_empty(axes, region)) continue;
      const SampleRef partner = job.source(cut.partner);
      const SampleRef own{job.x(b), &job.x.strides};
      mix_region(axes, region, job.kind, Weights(job.kind, cut.blend), job.x(b), job.x.strides, own,
                 partner);
    }
  });
}

// `cycles`: memory for the plan's; none are needed with a source.
inline void mix_in_place_by(const Executor& device, const Plan& plan, const InPlaceViews& job,
                            Cycles& cycles) {
  const PlanCuts cuts(plan);
  if (!job.has_source) cycles.find(plan.indices, cuts.blends());  // says what is wrong
  const SampleAxes& axes = job.order.axes();
  const Index batch = cuts.batch();
  if (axes.bytes() == 0 || batch == 0) return;
  const Cut all = cuts.bounds();
  if (all.empty) return;
  Region united;
  std::size_t bytes = static_cast<std::size_t>(batch) * axes.scalar;
  for (int axis = 0; axis < axes.rank; ++axis) {
    united.axis[axis] = axes.part(axis, all);
    bytes *= static_cast<std::size_t>(united.axis[axis].end - united.axis[axis].begin);
  }
  if (job.has_source) return patch_samples(device, cuts, job, united, bytes);

  const auto scalar = static_cast<Index>(axes.scalar);
  const auto beside = static_cast<std::size_t>(batch) * axes.scalar;
  const Dense turned = make_dense(axes, job.x.strides, beside);
  if (turned.fits && batch > 1 && job.x.stride == scalar && turned.pixel <= aside_bytes &&
      !cuts.blends())
    return device.for_parts(turned.planes * turned.slices() * turned.rows(), bytes,
                            [&](Index first, Index last) {
                              alignas(64) Byte aside[aside_bytes];
                              mix_batch_last_in_place(turned, cuts, axes.scalar, job.x.first, aside,
                                                      aside_bytes, first, last);
                            });
  // Cycles join all samples, so the parts are of an axis: the longest but the fastest.
  int split = 0;
  const auto length = [&](int axis) { return united.axis[axis].end - united.axis[axis].begin; };
  for (int axis = 1; axis + 1 < axes.rank; ++axis)
    if (length(axis) > length(split)) split = axis;
  const Interval whole = axes.rank > 0 ? united.axis[split] : Interval{0, 1};
  const Index shared_line = std::abs(job.x.stride) == scalar ? batch : Index{1};
  device.for_parts(whole.end - whole.begin, bytes, [&](Index first, Index last) {
    Region part = united;
    if (axes.rank > 0) part.axis[split] = {whole.begin + first, whole.begin + last};
    mix_cycles(axes, job.kind, cuts, cycles.last_of, job.x, part, shared_line);
  });
}

// ---- compositions ----

// Where images are mixed by this processor, on the threads of an executor. `kept`: memory for
// cycles, where somebody keeps it.
class HostImages : public HostViews {
 public:
  explicit HostImages(const Executor& executor, Cycles* kept = nullptr)
      : executor_(executor), kept_(kept) {}

  void begin(const Plan& plan, bool /* follows_cycles */) { plan_ = &plan; }
  template <class Images>
  void images(const Images& images) const {
    mix_images_by(executor_, *plan_, images);
  }
  void in_place(const InPlaceViews& images) const {
    if (kept_) return mix_in_place_by(executor_, *plan_, images, *kept_);
    Cycles cycles;
    mix_in_place_by(executor_, *plan_, images, cycles);
  }
  void end() {}

 private:
  const Executor& executor_;
  Cycles* kept_;
  const Plan* plan_ = nullptr;
};

template <class Device, class X, class Run>
void run_on_images(const Device& device, const X& x, const Run& run) {
  if (runs_elsewhere(device, x, run)) return;
  if constexpr (!is_accelerator<Device>) {
    const Executor executor(device);
    HostImages work(executor);
    run(work);
  }
}

template <class Device, class X, class Source, class Out>
void mix_images_with(const Device& device, const Plan& plan, const X& x, const Source* source,
                     Out& x_out) {
  run_on_images(device, x, [&](auto& work) {
    const ConstBatchView own = work(Role::x, x);
    const auto from = view_source(work, Role::source, source);
    const ImageViewsOf<are_row_major<X, Source, Out>> images(
        check_images(own, or_null(from), work(Role::x_out, x_out)));
    check_plan_of_images(plan, images.shape, images.kind);
    work.begin(plan, false);
    work.images(images);
    work.end();
  });
  mark_written(x_out);
}

template <class Device, class X>
void mix_images_in_place_with(const Device& device, const Plan& plan, X& x) {
  run_on_images(device, x, [&](auto& work) {
    const InPlaceViews images = check_images_in_place(work(Role::x, x), nullptr);
    check_plan_of_images(plan, images.shape, images.kind);
    work.begin(plan, true);
    work.in_place(images);
    work.end();
  });
  mark_written(x);
}

inline void check_mask_plan(const Plan& plan) {
  for (std::size_t i = 0; i < plan.patches.size(); ++i)
    if (plan.patches[i].blend != 1)
      fail("patches[%].blend = %, must be 1 for masks, which cannot be blended",
           {i, plan.patches[i].blend});
}

// The plan among arguments that begin with it, or with a device and it.
template <class First, class Second, class... Rest>
const Plan& plan_among(const First& first, const Second& second, const Rest&...) {
  if constexpr (std::is_same_v<First, Plan>)
    return first;
  else
    return second;
}

}  // namespace detail

template <class Device, class X, class Out>
void mix_images(const Device& device, const Plan& plan, const X& x, Out&& x_out) {
  if constexpr (detail::accepts_device_of_plans<Device>())
    if constexpr (detail::accepts_images_and_output<X, Out>())
      detail::mix_images_with(device, plan, x, detail::no_source<X>, x_out);
}

template <class Device, class X, class Source, class Out>
void mix_images(const Device& device, const Plan& plan, const X& x, const Source& source,
                Out&& x_out) {
  if constexpr (detail::accepts_device_of_plans<Device>())
    if constexpr (detail::accepts_images_and_output<X, Out>())
      if constexpr (detail::accepts_source<X, Source>())
        detail::mix_images_with(device, plan, x, &source, x_out);
}

template <class X, class Out>
void mix_images(const Plan& plan, const X& x, Out&& x_out) {
  mix_images(detail::default_device<X>(), plan, x, std::forward<Out>(x_out));
}

template <class X, class Source, class Out>
void mix_images(const Plan& plan, const X& x, const Source& source, Out&& x_out) {
  mix_images(detail::default_device<X>(), plan, x, source, std::forward<Out>(x_out));
}

/// @cond
// What meets a call that no other takes.
template <class... Arguments>
std::enable_if_t<detail::plan_stands_late<3, Arguments...>> mix_images(Arguments&&...) {
  static_assert(sizeof...(Arguments) == 0, "cutmix: the plan stands before the images");
}
/// @endcond

template <class Device, class X>
void mix_images_in_place(const Device& device, const Plan& plan, X&& x) {
  if constexpr (detail::accepts_device_of_plans<Device>())
    if constexpr (detail::accepts_images_in_place<X>())
      detail::mix_images_in_place_with(device, plan, x);
}

template <class X>
void mix_images_in_place(const Plan& plan, X&& x) {
  mix_images_in_place(detail::default_device<X>(), plan, std::forward<X>(x));
}

/// @cond
// What meets a call that no other takes.
template <class... Arguments>
std::enable_if_t<detail::plan_stands_late<2, Arguments...>> mix_images_in_place(Arguments&&...) {
  static_assert(sizeof...(Arguments) == 0, "cutmix: the plan stands before the images");
}
/// @endcond

template <class... Arguments>
void mix_masks(Arguments&&... arguments) {
  if constexpr (!detail::plan_stands_late<3, Arguments...>)
    detail::check_mask_plan(detail::plan_among(arguments...));
  mix_images(std::forward<Arguments>(arguments)...);
}

}  // namespace cutmix

#endif  // CUTMIX_DETAIL_IMAGES_HPP
