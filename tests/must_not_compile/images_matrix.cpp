// Expected: cutmix: images must have rank 3 or more: (B, ..., H, W)
#include "common.hpp"

void train() {
#ifdef TWIN
  Images images, mixed;
#else
  Eigen::MatrixXf images, mixed;
#endif
  mixer(images, ids, mixed, y_out);
}
