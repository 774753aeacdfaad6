// Expected: cutmix: the number of classes must be an integer
#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::mix_labels(plan, ids, 10, y_out);
#else
  cutmix::mix_labels(plan, ids, 10.0, y_out);
#endif
}
