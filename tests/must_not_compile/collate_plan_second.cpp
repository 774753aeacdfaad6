// Expected: cutmix: the plan stands before the samples
#include "common.hpp"

void train() {
  std::vector<Eigen::Tensor<float, 3>> samples;
#ifdef TWIN
  cutmix::collate(plan, samples, x_out);
#else
  cutmix::collate(samples, plan, x_out);
#endif
}
