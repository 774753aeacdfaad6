// Expected: cutmix: the source's labels must have the labels' scalar and rank
#include "common.hpp"

void train() {
#ifdef TWIN
  Eigen::Tensor<int, 1> previous;
#else
  Eigen::Tensor<float, 1> previous;
#endif
  mixer(x, ids, x, previous, x_out, y_out);
}
