// Expected: cutmix: the output must be an Eigen tensor that owns or maps memory
#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::mix_images(plan, x, x_out);
#else
  cutmix::mix_images(plan, x, x_out * 2.0f);
#endif
}
