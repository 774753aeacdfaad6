// Expected: cutmix: a pointer has no shape; wrap it
#include "common.hpp"

void train() {
#ifdef TWIN
  const auto images = cutmix::view(x.data(), {64, 3, 24, 32});
#else
  const auto images = cutmix::view(x.data());
#endif
}
