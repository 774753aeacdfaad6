// Expected: cutmix: the plan stands before the images
#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::mix_images_in_place(plan, x);
#else
  cutmix::mix_images_in_place(x, plan);
#endif
}
