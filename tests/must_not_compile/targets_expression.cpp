// Expected: cutmix: targets must be an Eigen tensor, matrix, array, Map or Ref
#include "common.hpp"

void train() {
#ifdef TWIN
  mixer(x, ids, x_out, y_out);
#else
  mixer(x, ids, x_out, y_out * 2.0f);
#endif
}
