// A law of your own: any callable that returns a box inside the image. Here, a stripe of columns.
#include <cutmix/cutmix.hpp>
#include <iostream>

int main() {
  cutmix::Options options;
  options.box_law = [](const cutmix::ImageSize& image, double lambda, cutmix::UrbgRef& rng) {
    const auto columns =
        static_cast<cutmix::Index>((1 - lambda) * static_cast<double>(image.width));
    const cutmix::Index x = cutmix::uniform_index(image.width - columns + 1, rng);
    return cutmix::BBox{x, 0, x + columns, image.height};
  };

  cutmix::CutMix mixer(options, 10, cutmix::Philox4x32(42));
  bool is_stripe = true;
  for (int batch = 0; batch < 5; ++batch) {
    mixer.draw({8, 24, 32});  // 8 images of 24 rows and 32 columns
    const cutmix::BBox& box = mixer.bbox();
    std::cout << "columns " << box.x1 << " to " << box.x2 << ", label weight "
              << mixer.cutmix_lambda() << '\n';
    is_stripe = is_stripe && mixer.cutmix_lambda() == 1 - static_cast<double>(box.width()) / 32;
  }
  return is_stripe ? 0 : 1;
}
