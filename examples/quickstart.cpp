// CutMix on a batch in Eigen tensors: what a training loop calls on every batch.
#include <cutmix/cutmix.hpp>
#include <iostream>

int main() {
  const int batch = 8, classes = 4, side = 32;
  Eigen::Tensor<float, 4, Eigen::RowMajor> images(batch, 3, side, side);
  Eigen::Tensor<int, 1> labels(batch);
  for (int b = 0; b < batch; ++b) {
    images.chip(b, 0).setConstant(static_cast<float>(b));  // every pixel says whose it is
    labels(b) = b % classes;
  }
  Eigen::Tensor<float, 4, Eigen::RowMajor> mixed(batch, 3, side, side);
  Eigen::Tensor<float, 2, Eigen::RowMajor> targets(batch, classes);

  cutmix::CutMix mixer(1.0, classes, cutmix::Philox4x32(42));  // alpha, classes, engine
  mixer(images, labels, mixed, targets);                       // into memory you own

  std::cout << mixer.plan() << '\n' << targets << '\n';

  // An image's label weight is the share of the pixels that it kept.
  const Eigen::Tensor<bool, 2, Eigen::RowMajor> own = mixed.chip(0, 0).chip(0, 0) == 0.0f;
  const Eigen::Tensor<double, 0, Eigen::RowMajor> share = own.cast<double>().mean();
  const bool met_itself = mixer.indices()[0] == 0;
  return met_itself || share() == mixer.cutmix_lambda() ? 0 : 1;
}
