// Trains the network of train_fashion_mnist.cpp with LibTorch, without and with CutMix.

#include <torch/torch.h>

#include <algorithm>
#include <cstdint>
#include <cutmix/torch.hpp>
#include <numeric>
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
      : data_(data),
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
    std::vector<std::int64_t> labels;
    for (Index i = 0; i < n; ++i) labels.push_back(data_.train.labels(chosen[i]));
    const cutmix::Plan& plan = mixer_.draw({n, height(), width()});
    const auto images = collate(plan, data_.train, chosen);
    const auto targets = torch::empty({n, mixer_.n_classes()});
    cutmix::mix_labels(plan, labels, mixer_.n_classes(), targets, mixer_.options().labels);
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
    const LabelledImages& test = data_.test;
    std::vector<Index> order(static_cast<std::size_t>(test.size()));
    std::iota(order.begin(), order.end(), Index(0));
    Index right = 0;
    for (Index first = 0, at_once = 1000; first < test.size(); first += at_once) {
      const Index n = std::min(at_once, test.size() - first);
      const auto plan = cutmix::Plan::identity({n, height(), width()});
      const auto predicted = network_->forward(collate(plan, test, order.data() + first)).argmax(1);
      const auto* const ids = predicted.data_ptr<std::int64_t>();
      for (Index i = 0; i < n; ++i) right += ids[i] == test.labels(first + i) ? 1 : 0;
    }
    return static_cast<double>(right) / static_cast<double>(test.size());
  }

 private:
  Index height() const { return data_.train.images.dimension(2); }
  Index width() const { return data_.train.images.dimension(3); }

  // The chosen images as one batch of floats, converted and mixed in one pass.
  torch::Tensor collate(const cutmix::Plan& plan, const LabelledImages& from,
                        const Index* chosen) const {
    std::vector<const std::uint8_t*> samples;
    for (Index i = 0; i < plan.shape.batch; ++i)
      samples.push_back(from.images.data() + chosen[i] * height() * width());
    const auto batch = torch::empty({plan.shape.batch, 1, height(), width()});
    cutmix::collate(plan, samples, batch, conversion_);
    return batch;
  }

  const Dataset& data_;
  // The mean and standard deviation of Fashion-MNIST's training images.
  cutmix::ByteConversion conversion_ = cutmix::ByteConversion::normalized({0.2860}, {0.3530});
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
