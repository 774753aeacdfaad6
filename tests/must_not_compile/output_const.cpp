// Expected: cutmix: the output is const
#include "common.hpp"

void train() {
#ifdef TWIN
  Images mixed(x);
#else
  const Images mixed(x);
#endif
  mixer(x, ids, mixed, y_out);
}
