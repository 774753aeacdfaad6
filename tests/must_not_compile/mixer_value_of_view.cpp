// Expected: cutmix: there is no way to make new tensors like these
#include "common.hpp"

void train() {
#ifdef TWIN
  auto mixed = mixer(x, ids);
#else
  auto mixed = mixer(cutmix::view(x), ids);
#endif
}
