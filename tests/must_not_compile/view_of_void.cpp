// Expected: cutmix: scalars must be trivially copyable
#include "common.hpp"

void train() {
  void* pixels = x.data();
#ifdef TWIN
  const auto images = cutmix::view(static_cast<float*>(pixels), {8, 3, 24, 32});
#else
  const auto images = cutmix::view(pixels, {8, 3, 24, 32});
#endif
}
