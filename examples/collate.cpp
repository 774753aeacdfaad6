// Building the batch and mixing it in one pass, from samples that lie anywhere.
#include <algorithm>
#include <cutmix/cutmix.hpp>
#include <iostream>
#include <vector>

int main() {
  // What a loader holds: images of 3 x 24 x 32, each in memory of its own, and class ids.
  const int batch = 12, classes = 5;
  std::vector<Eigen::Tensor<float, 3, Eigen::RowMajor>> samples;
  std::vector<int> labels;
  for (int b = 0; b < batch; ++b) {
    samples.emplace_back(3, 24, 32);
    samples.back().setConstant(static_cast<float>(b));
    labels.push_back(b % classes);
  }

  cutmix::CutMix mixer(1.0, classes, cutmix::Philox4x32(42));
  const cutmix::Plan& plan = mixer.draw({batch, 24, 32});  // batch, height, width: no images yet
  Eigen::Tensor<float, 4, Eigen::RowMajor> mixed(batch, 3, 24, 32);
  Eigen::Tensor<float, 2, Eigen::RowMajor> targets(batch, classes);
  cutmix::collate(plan, samples, mixed);
  cutmix::mix_labels(plan, labels, classes, targets);
  std::cout << "box " << mixer.bbox() << ", targets\n" << targets << '\n';

  // The same as a batch that is built first and mixed then.
  Eigen::Tensor<float, 4, Eigen::RowMajor> stacked(mixed.dimensions()), expected = stacked;
  float* next = stacked.data();
  for (const auto& sample : samples) next = std::copy_n(sample.data(), sample.size(), next);
  cutmix::mix_images(plan, stacked, expected);
  const Eigen::Tensor<bool, 0, Eigen::RowMajor> equal = (mixed == expected).all();
  return equal() ? 0 : 1;
}
