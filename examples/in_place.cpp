// In place: where the loader's batch may be overwritten, only the bytes inside the boxes move.
#include <cutmix/cutmix.hpp>
#include <iostream>

int main() {
  const int batch = 32, classes = 10;
  Eigen::Tensor<float, 4, Eigen::RowMajor> images(batch, 3, 28, 20), mixed = images;
  for (Eigen::Index i = 0; i < images.size(); ++i) images.data()[i] = static_cast<float>(i);
  Eigen::Tensor<int, 1> labels(batch);
  for (int b = 0; b < batch; ++b) labels(b) = b % classes;
  Eigen::Tensor<float, 2, Eigen::RowMajor> targets(batch, classes), same_targets = targets;

  cutmix::CutMix mixer(1.0, classes, cutmix::Philox4x32(42));
  cutmix::CutMix same = mixer;  // a copy goes on from the same state
  mixer(images, labels, mixed, targets);
  same.in_place(images, labels, same_targets);

  const Eigen::Tensor<bool, 0, Eigen::RowMajor> equal =
      (images == mixed).all() && (targets == same_targets).all();
  std::cout << "lambda " << same.cutmix_lambda() << ", box " << same.bbox()
            << (equal() ? ": the same" : ": not the same") << " as out of place\n";
  return equal() ? 0 : 1;
}
