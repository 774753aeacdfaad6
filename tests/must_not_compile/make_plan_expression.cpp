// Expected: cutmix: no tensor and no view: include <cutmix/eigen.hpp>
#include "common.hpp"

void train() {
  cutmix::Philox4x32 rng;
#ifdef TWIN
  plan = cutmix::make_plan(x, cutmix::Options(), rng);
#else
  plan = cutmix::make_plan(x / 255.0f, cutmix::Options(), rng);
#endif
}
