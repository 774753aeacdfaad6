// Expected: cutmix: a std::vector or std::array is a list of labels, never images; wrap its memory
#include "common.hpp"

void train() {
  std::vector<float> pixels(8 * 3 * 24 * 32);
#ifdef TWIN
  const auto images = cutmix::view(pixels.data(), {8, 3, 24, 32}, "BCHW");
#else
  const auto& images = pixels;
#endif
  mixer(images, ids, x_out, y_out);
}
