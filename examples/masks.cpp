// Segmentation: one plan cuts the images and their masks alike.
#include <cstdint>
#include <cutmix/cutmix.hpp>
#include <iostream>

int main() {
  const int batch = 6, channels = 3, height = 20, width = 30;
  Eigen::Tensor<float, 4, Eigen::RowMajor> images(batch, channels, height, width);
  Eigen::Tensor<std::uint8_t, 3, Eigen::RowMajor> masks(batch, height, width);
  // Every pixel is as bright as the class that its mask names.
  for (int b = 0; b < batch; ++b)
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) {
        masks(b, y, x) = static_cast<std::uint8_t>((b + x / 10 + y / 10) % 4);
        for (int c = 0; c < channels; ++c) images(b, c, y, x) = masks(b, y, x);
      }

  cutmix::Philox4x32 rng(42);
  const cutmix::Plan plan = cutmix::make_plan(images, cutmix::Options{}, rng);
  Eigen::Tensor<float, 4, Eigen::RowMajor> mixed_images(images.dimensions());
  Eigen::Tensor<std::uint8_t, 3, Eigen::RowMajor> mixed_masks(masks.dimensions());
  cutmix::mix_images(plan, images, mixed_images);
  cutmix::mix_masks(plan, masks, mixed_masks);

  int changed = 0, wrong = 0;
  for (int b = 0; b < batch; ++b)
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) {
        changed += mixed_masks(b, y, x) != masks(b, y, x);
        wrong += mixed_images(b, 0, y, x) != static_cast<float>(mixed_masks(b, y, x));
      }
  std::cout << "box " << plan.box(0) << ": " << changed << " pixels of the masks changed, " << wrong
            << " no longer fit their image\n";
  return wrong == 0 && changed > 0 ? 0 : 1;
}
