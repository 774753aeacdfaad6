// Expected: cutmix: no tensor and no view: include <cutmix/eigen.hpp>
#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::mixed_accuracy(Targets(dense * 2.0f), ids, plan);
#else
  cutmix::mixed_accuracy(dense * 2.0f, ids, plan);
#endif
}
