// Trains the network of train_fashion_mnist.cpp with LibTorch, without and with CutMix.

#include <torch/torch.h>

#include <algorithm>
#include <cstdint>
#include <cutmix/torch.hpp>
#include <vector>

#include "../common/available_data.hpp"
#include "../common/command_line.hpp"
#include "../common/dataset.hpp"
#include "../common/draws.hpp"
#include "compare.hpp"
#include "settings.hpp"

namespace examples {
namespace {

namespace nn = torch::nn;

struct TorchSamples {
  torch::Tensor images;  // (N, 1, H, W), float
  torch::Tensor labels;  // (N), int64
};

// Bytes to floats with the mean and standard deviation of Fashion-MNIST's training images.
TorchSamples to_torch(const LabelledImages& source) {
  // from_blob() takes no pointer to const, but to() below only reads.
  LabelledImages& readable = const_cast<LabelledImages&>(source);
  const auto& size = source.images.dimensions();
  const auto bytes =
      torch::from_blob(readable.images.data(), {size[0], size[1], size[2], size[3]}, torch::kByte);
  const auto labels = torch::from_blob(readable.labels.data(), {size[0]}, torch::kInt);
  return {bytes.to(torch::kFloat).div_(255).sub_(0.2860).div_(0.3530), labels.to(torch::kLong)};
}

// LibTorch's own start, which is the Eigen example's too. Height and width are multiples of 4.
nn::Sequential make_network(Index height, Index width, Index classes, std::uint32_t seed) {
  const auto convolution = [](Index in, Index out) {
    return nn::Conv2d(nn::Conv2dOptions(in, out, 3).padding(1));
  };
  const Index features = 32 * (height / 4) * (width / 4);
  torch::manual_seed(seed);
  return nn::Sequential(convolution(1, 16), nn::ReLU(), nn::MaxPool2d(2),   //
                        convolution(16, 32), nn::ReLU(), nn::MaxPool2d(2),  //
                        nn::Flatten(), nn::Linear(features, 128), nn::ReLU(),
                        nn::Linear(128, classes));
}

class TorchLearner {
 public:
  TorchLearner(const Dataset& data, const TrainingSettings& settings, std::uint32_t seed,
               bool use_cutmix)
      : training_(to_torch(data.train)),
        test_(to_torch(data.test)),
        loss_(settings.loss),
        mixer_(settings.mixing, static_cast<Index>(data.classes.size()),
               make_engine(seed, Stream::mixing)),
        network_(make_network(data.train.images.dimension(2), data.train.images.dimension(3),
                              mixer_.n_classes(), seed)),
        optimizer_(network_->parameters(), torch::optim::SGDOptions(settings.learning_rate)
                                               .momentum(0.9)
                                               .nesterov(true)
                                               .weight_decay(5e-4)) {
    mixer_.enabled = use_cutmix;
  }

  double step(const Index* chosen, Index n, double learning_rate) {
    const auto samples = torch::tensor(std::vector<std::int64_t>(chosen, chosen + n));
    const auto [images, targets] = mixer_(training_.images.index_select(0, samples),
                                          training_.labels.index_select(0, samples));
    optimizer_.param_groups()[0].options().set_lr(learning_rate);
    optimizer_.zero_grad();
    const auto logits = network_->forward(images);
    // The first takes the probability of each class as well as class ids.
    const auto loss = loss_ == Loss::soft
                          ? nn::functional::cross_entropy(logits, targets)
                          : nn::functional::binary_cross_entropy_with_logits(logits, targets);
    loss.backward();
    optimizer_.step();
    return loss.item<double>();
  }

  double accuracy() {
    const torch::NoGradGuard no_gradients;
    const Index count = test_.labels.size(0), at_once = 1000;
    Index right = 0;
    for (Index first = 0; first < count; first += at_once) {
      const Index n = std::min(at_once, count - first);
      const auto predicted = network_->forward(test_.images.narrow(0, first, n)).argmax(1);
      right += predicted.eq(test_.labels.narrow(0, first, n)).sum().item<std::int64_t>();
    }
    return static_cast<double>(right) / static_cast<double>(count);
  }

 private:
  TorchSamples training_, test_;
  Loss loss_;
  cutmix::CutMix<> mixer_;
  nn::Sequential network_;
  torch::optim::SGD optimizer_;
};

}  // namespace
}  // namespace examples

int main(int argc, char** argv) {
  CLI::App app(
      "Trains a small LibTorch network on Fashion-MNIST without and with CutMix and compares\n"
      "their accuracies. The data is Debian's package dataset-fashion-mnist.",
      "libtorch_train");
  examples::TrainingSettings settings;
  examples::add_training_options(app, settings);
  return examples::parse_and_run(app, argc, argv, [&] {
    torch::set_num_threads(static_cast<int>(settings.threads));
    const examples::Dataset data =
        examples::load_available_data(settings.data, settings.images, settings.test_images);
    examples::compare<examples::TorchLearner>(data, settings);
  });
}
