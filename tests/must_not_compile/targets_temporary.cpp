// Expected: cutmix: the output is a temporary
#include "common.hpp"

void train() {
#ifdef TWIN
  Targets mixed(8, 10);
  mixer(x, ids, x_out, mixed);
#else
  mixer(x, ids, x_out, Targets(8, 10));
#endif
}
