// Expected: cutmix: logits, scores and their targets must be floating and of rank 2
#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::mixed_accuracy(dense, ids, plan);
#else
  cutmix::mixed_accuracy(ids, dense, plan);
#endif
}
