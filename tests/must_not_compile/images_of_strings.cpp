// Expected: cutmix: scalars must be trivially copyable
#include <string>

#include "common.hpp"

void train() {
#ifdef TWIN
  Eigen::Tensor<char, 3> images, mixed;
#else
  Eigen::Tensor<std::string, 3> images, mixed;
#endif
  cutmix::mix_images(plan, images, mixed);
}
