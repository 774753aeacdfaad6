// Expected: cutmix: the output of class ids must be floating and of rank 2
#include "common.hpp"

void train() {
#ifdef TWIN
  Eigen::Tensor<float, 2> mixed;
#else
  Eigen::Tensor<int, 2> mixed;
#endif
  mixer(x, ids, x_out, mixed);
}
