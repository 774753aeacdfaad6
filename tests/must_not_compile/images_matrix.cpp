// Expected: cutmix: images must be an Eigen tensor that owns or maps memory
#include "common.hpp"

void train() {
#ifdef TWIN
  Images images, mixed;
#else
  Eigen::MatrixXf images, mixed;
#endif
  mixer(images, ids, mixed, y_out);
}
