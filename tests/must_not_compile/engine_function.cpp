// Expected: cutmix: the engine must be a uniform random bit generator, such as
// cutmix::Philox4x32(42)
#include <cstdlib>

#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::Philox4x32 rng(42);
#else
  int (*rng)() = std::rand;
#endif
  cutmix::gen_cutmix_lambda(1.0, rng);
}
