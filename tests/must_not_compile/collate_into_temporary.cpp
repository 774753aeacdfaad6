// Expected: cutmix: the output is a temporary
#include "common.hpp"

void train() {
  std::vector<Eigen::Tensor<float, 3>> samples;
#ifdef TWIN
  Images mixed(8, 3, 24, 32);
  cutmix::collate(plan, samples, mixed);
#else
  cutmix::collate(plan, samples, Images(8, 3, 24, 32));
#endif
}
