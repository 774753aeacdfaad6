#ifndef CUTMIX_TESTS_RANDOM_LOGITS_HPP
#define CUTMIX_TESTS_RANDOM_LOGITS_HPP

// Logits, targets and gradients that lie anywhere, and the losses by their definitions.

#include <algorithm>
#include <cmath>
#include <cutmix/labels.hpp>
#include <cutmix/loss.hpp>
#include <vector>

#include "naive.hpp"

namespace testing {

using Real = long double;

// ---- matrices that lie anywhere ----

// (B, n), or with letters also (n, B), of any strides.
struct Matrix {
  Block block;
  bool letters;

  Index rows() const { return block.placement().size('B'); }
  Index columns() const { return block.placement().size('W'); }
  Index offset(Index b, Index j) const { return dot(block.placement().strides_of("BW"), {b, j}); }
  double operator()(Index b, Index j) const {
    return number_at(block.kind(), block.at(offset(b, j)));
  }
  void set(Index b, Index j, double value) {
    put_number(block.kind(), value, block.at(offset(b, j)));
  }
  cutmix::BatchView view() { return block.view(letters); }
  cutmix::ConstBatchView view() const { return block.view(letters); }
};

inline Matrix random_matrix(Dice& dice, Index rows, Index columns, const ScalarType& type,
                            bool is_output) {
  PlacementStyle style = random_style(dice, is_output);
  if (dice.coin()) style.shuffled = true;
  const Placement placement = random_placement(dice, "BW", {rows, columns}, style);
  const bool letters = dice.coin();
  return {Block(letters && dice.coin() ? turned(placement, "WB") : placement, type.kind, type.bytes,
                nth(dice.roll(0, 5))),
          letters};
}

const ScalarType& random_type(Dice& dice) { return floating_types[dice.roll(0, 3)]; }

// Numbers of [low, high], as near as the scalar has them.
inline void fill(Dice& dice, Matrix& matrix, double low, double high) {
  for (Index b = 0; b < matrix.rows(); ++b)
    for (Index j = 0; j < matrix.columns(); ++j)
      matrix.set(b, j, low + (high - low) * static_cast<double>(dice.fill(0, 1000000)) / 1000000);
}

// The doubles of a matrix, to work on.
struct Numbers {
  Index rows, columns;
  std::vector<double> values;

  explicit Numbers(const Matrix& matrix) : rows(matrix.rows()), columns(matrix.columns()) {
    for (Index b = 0; b < rows; ++b)
      for (Index j = 0; j < columns; ++j) values.push_back(matrix(b, j));
  }
  double& operator()(Index b, Index j) { return values[nth(b * columns + j)]; }
  double operator()(Index b, Index j) const { return values[nth(b * columns + j)]; }
};

// ---- the definitions ----

// A loss, its gradient, and for each element of it the larger of what it is the difference of.
struct Answer {
  Real loss = 0;
  std::vector<Real> gradient, size;
};

inline Answer cross_entropy_by_definition(const Numbers& z, const Numbers& t) {
  Answer answer;
  const auto batch = static_cast<Real>(z.rows);
  for (Index b = 0; b < z.rows; ++b) {
    Real mass = 0;
    for (Index j = 0; j < z.columns; ++j) mass += static_cast<Real>(t(b, j));
    for (Index j = 0; j < z.columns; ++j) {
      Real others = 0;  // the sum of exp(z_k - z_j) over all other k
      for (Index k = 0; k < z.columns; ++k)
        if (k != j) others += std::exp(static_cast<Real>(z(b, k)) - static_cast<Real>(z(b, j)));
      if (t(b, j) != 0) answer.loss += static_cast<Real>(t(b, j)) * std::log1p(others) / batch;
      const Real part = mass / (1 + others) / batch, target = static_cast<Real>(t(b, j)) / batch;
      answer.gradient.push_back(part - target);
      answer.size.push_back(std::max(std::abs(part), std::abs(target)));
    }
  }
  return answer;
}

inline Answer binary_by_definition(const Numbers& z, const Numbers& t,
                                   const cutmix::BinaryOptions& options) {
  Answer answer;
  const auto count = static_cast<Real>(z.rows) * static_cast<Real>(z.columns);
  for (Index b = 0; b < z.rows; ++b)
    for (Index j = 0; j < z.columns; ++j) {
      const Real logit = static_cast<Real>(z(b, j));
      Real target = static_cast<Real>(t(b, j));
      if (options.threshold) target = t(b, j) > *options.threshold ? 1 : 0;
      const Real weight = options.positive_weights.empty()
                              ? 1
                              : static_cast<Real>(options.positive_weights[nth(j)]);
      const Real minus_log_p = std::log1p(std::exp(-logit));
      const Real minus_log_q = std::log1p(std::exp(logit));
      answer.loss += (weight * target * minus_log_p + (1 - target) * minus_log_q) / count;
      const Real p = std::exp(-minus_log_p), q = std::exp(-minus_log_q);
      answer.gradient.push_back(((1 - target) * p - weight * target * q) / count);
      answer.size.push_back(std::max((1 - target) * p, weight * target * q) / count);
    }
  return answer;
}

inline void check_loss(double loss, const Answer& answer) {
  const Real error = std::abs(static_cast<Real>(loss) - answer.loss);
  INFO("loss " << loss << ", by definition " << static_cast<double>(answer.loss));
  REQUIRE(error <= 1e-12L * std::abs(answer.loss));
}

// A gradient is rounded once to its scalar: to half of what separates neighbours.
inline void check_gradient(const Matrix& gradient, const Answer& answer) {
  const ScalarKind kind = gradient.block.kind();
  const Real relative = kind == ScalarKind::half       ? 0x1p-11L
                        : kind == ScalarKind::bfloat16 ? 0x1p-8L
                        : kind == ScalarKind::float32  ? 0x1p-24L
                                                       : 0;
  const Real least = kind == ScalarKind::half ? 0x1p-25L : 1e-40L;
  for (Index b = 0; b < gradient.rows(); ++b)
    for (Index j = 0; j < gradient.columns(); ++j) {
      const auto at = nth(b * gradient.columns() + j);
      const Real error = std::abs(static_cast<Real>(gradient(b, j)) - answer.gradient[at]);
      INFO("at " << b << ", " << j << ": " << gradient(b, j) << ", by definition "
                 << static_cast<double>(answer.gradient[at]));
      REQUIRE(error <= relative * std::abs(answer.gradient[at]) + 1e-12L * answer.size[at] + least);
    }
}

// Whether bytes outside the elements are still as they were made.
inline bool only_elements_written(const Matrix& matrix, const Block& before) {
  std::vector<Byte> memory = before.memory();
  for (Index b = 0; b < matrix.rows(); ++b)
    for (Index j = 0; j < matrix.columns(); ++j) {
      const std::size_t at = matrix.block.offset(matrix.offset(b, j));
      std::copy_n(matrix.block.memory().begin() + static_cast<std::ptrdiff_t>(at),
                  matrix.block.scalar_bytes(), memory.begin() + static_cast<std::ptrdiff_t>(at));
    }
  return memory == matrix.block.memory();
}

// Calls a loss without a gradient, with one elsewhere, and with one over the logits, and compares.
template <class Call, class CallWithGradient>
void check_all_forms(Dice& dice, Matrix& logits, const Answer& answer, const Call& call,
                     const CallWithGradient& call_with_gradient) {
  const std::vector<Byte> logits_before = logits.block.memory();
  const double loss = call(logits.view());
  check_loss(loss, answer);
  Matrix gradient = random_matrix(dice, logits.rows(), logits.columns(), random_type(dice), true);
  const Block before = gradient.block;
  REQUIRE(call_with_gradient(logits.view(), gradient.view()) == loss);
  check_gradient(gradient, answer);
  REQUIRE(only_elements_written(gradient, before));
  REQUIRE(logits.block.memory() == logits_before);
  const Indices& strides = logits.block.placement().strides;
  if (std::find(strides.begin(), strides.end(), 0) != strides.end()) return;
  const Block logits_block = logits.block;
  REQUIRE(call_with_gradient(logits.view(), logits.view()) == loss);
  check_gradient(logits, answer);
  REQUIRE(only_elements_written(logits, logits_block));
}

inline Index random_columns(Dice& dice) {
  return dice.roll(0, 9) == 0 ? dice.roll(60, 300) : dice.roll(1, 9);
}

// Blocks of rows end within these.
constexpr Index many_columns = 2100;

// ---- checks ----

// Soft cross-entropy is its definition, and so is its gradient.
inline void check_soft_loss(Dice& dice) {
  const bool many = dice.roll(0, 31) == 0;  // classes, more than are worked on at a time
  const Index B = many ? 1 : dice.roll(0, 6);
  const Index n = many ? dice.roll(1025, 1090) : random_columns(dice);
  Matrix logits = random_matrix(dice, B, n, random_type(dice), false);
  Matrix targets = random_matrix(dice, B, n, random_type(dice), false);
  const double scales[] = {1, 20, 300};
  const double scale = scales[dice.roll(0, 2)];
  fill(dice, logits, -scale, scale);
  if (many && dice.coin()) logits.set(0, n - 1, scale);  // the largest is among the last
  fill(dice, targets, 0, 1);                             // rows of any sum
  const Answer answer = cross_entropy_by_definition(Numbers(logits), Numbers(targets));
  check_all_forms(
      dice, logits, answer, [&](auto z) { return cutmix::soft_cross_entropy(z, targets.view()); },
      [&](auto z, auto slopes) { return cutmix::soft_cross_entropy(z, targets.view(), slopes); });
}

// Binary cross-entropy, likewise.
inline void check_binary_loss(Dice& dice) {
  const Index B = dice.roll(0, 6), n = random_columns(dice);
  Matrix logits = random_matrix(dice, B, n, random_type(dice), false);
  Matrix targets = random_matrix(dice, B, n, random_type(dice), false);
  const double scales[] = {1, 20, 300};
  const double scale = scales[dice.roll(0, 2)];
  fill(dice, logits, -scale, scale);
  fill(dice, targets, 0, 1);
  cutmix::BinaryOptions options;
  if (dice.coin()) options.threshold = dice.share();
  if (dice.coin())
    for (Index j = 0; j < n; ++j) options.positive_weights.push_back(3 * dice.share());
  const Answer answer = binary_by_definition(Numbers(logits), Numbers(targets), options);
  check_all_forms(
      dice, logits, answer,
      [&](auto z) { return cutmix::binary_cross_entropy(z, targets.view(), options); },
      [&](auto z, auto slopes) {
        return cutmix::binary_cross_entropy(z, targets.view(), slopes, options);
      });
}

// The loss of class ids and a plan is that of mixed labels.
inline void check_loss_of_ids(Dice& dice) {
  const Index n = dice.roll(0, 19) == 0 ? many_columns : random_columns(dice);
  BatchShape shape{dice.roll(0, n > 1000 ? 2 : 6), dice.roll(1, 5), dice.roll(1, 5), 1, -1};
  if (dice.coin()) shape.source = dice.roll(1, 9);
  const Plan plan = random_plan(dice, shape, true);
  cutmix::LabelOptions options;
  if (dice.coin()) options.smoothing = dice.share();
  if (dice.coin()) options.ignore_id = dice.coin() ? -1 : 0;
  const auto random_ids = [&](Index count) {
    std::vector<std::int16_t> ids;
    for (Index i = 0; i < count; ++i) {
      const bool ignored = options.ignore_id && dice.roll(0, 3) == 0;
      ids.push_back(static_cast<std::int16_t>(ignored ? *options.ignore_id : dice.roll(0, n - 1)));
    }
    return ids;
  };
  const auto ids = random_ids(shape.batch), source = random_ids(std::max(shape.source, Index{1}));
  Matrix logits = random_matrix(dice, shape.batch, n, random_type(dice), false);
  fill(dice, logits, -20, 20);
  std::vector<double> dense(nth(shape.batch * n));
  const auto targets = cutmix::view(dense.data(), {shape.batch, n});
  Matrix slopes = random_matrix(dice, shape.batch, n, {ScalarKind::float64, 8}, true);
  Answer answer;
  if (shape.source < 0)
    cutmix::mix_labels(plan, ids, n, targets, options);
  else
    cutmix::mix_labels(plan, ids, source, n, targets, options);
  answer.loss =
      static_cast<Real>(cutmix::soft_cross_entropy(logits.view(), targets, slopes.view()));
  for (Index b = 0; b < shape.batch; ++b)
    for (Index j = 0; j < n; ++j) {
      answer.gradient.push_back(static_cast<Real>(slopes(b, j)));
      answer.size.push_back(1 / static_cast<Real>(shape.batch));
    }
  check_all_forms(
      dice, logits, answer,
      [&](auto z) {
        return shape.source < 0 ? cutmix::mixed_cross_entropy(z, ids, plan, options)
                                : cutmix::mixed_cross_entropy(z, ids, source, plan, options);
      },
      [&](auto z, auto gradient) {
        return shape.source < 0
                   ? cutmix::mixed_cross_entropy(z, ids, plan, gradient, options)
                   : cutmix::mixed_cross_entropy(z, ids, source, plan, gradient, options);
      });
}

}  // namespace testing

#endif  // CUTMIX_TESTS_RANDOM_LOGITS_HPP
