// Expected: cutmix: integers of rank 1 are class ids and need the number of classes
#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::mix_labels(plan, ids, 10, y_out);
#else
  cutmix::mix_labels(plan, ids, y_out, 10);
#endif
}
