// Expected: cutmix: samples must have the rank of x_out less one
#include "common.hpp"

void train() {
#ifdef TWIN
  std::vector<Eigen::Tensor<float, 3>> samples;
#else
  std::vector<Eigen::MatrixXf> samples;
#endif
  cutmix::collate(plan, samples, x_out);
}
