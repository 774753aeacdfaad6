// Expected: cutmix: x_out must have the scalar and the rank of x
#include "common.hpp"

void train() {
#ifdef TWIN
  mixer(x, ids, x_out, y_out);
#else
  mixer(x, ids, y_out, x_out);
#endif
}
