// Expected: cutmix: images must have rank 3 or more: (B, ..., H, W)
#include "common.hpp"

void train() {
#ifdef TWIN
  mixer(x, ids, x_out, y_out);
#else
  mixer(ids, x, x_out, y_out);
#endif
}
