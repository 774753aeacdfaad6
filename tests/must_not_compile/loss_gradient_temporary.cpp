// Expected: cutmix: the output is a temporary
#include "common.hpp"

void train() {
#ifdef TWIN
  Targets gradient(8, 10);
  cutmix::soft_cross_entropy(dense, y_out, gradient);
#else
  cutmix::soft_cross_entropy(dense, y_out, Targets(8, 10));
#endif
}
