// Expected: cutmix: at() needs the streams of cutmix::Philox4x32
#include <random>

#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::CutMix other(1.0, 10, cutmix::Philox4x32(42));
#else
  cutmix::CutMix other(1.0, 10, std::mt19937(42));
#endif
  other.at(1, 2)(x, ids, x_out, y_out);
}
