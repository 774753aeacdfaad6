// Expected: cutmix: no tensor and no view: include <cutmix/eigen.hpp>
#include "common.hpp"

void train() {
  Ids partners;
#ifdef TWIN
  cutmix::partner_labels(plan, Ids(ids + ids), partners);
#else
  cutmix::partner_labels(plan, ids + ids, partners);
#endif
}
