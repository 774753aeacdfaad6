// Expected: cutmix: the output must have the scalar, the rank and the layout of x
#include "common.hpp"

void train() {
#ifdef TWIN
  Eigen::Tensor<float, 4, Eigen::ColMajor> mixed;
#else
  Eigen::Tensor<float, 4, Eigen::RowMajor> mixed;
#endif
  mixer(x, ids, mixed, y_out);
}
