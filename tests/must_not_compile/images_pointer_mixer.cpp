// Expected: cutmix: a pointer has no shape; wrap it: cutmix::view(pointer, {B, C, H, W}
#include "common.hpp"

void train() {
  const float* pixels = x.data();
#ifdef TWIN
  mixer(cutmix::view(pixels, {8, 3, 24, 32}, "BCHW"), ids, x_out, y_out);
#else
  mixer(pixels, ids, x_out, y_out);
#endif
}
