// Partners from elsewhere: a pool of any size, the batch before, or the other half of a batch.
#include <cmath>
#include <cutmix/mixer.hpp>
#include <cutmix/view.hpp>
#include <iostream>
#include <vector>

int main() {
  const int batch = 1, pool = 8, classes = 9, size = 3 * 16 * 16;
  std::vector<float> image(size, -1.0f), images(pool * size), mixed(size), targets(classes);
  const std::vector<int> label{8}, labels{0, 1, 2, 3, 4, 5, 6, 7};
  for (int i = 0; i < pool * size; ++i)
    images[static_cast<std::size_t>(i)] = static_cast<float>(i / size);
  const auto x = cutmix::view(image.data(), {batch, 3, 16, 16}, "BCHW");
  const auto source = cutmix::view(images.data(), {pool, 3, 16, 16}, "BCHW");

  // A batch of one has nobody to mix with; a source of eight has.
  cutmix::CutMix mixer(1.0, classes, cutmix::Philox4x32(42));
  mixer(x, label, source, labels, cutmix::view(mixed.data(), {batch, 3, 16, 16}, "BCHW"),
        cutmix::view(targets.data(), {batch, classes}));
  const auto partner = static_cast<std::size_t>(mixer.indices()[0]);
  std::cout << "partner " << partner << ", box " << mixer.bbox() << ", its label weighs "
            << targets[partner] << '\n';
  double share = 0;
  for (const float value : mixed) share += value == static_cast<float>(partner);
  share /= size;

  // timm's mode half: of 2 B samples the second half are the partners of the first.
  const int half = pool / 2;
  std::vector<float> halves(static_cast<std::size_t>(half * size));
  cutmix::Options options;
  options.pairing = cutmix::Pairing::reversed;
  cutmix::Philox4x32 rng(1);
  const cutmix::Plan plan = cutmix::make_plan({half, 16, 16, 1, half}, options, rng);
  cutmix::mix_images(plan, cutmix::view(images.data(), {half, 3, 16, 16}, "BCHW"),
                     cutmix::view(images.data() + half * size, {half, 3, 16, 16}, "BCHW"),
                     cutmix::view(halves.data(), {half, 3, 16, 16}, "BCHW"));
  return std::abs(share - static_cast<double>(targets[partner])) < 1e-6 ? 0 : 1;
}
