#include "contenders.hpp"

namespace bench {

template <class Scalar>
std::vector<Contender> torch_image_contenders(const Images<Scalar>&, const Plans&) {
  return {};
}

template std::vector<Contender> torch_image_contenders(const Images<float>&, const Plans&);
template std::vector<Contender> torch_image_contenders(const Images<Eigen::bfloat16>&,
                                                       const Plans&);
template std::vector<Contender> torch_image_contenders(const Images<std::uint8_t>&, const Plans&);

std::vector<Contender> torch_mixup_contenders(const Images<float>&, const Plans&) { return {}; }
std::vector<Contender> torch_label_contenders(const Labels&, const Plans&) { return {}; }
std::vector<Contender> torch_bytes_contenders(const Decoded&, const Plans&) { return {}; }

std::string torch_version() { return "none"; }

}  // namespace bench
