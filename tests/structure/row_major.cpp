// Images that are known to be row-major when compiling.
#include <cutmix/cutmix.hpp>

using Images = Eigen::Tensor<float, 4, Eigen::RowMajor>;
using Map = Eigen::TensorMap<Eigen::Tensor<const float, 4, Eigen::RowMajor>>;

void mix(const Images& x, const Map& map, const Eigen::Tensor<int, 1>& y, Images& x_out,
         Eigen::Tensor<float, 2>& y_out) {
  cutmix::Philox4x32 rng(42);
  cutmix::CutMix mixer(1.0, 10, rng);
  mixer(x, y, x_out, y_out);
  mixer(map, y, x, y, x_out, y_out);
  const auto results = mixer(x, y);
  const auto same = cutmix::cutmix(x, y, 1.0, 10, rng);
  cutmix::mix_images(mixer.plan(), map, x_out);
}
