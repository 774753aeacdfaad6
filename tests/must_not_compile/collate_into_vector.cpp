// Expected: cutmix: a std::vector or std::array is a list of labels, never images; wrap its memory
#include "common.hpp"

void train() {
  std::vector<Eigen::Tensor<float, 3>> samples;
  std::vector<float> pixels;
#ifdef TWIN
  cutmix::collate(plan, samples, x_out);
#else
  cutmix::collate(plan, samples, pixels);
#endif
}
