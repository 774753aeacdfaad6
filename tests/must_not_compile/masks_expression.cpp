// Expected: cutmix: no tensor and no view: include <cutmix/eigen.hpp>
#include "common.hpp"

void train() {
#ifdef TWIN
  Images masks = x * 2.0f;
  cutmix::mix_masks(plan, masks, x_out);
#else
  cutmix::mix_masks(plan, x * 2.0f, x_out);
#endif
}
