// Expected: cutmix: no tensor and no view: include <cutmix/eigen.hpp>
#include "common.hpp"

void train() {
#ifdef TWIN
  auto mixed = mixer(x, Targets(dense * 0.5f));
#else
  auto mixed = mixer(x, dense * 0.5f);
#endif
}
