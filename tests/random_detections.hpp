#ifndef CUTMIX_TESTS_RANDOM_DETECTIONS_HPP
#define CUTMIX_TESTS_RANDOM_DETECTIONS_HPP

// Lists of objects, and what the pixels of rasterised boxes say about them.

#include <algorithm>
#include <cutmix/detections.hpp>
#include <vector>

#include "support.hpp"

namespace testing {

using cutmix::Detection;
using cutmix::DetectionOrigin;
using cutmix::Detections;
using cutmix::DetectionsView;
using cutmix::mix_detections;
using cutmix::view;

using Lists = std::vector<std::vector<Detection>>;
using Origins = std::vector<std::vector<DetectionOrigin>>;

struct Mixed {
  Lists objects;
  Origins origins;
};

inline Mixed mixed(const Plan& plan, const Lists& objects, double threshold = 0.1) {
  Mixed result;
  mix_detections(plan, objects, result.objects, result.origins, threshold);
  return result;
}

inline bool same(const Detection& a, const Detection& b) { return a == b; }

// ---- flat arrays ----

struct Flat {
  std::vector<float> boxes;
  std::vector<int> ids;
  std::vector<int> offsets{0};

  DetectionsView see() const { return {view(boxes.data(), {ids.size(), 4}), ids, offsets}; }
};

inline Flat flattened(const Lists& lists) {
  Flat flat;
  for (const auto& list : lists) {
    for (const Detection& object : list) {
      for (const float side : {object.x1, object.y1, object.x2, object.y2})
        flat.boxes.push_back(side);
      flat.ids.push_back(static_cast<int>(object.id));
    }
    flat.offsets.push_back(static_cast<int>(flat.ids.size()));
  }
  return flat;
}

inline bool same(const Detections& flat, const Mixed& lists) {
  const Flat expected = flattened(lists.objects);
  std::vector<DetectionOrigin> origins;
  for (const auto& list : lists.origins) origins.insert(origins.end(), list.begin(), list.end());
  return flat.boxes == expected.boxes &&
         flat.ids == Indices(expected.ids.begin(), expected.ids.end()) &&
         flat.offsets == Indices(expected.offsets.begin(), expected.offsets.end()) &&
         flat.origins == origins;
}

// ---- counting ----

// Objects lie on a raster of quarters of a pixel, each of which is counted.
constexpr Index quarters = 4;

struct Counted {
  double all = 0;     // quarters that the image shows
  double inside = 0;  // of them, those in the patch
};

inline Counted count(const Detection& object, const BBox& box, const BatchShape& shape) {
  const auto raster = [](float side) { return static_cast<Index>(side * quarters); };
  Counted counted;
  for (Index y = raster(object.y1); y < raster(object.y2); ++y)
    for (Index x = raster(object.x1); x < raster(object.x2); ++x) {
      if (x < 0 || y < 0 || x >= shape.width * quarters || y >= shape.height * quarters) continue;
      counted.all += 1;
      // A quarter belongs to the pixel that it lies in; both are at least 0 here.
      counted.inside += covers(box, x / quarters, y / quarters) ? 1 : 0;
    }
  return counted;
}

// The smallest box around the part of an object that lies in a patch, by its quarters.
inline Detection clipped_by_counting(Detection object, const BBox& box) {
  const auto raster = [](float side) { return static_cast<Index>(side * quarters); };
  Index x1 = 0, y1 = 0, x2 = 0, y2 = 0;
  bool any = false;
  for (Index y = raster(object.y1); y < raster(object.y2); ++y)
    for (Index x = raster(object.x1); x < raster(object.x2); ++x) {
      if (x < 0 || y < 0 || !covers(box, x / quarters, y / quarters)) continue;
      x1 = any ? std::min(x1, x) : x, y1 = any ? std::min(y1, y) : y;
      x2 = any ? std::max(x2, x + 1) : x + 1, y2 = any ? std::max(y2, y + 1) : y + 1;
      any = true;
    }
  const auto side = [](Index raster_side) { return static_cast<float>(raster_side) / quarters; };
  object.x1 = side(x1), object.y1 = side(y1), object.x2 = side(x2), object.y2 = side(y2);
  return object;
}

// What an image shows of its objects after a plan.
inline Mixed mixed_by_counting(const Plan& plan, const Lists& objects, const Lists& source,
                               double threshold) {
  Mixed result;
  for (Index b = 0; b < plan.shape.batch; ++b) {
    const Patch& patch = patch_of(plan, b);
    const Index partner = plan.indices[nth(b)];
    const bool is_own = plan.shape.source < 0 && partner == b;
    const double blend = is_own ? 0 : patch.blend;
    result.objects.emplace_back();
    result.origins.emplace_back();
    const auto add = [&](const Detection& object, const DetectionOrigin& origin) {
      if (!(origin.share > 0) || origin.share < threshold) return;
      result.objects.back().push_back(object);
      result.origins.back().push_back(origin);
    };
    for (std::size_t i = 0; i < objects[nth(b)].size(); ++i) {
      const Counted counted = count(objects[nth(b)][i], patch.box, plan.shape);
      // The image's part of each quarter, summed.
      const double left = (counted.all - counted.inside) + counted.inside * (1 - blend);
      const double share = counted.all > 0 ? left / counted.all : 1;
      add(objects[nth(b)][i], {b, static_cast<Index>(i), false, share});
    }
    for (std::size_t i = 0; i < source[nth(partner)].size(); ++i) {
      const Detection& object = source[nth(partner)][i];
      const Counted counted = count(object, patch.box, plan.shape);
      if (counted.all > 0 && counted.inside > 0)
        add(clipped_by_counting(object, patch.box),
            {partner, static_cast<Index>(i), true, counted.inside * blend / counted.all});
    }
  }
  return result;
}

// Objects of any place and size of at least a quarter, some beyond the image's edges.
inline Lists random_objects(Dice& dice, Index samples, const BatchShape& shape) {
  Lists lists(nth(samples));
  const Index step = dice.coin() ? quarters : 1;  // whole pixels or quarters
  const auto side = [&](Index size, float& first, float& last) {
    const Index beyond = size / 2 + 2;
    const Index a = dice.roll(-beyond, size + beyond - 1) * quarters / step * step;
    const Index length = dice.roll(1, size + 2) * step;
    first = static_cast<float>(a) / quarters;
    last = static_cast<float>(a + length) / quarters;
  };
  for (auto& list : lists)
    for (Index n = dice.roll(0, 5); n > 0; --n) {
      Detection object;
      side(shape.width, object.x1, object.x2);
      side(shape.height, object.y1, object.y2);
      object.id = dice.roll(-3, 90);
      list.push_back(object);
    }
  return lists;
}

inline double random_threshold(Dice& dice) {
  const double usual[] = {0, 0.1, 0.25, 0.5, 1};
  return dice.coin() ? usual[dice.roll(0, 4)] : dice.share();
}

// Blends are eighths, so that counted shares are exact.
inline void set_blends(Dice& dice, Plan& plan) {
  for (Patch& patch : plan.patches)
    patch.blend = dice.coin() ? 1 : static_cast<double>(dice.roll(0, 8)) / 8;
}

// What shows of objects is what the pixels of rasterised boxes show; counts those that are kept and
// those that are not.
inline void check_detections(Dice& dice, Index& kept, Index& dropped) {
  BatchShape shape{dice.roll(1, 5), dice.roll(1, 14), dice.roll(1, 18)};
  if (dice.coin()) shape.source = dice.roll(1, 6);
  Plan plan = random_plan(dice, shape, false);
  set_blends(dice, plan);
  const Lists objects = random_objects(dice, shape.batch, shape);
  const bool has_source = shape.source >= 0;
  const Lists source = has_source ? random_objects(dice, shape.source, shape) : objects;
  const double threshold = random_threshold(dice);
  const Mixed expected = mixed_by_counting(plan, objects, source, threshold);

  Mixed lists;
  lists.objects.resize(nth(dice.roll(0, 7)), {Detection{9, 9, 9, 9, 9}});  // overwritten
  Detections flat;
  flat.boxes.assign(3, 7.0f);
  const Flat own = flattened(objects), from = flattened(source);
  if (has_source) {
    mix_detections(plan, objects, source, lists.objects, lists.origins, threshold);
    mix_detections(plan, own.see(), from.see(), flat, threshold);
  } else {
    mix_detections(plan, objects, lists.objects, lists.origins, threshold);
    mix_detections(plan, own.see(), flat, threshold);
  }
  REQUIRE(lists.objects.size() == nth(shape.batch));
  REQUIRE(lists.origins == expected.origins);
  for (Index b = 0; b < shape.batch; ++b) {
    const auto& list = lists.objects[nth(b)];
    REQUIRE(list.size() == expected.objects[nth(b)].size());
    for (std::size_t i = 0; i < list.size(); ++i)
      REQUIRE(same(list[i], expected.objects[nth(b)][i]));
    kept += static_cast<Index>(list.size());
    dropped += static_cast<Index>(objects[nth(b)].size()) - static_cast<Index>(list.size());
  }
  REQUIRE(same(flat, expected));
}

}  // namespace testing

#endif  // CUTMIX_TESTS_RANDOM_DETECTIONS_HPP
