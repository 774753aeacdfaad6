// Expected: cutmix: a pointer has no shape; wrap it: cutmix::view(pointer, {B, C, H, W}
#include "common.hpp"

void train() {
#ifdef TWIN
  mixer(x, cutmix::view(ids.data(), {8}), x_out, y_out);
#else
  mixer(x, ids.data(), x_out, y_out);
#endif
}
