// The loss against its definition in long double, its gradient against differences, and accuracy.

#include <cmath>
#include <limits>

#include "support.hpp"

using namespace testing;
using cutmix::mixed_accuracy;
using cutmix::soft_cross_entropy;

namespace {

double loss_by_definition(const Eigen::MatrixXd& logits, const Eigen::MatrixXd& targets) {
  long double total = 0;
  for (Index b = 0; b < logits.rows(); ++b) {
    long double sum = 0;
    for (Index j = 0; j < logits.cols(); ++j)
      sum += std::exp(static_cast<long double>(logits(b, j)));
    for (Index j = 0; j < logits.cols(); ++j)
      total -= targets(b, j) * (static_cast<long double>(logits(b, j)) - std::log(sum));
  }
  return static_cast<double>(total / static_cast<long double>(logits.rows()));
}

Eigen::MatrixXd random_matrix(Dice& dice, Index rows, Index columns, double scale) {
  return Eigen::MatrixXd::NullaryExpr(
      rows, columns, [&] { return scale * static_cast<double>(dice.roll(-1000, 1000)) / 1000; });
}

}  // namespace

TEST_CASE("soft cross-entropy is its definition") {
  const std::uint32_t seed = 700;
  INFO("seed " << seed);
  Dice dice(seed);
  for (int i = 0; i < 200; ++i) {
    const Index B = dice.roll(1, 6), n = dice.roll(1, 9);
    const Eigen::MatrixXd logits = random_matrix(dice, B, n, 20);
    const Eigen::MatrixXd targets = random_matrix(dice, B, n, 1).cwiseAbs();  // any row sums
    const double expected = loss_by_definition(logits, targets);
    CHECK(soft_cross_entropy(logits, targets) == Approx(expected).epsilon(1e-12).margin(1e-12));
    const Eigen::MatrixXf small = logits.cast<float>(), small_targets = targets.cast<float>();
    CHECK(soft_cross_entropy(small, small_targets) == Approx(expected).epsilon(1e-4).margin(1e-4));
    Eigen::Tensor<double, 2, Eigen::RowMajor> tensor(B, n);
    for (Index b = 0; b < B; ++b)
      for (Index j = 0; j < n; ++j) tensor(b, j) = logits(b, j);
    CHECK(soft_cross_entropy(tensor, targets) == Approx(expected).epsilon(1e-12).margin(1e-12));
  }
}

TEST_CASE("its gradient is its derivative") {
  const std::uint32_t seed = 701;
  INFO("seed " << seed);
  Dice dice(seed);
  for (int i = 0; i < 50; ++i) {
    const Index B = dice.roll(1, 5), n = dice.roll(1, 7);
    Eigen::MatrixXd logits = random_matrix(dice, B, n, 4), gradient(B, n);
    const Eigen::MatrixXd targets = random_matrix(dice, B, n, 1).cwiseAbs();
    const double loss = soft_cross_entropy(logits, targets, gradient);
    CHECK(loss == soft_cross_entropy(logits, targets));
    for (Index b = 0; b < B; ++b)
      for (Index j = 0; j < n; ++j) {
        const double step = 1e-5, at = logits(b, j);
        logits(b, j) = at + step;
        const double above = loss_by_definition(logits, targets);
        logits(b, j) = at - step;
        const double below = loss_by_definition(logits, targets);
        logits(b, j) = at;
        CHECK(std::abs(gradient(b, j) - (above - below) / (2 * step)) < 1e-8);
      }
    Eigen::MatrixXd in_place = logits;
    soft_cross_entropy(in_place, targets, in_place);
    CHECK(in_place == gradient);
  }
}

TEST_CASE("large logits stay finite") {
  Eigen::MatrixXf logits(2, 3), targets(2, 3), gradient(2, 3);
  logits << 1e30f, 0, -1e30f, 3e38f, 3e38f, -std::numeric_limits<float>::infinity();
  targets << 1, 0, 0, 0.5f, 0.5f, 0;
  const double loss = soft_cross_entropy(logits, targets, gradient);
  CHECK(loss == Approx(std::log(2.0) / 2));
  CHECK(gradient.allFinite());
  CHECK(gradient.cwiseAbs().maxCoeff() == 0);
}

TEST_CASE("an empty batch costs nothing") {
  CHECK(soft_cross_entropy(Eigen::MatrixXf(0, 3), Eigen::MatrixXf(0, 3)) == 0);
}

TEST_CASE("mixed accuracy counts both labels by their shares") {
  const Plan plan = plan_of({1, 2, 0}, {0, 0, 1, 1}, 2, 2);  // 3/4 and 1/4
  Eigen::MatrixXf scores(3, 3);
  scores << 9, 1, 0,  // best 0: own class, 3/4
      0, 1, 9,        // best 2: the partner's class, 1/4
      1, 1, 0;        // best 0, the first of equals: the partner's class, 1/4
  const Eigen::Vector3i ids(0, 1, 2);
  CHECK(mixed_accuracy(scores, ids, plan) == Approx((0.75 + 0.25 + 0.25) / 3));
  cutmix::LabelOptions options;
  options.ignore_id = 2;  // sample 2 counts neither as itself nor as a partner
  CHECK(mixed_accuracy(scores, ids, plan, options) == Approx((0.75 + 0.25) / (1 + 0.75 + 0.25)));
  // On an unmixed batch it is the accuracy.
  const Plan unmixed{{0, 1, 2}, {BBox{}}, {1}};
  CHECK(mixed_accuracy(scores, ids, unmixed) == Approx(1.0 / 3));
}
