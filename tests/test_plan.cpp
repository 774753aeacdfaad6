// Plans: what is drawn, in which order, and that they can be kept, replayed and stored.

#include <algorithm>
#include <atomic>
#include <cmath>
#include <iomanip>
#include <limits>
#include <random>
#include <set>
#include <sstream>
#include <type_traits>

#include "random_plans.hpp"
#include "statistics.hpp"

using namespace testing;
using cutmix::gen_cutmix_lambda;
using cutmix::make_plan;
using cutmix::Options;
using cutmix::Pairing;
using cutmix::Philox4x32;
using cutmix::Scope;
using cutmix::uniform_index;
using cutmix::uniform_unit;
using cutmix::UrbgRef;

extern std::atomic<long> allocations;  // counted in counting_malloc.cpp

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double quiet_nan = std::numeric_limits<double>::quiet_NaN();

Options with_scope(Scope scope) {
  Options options;
  options.scope = scope;
  if (scope == Scope::pair) options.pairing = Pairing::reversed;
  return options;
}

Plan drawn(const BatchShape& shape, const Options& options, std::uint32_t seed) {
  Philox4x32 rng(seed);
  return make_plan(shape, options, rng);
}

}  // namespace

// ---- a plan by hand ----

TEST_CASE("a plan is an aggregate that knows its boxes, blends and lambdas") {
  STATIC_REQUIRE(std::is_aggregate_v<Plan>);
  STATIC_REQUIRE(std::is_aggregate_v<Patch>);
  STATIC_REQUIRE(std::is_aggregate_v<BatchShape>);
  STATIC_REQUIRE(std::is_aggregate_v<BBox>);
  const Plan plan{{2, 24, 32}, {1, 0}, {{{8, 4, 24, 12}, 1}}};
  CHECK(plan.box(1) == BBox{8, 4, 24, 12});
  CHECK(plan.blend(1) == 1);
  CHECK(plan.lambda(1) == 1 - 128.0 / 768);
}

TEST_CASE("one patch serves all samples, or each has its own") {
  const Patch a{{0, 0, 1, 1}, 0.5}, b{{0, 0, 2, 1}, 1}, c{{0, 0, 1, 2}, 0.25};
  const Plan shared{{3, 4, 4}, {0, 1, 2}, {a}}, own{{3, 4, 4}, {0, 1, 2}, {a, b, c}};
  for (Index i = 0; i < 3; ++i) CHECK(shared.patch(i) == a);
  CHECK((own.patch(0) == a && own.patch(1) == b && own.patch(2) == c));
  CHECK((own.box(1) == b.box && own.blend(2) == 0.25));
  CHECK((own.lambda(0) == 1 - 0.5 / 16 && own.lambda(1) == 1 - 2.0 / 16));
}

TEST_CASE("a default plan mixes nothing") {
  const Plan plan;
  CHECK((plan.box(0).empty() && plan.blend(0) == 1 && plan.lambda(0) == 1));
  CHECK(plan.shape == BatchShape{0, 1, 1, 1, -1});
  CHECK((plan.indices.empty() && plan.patches.empty()));
}

TEST_CASE("lambda is the mean over the pixels of a sample's own part, counted") {
  const std::uint32_t seed = 41;
  INFO("seed " << seed);
  Dice dice(seed);
  for (int i = 0; i < 1000; ++i) {
    const BatchShape shape{dice.roll(1, 4), dice.roll(1, 12), dice.roll(1, 12), dice.roll(1, 3)};
    const Plan plan = random_plan(dice, shape, true);
    for (Index b = 0; b < shape.batch; ++b) {
      double own = 0;
      for (Index z = 0; z < shape.depth; ++z)
        for (Index y = 0; y < shape.height; ++y)
          for (Index x = 0; x < shape.width; ++x)
            own += covers(box_of(plan, b), x, y, z) ? 1 - patch_of(plan, b).blend : 1;
      const double all = double(shape.height * shape.width * shape.depth);
      INFO(plan);
      REQUIRE(std::abs(plan.lambda(b) - own / all) < 1e-12);
    }
  }
}

TEST_CASE("lambda of an image without pixels is 1") {
  // Fault: 0/0.
  CHECK(Plan::identity({3, 0, 5}).lambda(0) == 1);
  CHECK(Plan::identity({3, 5, 0}).lambda(2) == 1);
  CHECK(Plan::identity({3, 5, 5, 0}).lambda(1) == 1);
}

TEST_CASE("lambda never leaves [0, 1], up to 2^53 pixels") {
  // Fault: sides of 2^32 gave a label weight above 1.
  const Index side = Index{1} << 26;
  const BatchShape shape{1, side, 2 * side};
  const BBox all_but_one_row{0, 0, 2 * side, side - 1};
  CHECK(Plan{shape, {0}, {{whole(shape), 1}}}.lambda(0) == 0);
  CHECK(Plan{shape, {0}, {{all_but_one_row, 1}}}.lambda(0) == 0x1p-26);
  CHECK(Plan{shape, {0}, {{{5, 5, 6, 6}, 1}}}.lambda(0) == 1 - 0x1p-53);
}

TEST_CASE("plans compare by everything") {
  const Plan plan{{2, 5, 6, 3, 4}, {1, 0}, {{{0, 0, 2, 3, 1, 2}, 0.5}}};
  CHECK(plan == Plan(plan));
  CHECK_FALSE(plan != Plan(plan));
  for (Index BatchShape::*size : {&BatchShape::batch, &BatchShape::height, &BatchShape::width,
                                  &BatchShape::depth, &BatchShape::source}) {
    Plan other = plan;
    ++(other.shape.*size);
    CHECK(other != plan);
    CHECK_FALSE(other == plan);
    CHECK(other.shape != plan.shape);
  }
  Plan other = plan;
  other.indices[1] = 1;
  CHECK(other != plan);
  other = plan;
  other.patches[0].blend = 0.25;
  CHECK((other != plan && other.patches[0] != plan.patches[0]));
  other = plan;
  other.patches[0].box.y1 = 1;
  CHECK((other != plan && other.patches[0] != plan.patches[0]));
  other = plan;
  other.patches.push_back(plan.patches[0]);
  CHECK(other != plan);
}

TEST_CASE("the identity leaves every sample as it is") {
  const Plan plan = Plan::identity({3, 5, 7, 2});
  CHECK(plan.shape == BatchShape{3, 5, 7, 2});
  CHECK(plan.indices == Indices{0, 1, 2});
  for (Index b = 0; b < 3; ++b) CHECK((plan.box(b).empty() && plan.lambda(b) == 1));
}

TEST_CASE("the identity is a plan in order, for every shape") {
  for (const BatchShape& shape : {BatchShape{},
                                  {0, 5, 5},
                                  {3, 0, 5},
                                  {3, 5, 0},
                                  {3, 5, 5, 0},
                                  {1, 1, 1},
                                  {4, 5, 5, 1, 2},
                                  {4, 5, 5, 1, 9},
                                  {0, 5, 5, 1, 0},
                                  {0, 5, 5, 1, 3}}) {
    std::stringstream text;
    text << Plan::identity(shape);
    INFO(text.str());
    Plan read;
    text >> read;
    CHECK(text);
    CHECK(read == Plan::identity(shape));
  }
}

TEST_CASE("the identity needs a shape in order") {
  const Index most = std::numeric_limits<Index>::max();
  const auto error = [](const BatchShape& shape) {
    return error_of([&] { Plan::identity(shape); });
  };
  CHECK(error({-1, 5, 5}) == "cutmix: batch = -1, must be at least 0");
  CHECK(error({1, -1, 5}) == "cutmix: height = -1, must be at least 0");
  CHECK(error({1, 5, -1}) == "cutmix: width = -1, must be at least 0");
  CHECK(error({1, 5, 5, -1}) == "cutmix: depth = -1, must be at least 0");
  CHECK(error({1, 5, 5, 1, -2}) ==
        "cutmix: source = -2, must be at least 0, or -1 for the batch itself");
  CHECK(error({1, 5, 5, 1, 0}) ==
        "cutmix: source = 0, must be at least 1 where a batch needs partners");
  CHECK(error({1, most, most}) ==
        "cutmix: W x H x D = 9223372036854775807 x 9223372036854775807 x 1, must be at most 2^53 "
        "pixels");
  CHECK(error({1, most, most, 0}) == "no error");  // no pixels
}

// ---- what is drawn, and in which order ----

TEST_CASE("the default plan spends the draws of cutmix(), in its order") {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    Philox4x32 a(seed), b(seed);
    Options options;
    options.alpha = 0.7;
    const Plan plan = make_plan({6, 11, 17}, options, a);
    const Indices indices = cutmix::random_permutation(6, b);
    const double lambda = gen_cutmix_lambda(0.7, b);
    const BBox box = cutmix::rand_bbox(17, 11, lambda, b);
    CHECK(plan == Plan{{6, 11, 17}, indices, {{box, 1}}});
    CHECK(a == b);
  }
}

namespace {

template <class Urbg>
void check_composition(std::uint32_t seed, int cases) {
  INFO("seed " << seed);
  Dice dice(seed);
  for (int i = 0; i < cases; ++i) {
    const BatchShape shape = any_shape(dice);
    const Options options = any_options(dice, shape);
    Urbg rng(dice.engine()()), by_hand = rng;
    const Plan plan = make_plan(shape, options, rng);
    INFO("case " << i << ", " << plan);
    REQUIRE(plan == composed(shape, options, by_hand));
    REQUIRE(rng == by_hand);
  }
}

}  // namespace

TEST_CASE("every plan is the composition of public draws, 4000 random options") {
  check_composition<Philox4x32>(42, 3000);
  check_composition<std::mt19937_64>(43, 500);
  check_composition<std::minstd_rand>(44, 500);
}

TEST_CASE("a plan that is kept becomes what a new one would be") {
  const std::uint32_t seed = 45;
  INFO("seed " << seed);
  Dice dice(seed);
  Plan kept;
  for (int i = 0; i < 2000; ++i) {
    const BatchShape shape = any_shape(dice);
    const Options options = any_options(dice, shape);
    Philox4x32 a(dice.engine()()), b = a;
    make_plan(shape, options, a, kept);
    REQUIRE(kept == make_plan(shape, options, b));
    REQUIRE(a == b);
  }
}

TEST_CASE("a kept plan may give its own shape") {
  Philox4x32 a(46), b(46);
  Plan kept = make_plan({5, 6, 7}, Options{}, a);
  make_plan({5, 6, 7}, Options{}, b);
  make_plan(kept.shape, Options{}, a, kept);
  CHECK(kept == make_plan({5, 6, 7}, Options{}, b));
}

TEST_CASE("every plan is in order, as its text shows") {
  const std::uint32_t seed = 47;
  INFO("seed " << seed);
  Dice dice(seed);
  for (int i = 0; i < 2000; ++i) {
    const BatchShape shape = any_shape(dice);
    std::stringstream text;
    const Plan plan = make_plan(shape, any_options(dice, shape), dice.engine());
    Plan read;
    text << plan;
    text >> read;  // which checks
    REQUIRE(text);
    REQUIRE(read == plan);
  }
}

// ---- what drawing spends ----

namespace {

// The words of 32 bits that a plan costs, by the docstring of make_plan. A derangement's vary.
std::size_t words_of_draws(const BatchShape& shape, const Options& options, std::size_t law) {
  const Index B = shape.batch;
  const bool own = shape.source < 0 || shape.source == B;
  std::size_t words = 0;
  if (!options.indices && !own) words += nth(B);
  if (!options.indices && own && options.pairing == Pairing::random) words += nth(B) - 1;
  std::size_t patches = options.scope == Scope::batch ? 1 : nth(B);
  if (options.scope == Scope::pair) patches = (nth(B) + 1) / 2;  // reversed
  const std::size_t coin = options.prob < 1 ? 2 : 0, mixup = options.mixup_prob > 0 ? 2 + 4 : 0;
  return words + patches * (coin + 4 + law + mixup);
}

}  // namespace

TEST_CASE("what a plan spends follows from its options alone") {
  for (const Index depth : {1, 3})
    for (const Scope scope : all_scopes)
      for (const Pairing pairing : {Pairing::random, Pairing::reversed, Pairing::rolled})
        for (const double prob : {0.0, 0.3, 0.999, 1.0})
          for (const double mixup_prob : {0.0, 0.4, 1.0}) {
            if (scope == Scope::pair && pairing != Pairing::reversed) continue;
            const BatchShape shape{7, 9, 10, depth};
            Options options;
            options.scope = scope;
            options.pairing = pairing;
            options.prob = prob;
            options.mixup_prob = mixup_prob;
            const std::size_t law = depth > 1 ? 3 : 2;
            INFO("scope " << int(scope) << ", pairing " << int(pairing) << ", prob " << prob
                          << ", mixup_prob " << mixup_prob << ", depth " << depth);
            Scripted32 rng;
            std::size_t before = 0;
            for (int i = 0; i < 10; ++i, before = rng.spent()) {
              make_plan(shape, options, rng);
              CHECK(rng.spent() - before == words_of_draws(shape, options, law));
            }
            options.box_law = cutmix::MinMaxLaw(0.2, 0.7);
            make_plan(shape, options, rng);
            CHECK(rng.spent() - before == words_of_draws(shape, options, 2 * law));
          }
}

TEST_CASE("an engine of 64 bits spends a word on each word of 32 or 64") {
  Options options;
  options.scope = Scope::sample;
  options.prob = 0.5;
  options.mixup_prob = 0.5;
  Scripted64 rng;
  make_plan({7, 9, 10}, options, rng);
  CHECK(rng.spent() == 6 + 7 * (1 + 2 + 2 + 1 + 2));
}

TEST_CASE("given indices cost no draws, partners from a source one each") {
  const auto spent = [](const BatchShape& shape, const Options& options) {
    Scripted32 rng;
    make_plan(shape, options, rng);
    return rng.spent();
  };
  const BatchShape own{3, 9, 10}, other{3, 9, 10, 1, 8}, same{3, 9, 10, 1, 3};
  Options options;
  CHECK(spent(own, options) == 2 + 6);
  CHECK(spent(same, options) == 2 + 6);
  CHECK(spent(other, options) == 3 + 6);
  options.pairing = Pairing::derangement;
  options.indices = Indices{1, 1, 0};  // win over the pairing
  CHECK(spent(own, options) == 6);
  CHECK(spent(same, options) == 6);
  options.pairing = Pairing::random;
  options.indices = Indices{7, 7, 0};
  CHECK(spent(other, options) == 6);
}

TEST_CASE("what is drawn does not depend on how the coins fall") {
  // One sample, so no words for its partner: the coin, lambda, the centre, MixUp's coin and lambda.
  const std::vector<std::uint32_t> low{0u, 0u}, high{0xFFFFFFFFu, 0xFFFFFFFFu};
  const std::vector<std::uint32_t> lambda{0x80000000u, 0u, 0x12345678u, 0u};
  const std::vector<std::uint32_t> centre{0x40000000u, 0x80000001u};
  const std::vector<std::uint32_t> mixup_lambda{0x40000000u, 0u, 0x23456789u, 0u};
  Scripted32 cut_rng(lambda), mixup_rng(mixup_lambda);
  const double cut = gen_cutmix_lambda(1, cut_rng);
  const double blend = 1 - gen_cutmix_lambda(1, mixup_rng);
  Scripted32 none;
  const Patch cutmix_patch{cutmix::rand_bbox(32, 24, cut, none, 8, 12), 1};
  REQUIRE_FALSE(cutmix_patch.box.empty());

  Options options;
  options.prob = options.mixup_prob = 0.5;
  const auto patch_of_coins = [&](const auto& coin, const auto& mixup_coin) {
    std::vector<std::uint32_t> words;
    for (const auto& part : {coin, lambda, centre, mixup_coin, mixup_lambda})
      words.insert(words.end(), part.begin(), part.end());
    Scripted32 rng(words);
    const Plan plan = make_plan({1, 24, 32}, options, rng);
    CHECK(rng.spent() == words.size());
    return plan.patch(0);
  };
  CHECK(patch_of_coins(low, high) == cutmix_patch);
  CHECK(patch_of_coins(low, low) == Patch{{0, 0, 32, 24}, blend});
  CHECK(patch_of_coins(high, high) == Patch{});
  CHECK(patch_of_coins(high, low) == Patch{});
}

// ---- whether, and which ----

TEST_CASE("the probability is applied once") {
  // Fault: applied twice, so that the rate is p^2. Binomial tests at false_alarm each.
  for (const double prob : {0.1, 0.5, 0.9}) {
    Options options;
    options.prob = prob;
    options.box_law = cutmix::MinMaxLaw(0.5, 0.5);
    Philox4x32 rng(51);
    double calls = 0, samples = 0;
    for (int i = 0; i < 20000; ++i) calls += !make_plan({2, 8, 8}, options, rng).box(0).empty();
    options.scope = Scope::sample;
    for (int i = 0; i < 200; ++i) {
      const Plan plan = make_plan({100, 8, 8}, options, rng);
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
}

TEST_CASE("a probability of 0 mixes nothing") {
  Options never;
  never.prob = 0;
  never.mixup_prob = 0.5;
  Philox4x32 rng(52);
  for (int i = 0; i < 1000; ++i) {
    const Plan plan = make_plan({3, 8, 9}, never, rng);
    CHECK((plan.patches == std::vector<Patch>{Patch{}} && plan.lambda(0) == 1));
    CHECK(plan.indices.size() == 3);
  }
}

TEST_CASE("CutMix, MixUp and neither have their shares") {
  for (const Scope scope : all_scopes)
    for (const auto& [prob, mixup_prob] : {std::pair{1.0, 0.5}, std::pair{0.7, 0.2}}) {
      Options options = with_scope(scope);
      options.prob = prob;
      options.mixup_prob = mixup_prob;
      options.box_law = cutmix::MinMaxLaw(0.5, 0.5);  // never nothing, never all
      const BatchShape shape{12, 8, 8};
      const std::size_t step = scope == Scope::pair ? 2 : 1;
      Philox4x32 rng(53);
      double cut = 0, blended = 0, neither = 0;
      for (int i = 0; i < 3000; ++i) {
        const Plan plan = make_plan(shape, options, rng);
        // Of a pair, one: the first half of the batch.
        for (std::size_t p = 0; p < plan.patches.size() / step; ++p) {
          const Patch& patch = plan.patches[p];
          cut += !patch.box.empty() && patch.box != whole(shape) && patch.blend == 1;
          blended += patch.box == whole(shape) && patch.blend > 0 && patch.blend < 1;
          neither += patch == Patch{};
        }
      }
      const double n = cut + blended + neither;
      INFO("scope " << int(scope) << ", prob " << prob << ", mixup_prob " << mixup_prob);
      CHECK(n == 3000 * (scope == Scope::batch ? 1 : scope == Scope::pair ? 6 : 12));
      // 15 tests at false_alarm each
      CHECK(binomial_p(cut, n, prob * (1 - mixup_prob)) > false_alarm);
      CHECK(binomial_p(blended, n, prob * mixup_prob) > false_alarm);
      if (prob < 1) CHECK(binomial_p(neither, n, 1 - prob) > false_alarm);
      if (prob == 1) CHECK(neither == 0);
    }
}

TEST_CASE("MixUp blends the whole image, and lambda follows its alpha") {
  for (const double mixup_alpha : {0.2, 1.0, 4.0}) {
    Options options;
    options.alpha = 0.6;  // CutMix's, and of no influence
    options.mixup_prob = 1;
    options.mixup_alpha = mixup_alpha;
    options.scope = Scope::sample;
    const BatchShape shape{100, 6, 5, 4};
    Philox4x32 rng(54);
    std::vector<double> lambdas;
    for (int i = 0; i < 300; ++i) {
      const Plan plan = make_plan(shape, options, rng);
      for (Index b = 0; b < 100; ++b) {
        lambdas.push_back(plan.lambda(b));
        if (plan.patch(b) == Patch{}) continue;  // a lambda of 1
        REQUIRE(plan.box(b) == BBox{0, 0, 5, 6, 0, 4});
        REQUIRE(plan.lambda(b) == 1 - plan.blend(b));
      }
    }
    INFO("mixup_alpha " << mixup_alpha);  // three tests at false_alarm each
    CHECK(kolmogorov_smirnov_p(lambdas, [&](long double x) { return beta_cdf(mixup_alpha, x); }) >
          false_alarm);
    CHECK(kolmogorov_smirnov_p(lambdas, [&](long double x) {
            return beta_cdf(mixup_alpha * 1.2L, x);
          }) < false_alarm);
  }
}

TEST_CASE("MixUp at the ends of its alpha") {
  Options options;
  options.mixup_prob = 1;
  options.mixup_alpha = 0;
  CHECK(drawn({4, 5, 6}, options, 55).patch(0) == Patch{});  // nothing, not a whole box of blend 0
  options.mixup_alpha = inf;
  CHECK(drawn({4, 5, 6}, options, 55).patch(0) == Patch{{0, 0, 6, 5}, 0.5});
}

TEST_CASE("alpha 0 mixes nothing, alpha inf cuts half") {
  Philox4x32 rng(62);
  Options options;
  options.alpha = 0;
  for (int i = 0; i < 100; ++i) {
    const Plan plan = make_plan({4, 16, 12}, options, rng);
    CHECK((plan.box(0).empty() && plan.lambda(0) == 1));
  }
  options.alpha = inf;
  options.box_law = cutmix::InsideLaw{};
  CHECK(std::abs(make_plan({4, 16, 12}, options, rng).lambda(0) - 0.5) < 0.03);
}

// ---- scopes ----

TEST_CASE("per-sample plans differ from sample to sample") {
  // Fault: one position shared by all samples in a per-sample mode.
  const Plan plan = drawn({64, 100, 120}, with_scope(Scope::sample), 3);
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

TEST_CASE("a batch shares one patch, and samples or pairs have one each") {
  for (const Index B : {1, 2, 5, 8}) {
    CHECK(drawn({B, 9, 9}, with_scope(Scope::batch), 4).patches.size() == 1);
    CHECK(drawn({B, 9, 9}, with_scope(Scope::sample), 4).patches.size() == nth(B));
    CHECK(drawn({B, 9, 9}, with_scope(Scope::pair), 4).patches.size() == nth(B));
  }
}

TEST_CASE("a pair shares its patch, and pairs differ from one another") {
  const std::uint32_t seed = 56;
  INFO("seed " << seed);
  Dice dice(seed);
  for (int i = 0; i < 200; ++i) {
    Options options = with_scope(Scope::pair);
    options.mixup_prob = 0.3;
    const Index B = dice.roll(1, 9);  // odd ones too: somebody is left with himself
    if (dice.coin()) options.indices = random_involution(dice, B);
    const Plan plan = make_plan({B, 50000, 40000}, options, dice.engine());
    std::set<double> lambdas;
    Index pairs = 0;
    for (Index b = 0; b < B; ++b) {
      const Index partner = plan.indices[nth(b)];
      REQUIRE(plan.patch(b) == plan.patch(partner));
      REQUIRE(plan.indices[nth(partner)] == b);
      if (partner >= b) ++pairs, lambdas.insert(plan.lambda(b));
    }
    // Two areas of so many pixels are equal by chance in one of a million seeds.
    REQUIRE(static_cast<Index>(lambdas.size()) == pairs);
  }
}

TEST_CASE("pairs draw once, at their lower index") {
  Options options = with_scope(Scope::pair);
  options.indices = Indices{3, 1, 4, 0, 2};  // 0 with 3, 1 alone, 2 with 4
  Philox4x32 a(57), b(57);
  const Plan plan = make_plan({5, 30, 40}, options, a);
  std::vector<Patch> drawn_in_order;
  for (int i = 0; i < 3; ++i) {
    const double lambda = gen_cutmix_lambda(1, b);
    drawn_in_order.push_back({cutmix::rand_bbox(40, 30, lambda, b), 1});
  }
  CHECK(a == b);
  CHECK(plan.patches == std::vector<Patch>{drawn_in_order[0], drawn_in_order[1], drawn_in_order[2],
                                           drawn_in_order[0], drawn_in_order[2]});
}

TEST_CASE("pairs that are none are errors") {
  Scripted32 rng;
  const auto error = [&](const BatchShape& shape, const Options& options) {
    return error_of([&] { make_plan(shape, options, rng); });
  };
  Options options = with_scope(Scope::pair);
  for (const Pairing pairing : {Pairing::random, Pairing::derangement, Pairing::rolled}) {
    options.pairing = pairing;
    CHECK(error({4, 5, 5}, options) ==
          "cutmix: pairing = " + std::to_string(int(pairing)) +
              ", must be reversed where pairs share a patch, or indices given");
  }
  options.indices = Indices{1, 2, 0};  // a cycle of three
  CHECK(error({3, 5, 5}, options) ==
        "cutmix: indices[0] = 1, must be a sample whose partner is 0: pairs share a patch");
  options.indices = Indices{1, 0, 1};
  CHECK(error({3, 5, 5}, options) ==
        "cutmix: indices[2] = 1, must be a sample whose partner is 2: pairs share a patch");
  CHECK(error({3, 5, 5, 1, 7}, options) ==
        "cutmix: source = 7, must be the batch itself where pairs share");
  CHECK(rng.spent() == 0);
}

// ---- pairings and sources ----

TEST_CASE("pairings") {
  Options options;
  options.pairing = Pairing::reversed;
  CHECK(drawn({4, 5, 5}, options, 61).indices == Indices{3, 2, 1, 0});
  options.pairing = Pairing::rolled;
  CHECK(drawn({4, 5, 5}, options, 61).indices == Indices{3, 0, 1, 2});
  CHECK(drawn({1, 5, 5}, options, 61).indices == Indices{0});
  CHECK(drawn({0, 5, 5}, options, 61).indices.empty());
}

TEST_CASE("derangements of every batch") {
  // Faults: a fallback that throws at B = 2; a batch of one crashes.
  Philox4x32 rng(61);
  Options options;
  options.pairing = Pairing::derangement;
  for (const Index B : {0, 1, 2, 3, 50})
    for (int i = 0; i < 50; ++i) {
      const Plan plan = make_plan({B, 5, 5}, options, rng);
      std::set<Index> partners(plan.indices.begin(), plan.indices.end());
      CHECK(static_cast<Index>(partners.size()) == B);
      for (Index b = 0; b < B && B > 1; ++b) CHECK(plan.indices[nth(b)] != b);
    }
}

TEST_CASE("given indices win over the pairing, and may repeat") {
  for (const Pairing pairing : all_pairings) {
    Options options;
    options.pairing = pairing;
    options.indices = Indices{1, 1, 0};
    CHECK(drawn({3, 5, 5}, options, 61).indices == Indices{1, 1, 0});
  }
}

TEST_CASE("partners from a source are uniform, and each is drawn for itself") {
  Philox4x32 rng(63);
  for (const Index source : {2, 5, 11}) {
    std::vector<double> counts(nth(source)), couples(nth(source * source));
    for (int i = 0; i < 20000; ++i) {
      const Indices indices = make_plan({4, 5, 5, 1, source}, Options{}, rng).indices;
      ++counts.at(nth(indices[3]));
      ++couples.at(nth(indices[0] * source + indices[1]));
    }
    INFO("source " << source);  // six tests at false_alarm each
    CHECK(uniform_p(counts) > false_alarm);
    CHECK(uniform_p(couples) > false_alarm);
  }
}

TEST_CASE("a source as large as the batch is permuted") {
  for (const Pairing pairing : all_pairings) {
    Options options;
    options.pairing = pairing;
    CHECK(drawn({6, 5, 5, 1, 6}, options, 64).indices == drawn({6, 5, 5}, options, 64).indices);
  }
}

TEST_CASE("given indices lie in the source") {
  Options options;
  options.indices = Indices{8, 0, 8};
  CHECK(drawn({3, 5, 5, 1, 9}, options, 65).indices == Indices{8, 0, 8});
  Scripted32 rng;
  const auto error = [&](const BatchShape& shape) {
    return error_of([&] { make_plan(shape, options, rng); });
  };
  CHECK(error({3, 5, 5, 1, 8}) == "cutmix: indices[0] = 8, must be in [0, 8)");
  CHECK(error({3, 5, 5}) == "cutmix: indices[0] = 8, must be in [0, 3)");
  CHECK(rng.spent() == 0);
}

TEST_CASE("a source of another size has random partners or given ones") {
  Scripted32 rng;
  for (const Pairing pairing : {Pairing::derangement, Pairing::reversed, Pairing::rolled}) {
    Options options;
    options.pairing = pairing;
    CHECK(error_of([&] {
            make_plan({3, 5, 5, 1, 4}, options, rng);
          }) == "cutmix: source = 4, must be 3, the batch size, unless the pairing is random");
  }
  CHECK(rng.spent() == 0);
}

// ---- images, signals, volumes ----

TEST_CASE("a law is given the image, the drawn lambda and the engine") {
  Philox4x32 a(66), b(66);
  Options options;
  ImageSize given;
  double lambda = -1;
  std::uint32_t word = 0;
  options.box_law = [&](const ImageSize& image, double l, UrbgRef& rng) {
    given = image;
    lambda = l;
    word = rng();
    return BBox{1, 2, 3, 4, 0, 1};
  };
  const Plan plan = make_plan({4, 5, 10, 2}, options, a);
  cutmix::random_permutation(4, b);
  CHECK(lambda == gen_cutmix_lambda(1, b));
  CHECK(word == b());
  CHECK(a == b);
  CHECK((given.width == 10 && given.height == 5 && given.depth == 2));
  CHECK(plan.box(0) == BBox{1, 2, 3, 4, 0, 1});
  CHECK(plan.lambda(0) == 1 - 4.0 / 100);
}

TEST_CASE("height counts rows and width columns") {
  Options options;
  options.box_law = cutmix::MinMaxLaw(1, 1);
  CHECK(drawn({2, 5, 7}, options, 67).box(0) == BBox{0, 0, 7, 5});
  CHECK(drawn({2, 5, 7, 3}, options, 67).box(0) == BBox{0, 0, 7, 5, 0, 3});
}

TEST_CASE("signals are mixed") {
  // Fault: signals, and images of one row, were silently never mixed.
  for (const BatchShape& shape : {BatchShape{8, 1, 16000}, {8, 16000, 1}, {8, 1, 1, 16000}}) {
    Options options;
    options.scope = Scope::sample;
    options.alpha = 5;
    const Plan plan = drawn(shape, options, 68);
    for (Index b = 0; b < 8; ++b) CHECK((plan.lambda(b) > 0 && plan.lambda(b) < 1));
  }
}

TEST_CASE("empty batches, batches of one and images of one pixel are no errors") {
  for (const Scope scope : all_scopes)
    for (const Index B : {0, 1})
      for (const Index side : {1, 5}) {
        const Plan plan = drawn({B, side, side}, with_scope(scope), 65);
        CHECK((static_cast<Index>(plan.indices.size()) == B && plan.patches.size() == 1));
      }
}

TEST_CASE("plans of up to 2^53 pixels") {
  const Index most = Index{1} << 53;
  Options options;
  options.scope = Scope::sample;
  for (const BatchShape& shape :
       {BatchShape{3, 1, most}, {3, most, 1}, {3, 1, 1, most}, {3, Index{1} << 26, Index{1} << 27}})
    for (std::uint32_t seed = 0; seed < 50; ++seed) {
      const Plan plan = drawn(shape, options, seed);
      for (Index b = 0; b < 3; ++b) CHECK((plan.lambda(b) >= 0 && plan.lambda(b) <= 1));
    }
}

// ---- errors ----

namespace {

// The message of a draw that must fail, having drawn nothing and left a kept plan alone.
std::string draw_error(const BatchShape& shape, const Options& options) {
  Plan kept{{2, 5, 6}, {1, 0}, {{{1, 2, 3, 4}, 1}}};
  const Plan before = kept;
  Scripted32 rng;
  const std::string error = error_of([&] { make_plan(shape, options, rng, kept); });
  CHECK(error_of([&] { make_plan(shape, options, rng); }) == error);
  CHECK(kept == before);
  CHECK(rng.spent() == 0);
  return error;
}

template <class Set>
std::string option_error(const Set& set) {
  Options options;
  set(options);
  return draw_error({4, 5, 6}, options);
}

}  // namespace

TEST_CASE("options out of range") {
  CHECK(option_error([](Options& o) { o.alpha = -1; }) ==
        "cutmix: alpha = -1, must satisfy alpha >= 0");
  CHECK(option_error([](Options& o) { o.alpha = quiet_nan; }) ==
        "cutmix: alpha = nan, must satisfy alpha >= 0");
  CHECK(option_error([](Options& o) { o.prob = 1.5; }) == "cutmix: prob = 1.5, must be in [0, 1]");
  CHECK(option_error([](Options& o) { o.prob = -0.5; }) ==
        "cutmix: prob = -0.5, must be in [0, 1]");
  CHECK(option_error([](Options& o) { o.prob = quiet_nan; }) ==
        "cutmix: prob = nan, must be in [0, 1]");
  CHECK(option_error([](Options& o) { o.mixup_prob = 1.5; }) ==
        "cutmix: mixup_prob = 1.5, must be in [0, 1]");
  CHECK(option_error([](Options& o) { o.mixup_prob = quiet_nan; }) ==
        "cutmix: mixup_prob = nan, must be in [0, 1]");
  CHECK(option_error([](Options& o) { o.mixup_alpha = -1; }) ==
        "cutmix: mixup_alpha = -1, must satisfy mixup_alpha >= 0");
  CHECK(option_error([](Options& o) { o.mixup_alpha = quiet_nan; }) ==
        "cutmix: mixup_alpha = nan, must satisfy mixup_alpha >= 0");
  CHECK(option_error([](Options& o) { o.box_law = nullptr; }) ==
        "cutmix: box_law = nullptr, must be callable");
}

TEST_CASE("enumerators that do not exist") {
  // Fault: they were accepted, leaving old indices.
  for (const int number : {-1, 3, 1000})
    CHECK(option_error([&](Options& o) { o.scope = static_cast<Scope>(number); }) ==
          "cutmix: scope = " + std::to_string(number) +
              ", must be one of the enumerators of cutmix::Scope");
  for (const int number : {-1, 4, 1000})
    CHECK(option_error([&](Options& o) { o.pairing = static_cast<Pairing>(number); }) ==
          "cutmix: pairing = " + std::to_string(number) +
              ", must be one of the enumerators of cutmix::Pairing");
}

TEST_CASE("indices that do not fit the batch") {
  const auto error = [](Indices indices) {
    return option_error([&](Options& o) { o.indices = indices; });
  };
  CHECK(error({0, 1, 2}) == "cutmix: size of indices = 3, must be 4, the batch size");
  CHECK(error({0, 1, 2, 3, 0}) == "cutmix: size of indices = 5, must be 4, the batch size");
  CHECK(error({0, 1, 2, 4}) == "cutmix: indices[3] = 4, must be in [0, 4)");  // just beyond
  CHECK(error({0, 9, 2, 3}) == "cutmix: indices[1] = 9, must be in [0, 4)");
  CHECK(error({-1, 1, 2, 3}) == "cutmix: indices[0] = -1, must be in [0, 4)");
}

TEST_CASE("shapes that cannot be drawn for") {
  const Index most = std::numeric_limits<Index>::max();
  const auto error = [](const BatchShape& shape) { return draw_error(shape, Options{}); };
  CHECK(error({-1, 5, 5}) == "cutmix: batch = -1, must be at least 0");
  CHECK(error({4, -2, 5}) == "cutmix: height = -2, must be at least 0");
  CHECK(error({4, 0, 5}) == "cutmix: H = 0, must be at least 1 where a box is drawn");
  CHECK(error({4, 5, 0}) == "cutmix: W = 0, must be at least 1 where a box is drawn");
  CHECK(error({4, 5, 5, 0}) == "cutmix: D = 0, must be at least 1 where a box is drawn");
  CHECK(error({4, 5, 5, 1, 0}) ==
        "cutmix: source = 0, must be at least 1 where a batch needs partners");
  CHECK(error({4, 5, 5, 1, -7}) ==
        "cutmix: source = -7, must be at least 0, or -1 for the batch itself");
  CHECK(error({4, Index{1} << 32, Index{1} << 32}) ==
        "cutmix: W x H x D = 4294967296 x 4294967296 x 1, must be at most 2^53 pixels");
  CHECK(error({4, 1, most}) ==
        "cutmix: W x H x D = 9223372036854775807 x 1 x 1, must be at most 2^53 pixels");
  CHECK(error({4, 1, (Index{1} << 53) + 1}) ==
        "cutmix: W x H x D = 9007199254740993 x 1 x 1, must be at most 2^53 pixels");
}

TEST_CASE("a law's box that leaves the image is an error, and leaves a kept plan alone") {
  for (const BBox& box :
       {BBox{-1, 0, 2, 2}, BBox{0, -1, 2, 2}, BBox{0, 0, 7, 2}, BBox{0, 0, 2, 6}, BBox{3, 0, 2, 2},
        BBox{0, 3, 2, 2}, BBox{0, 0, 1, 1, -1, 1}, BBox{0, 0, 1, 1, 0, 2}, BBox{0, 0, 1, 1, 1, 0}})
    for (const double prob : {0.0, 1.0}) {  // whether or not it would have been used
      Options options;
      options.prob = prob;
      options.box_law = [box](const ImageSize&, double, UrbgRef&) { return box; };
      Plan kept{{2, 5, 6}, {1, 0}, {{{1, 2, 3, 4}, 1}}};
      const Plan before = kept;
      Philox4x32 rng(1);
      const std::string error = error_of([&] { make_plan({8, 5, 6}, options, rng, kept); });
      std::ostringstream expected;
      expected << "cutmix: bbox = " << box
               << ", must satisfy 0 <= x1 <= x2 <= 6 and 0 <= y1 <= y2 <= 5";
      if (box.z1 != 0 || box.z2 != 1) expected << " and 0 <= z1 <= z2 <= 1";
      CHECK(error == expected.str());
      CHECK(kept == before);
    }
}

TEST_CASE("an error of a law or an engine leaves a kept plan alone, whenever it comes") {
  struct Broken {};
  const BatchShape shape{6, 9, 10};
  for (const Scope scope : all_scopes)
    for (const BatchShape& old : {BatchShape{}, BatchShape{3, 4, 5}, BatchShape{40, 4, 5}}) {
      Plan kept = drawn(old, with_scope(scope), 1);
      const Plan before = kept;
      Options options = with_scope(scope);
      const int patches = scope == Scope::batch ? 1 : scope == Scope::pair ? 3 : 6;
      for (int good = 0; good < patches; ++good) {
        int calls = 0;
        options.box_law = [&](const ImageSize&, double, UrbgRef&) {
          if (calls++ == good) throw Broken();
          return BBox{};
        };
        Philox4x32 rng(2);
        CHECK_THROWS_AS(make_plan(shape, options, rng, kept), Broken);
        CHECK(kept == before);
      }
      options.box_law = cutmix::ReferenceLaw{};
      Scripted32 whole_script;
      make_plan(shape, options, whole_script);
      for (std::size_t words = 1; words < whole_script.spent(); ++words) {
        Scripted32 rng(std::vector<std::uint32_t>(words, 0x87654321u));  // and then throws
        CHECK_THROWS_AS(make_plan(shape, options, rng, kept), std::logic_error);
        CHECK(kept == before);
      }
    }
}

TEST_CASE("a kept plan allocates nothing after its third draw") {
  for (const Scope scope : all_scopes)
    for (const Index source : {-1, 50}) {
      if (scope == Scope::pair && source >= 0) continue;
      Options options = with_scope(scope);
      options.prob = 0.9;
      options.mixup_prob = 0.5;
      Philox4x32 rng(69);
      Plan kept;
      for (int i = 0; i < 3; ++i) make_plan({64, 32, 32, 1, source}, options, rng, kept);
      const long before = allocations;
      for (int i = 0; i < 100; ++i) make_plan({64, 32, 32, 1, source}, options, rng, kept);
      make_plan({17, 20, 20, 1, source}, options, rng, kept);  // a last batch that is smaller
      make_plan({64, 32, 32, 1, source}, options, rng, kept);
      CHECK(allocations == before);
    }
}

TEST_CASE("the counter of allocations counts") {
  const long before = allocations;
  drawn({64, 32, 32}, Options{}, 70);
  CHECK(allocations >= before + 2);
}

// ---- checks that applications share ----

namespace {

const Plan good{{4, 5, 6}, {1, 0, 3, 2}, {{{1, 1, 3, 4}, 1}}};

std::string plan_error(const Plan& plan) {
  // What cannot be applied cannot be read either.
  std::stringstream text;
  text << plan;
  Plan read;
  text >> read;
  CHECK(text.fail());
  return error_of([&] { cutmix::detail::check_plan(plan); });
}

}  // namespace

TEST_CASE("a plan out of order says what is wrong") {
  CHECK(error_of([] { cutmix::detail::check_plan(good); }) == "no error");
  Plan plan = good;
  plan.indices[2] = 4;
  CHECK(plan_error(plan) == "cutmix: indices[2] = 4, must be in [0, 4)");
  plan.shape.source = 5;
  CHECK(error_of([&] { cutmix::detail::check_plan(plan); }) == "no error");
  plan = good;
  plan.indices.pop_back();
  CHECK(plan_error(plan) == "cutmix: size of indices = 3, must be 4, the batch size");
  plan = good;
  plan.patches.resize(3);
  CHECK(plan_error(plan) == "cutmix: size of patches = 3, must be 1 or 4, the batch size");
  plan.patches.clear();
  CHECK(plan_error(plan) == "cutmix: size of patches = 0, must be 1 or 4, the batch size");
  plan = good;
  plan.shape.batch = -4;
  CHECK(plan_error(plan) == "cutmix: batch = -4, must be at least 0");
}

TEST_CASE("a plan's blends lie in [0, 1]") {
  for (const auto& [blend, text] :
       {std::pair{-0.1, "-0.1"}, std::pair{1.0000000000000002, "1.0000000000000002"},
        std::pair{quiet_nan, "nan"}, std::pair{inf, "inf"}}) {
    Plan plan = good;
    plan.patches[0].blend = blend;
    CHECK(plan_error(plan) ==
          std::string("cutmix: patches[0].blend = ") + text + ", must be in [0, 1]");
  }
}

TEST_CASE("a plan's boxes lie in its images") {
  Plan plan = good;
  plan.patches.resize(4);
  plan.patches[2].box = {0, 0, 7, 5};
  CHECK(plan_error(plan) ==
        "cutmix: patches[2].box = (0, 0, 7, 5), must satisfy 0 <= x1 <= x2 <= 6 and 0 <= y1 <= y2 "
        "<= 5");
  plan.patches[2].box = {0, 0, 6, 5, 0, 2};
  CHECK(plan_error(plan) ==
        "cutmix: patches[2].box = (0, 0, 6, 5, 0, 2), must satisfy 0 <= x1 <= x2 <= 6 and 0 <= y1 "
        "<= y2 <= 5 and 0 <= z1 <= z2 <= 1");
}

TEST_CASE("a plan for another batch says so") {
  const auto error = [](const Plan& plan, const BatchShape& shape) {
    return error_of([&] { cutmix::detail::check_plan(plan, shape, "x"); });
  };
  CHECK(error(good, {4, 5, 6}) == "no error");
  CHECK(error(good, {3, 5, 6}) == "cutmix: plan.shape.batch = 4, must be 3, as of x");
  CHECK(error(good, {4, 6, 5}) == "cutmix: plan.shape.height = 5, must be 6, as of x");
  CHECK(error(good, {4, 5, 7}) == "cutmix: plan.shape.width = 6, must be 7, as of x");
  CHECK(error(good, {4, 5, 6, 2}) == "cutmix: plan.shape.depth = 1, must be 2, as of x");
  CHECK(error(good, {4, 5, 6, 1, 9}) == "cutmix: plan.shape.source = -1, must be 9, as of source");
  Plan plan = good;
  plan.shape.source = 9;
  CHECK(error(plan, {4, 5, 6, 1, 9}) == "no error");
  CHECK(error(plan, {4, 5, 6, 1, 8}) == "cutmix: plan.shape.source = 9, must be 8, as of source");
  CHECK(error(plan, {4, 5, 6}) ==
        "cutmix: plan.shape.source = 9, needs a source: its partners are not of the batch itself");
}

// ---- text ----

namespace {

const Plan shown{{2, 5000, 6000, 3, 7}, {6, 0}, {{{0, 1000, 6000, 5000, 1, 3}, 0.625}, {{}, 1}}};
const char* const shown_text =
    "cutmix-plan 1 batch 2 height 5000 width 6000 depth 3 source 7 indices 6 0 patches 2 "
    "box 0 1000 6000 5000 1 3 blend 0.625 box 0 0 0 0 0 1 blend 1";

// Reading must fail and leave the plan alone.
void check_refused(const std::string& text) {
  INFO(text);
  std::istringstream in(text);
  Plan plan = good;
  in >> plan;
  CHECK(in.fail());
  CHECK(plan == good);
}

std::string with_word(std::size_t position, const std::string& word) {
  std::vector<std::string> words = words_of(shown_text);
  words.at(position) = word;
  return text_of(words);
}

bool is_number(const std::string& word) {
  return word.find_first_not_of("0123456789.-") > word.size();
}

}  // namespace

TEST_CASE("plans print their text") {
  std::ostringstream text;
  text << shown;
  CHECK(text.str() == shown_text);
  std::ostringstream empty;
  empty << Plan{};
  CHECK(empty.str() ==
        "cutmix-plan 1 batch 0 height 1 width 1 depth 1 source -1 indices patches 0");
}

TEST_CASE("plans read back exactly, 3000 random ones") {
  const std::uint32_t seed = 71;
  INFO("seed " << seed);
  Dice dice(seed);
  for (int i = 0; i < 3000; ++i) {
    BatchShape shape = any_shape(dice);
    shape.height *= dice.roll(1, 2000), shape.width *= dice.roll(1, 2000);
    Plan plan = random_plan(dice, shape, i % 4 != 0);
    for (Patch& patch : plan.patches)
      if (patch.blend < 1)
        patch.blend = i % 2 ? uniform_unit(dice.engine()) : gen_cutmix_lambda(0.01, dice.engine());
    std::stringstream text;
    if (i % 3 == 0) set_oddly(text);
    text << plan << ' ' << plan;
    Plan first, second = good;
    text >> first >> second;
    REQUIRE(text);
    REQUIRE((first == plan && second == plan));
  }
}

TEST_CASE("the default plan and those of empty batches read back") {
  for (const Plan& plan :
       {Plan{}, drawn({0, 5, 6}, with_scope(Scope::sample), 1), Plan{{0, 5, 6}, {}, {}},
        Plan{{0, 5, 6, 1, 3}, {}, {{{0, 0, 6, 5}, 0.5}}}}) {
    std::stringstream text;
    text << plan;
    INFO(text.str());
    Plan read = good;
    text >> read;
    CHECK(text);
    CHECK(read == plan);
  }
}

TEST_CASE("blends read back to the last bit") {
  for (const double blend :
       {0.0, 5e-324, 2.2250738585072014e-308, 0.1, 1.0 / 3, 1 - 0x1p-53, 1.0}) {
    Plan plan = good, read;
    plan.patches[0].blend = blend;
    std::stringstream text;
    text << plan;
    INFO(text.str());
    text >> read;
    CHECK(text);
    CHECK(read == plan);
  }
}

TEST_CASE("a plan's text does not depend on how the stream is set") {
  // Fault: under setw and a digit as fill it read back as another plan.
  std::stringstream text;
  set_oddly(text);
  text << std::setw(500) << shown;
  CHECK(text.str() == shown_text);
  Plan read;
  text >> std::setw(3) >> read;
  CHECK(text);
  CHECK(read == shown);
}

TEST_CASE("a plan's text does not depend on the program's locale") {
  struct Global {
    std::locale before = std::locale::global(grouping_locale());
    ~Global() { std::locale::global(before); }
  } global;
  std::stringstream text;
  text << shown;
  CHECK(text.str() == shown_text);
  Plan read;
  text >> read;
  CHECK(read == shown);
}

TEST_CASE("writing and reading a plan leave the stream's settings alone, but for the width") {
  std::stringstream text;
  set_oddly(text);
  const auto flags = text.flags();
  const std::locale locale = text.getloc();
  Plan read;
  text << std::setw(500) << shown;
  CHECK(text.width() == 0);  // spent, as by every output
  text >> read;
  CHECK(text.flags() == flags);
  CHECK(text.getloc() == locale);
  CHECK(text.fill() == '7');
  CHECK(text.precision() == 2);
}

TEST_CASE("what stands around a plan's text is left") {
  std::stringstream text;
  text << "first \n" << shown << "\nlast";
  std::string before, after;
  Plan read;
  text >> before >> read;
  CHECK(text.get() == '\n');
  text >> after;
  CHECK((before == "first" && read == shown && after == "last"));
  // A plan that ends a text has seen its end, as a number has.
  std::istringstream plan_alone(shown_text);
  plan_alone >> read;
  CHECK((plan_alone.eof() && !plan_alone.fail()));
}

TEST_CASE("a text with a word missing is refused") {
  const std::vector<std::string> words = words_of(shown_text);
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::vector<std::string> fewer = words;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    check_refused(text_of(fewer));
  }
}

TEST_CASE("a text with a word too many is refused") {
  const std::vector<std::string> words = words_of(shown_text);
  for (std::size_t i = 0; i + 1 < words.size(); ++i)  // before the last, 0 is the last
    for (const char* word : {"0", "x"}) {
      std::vector<std::string> more = words;
      more.insert(more.begin() + static_cast<std::ptrdiff_t>(i), word);
      check_refused(text_of(more));
    }
}

TEST_CASE("a text that ends early is refused") {
  const std::string text = shown_text;
  for (std::size_t length = 0; length < text.size(); ++length)
    check_refused(text.substr(0, length));
}

TEST_CASE("a text with a word changed is refused") {
  const std::vector<std::string> words = words_of(shown_text);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0 && words[i - 1] == "source") continue;  // any number from 7 on is one
    for (const char* junk : {"x", "-", "+", ".", "1x", "x1", "1,0", "nan", "-7", "1e3", "inf",
                             "9223372036854775807", "-9223372036854775808", "9223372036854775808",
                             "18446744073709551616", "99999999999999999999999999"})
      check_refused(with_word(i, junk));
    if (!is_number(words[i])) {
      check_refused(with_word(i, words[i] + "s"));
      check_refused(with_word(i, words[i].substr(1)));
    }
    // A word longer than any number is not read as two.
    check_refused(with_word(i, std::string(64, '0') + words[i]));
  }
}

TEST_CASE("a text whose numbers do not fit each other is refused") {
  const std::vector<std::string> words = words_of(shown_text);
  const auto position = [&](const char* name) {
    return static_cast<std::size_t>(std::find(words.begin(), words.end(), name) - words.begin());
  };
  check_refused(with_word(position("batch") + 1, "1"));
  check_refused(with_word(position("batch") + 1, "3"));
  check_refused(with_word(position("height") + 1, "4999"));  // the box ends at 5000
  check_refused(with_word(position("width") + 1, "5999"));
  check_refused(with_word(position("depth") + 1, "2"));
  check_refused(with_word(position("source") + 1, "6"));  // an index is 6
  check_refused(with_word(position("source") + 1, "-2"));
  check_refused(with_word(position("indices") + 1, "7"));
  check_refused(with_word(position("patches") + 1, "3"));
  check_refused(with_word(position("box") + 1, "6001"));
  check_refused(with_word(position("blend") + 1, "1.0000000000000002"));
}

TEST_CASE("a number of patches below 0 is refused, in an empty batch too") {
  check_refused("cutmix-plan 1 batch 0 height 1 width 1 depth 1 source -1 indices patches -3");
}

TEST_CASE("other versions and other texts are refused") {
  check_refused(with_word(1, "2"));
  check_refused(with_word(1, "0"));
  check_refused(with_word(1, "1.0"));
  check_refused(with_word(1, "01"));
  check_refused(with_word(0, "cutmix-plan2"));
  check_refused("plan indices 2: 1 0 boxes 1: (0, 0, 2, 3) lambdas 1: 0.5");  // of long ago
}

TEST_CASE("a text's counts are not believed with memory") {
  // Whoever reserves what they claim throws, or dies.
  for (const char* count :
       {"1000000000", "1000000000000", "1152921504606846975", "9223372036854775807"}) {
    check_refused(with_word(3, count));
    check_refused("cutmix-plan 1 batch 1 height 1 width 1 depth 1 source -1 indices 0 patches " +
                  std::string(count) + " box 0 0 0 0 0 1 blend 1");
    const long before = allocations;
    std::istringstream in("cutmix-plan 1 batch " + std::string(count) +
                          " height 1 width 1 depth 1 source -1 indices 0 0");
    Plan plan;
    in >> plan;
    CHECK(allocations - before < 20);
  }
}

TEST_CASE("a stream that throws leaves the plan and its own settings alone") {
  std::istringstream in(with_word(20, "x"));
  set_oddly(in);
  const auto flags = in.flags();
  const std::locale locale = in.getloc();
  in.exceptions(std::ios_base::failbit | std::ios_base::badbit);
  Plan plan = good;
  CHECK_THROWS_AS(in >> plan, std::ios_base::failure);
  CHECK(plan == good);
  CHECK(in.flags() == flags);
  CHECK(in.getloc() == locale);

  std::istringstream unfit(with_word(3, "1"));
  unfit.exceptions(std::ios_base::failbit);
  CHECK_THROWS_AS(unfit >> plan, std::ios_base::failure);
  CHECK(plan == good);

  std::istringstream fine(std::string(shown_text) + " ");
  fine.exceptions(std::ios_base::failbit | std::ios_base::badbit | std::ios_base::eofbit);
  fine >> plan;
  CHECK(plan == shown);
}

TEST_CASE("a stream that has failed is neither written nor read") {
  std::stringstream text(shown_text);
  text.setstate(std::ios_base::failbit);
  Plan plan = good;
  text >> plan;
  CHECK(plan == good);
  text << plan;
  text.clear();
  CHECK(text.str() == shown_text);
}

// ---- numbers as text ----

TEST_CASE("integers are read up to their limits") {
  Index index = 0;
  CHECK(cutmix::detail::parse_integer("9223372036854775807", index));
  CHECK(index == std::numeric_limits<Index>::max());
  CHECK(cutmix::detail::parse_integer("-9223372036854775808", index));
  CHECK(index == std::numeric_limits<Index>::min());
  CHECK(cutmix::detail::parse_integer("-1", index));
  CHECK(index == -1);
  for (const char* text : {"9223372036854775808", "-9223372036854775809", "18446744073709551615",
                           "18446744073709551617", "-", "", "1-", "--1"})
    CHECK_FALSE(cutmix::detail::parse_integer(text, index));
  CHECK(index == -1);
  std::uint32_t word = 0;
  CHECK(cutmix::detail::parse_integer("4294967295", word));
  CHECK(word == 0xFFFFFFFFu);
  CHECK_FALSE(cutmix::detail::parse_integer("4294967296", word));
  CHECK_FALSE(cutmix::detail::parse_integer("-1", word));
}

TEST_CASE("numbers read back from their messages") {
  for (const double value : {0.1, 1.0 / 3, 1e300, -2.5e-310, 123456789.0, 1.0000000000000002}) {
    double back = 0;
    CHECK(cutmix::detail::parse_double(cutmix::detail::text_of("%", {value}), back));
    CHECK(back == value);
    CHECK(std::strtod(cutmix::detail::text_of("%", {value}).c_str(), nullptr) == value);
  }
  CHECK(cutmix::detail::text_of("%", {0.1}) == "0.1");
}

TEST_CASE("a number in a message has a point, whatever the program's locale has") {
  const auto with_point = [](std::string digits) {
    cutmix::detail::set_point(digits.data());
    return std::string(digits.c_str());
  };
  CHECK(with_point("-0,25") == "-0.25");
  CHECK(with_point("6\xD9\xAB"
                   "5e-07") == "6.5e-07");  // Arabic's, which takes two bytes
  CHECK(with_point("1e+300") == "1e+300");
  CHECK(with_point("nan") == "nan");
}

TEST_CASE("what is no number, or not only one, is not read as one") {
  double value = 0;
  for (const char* text : {"", "x", ".", "1x", "1 ", " 1", "1,5", "1 2"})
    CHECK_FALSE(cutmix::detail::parse_double(text, value));
}
