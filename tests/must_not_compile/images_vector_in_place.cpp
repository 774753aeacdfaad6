// Expected: cutmix: a std::vector or std::array is a list of labels, never images; wrap its memory
#include "common.hpp"

void train() {
  std::vector<float> pixels(8 * 3 * 24 * 32);
#ifdef TWIN
  cutmix::mix_images_in_place(plan, cutmix::view(pixels.data(), {8, 3, 24, 32}));
#else
  cutmix::mix_images_in_place(plan, pixels);
#endif
}
