// Expected: cutmix: the device must be
#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::mix_images_in_place(Eigen::DefaultDevice(), plan, x);
#else
  cutmix::mix_images_in_place(3, plan, x);
#endif
}
