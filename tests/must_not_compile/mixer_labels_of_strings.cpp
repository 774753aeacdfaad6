// Expected: cutmix: no tensor and no view: include <cutmix/eigen.hpp>
#include <string>

#include "common.hpp"

void train() {
#ifdef TWIN
  std::vector<int> labels;
#else
  std::vector<std::string> labels;
#endif
  mixer(x, labels, x_out, y_out);
}
