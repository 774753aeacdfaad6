// What every consumer of cutmix::cutmix builds: one batch mixed, and looked at.
#include <cutmix/cutmix.hpp>
#include <iostream>

int main() {
  Eigen::Tensor<float, 4> images(4, 3, 8, 6), mixed(4, 3, 8, 6);
  Eigen::Tensor<int, 1> labels(4);
  Eigen::Tensor<float, 2> targets(4, 2);
  images.setConstant(0.5f);
  labels.setValues({0, 1, 0, 1});

  cutmix::CutMix mixer(1.0, 2, cutmix::Philox4x32(42));
  mixer(images, labels, mixed, targets);

  const Eigen::Tensor<float, 0> sum = targets.sum();
  std::cout << "Eigen " << EIGEN_WORLD_VERSION << '.' << EIGEN_MAJOR_VERSION << ", cutmix "
            << CUTMIX_VERSION_MAJOR << ", box " << mixer.bbox() << ", targets sum to " << sum(0)
            << '\n';
  return sum(0) > 3.99f && sum(0) < 4.01f && mixed(3, 2, 7, 5) == 0.5f ? 0 : 1;
}
