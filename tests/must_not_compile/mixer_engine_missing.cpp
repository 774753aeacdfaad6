// Expected: cutmix: CutMix takes alpha or options, the number of classes, which is an integer, and
// an engine
#include "common.hpp"

void train() {
#ifdef TWIN
  cutmix::CutMix other(1.0, 10, cutmix::Philox4x32(42));
#else
  cutmix::CutMix other(1.0, 10);
#endif
  other(x, ids, x_out, y_out);
}
