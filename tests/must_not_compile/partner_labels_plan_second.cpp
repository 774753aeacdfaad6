// Expected: cutmix: the plan stands before the labels
#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::partner_labels(plan, dense, y_out);
#else
  cutmix::partner_labels(dense, plan, y_out);
#endif
}
