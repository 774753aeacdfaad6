// Expected: cutmix: the plan stands before the images
#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::mix_masks(plan, x, x_out);
#else
  cutmix::mix_masks(x, plan, x_out);
#endif
}
