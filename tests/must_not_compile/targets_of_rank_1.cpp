// Expected: cutmix: the output of class ids must have rank 2: (B, n_classes)
#include "common.hpp"

void train() {
#ifdef TWIN
  Eigen::Tensor<float, 2> mixed;
#else
  Eigen::Tensor<float, 1> mixed;
#endif
  mixer(x, ids, x_out, mixed);
}
