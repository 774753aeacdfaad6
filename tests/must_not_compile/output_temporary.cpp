// Expected: cutmix: the output is a temporary
#include "common.hpp"

void train() {
#ifdef TWIN
  Images mixed(x.dimensions());
  mixer(x, ids, mixed, y_out);
#else
  mixer(x, ids, Images(x.dimensions()), y_out);
#endif
}
