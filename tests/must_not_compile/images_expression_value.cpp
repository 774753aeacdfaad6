// Expected: cutmix: no tensor and no view: include <cutmix/eigen.hpp>
#include "common.hpp"

void train() {
#ifdef TWIN
  auto mixed = mixer(Images(x / 255.0f), ids);
#else
  auto mixed = mixer(x / 255.0f, ids);
#endif
}
