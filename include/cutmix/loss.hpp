#ifndef CUTMIX_LOSS_HPP
#define CUTMIX_LOSS_HPP

/// @file loss.hpp
/// What training does with mixed targets: a loss that takes them, and an accuracy that counts them.

#include <algorithm>
#include <cmath>
#include <string>
#include <type_traits>

#include "detail/target_view.hpp"
#include "plan.hpp"
#include "targets.hpp"

namespace cutmix {

namespace detail {

template <class T>
constexpr bool accepts_scores() {
  if constexpr (accepts_target<T>()) {
    constexpr bool scores = target_rank<T> == 2 && is_floating<TargetScalar<T>>;
    static_assert(scores,
                  "cutmix: logits, scores and their targets must be floating and of rank 2: (B, "
                  "n_classes)");
    return scores;
  }
  return false;
}

template <class T>
void check_scores(const T& scores, const char* name, Index rows, Index columns) {
  const auto view = view_of(scores);
  if (view.rows != rows || view.columns != columns)
    fail(std::string("shape of ") + name, shape_of(scores),
         "must be " + to_text(rows) + " x " + to_text(columns));
}

// The mean over the rows of log(sum exp z) sum t - sum t z. Calls visit(b, largest, sum, mass) for
// each row with what its derivative (softmax(z) sum t - t) needs. Shifting by the largest logit
// keeps every exponential in [0, 1].
template <class Logit, class Target, class Visit>
double mean_cross_entropy(const TargetView<Logit>& logits, const TargetView<Target>& targets,
                          const Visit& visit) {
  using Real = Work<Bare<Logit>>;
  const Index n = logits.columns;
  if (logits.rows == 0 || n == 0) return 0;
  double total = 0;
  for (Index b = 0; b < logits.rows; ++b) {
    Real largest = static_cast<Real>(logits(b, 0));
    for (Index j = 1; j < n; ++j) largest = std::max(largest, static_cast<Real>(logits(b, j)));
    Real sum = 0;
    double mass = 0, dot = 0;
    for (Index j = 0; j < n; ++j) {
      const Real shifted = static_cast<Real>(logits(b, j)) - largest;
      const auto target = static_cast<Real>(targets(b, j));
      sum += std::exp(shifted);
      mass += static_cast<double>(target);
      // A class of no weight may be at -inf.
      if (target != 0) dot += static_cast<double>(target * shifted);
    }
    visit(b, largest, sum, static_cast<Real>(mass));
    total += mass * std::log(static_cast<double>(sum)) - dot;
  }
  return total / static_cast<double>(logits.rows);
}

template <class Ids>
constexpr bool accepts_ids() {
  if constexpr (accepts_target<Ids>()) {
    static_assert(is_class_ids<Ids>, "cutmix: ids must be integers of rank 1");
    return is_class_ids<Ids>;
  }
  return false;
}

template <class Score, class Id>
double accuracy_of(const TargetView<Score>& scores, const TargetView<Id>& ids, const Plan& plan,
                   const LabelOptions& options) {
  double hit = 0, counted = 0;
  for (Index b = 0; b < scores.rows; ++b) {
    Index best = 0;
    for (Index j = 1; j < scores.columns; ++j)
      if (scores(b, j) > scores(b, best)) best = j;
    const auto count = [&](Index sample, double weight) {
      const auto id = ids(sample, 0);
      if (is_ignored(id, options)) return;
      counted += weight;
      if (static_cast<Index>(id) == best) hit += weight;
    };
    count(b, plan.lambda(b));
    count(plan.indices[static_cast<std::size_t>(b)], 1 - plan.lambda(b));
  }
  return counted > 0 ? hit / counted : 0;
}

}  // namespace detail

/// Computes the cross-entropy of logits against dense targets, mean over the batch.
///
/// @param logits   (B, n_classes), floating; a tensor, matrix or Map of either layout
/// @param targets  (B, n_classes), floating; rows need not sum to 1
/// @return         1/B sum_b -sum_j targets(b, j) log softmax(logits(b))_j; 0 for an empty batch
///
/// Stable for logits of any finite size. Computed in float, or in double for double. Errors: shapes
/// that differ. No draws. Never allocates.
template <class Logits, class Targets>
double soft_cross_entropy(const Logits& logits, const Targets& targets) {
  double loss = 0;
  if constexpr (detail::accepts_scores<Logits>() && detail::accepts_scores<Targets>()) {
    const auto z = detail::view_of(logits);
    detail::check_scores(targets, "targets", z.rows, z.columns);
    loss = detail::mean_cross_entropy(z, detail::view_of(targets), [](auto...) {});
  }
  return loss;
}

/// Computes the same and its gradient with respect to the logits.
///
/// @param logits    as above
/// @param targets   as above
/// @param gradient  (B, n_classes), floating; overwritten with (softmax(logits) sum_j targets -
///                  targets)/B. May be the same memory as logits, and otherwise must not overlap.
template <class Logits, class Targets, class Gradient>
double soft_cross_entropy(const Logits& logits, const Targets& targets, Gradient&& gradient) {
  double loss = 0;
  if constexpr (detail::accepts_scores<Logits>() && detail::accepts_scores<Targets>() &&
                detail::accepts_scores<Gradient>() && detail::accepts_output<Gradient>()) {
    const auto z = detail::view_of(logits);
    detail::check_scores(targets, "targets", z.rows, z.columns);
    detail::check_scores(gradient, "gradient", z.rows, z.columns);
    const auto t = detail::view_of(targets);
    const auto g = detail::view_of(gradient);
    detail::check_apart("gradient", g.data, detail::span_of(g), "targets", t.data,
                        detail::span_of(t));
    if (static_cast<const void*>(g.data) != static_cast<const void*>(z.data))
      detail::check_apart("gradient", g.data, detail::span_of(g), "logits", z.data,
                          detail::span_of(z));
    loss = detail::mean_cross_entropy(z, t, [&](Index b, auto largest, auto sum, auto mass) {
      using Real = decltype(sum);
      const Real scale = 1 / static_cast<Real>(z.rows);
      for (Index j = 0; j < z.columns; ++j) {
        const Real softmax = std::exp(static_cast<Real>(z(b, j)) - largest) / sum;
        const Real slope = (softmax * mass - static_cast<Real>(t(b, j))) * scale;
        g(b, j) = static_cast<detail::TargetScalar<Gradient>>(slope);
      }
    });
  }
  return loss;
}

/// Computes the training accuracy under mixed labels: each sample counts lambda where the best
/// score is its own class, and 1 - lambda where it is its partner's.
///
/// @param scores   (B, n_classes), any floating scalar; the first of equal scores is the best
/// @param ids      (B) class ids, integers
/// @param plan     the one that mixed the batch
/// @param options  its ignore id is left out of the mean
/// @return         in [0, 1]; 0 where nothing counts
///
/// Errors: a plan that does not fit, shapes that differ, ids out of range. No draws. Never
/// allocates.
template <class Scores, class Ids>
double mixed_accuracy(const Scores& scores, const Ids& ids, const Plan& plan,
                      const LabelOptions& options = {}) {
  double accuracy = 0;
  if constexpr (detail::accepts_scores<Scores>() && detail::accepts_ids<Ids>()) {
    const auto s = detail::view_of(scores);
    const auto y = detail::view_of(ids);
    detail::check_scores(scores, "scores", y.rows, s.columns);
    detail::check_n_classes(s.columns);
    detail::check_ids(y, s.columns, options);
    detail::check_plan(plan, y.rows);
    accuracy = detail::accuracy_of(s, y, plan, options);
  }
  return accuracy;
}

}  // namespace cutmix

#endif  // CUTMIX_LOSS_HPP
