// Expected: cutmix: no tensor and no view: include <cutmix/eigen.hpp>
#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::mix_images(plan, x, x_out);
#else
  cutmix::mix_images(plan, x, x_out * 2.0f);
#endif
}
