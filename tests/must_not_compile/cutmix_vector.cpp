// Expected: cutmix: a std::vector or std::array is a list of labels, never images; wrap its memory
#include "common.hpp"

void train() {
  cutmix::Philox4x32 rng;
  std::vector<float> pixels(8 * 3 * 24 * 32);
#ifdef TWIN
  auto mixed = cutmix::cutmix(x, ids, 1.0, 10, rng);
#else
  auto mixed = cutmix::cutmix(pixels, ids, 1.0, 10, rng);
#endif
}
