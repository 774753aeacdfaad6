#ifndef CUTMIX_LABELS_HPP
#define CUTMIX_LABELS_HPP

/// @file labels.hpp
/// Applies a plan to labels.
///
/// Labels are anything that has a view: tensors, matrices, arrays, Maps, std::vector,
/// cutmix::view(...) of raw memory; the batch is their first axis, or their letter B. Integers of
/// rank 1 are class ids, everything else is dense: scalar and rank decide, never the values.

#include <type_traits>

#include "plan.hpp"
#include "view.hpp"

namespace cutmix {

/// Applies a plan to class ids: each row of the output is lambda of the sample's own class and
/// 1 - lambda of its partner's.
///
/// @code
/// cutmix::mix_labels(plan, ids, 10, targets);
/// cutmix::mix_labels(plan, ids, previous_ids, 10, targets);  // partners are in another batch
/// @endcode
/// @param plan       drawn for this batch
/// @param ids        (B) integers in [0, n_classes), or the ignore id
/// @param n_classes  at least 1, of any integer type
/// @param y_out      (B, n_classes), floating: float, double, half, bfloat16; overwritten
/// @param options    label smoothing (each label is 1 - smoothing + smoothing/n_classes on its
///                   class and smoothing/n_classes elsewhere), and an id whose share contributes
///                   nothing to the row
///
/// Rows sum to 1, less the shares of ignored ids. Computed in double from values and weights that
/// are rounded to float (for double targets: not rounded), and rounded once. Aliasing: y_out must
/// not overlap ids. Errors: a plan that does not fit, n_classes below 1 or unlike y_out's width,
/// ids out of range, smoothing outside [0, 1]; all before anything is written. No draws. Never
/// allocates. Source: Yun et al. 2019, equation 1.
template <class Y, class N, class Out, class = std::enable_if_t<std::is_arithmetic_v<N>>>
void mix_labels(const Plan& plan, const Y& ids, N n_classes, Out&& y_out,
                const LabelOptions& options = {});
/// Partners from a source of their own.
/// @param source_ids  (S) the ids of the source that partners come from
template <class Y, class Source, class N, class Out,
          class = std::enable_if_t<std::is_arithmetic_v<N> && !std::is_arithmetic_v<Source>>>
void mix_labels(const Plan& plan, const Y& ids, const Source& source_ids, N n_classes, Out&& y_out,
                const LabelOptions& options = {});

/// Applies a plan to dense targets of any rank: lambda y + (1 - lambda) partner's.
///
/// @code
/// cutmix::mix_labels(plan, one_hot, targets);
/// @endcode
/// @param plan   drawn for this batch
/// @param dense  (B, ...): one-hot, soft or multi-label rows, sample weights (rank 1, floating);
///               any floating scalar, or integers of rank 2 and up
/// @param y_out  dense's sizes, any floating scalar, any strides; overwritten, each element once
///
/// Computed in double, with weights rounded to float unless a scalar has more than 24 significant
/// bits, and rounded once. A target whose share is 0 is not read, so a NaN in it stays away.
/// Aliasing: y_out must not overlap dense. Errors: a plan that does not fit, sizes that differ;
/// before anything is written. No draws. Never allocates. Source: Yun et al. 2019, equation 1.
template <class Y, class Out>
void mix_labels(const Plan& plan, const Y& dense, Out&& y_out);
/// Partners from a source of their own.
/// @param source  where partners come from: dense's sizes but for the batch, its scalar
template <class Y, class Source, class Out, class = std::enable_if_t<!std::is_arithmetic_v<Source>>>
void mix_labels(const Plan& plan, const Y& dense, const Source& source, Out&& y_out);

/// Gathers the partners' labels for those who mix the loss instead:
/// lambda loss(y) + (1 - lambda) loss(y_out), with lambda from the plan.
///
/// @code
/// cutmix::partner_labels(plan, ids, partner_ids);
/// double mixed = plan.lambda(0) * loss(ids) + (1 - plan.lambda(0)) * loss(partner_ids);
/// @endcode
/// @param plan   drawn for this batch
/// @param y      (B, ...) ids or dense targets
/// @param y_out  y's sizes and scalar, any strides; overwritten
///
/// Aliasing: y_out must not overlap y. Errors: as for mix_labels. No draws. Never allocates.
template <class Y, class Out>
void partner_labels(const Plan& plan, const Y& y, Out&& y_out);
/// Partners from a source of their own.
/// @param source  where partners come from: y's sizes but for the batch, its scalar
template <class Y, class Source, class Out>
void partner_labels(const Plan& plan, const Y& y, const Source& source, Out&& y_out);

}  // namespace cutmix

#include "detail/labels.hpp"

#endif  // CUTMIX_LABELS_HPP
