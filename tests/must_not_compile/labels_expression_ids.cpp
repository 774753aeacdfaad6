// Expected: cutmix: no tensor and no view: include <cutmix/eigen.hpp>
#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::mix_labels(plan, Ids(ids + ids), 10, y_out);
#else
  cutmix::mix_labels(plan, ids + ids, 10, y_out);
#endif
}
