#ifndef CUTMIX_DETAIL_LABELS_HPP
#define CUTMIX_DETAIL_LABELS_HPP

// What labels.hpp declares.

#include <algorithm>
#include <string>
#include <utility>

#include "../labels.hpp"
#include "executor.hpp"
#include "kernels/labels.hpp"
#include "sample_order.hpp"

namespace cutmix {
namespace detail {

// ---- what can be known when compiling ----

template <class T>
constexpr bool are_class_ids = rank_of<T> == 1 && is_known<T>&& is_integer(static_kind<T>);
template <class T>
constexpr bool may_be_floating = !is_known<T> || is_floating(static_kind<T>);

template <class Y>
constexpr bool accepts_labels() {
  if constexpr (accepts_view<Y>()) {
    constexpr bool numbers = !is_known<Y> || static_kind<Y> != ScalarKind::opaque;
    static_assert(numbers, "cutmix: labels must be integers, float, double, half or bfloat16");
    return numbers;
  }
  return false;
}

template <class Y>
constexpr bool accepts_ids() {
  if constexpr (accepts_labels<Y>()) {
    constexpr bool ids =
        (rank_of<Y> < 0 || rank_of<Y> == 1) && (!is_known<Y> || is_integer(static_kind<Y>));
    static_assert(ids,
                  "cutmix: class ids must be integers of rank 1; dense targets take no number of "
                  "classes: mix_labels(plan, dense, out)");
    return ids;
  }
  return false;
}

template <class Y>
constexpr bool accepts_dense() {
  if constexpr (accepts_labels<Y>()) {
    static_assert(!are_class_ids<Y>,
                  "cutmix: integers of rank 1 are class ids and need the number of classes: "
                  "mix_labels(plan, ids, n_classes, out)");
    return !are_class_ids<Y>;
  }
  return false;
}

template <class Out>
constexpr bool accepts_targets() {
  if constexpr (accepts_output<Out>()) {
    static_assert(may_be_floating<Out>, "cutmix: mixed targets must be floating");
    return may_be_floating<Out>;
  }
  return false;
}

template <class N>
constexpr bool accepts_class_count() {
  static_assert(std::is_integral_v<N>, "cutmix: the number of classes must be an integer");
  return std::is_integral_v<N>;
}

template <class Y, class Out>
constexpr bool accepts_ids_and_targets() {
  if constexpr (accepts_ids<Y>()) {
    if constexpr (accepts_targets<Out>()) {
      constexpr bool fits = rank_of<Out> < 0 || rank_of<Out> == 2;
      static_assert(fits, "cutmix: the output of class ids must have rank 2: (B, n_classes)");
      return fits;
    }
  }
  return false;
}

template <class Y, class Out>
constexpr bool accepts_dense_and_targets() {
  if constexpr (accepts_dense<Y>()) {
    if constexpr (accepts_targets<Out>()) {
      static_assert(ranks_agree<Y, Out>,
                    "cutmix: dense targets and their output must have the same rank (class ids "
                    "must be integers)");
      return ranks_agree<Y, Out>;
    }
  }
  return false;
}

template <class Y, class Out>
constexpr bool accepts_partner_labels() {
  if constexpr (accepts_view<Y>()) {
    if constexpr (accepts_output<Out>()) {
      constexpr bool same = scalars_agree<Y, Out> && ranks_agree<Y, Out>;
      static_assert(same, "cutmix: partners' labels must have the labels' scalar and rank");
      return same;
    }
  }
  return false;
}

template <class Y, class Source>
constexpr bool accepts_label_source() {
  if constexpr (accepts_view<Source>()) {
    constexpr bool same = scalars_agree<Y, Source> && ranks_agree<Y, Source>;
    static_assert(same, "cutmix: the source's labels must have the labels' scalar and rank");
    return same;
  }
  return false;
}

// Whether the plan stands behind what it is applied to; behind a device that applies it, it is
// right.
template <class First = void, class... Rest>
constexpr bool plan_stands_behind_labels =
    plan_stands_late<1 + sizeof...(Rest), First, Rest...> && !is_accelerator<Bare<First>>;

// ---- checks ----

template <class N>
Index class_count(N n_classes) {
  if constexpr (exceeds_index<N>)
    if (n_classes > static_cast<N>(std::numeric_limits<Index>::max()))
      fail("n_classes = %, must be at most %", {n_classes, largest_index});
  if (n_classes < 1) fail("n_classes = %, must be at least 1", {n_classes});
  return static_cast<Index>(n_classes);
}

inline void check_label_options(const LabelOptions& options) {
  check_unit("smoothing", options.smoothing);
}

inline bool holds_class_ids(const ConstBatchView& labels) {
  return labels.rank() == 1 && is_integer(labels.kind());
}

// The letters of labels that have none: the batch is the first axis.
inline std::string_view label_letters(const ConstBatchView& labels, const char* name) {
  if (!labels.letters().empty()) return labels.letters();
  if (labels.rank() < 1)
    fail("rank of % = %, must be at least 1: (B) class ids or (B, ...) dense targets",
         {name, labels.rank()});
  return std::string_view("Bbcdefgh").substr(0, static_cast<std::size_t>(labels.rank()));
}

// The letters of dense labels whose axes are matched.
inline std::string_view shared_label_letters(const ConstBatchView& y, const ConstBatchView& out,
                                             const ConstBatchView* source) {
  return label_letters(first_with_letters(y, out, source), "y");
}

// How many samples labels have, whose axes have these letters unless they have their own.
inline Index batch_of(const ConstBatchView& labels, std::string_view letters) {
  return labels.size(batch_position(labels.letters().empty() ? letters : labels.letters()));
}

// A matrix with a row a sample, which its letters may name as columns.
template <class View>
View rows_first(const View& matrix) {
  if (matrix.letters() != "WB") return matrix;
  return View(matrix.data(), matrix.kind(), matrix.scalar_bytes(), {matrix.size(1), matrix.size(0)},
              {}, {matrix.stride(1), matrix.stride(0)});
}

// Class ids of one tensor.
class Ids {
 public:
  CUTMIX_ONCE Ids(const ConstBatchView& ids, const char* name)
      : name_(name),
        data_(static_cast<const Byte*>(ids.data())),
        kind_(ids.kind()),
        count_(ids.rank() == 1 ? ids.size(0) : 0),
        stride_(ids.rank() == 1 ? step_of(ids, 0) : 0) {
    if (!is_integer(ids.kind()))
      fail(
          "scalar of % = %, must be an integer: class ids; dense targets take no number of classes",
          {name, name_of(ids.kind())});
    if (ids.rank() != 1)
      fail(
          "rank of % = %, must be 1: class ids have rank 1, dense targets take no number of "
          "classes",
          {name, ids.rank()});
  }

  Index count() const { return count_; }
  ClassId operator()(Index b) const { return load_id(kind_, data_ + b * stride_); }
  // Of ids that have been checked. -1: the one that options ignore.
  Index class_of(Index b, const LabelOptions& options) const {
    if (options.ignore_id && is_ignored((*this)(b), options)) return -1;
    return load_class(kind_, data_ + b * stride_);
  }

  CUTMIX_ONCE void check(Index n_classes, const LabelOptions& options) const {
    for (Index b = 0; b < count_; ++b) {
      const ClassId id = (*this)(b);
      if (!id.below(n_classes) && !is_ignored(id, options))
        fail("%[%] = %%, must be in [0, %)",
             {name_, b, id.negative ? "-" : "", id.magnitude, n_classes});
    }
  }

 private:
  static bool is_ignored(const ClassId& id, const LabelOptions& options) {
    return options.ignore_id && id.is(*options.ignore_id);
  }

  const char* name_;
  const Byte* data_;
  ScalarKind kind_;
  Index count_, stride_;
};

inline void check_floating(const char* name, const ConstBatchView& view) {
  if (!is_floating(view.kind()))
    fail("scalar of % = %, must be float32, float64, half or bfloat16",
         {name, name_of(view.kind())});
}

// ---- class ids ----

// Labels of a batch and of the source of its partners, which may be the same.
struct IdLabels {
  Ids own, partners;

  IdLabels(const ConstBatchView& ids, const ConstBatchView* source)
      : own(ids, "y"), partners(source ? *source : ids, source ? "source_y" : "y") {}
};

// `wide`: for double targets, whose values and weights are not rounded to float.
inline LabelValues label_values(const LabelOptions& options, Index n_classes, bool wide) {
  const double off = options.smoothing / static_cast<double>(n_classes);
  const double on = 1 - options.smoothing + off;
  return wide ? LabelValues{on, off} : LabelValues{round_to_float(on), round_to_float(off)};
}

// The dense row of each sample: where its peaks are, and what it holds.
class RowsOfIds {
 public:
  RowsOfIds(const Plan& plan, const IdLabels& labels, Index n_classes, const LabelOptions& options,
            bool wide)
      : plan_(plan),
        labels_(labels),
        options_(options),
        wide_(wide),
        label_(label_values(options, n_classes, wide)) {}

  Peaks peaks(Index b) const {
    return {labels_.own.class_of(b, options_),
            labels_.partners.class_of(plan_.indices[static_cast<std::size_t>(b)], options_)};
  }

  RowValues values(Index b, const Peaks& peaks) const {
    const double lambda = plan_.lambda(b);
    const LabelValues none{0, 0};
    return {Weights(wide_, lambda, 1 - lambda), peaks.own < 0 ? none : label_,
            peaks.partner < 0 ? none : label_};
  }

 private:
  const Plan& plan_;
  IdLabels labels_;
  const LabelOptions& options_;
  bool wide_;
  LabelValues label_;
};

// Everything that can be wrong with class ids but for the plan. Ids in another memory cannot be
// looked at.
inline void check_id_labels(const ConstBatchView& ids, const ConstBatchView* source,
                            Index n_classes, const BatchView& out, const LabelOptions& options,
                            bool readable = true) {
  const IdLabels labels(ids, source);
  check_label_options(options);
  check_floating("y_out", out);
  if (out.rank() != 2) fail("rank of y_out = %, must be 2: (B, n_classes)", {out.rank()});
  if (out.size(0) != ids.size(0))
    fail("size of y_out along the batch = %, must be %, as of y", {out.size(0), ids.size(0)});
  if (out.size(1) != n_classes)
    fail("width of y_out = %, must be %, the number of classes", {out.size(1), n_classes});
  check_unfolded("y_out", out);
  check_apart("y_out", out, "y", ids);
  if (source) check_apart("y_out", out, "source_y", *source);
  if (!readable) return;
  labels.own.check(n_classes, options);
  if (source) labels.partners.check(n_classes, options);
}

// With it all is right.
inline void check_plan_of_ids(const Plan& plan, const ConstBatchView& ids,
                              const ConstBatchView* source) {
  check_plan(plan, ids.size(0), source ? source->size(0) : -1, "y");
}

inline void apply_to_ids(const Plan& plan, const ConstBatchView& ids, const ConstBatchView* source,
                         Index n_classes, const BatchView& out, const LabelOptions& options) {
  if (is_empty(out)) return;
  const TargetRows targets{static_cast<Byte*>(out.data()),
                           out.kind(),
                           out.size(0),
                           out.size(1),
                           step_of(out, 0),
                           step_of(out, 1)};
  const RowsOfIds rows(plan, IdLabels(ids, source), n_classes, options, is_wide(out.kind()));
  // The values of a patch that all samples share, made once for rows in which nothing is ignored.
  const RowBytes shared(out.kind(), rows.values(0, {0, 0}));
  RowBytes one = shared;
  write_rows(targets, [&](Index b) -> TargetRow {
    const Peaks peaks = rows.peaks(b);
    if (plan.patches.size() == 1 && peaks.own >= 0 && peaks.partner >= 0) return {peaks, &shared};
    one = RowBytes(out.kind(), rows.values(b, peaks));
    return {peaks, &one};
  });
}

// ---- dense targets ----

// Labels of any rank, viewed and checked: all but the plan.
struct DenseViews {
  Index batch, source;  // samples; -1: partners are of the batch itself
  SampleOrder order;
  ScalarKind kind, out_kind;
  Samples own, partners;
  Output out;

  // Whether every row begins at a multiple of so many bytes, if one run is a row.
  bool are_aligned(std::size_t bytes) const {
    const auto begins_well = [bytes](const void* first, Index stride) {
      return reinterpret_cast<std::uintptr_t>(first) % bytes == 0 &&
             static_cast<std::size_t>(std::abs(stride)) % bytes == 0;
    };
    return begins_well(own.first, own.stride) && begins_well(partners.first, partners.stride) &&
           begins_well(out.first, out.stride);
  }
};

inline DenseViews check_same_labels(const ConstBatchView& y, const ConstBatchView* source,
                                    const BatchView& out) {
  const std::string_view letters = shared_label_letters(y, out, source);
  const Sizes axes = axes_in_order(y, letters, "y");
  const Sizes out_axes = axes_in_order(out, letters, "y_out");
  const Sizes source_axes = source ? axes_in_order(*source, letters, "source_y") : axes;
  const auto differs = [&](const ConstBatchView& other, const Sizes& other_axes, int i) {
    return other.size(static_cast<int>(other_axes[i])) != y.size(static_cast<int>(axes[i]));
  };
  for (int i = 0; i < axes.rank(); ++i) {
    if (differs(out, out_axes, i))
      fail("shape of y_out = %, must be %, as of y", {shape_text(out), shape_text(y)});
    if (source && i != batch_position(letters) && differs(*source, source_axes, i))
      fail("shape of source_y = %, must be % but for the batch, as of y",
           {shape_text(*source), shape_text(y)});
  }
  check_unfolded("y_out", out);
  check_apart("y_out", out, "y", y);
  if (source) {
    check_kind("source_y", *source, "y", y);
    check_apart("y_out", out, "source_y", *source);
  }
  const SampleOrder order(out, letters, "y_out");
  const Samples own = order.samples(y, axes);
  return {batch_of(y, letters),
          source ? batch_of(*source, letters) : -1,
          order,
          y.kind(),
          out.kind(),
          own,
          source ? order.samples(*source, source_axes) : own,
          order.output(out, out_axes)};
}

// Everything that can be wrong with dense targets but for the plan.
inline DenseViews check_dense_labels(const ConstBatchView& y, const ConstBatchView* source,
                                     const BatchView& out) {
  if (y.kind() == ScalarKind::opaque)
    fail("scalar of y = %, must be a number", {name_of(y.kind())});
  if (holds_class_ids(y))
    fail(
        "rank of y = 1, must be at least 2 for integers: class ids need the number of classes: "
        "mix_labels(plan, ids, n_classes, out)");
  check_floating("y_out", out);
  return check_same_labels(y, source, out);
}

inline void apply_to_dense(const Plan& plan, const DenseViews& labels) {
  const SampleAxes& axes = labels.order.axes();
  if (axes.bytes() == 0) return;
  const bool wide = is_wide(labels.kind) || is_wide(labels.out_kind);
  const auto weights_of = [&](Index b) {
    const double lambda = plan.lambda(b);
    return Weights(wide, lambda, 1 - lambda);
  };
  const Weights shared = weights_of(0);
  // Where the batch is the fastest axis, a line of memory at a time for all of it.
  const bool side_by_side =
      axes.rank > 0 && std::abs(labels.out.stride) < std::abs(labels.out.strides.axis[0]);
  const Index outer = axes.rank > 0 ? axes.size[0] : 1;
  const Index tile = side_by_side ? std::min(outer, Index{16}) : outer;
  Region region = whole_region(axes);
  for (Index begin = 0; begin < outer; begin += tile) {
    if (axes.rank > 0) region.axis[0] = {begin, std::min(begin + tile, outer)};
    const Block block(axes, region, labels.out.strides, labels.own.strides,
                      labels.partners.strides);
    const Index out_at = offset_of(axes, region, labels.out.strides);
    const Index own_at = offset_of(axes, region, labels.own.strides);
    const Index partner_at = offset_of(axes, region, labels.partners.strides);
    // The usual case, whose rows are so short that anything more per row would be most of the cost.
    const Index row = block.run_of(sizeof(float));
    const bool float_rows = row > 0 && labels.kind == ScalarKind::float32 &&
                            labels.out_kind == ScalarKind::float32 &&
                            labels.are_aligned(sizeof(float));
    for (Index b = 0; b < plan.shape.batch; ++b) {
      const Weights weights = plan.patches.size() == 1 ? shared : weights_of(b);
      Byte* const out = labels.out(b) + out_at;
      const Byte* const own = labels.own(b).data + own_at;
      const Byte* const partner =
          labels.partners(plan.indices[static_cast<std::size_t>(b)]).data + partner_at;
      if (float_rows && !weights.copies_own() && !weights.copies_partner()) {
        blend_floats(weights, reinterpret_cast<float*>(out), reinterpret_cast<const float*>(own),
                     reinterpret_cast<const float*>(partner), row);
        continue;
      }
      block.mix(labels.kind, labels.out_kind, weights, out, own, partner);
    }
  }
}

// ---- partners' labels ----

inline DenseViews check_partner_labels(const ConstBatchView& y, const ConstBatchView* source,
                                       const BatchView& out) {
  check_kind("y_out", out, "y", y);
  return check_same_labels(y, source, out);
}

inline void gather_labels(const Plan& plan, const DenseViews& labels) {
  const SampleAxes& axes = labels.order.axes();
  if (axes.bytes() == 0) return;
  for (Index b = 0; b < plan.shape.batch; ++b)
    copy_region(axes, whole_region(axes), labels.out(b), labels.out.strides,
                labels.partners(plan.indices[static_cast<std::size_t>(b)]));
}

// ---- compositions ----

// Where labels are mixed by this processor.
class HostLabels : public HostViews {
 public:
  void begin(const Plan& plan, bool /* follows_cycles */) { plan_ = &plan; }
  CUTMIX_ONCE void ids(const ConstBatchView& y, const ConstBatchView* source, Index n_classes,
                       const BatchView& out, const LabelOptions& options) const {
    apply_to_ids(*plan_, y, source, n_classes, out, options);
  }
  CUTMIX_ONCE void dense(const DenseViews& labels) const { apply_to_dense(*plan_, labels); }
  CUTMIX_ONCE void gather(const DenseViews& labels) const { gather_labels(*plan_, labels); }
  void end() {}

 private:
  const Plan* plan_ = nullptr;
};

template <class Device, class Y, class Run>
void run_on_labels(const Device& device, const Y& y, const Run& run) {
  if (runs_elsewhere(device, y, run)) return;
  HostLabels work;
  run(work);
}

template <class Device, class Y, class Source, class Out>
void mix_ids_with(const Device& device, const Plan& plan, const Y& ids, const Source* source,
                  Index n_classes, Out& y_out, const LabelOptions& options) {
  run_on_labels(device, ids, [&](auto& work) {
    const ConstBatchView y = work(Role::y, ids);
    const auto from = view_source(work, Role::source_y, source);
    const BatchView out = rows_first(work(Role::y_out, y_out));
    check_id_labels(y, or_null(from), n_classes, out, options, work.reads_labels);
    check_plan_of_ids(plan, y, or_null(from));
    work.begin(plan, false);
    work.ids(y, or_null(from), n_classes, out, options);
    work.end();
  });
  mark_written(y_out);
}

// Labels of any numbers: check(y, source, y_out) makes the views that apply(work, views) is given.
template <class Device, class Y, class Source, class Out, class Check, class Apply>
void mix_rows_with(const Device& device, const Plan& plan, const Y& y, const Source* source,
                   Out& y_out, const Check& check, const Apply& apply) {
  run_on_labels(device, y, [&](auto& work) {
    const ConstBatchView own = work(Role::y, y);
    const auto from = view_source(work, Role::source_y, source);
    const DenseViews labels = check(own, or_null(from), work(Role::y_out, y_out));
    check_plan(plan, labels.batch, labels.source, "y");
    work.begin(plan, false);
    apply(work, labels);
    work.end();
  });
  mark_written(y_out);
}

template <class Device, class Y, class Source, class Out>
void mix_dense_with(const Device& device, const Plan& plan, const Y& dense, const Source* source,
                    Out& y_out) {
  mix_rows_with(device, plan, dense, source, y_out, check_dense_labels,
                [](auto& work, const DenseViews& labels) { work.dense(labels); });
}

template <class Device, class Y, class Source, class Out>
void gather_labels_with(const Device& device, const Plan& plan, const Y& y, const Source* source,
                        Out& y_out) {
  mix_rows_with(device, plan, y, source, y_out, check_partner_labels,
                [](auto& work, const DenseViews& labels) { work.gather(labels); });
}

}  // namespace detail

template <class Y, class N, class Out, class>
void mix_labels(const Plan& plan, const Y& ids, N n_classes, Out&& y_out,
                const LabelOptions& options) {
  if constexpr (detail::accepts_class_count<N>())
    if constexpr (detail::accepts_ids_and_targets<Y, Out>())
      detail::mix_ids_with(detail::default_device<Y>(), plan, ids, detail::no_source<Y>,
                           detail::class_count(n_classes), y_out, options);
}

template <class Y, class Source, class N, class Out, class>
void mix_labels(const Plan& plan, const Y& ids, const Source& source_ids, N n_classes, Out&& y_out,
                const LabelOptions& options) {
  if constexpr (detail::accepts_class_count<N>())
    if constexpr (detail::accepts_ids_and_targets<Y, Out>())
      if constexpr (detail::accepts_ids<Source>())
        detail::mix_ids_with(detail::default_device<Y>(), plan, ids, &source_ids,
                             detail::class_count(n_classes), y_out, options);
}

template <class Y, class Out>
void mix_labels(const Plan& plan, const Y& dense, Out&& y_out) {
  if constexpr (detail::accepts_dense_and_targets<Y, Out>())
    detail::mix_dense_with(detail::default_device<Y>(), plan, dense, detail::no_source<Y>, y_out);
}

template <class Y, class Source, class Out, class>
void mix_labels(const Plan& plan, const Y& dense, const Source& source, Out&& y_out) {
  if constexpr (detail::accepts_dense_and_targets<Y, Out>())
    if constexpr (detail::accepts_label_source<Y, Source>())
      detail::mix_dense_with(detail::default_device<Y>(), plan, dense, &source, y_out);
}

/// @cond
// What meets a call that no other takes.
template <class... Arguments>
std::enable_if_t<detail::plan_stands_behind_labels<Arguments...>> mix_labels(Arguments&&...) {
  static_assert(sizeof...(Arguments) == 0, "cutmix: the plan stands before the labels");
}
/// @endcond

template <class Y, class Out>
void partner_labels(const Plan& plan, const Y& y, Out&& y_out) {
  if constexpr (detail::accepts_partner_labels<Y, Out>())
    detail::gather_labels_with(detail::default_device<Y>(), plan, y, detail::no_source<Y>, y_out);
}

template <class Y, class Source, class Out>
void partner_labels(const Plan& plan, const Y& y, const Source& source, Out&& y_out) {
  if constexpr (detail::accepts_partner_labels<Y, Out>())
    if constexpr (detail::accepts_label_source<Y, Source>())
      detail::gather_labels_with(detail::default_device<Y>(), plan, y, &source, y_out);
}

/// @cond
// What meets a call that no other takes.
template <class... Arguments>
std::enable_if_t<detail::plan_stands_behind_labels<Arguments...>> partner_labels(Arguments&&...) {
  static_assert(sizeof...(Arguments) == 0, "cutmix: the plan stands before the labels");
}
/// @endcond

}  // namespace cutmix

#endif  // CUTMIX_DETAIL_LABELS_HPP
