// Expected: cutmix: samples must be of std::uint8_t where a conversion is given
#include "common.hpp"

void train() {
  const auto conversion = cutmix::ByteConversion::normalized({0.5}, {0.25});
#ifdef TWIN
  std::vector<Eigen::Tensor<std::uint8_t, 3>> samples;
#else
  std::vector<Eigen::Tensor<float, 3>> samples;
#endif
  cutmix::collate(plan, samples, x_out, conversion);
}
