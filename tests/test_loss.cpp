// The losses against their definitions in long double, their gradients against differences, and
// accuracy against counting.

#include <array>
#include <atomic>
#include <cmath>
#include <cutmix/eigen.hpp>
#include <cutmix/labels.hpp>
#include <cutmix/loss.hpp>
#include <limits>
#include <string>
#include <vector>

#include "random_logits.hpp"

using namespace testing;
using cutmix::binary_cross_entropy;
using cutmix::BinaryOptions;
using cutmix::LabelOptions;
using cutmix::mix_labels;
using cutmix::mixed_accuracy;
using cutmix::mixed_cross_entropy;
using cutmix::soft_cross_entropy;
using cutmix::view;

extern std::atomic<long> allocations;  // counted in counting_malloc.cpp

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("soft cross-entropy is its definition, and so is its gradient") {
  for (std::uint32_t seed = 700; seed < 1100; ++seed) {
    INFO("seed " << seed);
    Dice dice(seed);
    check_soft_loss(dice);
  }
}

TEST_CASE("rows of many classes") {
  for (std::uint32_t seed = 1; seed < 6; ++seed) {
    INFO("seed " << seed);
    Dice dice(seed);
    const Index n = many_columns - dice.roll(0, 60);
    Matrix logits = random_matrix(dice, 1, n, {ScalarKind::float64, 8}, false);
    Matrix targets = random_matrix(dice, 1, n, {ScalarKind::float32, 4}, false);
    fill(dice, logits, -9, 9);
    fill(dice, targets, 0, 1);
    const Answer answer = cross_entropy_by_definition(Numbers(logits), Numbers(targets));
    Matrix over = logits;
    check_all_forms(
        dice, logits, answer, [&](auto z) { return soft_cross_entropy(z, targets.view()); },
        [&](auto z, auto slopes) { return soft_cross_entropy(z, targets.view(), slopes); });
    BinaryOptions options;
    for (Index j = 0; j < n; ++j) options.positive_weights.push_back(3 * dice.share());
    const Answer binary = binary_by_definition(Numbers(over), Numbers(targets), options);
    check_all_forms(
        dice, over, binary,
        [&](auto z) { return binary_cross_entropy(z, targets.view(), options); },
        [&](auto z, auto slopes) {
          return binary_cross_entropy(z, targets.view(), slopes, options);
        });
  }
}

TEST_CASE("the loss of a sure network keeps its digits") {
  for (const double gap : {1.0, 10.0, 30.0, 40.0, 100.0, 600.0}) {
    const std::array<double, 3> logits{gap, 0, -1}, targets{1, 0, 0};
    const double loss =
        soft_cross_entropy(view(logits.data(), {1, 3}), view(targets.data(), {1, 3}));
    const double expected = std::log1p(std::exp(-gap) + std::exp(-1 - gap));
    CHECK(std::abs(loss - expected) <= 1e-12 * expected);
  }
}

TEST_CASE("its gradient is its derivative") {
  const std::uint32_t seed = 701;
  INFO("seed " << seed);
  Dice dice(seed);
  for (int i = 0; i < 50; ++i) {
    const Index B = dice.roll(1, 5), n = dice.roll(1, 7);
    Matrix logits = random_matrix(dice, B, n, {ScalarKind::float64, 8}, true);
    Matrix targets = random_matrix(dice, B, n, {ScalarKind::float64, 8}, true);
    Matrix gradient = random_matrix(dice, B, n, {ScalarKind::float64, 8}, true);
    fill(dice, logits, -4, 4);
    fill(dice, targets, 0, 1);
    const auto check = [&](const auto& loss_of) {
      for (Index b = 0; b < B; ++b)
        for (Index j = 0; j < n; ++j) {
          const double step = 1e-5, at = logits(b, j);
          logits.set(b, j, at + step);
          const double above = loss_of();
          logits.set(b, j, at - step);
          const double below = loss_of();
          logits.set(b, j, at);
          CHECK(std::abs(gradient(b, j) - (above - below) / (2 * step)) < 1e-8);
        }
    };
    soft_cross_entropy(logits.view(), targets.view(), gradient.view());
    check([&] { return soft_cross_entropy(logits.view(), targets.view()); });
    BinaryOptions options;
    for (Index j = 0; j < n; ++j) options.positive_weights.push_back(3 * dice.share());
    binary_cross_entropy(logits.view(), targets.view(), gradient.view(), options);
    check([&] { return binary_cross_entropy(logits.view(), targets.view(), options); });
    std::vector<int> ids;
    for (Index b = 0; b < B; ++b) ids.push_back(static_cast<int>(dice.roll(0, n - 1)));
    const Plan plan = random_plan(dice, {B, 5, 6}, true);
    LabelOptions smooth;
    smooth.smoothing = 0.3;
    mixed_cross_entropy(logits.view(), ids, plan, gradient.view(), smooth);
    check([&] { return mixed_cross_entropy(logits.view(), ids, plan, smooth); });
  }
}

TEST_CASE("logits of any finite size, and classes that are ruled out") {
  const auto most = static_cast<float>(3e38);
  const auto ruled_out = -std::numeric_limits<float>::infinity();
  const std::array<float, 9> logits{1e30f, 0, -1e30f, most, most, ruled_out, most, -most, -most};
  const std::array<float, 9> targets{1, 0, 0, 0.5f, 0.5f, 0, 1, 0, 0};
  std::array<float, 9> gradient{};
  const auto z = view(logits.data(), {3, 3}), t = view(targets.data(), {3, 3});
  const double loss = soft_cross_entropy(z, t, view(gradient.data(), {3, 3}));
  CHECK(loss == Approx(std::log(2.0) / 3).epsilon(1e-15));
  for (const float slope : gradient) CHECK(slope == 0);
  // As far off as floats can be.
  const std::array<float, 3> wrong{-most, most, -most}, first{1, 0, 0};
  std::array<float, 3> slopes{};
  CHECK(soft_cross_entropy(view(wrong.data(), {1, 3}), view(first.data(), {1, 3}),
                           view(slopes.data(), {1, 3})) == 2 * static_cast<double>(most));
  CHECK(slopes == std::array<float, 3>{-1, 1, 0});
  const std::array<int, 1> id{0};
  CHECK(mixed_cross_entropy(view(wrong.data(), {1, 3}), id, Plan::identity({1, 2, 2})) ==
        2 * static_cast<double>(most));
  // A class that is ruled out and was right after all costs everything.
  const std::array<float, 3> out{ruled_out, 0, 0};
  CHECK(soft_cross_entropy(view(out.data(), {1, 3}), view(first.data(), {1, 3})) == inf);
}

TEST_CASE("twenty million equal classes") {
  // Fault: a float sum saturates at 2^24. One scalar of stride 0 stands for all.
  const Index n = 20000000;
  const float logit = 1.5f;
  const auto z = view(&logit, {Index{1}, n}, {}, {0, 0});
  const float target = 1.0f / static_cast<float>(n);
  const double mass = static_cast<double>(target) * static_cast<double>(n);
  const double expected = mass * std::log(static_cast<double>(n));
  const double loss = soft_cross_entropy(z, view(&target, {Index{1}, n}, {}, {0, 0}));
  CHECK(std::abs(loss - expected) < 1e-8);  // the sum of the targets has an error of its own
  const std::array<int, 1> id{19999999};
  const double mixed = mixed_cross_entropy(z, id, Plan::identity({1, 2, 2}));
  CHECK(std::abs(mixed - std::log(static_cast<double>(n))) < 1e-12);
}

TEST_CASE("an empty batch and no classes cost nothing") {
  const std::vector<float> none;
  const std::vector<int> no_ids;
  const Plan plan{{0, 2, 2}, {}, {{{}, 1}}};
  const auto z = view(none.data(), {0, 3});
  CHECK(soft_cross_entropy(z, z) == 0);
  CHECK(binary_cross_entropy(z, z) == 0);
  CHECK(mixed_cross_entropy(z, no_ids, plan) == 0);
  CHECK(mixed_accuracy(z, no_ids, plan) == 0);
  const auto no_classes = view(none.data(), {3, 0});
  CHECK(soft_cross_entropy(no_classes, no_classes) == 0);
  CHECK(binary_cross_entropy(no_classes, no_classes) == 0);
}

TEST_CASE("a gradient over its logits has their memory, layout and scalar, or is refused") {
  // Fault: at the same address but of another layout or scalar it was silently wrong.
  alignas(double) std::array<double, 9> memory{};
  for (std::size_t i = 0; i < 9; ++i) memory[i] = static_cast<double>(i);
  const std::array<double, 9> before = memory;
  std::array<double, 9> targets{1, 0, 0, 0, 1, 0, 0, 0, 1};
  const std::vector<int> ids{0, 1, 2};
  const Plan plan = plan_of({1, 2, 0}, {0, 0, 1, 1}, 2, 2);
  Plan elsewhere = plan;
  elsewhere.shape.source = 3;
  const auto t = view(targets.data(), {3, 3});
  const auto refused = [&](const cutmix::ConstBatchView& z, const cutmix::BatchView& slopes,
                           int distance) {
    const std::string message =
        "cutmix: distance in bytes from logits to gradient = " + std::to_string(distance) +
        ", must leave no overlap";
    CHECK(error_of([&] { soft_cross_entropy(z, t, slopes); }) == message);
    CHECK(error_of([&] { binary_cross_entropy(z, t, slopes); }) == message);
    CHECK(error_of([&] { mixed_cross_entropy(z, ids, plan, slopes); }) == message);
    CHECK(error_of([&] { mixed_cross_entropy(z, ids, ids, elsewhere, slopes); }) == message);
    CHECK(memory == before);
  };
  double* const data = memory.data();
  const auto z = view(data, {3, 3});
  refused(z, view(data, {3, 3}, {}, {1, 3}), 0);
  refused(view(data, {3, 3}, "WB"), view(data, {3, 3}, "BW"), 0);
  refused(z, view(reinterpret_cast<float*>(data), {3, 3}), 0);
  refused(view(reinterpret_cast<float*>(data), {3, 3}), z, 0);
  refused(z, cutmix::BatchView(data, ScalarKind::half, 2, {3, 3}), 0);
  refused(z, view(data + 6, {3, 3}, {}, {-3, 1}), 48);  // the rows upside down
  // Other columns of the same rows, and the same columns of other rows.
  const auto t2 = view(targets.data(), {3, 2});
  const auto narrow = view(data, {3, 2}, {}, {3, 1});
  for (const auto& [slopes, distance] :
       {std::pair{view(data + 1, {3, 2}, {}, {3, 1}), 8},
        std::pair{view(data, {3, 2}, {}, {3, 2}), 0}, std::pair{view(data, {3, 2}, {}, {2, 1}), 0}})
    CHECK(error_of([&, g = slopes] { soft_cross_entropy(narrow, t2, g); }) ==
          "cutmix: distance in bytes from logits to gradient = " + std::to_string(distance) +
              ", must leave no overlap");
  CHECK(memory == before);
}

TEST_CASE("an axis of one position may have any stride") {
  // None is taken. Fault: in bytes it overflowed, which the sanitizers see; and a gradient over the
  // one row of logits was refused where only the distance of the next row, if there were one, was
  // another.
  const Index most = std::numeric_limits<Index>::max();
  const std::array<float, 3> targets{0, 1, 0};
  const std::array<int, 1> id{1};
  const Plan plan = Plan::identity({1, 2, 2});
  const auto t = view(targets.data(), {1, 3});
  for (const Index stride : {most, -most, Index{1} << 61}) {
    std::array<float, 3> z{1, 2, 3}, slopes{};
    const auto row = view(z.data(), {1, 3}, {}, {stride, Index{1}});
    const double loss = soft_cross_entropy(row, t, view(slopes.data(), {1, 3}));
    CHECK(loss == Approx(std::log1p(std::exp(1.0) + std::exp(-1.0))));
    CHECK(mixed_cross_entropy(row, view(id.data(), {1}, {}, {stride}), plan) == loss);
    CHECK(mixed_accuracy(row, id, plan) == 0);
    CHECK(soft_cross_entropy(view(z.data(), {1, 3}), t, row) == loss);
    CHECK(z == slopes);
    std::array<float, 2> column{0, 2};
    const auto c = view(column.data(), {2, 1}, {}, {Index{1}, stride});
    CHECK(soft_cross_entropy(c, view(targets.data(), {2, 1}), c) == 0);
    CHECK(column == std::array<float, 2>{});
  }
}

TEST_CASE("binary cross-entropy is its definition, and so is its gradient") {
  for (std::uint32_t seed = 1200; seed < 1600; ++seed) {
    INFO("seed " << seed);
    Dice dice(seed);
    check_binary_loss(dice);
  }
}

TEST_CASE("binary cross-entropy of a threshold, of weights and of infinite logits") {
  const std::array<double, 4> logits{0, 0, 0, 0}, targets{0.25, 0.5, 0.75, 1};
  std::array<double, 4> slopes{};
  const auto z = view(logits.data(), {1, 4}), t = view(targets.data(), {1, 4});
  const auto g = view(slopes.data(), {1, 4});
  BinaryOptions options;
  options.threshold = 0.5;  // above it: 0.75 and 1
  CHECK(binary_cross_entropy(z, t, g, options) == Approx(std::log(2.0)).epsilon(1e-15));
  CHECK(slopes == std::array<double, 4>{0.125, 0.125, -0.125, -0.125});
  options.positive_weights = {1, 1, 3, 0};
  CHECK(binary_cross_entropy(z, t, g, options) == Approx(1.25 * std::log(2.0)).epsilon(1e-15));
  CHECK(slopes == std::array<double, 4>{0.125, 0.125, -0.375, 0});

  const std::array<double, 4> sure{inf, -inf, 1e300, -1e300}, right{1, 0, 1, 0}, wrong{0, 1, 0, 1};
  CHECK(binary_cross_entropy(view(sure.data(), {1, 4}), view(right.data(), {1, 4}), g) == 0);
  CHECK(slopes == std::array<double, 4>{0, 0, 0, 0});
  CHECK(binary_cross_entropy(view(sure.data(), {1, 4}), view(wrong.data(), {1, 4}), g) == inf);
  CHECK(slopes == std::array<double, 4>{0.25, -0.25, 0.25, -0.25});
  CHECK(binary_cross_entropy(view(sure.data() + 2, {1, 2}), view(wrong.data() + 2, {1, 2})) ==
        1e300);
  // Small losses keep their digits.
  const std::array<double, 1> far{700}, one{1};
  const double least = std::exp(-700.0);
  CHECK(std::abs(binary_cross_entropy(view(far.data(), {1, 1}), view(one.data(), {1, 1})) -
                 least) <= 1e-12 * least);
}

TEST_CASE("the loss of class ids and a plan is that of mixed labels") {
  for (std::uint32_t seed = 1700; seed < 2100; ++seed) {
    INFO("seed " << seed);
    Dice dice(seed);
    check_loss_of_ids(dice);
  }
}

TEST_CASE("losses where every id is ignored are 0, and so is accuracy") {
  // Fault: NaN.
  const std::vector<int> ids{-1, -1};
  const Plan plan = plan_of({1, 0}, {0, 0, 1, 1}, 2, 2);
  const std::array<float, 6> logits{1, 2, 3, 4, 5, 6};
  std::array<float, 6> gradient{9, 9, 9, 9, 9, 9};
  LabelOptions options;
  options.ignore_id = -1;
  options.smoothing = 0.1;
  const auto z = view(logits.data(), {2, 3});
  CHECK(mixed_cross_entropy(z, ids, plan, view(gradient.data(), {2, 3}), options) == 0);
  CHECK(gradient == std::array<float, 6>{});
  CHECK(mixed_accuracy(z, ids, plan, options) == 0);
}

TEST_CASE("losses take what Eigen's users hold") {
  const std::uint32_t seed = 702;
  INFO("seed " << seed);
  Dice dice(seed);
  for (int i = 0; i < 20; ++i) {
    const Index B = dice.roll(1, 6), n = dice.roll(1, 9);
    const Eigen::MatrixXd logits = Eigen::MatrixXd::NullaryExpr(
        B, n, [&] { return static_cast<double>(dice.roll(-1000, 1000)) / 50; });
    const Eigen::MatrixXd targets =
        Eigen::MatrixXd::NullaryExpr(B, n, [&] { return dice.share(); });
    Eigen::Tensor<double, 2, Eigen::RowMajor> tensor(B, n);
    for (Index b = 0; b < B; ++b)
      for (Index j = 0; j < n; ++j) tensor(b, j) = logits(b, j);
    Eigen::MatrixXd gradient(B, n), in_place = logits;
    const double loss = soft_cross_entropy(logits, targets, gradient);
    CHECK(soft_cross_entropy(tensor, targets) == loss);
    const Eigen::MatrixXf small = logits.cast<float>(), small_targets = targets.cast<float>();
    CHECK(soft_cross_entropy(small, small_targets) == Approx(loss).epsilon(1e-6));
    CHECK(soft_cross_entropy(in_place, targets, in_place) == loss);
    CHECK(in_place == gradient);
    Eigen::Tensor<double, 2> columns(B, n);
    CHECK(soft_cross_entropy(tensor, targets, columns) == loss);
    CHECK(Eigen::Map<Eigen::MatrixXd>(columns.data(), B, n) == gradient);
    CHECK(soft_cross_entropy(logits.leftCols(1).eval(), targets.leftCols(1).eval()) == 0);
    // Parts of a matrix are views as well.
    Eigen::MatrixXd wide = Eigen::MatrixXd::Zero(B + 1, n + 2);
    wide.block(1, 1, B, n) = logits;
    CHECK(soft_cross_entropy(wide.block(1, 1, B, n), targets, wide.block(1, 1, B, n)) == loss);
    CHECK(wide.block(1, 1, B, n) == gradient);
  }
}

TEST_CASE("mixed accuracy counts both labels by their shares") {
  const Plan plan = plan_of({1, 2, 0}, {0, 0, 1, 1}, 2, 2);  // 3/4 and 1/4
  const std::array<float, 9> scores{9, 1, 0,                 // best 0: own class, 3/4
                                    0, 1, 9,                 // best 2: the partner's class, 1/4
                                    1, 1, 0};  // best 0, the first of equals: the partner's, 1/4
  const auto s = view(scores.data(), {3, 3});
  const std::array<int, 3> ids{0, 1, 2};
  CHECK(mixed_accuracy(s, ids, plan) == Approx((0.75 + 0.25 + 0.25) / 3));
  LabelOptions options;
  options.ignore_id = 2;  // sample 2 counts neither as itself nor as a partner
  CHECK(mixed_accuracy(s, ids, plan, options) == Approx((0.75 + 0.25) / (1 + 0.75 + 0.25)));
  // On an unmixed batch it is the accuracy.
  CHECK(mixed_accuracy(s, ids, Plan::identity({3, 2, 2})) == Approx(1.0 / 3));
  Plan elsewhere = plan;
  elsewhere.shape.source = 2;
  elsewhere.indices = {1, 0, 1};
  const std::array<std::uint8_t, 2> source{2, 0};  // the partners' classes are 0, 2, 0
  CHECK(mixed_accuracy(s, ids, source, elsewhere) == Approx((1 + 0.25 + 0.25) / 3));
}

TEST_CASE("mixed accuracy by counting, and what a perfect network reaches") {
  for (std::uint32_t seed = 2200; seed < 2500; ++seed) {
    INFO("seed " << seed);
    Dice dice(seed);
    BatchShape shape{dice.roll(1, 9), dice.roll(1, 5), dice.roll(1, 5), 1, -1};
    if (dice.coin()) shape.source = dice.roll(1, 5);
    const Index n = dice.roll(0, 29) == 0 ? many_columns : dice.roll(1, 6);
    const Plan plan = random_plan(dice, shape, true);
    LabelOptions options;
    if (dice.coin()) options.ignore_id = 0;
    std::vector<Index> ids, source;
    for (Index b = 0; b < shape.batch; ++b) ids.push_back(dice.roll(0, n - 1));
    for (Index b = 0; b < shape.source; ++b) source.push_back(dice.roll(0, n - 1));
    const std::vector<Index>& partners = shape.source < 0 ? ids : source;
    Matrix scores = random_matrix(dice, shape.batch, n, random_type(dice), false);
    for (Index b = 0; b < shape.batch; ++b)  // few values, so that there are ties
      for (Index j = 0; j < n; ++j) scores.set(b, j, static_cast<double>(dice.roll(-2, 2)));
    double hits = 0, all = 0;
    for (Index b = 0; b < shape.batch; ++b) {
      Index best = n;
      for (Index j = n; j-- > 0;)
        if (best == n || scores(b, j) >= scores(b, best)) best = j;
      const double kept = plan.lambda(b);
      const Index partner = partners[nth(plan.indices[nth(b)])];
      const auto count = [&](Index id, double share) {
        if (id == options.ignore_id) return;
        all += share, hits += id == best ? share : 0;
      };
      count(ids[nth(b)], kept), count(partner, 1 - kept);
    }
    const double expected = all > 0 ? hits / all : 0;
    CHECK((shape.source < 0 ? mixed_accuracy(scores.view(), ids, plan, options)
                            : mixed_accuracy(scores.view(), ids, source, plan, options)) ==
          Approx(expected).epsilon(1e-12));
  }
  // Right about the larger share alone: the mean of max(lambda, 1 - lambda).
  Plan plan{{4, 1, 8}, {1, 0, 3, 2}, {}};
  for (const Index width : {1, 3, 5, 8}) plan.patches.push_back({{0, 0, width, 1}, 1});
  const std::vector<int> ids{0, 1, 2, 3};
  std::array<double, 16> targets{};
  mix_labels(plan, ids, 4, view(targets.data(), {4, 4}));
  CHECK(mixed_accuracy(view(targets.data(), {4, 4}), ids, plan) ==
        Approx((7.0 / 8 + 5.0 / 8 + 5.0 / 8 + 1) / 4));
}

TEST_CASE("labels and losses allocate nothing") {
  const Index B = 7, n = many_columns;
  std::vector<float> logits(nth(B * n)), targets(nth(B * n)), gradient(nth(B * n));
  std::vector<std::int64_t> ids(nth(B)), partners(nth(B));
  const std::vector<std::uint8_t> source(9);
  Dice dice(5);
  const Plan plan = random_plan(dice, {B, 5, 6}, true);
  const Plan elsewhere = random_plan(dice, {B, 5, 6, 1, 9}, true);
  LabelOptions options;
  options.smoothing = 0.1;
  options.ignore_id = -1;
  BinaryOptions binary;
  binary.threshold = 0.2;
  binary.positive_weights.assign(nth(n), 2.0);
  const auto z = view(logits.data(), {B, n}), t = view(targets.data(), {B, n}),
             g = view(gradient.data(), {B, n});
  const auto turned_z = view(logits.data(), {n, B}, "WB"),
             turned_g = view(gradient.data(), {n, B}, "WB");
  double sum = 0;
  const long before = allocations;
  mix_labels(plan, ids, n, t, options);
  mix_labels(elsewhere, ids, source, n, t, options);
  mix_labels(plan, t, g);
  mix_labels(plan, turned_z, turned_g);
  cutmix::partner_labels(plan, ids, partners);
  sum += soft_cross_entropy(z, t) + soft_cross_entropy(turned_z, t, turned_g);
  sum += mixed_cross_entropy(z, ids, plan, options) +
         mixed_cross_entropy(z, ids, source, elsewhere, options) +
         mixed_cross_entropy(z, ids, plan, g, options) +
         mixed_cross_entropy(z, ids, source, elsewhere, g, options);
  sum += binary_cross_entropy(z, t, binary) + binary_cross_entropy(z, t, g, binary);
  sum += mixed_accuracy(z, ids, plan) + mixed_accuracy(z, ids, source, elsewhere);
  const long after = allocations;
  CHECK(after == before);
  CHECK(std::isfinite(sum));
  ::operator delete(::operator new(8));
  CHECK(allocations == before + 1);  // the counter counts
}
