// Training and evaluation through one mixer: switched off it costs no draws.
#include <cutmix/cutmix.hpp>
#include <iostream>

int main() {
  const int batch = 6, classes = 3;
  Eigen::Tensor<float, 3, Eigen::RowMajor> images(batch, 8, 8), mixed(batch, 8, 8);
  for (Eigen::Index i = 0; i < images.size(); ++i) images.data()[i] = static_cast<float>(i);
  Eigen::Tensor<int, 1> labels(batch);
  for (int b = 0; b < batch; ++b) labels(b) = b % classes;
  Eigen::Tensor<float, 2, Eigen::RowMajor> targets(batch, classes);

  cutmix::CutMix mixer(1.0, classes, cutmix::Philox4x32(42));
  cutmix::CutMix without_evaluation = mixer;

  mixer.enabled = false;
  mixer(images, labels, mixed, targets);
  const Eigen::Tensor<bool, 0, Eigen::RowMajor> untouched = (mixed == images).all();
  std::cout << "images " << (untouched() ? "untouched" : "changed") << ", one-hot targets:\n"
            << targets << '\n';

  mixer.enabled = true;
  mixer(images, labels, mixed, targets);
  without_evaluation(images, labels, mixed, targets);
  return untouched() && mixer.plan() == without_evaluation.plan() ? 0 : 1;
}
