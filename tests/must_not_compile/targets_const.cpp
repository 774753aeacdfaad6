// Expected: cutmix: the output is const
#include "common.hpp"

void train() {
#ifdef TWIN
  Targets mixed(dense);
#else
  const Targets mixed(dense);
#endif
  mixer(x, ids, x_out, mixed);
}
