// Expected: cutmix: the output is const
#include "common.hpp"

void train() {
#ifdef TWIN
  Ids partners(8);
#else
  const Ids partners(8);
#endif
  cutmix::partner_labels(plan, ids, partners);
}
