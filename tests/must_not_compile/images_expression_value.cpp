// Expected: cutmix: images must be an Eigen tensor that owns or maps memory
#include "common.hpp"

void train() {
#ifdef TWIN
  auto mixed = mixer(Images(x / 255.0f), ids);
#else
  auto mixed = mixer(x / 255.0f, ids);
#endif
}
