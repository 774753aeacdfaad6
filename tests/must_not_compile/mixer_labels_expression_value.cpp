// Expected: cutmix: targets must be an Eigen tensor, matrix, array, Map or Ref
#include "common.hpp"

void train() {
#ifdef TWIN
  auto mixed = mixer(x, Targets(dense * 0.5f));
#else
  auto mixed = mixer(x, dense * 0.5f);
#endif
}
