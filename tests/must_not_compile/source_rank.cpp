// Expected: cutmix: the source must have the scalar and the rank of x
#include "common.hpp"

void train() {
#ifdef TWIN
  Eigen::Tensor<float, 4> previous;
#else
  Eigen::Tensor<float, 3> previous;
#endif
  mixer(x, ids, previous, ids, x_out, y_out);
}
