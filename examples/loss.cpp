// Training with mixed labels in three ways: dense targets, a mixed loss, and accuracy.
#include <algorithm>
#include <cmath>
#include <cutmix/cutmix.hpp>
#include <iostream>
#include <vector>

int main() {
  const int batch = 40, classes = 4;
  std::vector<int> labels;
  for (int b = 0; b < batch; ++b) labels.push_back(b % classes);
  Eigen::Tensor<double, 2, Eigen::RowMajor> logits(batch, classes), targets(batch, classes);
  for (int b = 0; b < batch; ++b)
    for (int j = 0; j < classes; ++j) logits(b, j) = std::sin(b + 3 * j);
  cutmix::CutMix mixer(1.0, classes, cutmix::Philox4x32(42));
  const cutmix::Plan& plan = mixer.draw({batch, 32, 32});

  // Cross-entropy against dense targets, and its gradient for networks of your own.
  auto gradient = logits;
  cutmix::mix_labels(plan, labels, classes, targets);
  const double dense = cutmix::soft_cross_entropy(logits, targets, gradient);

  // Or any loss of yours against the own and the partners' labels, mixed.
  const auto loss = [&](const std::vector<int>& ids) {
    cutmix::mix_labels(cutmix::Plan::identity({batch}), ids, classes, targets);
    return cutmix::soft_cross_entropy(logits, targets);
  };
  std::vector<int> partners(labels.size());
  cutmix::partner_labels(plan, labels, partners);
  const double lambda = plan.lambda(0);
  const double mixed = lambda * loss(labels) + (1 - lambda) * loss(partners);
  std::cout << "cross-entropy " << dense << " with dense targets, " << mixed << " as mixed loss\n";

  // Accuracy: a guess counts with the share of its label. Whoever always guesses the larger part
  // reaches max(lambda, 1 - lambda), or 1 where both labels are the same; nobody more.
  cutmix::mix_labels(plan, labels, classes, targets);
  double best = 0;
  for (int b = 0; b < batch; ++b) {
    const Eigen::Tensor<double, 0, Eigen::RowMajor> most = targets.chip(b, 0).maximum();
    best += most() / batch;
  }
  const double reached = cutmix::mixed_accuracy(targets, labels, plan);
  std::cout << "accuracy " << cutmix::mixed_accuracy(logits, labels, plan) << " of at most " << best
            << '\n';
  return std::abs(dense - mixed) < 1e-12 && std::abs(reached - best) < 1e-12 ? 0 : 1;
}
