// Expected: cutmix: x_out must have the scalar and the rank of x
#include "common.hpp"

void train() {
#ifdef TWIN
  Eigen::Tensor<float, 4> mixed;
#else
  Eigen::Tensor<float, 3> mixed;
#endif
  mixer(x, ids, mixed, y_out);
}
