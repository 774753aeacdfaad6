// Expected: cutmix: no tensor and no view: include <cutmix/eigen.hpp>
#include "common.hpp"

void train() {
  std::vector<Eigen::Tensor<float, 3>> samples;
#ifdef TWIN
  cutmix::collate(plan, samples, x_out);
#else
  cutmix::collate(plan, samples, x_out * 2.0f);
#endif
}
