// Expected: cutmix: the plan stands before the images
#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::mix_images(plan, x, x_out);
#else
  cutmix::mix_images(x, x_out, plan);
#endif
}
