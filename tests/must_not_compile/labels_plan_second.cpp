// Expected: cutmix: the plan stands before the labels
#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::mix_labels(plan, ids, 10, y_out);
#else
  cutmix::mix_labels(ids, plan, 10, y_out);
#endif
}
