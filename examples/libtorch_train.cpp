// Trains the network of train_fashion_mnist.cpp with LibTorch, without and with CutMix.

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cutmix/torch.hpp>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "available_data.hpp"
#include "command_line.hpp"
#include "dataset.hpp"
#include "draws.hpp"
#include "fashion_mnist.hpp"
#include "progress.hpp"
#include "results_table.hpp"
#include "training_settings.hpp"

namespace examples {
namespace {

namespace nn = torch::nn;

// Nothing where only the help was asked for.
std::optional<TrainingSettings> parse_settings(int argc, char** argv) {
  TrainingSettings settings;
  CommandLine line(
      "Trains a small LibTorch network on Fashion-MNIST without and with CutMix and compares\n"
      "their accuracies. The data is Debian's package dataset-fashion-mnist.");
  if (!parse_training_settings(line, argc, argv, settings)) return std::nullopt;
  return settings;
}

struct TorchDataset {
  torch::Tensor images;  // (N, 1, H, W), float
  torch::Tensor labels;  // (N), int64
};

// Bytes to floats with the mean and standard deviation of Fashion-MNIST's training images.
TorchDataset to_torch(LabelledImages& source) {
  const auto& size = source.images.dimensions();
  const auto bytes =
      torch::from_blob(source.images.data(), {size[0], size[1], size[2], size[3]}, torch::kByte);
  const auto labels = torch::from_blob(source.labels.data(), {size[0]}, torch::kInt);
  return {bytes.to(torch::kFloat).div_(255).sub_(0.2860).div_(0.3530), labels.to(torch::kLong)};
}

// LibTorch's own start, which is the Eigen example's too. Height and width are multiples of 4.
nn::Sequential make_network(Index height, Index width, Index classes) {
  const auto convolution = [](Index in, Index out) {
    return nn::Conv2d(nn::Conv2dOptions(in, out, 3).padding(1));
  };
  const Index features = 32 * (height / 4) * (width / 4);
  return nn::Sequential(convolution(1, 16), nn::ReLU(), nn::MaxPool2d(2),   //
                        convolution(16, 32), nn::ReLU(), nn::MaxPool2d(2),  //
                        nn::Flatten(), nn::Linear(features, 128), nn::ReLU(),
                        nn::Linear(128, classes));
}

double accuracy(nn::Sequential& network, const TorchDataset& test) {
  const torch::NoGradGuard no_gradients;
  const Index count = test.labels.size(0), at_once = 1000;
  Index right = 0;
  for (Index first = 0; first < count; first += at_once) {
    const Index n = std::min(at_once, count - first);
    const auto predicted = network->forward(test.images.narrow(0, first, n)).argmax(1);
    right += predicted.eq(test.labels.narrow(0, first, n)).sum().item<std::int64_t>();
  }
  return static_cast<double>(right) / static_cast<double>(count);
}

// One training from the start that the seed gives; returns the accuracy on the test images.
double train(const TorchDataset& training, const TorchDataset& test, Index classes,
             const TrainingSettings& settings, std::uint32_t seed, bool use_cutmix) {
  const Index count = training.labels.size(0);
  const Index batch = std::min(settings.batch, count);

  torch::manual_seed(seed);
  auto network = make_network(training.images.size(2), training.images.size(3), classes);
  torch::optim::SGD optimizer(network->parameters(),
                              torch::optim::SGDOptions(settings.learning_rate)
                                  .momentum(0.9)
                                  .nesterov(true)
                                  .weight_decay(5e-4));
  auto shuffle_rng = make_engine(seed, Stream::shuffles);
  cutmix::TorchCutMix mixer(settings.mixing, classes, make_engine(seed, Stream::mixing));
  mixer.enabled = use_cutmix;

  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), std::int64_t(0));
  const Index steps_per_epoch = (count + batch - 1) / batch;
  const double all_steps = static_cast<double>(settings.epochs * steps_per_epoch);
  Progress progress("seed " + std::to_string(seed) + (use_cutmix ? ", CutMix: " : ", without:"),
                    settings.epochs);
  const double pi = std::acos(-1.0);
  Index step = 0;
  for (Index epoch = 0; epoch < settings.epochs; ++epoch) {
    shuffle(order, shuffle_rng);
    const auto samples = torch::tensor(order, torch::kLong);
    double loss_sum = 0;
    for (Index first = 0; first < count; first += batch) {
      const Index n = std::min(batch, count - first);
      const auto chosen = samples.narrow(0, first, n);
      const auto [images, targets] =
          mixer(training.images.index_select(0, chosen), training.labels.index_select(0, chosen));
      const double rate =
          settings.learning_rate * (1 + std::cos(pi * static_cast<double>(step) / all_steps)) / 2;
      optimizer.param_groups()[0].options().set_lr(rate);
      optimizer.zero_grad();
      // Takes the probability of each class as well as class ids.
      const auto loss = nn::functional::cross_entropy(network->forward(images), targets);
      loss.backward();
      optimizer.step();
      loss_sum += static_cast<double>(n) * loss.item<double>();
      ++step;
      progress.show(static_cast<double>(step) / static_cast<double>(steps_per_epoch),
                    loss_sum / static_cast<double>(first + n));
    }
  }
  return accuracy(network, test);
}

void run(const TrainingSettings& settings) {
  torch::set_num_threads(static_cast<int>(settings.threads));
  Dataset data = load_available_data(settings.data, settings.images, settings.test_images);
  const TorchDataset training = to_torch(data.train), test = to_torch(data.test);
  const auto classes = static_cast<Index>(data.classes.size());
  std::vector<Result> results;
  for (Index i = 0; i < settings.seeds; ++i) {
    const auto seed = settings.seed + static_cast<std::uint32_t>(i);
    const double without = train(training, test, classes, settings, seed, false);
    const double with_cutmix = train(training, test, classes, settings, seed, true);
    results.push_back({seed, without, with_cutmix});
  }
  print_table(data, results);
}

}  // namespace
}  // namespace examples

int main(int argc, char** argv) {
  return examples::guarded("libtorch_train", [&] {
    if (const auto settings = examples::parse_settings(argc, argv)) examples::run(*settings);
  });
}
