// Expected: cutmix: a pointer has no shape; wrap it: cutmix::view(pointer, {B, C, H, W}
#include "common.hpp"

void train() {
  const float* pixels = x.data();
#ifdef TWIN
  cutmix::mix_images(plan, cutmix::view(pixels, {8, 3, 24, 32}, "BCHW"), x_out);
#else
  cutmix::mix_images(plan, pixels, x_out);
#endif
}
