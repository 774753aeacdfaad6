#ifndef CUTMIX_DETAIL_LOSS_HPP
#define CUTMIX_DETAIL_LOSS_HPP

// What loss.hpp declares.

#include <algorithm>
#include <cmath>
#include <string>

#include "../loss.hpp"
#include "kernels/labels.hpp"
#include "labels.hpp"

namespace cutmix {
namespace detail {

// ---- what can be known when compiling ----

template <class T>
constexpr bool accepts_scores() {
  if constexpr (accepts_view<T>()) {
    constexpr bool scores = (rank_of<T> < 0 || rank_of<T> == 2) && may_be_floating<T>;
    static_assert(scores,
                  "cutmix: logits, scores and their targets must be floating and of rank 2: (B, "
                  "n_classes)");
    return scores;
  }
  return false;
}

template <class Gradient>
constexpr bool accepts_gradient() {
  if constexpr (accepts_scores<Gradient>()) return accepts_output<Gradient>();
  return false;
}

// ---- checks ----

// A matrix with a row a sample.
template <class Scores>
auto rows_of(Scores& scores) {
  return rows_first(view(scores));
}

inline void check_scores(const char* name, const ConstBatchView& scores) {
  check_floating(name, scores);
  if (scores.rank() != 2) fail("rank of % = %, must be 2: (B, n_classes)", {name, scores.rank()});
}

inline void check_scores(const char* name, const ConstBatchView& scores, Index rows,
                         Index columns) {
  check_scores(name, scores);
  if (scores.size(0) != rows || scores.size(1) != columns)
    fail("shape of % = %, must be % x %", {name, shape_text(scores), rows, columns});
}

// The gradient may be the logits themselves: each row is read before it is written.
inline void check_gradient(const BatchView& gradient, const ConstBatchView& logits) {
  check_scores("gradient", gradient, logits.size(0), logits.size(1));
  check_unfolded("gradient", gradient);
  const bool same = gradient.data() == logits.data() && gradient.kind() == logits.kind() &&
                    step_of(gradient, 0) == step_of(logits, 0) &&
                    step_of(gradient, 1) == step_of(logits, 1);
  if (!same) check_apart("gradient", gradient, "logits", logits);
}

// Classes are columns, and at least one.
inline void check_ids_of_scores(const char* name, const ConstBatchView& scores,
                                const ConstBatchView& ids, const ConstBatchView* source,
                                const Plan& plan, const LabelOptions& options) {
  check_scores(name, scores);
  const IdLabels labels(ids, source);
  check_scores(name, scores, labels.own.count(), scores.size(1));
  const Index n_classes = class_count(scores.size(1));
  check_label_options(options);
  labels.own.check(n_classes, options);
  if (source) labels.partners.check(n_classes, options);
  check_plan_of_ids(plan, ids, source);
}

// ---- rows ----

// Rows of floating numbers, read and written a block at a time.
class ScoreRows {
 public:
  explicit ScoreRows(const ConstBatchView& view)
      : data_(static_cast<const Byte*>(view.data())),
        kind_(view.kind()),
        row_(step_of(view, 0)),
        column_(step_of(view, 1)) {}

  void load(Index b, Index column, Index n, double* out) const {
    load_run(kind_, data_ + b * row_ + column * column_, column_, n, out);
  }
  double at(Index b, Index column) const {
    double value = 0;
    load(b, column, 1, &value);
    return value;
  }

 private:
  const Byte* data_;
  ScalarKind kind_;
  Index row_, column_;
};

class GradientRows {
 public:
  explicit GradientRows(const BatchView& view)
      : data_(static_cast<Byte*>(view.data())),
        kind_(view.kind()),
        row_(step_of(view, 0)),
        column_(step_of(view, 1)) {}

  void store(Index b, Index column, Index n, const double* values) const {
    store_run(kind_, values, n, data_ + b * row_ + column * column_, column_);
  }

 private:
  Byte* data_;
  ScalarKind kind_;
  Index row_, column_;
};

// The numbers of a row that are worked on at a time.
constexpr Index row_block = 1024;

// Calls visit(column, n) for the blocks of a row.
template <class Visit>
void for_each_block(Index columns, const Visit& visit) {
  for (Index column = 0; column < columns; column += row_block)
    visit(column, std::min(row_block, columns - column));
}

// The cross-entropy of one row is mass log(sum) - dot, where shifting all logits by the largest
// keeps every exponential in [0, 1]. The largest's own, 1, is left out of the sum, so that the
// small loss of a sure network keeps its digits: log(sum) = log1p(rest). Targets are whatever
// load(b, column, n, out) gives. Of rows that are one block, as most are, the exponentials are kept
// for the gradient.
template <class LoadTargets>
double mean_cross_entropy(const ConstBatchView& logits, const LoadTargets& load_targets,
                          const BatchView* gradient) {
  const Index rows = logits.size(0), columns = logits.size(1);
  if (rows == 0 || columns == 0) return 0;
  const ScoreRows scores(logits);
  const double scale = 1 / static_cast<double>(rows);
  double z[row_block], t[row_block], total = 0;
  for (Index b = 0; b < rows; ++b) {
    double largest = scores.at(b, 0), rest = 0, mass = 0, dot = 0;
    Index best = 0;
    const auto load_exponentials = [&](Index column, Index n, const auto& visit) {
      scores.load(b, column, n, z);
      load_targets(b, column, n, t);
      for (Index i = 0; i < n; ++i) {
        const double shifted = z[i] - largest;
        z[i] = std::exp(shifted);
        visit(column + i, shifted, z[i], t[i]);
      }
    };
    for_each_block(columns, [&](Index column, Index n) {
      scores.load(b, column, n, z);
      for (Index i = 0; i < n; ++i)
        if (z[i] > largest) largest = z[i], best = column + i;
    });
    for_each_block(columns, [&](Index column, Index n) {
      load_exponentials(column, n, [&](Index j, double shifted, double exponential, double target) {
        if (j != best) rest += exponential;
        mass += target;
        if (target != 0) dot += target * shifted;  // a class of no weight may be at -inf
      });
    });
    total += mass * std::log1p(rest) - dot;
    if (gradient == nullptr) continue;
    const double softmax_scale = mass / (1 + rest) * scale;
    for_each_block(columns, [&](Index column, Index n) {
      if (columns > row_block) load_exponentials(column, n, [](Index, double, double, double) {});
      for (Index i = 0; i < n; ++i) z[i] = z[i] * softmax_scale - t[i] * scale;
      GradientRows(*gradient).store(b, column, n, z);
    });
  }
  return total * scale;
}

inline double cross_entropy_of_targets(const ConstBatchView& logits, const ConstBatchView& targets,
                                       const BatchView* gradient) {
  check_scores("logits", logits);
  check_scores("targets", targets, logits.size(0), logits.size(1));
  if (gradient) {
    check_gradient(*gradient, logits);
    check_apart("gradient", *gradient, "targets", targets);
  }
  const ScoreRows rows(targets);
  return mean_cross_entropy(
      logits, [&](Index b, Index column, Index n, double* out) { rows.load(b, column, n, out); },
      gradient);
}

inline double cross_entropy_of_ids(const ConstBatchView& logits, const ConstBatchView& ids,
                                   const ConstBatchView* source, const Plan& plan,
                                   const BatchView* gradient, const LabelOptions& options) {
  check_ids_of_scores("logits", logits, ids, source, plan, options);
  if (gradient) {
    check_gradient(*gradient, logits);
    check_apart("gradient", *gradient, "y", ids);
    if (source) check_apart("gradient", *gradient, "source_y", *source);
  }
  const RowsOfIds rows(plan, IdLabels(ids, source), logits.size(1), options, true);
  return mean_cross_entropy(
      logits,
      [&](Index b, Index column, Index n, double* out) {
        const Peaks peaks = rows.peaks(b);
        const RowValues values = rows.values(b, peaks);
        std::fill(out, out + n, values.background);
        const auto set = [&](Index id, double value) {
          if (id >= column && id < column + n) out[id - column] = value;
        };
        set(peaks.partner, values.partner);
        set(peaks.own, peaks.own == peaks.partner ? values.both : values.own);
      },
      gradient);
}

inline double mean_binary_cross_entropy(const ConstBatchView& logits, const ConstBatchView& targets,
                                        const BatchView* gradient, const BinaryOptions& options) {
  check_scores("logits", logits);
  const Index rows = logits.size(0), columns = logits.size(1);
  check_scores("targets", targets, rows, columns);
  const std::vector<double>& weights = options.positive_weights;
  if (!weights.empty() && static_cast<Index>(weights.size()) != columns)
    fail("size of positive_weights = %, must be %, the number of classes",
         {weights.size(), columns});
  if (gradient) {
    check_gradient(*gradient, logits);
    check_apart("gradient", *gradient, "targets", targets);
  }
  if (rows == 0 || columns == 0) return 0;
  const ScoreRows score_rows(logits), target_rows(targets);
  const double scale = 1 / (static_cast<double>(rows) * static_cast<double>(columns));
  double z[row_block], t[row_block], total = 0;
  for (Index b = 0; b < rows; ++b)
    for_each_block(columns, [&](Index column, Index n) {
      score_rows.load(b, column, n, z);
      target_rows.load(b, column, n, t);
      for (Index i = 0; i < n; ++i) {
        const double target = options.threshold ? (t[i] > *options.threshold ? 1 : 0) : t[i];
        const double weight = weights.empty() ? 1 : weights[static_cast<std::size_t>(column + i)];
        // -log p = softplus(-z) and -log(1 - p) = softplus(z), without overflow
        const double small = std::exp(-std::abs(z[i]));
        const double softplus = std::log1p(small) + std::max(z[i], 0.0);
        const double positive = weight * target, negative = 1 - target;
        // Where one part has no weight its logit may be infinite.
        if (positive != 0) total += positive * (std::log1p(small) + std::max(-z[i], 0.0));
        if (negative != 0) total += negative * softplus;
        const double p = z[i] >= 0 ? 1 / (1 + small) : small / (1 + small);
        const double q = z[i] >= 0 ? small / (1 + small) : 1 / (1 + small);
        z[i] = (negative * p - positive * q) * scale;
      }
      if (gradient) GradientRows(*gradient).store(b, column, n, z);
    });
  return total * scale;
}

inline double accuracy_of(const ConstBatchView& scores, const ConstBatchView& ids,
                          const ConstBatchView* source, const Plan& plan,
                          const LabelOptions& options) {
  check_ids_of_scores("scores", scores, ids, source, plan, options);
  const IdLabels labels(ids, source);
  const ScoreRows rows(scores);
  double z[row_block], hit = 0, counted = 0;
  for (Index b = 0; b < scores.size(0); ++b) {
    Index best = 0;
    double highest = rows.at(b, 0);
    for_each_block(scores.size(1), [&](Index column, Index n) {
      rows.load(b, column, n, z);
      for (Index i = 0; i < n; ++i)
        if (z[i] > highest) highest = z[i], best = column + i;
    });
    const auto count = [&](Index id, double weight) {
      if (id < 0) return;  // ignored
      counted += weight;
      if (id == best) hit += weight;
    };
    const double lambda = plan.lambda(b);
    count(labels.own.class_of(b, options), lambda);
    count(labels.partners.class_of(plan.indices[static_cast<std::size_t>(b)], options), 1 - lambda);
  }
  return counted > 0 ? hit / counted : 0;
}

}  // namespace detail

template <class Logits, class Targets>
double soft_cross_entropy(const Logits& logits, const Targets& targets) {
  double loss = 0;
  if constexpr (detail::accepts_scores<Logits>())
    if constexpr (detail::accepts_scores<Targets>())
      loss = detail::cross_entropy_of_targets(detail::rows_of(logits), detail::rows_of(targets),
                                              nullptr);
  return loss;
}

template <class Logits, class Targets, class Gradient>
double soft_cross_entropy(const Logits& logits, const Targets& targets, Gradient&& gradient) {
  double loss = 0;
  if constexpr (detail::accepts_scores<Logits>())
    if constexpr (detail::accepts_scores<Targets>())
      if constexpr (detail::accepts_gradient<Gradient>()) {
        const BatchView slopes = detail::rows_of(gradient);
        loss = detail::cross_entropy_of_targets(detail::rows_of(logits), detail::rows_of(targets),
                                                &slopes);
        detail::mark_written(gradient);
      }
  return loss;
}

namespace detail {

// Views whatever is given, and leaves out what is not.
template <class Logits, class Ids, class Source, class Gradient>
double mixed_cross_entropy_with(const Logits& logits, const Ids& ids, const Source* source_ids,
                                const Plan& plan, Gradient* gradient, const LabelOptions& options) {
  const ConstBatchView y = view(ids);
  std::optional<ConstBatchView> source;
  if constexpr (!std::is_void_v<Source>) source = view(*source_ids);
  std::optional<BatchView> slopes;
  if constexpr (!std::is_void_v<Gradient>) slopes = rows_of(*gradient);
  const double loss = cross_entropy_of_ids(rows_of(logits), y, source ? &*source : nullptr, plan,
                                           slopes ? &*slopes : nullptr, options);
  if constexpr (!std::is_void_v<Gradient>) mark_written(*gradient);
  return loss;
}

template <class Logits, class Ids>
constexpr bool accepts_logits_and_ids() {
  if constexpr (accepts_scores<Logits>()) return accepts_ids<Ids>();
  return false;
}

}  // namespace detail

template <class Logits, class Ids>
double mixed_cross_entropy(const Logits& logits, const Ids& ids, const Plan& plan,
                           const LabelOptions& options) {
  double loss = 0;
  if constexpr (detail::accepts_logits_and_ids<Logits, Ids>())
    loss = detail::mixed_cross_entropy_with(logits, ids, static_cast<const void*>(nullptr), plan,
                                            static_cast<void*>(nullptr), options);
  return loss;
}

template <class Logits, class Ids, class Source>
double mixed_cross_entropy(const Logits& logits, const Ids& ids, const Source& source_ids,
                           const Plan& plan, const LabelOptions& options) {
  double loss = 0;
  if constexpr (detail::accepts_logits_and_ids<Logits, Ids>())
    if constexpr (detail::accepts_ids<Source>())
      loss = detail::mixed_cross_entropy_with(logits, ids, &source_ids, plan,
                                              static_cast<void*>(nullptr), options);
  return loss;
}

template <class Logits, class Ids, class Gradient, class>
double mixed_cross_entropy(const Logits& logits, const Ids& ids, const Plan& plan,
                           Gradient&& gradient, const LabelOptions& options) {
  double loss = 0;
  if constexpr (detail::accepts_logits_and_ids<Logits, Ids>())
    if constexpr (detail::accepts_gradient<Gradient>())
      loss = detail::mixed_cross_entropy_with(logits, ids, static_cast<const void*>(nullptr), plan,
                                              &gradient, options);
  return loss;
}

template <class Logits, class Ids, class Source, class Gradient, class>
double mixed_cross_entropy(const Logits& logits, const Ids& ids, const Source& source_ids,
                           const Plan& plan, Gradient&& gradient, const LabelOptions& options) {
  double loss = 0;
  if constexpr (detail::accepts_logits_and_ids<Logits, Ids>())
    if constexpr (detail::accepts_ids<Source>())
      if constexpr (detail::accepts_gradient<Gradient>())
        loss = detail::mixed_cross_entropy_with(logits, ids, &source_ids, plan, &gradient, options);
  return loss;
}

template <class Logits, class Targets>
double binary_cross_entropy(const Logits& logits, const Targets& targets,
                            const BinaryOptions& options) {
  double loss = 0;
  if constexpr (detail::accepts_scores<Logits>())
    if constexpr (detail::accepts_scores<Targets>())
      loss = detail::mean_binary_cross_entropy(detail::rows_of(logits), detail::rows_of(targets),
                                               nullptr, options);
  return loss;
}

template <class Logits, class Targets, class Gradient, class>
double binary_cross_entropy(const Logits& logits, const Targets& targets, Gradient&& gradient,
                            const BinaryOptions& options) {
  double loss = 0;
  if constexpr (detail::accepts_scores<Logits>())
    if constexpr (detail::accepts_scores<Targets>())
      if constexpr (detail::accepts_gradient<Gradient>()) {
        const BatchView slopes = detail::rows_of(gradient);
        loss = detail::mean_binary_cross_entropy(detail::rows_of(logits), detail::rows_of(targets),
                                                 &slopes, options);
        detail::mark_written(gradient);
      }
  return loss;
}

template <class Scores, class Ids>
double mixed_accuracy(const Scores& scores, const Ids& ids, const Plan& plan,
                      const LabelOptions& options) {
  double accuracy = 0;
  if constexpr (detail::accepts_logits_and_ids<Scores, Ids>())
    accuracy = detail::accuracy_of(detail::rows_of(scores), view(ids), nullptr, plan, options);
  return accuracy;
}

template <class Scores, class Ids, class Source>
double mixed_accuracy(const Scores& scores, const Ids& ids, const Source& source_ids,
                      const Plan& plan, const LabelOptions& options) {
  double accuracy = 0;
  if constexpr (detail::accepts_logits_and_ids<Scores, Ids>())
    if constexpr (detail::accepts_ids<Source>()) {
      const ConstBatchView source = view(source_ids);
      accuracy = detail::accuracy_of(detail::rows_of(scores), view(ids), &source, plan, options);
    }
  return accuracy;
}

}  // namespace cutmix

#endif  // CUTMIX_DETAIL_LOSS_HPP
