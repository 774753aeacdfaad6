// Everything on tensors of Eigen, without a device.
#include <cutmix/cutmix.hpp>
#include <vector>

using Images = Eigen::Tensor<float, 4, Eigen::RowMajor>;

void mix(const Images& x, const Eigen::Tensor<int, 1>& y, Images& x_out,
         Eigen::Tensor<float, 2>& y_out, const std::vector<Eigen::Tensor<float, 3>>& samples) {
  cutmix::Philox4x32 rng(42);
  cutmix::CutMix mixer(1.0, 10, rng);
  mixer(x, y, x_out, y_out);
  mixer.in_place(x_out, y, y_out);
  const auto results = mixer(x, y);
  const auto same = cutmix::cutmix(x, y, 1.0, 10, rng);
  const cutmix::Plan plan = cutmix::make_plan(x, cutmix::Options{}, rng);
  cutmix::mix_images(plan, x, x_out);
  cutmix::collate(plan, samples, x_out);
  cutmix::mix_labels(plan, y, 10, y_out);
  cutmix::soft_cross_entropy(y_out, results.second);
  cutmix::mixed_accuracy(same.second, y, plan);
}
