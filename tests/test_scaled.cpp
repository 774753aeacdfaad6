// Plans at another resolution: what they do to maps is what the plan does to the images.

#include <cstdint>
#include <cutmix/images.hpp>
#include <cutmix/plan.hpp>
#include <string>
#include <utility>
#include <vector>

#include "support.hpp"

using namespace testing;
using cutmix::make_plan;
using cutmix::mix_images;
using cutmix::Options;
using cutmix::scaled;
using cutmix::view;

namespace {

// Volumes of integers, whose sums are exact.
struct Volumes {
  BatchShape shape;
  std::vector<std::int64_t> data;

  explicit Volumes(const BatchShape& its_shape)
      : shape(its_shape),
        data(nth(its_shape.batch * its_shape.depth * its_shape.height * its_shape.width)) {}

  std::int64_t& at(Index b, Index z, Index y, Index x) {
    return data[nth(((b * shape.depth + z) * shape.height + y) * shape.width + x)];
  }
  cutmix::BatchView see() {
    return view(data.data(), {shape.batch, shape.depth, shape.height, shape.width}, "BDHW");
  }
};

Volumes random_volumes(Dice& dice, const BatchShape& shape) {
  Volumes volumes(shape);
  for (std::int64_t& value : volumes.data) value = dice.roll(-1000000, 1000000);
  return volumes;
}

Volumes mixed(const Plan& plan, Volumes& own, Volumes& source) {
  Volumes out(own.shape);
  if (plan.shape.source < 0)
    mix_images(plan, own.see(), out.see());
  else
    mix_images(plan, own.see(), source.see(), out.see());
  return out;
}

struct Factors {
  Index x, y, z;
};

BatchShape times(const BatchShape& shape, const Factors& by) {
  return {shape.batch, shape.height * by.y, shape.width * by.x, shape.depth * by.z, shape.source};
}

// Each voxel becomes a block of equal ones.
Volumes enlarged(Volumes& small, const Factors& by) {
  Volumes large(times(small.shape, by));
  for (Index b = 0; b < large.shape.batch; ++b)
    for (Index z = 0; z < large.shape.depth; ++z)
      for (Index y = 0; y < large.shape.height; ++y)
        for (Index x = 0; x < large.shape.width; ++x)
          large.at(b, z, y, x) = small.at(b, z / by.z, y / by.y, x / by.x);
  return large;
}

// Each block becomes the sum of its voxels.
Volumes pooled(Volumes& large, const BatchShape& shape, const Factors& by) {
  Volumes small(shape);
  for (Index b = 0; b < large.shape.batch; ++b)
    for (Index z = 0; z < large.shape.depth; ++z)
      for (Index y = 0; y < large.shape.height; ++y)
        for (Index x = 0; x < large.shape.width; ++x)
          small.at(b, z / by.z, y / by.y, x / by.x) += large.at(b, z, y, x);
  return small;
}

BatchShape random_shape(Dice& dice) {
  BatchShape shape{dice.roll(0, 4), dice.roll(1, 7), dice.roll(1, 9)};
  if (dice.coin()) shape.depth = dice.roll(2, 4);
  if (dice.coin()) shape.source = dice.roll(1, 5);
  return shape;
}

Factors random_factors(Dice& dice) {
  if (dice.coin()) {
    const Index k = dice.roll(1, 4);
    return {k, k, k};
  }
  return {dice.roll(1, 4), dice.roll(1, 4), dice.roll(1, 3)};
}

// A plan as a law without empty boxes would draw it, but for those that are canonical.
void make_canonical(Plan& plan) {
  for (Patch& patch : plan.patches)
    if (patch.box.empty()) patch.box = {};
}

Volumes some_source(Dice& dice, BatchShape shape) {
  shape.batch = shape.source < 0 ? 0 : shape.source;
  return random_volumes(dice, shape);
}

}  // namespace

TEST_CASE("mixing enlarged images is enlarging mixed ones") {
  for (std::uint32_t seed = 1; seed <= 400; ++seed) {
    INFO("seed " << seed);
    Dice dice(seed);
    const BatchShape shape = random_shape(dice);
    const Factors by = random_factors(dice);
    const Plan plan = random_plan(dice, shape, true);
    Volumes own = random_volumes(dice, shape), source = some_source(dice, shape);
    Volumes large = enlarged(own, by), large_source = enlarged(source, by);
    Volumes small_mixed = mixed(plan, own, source);
    const Plan large_plan = scaled(plan, times(shape, by));
    CHECK(mixed(large_plan, large, large_source).data == enlarged(small_mixed, by).data);
    CHECK((large_plan.indices == plan.indices && large_plan.shape == times(shape, by)));
    for (Index b = 0; b < shape.batch; ++b) {
      CHECK(large_plan.lambda(b) == plan.lambda(b));
      CHECK(large_plan.blend(b) == plan.blend(b));
    }
  }
}

TEST_CASE("mixing pooled images is pooling mixed ones, where the box cuts no block") {
  for (std::uint32_t seed = 1001; seed <= 1400; ++seed) {
    INFO("seed " << seed);
    Dice dice(seed);
    const BatchShape small_shape = random_shape(dice);
    const Factors by = random_factors(dice);
    // A plan of the large images whose edges lie on the borders of blocks.
    Plan plan = random_plan(dice, small_shape, false);
    plan.shape = times(small_shape, by);
    for (Patch& patch : plan.patches) {
      BBox& box = patch.box;
      box = {box.x1 * by.x, box.y1 * by.y, box.x2 * by.x,
             box.y2 * by.y, box.z1 * by.z, box.z2 * by.z};
    }
    Volumes own = random_volumes(dice, plan.shape), source = some_source(dice, plan.shape);
    BatchShape small_source_shape = small_shape;
    small_source_shape.batch = source.shape.batch;
    Volumes small = pooled(own, small_shape, by);
    Volumes small_source = pooled(source, small_source_shape, by);
    Volumes large_mixed = mixed(plan, own, source);
    const Plan small_plan = scaled(plan, small_shape);
    CHECK(mixed(small_plan, small, small_source).data == pooled(large_mixed, small_shape, by).data);
    for (Index b = 0; b < small_shape.batch; ++b) CHECK(small_plan.lambda(b) == plan.lambda(b));
  }
}

TEST_CASE("there and back is where it was") {
  for (std::uint32_t seed = 2001; seed <= 2400; ++seed) {
    INFO("seed " << seed);
    Dice dice(seed);
    const BatchShape shape = random_shape(dice);
    Plan plan = random_plan(dice, shape, true);
    CHECK(scaled(plan, shape) == plan);
    make_canonical(plan);
    const BatchShape large = times(shape, random_factors(dice));
    CHECK(scaled(scaled(plan, large), shape) == plan);
  }
}

TEST_CASE("an example by hand: 32 x 24 pixels and their feature maps") {
  const Plan plan{{1, 24, 32}, {0}, {{{8, 4, 24, 12}, 0.5}}};
  CHECK(scaled(plan, {1, 6, 8}) == Plan{{1, 6, 8}, {0}, {{{2, 1, 6, 3}, 0.5}}});
  CHECK(scaled(plan, {1, 48, 64}) == Plan{{1, 48, 64}, {0}, {{{16, 8, 48, 24}, 0.5}}});
  CHECK(scaled(plan, {1, 48, 4}) == Plan{{1, 48, 4}, {0}, {{{1, 8, 3, 24}, 0.5}}});
  CHECK(scaled(plan, {1, 18, 24}) == Plan{{1, 18, 24}, {0}, {{{6, 3, 18, 9}, 0.5}}});  // 3/4
  // Every slice of a volume is cut as its image was.
  CHECK(scaled(plan, {1, 24, 32, 5}) == Plan{{1, 24, 32, 5}, {0}, {{{8, 4, 24, 12, 0, 5}, 0.5}}});
}

TEST_CASE("a box without pixels has none at any resolution") {
  const Plan plan{{2, 24, 32, 4}, {1, 0}, {{{}, 1}, {{3, 5, 9, 5, 1, 3}, 1}}};
  const Plan small = scaled(plan, {2, 6, 8, 2});
  CHECK(small == Plan{{2, 6, 8, 2}, {1, 0}, {{{}, 1}, {{}, 1}}});
  CHECK((small.lambda(0) == 1 && small.lambda(1) == 1));
  const auto identity = [](const BatchShape& shape) { return Plan::identity(shape); };
  CHECK(scaled(identity({5, 8, 8}), {5, 3, 7, 2}) == identity({5, 3, 7, 2}));
  CHECK(scaled(identity({5, 8, 8, 0}), {5, 3, 7, 0}) == identity({5, 3, 7, 0}));
}

TEST_CASE("what has no place between its new pixels says which edge") {
  const Plan plan{{2, 24, 32, 6}, {1, 0}, {{{8, 4, 24, 12, 0, 6}, 1}, {{4, 6, 8, 9, 3, 6}, 1}}};
  const auto error = [&](const BatchShape& shape) {
    return error_of([&] { scaled(plan, shape); });
  };
  CHECK(error({2, 24, 8, 6}) == "no error");
  CHECK(error({2, 24, 4, 6}) ==
        "cutmix: patches[1].box.x1 = 4, must be a multiple of 8 for a width of 4 instead of 32");
  CHECK(error({2, 12, 32, 6}) ==
        "cutmix: patches[1].box.y2 = 9, must be a multiple of 2 for a height of 12 instead of 24");
  CHECK(error({2, 24, 32, 3}) ==
        "cutmix: patches[1].box.z1 = 3, must be a multiple of 2 for a depth of 3 instead of 6");
  CHECK(error({2, 8, 32, 2}) ==
        "cutmix: patches[0].box.y1 = 4, must be a multiple of 3 for a height of 8 instead of 24");
  CHECK(error({2, 24, 31, 6}) ==
        "cutmix: patches[0].box.x1 = 8, must be a multiple of 32 for a width of 31 instead of 32");
}

TEST_CASE("another batch or source, and plans and shapes out of order, say so") {
  Plan plan{{2, 24, 32, 1, 8}, {1, 7}, {{{8, 4, 24, 12}, 1}}};
  const auto error = [&](const BatchShape& shape) {
    return error_of([&] { scaled(plan, shape); });
  };
  CHECK(error({3, 24, 32, 1, 8}) == "cutmix: plan.shape.batch = 2, must be 3, as of shape");
  CHECK(error({2, 24, 32}) == "cutmix: plan.shape.source = 8, must be -1, as of shape");
  CHECK(error({2, 12, 16, 1, 7}) == "cutmix: plan.shape.source = 8, must be 7, as of shape");
  CHECK(error({2, -1, 32, 1, 8}) == "cutmix: height = -1, must be at least 0");
  CHECK(error({2, 24, 0, 1, 8}) == "cutmix: plan.shape.width = 32, must be 0, as of shape");
  CHECK(error({2, Index{1} << 40, 32, Index{1} << 40, 8}) ==
        "cutmix: W x H x D = 32 x 1099511627776 x 1099511627776, must be at most 2^53 pixels");
  plan.patches[0].box.x2 = 33;
  CHECK(error({2, 12, 16, 1, 8}) ==
        "cutmix: patches[0].box = (8, 4, 33, 12), must satisfy 0 <= x1 <= x2 <= 32 and 0 <= y1 <= "
        "y2 <= 24");
}

TEST_CASE("images of up to 2^53 pixels are scaled without an overflow") {
  const Index large = Index{1} << 53;
  const Plan plan{{1, 1, large}, {0}, {{{0, 0, large / 2, 1}, 1}}};
  CHECK(scaled(plan, {1, 1, large / 2}).box(0) == BBox{0, 0, large / 4, 1});
  CHECK(scaled(plan, {1, large / 2, 2}).box(0) == BBox{0, 0, 1, large / 2});
  const Plan odd{{1, 1, large - 2}, {0}, {{{0, 0, large - 2, 1}, 1}}};
  CHECK(scaled(odd, {1, 1, large - 3}).box(0) == BBox{0, 0, large - 3, 1});
}

TEST_CASE("a drawn plan serves its feature maps, where the law draws on their borders") {
  cutmix::Philox4x32 rng(9);
  Options options;
  options.scope = cutmix::Scope::sample;
  options.mixup_prob = 0.3;
  for (int i = 0; i < 50; ++i) {
    const Plan coarse = make_plan({4, 14, 20}, options, rng);
    const Plan fine = scaled(coarse, {4, 14 * 16, 20 * 16});
    CHECK(scaled(fine, coarse.shape) == scaled(scaled(coarse, fine.shape), coarse.shape));
    for (Index b = 0; b < 4; ++b) {
      CHECK(fine.lambda(b) == coarse.lambda(b));
      CHECK(fine.box(b).volume() == 256 * coarse.box(b).volume());
    }
  }
}
