// Expected: cutmix: samples must be tensors, views or pointers to scalars
#include <string>

#include "common.hpp"

void train() {
#ifdef TWIN
  std::vector<Eigen::Tensor<float, 3>> samples;
#else
  std::vector<std::string> samples;
#endif
  cutmix::collate(plan, samples, x_out);
}
