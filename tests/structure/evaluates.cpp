#include <cutmix/cutmix.hpp>

void twice(Eigen::Tensor<float, 4>& x) { x = x + x; }
