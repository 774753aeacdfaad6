// Expected: cutmix: no tensor and no view: include <cutmix/eigen.hpp>
#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::mix_labels(plan, Targets(dense * 0.5f), y_out);
#else
  cutmix::mix_labels(plan, dense * 0.5f, y_out);
#endif
}
