#ifndef CUTMIX_LOSS_HPP
#define CUTMIX_LOSS_HPP

/// @file loss.hpp
/// What training does with mixed labels: losses that take them, and an accuracy that counts them.
///
/// Logits, scores, targets and gradients are (B, n_classes), floating, of anything that has a view.
/// All is computed in double: to 1e-12 relative for double logits, to 1e-6 for float (a gradient,
/// which is a difference, to as much of the larger of its terms). No draws, and nothing is
/// allocated. A gradient is with respect to the logits; it may be the logits themselves (the same
/// memory, strides and scalar), and must not overlap anything else.

#include <optional>
#include <type_traits>
#include <vector>

#include "plan.hpp"
#include "view.hpp"

namespace cutmix {

/// Computes the cross-entropy of logits against dense targets, mean over the batch.
///
/// @code
/// double loss = cutmix::soft_cross_entropy(logits, targets);
/// double same = cutmix::soft_cross_entropy(logits, targets, gradient);
/// @endcode
/// @param logits   stable for any finite size; a class of no weight may be at -inf
/// @param targets  rows need not sum to 1
/// @return         1/B sum_b -sum_j targets(b, j) log softmax(logits(b))_j; 0 for an empty batch
///
/// Errors: shapes that differ. Source: Yun et al. 2019, algorithm A1.
template <class Logits, class Targets>
double soft_cross_entropy(const Logits& logits, const Targets& targets);
/// The same and its gradient, (softmax(logits) sum_j targets - targets)/B, which is written.
template <class Logits, class Targets, class Gradient>
double soft_cross_entropy(const Logits& logits, const Targets& targets, Gradient&& gradient);

/// Computes the same against class ids and a plan: the loss of mix_labels' targets, which are never
/// made. For many classes, where dense targets are most of the memory.
///
/// @code
/// double loss = cutmix::mixed_cross_entropy(logits, ids, plan);
/// double same = cutmix::mixed_cross_entropy(logits, ids, plan, gradient);
/// @endcode
/// @param ids      (B) class ids in [0, n_classes), or the ignore id
/// @param plan     the one that mixed the batch
/// @param options  label smoothing and ignore id, as for mix_labels
///
/// Errors: a plan that does not fit, shapes that differ, ids out of range.
template <class Logits, class Ids>
double mixed_cross_entropy(const Logits& logits, const Ids& ids, const Plan& plan,
                           const LabelOptions& options = {});
/// Partners from a source of their own.
/// @param source_ids  the ids of the source that partners come from
template <class Logits, class Ids, class Source>
double mixed_cross_entropy(const Logits& logits, const Ids& ids, const Source& source_ids,
                           const Plan& plan, const LabelOptions& options = {});
/// The same and its gradient, which is written.
template <class Logits, class Ids, class Gradient,
          class = std::enable_if_t<detail::is_no_options<Gradient>>>
double mixed_cross_entropy(const Logits& logits, const Ids& ids, const Plan& plan,
                           Gradient&& gradient, const LabelOptions& options = {});
/// Partners from a source of their own, and the gradient.
template <class Logits, class Ids, class Source, class Gradient,
          class = std::enable_if_t<detail::is_no_options<Gradient>>>
double mixed_cross_entropy(const Logits& logits, const Ids& ids, const Source& source_ids,
                           const Plan& plan, Gradient&& gradient, const LabelOptions& options = {});

/// How binary_cross_entropy reads its targets.
struct BinaryOptions {
  std::optional<double> threshold;  ///< targets above it count as 1, others as 0; none: as they are
  std::vector<double> positive_weights;  ///< one a class: what its positive part counts; none: 1
};

/// Computes the binary cross-entropy of logits against dense targets, each class by itself, mean
/// over batch and classes.
///
/// @code
/// double loss = cutmix::binary_cross_entropy(logits, targets, gradient);
/// @endcode
/// @param targets  in [0, 1]
/// @return         the mean of -(w t log p + (1 - t) log(1 - p)) with p = 1/(1 + exp(-logit));
///                 0 for an empty batch
///
/// Stable for logits of any finite size. Errors: shapes that differ, a number of weights that does.
/// Source: timm's BinaryCrossEntropy (Wightman et al. 2021).
template <class Logits, class Targets>
double binary_cross_entropy(const Logits& logits, const Targets& targets,
                            const BinaryOptions& options = {});
/// The same and its gradient, which is written.
template <class Logits, class Targets, class Gradient,
          class = std::enable_if_t<detail::is_no_options<Gradient>>>
double binary_cross_entropy(const Logits& logits, const Targets& targets, Gradient&& gradient,
                            const BinaryOptions& options = {});

/// Computes the training accuracy under mixed labels: each sample counts lambda where the best
/// score is its own class, and 1 - lambda where it is its partner's.
///
/// @code
/// double accuracy = cutmix::mixed_accuracy(logits, ids, plan);
/// @endcode
/// @param scores   the first of equal scores is the best
/// @param ids      (B) class ids
/// @param plan     the one that mixed the batch
/// @param options  its ignore id is left out of the mean
/// @return         in [0, 1]; 0 where nothing counts
///
/// No network can reach 1 on mixed batches: a perfect one is right about the larger share alone, so
/// the best value is the mean of max(lambda, 1 - lambda) over samples of two classes: 3/4 where
/// lambda is uniform. Errors: a plan that does not fit, shapes that differ, ids out of range.
template <class Scores, class Ids>
double mixed_accuracy(const Scores& scores, const Ids& ids, const Plan& plan,
                      const LabelOptions& options = {});
/// Partners from a source of their own.
/// @param source_ids  the ids of the source that partners come from
template <class Scores, class Ids, class Source>
double mixed_accuracy(const Scores& scores, const Ids& ids, const Source& source_ids,
                      const Plan& plan, const LabelOptions& options = {});

}  // namespace cutmix

#include "detail/loss.hpp"

#endif  // CUTMIX_LOSS_HPP
