// Expected: cutmix: no tensor and no view: include <cutmix/eigen.hpp>
#include "common.hpp"

void train() {
#ifdef TWIN
  mixer(x, ids, x_out, y_out);
#else
  mixer(x, ids, x_out, y_out * 2.0f);
#endif
}
