// Expected: cutmix: there is no way to make new tensors like these
#include "common.hpp"

void train() {
  cutmix::Philox4x32 rng;
#ifdef TWIN
  auto mixed = cutmix::cutmix(x, ids, 1.0, 10, rng);
#else
  auto mixed = cutmix::cutmix(cutmix::view(x), ids, 1.0, 10, rng);
#endif
}
