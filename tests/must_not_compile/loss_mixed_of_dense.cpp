// Expected: cutmix: class ids must be integers of rank 1; dense targets take no number of classes
#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::mixed_cross_entropy(dense, ids, plan);
#else
  cutmix::mixed_cross_entropy(dense, y_out, plan);
#endif
}
