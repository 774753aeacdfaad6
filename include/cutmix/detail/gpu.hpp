#ifndef CUTMIX_DETAIL_GPU_HPP
#define CUTMIX_DETAIL_GPU_HPP

// Plans and views as the kernels of a GPU see them. `launch(kernel)` runs all threads of
// kernel.grid(): on a GPU, or in a test one after another.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <type_traits>
#include <utility>

#include "../images.hpp"
#include "../labels.hpp"
#include "kernels/gpu.hpp"

namespace cutmix {
namespace detail {

// ---- plans ----

// A plan, wherever a copy of it lies.
inline const Plan& plan_of(const Plan& plan) { return plan; }

inline std::size_t packed_bytes(const Plan& plan) {
  return GpuPlan::bytes(plan.shape.batch, static_cast<Index>(plan.patches.size()));
}

// A patch that changes nothing is empty on all sides.
inline GpuPatch packed_patch(const Plan& plan, std::size_t i) {
  const Patch& patch = plan.patches[i];
  const BBox& box = patch.box;
  GpuPatch packed{{0, 0, 0}, {0, 0, 0}, patch.blend, plan.lambda(static_cast<Index>(i))};
  if (box.empty() || patch.blend == 0) return packed;
  const Index begin[3] = {box.x1, box.y1, box.z1}, end[3] = {box.x2, box.y2, box.z2};
  std::copy(begin, begin + 3, packed.begin);
  std::copy(end, end + 3, packed.end);
  return packed;
}

// A plan that has been checked, into packed_bytes(plan); cycles: those of its partners, where it is
// applied in place, with fixed points among them.
inline void pack_plan(const Plan& plan, const Cycles* cycles, Byte* buffer) {
  const GpuPlanHeader header{plan.patches.size() > 1 ? 1 : 0, plan.shape.source < 0 ? 1 : 0};
  const auto append = [&buffer](const auto& value) {
    std::memcpy(buffer, &value, sizeof value);
    buffer += sizeof value;
  };
  append(header);
  for (const Index partner : plan.indices) append(partner);
  if (cycles != nullptr) {
    for_each_cycle(cycles->last_of, [&](const Cycle& cycle) {
      for (Index b = cycle.first; b != cycle.last; b = plan.indices[static_cast<std::size_t>(b)])
        append(b);
      append(Index{-1} - cycle.last);
    });
  } else {
    buffer += plan.indices.size() * sizeof(Index);
  }
  for (std::size_t i = 0; i < plan.patches.size(); ++i) append(packed_patch(plan, i));
}

// ---- images ----

inline GpuScalar gpu_scalar(ScalarKind kind, std::size_t bytes) {
  return {kind, is_wide(kind), static_cast<int>(bytes)};
}

// What is only copied has scalars of any size, which are moved in pieces.
inline int unit_bytes(std::size_t scalar) {
  const std::size_t bits = scalar | 8;
  return static_cast<int>(bits & (~bits + 1));
}

inline bool begins_at_scalars(const void* first, Index stride, std::size_t scalar) {
  return reinterpret_cast<std::uintptr_t>(first) % scalar == 0 &&
         static_cast<std::size_t>(std::abs(stride)) % scalar == 0;
}

// The batch is put among the axes of a sample, where the output has it.
inline MixStridedOnGpu strided_on_gpu(const GpuPlan& plan, GpuMix what, const SampleAxes& axes,
                                      Index batch, const Samples& own, const Samples& partners,
                                      const Output& out) {
  MixStridedOnGpu kernel{plan, what};
  kernel.own = own.first, kernel.partners = partners.first, kernel.out = out.first;
  const auto add = [&kernel](Index size, Side side, Index out_step, Index own_step,
                             Index partner_step) {
    const int axis = kernel.axes.rank;
    kernel.axes.add(size);
    kernel.side[axis] = side;
    kernel.out_step[axis] = out_step, kernel.own_step[axis] = own_step;
    kernel.partner_step[axis] = partner_step;
  };
  bool has_batch = false;
  const auto add_batch = [&] {
    kernel.batch_axis = kernel.axes.rank;
    add(batch, no_side, out.stride, own.stride, partners.stride);
    has_batch = true;
  };
  for (int axis = 0; axis < axes.rank; ++axis) {
    if (!has_batch && std::abs(out.stride) >= std::abs(out.strides.axis[axis])) add_batch();
    add(axes.size[axis], axes.side[axis], out.strides.axis[axis], own.strides.axis[axis],
        partners.strides.axis[axis]);
  }
  if (!has_batch) add_batch();
  return kernel;
}

// An axis of what a scalar that is only copied consists of.
inline void add_pieces(MixStridedOnGpu& kernel, std::size_t scalar) {
  kernel.scalar.bytes = unit_bytes(scalar);
  const auto pieces = static_cast<Index>(scalar) / kernel.scalar.bytes;
  if (pieces == 1) return;
  const int axis = kernel.axes.rank;
  kernel.axes.add(pieces);
  kernel.side[axis] = no_side;
  kernel.out_step[axis] = kernel.own_step[axis] = kernel.partner_step[axis] = kernel.scalar.bytes;
}

template <class Run>
void with_constant(bool value, const Run& run) {
  value ? run(std::true_type()) : run(std::false_type());
}

template <class Launch>
void launch_images(const Launch& launch, const GpuPlan& plan, bool may_blend,
                   const ImageViews& images) {
  const SampleAxes& axes = images.order.axes();
  const Index batch = images.shape.batch;
  if (batch == 0 || axes.bytes() == 0) return;
  const Output& out = images.out;
  const Dense& dense = images.dense;
  // Of scalars that may be blended none is to lie in two of the 16 bytes of a thread.
  if (dense.fits &&
      (!is_blendable(images.kind) || begins_at_scalars(out.first, out.stride, axes.scalar)))
    return with_constant(may_blend && is_blendable(images.kind), [&](auto blends) {
      launch(MixDenseOnGpu<decltype(blends)::value>{plan,
                                                    GpuDense(dense),
                                                    gpu_scalar(images.kind, axes.scalar),
                                                    batch,
                                                    {images.own.first, images.own.stride},
                                                    {images.partners.first, images.partners.stride},
                                                    {out.first, out.stride}});
    });
  MixStridedOnGpu kernel =
      strided_on_gpu(plan, GpuMix::images, axes, batch, images.own, images.partners, out);
  kernel.scalar = gpu_scalar(images.kind, axes.scalar);
  add_pieces(kernel, axes.scalar);
  launch(kernel);
}

// A thread has one place, and there are no more of them.
inline void check_places(Index places) {
  constexpr std::int64_t most = std::int64_t{32} * most_blocks_x;
  if (places > most)
    fail("places of a sample = %, must be at most % in place on a GPU", {places, most});
}

template <class Launch>
void launch_in_place(const Launch& launch, const GpuPlan& plan, bool may_blend,
                     const InPlaceViews& job) {
  const SampleAxes& axes = job.order.axes();
  const Index batch = job.shape.batch;
  if (batch == 0 || axes.bytes() == 0) return;
  const GpuSamples source{job.source.first, job.source.stride};
  const GpuOutput x{job.x.first, job.x.stride};
  const GpuScalar scalar = gpu_scalar(job.kind, axes.scalar);
  const bool alike = !job.has_source || same_strides(axes, job.source.strides, job.x.strides);
  const Dense dense = alike ? make_dense(axes, job.x.strides, axes.scalar) : Dense();
  if (dense.fits) {
    check_places(DensePlace::Layout(dense).places());
    return with_constant(may_blend && is_blendable(job.kind), [&](auto blends) {
      launch(MixInPlaceOnGpu<DensePlace, decltype(blends)::value>{
          plan, DensePlace::Layout(dense), scalar, batch, x, source, job.has_source});
    });
  }
  StridedPlace::Layout layout;
  for (int axis = 0; axis < axes.rank; ++axis) {
    layout.side[axis] = axes.side[axis];
    layout.step[axis] = job.x.strides.axis[axis];
    layout.source_step[axis] = job.source.strides.axis[axis];
    layout.axes.add(axes.size[axis]);
  }
  layout.bytes = unit_bytes(axes.scalar);
  const auto pieces = static_cast<Index>(axes.scalar) / layout.bytes;
  if (pieces > 1) {
    layout.side[axes.rank] = no_side;
    layout.step[axes.rank] = layout.source_step[axes.rank] = layout.bytes;
    layout.axes.add(pieces);
  }
  check_places(layout.places());
  launch(
      MixInPlaceOnGpu<StridedPlace, true>{plan, layout, scalar, batch, x, source, job.has_source});
}

// ---- labels ----

template <class Launch>
void launch_ids(const Launch& launch, const GpuPlan& plan, const ConstBatchView& y,
                const ConstBatchView* source_y, Index n_classes, const BatchView& out,
                const LabelOptions& options) {
  if (is_empty(out)) return;
  const ConstBatchView& source = source_y ? *source_y : y;
  const bool wide = is_wide(out.kind());
  const bool rows_last = std::abs(step_of(out, 0)) < std::abs(step_of(out, 1));
  const Index rows = out.size(0);
  launch(MixIdsOnGpu{plan,
                     Divisor(rows_last ? rows : n_classes),
                     rows_last,
                     rows * n_classes,
                     {static_cast<const Byte*>(y.data()), step_of(y, 0)},
                     {static_cast<const Byte*>(source.data()), step_of(source, 0)},
                     y.kind(),
                     bytes_of(y.kind()),
                     source.kind(),
                     bytes_of(source.kind()),
                     {static_cast<Byte*>(out.data()), step_of(out, 0)},
                     step_of(out, 1),
                     out.kind(),
                     bytes_of(out.kind()),
                     wide,
                     label_values(options, n_classes, wide),
                     options.ignore_id.has_value(),
                     options.ignore_id.value_or(0)});
}

inline MixStridedOnGpu labels_on_gpu(const GpuPlan& plan, GpuMix what, const DenseViews& labels) {
  return strided_on_gpu(plan, what, labels.order.axes(), labels.batch, labels.own, labels.partners,
                        labels.out);
}

template <class Launch>
void launch_dense_labels(const Launch& launch, const GpuPlan& plan, const DenseViews& labels) {
  if (labels.batch == 0 || labels.order.axes().bytes() == 0) return;
  MixStridedOnGpu kernel = labels_on_gpu(plan, GpuMix::labels, labels);
  kernel.scalar = {labels.kind, is_wide(labels.kind) || is_wide(labels.out_kind),
                   bytes_of(labels.kind)};
  kernel.out_kind = labels.out_kind;
  kernel.out_bytes = bytes_of(labels.out_kind);
  launch(kernel);
}

template <class Launch>
void launch_gather(const Launch& launch, const GpuPlan& plan, const DenseViews& labels) {
  const SampleAxes& axes = labels.order.axes();
  if (labels.batch == 0 || axes.bytes() == 0) return;
  MixStridedOnGpu kernel = labels_on_gpu(plan, GpuMix::gather, labels);
  kernel.scalar = gpu_scalar(labels.kind, axes.scalar);
  add_pieces(kernel, axes.scalar);
  launch(kernel);
}

// ---- a device that applies plans with these kernels ----

// What Accelerator<Device>::Work is made of: Launch knows the device, and where a plan lies there.
template <class Launch>
class GpuWork {
 public:
  static constexpr bool reads_labels = false;

  explicit GpuWork(Launch launch) : launch_(std::move(launch)) {}

  template <class T>
  auto operator()(Role, T& tensor) const {
    return view_for_gpu(tensor);
  }

  template <class PlanThere>
  void begin(const PlanThere& plan, bool follows_cycles) {
    batch_ = plan_of(plan).shape.batch;
    // What lies there may be another plan by the time that a kernel runs.
    may_blend_ = !std::is_same_v<PlanThere, Plan> || PlanCuts(plan_of(plan)).blends();
    buffer_ = launch_.begin(plan, follows_cycles);
  }
  void images(const ImageViews& images) const {
    launch_images(launch_, plan(), may_blend_, images);
  }
  void in_place(const InPlaceViews& images) const {
    launch_in_place(launch_, plan(), may_blend_, images);
  }
  void ids(const ConstBatchView& y, const ConstBatchView* source, Index n_classes,
           const BatchView& out, const LabelOptions& options) const {
    launch_ids(launch_, plan(), y, source, n_classes, out, options);
  }
  void dense(const DenseViews& labels) const { launch_dense_labels(launch_, plan(), labels); }
  void gather(const DenseViews& labels) const { launch_gather(launch_, plan(), labels); }
  void end() { launch_.end(); }

 private:
  GpuPlan plan() const { return {buffer_, batch_}; }

  Launch launch_;
  const Byte* buffer_ = nullptr;
  Index batch_ = 0;
  bool may_blend_ = false;
};

// ---- compositions ----

template <class Device, class PlanThere, class X, class Out>
void mix_images_on(const Device& device, const PlanThere& plan, const X& x,
                   const ConstBatchView* source, Out& x_out) {
  const ImageViews images = check_images(view_for_gpu(x), source, view_for_gpu(x_out));
  check_plan_of_images(plan_of(plan), images.shape, images.kind);
  run_on(device, plan, false, [&](auto& work) { work.images(images); });
  mark_written(x_out);
}

template <class Device, class PlanThere, class X>
void mix_images_in_place_on(const Device& device, const PlanThere& plan, X& x) {
  const InPlaceViews images = check_images_in_place(view_for_gpu(x), nullptr);
  check_plan_of_images(plan_of(plan), images.shape, images.kind);
  run_on(device, plan, true, [&](auto& work) { work.in_place(images); });
  mark_written(x);
}

template <class Device, class PlanThere, class Y, class Out>
void mix_ids_on(const Device& device, const PlanThere& plan, const Y& ids,
                const ConstBatchView* source, Index n_classes, Out& y_out,
                const LabelOptions& options) {
  const ConstBatchView y = view_for_gpu(ids);
  const BatchView out = rows_first(view_for_gpu(y_out));
  check_id_labels(y, source, n_classes, out, options, false);
  check_plan_of_ids(plan_of(plan), y, source);
  run_on(device, plan, false, [&](auto& work) { work.ids(y, source, n_classes, out, options); });
  mark_written(y_out);
}

template <class Device, class PlanThere, class Y, class Out>
void mix_dense_on(const Device& device, const PlanThere& plan, const Y& dense,
                  const ConstBatchView* source, Out& y_out) {
  const DenseViews labels = check_dense_labels(view_for_gpu(dense), source, view_for_gpu(y_out));
  check_plan(plan_of(plan), labels.batch, labels.source, "y");
  run_on(device, plan, false, [&](auto& work) { work.dense(labels); });
  mark_written(y_out);
}

template <class Device, class PlanThere, class Y, class Out>
void gather_labels_on(const Device& device, const PlanThere& plan, const Y& y,
                      const ConstBatchView* source, Out& y_out) {
  const ConstBatchView own = view_for_gpu(y);
  const BatchView out = view_for_gpu(y_out);
  check_kind("y_out", out, "y", own);
  const DenseViews labels = check_same_labels(own, source, out);
  check_plan(plan_of(plan), labels.batch, labels.source, "y");
  run_on(device, plan, false, [&](auto& work) { work.gather(labels); });
  mark_written(y_out);
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_GPU_HPP
