// Expected: cutmix: the engine must be a uniform random bit generator, such as
// cutmix::Philox4x32(42)
#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::Philox4x32 rng(42);
#else
  int rng = 42;
#endif
  cutmix::rand_bbox(32, 24, 0.5, rng);
}
