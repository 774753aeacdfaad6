// Expected: cutmix: images must have rank 3 or more: (B, ..., H, W)
#include "common.hpp"

void train() {
#ifdef TWIN
  Eigen::Tensor<int, 3> masks, mixed;
#else
  Eigen::Tensor<int, 2> masks, mixed;
#endif
  cutmix::mix_masks(plan, masks, mixed);
}
