// Expected: cutmix: class ids must be integers of rank 1; dense targets take no number of classes
#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::mixed_accuracy(dense, ids, plan);
#else
  cutmix::mixed_accuracy(dense, y_out, plan);
#endif
}
