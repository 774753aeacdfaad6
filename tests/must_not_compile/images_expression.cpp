// Expected: cutmix: no tensor and no view: include <cutmix/eigen.hpp>
#include "common.hpp"

void train() {
#ifdef TWIN
  mixer(Images(x / 255.0f), ids, x_out, y_out);
#else
  mixer(x / 255.0f, ids, x_out, y_out);
#endif
}
