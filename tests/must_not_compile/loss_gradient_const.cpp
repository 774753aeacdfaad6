// Expected: cutmix: the output is const
#include "common.hpp"

void train() {
#ifdef TWIN
  Targets gradient(8, 10);
#else
  const Targets gradient(8, 10);
#endif
  cutmix::soft_cross_entropy(dense, y_out, gradient);
}
