// Expected: cutmix: no tensor and no view: include <cutmix/eigen.hpp>
#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::adjust_lambda(0.5, x, cutmix::BBox{});
#else
  cutmix::adjust_lambda(0.5, x / 255.0f, cutmix::BBox{});
#endif
}
