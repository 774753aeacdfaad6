// Expected: cutmix: targets must be an Eigen tensor, matrix, array, Map or Ref
#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::mix_labels(plan, Targets(dense * 0.5f), y_out);
#else
  cutmix::mix_labels(plan, dense * 0.5f, y_out);
#endif
}
