// Expected: cutmix: images must be an Eigen tensor that owns or maps memory
#include "common.hpp"

void train() {
  cutmix::Philox4x32 rng;
#ifdef TWIN
  plan = cutmix::make_plan(x, cutmix::Options(), rng);
#else
  plan = cutmix::make_plan(x / 255.0f, cutmix::Options(), rng);
#endif
}
