// Expected: cutmix: dense targets and their output must have the same rank
#include "common.hpp"

void train() {
#ifdef TWIN
  Eigen::Tensor<float, 2> mixed;
#else
  Eigen::Tensor<float, 3> mixed;
#endif
  cutmix::mix_labels(plan, dense, mixed);
}
