// Expected: cutmix: logits, scores and their targets must be floating and of rank 2
#include "common.hpp"

void train() {
#ifdef TWIN
  Targets gradient(8, 10);
#else
  Eigen::Tensor<int, 2> gradient(8, 10);
#endif
  cutmix::soft_cross_entropy(dense, y_out, gradient);
}
