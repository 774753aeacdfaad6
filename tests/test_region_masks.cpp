// Region masks: where a plan puts the partner's pixels, against counting them, and against mixing
// images of zeros and ones.

#include <array>
#include <cmath>
#include <cstdint>
#include <cutmix/images.hpp>
#include <cutmix/region_masks.hpp>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "random_masks.hpp"

using namespace testing;
using cutmix::partner_mask;
using cutmix::view;

namespace {

Plan quarter_plan() { return plan_of({1, 0}, {0, 0, 2, 2}, 4, 4); }

}  // namespace

TEST_CASE("masks of every kind, anywhere in memory, against naive counting") {
  for (std::uint32_t seed = 1; seed <= 1500; ++seed) {
    INFO("seed " << seed);
    Dice dice(seed);
    check_mask(dice, false);
  }
}

TEST_CASE("a token's share is the mean over its pixels, counted") {
  for (std::uint32_t seed = 3001; seed <= 4500; ++seed) {
    INFO("seed " << seed);
    Dice dice(seed);
    check_mask(dice, true);
  }
}

TEST_CASE("a mask is what mixing makes of zeros whose partners are ones") {
  for (std::uint32_t seed = 5001; seed <= 5600; ++seed) {
    INFO("seed " << seed);
    Dice dice(seed);
    const MaskCase mask = random_mask(dice, false);
    Plan plan = mask.plan;
    if (plan.shape.source < 0) {
      // A partner of its own is mixed like any other where it comes from a source.
      plan.shape.source = plan.shape.batch;
      if (plan.shape.batch == 0) plan.shape.source = 1;
    }
    Block zeros = mask.out, ones = mask.out, mixed = mask.out, out = mask.out;
    Placement placement = mask.out.placement();
    placement.sizes[placement.letters.find('B')] = plan.shape.source;
    placement.strides = Indices(placement.sizes.size(), 0);  // one scalar, everywhere
    placement.first = 0, placement.scalars = 1;
    ones = Block(placement, out.kind(), out.scalar_bytes());
    placement.sizes[placement.letters.find('B')] = plan.shape.batch;
    zeros = Block(placement, out.kind(), out.scalar_bytes());
    put_mask(out.kind(), 0, zeros.at(0));
    put_mask(out.kind(), 1, ones.at(0));
    if (out.kind() == ScalarKind::boolean || !has_numbers(out.kind())) {
      for (Patch& patch : plan.patches)
        if (patch.blend == 0) patch = {{0, 0, 0, 0, 0, 1}, 1};
    }
    cutmix::mix_images(plan, std::as_const(zeros).view(), std::as_const(ones).view(), mixed.view());
    partner_mask(plan, out.view());
    REQUIRE(out.memory() == mixed.memory());
  }
}

TEST_CASE("a blend is rounded like the images' weights: to float first, for scalars of 16 bits") {
  // As a float it is a tie of two halves, of which the even one is 1/2.
  const Plan plan{{1, 1, 1, 1, 1}, {0}, {{{0, 0, 1, 1}, 0.5 + 0x1p-12 + 0x1p-40}}};
  const std::uint16_t zero = 0, one = 0x3C00;
  std::uint16_t mask = 9, mixed = 9;
  const auto see = [](auto* half) {
    using View = std::conditional_t<std::is_const_v<std::remove_pointer_t<decltype(half)>>,
                                    cutmix::ConstBatchView, cutmix::BatchView>;
    return View(half, ScalarKind::half, 2, {1, 1, 1});
  };
  partner_mask(plan, see(&mask));
  cutmix::mix_images(plan, see(&zero), see(&one), see(&mixed));
  CHECK(mask == 0x3800);
  CHECK(mixed == mask);
}

TEST_CASE("the mean over a sample is 1 - lambda") {
  for (std::uint32_t seed = 7001; seed <= 7300; ++seed) {
    INFO("seed " << seed);
    Dice dice(seed);
    const BatchShape shape{dice.roll(1, 4), dice.roll(1, 40), dice.roll(1, 50), dice.roll(1, 6)};
    const auto pixels = nth(shape.height * shape.width * shape.depth);
    const auto sizes = {shape.batch, shape.depth, shape.height, shape.width};
    const Plan cut = random_plan(dice, shape, false), blend = random_plan(dice, shape, true);
    std::vector<unsigned char> bits(nth(shape.batch) * pixels, 9);
    std::vector<float> floats(bits.size());
    partner_mask(cut, view(reinterpret_cast<bool*>(bits.data()), sizes, "BDHW"));
    partner_mask(blend, view(floats.data(), sizes, "BDHW"));
    for (std::size_t b = 0; b < nth(shape.batch); ++b) {
      double ones = 0, others = 0, sum = 0;
      for (std::size_t i = b * pixels; i < (b + 1) * pixels; ++i) {
        ones += bits[i] == 1 ? 1 : 0, others += bits[i] > 1 ? 1 : 0;
        sum += static_cast<double>(floats[i]);
      }
      CHECK(others == 0);
      const auto sample = static_cast<Index>(b);
      // The same quotient as lambda's own.
      CHECK(1 - ones / static_cast<double>(pixels) == cut.lambda(sample));
      CHECK(std::abs(sum / static_cast<double>(pixels) - (1 - blend.lambda(sample))) <= 1e-6);
    }
  }
}

TEST_CASE("the mean over the tokens of a sample is 1 - lambda") {
  Dice dice(8000);
  for (int i = 0; i < 200; ++i) {
    const BatchShape shape{3, 16 * dice.roll(1, 5), 8 * dice.roll(1, 7)};
    const Plan plan = random_plan(dice, shape, true);
    const Index rows = shape.height / 16, columns = shape.width / 8;
    std::vector<float> tokens(nth(3 * rows * columns));
    partner_mask(plan, view(tokens.data(), {Index{3}, rows, columns}));
    for (std::size_t b = 0; b < 3; ++b) {
      const std::size_t count = tokens.size() / 3;
      double sum = 0;
      for (std::size_t t = 0; t < count; ++t) sum += static_cast<double>(tokens[b * count + t]);
      CHECK(std::abs(sum / static_cast<double>(count) - (1 - plan.lambda(static_cast<Index>(b)))) <=
            1e-6);
    }
  }
}

TEST_CASE("an example by hand: pixels, tokens, and one token for all") {
  const Plan plan = plan_of({0}, {1, 0, 4, 3}, 4, 6);
  std::array<std::uint8_t, 24> mask;
  partner_mask(plan, view(mask.data(), {1, 4, 6}));
  CHECK(mask == std::array<std::uint8_t, 24>{0, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0,
                                             0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0});
  std::array<float, 6> tokens;
  partner_mask(plan, view(tokens.data(), {1, 2, 3}));
  CHECK(tokens == std::array<float, 6>{0.5f, 1, 0, 0.25f, 0.5f, 0});
  std::array<double, 1> one;
  partner_mask(plan, view(one.data(), {1, 1, 1}));
  CHECK(one[0] == 0.375);
  std::array<double, 4> rows;  // each axis has its own factor
  partner_mask(plan, view(rows.data(), {1, 4, 1}));
  CHECK(rows == std::array<double, 4>{0.5, 0.5, 0.5, 0});
}

TEST_CASE("a box for each sample, and a sample that is its own partner") {
  const Plan plan{{3, 1, 4}, {0, 0, 1}, {{{0, 0, 1, 1}, 1}, {{2, 0, 4, 1}, 0.5}, {{}, 1}}};
  std::array<float, 12> mask;
  partner_mask(plan, view(mask.data(), {3, 4}, "BW"));
  CHECK(mask == std::array<float, 12>{1, 0, 0, 0, 0, 0, 0.5f, 0.5f, 0, 0, 0, 0});
}

TEST_CASE("empty masks are no errors") {
  std::array<float, 1> untouched{7};
  partner_mask({{0, 3, 3}, {}, {{{}, 1}}}, view(untouched.data(), {0, 3, 3}));
  partner_mask({{2, 0, 3}, {0, 1}, {{{}, 1}}}, view(untouched.data(), {2, 0, 3}));
  partner_mask(quarter_plan(), view(untouched.data(), {2, 0, 4, 4}, "BCHW"));
  CHECK(untouched[0] == 7);
}

TEST_CASE("a mask that does not fit its plan says so, and nothing is written") {
  std::vector<float> floats(500, 7);
  std::vector<std::uint8_t> bytes(500, 7);
  const auto error = [&](const Plan& plan, const cutmix::BatchView& out) {
    const std::string text = error_of([&] { partner_mask(plan, out); });
    const bool untouched =
        floats == std::vector<float>(500, 7) && bytes == std::vector<std::uint8_t>(500, 7);
    return untouched ? text : "written";
  };
  const Plan plan = plan_of({1, 0}, {1, 1, 5, 3}, 4, 6);
  CHECK(error(plan, view(floats.data(), {3, 4, 6})) ==
        "cutmix: plan.shape.batch = 2, must be 3, as of out");
  CHECK(error(plan, view(floats.data(), {2, 4, 4})) ==
        "cutmix: width of out = 4, must be 6, as of plan, or divide it");
  CHECK(error(plan, view(floats.data(), {2, 8, 6})) ==
        "cutmix: height of out = 8, must be 4, as of plan, or divide it");
  CHECK(error(plan, view(floats.data(), {2, 0, 6})) ==
        "cutmix: height of out = 0, must be 4, as of plan, or divide it");
  CHECK(error(plan, view(floats.data(), {2, 2, 4, 6}, "BDHW")) ==
        "cutmix: depth of out = 2, must be 1, as of plan, or divide it");
  CHECK(error(plan, view(floats.data(), {2, 6}, "BW")) ==
        "cutmix: plan.shape.height = 4, must be 1, as of out, which lacks it");
  const Plan volume{{2, 4, 6, 2}, {1, 0}, {{{1, 1, 5, 3, 0, 2}, 1}}};
  CHECK(error(volume, view(floats.data(), {2, 2, 4, 6})) ==
        "cutmix: plan.shape.depth = 2, must be 1, as of out, which lacks it");
  CHECK(error(plan, view(bytes.data(), {2, 2, 3})) ==
        "cutmix: width of out = 3, must be 6, as of plan, in a mask of integers");
  Plan blended = plan;
  blended.patches[0].blend = 0.5;
  CHECK(error(blended, view(bytes.data(), {2, 4, 6})) ==
        "cutmix: patches[0].blend = 0.5, must be 0 or 1 in a mask of integers");
  CHECK(error(blended, view(reinterpret_cast<bool*>(bytes.data()), {2, 4, 6})) ==
        "cutmix: patches[0].blend = 0.5, must be 0 or 1 in a mask of integers");
  Plan bad = plan;
  bad.patches[0].box.x2 = 7;
  CHECK(error(bad, view(floats.data(), {2, 4, 6})) ==
        "cutmix: patches[0].box = (1, 1, 7, 3), must satisfy 0 <= x1 <= x2 <= 6 and 0 <= y1 <= y2 "
        "<= 4");
  CHECK(error(plan, view(floats.data(), {2, 4, 6}, {}, {24, 0, 1})) ==
        "cutmix: strides of out = 24, 0, 1, must not fold memory onto itself: each position is "
        "written");
  CHECK(error(plan, view(floats.data(), {2, 4})) ==
        "cutmix: rank of out = 2, must be at least 3: (B, ..., H, W); name other axes: "
        "cutmix::view(x, \"BCW\")");
  struct Pixel {
    char data[3];
  };
  std::vector<Pixel> pixels(48);
  CHECK(error(plan, view(pixels.data(), {2, 4, 6})) ==
        "cutmix: scalar of out = opaque, must be a number or bool");
}

TEST_CASE("blends of boxes without pixels are none in a mask of integers") {
  Plan plan = quarter_plan();
  plan.patches[0] = {{2, 1, 2, 3}, 0.5};
  std::array<std::uint8_t, 32> mask;
  mask.fill(5);
  partner_mask(plan, view(mask.data(), {2, 4, 4}));
  CHECK(mask == std::array<std::uint8_t, 32>{});
}
