// Expected: cutmix: the device must be
#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::mix_images(Eigen::DefaultDevice(), plan, x, x_out);
#else
  cutmix::mix_images(3, plan, x, x_out);
#endif
}
