// Expected: cutmix: no tensor and no view: include <cutmix/eigen.hpp>
#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::batch_shape(x);
#else
  cutmix::batch_shape(x / 255.0f);
#endif
}
