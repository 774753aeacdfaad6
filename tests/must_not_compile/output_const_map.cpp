// Expected: cutmix: the output is const
#include "common.hpp"

void train() {
#ifdef TWIN
  Eigen::TensorMap<Images> mixed(x_out.data(), x_out.dimensions());
#else
  Eigen::TensorMap<const Images> mixed(x_out.data(), x_out.dimensions());
#endif
  cutmix::mix_images(plan, x, mixed);
}
