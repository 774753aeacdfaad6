// Expected: cutmix: no tensor and no view: include <cutmix/eigen.hpp>
#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::soft_cross_entropy(Targets(dense * 2.0f), y_out);
#else
  cutmix::soft_cross_entropy(dense * 2.0f, y_out);
#endif
}
