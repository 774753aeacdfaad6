// Expected: cutmix: labels must be integers, float, double, half or bfloat16
#include <complex>

#include "common.hpp"

void train() {
#ifdef TWIN
  Eigen::Tensor<double, 2> labels;
#else
  Eigen::Tensor<std::complex<float>, 2> labels;
#endif
  cutmix::mix_labels(plan, labels, y_out);
}
