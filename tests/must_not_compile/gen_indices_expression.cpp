// Expected: cutmix: no tensor and no view: include <cutmix/eigen.hpp>
#include "common.hpp"

void train() {
  cutmix::Philox4x32 rng;
#ifdef TWIN
  plan.indices = cutmix::gen_indices(x, rng);
#else
  plan.indices = cutmix::gen_indices(x / 255.0f, rng);
#endif
}
