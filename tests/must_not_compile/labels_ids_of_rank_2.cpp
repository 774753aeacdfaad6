// Expected: cutmix: class ids must be integers of rank 1; dense targets take no number of classes
#include "common.hpp"

void train() {
#ifdef TWIN
  Eigen::Tensor<int, 1> labels;
#else
  Eigen::Tensor<int, 2> labels;
#endif
  cutmix::mix_labels(plan, labels, 10, y_out);
}
