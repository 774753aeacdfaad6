// Expected: cutmix: no tensor and no view: include <cutmix/eigen.hpp>
#include "common.hpp"

void train() {
  cutmix::Philox4x32 rng;
#ifdef TWIN
  auto mixed = cutmix::cutmix(x, ids, 1.0, 10, rng);
#else
  auto mixed = cutmix::cutmix(x / 255.0f, ids, 1.0, 10, rng);
#endif
}
