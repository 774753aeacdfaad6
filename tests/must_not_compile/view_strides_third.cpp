// Expected: deleted function
#include "common.hpp"

void train() {
#ifdef TWIN
  const auto repeated = cutmix::view(x.data(), {8, 24}, {}, {0, 1});
#else
  const auto repeated = cutmix::view(x.data(), {8, 24}, {0, 1});
#endif
}
