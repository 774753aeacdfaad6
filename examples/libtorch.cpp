// LibTorch: the same functor on torch tensors, on the CPU, in any memory format.
#include <torch/torch.h>

#include <cutmix/torch.hpp>
#include <iostream>

int main() {
  torch::manual_seed(1);
  const auto images = torch::rand({64, 3, 32, 32}).contiguous(torch::MemoryFormat::ChannelsLast);
  const auto labels = torch::randint(10, {64});
  cutmix::CutMix mixer(1.0, 10, cutmix::Philox4x32(42));
  const auto [mixed, targets] = mixer(images, labels);  // new tensors, of images' memory format
  const auto logits = mixed.mean({2, 3}).matmul(torch::rand({3, 10}));
  const auto loss = torch::nn::functional::cross_entropy(logits, targets);
  std::cout << "box " << mixer.bbox() << ", loss " << loss.item<double>() << '\n';

  // The same with torch's own operations.
  const auto& box = mixer.bbox();
  const auto partners = torch::tensor(mixer.indices());
  auto expected = images.clone();
  using torch::indexing::Slice;
  expected.index_put_(
      {Slice(), Slice(), Slice(box.y1, box.y2), Slice(box.x1, box.x2)},
      images.index({partners, Slice(), Slice(box.y1, box.y2), Slice(box.x1, box.x2)}));
  const auto one_hot = torch::one_hot(labels, 10).to(torch::kFloat);
  const double lambda = mixer.cutmix_lambda();
  const auto expected_targets = lambda * one_hot + (1 - lambda) * one_hot.index({partners});
  return mixed.equal(expected) && targets.allclose(expected_targets) ? 0 : 1;
}
