// Expected: cutmix: mixed targets must be floating
#include "common.hpp"

void train() {
#ifdef TWIN
  Eigen::Tensor<float, 2> mixed;
#else
  Eigen::Tensor<int, 2> mixed;
#endif
  mixer(x, ids, x_out, mixed);
}
