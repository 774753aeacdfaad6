// Expected: cutmix: a pointer has no shape; wrap it: cutmix::view(pointer, {B, C, H, W}
#include "common.hpp"

void train() {
  cutmix::Philox4x32 rng;
#ifdef TWIN
  plan = cutmix::make_plan(x, cutmix::Options(), rng);
#else
  plan = cutmix::make_plan(x.data(), cutmix::Options(), rng);
#endif
}
