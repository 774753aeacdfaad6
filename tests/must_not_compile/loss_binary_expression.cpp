// Expected: cutmix: no tensor and no view: include <cutmix/eigen.hpp>
#include "common.hpp"

void train() {
  Targets gradient(8, 10);
#ifdef TWIN
  cutmix::binary_cross_entropy(Targets(dense * 2.0f), y_out, gradient);
#else
  cutmix::binary_cross_entropy(dense * 2.0f, y_out, gradient);
#endif
}
