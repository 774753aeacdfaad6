// Expected: cutmix: a pointer has no shape; wrap it: cutmix::view(pointer, {B, C, H, W}
#include "common.hpp"

void train() {
  float pixels[24] = {};
#ifdef TWIN
  cutmix::mix_images(plan, cutmix::view(pixels, {2, 3, 4}), x_out);
#else
  cutmix::mix_images(plan, pixels, x_out);
#endif
}
