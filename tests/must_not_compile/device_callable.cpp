// Expected: cutmix: the device must be
#include "common.hpp"

void train() {
#ifdef TWIN
  const auto threads = [](cutmix::Index parts, cutmix::Part part) {
    for (cutmix::Index i = 0; i < parts; ++i) part(i);
  };
#else
  const auto threads = [](cutmix::Part part) { part(0); };
#endif
  cutmix::mix_images(threads, plan, x, x_out);
}
