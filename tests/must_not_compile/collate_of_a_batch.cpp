// Expected: cutmix: samples must be tensors, views or pointers to scalars
#include "common.hpp"

void train() {
  std::vector<Eigen::Tensor<float, 3>> samples;
#ifdef TWIN
  cutmix::collate(plan, samples, x_out);
#else
  cutmix::collate(plan, x, x_out);
#endif
}
