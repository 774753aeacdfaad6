// Detections: which objects still show in a mixed image, against counting the pixels of rasterised
// boxes.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cutmix/detections.hpp>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "random_detections.hpp"

using namespace testing;
using cutmix::Detection;
using cutmix::DetectionOrigin;
using cutmix::Detections;
using cutmix::DetectionsView;
using cutmix::mix_detections;
using cutmix::ScalarKind;
using cutmix::view;

namespace {

// The half of a 10 x 10 image from column 5 on.
Plan right_half(Indices indices) { return plan_of(std::move(indices), {5, 0, 10, 10}, 10, 10); }

constexpr float inf = std::numeric_limits<float>::infinity();
constexpr float quiet_nan = std::numeric_limits<float>::quiet_NaN();

}  // namespace

TEST_CASE("shares are those of the pixels of rasterised boxes, 1000 random scenes") {
  Index kept = 0, dropped = 0;
  for (std::uint32_t seed = 1; seed <= 1000; ++seed) {
    INFO("seed " << seed);
    Dice dice(seed);
    check_detections(dice, kept, dropped);
  }
  CHECK(kept > 1000);  // the scenes are not empty
  CHECK(dropped != 0);
}

TEST_CASE("origins find the object that each result comes from") {
  for (std::uint32_t seed = 2000; seed < 2200; ++seed) {
    INFO("seed " << seed);
    Dice dice(seed);
    BatchShape shape{dice.roll(1, 6), 16, 20, 1, dice.roll(1, 4)};
    const Plan plan = random_plan(dice, shape, true);
    const Lists objects = random_objects(dice, shape.batch, shape);
    const Lists source = random_objects(dice, shape.source, shape);
    Mixed result;
    mix_detections(plan, objects, source, result.objects, result.origins);
    for (Index b = 0; b < shape.batch; ++b)
      for (std::size_t i = 0; i < result.objects[nth(b)].size(); ++i) {
        const DetectionOrigin& origin = result.origins[nth(b)][i];
        const Detection& object = result.objects[nth(b)][i];
        const Detection& from =
            (origin.from_partner ? source : objects)[nth(origin.sample)][nth(origin.index)];
        CHECK(origin.sample == (origin.from_partner ? plan.indices[nth(b)] : b));
        CHECK(object.id == from.id);
        if (!origin.from_partner) CHECK(same(object, from));
        // A clipped box lies in both.
        CHECK((from.x1 <= object.x1 && object.x2 <= from.x2));
        CHECK((from.y1 <= object.y1 && object.y2 <= from.y2));
        CHECK((object.x1 <= object.x2 && object.y1 <= object.y2));
      }
  }
}

TEST_CASE("an example by hand: two images, one patch") {
  // 20 x 10 pixels, the patch in columns 10 to 20.
  const Plan plan = plan_of({1, 0}, {10, 0, 20, 10}, 10, 20);
  const Lists objects{{{0, 0, 4, 4, 1}, {8, 2, 12, 6, 2}, {12, 2, 18, 8, 3}},
                      {{2, 2, 6, 6, 4}, {7, 0, 17, 10, 5}}};
  const Mixed result = mixed(plan, objects);
  REQUIRE(result.objects[0].size() == 3);
  CHECK(same(result.objects[0][0], objects[0][0]));
  CHECK(same(result.objects[0][1], objects[0][1]));  // half of it shows, its box is what it was
  CHECK(same(result.objects[0][2], {10, 0, 17, 10, 5}));
  CHECK(result.origins[0] ==
        std::vector<DetectionOrigin>{{0, 0, false, 1}, {0, 1, false, 0.5}, {1, 1, true, 0.7}});
  REQUIRE(result.objects[1].size() == 4);
  CHECK(same(result.objects[1][2], {10, 2, 12, 6, 2}));
  CHECK(same(result.objects[1][3], {12, 2, 18, 8, 3}));
  CHECK(result.origins[1] ==
        std::vector<DetectionOrigin>{
            {1, 0, false, 1}, {1, 1, false, 0.3}, {0, 1, true, 0.5}, {0, 2, true, 1}});
}

TEST_CASE("a share of just the threshold is kept") {
  // Fault: 1 - 90/100 is less than 0.1.
  const Plan plan = plan_of({1, 0}, {1, 0, 10, 10}, 10, 10);
  const Lists objects{{{0, 0, 10, 10, 0}}, {}};
  for (const double threshold : {0.0, 0.05, 0.1}) {
    const Mixed result = mixed(plan, objects, threshold);
    REQUIRE(result.origins[0].size() == 1);
    CHECK(result.origins[0][0].share == 0.1);
    CHECK(result.origins[1].size() == 1);
  }
  CHECK(mixed(plan, objects, std::nextafter(0.1, 1)).objects[0].empty());
  CHECK(mixed(plan, objects, 0.9).objects[1].size() == 1);
  CHECK(mixed(plan, objects, std::nextafter(0.9, 1)).objects[1].empty());
  // The default is 0.1: nine of ninety-one pixels are less.
  const Plan nearly = plan_of({1, 0}, {9, 0, 91, 1}, 1, 91);
  CHECK(mixed(nearly, {{{0, 0, 91, 1, 0}}, {}}).objects[0].empty());
  CHECK(mixed(nearly, {{{0, 0, 90, 1, 0}}, {}}).objects[0].size() == 1);
}

TEST_CASE("what does not show is not kept, whatever the threshold") {
  const Plan plan = right_half({1, 0});
  const Lists objects{{{5, 0, 9, 9, 0}}, {{0, 0, 5, 9, 1}}};
  const Mixed result = mixed(plan, objects, 0);
  CHECK(result.objects[0].empty());  // the own one is hidden, and the partner's was left behind
  CHECK(result.objects[1].size() == 2);
}

TEST_CASE("only what an image shows of an object counts") {
  const Plan plan = right_half({1, 0});
  // Of 20 columns 10 are in the image, 5 of them in the patch.
  const Mixed result = mixed(plan, {{{0, 0, 20, 10, 0}, {-30, 0, 10, 40, 1}}, {}});
  CHECK(result.origins[0] == std::vector<DetectionOrigin>{{0, 0, false, 0.5}, {0, 1, false, 0.5}});
  CHECK(result.origins[1] == std::vector<DetectionOrigin>{{0, 0, true, 0.5}, {0, 1, true, 0.5}});
  CHECK(same(result.objects[0][0], {0, 0, 20, 10, 0}));  // an own box is never changed
  CHECK(same(result.objects[1][0], {5, 0, 10, 10, 0}));
}

TEST_CASE("an object beyond its image stays with it, and does not come along") {
  const Plan plan = plan_of({1, 0}, {0, 0, 10, 10}, 10, 10);
  const Lists objects{{{-5, 0, 0, 4, 0}, {10, 0, 14, 4, 1}, {0, -9, 3, -4, 2}, {10, 3, 10, 3, 3}},
                      {}};
  const Mixed result = mixed(plan, objects, 0);
  CHECK(result.objects[0].size() == 4);
  CHECK(result.objects[1].empty());
}

TEST_CASE("objects and their origins compare by everything") {
  const Detection object{1, 2, 3, 4, 5};
  CHECK(object == Detection{1, 2, 3, 4, 5});
  for (const Detection& other :
       {Detection{0, 2, 3, 4, 5}, Detection{1, 0, 3, 4, 5}, Detection{1, 2, 0, 4, 5},
        Detection{1, 2, 3, 0, 5}, Detection{1, 2, 3, 4, 0}})
    CHECK((object != other && !(object == other)));
  const DetectionOrigin origin{1, 2, true, 0.5};
  CHECK(origin == DetectionOrigin{1, 2, true, 0.5});
  for (const DetectionOrigin& other :
       {DetectionOrigin{0, 2, true, 0.5}, DetectionOrigin{1, 0, true, 0.5},
        DetectionOrigin{1, 2, false, 0.5}, DetectionOrigin{1, 2, true, 1}})
    CHECK((origin != other && !(origin == other)));
}

TEST_CASE("a patch ends before its end, for positions too") {
  const Plan plan = plan_of({1, 0}, {2, 2, 6, 7}, 10, 10);
  const Lists objects{{{2, 2, 2, 2, 0}, {6, 3, 6, 3, 1}, {3, 7, 3, 7, 2}}, {}};
  const Mixed result = mixed(plan, objects);
  CHECK(result.origins[0] == std::vector<DetectionOrigin>{{0, 1, false, 1}, {0, 2, false, 1}});
  CHECK(result.origins[1] == std::vector<DetectionOrigin>{{0, 0, true, 1}});
}

TEST_CASE("a box without width or height lies where its position does") {
  const Plan plan = right_half({1, 0});
  // Points and lines left of the patch's edge, on it, and on the patch's far edge.
  const Lists objects{{{4, 3, 4, 3, 0}, {5, 3, 5, 3, 1}, {5, 2, 5, 6, 2}, {0, 4, 10, 4, 3}}, {}};
  const Mixed result = mixed(plan, objects);
  CHECK(result.origins[0] == std::vector<DetectionOrigin>{{0, 0, false, 1}, {0, 3, false, 0.5}});
  CHECK(result.origins[1] ==
        std::vector<DetectionOrigin>{{0, 1, true, 1}, {0, 2, true, 1}, {0, 3, true, 0.5}});
  CHECK(same(result.objects[1][0], {5, 3, 5, 3, 1}));
  CHECK(same(result.objects[1][2], {5, 4, 10, 4, 3}));
}

TEST_CASE("sides too short for an area to be one are positions") {
  // Fault: 0/0 where the area of a tiny box rounds to 0.
  struct Tiny {
    double x1, y1, x2, y2;
  };
  const double tiny = 1e-200;
  const std::vector<std::vector<Tiny>> objects{{{0, 0, tiny, tiny}, {7, 7, 7 + 1e-15, 7}}, {}};
  std::vector<std::vector<Tiny>> out;
  Origins origins;
  mix_detections(right_half({1, 0}), objects, out, origins);
  CHECK(origins[0] == std::vector<DetectionOrigin>{{0, 0, false, 1}});
  CHECK(origins[1] == std::vector<DetectionOrigin>{{0, 1, true, 1}});
  mix_detections(plan_of({1, 0}, {0, 0, 5, 10}, 10, 10), objects, out, origins);
  CHECK(origins[0] == std::vector<DetectionOrigin>{{0, 1, false, 1}});
  CHECK(origins[1] == std::vector<DetectionOrigin>{{0, 0, true, 1}});
}

TEST_CASE("MixUp keeps the objects of both images, but for one that is faded away") {
  Plan plan{{2, 10, 10}, {1, 0}, {{{0, 0, 10, 10}, 0.25}}};
  const Lists objects{{{0, 0, 4, 4, 0}}, {{2, 2, 9, 9, 1}, {-3, 0, 5, 5, 2}}};
  const Mixed both = mixed(plan, objects);
  CHECK(both.origins[0] ==
        std::vector<DetectionOrigin>{{0, 0, false, 0.75}, {1, 0, true, 0.25}, {1, 1, true, 0.25}});
  CHECK(both.origins[1].size() == 3);
  CHECK(same(both.objects[0][1], objects[1][0]));
  CHECK(same(both.objects[0][2], {0, 0, 5, 5, 2}));  // clipped to the patch, which is the image
  plan.patches[0].blend = 0.0625;
  CHECK(mixed(plan, objects).objects[0].size() == 1);
  CHECK(mixed(plan, objects, 0).objects[0].size() == 3);
  plan.patches[0].blend = 0.9375;
  CHECK(mixed(plan, objects).origins[0] ==
        std::vector<DetectionOrigin>{{1, 0, true, 0.9375}, {1, 1, true, 0.9375}});
  plan.patches[0].blend = 0;
  CHECK(mixed(plan, objects, 1).objects[0].size() == 1);
}

TEST_CASE("a list stays as it is where nothing is mixed") {
  const Lists objects{{{-5, -5, -1, -1, 0}, {3, 3, 3, 3, 1}, {5, 0, 9, 9, 2}}, {}};
  Plan plan = right_half({0, 1});  // their own partners
  for (int i = 0; i < 4; ++i) {
    INFO(i);
    if (i == 1) plan = cutmix::Plan::identity({2, 10, 10});
    if (i == 2) plan = plan_of({1, 0}, {4, 5, 9, 5}, 10, 10);  // an empty box
    if (i == 3) plan = Plan{{2, 10, 10}, {1, 0}, {{{0, 0, 10, 10}, 0}}};
    const Mixed result = mixed(plan, objects, 1);
    REQUIRE(result.objects[0].size() == 3);
    for (std::size_t k = 0; k < 3; ++k) {
      CHECK(same(result.objects[0][k], objects[0][k]));
      CHECK(result.origins[0][k] == DetectionOrigin{0, static_cast<Index>(k), false, 1});
    }
    CHECK(result.objects[1].empty());
  }
}

TEST_CASE("sample 0 of a source is another than sample 0 of the batch") {
  const Plan plan{{1, 10, 10, 1, 1}, {0}, {{{5, 0, 10, 10}, 1}}};
  Mixed result;
  mix_detections(plan, Lists{{{0, 0, 4, 4, 1}, {6, 6, 9, 9, 2}}}, Lists{{{6, 6, 9, 9, 3}}},
                 result.objects, result.origins);
  CHECK(result.origins[0] == std::vector<DetectionOrigin>{{0, 0, false, 1}, {0, 0, true, 1}});
  CHECK(result.objects[0][1].id == 3);
}

TEST_CASE("any struct with corners is copied whole") {
  struct Thing {
    std::string name;
    double x1, y1, x2, y2;
    std::vector<int> keypoints;
  };
  const std::vector<std::vector<Thing>> objects{{{"cat", 0, 0, 8, 10, {1, 2}}},
                                                {{"dog", 2.5, 0, 7.5, 10, {3}}}};
  std::vector<std::vector<Thing>> out;
  Origins origins;
  mix_detections(right_half({1, 0}), objects, out, origins);
  REQUIRE(out[0].size() == 2);
  CHECK((out[0][0].name == "cat" && out[0][0].x2 == 8));
  CHECK((out[0][1].name == "dog" && out[0][1].keypoints == std::vector<int>{3}));
  CHECK((out[0][1].x1 == 5 && out[0][1].x2 == 7.5));
  CHECK(origins[0][1] == DetectionOrigin{1, 0, true, 0.5});

  struct Pixels {
    int x1, y1, x2, y2;
  };
  std::vector<std::vector<Pixels>> pixels_out;
  mix_detections(right_half({1, 0}), {{{3, 0, 9, 5}}, {}}, pixels_out, origins);
  REQUIRE(pixels_out[1].size() == 1);
  CHECK((pixels_out[1][0].x1 == 5 && pixels_out[1][0].x2 == 9));

  // An own box is what it was, in numbers that no double holds too.
  struct Exact {
    long double x1, y1, x2, y2;
  };
  std::vector<std::vector<Exact>> exact_out;
  mix_detections(right_half({1, 0}), {{{0.1L, 0, 0.7L, 1}}, {}}, exact_out, origins);
  CHECK((exact_out[0][0].x1 == 0.1L && exact_out[0][0].x2 == 0.7L));
}

TEST_CASE("flat arrays of any strides and integer types") {
  const Plan plan = right_half({1, 0});
  const Lists objects{{{0, 0, 8, 10, 7}}, {{2, 0, 8, 10, -1}, {6, 1, 7, 2, 3}}};
  Detections expected;
  mix_detections(plan, flattened(objects).see(), expected);
  CHECK(same(expected, mixed(plan, objects)));
  CHECK(expected.ids == Indices{7, -1, 3, -1, 7});

  // Columns of corners, every second id, and offsets of bytes.
  const std::array<float, 15> columns{0, 2, 6, -9, 0, 0, 1, -9, 8, 8, 7, -9, 10, 10, 2};
  const std::array<std::int8_t, 5> ids{7, 55, -1, 55, 3};
  const std::array<std::uint8_t, 3> offsets{0, 1, 3};
  Detections out;
  mix_detections(
      plan, {view(columns.data(), {3, 4}, {}, {1, 4}), view(ids.data(), {3}, {}, {2}), offsets},
      out);
  CHECK((out.boxes == expected.boxes && out.ids == expected.ids));
  const std::array<std::int64_t, 3> wide{0, 1, 3};
  const std::array<std::uint64_t, 3> natural{7, 8, 3};
  const std::vector<float> boxes = flattened(objects).boxes;
  mix_detections(plan, {view(boxes.data(), {3, 4}), natural, wide}, out);
  CHECK(out.ids == Indices{7, 8, 3, 8, 7});
}

TEST_CASE("what was mixed can be mixed again, and be a source") {
  const Plan plan = right_half({1, 0});
  const Lists objects{{{0, 0, 8, 10, 1}}, {{6, 0, 8, 10, 2}}};
  Detections once, twice, from;
  mix_detections(plan, flattened(objects).see(), once);
  mix_detections(plan, once, twice);
  CHECK(twice.offsets.size() == 3);
  const Plan elsewhere{{1, 10, 10, 1, 2}, {1}, {{{5, 0, 10, 10}, 1}}};
  Detections own;
  own.boxes = {0, 0, 4, 4}, own.ids = {9}, own.offsets = {0, 1};
  mix_detections(elsewhere, own, once, from);
  CHECK(from.ids == Indices{9, 1});  // the second sample of `once` has its own, hidden, and 1
  CHECK(from.origins[1] == DetectionOrigin{1, 0, true, 1});
}

TEST_CASE("no samples and no objects are no errors") {
  const Plan none{{0, 3, 3}, {}, {{{}, 1}}};
  Mixed lists;
  mix_detections(none, Lists{}, lists.objects, lists.origins);
  CHECK(lists.objects.empty());
  Detections flat, empty;
  mix_detections(none, empty, flat);
  CHECK(flat.offsets == Indices{0});
  const Plan plan = right_half({1, 0});
  CHECK(mixed(plan, {{}, {}}).objects == Lists{{}, {}});
  const float* nothing = nullptr;
  mix_detections(plan, {view(nothing, {0, 4}), std::vector<int>{}, std::vector<int>{0, 0, 0}},
                 flat);
  CHECK(flat.offsets == Indices{0, 0, 0});
  CHECK(flat.boxes.empty());
}

TEST_CASE("lists that do not fit the plan say so") {
  const Plan plan = right_half({1, 0});
  Mixed out;
  const auto error = [&](const Plan& wrong, const Lists& objects) {
    return error_of([&] { mix_detections(wrong, objects, out.objects, out.origins); });
  };
  CHECK(error(plan, Lists(3)) == "cutmix: plan.shape.batch = 2, must be 3, as of objects");
  Plan volume = plan;
  volume.shape.depth = 4, volume.patches[0].box.z2 = 4;
  CHECK(error(volume, Lists(2)) ==
        "cutmix: plan.shape.depth = 4, must be 1: boxes of objects have no depth");
  Plan elsewhere = plan;
  elsewhere.shape.source = 5;
  CHECK(error(elsewhere, Lists(2)) ==
        "cutmix: plan.shape.source = 5, needs a source: its partners are not of the batch itself");
  CHECK(error_of([&] {
          mix_detections(elsewhere, Lists(2), Lists(4), out.objects, out.origins);
        }) == "cutmix: plan.shape.source = 5, must be 4, as of source");
  Plan bad = plan;
  bad.indices[1] = 2;
  CHECK(error(bad, Lists(2)) == "cutmix: indices[1] = 2, must be in [0, 2)");
  for (const double threshold : {-0.1, 1.5, static_cast<double>(quiet_nan)})
    CHECK(error_of([&] { mix_detections(plan, Lists(2), out.objects, out.origins, threshold); }) ==
          "cutmix: threshold = " + cutmix::detail::text_of("%", {threshold}) +
              ", must be in [0, 1]");
  CHECK(out.objects.empty());
}

TEST_CASE("objects and origins are the same where every field is") {
  const Detection object{1, 2, 3, 4, 5};
  CHECK(object == Detection{1, 2, 3, 4, 5});
  for (const Detection& other :
       {Detection{0, 2, 3, 4, 5}, Detection{1, 0, 3, 4, 5}, Detection{1, 2, 0, 4, 5},
        Detection{1, 2, 3, 0, 5}, Detection{1, 2, 3, 4, 0}}) {
    CHECK(object != other);
    CHECK_FALSE(object == other);
  }
  const cutmix::DetectionOrigin origin{1, 2, true, 0.5};
  CHECK(origin == cutmix::DetectionOrigin{1, 2, true, 0.5});
  for (const cutmix::DetectionOrigin& other :
       {cutmix::DetectionOrigin{0, 2, true, 0.5}, cutmix::DetectionOrigin{1, 0, true, 0.5},
        cutmix::DetectionOrigin{1, 2, false, 0.5}, cutmix::DetectionOrigin{1, 2, true, 1}}) {
    CHECK(origin != other);
    CHECK_FALSE(origin == other);
  }
}

TEST_CASE("boxes that are none say which") {
  const Plan plan = right_half({1, 0});
  Plan elsewhere = plan;
  elsewhere.shape.source = 2;
  const auto errors = [&](const Detection& object, const std::string& text) {
    const Lists good(2), bad{{{0, 0, 1, 1, 0}}, {{0, 0, 1, 1, 0}, object}};
    Mixed out;
    Detections flat;
    const std::string rule = " = " + text + ", must be finite and satisfy x1 <= x2 and y1 <= y2";
    CHECK(error_of([&] { mix_detections(plan, bad, out.objects, out.origins); }) ==
          "cutmix: objects[1][1]" + rule);
    CHECK(error_of([&] { mix_detections(elsewhere, good, bad, out.objects, out.origins); }) ==
          "cutmix: source[1][1]" + rule);
    const Flat own = flattened(good), from = flattened(bad);
    CHECK(error_of([&] { mix_detections(plan, from.see(), flat); }) ==
          "cutmix: objects.boxes[2]" + rule);
    CHECK(error_of([&] { mix_detections(elsewhere, own.see(), from.see(), flat); }) ==
          "cutmix: source.boxes[2]" + rule);
    CHECK((out.objects.empty() && flat.offsets == Indices{0}));
  };
  errors({3, 0, 2, 1, 0}, "(3, 0, 2, 1)");
  errors({0, 0.5f, 2, 0.25f, 0}, "(0, 0.5, 2, 0.25)");
  errors({quiet_nan, 0, 2, 1, 0}, "(nan, 0, 2, 1)");
  errors({0, 0, 2, inf, 0}, "(0, 0, 2, inf)");
  errors({-inf, 0, 2, 1, 0}, "(-inf, 0, 2, 1)");
  errors({0, -inf, 2, 1, 0}, "(0, -inf, 2, 1)");
  errors({0, 0, inf, 1, 0}, "(0, 0, inf, 1)");
}

TEST_CASE("arrays that do not fit each other say so, and nothing is written") {
  const Plan plan = right_half({1, 0});
  const std::vector<float> boxes(12);
  const std::vector<double> doubles(12);
  const std::vector<int> ids(3), offsets{0, 1, 3};
  Detections out;
  out.boxes = {1, 2, 3, 4}, out.ids = {5}, out.offsets = {0, 1};
  out.origins = {{0, 0, false, 1}};
  const Detections before = out;
  const auto error = [&](const DetectionsView& objects) {
    const std::string text = error_of([&] { mix_detections(plan, objects, out); });
    const bool untouched = out.boxes == before.boxes && out.ids == before.ids &&
                           out.offsets == before.offsets && out.origins == before.origins;
    return untouched ? text : "written";
  };
  const auto rows = view(boxes.data(), {3, 4});
  CHECK(error({view(doubles.data(), {3, 4}), ids, offsets}) ==
        "cutmix: scalar of objects.boxes = float64, must be float32");
  CHECK(error({view(boxes.data(), {12}), ids, offsets}) ==
        "cutmix: rank of objects.boxes = 1, must be 2: (N, 4)");
  CHECK(error({view(boxes.data(), {4, 3}), ids, offsets}) ==
        "cutmix: width of objects.boxes = 3, must be 4: x1, y1, x2, y2");
  CHECK(error({rows, std::vector<int>(2), offsets}) ==
        "cutmix: size of objects.ids = 2, must be 3, the number of boxes");
  CHECK(error({rows, view(boxes.data(), {3}), offsets}) ==
        "cutmix: scalar of objects.ids = float32, must be an integer");
  CHECK(error({rows, view(ids.data(), {3, 1}), offsets}) ==
        "cutmix: rank of objects.ids = 2, must be 1");
  CHECK(error({rows, ids, view(boxes.data(), {3})}) ==
        "cutmix: scalar of objects.offsets = float32, must be an integer");
  const auto offset_error = [&](const std::vector<Index>& list) {
    return error({rows, ids, list});
  };
  CHECK(offset_error({}) ==
        "cutmix: size of objects.offsets = 0, must be one more than there are samples");
  CHECK(offset_error({1, 1, 3}) == "cutmix: objects.offsets[0] = 1, must be in [0, 0]");
  CHECK(offset_error({0, -1, 3}) == "cutmix: objects.offsets[1] = -1, must be in [0, 3]");
  CHECK(offset_error({0, 2, 1}) == "cutmix: objects.offsets[2] = 1, must be in [2, 3]");
  CHECK(offset_error({0, 2, 4}) == "cutmix: objects.offsets[2] = 4, must be in [2, 3]");
  CHECK(offset_error({0, 1, 2}) ==
        "cutmix: objects.offsets[2] = 2, must be 3, the number of boxes");
  CHECK(offset_error({0}) == "cutmix: objects.offsets[0] = 0, must be 3, the number of boxes");
  CHECK(offset_error({0, 3}) == "cutmix: plan.shape.batch = 2, must be 1, as of objects");
  const std::vector<std::uint64_t> huge{0, std::uint64_t{1} << 63, 0};
  CHECK(error({rows, huge, offsets}) ==
        "cutmix: objects.ids[1] = 9223372036854775808, must be at most 2^63 - 1");
  Detections broken;
  broken.boxes.resize(6);
  CHECK(error_of([&] { mix_detections(plan, broken, out); }) ==
        "cutmix: size of boxes = 6, must be 4 times the number of objects");
}

TEST_CASE("a result must not be what is read") {
  const Plan plan = right_half({1, 0});
  Lists lists(2);
  Origins origins;
  CHECK(error_of([&] { mix_detections(plan, lists, lists, origins); }) ==
        "cutmix: out = objects, must be another list: its own is still to be read");
  Plan elsewhere = plan;
  elsewhere.shape.source = 2;
  CHECK(error_of([&] { mix_detections(elsewhere, Lists(2), lists, lists, origins); }) ==
        "cutmix: out = source, must be another list: its own is still to be read");
  CHECK(origins.empty());
  Detections objects;
  objects.boxes.assign(8, 1), objects.ids = {1, 2}, objects.offsets = {0, 1, 2};
  const Detections before = objects;
  CHECK(error_of([&] { mix_detections(plan, objects, objects); }) ==
        "cutmix: distance in bytes from objects.boxes to out.boxes = 0, must leave no overlap");
  Detections own = objects;
  CHECK(error_of([&] { mix_detections(elsewhere, own, objects, objects); }) ==
        "cutmix: distance in bytes from source.boxes to out.boxes = 0, must leave no overlap");
  const std::vector<float> boxes(12);
  const auto error = [&](const Indices& ids, const Indices& offsets) {
    return error_of([&] {
      mix_detections(plan, {view(boxes.data(), {2, 4}), ids, offsets}, objects);
    });
  };
  CHECK(error(objects.ids, {0, 1, 2}) ==
        "cutmix: distance in bytes from objects.ids to out.ids = 0, must leave no overlap");
  objects.ids = {0, 2};
  CHECK(error_of([&] {
          mix_detections(plan_of({0}, {}, 10, 10),
                         {view(boxes.data(), {2, 4}), Indices{1, 2}, objects.ids}, objects);
        }) ==
        "cutmix: distance in bytes from objects.offsets to out.ids = 0, must leave no "
        "overlap");
  objects.ids = before.ids;
  CHECK(error_of([&] {
          mix_detections(plan, {view(boxes.data(), {3, 4}), objects.offsets, Indices{0, 1, 3}},
                         objects);
        }) ==
        "cutmix: distance in bytes from objects.ids to out.offsets = 0, must leave no "
        "overlap");
  CHECK(error({1, 2}, objects.offsets) ==
        "cutmix: distance in bytes from objects.offsets to out.offsets = 0, must leave no overlap");
  CHECK((objects.boxes == before.boxes && objects.ids == before.ids));
}

TEST_CASE("images of up to 2^53 pixels") {
  const Index W = Index{1} << 26, H = Index{1} << 27;
  const Plan plan = plan_of({1, 0}, {W / 2, 0, W, H}, H, W);
  const auto width = static_cast<float>(W), height = static_cast<float>(H);
  const Mixed result = mixed(plan, {{{0, 0, width, height, 0}}, {{0, 0, 3e38f, 3e38f, 1}}});
  CHECK(result.origins[0] == std::vector<DetectionOrigin>{{0, 0, false, 0.5}, {1, 0, true, 0.5}});
  CHECK(same(result.objects[0][1], {width / 2, 0, width, height, 1}));
}
