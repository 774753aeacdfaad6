// Plans: what is drawn, in which order, and that they can be kept.

#include <cmath>
#include <iomanip>
#include <locale>
#include <random>
#include <set>
#include <sstream>

#include "statistics.hpp"
#include "support.hpp"

using namespace testing;
using cutmix::make_plan;
using cutmix::Options;
using cutmix::Pairing;
using cutmix::Philox4x32;
using cutmix::Scope;

TEST_CASE("the default plan spends the draws of cutmix(), in its order") {
  Eigen::Tensor<float, 4, Eigen::RowMajor> x(6, 3, 11, 17);
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    Philox4x32 a(seed), b(seed), c(seed);
    Options options;
    options.alpha = 0.7;
    const Plan plan = make_plan(x, options, a);
    Plan by_hand;
    by_hand.indices = cutmix::gen_indices(x, b);
    const double lambda = cutmix::gen_cutmix_lambda(0.7, b);
    by_hand.boxes = {cutmix::rand_bbox(17, 11, lambda, b)};
    by_hand.lambdas = {cutmix::adjust_lambda(lambda, x, by_hand.boxes[0])};
    CHECK(plan == by_hand);
    CHECK(a == b);
    CHECK(make_plan(6, 11, 17, options, c) == plan);
  }
}

TEST_CASE("lambda of a plan is the share of pixels outside the box") {
  const std::uint32_t seed = 41;
  INFO("seed " << seed);
  Dice dice(seed);
  for (int i = 0; i < 3000; ++i) {
    Options options;
    options.alpha = 0.5;
    options.scope = i % 2 ? Scope::batch : Scope::sample;
    if (i % 3 == 1) options.box_law = cutmix::UniformLaw{};
    const Index B = dice.roll(1, 5), H = dice.roll(1, 20), W = dice.roll(1, 20);
    const Plan plan = make_plan(B, H, W, options, dice.engine());
    REQUIRE(plan.batch() == B);
    for (Index b = 0; b < B; ++b) {
      Index kept = 0;
      for (Index row = 0; row < H; ++row)
        for (Index column = 0; column < W; ++column) kept += !covers(plan.box(b), column, row);
      CHECK(std::abs(plan.lambda(b) - static_cast<double>(kept) / static_cast<double>(H * W)) <
            1e-15);
    }
  }
}

TEST_CASE("per-sample plans differ from sample to sample") {
  // Fault: one position shared by all samples in a per-sample mode.
  Options options;
  options.scope = Scope::sample;
  Philox4x32 rng(3);
  const Plan plan = make_plan(64, 100, 120, options, rng);
  std::set<Index> columns, rows;
  std::set<double> lambdas;
  for (Index b = 0; b < 64; ++b) {
    columns.insert(plan.box(b).x1 + plan.box(b).x2);
    rows.insert(plan.box(b).y1 + plan.box(b).y2);
    lambdas.insert(plan.lambda(b));
  }
  CHECK(columns.size() > 30);
  CHECK(rows.size() > 30);
  CHECK(lambdas.size() > 50);
}

TEST_CASE("the probability is applied once") {
  // Fault: applied twice, so that the rate is p^2. Binomial tests at false_alarm each.
  for (const double prob : {0.1, 0.5, 0.9}) {
    Options options;
    options.prob = prob;
    options.box_law = cutmix::MinMaxLaw(0.5, 0.5);
    Philox4x32 rng(51);
    double calls = 0, samples = 0;
    for (int i = 0; i < 20000; ++i) calls += !make_plan(2, 8, 8, options, rng).box(0).empty();
    options.scope = Scope::sample;
    for (int i = 0; i < 200; ++i) {
      const Plan plan = make_plan(100, 8, 8, options, rng);
      for (Index b = 0; b < 100; ++b) {
        samples += !plan.box(b).empty();
        if (plan.box(b).empty()) CHECK(plan.lambda(b) == 1);
      }
    }
    INFO("prob " << prob);
    CHECK(binomial_p(calls, 20000, prob) > false_alarm);
    CHECK(binomial_p(samples, 20000, prob) > false_alarm);
    CHECK(binomial_p(calls, 20000, prob * prob) < false_alarm);
  }
  Options never, always;
  never.prob = 0;
  Philox4x32 rng(52);
  for (int i = 0; i < 1000; ++i) {
    const Plan plan = make_plan(3, 8, 9, never, rng);
    CHECK((plan.boxes[0] == BBox{} && plan.lambdas[0] == 1));
    CHECK(plan.indices.size() == 3);
  }
}

TEST_CASE("draws do not depend on whether a call mixed") {
  for (const Scope scope : {Scope::batch, Scope::sample})
    for (const double prob : {0.0, 0.3, 0.999}) {
      Options options;
      options.prob = prob;
      options.scope = scope;
      const std::size_t boxes = scope == Scope::batch ? 1 : 7;
      for (int i = 0; i < 50; ++i) {
        Scripted32 narrow;
        make_plan(7, 9, 10, options, narrow);
        CHECK(narrow.spent() == 6 + boxes * (2 + 4 + 2));
        Scripted64 wide;
        make_plan(7, 9, 10, options, wide);
        CHECK(wide.spent() == 6 + boxes * (1 + 2 + 2));
      }
      options.prob = 1;  // no coin
      Scripted32 certain;
      make_plan(7, 9, 10, options, certain);
      CHECK(certain.spent() == 6 + boxes * (4 + 2));
      options.pairing = Pairing::rolled;
      Scripted32 rolled;
      make_plan(7, 9, 10, options, rolled);
      CHECK(rolled.spent() == boxes * (4 + 2));
    }
}

TEST_CASE("pairings") {
  Philox4x32 rng(61);
  Options options;
  options.pairing = Pairing::reversed;
  CHECK(make_plan(4, 5, 5, options, rng).indices == Indices{3, 2, 1, 0});
  options.pairing = Pairing::rolled;
  CHECK(make_plan(4, 5, 5, options, rng).indices == Indices{3, 0, 1, 2});
  CHECK(make_plan(1, 5, 5, options, rng).indices == Indices{0});
  options.pairing = Pairing::derangement;
  for (const Index B :
       {0, 1, 2, 3, 50})  // Fault: a fallback that throws at B = 2; a batch of one crashes
    for (int i = 0; i < 50; ++i) {
      const Plan plan = make_plan(B, 5, 5, options, rng);
      std::set<Index> partners(plan.indices.begin(), plan.indices.end());
      CHECK(static_cast<Index>(partners.size()) == B);
      for (Index b = 0; b < B && B > 1; ++b) CHECK(plan.indices[static_cast<std::size_t>(b)] != b);
    }
  options.indices = Indices{1, 1, 0};
  Scripted64 counted;
  CHECK(make_plan(3, 5, 5, options, counted).indices == Indices{1, 1, 0});
  CHECK(counted.spent() == 4);
}

TEST_CASE("alpha 0 mixes nothing, alpha inf cuts half") {
  Philox4x32 rng(62);
  Options options;
  options.alpha = 0;
  for (int i = 0; i < 100; ++i) {
    const Plan plan = make_plan(4, 16, 12, options, rng);
    CHECK((plan.box(0).empty() && plan.lambda(0) == 1));
  }
  options.alpha = std::numeric_limits<double>::infinity();
  options.box_law = cutmix::InsideLaw{};
  CHECK(std::abs(make_plan(4, 16, 12, options, rng).lambda(0) - 0.5) < 0.03);
}

TEST_CASE("a law of the caller's own, and one that draws nothing") {
  Options options;
  options.box_law = [](Index W, Index H, double, auto& rng) {
    const Index x = cutmix::detail::uniform_index(W, rng);
    return BBox{x, 0, x + 1, H};
  };
  Philox4x32 rng(63);
  const Plan plan = make_plan(4, 5, 10, options, rng);
  CHECK((plan.box(0).width() == 1 && plan.box(0).height() == 5));
  CHECK(plan.lambda(0) == 1 - 5.0 / 50);
}

TEST_CASE("axes tell rows from columns") {
  Philox4x32 rng(64);
  Options options;
  options.box_law = cutmix::MinMaxLaw(1, 1);
  Eigen::Tensor<float, 4> x(2, 3, 5, 7);
  CHECK(make_plan(x, options, rng).box(0) == BBox{0, 0, 7, 5});
  options.axes = Axes::bhwc;
  CHECK(make_plan(x, options, rng).box(0) == BBox{0, 0, 5, 3});
  options.axes = Axes::whcb;
  const Plan plan = make_plan(x, options, rng);
  CHECK(plan.box(0) == BBox{0, 0, 2, 3});
  CHECK(plan.batch() == 7);
}

TEST_CASE("empty batches, batches of one and images of one pixel are no errors") {
  Philox4x32 rng(65);
  for (const Scope scope : {Scope::batch, Scope::sample}) {
    Options options;
    options.scope = scope;
    const Plan none = make_plan(0, 4, 5, options, rng);
    CHECK((none.batch() == 0 && none.boxes.size() == 1));
    CHECK(make_plan(1, 1, 1, options, rng).batch() == 1);
  }
}

TEST_CASE("plans compare") {
  const Plan plan{{1, 0}, {{0, 0, 2, 3}}, {0.5}};
  CHECK(plan == Plan{{1, 0}, {{0, 0, 2, 3}}, {0.5}});
  CHECK(plan != Plan{{0, 1}, {{0, 0, 2, 3}}, {0.5}});
  CHECK(plan != Plan{{1, 0}, {{0, 0, 2, 2}}, {0.5}});
  CHECK(plan != Plan{{1, 0}, {{0, 0, 2, 3}}, {0.25}});
}

TEST_CASE("plans print and read back exactly") {
  std::ostringstream shown;
  shown << Plan{{1, 0}, {{0, 0, 2, 3}}, {0.5}};
  CHECK(shown.str() == "plan indices 2: 1 0 boxes 1: (0, 0, 2, 3) lambdas 1: 0.5");

  struct Commas : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  Philox4x32 rng(66);
  for (int i = 0; i < 300; ++i) {
    Options options;
    options.scope = i % 2 ? Scope::batch : Scope::sample;
    options.prob = 0.8;
    const Plan plan = make_plan(i % 7, 2000 + i, 3000, options, rng);
    std::stringstream text;
    if (i % 3 == 0) text.imbue(std::locale(text.getloc(), new Commas));
    if (i % 5 == 0) text << std::hex << std::setprecision(2);
    text << plan << ' ' << plan;
    Plan first, second;
    text >> first >> second;
    REQUIRE(text);
    CHECK(first == plan);
    CHECK(second == plan);
  }
}

TEST_CASE("a damaged text leaves the plan alone") {
  for (const char* text :
       {"", "plan", "plan indices 2: 1", "plan indices 1: 0 boxes 1: (0, 0, 2) lambdas 1: 1",
        "plan indices 99999999999999999: 1 0 boxes 0: lambdas 0:", "plan indices -1: boxes 0:",
        "plan indices 1: 0 boxes 1: (0, 0, 2, 3) lambdas 1: x"}) {
    INFO(text);
    std::istringstream in(text);
    Plan plan{{0}, {{0, 0, 1, 1}}, {0.75}};
    in >> plan;
    CHECK(in.fail());
    CHECK(plan == Plan{{0}, {{0, 0, 1, 1}}, {0.75}});
  }
}
