// Expected: cutmix: no tensor and no view: include <cutmix/eigen.hpp>
#include "common.hpp"

void train() {
#ifdef TWIN
  mixer(x, Targets(dense * 0.5f), x_out, y_out);
#else
  mixer(x, dense * 0.5f, x_out, y_out);
#endif
}
