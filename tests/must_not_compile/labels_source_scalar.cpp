// Expected: cutmix: the source's labels must have the labels' scalar and rank
#include "common.hpp"

void train() {
#ifdef TWIN
  Eigen::Tensor<float, 2> previous;
#else
  Eigen::Tensor<double, 2> previous;
#endif
  cutmix::mix_labels(plan, dense, previous, y_out);
}
