// Expected: cutmix: the source must have the scalar and the rank of x
#include "common.hpp"

void train() {
#ifdef TWIN
  Eigen::Tensor<float, 4> previous;
#else
  Eigen::Tensor<double, 4> previous;
#endif
  cutmix::mix_images(plan, x, previous, x_out);
}
