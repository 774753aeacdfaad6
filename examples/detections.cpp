// Detection: objects follow their images, and a law of your own spares those of the image.
#include <algorithm>
#include <cutmix/detections.hpp>
#include <cutmix/philox.hpp>
#include <iostream>

using Objects = std::vector<cutmix::Detection>;

// The pixels of objects that a box hides.
float hidden(const Objects& objects, const cutmix::BBox& box) {
  const auto side = [](float first, float last, cutmix::Index begin, cutmix::Index end) {
    const auto low = static_cast<float>(begin), high = static_cast<float>(end);
    return std::clamp(last, low, high) - std::clamp(first, low, high);
  };
  float sum = 0;
  for (const cutmix::Detection& o : objects)
    sum += side(o.x1, o.x2, box.x1, box.x2) * side(o.y1, o.y2, box.y1, box.y2);
  return sum;
}

int main() {
  // An image of 64 x 48 pixels, and a pool of two others for its partner.
  const std::vector<Objects> own{{{4, 4, 20, 20, 1}, {40, 30, 60, 46, 2}}},
      pool{{{30, 2, 62, 26, 3}}, {{0, 20, 40, 44, 4}, {44, 4, 60, 16, 5}}};
  cutmix::Options options;
  options.box_law = [&](const cutmix::ImageSize& image, double lambda, cutmix::UrbgRef& rng) {
    cutmix::BBox best = cutmix::InsideLaw{}(image, lambda, rng);
    for (int more = 9; more > 0; --more) {  // of ten places the one that hides least
      const cutmix::BBox box = cutmix::InsideLaw{}(image, lambda, rng);
      if (hidden(own[0], box) < hidden(own[0], best)) best = box;
    }
    return best;
  };
  cutmix::Philox4x32 rng(42), other(42);
  const auto plan = cutmix::make_plan({1, 48, 64, 1, 2}, options, rng);  // a source of two
  std::vector<Objects> mixed;
  std::vector<std::vector<cutmix::DetectionOrigin>> origins;  // for masks, keypoints, ...
  cutmix::mix_detections(plan, own, pool, mixed, origins);
  for (std::size_t i = 0; i < mixed[0].size(); ++i)
    std::cout << (origins[0][i].from_partner ? "the partner's" : "its own") << " class "
              << mixed[0][i].id << ", of which " << origins[0][i].share << " shows\n";

  int spared = 0, chance = 0;
  for (int i = 0; i < 1000; ++i) {
    spared += hidden(own[0], cutmix::make_plan({1, 48, 64}, options, rng).box(0)) == 0;
    chance += hidden(own[0], cutmix::InsideLaw{}({64, 48}, i / 1e3, other)) == 0;
  }
  std::cout << spared << " of 1000 patches hide nothing, by chance " << chance << '\n';
  return spared > 2 * chance ? 0 : 1;
}
