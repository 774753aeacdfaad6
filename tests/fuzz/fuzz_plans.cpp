// Chance: bytes become shapes, options, laws and engines, from which plans are drawn, scaled and
// stored.

#include <algorithm>
#include <cmath>
#include <cutmix/mixer.hpp>
#include <limits>
#include <numeric>
#include <random>
#include <sstream>
#include <tuple>

#include "../random_plans.hpp"
#include "faults.hpp"

using namespace testing;
using cutmix::make_plan;
using cutmix::Options;
using cutmix::Philox4x32;
using cutmix::UrbgRef;

namespace {

// Any number of 64 bits, most of them of few.
Index any_index(Dice& dice) {
  const Index nasty[] = {0, 1, -1, most, least, Index{1} << 31, Index{1} << 32, Index{1} << 53};
  if (dice.coin()) return dice.roll(0, 40);
  if (dice.coin()) return pick(dice, nasty);
  const auto word = std::uint64_t{dice.engine()()} << 32 | dice.engine()();
  return static_cast<Index>(word >> dice.roll(0, 63));
}

double any_double(Dice& dice) {
  using Limits = std::numeric_limits<double>;
  const double nasty[] = {
      0,           -0.0,    1,    1 - 0x1p-53,   Limits::denorm_min(), Limits::min(),       0.5,
      1e300,       -1e-300, 1e-8, Limits::max(), Limits::infinity(),   Limits::quiet_NaN(), 2,
      1 + 0x1p-52, -1};
  return dice.coin() ? pick(dice, nasty)
                     : std::ldexp(dice.share(), static_cast<int>(dice.roll(0, 60)) - 30);
}

// Sides of any length that a plan allows, or those of small images.
BatchShape any_large_shape(Dice& dice) {
  BatchShape shape = any_shape(dice);
  if (dice.coin()) return shape;
  Index left = Index{1} << 53;
  for (Index* side : {&shape.width, &shape.height, &shape.depth}) {
    *side = std::clamp(any_index(dice), Index{1}, left);
    left /= *side;
  }
  return shape;
}

bool reads_back(const Plan& plan) {
  std::stringstream text;
  text << plan;
  Plan read;
  text >> read;
  return !text.fail() && read == plan;
}

template <class Urbg>
void check_draws(Dice& dice) {
  const BatchShape shape = any_large_shape(dice);
  Options options = any_options(dice, shape);
  options.alpha = std::abs(any_double(dice));
  if (std::isnan(options.alpha)) options.alpha = 1;
  Urbg rng(dice.engine()()), by_hand = rng, again = rng;
  Plan kept = random_plan(dice, any_shape(dice), true);
  make_plan(shape, options, rng, kept);
  REQUIRE(kept == composed(shape, options, by_hand));
  REQUIRE(rng == by_hand);
  REQUIRE(make_plan(shape, options, again) == kept);
  REQUIRE(is_in_order(kept));
  REQUIRE(reads_back(kept));
  for (Index b = 0; b < shape.batch; ++b) {
    const BBox& box = box_of(kept, b);
    const auto share = static_cast<double>(
        static_cast<long double>(box.volume()) /
        (static_cast<long double>(shape.width) * static_cast<long double>(shape.height) *
         static_cast<long double>(shape.depth)));
    REQUIRE(std::abs(kept.lambda(b) - (1 - patch_of(kept, b).blend * share)) <= 1e-15);
    REQUIRE((kept.lambda(b) >= 0 && kept.lambda(b) <= 1));
  }
}

// One thing that is wrong with shape or options: nothing is drawn, the plan stays.
void check_wrong_options(Dice& dice) {
  BatchShape shape = any_shape(dice);
  Options options = any_options(dice, shape);
  const Index partners = shape.source < 0 ? shape.batch : shape.source;
  const double wrong_alphas[] = {-1, -1e-300, std::numeric_limits<double>::quiet_NaN()};
  switch (dice.roll(0, 11)) {
    case 0:
      options.alpha = pick(dice, wrong_alphas);
      break;
    case 1:
      options.mixup_alpha = pick(dice, wrong_alphas);
      break;
    case 2:
      options.prob = no_share(dice);
      break;
    case 3:
      options.mixup_prob = no_share(dice);
      break;
    case 4:
      options.box_law = nullptr;
      break;
    case 5:
      options.scope = static_cast<cutmix::Scope>(dice.coin() ? 3 : -1);
      break;
    case 6:
      options.pairing = static_cast<cutmix::Pairing>(dice.coin() ? 4 : -1);
      break;
    case 7: {
      Index* const sides[] = {&shape.batch, &shape.width, &shape.height, &shape.depth};
      Index& side = *pick(dice, sides);
      const Index wrong[] = {-1, least, &side == &shape.batch ? -2 : 0};
      side = pick(dice, wrong);
      break;
    }
    case 8:
      shape.width = (Index{1} << 53) / shape.height + 1;
      break;
    case 9:
      options.indices.emplace(nth(shape.batch + 1), 0);
      break;
    case 10: {
      if (shape.batch == 0) return;
      const Index wrong[] = {-1, partners, most, least};
      options.indices.emplace(nth(shape.batch), pick(dice, wrong));
      break;
    }
    default:
      shape.source = shape.batch == 0 || dice.coin() ? -2 : 0;
  }
  Philox4x32 rng(dice.engine()());
  const Philox4x32 before = rng;
  Plan plan = random_plan(dice, any_shape(dice), true);
  const Plan plan_before = plan;
  check_refused({}, [&] { make_plan(shape, options, rng, plan); });
  REQUIRE((plan == plan_before && rng == before));
}

// A law of the caller's own, whose box is any numbers.
void check_own_law(Dice& dice) {
  const BatchShape shape = any_shape(dice);
  Options options = any_options(dice, shape);
  options.prob = 1, options.mixup_prob = 0;
  const auto number = [&dice](Index size) {
    return dice.roll(0, 5) == 0 ? any_index(dice) : dice.roll(0, size);
  };
  std::vector<BBox> boxes;
  options.box_law = [&](const ImageSize& image, double, UrbgRef&) {
    REQUIRE(
        (image.width == shape.width && image.height == shape.height && image.depth == shape.depth));
    boxes.push_back({number(image.width), number(image.height), number(image.width),
                     number(image.height), number(image.depth), number(image.depth)});
    return boxes.back();
  };
  Philox4x32 rng(dice.engine()());
  Plan plan = random_plan(dice, any_shape(dice), true);
  const Plan before = plan;
  const auto lies = [&](const BBox& box) {
    return is_in_order({{1, shape.height, shape.width, shape.depth}, {0}, {{box, 1}}});
  };
  try {
    make_plan(shape, options, rng, plan);
    REQUIRE(std::all_of(boxes.begin(), boxes.end(), lies));
    REQUIRE(is_in_order(plan));
  } catch (const std::invalid_argument&) {
    REQUIRE(!lies(boxes.back()));
    REQUIRE(plan == before);
  }
}

// Each edge goes where it belongs, or there is no such pixel.
void check_scaled(Dice& dice) {
  BatchShape shape = any_large_shape(dice);
  Plan plan = random_plan(dice, any_shape(dice), true);
  if (dice.coin()) {
    const auto [height, width, depth] = std::tuple{shape.height, shape.width, shape.depth};
    shape = plan.shape;
    shape.height = height, shape.width = width, shape.depth = depth;
  } else {
    shape = plan.shape;
    Index* const sides[] = {&shape.height, &shape.width, &shape.depth};
    for (Index* side : sides) *side = *side * dice.roll(1, 4) / dice.roll(1, 4);
    if (dice.roll(0, 3) == 0) *pick(dice, sides) = any_index(dice);
  }
  if (dice.roll(0, 9) == 0) spoil(dice, plan);
  bool good =
      is_in_order(plan) && shape.batch == plan.shape.batch && shape.source == plan.shape.source;
  good = good && is_in_order({shape, plan.indices, {{{0, 0, 0, 0, 0, 0}, 1}}});
  Plan expected{shape, plan.indices, plan.patches};
  const auto scale = [&good](Index& edge, Index from, Index to) {
    if (from == to) return;
    const __int128 product = static_cast<__int128>(edge) * to;
    good = good && from != 0 && to != 0 && product % from == 0;
    if (good) edge = static_cast<Index>(product / from);
  };
  if (good)
    for (Patch& patch : expected.patches) {
      BBox& box = patch.box;
      if (box.empty()) {
        if (shape != plan.shape) box = {0, 0, 0, 0, 0, std::min(shape.depth, Index{1})};
        continue;
      }
      for (Index* edge : {&box.x1, &box.x2}) scale(*edge, plan.shape.width, shape.width);
      for (Index* edge : {&box.y1, &box.y2}) scale(*edge, plan.shape.height, shape.height);
      for (Index* edge : {&box.z1, &box.z2}) scale(*edge, plan.shape.depth, shape.depth);
    }
  // An image with pixels and one without are no resolutions of each other.
  for (const auto side : {&BatchShape::width, &BatchShape::height, &BatchShape::depth})
    good = good && (plan.shape.*side == 0) == (shape.*side == 0);
  INFO(plan << " to " << shape.width << " x " << shape.height << " x " << shape.depth);
  try {
    const Plan result = cutmix::scaled(plan, shape);
    REQUIRE(good);
    REQUIRE(result == expected);
    REQUIRE(is_in_order(result));
    for (Index b = 0; b < shape.batch; ++b) REQUIRE(result.lambda(b) == plan.lambda(b));
  } catch (const std::invalid_argument&) {
    REQUIRE(!good);
  }
}

void check_shapes(Dice& dice) {
  const BatchShape shape{dice.roll(0, 20) - 1, any_index(dice), any_index(dice),
                         dice.coin() ? 1 : any_index(dice), dice.coin() ? -1 : any_index(dice)};
  Plan plain{shape, Indices(nth(std::max(shape.batch, Index{0})), 0), {{{0, 0, 0, 0, 0, 0}, 1}}};
  const bool good = is_in_order(plain);
  try {
    const Plan plan = Plan::identity(shape);
    REQUIRE(good);
    REQUIRE((is_in_order(plan) && reads_back(plan)));
    for (Index b = 0; b < shape.batch; ++b) REQUIRE(plan.lambda(b) == 1);
  } catch (const std::invalid_argument&) {
    REQUIRE(!good);
  }
}

// The reference's box in an image of any size.
void check_boxes(Dice& dice) {
  const Index W = any_index(dice), H = any_index(dice);
  const double lambda = any_double(dice);
  std::optional<Index> cx, cy;
  if (dice.coin()) cx = any_index(dice);
  if (dice.coin()) cy = any_index(dice);
  const bool good = W >= 1 && H >= 1 && W <= (Index{1} << 53) / H && lambda >= 0 && lambda <= 1 &&
                    !(cx && (*cx < 0 || *cx >= W)) && !(cy && (*cy < 0 || *cy >= H));
  Philox4x32 rng(dice.engine()()), by_hand = rng;
  const Philox4x32 before = rng;
  try {
    const BBox box = cutmix::rand_bbox(W, H, lambda, rng, cx, cy);
    REQUIRE(good);
    const double cut = std::sqrt(1 - lambda);
    const Index x = cx ? *cx : cutmix::uniform_index(W, by_hand);
    const Index y = cy ? *cy : cutmix::uniform_index(H, by_hand);
    const Index w = static_cast<Index>(static_cast<double>(W) * cut) / 2;
    const Index h = static_cast<Index>(static_cast<double>(H) * cut) / 2;
    REQUIRE(box == BBox{std::max(x - w, Index{0}), std::max(y - h, Index{0}), std::min(x + w, W),
                        std::min(y + h, H)});
    REQUIRE(rng == by_hand);
  } catch (const std::invalid_argument&) {
    REQUIRE((!good && rng == before));
  }
}

void check_random_numbers(Dice& dice) {
  Philox4x32 rng(dice.engine()());
  const Index n = any_index(dice);
  bool refused = false;
  try {
    const Index drawn = cutmix::uniform_index(n, rng);
    REQUIRE((0 <= drawn && drawn < n));
  } catch (const std::invalid_argument&) {
    refused = true;
  }
  REQUIRE(refused == (n < 1));
  const double unit = cutmix::uniform_unit(rng);
  REQUIRE((unit > 0 && unit < 1));
  const Index count = dice.roll(0, 60);
  const Indices order = cutmix::random_permutation(count, rng);
  const Indices moved = cutmix::random_derangement(count, rng);
  for (Indices list : {order, moved}) {
    std::sort(list.begin(), list.end());
    for (Index i = 0; i < count; ++i) REQUIRE(list[nth(i)] == i);
    REQUIRE(static_cast<Index>(list.size()) == count);
  }
  for (Index i = 0; i < count && count > 1; ++i) REQUIRE(moved[nth(i)] != i);
  const double alpha = any_double(dice);
  refused = false;
  try {
    const double lambda = cutmix::gen_cutmix_lambda(alpha, rng);
    REQUIRE((lambda >= 0 && lambda <= 1));
  } catch (const std::invalid_argument&) {
    refused = true;
  }
  REQUIRE(refused == !(alpha >= 0));
}

// Streams, and positions that are reached in one step or in many.
void check_engine(Dice& dice) {
  const std::uint64_t seed = std::uint64_t{dice.engine()()} << 32 | dice.engine()();
  const Index epoch = any_index(dice), step = any_index(dice), rank = any_index(dice);
  const auto purpose = static_cast<cutmix::Purpose>(dice.roll(0, 257));
  const auto below = [](Index value, int bits) { return value >= 0 && value < Index{1} << bits; };
  const bool good =
      below(epoch, 32) && below(step, 32) && below(rank, 24) && static_cast<int>(purpose) < 255;
  Philox4x32 engine(dice.engine()());
  try {
    engine = cutmix::philox_stream(seed, epoch, step, rank, purpose);
    REQUIRE(good);
    REQUIRE(engine.key() == seed);
  } catch (const std::invalid_argument&) {
    REQUIRE(!good);
  }
  if (dice.coin())
    engine.set_counter({dice.coin() ? ~0u : dice.engine()(), ~0u, ~0u,
                        ~0u - static_cast<std::uint32_t>(dice.roll(0, 9))});
  const Index few = dice.roll(0, 40);
  Philox4x32 stepped = engine, skipped = engine;
  for (Index i = 0; i < few; ++i) stepped();
  skipped.discard(static_cast<unsigned long long>(few));
  REQUIRE(stepped == skipped);
  REQUIRE(stepped() == skipped());
  const auto far = static_cast<unsigned long long>(any_index(dice));
  stepped.discard(far), stepped.discard(7);
  skipped.discard(7), skipped.discard(far);
  REQUIRE(stepped == skipped);
  std::stringstream text;
  text << stepped;
  Philox4x32 read;
  text >> read;
  REQUIRE((!text.fail() && read == stepped && read() == skipped()));

  // The functor is put there by at().
  cutmix::CutMix mixer(1.0, 10, engine);
  mixer.draw({3, 4, 5});
  const cutmix::CutMix<> before = mixer;
  try {
    mixer.at(epoch, step, rank);
    REQUIRE((below(epoch, 32) && below(step, 32) && below(rank, 24)));
    REQUIRE(mixer.rng() == cutmix::philox_stream(engine.key(), epoch, step, rank));
  } catch (const std::invalid_argument&) {
    REQUIRE(!(below(epoch, 32) && below(step, 32) && below(rank, 24)));
    REQUIRE(mixer.rng() == before.rng());
  }
  REQUIRE(mixer.plan() == before.plan());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Dice dice(data, size);
  switch (dice.roll(0, 15)) {
    case 0:
    case 1:
      check_wrong_options(dice);
      break;
    case 2:
    case 3:
      check_own_law(dice);
      break;
    case 4:
    case 5:
      check_scaled(dice);
      break;
    case 6:
      check_shapes(dice);
      break;
    case 7:
      check_boxes(dice);
      break;
    case 8:
      check_random_numbers(dice);
      break;
    case 9:
      check_engine(dice);
      break;
    case 10:
      check_draws<std::minstd_rand>(dice);
      break;
    case 11:
      check_draws<std::mt19937_64>(dice);
      break;
    default:
      check_draws<Philox4x32>(dice);
  }
  return 0;
}
