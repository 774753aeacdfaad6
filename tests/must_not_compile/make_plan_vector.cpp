// Expected: cutmix: a std::vector or std::array is a list of labels, never images; wrap its memory
#include "common.hpp"

void train() {
  cutmix::Philox4x32 rng;
  std::vector<float> pixels(32);
#ifdef TWIN
  plan = cutmix::make_plan(cutmix::view(pixels.data(), {2, 4, 4}), cutmix::Options(), rng);
#else
  plan = cutmix::make_plan(pixels, cutmix::Options(), rng);
#endif
}
