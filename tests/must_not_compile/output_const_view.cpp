// Expected: cutmix: the output is const
#include <utility>

#include "common.hpp"

void train() {
#ifdef TWIN
  const auto mixed = cutmix::view(x_out);
#else
  const auto mixed = cutmix::view(std::as_const(x_out));
#endif
  cutmix::mix_images(plan, x, mixed);
}
