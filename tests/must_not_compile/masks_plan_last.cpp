// Expected: cutmix: the plan stands before the images
#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::mix_masks(plan, x, x_out);
#else
  cutmix::mix_masks(x, x_out, plan);
#endif
}
