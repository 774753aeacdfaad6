// Expected: cutmix: samples must be in something with size() and operator[]
#include "common.hpp"

void train() {
  std::vector<Eigen::Tensor<float, 3>> samples;
#ifdef TWIN
  cutmix::collate(plan, samples, x_out);
#else
  cutmix::collate(plan, 3, x_out);
#endif
}
