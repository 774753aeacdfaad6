// Expected: cutmix: logits, scores and their targets must be floating and of rank 2
#include "common.hpp"

void train() {
#ifdef TWIN
  Targets logits(8, 10);
#else
  Eigen::Tensor<int, 2> logits(8, 10);
#endif
  cutmix::soft_cross_entropy(logits, y_out);
}
