// Expected: cutmix: class ids must be integers of rank 1; dense targets take no number of classes
#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::mix_labels(plan, dense, y_out);
#else
  cutmix::mix_labels(plan, dense, 10, y_out);
#endif
}
