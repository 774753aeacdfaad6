// Volumes: boxes in three dimensions, of scans and of the coarser maps that a network makes of
// them.
#include <cutmix/images.hpp>
#include <cutmix/labels.hpp>
#include <cutmix/philox.hpp>
#include <cutmix/view.hpp>
#include <iostream>
#include <vector>

int main() {
  const int B = 2, D = 16, H = 24, W = 32, k = 4;  // two scans, and maps of a quarter of each side
  cutmix::Options options;
  options.pairing = cutmix::Pairing::reversed;
  options.box_law = cutmix::MinMaxLaw(0.3, 0.7);
  cutmix::Philox4x32 rng(42);
  // Drawn where it is coarse, so that its box falls between the pixels of the maps.
  const cutmix::Plan coarse = cutmix::make_plan({B, H / k, W / k, D / k}, options, rng);
  const cutmix::Plan fine = cutmix::scaled(coarse, {B, H, W, D});

  const auto mix = [&](const cutmix::Plan& plan, std::size_t depth, std::size_t height,
                       std::size_t width) {
    const std::size_t voxels = depth * height * width;
    std::vector<float> scans(2 * voxels), mixed(scans.size());
    for (std::size_t i = 0; i < voxels; ++i) scans[i] = 1;  // the other is 0
    const auto see = [&](std::vector<float>& data) {
      return cutmix::view(data.data(), {B, depth, height, width}, "BDHW");
    };
    cutmix::mix_images(plan, see(scans), see(mixed));
    double kept = 0;
    for (std::size_t i = 0; i < voxels; ++i) kept += static_cast<double>(mixed[i]);
    return kept / static_cast<double>(voxels);
  };
  const double of_scan = mix(fine, D, H, W), of_map = mix(coarse, D / k, H / k, W / k);

  const std::vector<int> labels{1, 0};
  std::vector<float> targets(B * 2);
  cutmix::mix_labels(fine, labels, 2, cutmix::view(targets.data(), {B, 2}));
  std::cout << "box of the scans " << fine.box(0) << "\nbox of the maps  " << coarse.box(0)
            << "\nscan 0 keeps " << of_scan << " of its voxels, its map " << of_map
            << ", its label " << targets[1] << '\n';
  return of_scan == fine.lambda(0) && of_map == of_scan && targets[1] == static_cast<float>(of_scan)
             ? 0
             : 1;
}
