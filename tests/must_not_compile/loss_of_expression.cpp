// Expected: cutmix: targets must be an Eigen tensor, matrix, array, Map or Ref
#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::soft_cross_entropy(Targets(dense * 2.0f), y_out);
#else
  cutmix::soft_cross_entropy(dense * 2.0f, y_out);
#endif
}
