// Expected: cutmix: images must have rank 3 or more: (B, ..., H, W)
#include "common.hpp"

void train() {
#ifdef TWIN
  Eigen::Tensor<float, 3> images, mixed;
#else
  Eigen::Tensor<float, 2> images, mixed;
#endif
  mixer(images, ids, mixed, y_out);
}
