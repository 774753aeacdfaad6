// Expected: cutmix: samples must have the scalar of x_out
#include "common.hpp"

void train() {
#ifdef TWIN
  std::vector<Eigen::Tensor<float, 3>> samples;
#else
  std::vector<Eigen::Tensor<double, 3>> samples;
#endif
  cutmix::collate(plan, samples, x_out);
}
