// Every option at once: a box for each sample, inside the image, for most of them, with others.
#include <cutmix/cutmix.hpp>
#include <iostream>

int main() {
  cutmix::Options options;
  options.alpha = 0.4;                             // lambda is near 0 or 1 more often
  options.prob = 0.8;                              // one sample in five stays as it is
  options.scope = cutmix::Scope::sample;           // a box for each sample
  options.box_law = cutmix::InsideLaw{};           // never clipped by an edge
  options.pairing = cutmix::Pairing::derangement;  // none is its own partner
  options.labels.smoothing = 0.1;                  // of class ids
  options.labels.ignore_id = -1;                   // a sample without a label

  const int batch = 1000, classes = 5, side = 32;
  cutmix::CutMix mixer(options, classes, cutmix::Philox4x32(42));
  Eigen::Tensor<float, 3, Eigen::RowMajor> images(batch, side, side), mixed(batch, side, side);
  Eigen::Tensor<int, 1> labels(batch);
  Eigen::Tensor<float, 2, Eigen::RowMajor> targets(batch, classes);
  images.setZero();
  for (int b = 0; b < batch; ++b) labels(b) = b % (classes + 1) - 1;
  mixer(images, labels, mixed, targets);

  int untouched = 0, own_partner = 0;
  for (int b = 0; b < batch; ++b) {
    untouched += mixer.plan().lambda(b) == 1;
    own_partner += mixer.indices()[static_cast<std::size_t>(b)] == b;
  }
  std::cout << untouched << " of " << batch << " images are whole; " << own_partner
            << " are their own partners\nthe first rows of the targets:\n"
            << targets.slice(Eigen::array<Eigen::Index, 2>{0, 0},
                             Eigen::array<Eigen::Index, 2>{6, classes})
            << '\n';
  return own_partner == 0 && 100 < untouched && untouched < 500 ? 0 : 1;
}
