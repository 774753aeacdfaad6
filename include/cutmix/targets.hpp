#ifndef CUTMIX_TARGETS_HPP
#define CUTMIX_TARGETS_HPP

/// @file targets.hpp
/// Applies a plan to labels and to masks.
///
/// Labels may be Eigen tensors, matrices, arrays, Maps and Refs, or a `std::vector`; the batch is
/// their first axis (the rows of a matrix). Integers of rank 1 are class ids, everything else is
/// dense: scalar and rank decide when the program is compiled, never the values.

#include <algorithm>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>

#include "detail/target_view.hpp"
#include "images.hpp"
#include "plan.hpp"

namespace cutmix {

namespace detail {

inline void check_n_classes(Index n_classes) {
  if (n_classes < 1) fail("n_classes", n_classes, "must be at least 1");
}

inline void check_label_options(const LabelOptions& options) {
  if (!(options.smoothing >= 0 && options.smoothing <= 1))
    fail("smoothing", options.smoothing, "must be in [0, 1]");
}

// Whether an id of any integer type is the one that options ignore.
template <class Id>
bool is_ignored(Id id, const LabelOptions& options) {
  return options.ignore_id && static_cast<Index>(id) == *options.ignore_id;
}

template <class Id>
void check_ids(const TargetView<Id>& ids, Index n_classes, const LabelOptions& options) {
  for (Index b = 0; b < ids.rows; ++b) {
    const auto id = ids(b, 0);
    bool valid = static_cast<std::uintmax_t>(id) < static_cast<std::uintmax_t>(n_classes);
    if constexpr (std::is_signed_v<Bare<Id>>) valid = valid && id >= 0;
    if (!valid && !is_ignored(id, options))
      fail(element("y", b), id, "must be in [0, " + to_text(n_classes) + ")");
  }
}

template <class Out>
void check_rows(const Out& out, Index rows) {
  if (view_of(out).rows != rows)
    fail("size of y_out along the batch", view_of(out).rows,
         "must be " + to_text(rows) + ", as of y");
}

template <class Y, class Out>
void check_id_labels(const Y& ids, Index n_classes, const Out& out, const LabelOptions& options) {
  check_n_classes(n_classes);
  check_label_options(options);
  const auto from = view_of(ids);
  const auto to = view_of(out);
  check_rows(out, from.rows);
  if (to.columns != n_classes)
    fail("width of y_out", to.columns, "must be " + to_text(n_classes) + ", the number of classes");
  check_ids(from, n_classes, options);
  check_apart("y_out", to.data, span_of(to), "y", from.data, span_of(from));
}

template <class Y, class Out>
void check_dense_labels(const Y& dense, const Out& out) {
  if (!same_shape(out, dense))
    fail("shape of y_out", shape_of(out), "must be " + shape_of(dense) + ", as of y");
  const auto from = view_of(dense);
  const auto to = view_of(out);
  check_apart("y_out", to.data, span_of(to), "y", from.data, span_of(from));
}

template <class Y, class Out>
constexpr bool accepts_dense_labels() {
  if constexpr (accepts_target<Y>() && accepts_target_output<Out>()) {
    static_assert(!is_class_ids<Y>,
                  "cutmix: integers of rank 1 are class ids and need the number of classes: "
                  "mix_labels(plan, ids, n_classes, out)");
    if constexpr (!is_class_ids<Y>) {
      constexpr bool floating = is_floating<TargetScalar<Out>>;
      static_assert(floating, "cutmix: mixed targets must be floating");
      constexpr bool same_rank = target_rank<Y> == target_rank<Out>;
      static_assert(same_rank,
                    "cutmix: dense targets and their output must have the same rank (class ids "
                    "must be integers)");
      constexpr bool same_layout = [] {
        if constexpr (is_tensor<Y> && is_tensor<Out>)
          return target_rank<Y> <= 2 || layout_of<Y> == layout_of<Out>;
        else
          return true;
      }();
      static_assert(same_layout,
                    "cutmix: dense targets and their output must have the same layout");
      return floating && same_rank && same_layout;
    }
  }
  return false;
}

template <class Y, class Out>
constexpr bool accepts_id_labels() {
  if constexpr (accepts_target<Y>() && accepts_target_output<Out>()) {
    static_assert(is_class_ids<Y>,
                  "cutmix: class ids must be integers of rank 1; dense targets take no number of "
                  "classes: mix_labels(plan, dense, out)");
    if constexpr (is_class_ids<Y>) {
      constexpr bool dense = is_floating<TargetScalar<Out>> && target_rank<Out> == 2;
      static_assert(
          dense, "cutmix: the output of class ids must be floating and of rank 2: (B, n_classes)");
      return dense;
    }
  }
  return false;
}

template <class Y, class Out>
constexpr bool accepts_labels() {
  if constexpr (is_class_ids<Y>)
    return accepts_id_labels<Y, Out>();
  else
    return accepts_dense_labels<Y, Out>();
}

template <class Y, class Out>
constexpr bool accepts_partner_labels() {
  if constexpr (accepts_target<Y>() && accepts_target_output<Out>()) {
    constexpr bool same =
        std::is_same_v<TargetScalar<Y>, TargetScalar<Out>> && target_rank<Y> == target_rank<Out>;
    static_assert(same, "cutmix: partners' labels must have the labels' scalar and rank");
    return same;
  }
  return false;
}

// What one label adds to a row: on its own class, and on every class.
struct Share {
  double on, everywhere;
};

inline Share share_of(double weight, bool ignored, Index n_classes, double smoothing) {
  if (ignored) return {0, 0};
  return {weight * (1 - smoothing), weight * smoothing / static_cast<double>(n_classes)};
}

// n equal scalars: the first few by themselves, the others as copies of them, because memset and
// memcpy are faster than what most builds make of a loop.
template <class Scalar>
void fill(Scalar* out, Index n, Scalar value) {
  const Scalar zero = static_cast<Scalar>(0.0f);
  const auto bytes = [](Index count) { return static_cast<std::size_t>(count) * sizeof(Scalar); };
  if (std::memcmp(&value, &zero, sizeof(Scalar)) == 0) {
    std::memset(static_cast<void*>(out), 0, bytes(n));
    return;
  }
  Index done = std::min(n, Index{64});
  std::fill(out, out + done, value);
  for (; done < n; done += std::min(done, n - done))
    std::memcpy(static_cast<void*>(out + done), out, bytes(std::min(done, n - done)));
}

template <class Id, class Scalar>
void apply_to_ids(const Plan& plan, const TargetView<Id>& ids, Index n_classes,
                  const TargetView<Scalar>& out, const LabelOptions& options) {
  // Each row is a background and at most two peaks. A row side by side in memory is filled around
  // the peaks; where a column is (the batch is the fastest axis), columns are filled and the peaks
  // set.
  struct Row {
    Index own, partner;
    Scalar background, own_peak, partner_peak;
  };
  const auto row_of = [&](Index b) {
    const Index mate = plan.indices[static_cast<std::size_t>(b)];
    const double lambda = plan.lambda(b);
    const bool own_ignored = is_ignored(ids(b, 0), options);
    const bool partner_ignored = is_ignored(ids(mate, 0), options);
    const Share own = share_of(lambda, own_ignored, n_classes, options.smoothing);
    const Share partner = share_of(1 - lambda, partner_ignored, n_classes, options.smoothing);
    Row row;
    row.own = own_ignored ? -1 : static_cast<Index>(ids(b, 0));
    row.partner = partner_ignored ? -1 : static_cast<Index>(ids(mate, 0));
    const double background = own.everywhere + partner.everywhere;
    const bool same = row.own == row.partner;
    row.background = static_cast<Scalar>(background);
    row.own_peak = static_cast<Scalar>(background + own.on + (same ? partner.on : 0));
    row.partner_peak = static_cast<Scalar>(background + partner.on + (same ? own.on : 0));
    return row;
  };
  if (out.column_stride == 1) {
    for (Index b = 0; b < out.rows; ++b) {
      const Row row = row_of(b);
      Scalar* const first = out.data + b * out.row_stride;
      Index at = 0;
      const auto set = [&](Index column, Scalar value) {
        if (column < at) return;  // ignored, or both labels are the same class
        fill(first + at, column - at, row.background);
        first[column] = value;
        at = column + 1;
      };
      const bool own_first = row.own <= row.partner;
      set(own_first ? row.own : row.partner, own_first ? row.own_peak : row.partner_peak);
      set(own_first ? row.partner : row.own, own_first ? row.partner_peak : row.own_peak);
      fill(first + at, n_classes - at, row.background);
    }
  } else if (out.rows > 0) {
    for (Index b = 0; b < out.rows; ++b) out(b, 0) = row_of(b).background;
    for (Index column = 1; column < n_classes; ++column) {
      if (out.row_stride == 1)
        std::memcpy(static_cast<void*>(&out(0, column)), &out(0, 0),
                    static_cast<std::size_t>(out.rows) * sizeof(Scalar));
      else
        for (Index b = 0; b < out.rows; ++b) out(b, column) = out(b, 0);
    }
    for (Index b = 0; b < out.rows; ++b) {
      const Row row = row_of(b);
      if (row.partner >= 0) out(b, row.partner) = row.partner_peak;
      if (row.own >= 0) out(b, row.own) = row.own_peak;
    }
  }
}

template <class From, class Scalar>
void apply_to_dense(const Plan& plan, const TargetView<From>& y, const TargetView<Scalar>& out) {
  using Real = std::conditional_t<std::is_same_v<Work<Bare<From>>, double>, double, Work<Scalar>>;
  const auto mix = [&](Index b, Index column) {
    const double lambda = plan.lambda(b);
    const auto own = static_cast<Real>(y(b, column));
    // A share of nothing is not read: 0 * NaN is not 0.
    if (lambda == 1) return static_cast<Scalar>(own);
    const auto partner = static_cast<Real>(y(plan.indices[static_cast<std::size_t>(b)], column));
    if (lambda == 0) return static_cast<Scalar>(partner);
    return static_cast<Scalar>(static_cast<Real>(lambda) * own +
                               static_cast<Real>(1 - lambda) * partner);
  };
  if (out.column_stride <= out.row_stride) {
    for (Index b = 0; b < out.rows; ++b)
      for (Index column = 0; column < out.columns; ++column) out(b, column) = mix(b, column);
  } else {
    for (Index column = 0; column < out.columns; ++column)
      for (Index b = 0; b < out.rows; ++b) out(b, column) = mix(b, column);
  }
}

}  // namespace detail

/// Applies a plan to class ids: each row of the output is lambda of the sample's own class and
/// 1 - lambda of its partner's.
///
/// @param plan       drawn for this batch
/// @param ids        (B) integers in [0, n_classes), or the ignore id
/// @param n_classes  at least 1
/// @param y_out      (B, n_classes), floating: float, double, half, bfloat16; overwritten, each
///                   element once
/// @param options    label smoothing (each label is 1 - smoothing on its class and
///                   smoothing/n_classes everywhere), and an id whose share contributes nothing to
///                   the row
///
/// Rows sum to 1, less the shares of ignored ids. Weights are rounded once, to the output's scalar.
/// Aliasing: y_out must not overlap ids. Errors: a plan that does not fit, n_classes below 1 or
/// unlike y_out's width, ids out of range, smoothing outside [0, 1]; all before anything is
/// written. No draws. Never allocates. Source: Yun et al. 2019, equation 1.
template <class Y, class Out>
void mix_labels(const Plan& plan, const Y& ids, Index n_classes, Out&& y_out,
                const LabelOptions& options = {}) {
  if constexpr (detail::accepts_id_labels<Y, Out>()) {
    detail::check_id_labels(ids, n_classes, y_out, options);
    const auto from = detail::view_of(ids);
    detail::check_plan(plan, from.rows);
    detail::apply_to_ids(plan, from, n_classes, detail::view_of(y_out), options);
  }
}

/// Applies a plan to dense targets of any rank: y_out = lambda y + (1 - lambda) y[indices].
///
/// @param plan   drawn for this batch
/// @param dense  (B, ...): one-hot, soft or multi-label rows, sample weights (rank 1, floating);
///               any floating scalar, or integers of rank 2 and up
/// @param y_out  dense's shape, any floating scalar; overwritten, each element once
///
/// Computed in float, or in double where either side is double or dense is integer. A target whose
/// share is 0 is not read, so a NaN in it stays away. Aliasing: y_out must not overlap dense.
/// Errors: a plan that does not fit, shapes that differ; before anything is written. No draws.
/// Never allocates. Source: Yun et al. 2019, equation 1.
template <class Y, class Out>
void mix_labels(const Plan& plan, const Y& dense, Out&& y_out) {
  if constexpr (detail::accepts_dense_labels<Y, Out>()) {
    detail::check_dense_labels(dense, y_out);
    const auto from = detail::view_of(dense);
    detail::check_plan(plan, from.rows);
    detail::apply_to_dense(plan, from, detail::view_of(y_out));
  }
}

/// Gathers the partners' labels, y_out = y[indices], for those who mix the loss instead:
/// lambda loss(y) + (1 - lambda) loss(y_out), with lambda from the plan.
///
/// @param plan   drawn for this batch
/// @param y      (B, ...) ids or dense targets
/// @param y_out  y's shape and scalar; overwritten
///
/// Aliasing: y_out must not overlap y. Errors: as for mix_labels. No draws. Never allocates.
template <class Y, class Out>
void partner_labels(const Plan& plan, const Y& y, Out&& y_out) {
  if constexpr (detail::accepts_partner_labels<Y, Out>()) {
    detail::check_dense_labels(y, y_out);
    const auto from = detail::view_of(y);
    const auto to = detail::view_of(y_out);
    detail::check_plan(plan, from.rows);
    for (Index b = 0; b < to.rows; ++b)
      for (Index column = 0; column < to.columns; ++column)
        to(b, column) = from(plan.indices[static_cast<std::size_t>(b)], column);
  }
}

/// Applies a plan to masks: cut and pasted exactly where the pixels are, never interpolated.
///
/// @param device, plan, axes  as for mix_images
/// @param masks               (B, ..., H, W): segmentation maps, depth, the other image of a pair;
///                            integer or floating, with or without a channel axis
/// @param masks_out           masks' shape, scalar and layout; overwritten
///
/// Everything else is as for mix_images.
template <class Device, class M, class Out>
void mix_masks(const Device& device, const Plan& plan, const M& masks, Out&& masks_out,
               Axes axes = Axes::bchw) {
  mix_images(device, plan, masks, std::forward<Out>(masks_out), axes);
}

/// Applies a plan to masks on the caller's thread.
template <class M, class Out>
void mix_masks(const Plan& plan, const M& masks, Out&& masks_out, Axes axes = Axes::bchw) {
  mix_images(plan, masks, std::forward<Out>(masks_out), axes);
}

}  // namespace cutmix

#endif  // CUTMIX_TARGETS_HPP
