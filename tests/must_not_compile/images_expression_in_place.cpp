// Expected: cutmix: no tensor and no view: include <cutmix/eigen.hpp>
#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::mix_images_in_place(plan, x);
#else
  cutmix::mix_images_in_place(plan, x / 255.0f);
#endif
}
