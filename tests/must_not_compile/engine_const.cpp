// Expected: cutmix: the engine must be a uniform random bit generator, such as
// cutmix::Philox4x32(42)
#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::Philox4x32 rng(42);
#else
  const cutmix::Philox4x32 rng(42);
#endif
  plan = cutmix::make_plan({8, 24, 32}, cutmix::Options(), rng);
}
