// Expected: cutmix: a std::vector or std::array is a list of labels, never images; wrap its memory
#include "common.hpp"

void train() {
  std::vector<float> pixels, pixels_out;
#ifdef TWIN
  cutmix::mix_images(plan, x, x_out);
#else
  cutmix::mix_images(plan, pixels, pixels_out);
#endif
}
