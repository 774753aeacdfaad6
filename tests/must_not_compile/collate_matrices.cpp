// Expected: cutmix: samples must be tensors, TensorMaps or pointers to scalars
#include "common.hpp"

void train() {
#ifdef TWIN
  std::vector<Eigen::Tensor<float, 3>> samples;
#else
  std::vector<Eigen::MatrixXf> samples;
#endif
  cutmix::collate(plan, samples, x_out);
}
