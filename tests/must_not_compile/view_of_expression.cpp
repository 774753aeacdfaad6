// Expected: cutmix: no tensor and no view: include <cutmix/eigen.hpp>
#include "common.hpp"

void train() {
#ifdef TWIN
  const auto images = cutmix::view(x);
#else
  const auto images = cutmix::view(x / 255.0f);
#endif
}
