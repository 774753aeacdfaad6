// LibTorch's DataLoader: mixed batches from any number of workers, each time the same.
#include <torch/torch.h>

#include <cutmix/torch_data.hpp>
#include <iostream>

// Decoded images, (H, W, C) of bytes, and their class ids.
struct Photos : torch::data::datasets::Dataset<Photos> {
  torch::Tensor images =
      torch::arange(100 * 24 * 32 * 3).fmod(251).to(torch::kByte).view({100, 24, 32, 3});
  torch::data::Example<> get(std::size_t index) override {
    const auto i = static_cast<std::int64_t>(index);
    return {images[i], torch::tensor(i % 10)};
  }
  torch::optional<std::size_t> size() const override { return 100; }
};

double sum_of_epochs(std::size_t workers) {
  cutmix::LoaderMixing mixing;
  mixing.n_classes = 10;
  mixing.seed = 42;
  mixing.channels_last_samples = true;
  mixing.conversion =
      cutmix::ByteConversion::normalized({0.485, 0.456, 0.406}, {0.229, 0.224, 0.225});

  torch::manual_seed(1);  // the order of samples is the sampler's
  // The one line: instead of torch::data::make_data_loader, and of .map(Stack<>()) before it.
  const auto loader =
      cutmix::make_data_loader(Photos(), torch::data::samplers::RandomSampler(100), mixing,
                               torch::data::DataLoaderOptions().batch_size(16).workers(workers));

  double sum = 0;
  std::int64_t step = 1;
  for (int epoch = 0; epoch < 2; ++epoch)
    for (const cutmix::MixedBatch& batch : *loader)  // (B, 3, 24, 32), (B, 10) and the plan
      sum += batch.data.to(torch::kDouble).std().item<double>() * static_cast<double>(step++) +
             batch.target[0][0].item<double>() + static_cast<double>(batch.plan.box(0).x1);
  return sum;
}

int main() {
  const double alone = sum_of_epochs(0), together = sum_of_epochs(4);
  std::cout << "without workers " << alone << ", with four " << together << '\n';
  return std::abs(alone - together) < 1e-9 ? 0 : 1;
}
