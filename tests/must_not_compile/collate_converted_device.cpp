// Expected: cutmix: the device must be
#include "common.hpp"

void train() {
  const auto conversion = cutmix::ByteConversion::normalized({0.5}, {0.25});
  std::vector<Eigen::Tensor<std::uint8_t, 3>> samples;
#ifdef TWIN
  cutmix::collate(Eigen::DefaultDevice(), plan, samples, x_out, conversion);
#else
  cutmix::collate(3, plan, samples, x_out, conversion);
#endif
}
