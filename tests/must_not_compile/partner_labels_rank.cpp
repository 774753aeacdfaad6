// Expected: cutmix: partners' labels must have the labels' scalar and rank
#include "common.hpp"

void train() {
#ifdef TWIN
  Eigen::Tensor<int, 1> partners;
#else
  Eigen::Tensor<int, 2> partners;
#endif
  cutmix::partner_labels(plan, ids, partners);
}
