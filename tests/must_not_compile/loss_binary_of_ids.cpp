// Expected: cutmix: logits, scores and their targets must be floating and of rank 2
#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::binary_cross_entropy(dense, y_out);
#else
  cutmix::binary_cross_entropy(dense, ids);
#endif
}
