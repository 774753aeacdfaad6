// Expected: cutmix: the device must be
#include "common.hpp"

void train() {
  std::vector<Eigen::Tensor<float, 3>> samples;
#ifdef TWIN
  cutmix::collate(Eigen::DefaultDevice(), plan, samples, x_out);
#else
  cutmix::collate(3, plan, samples, x_out);
#endif
}
