// Expected: cutmix: samples must have the scalar of x_out
#include "common.hpp"

void train() {
#ifdef TWIN
  std::vector<const float*> samples;
#else
  std::vector<const double*> samples;
#endif
  cutmix::collate(plan, samples, x_out);
}
