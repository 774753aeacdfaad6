// The recipe of DeiT: MixUp or CutMix for each batch, label smoothing, off for the last epochs.
#include <cutmix/cutmix.hpp>
#include <iostream>

int main() {
  cutmix::Options options;
  options.mixup_prob = 0.5;  // MixUp as often as CutMix
  options.mixup_alpha = 0.8;
  options.alpha = 1.0;
  options.labels.smoothing = 0.1;

  const int batch = 16, classes = 10, epochs = 300, mixed_epochs = 280, steps = 4;
  Eigen::Tensor<float, 4, Eigen::RowMajor> images(batch, 3, 16, 16), mixed(batch, 3, 16, 16);
  Eigen::Tensor<int, 1> labels(batch);
  Eigen::Tensor<float, 2, Eigen::RowMajor> targets(batch, classes);
  for (int b = 0; b < batch; ++b) labels(b) = b % classes;
  images.setConstant(1);

  cutmix::CutMix mixer(options, classes, cutmix::Philox4x32(42));
  int cut = 0, blended = 0, whole = 0;
  for (int epoch = 0; epoch < epochs; ++epoch)
    for (int step = 0; step < steps; ++step) {
      mixer.enabled = epoch < mixed_epochs;
      mixer.at(epoch, step)(images, labels, mixed, targets);  // train on mixed and targets
      const cutmix::Patch& patch = mixer.plan().patch(0);
      ++(patch.blend < 1 ? blended : patch.box.empty() ? whole : cut);
    }
  std::cout << cut << " batches cut, " << blended << " blended, " << whole << " whole\n";
  const int mixing_steps = mixed_epochs * steps;
  return whole >= (epochs - mixed_epochs) * steps && cut > mixing_steps / 3 &&
                 blended > mixing_steps / 3
             ? 0
             : 1;
}
