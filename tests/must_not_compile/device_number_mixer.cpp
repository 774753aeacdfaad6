// Expected: cutmix: the device must be
#include "common.hpp"

void train() {
#ifdef TWIN
  mixer(Eigen::DefaultDevice(), x, ids, x_out, y_out);
#else
  mixer(3, x, ids, x_out, y_out);
#endif
}
