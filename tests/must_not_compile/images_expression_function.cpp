// Expected: cutmix: no tensor and no view: include <cutmix/eigen.hpp>
#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::mix_images(plan, Images(x / 255.0f), x_out);
#else
  cutmix::mix_images(plan, x / 255.0f, x_out);
#endif
}
