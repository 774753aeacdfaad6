// Expected: cutmix: x_out must be floating or integer where a conversion is given
#include "common.hpp"

void train() {
  const auto conversion = cutmix::ByteConversion::normalized({0.5}, {0.25});
  std::vector<Eigen::Tensor<std::uint8_t, 3>> samples;
#ifdef TWIN
  Eigen::Tensor<Eigen::half, 4> batch;
#else
  Eigen::Tensor<bool, 4> batch;
#endif
  cutmix::collate(plan, samples, batch, conversion);
}
