// Trains a small network on Fashion-MNIST twice from the same start, without and with CutMix.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cutmix/cutmix.hpp>
#include <iostream>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "available_data.hpp"
#include "cnn.hpp"
#include "command_line.hpp"
#include "contact_sheet.hpp"
#include "dataset.hpp"
#include "draws.hpp"
#include "progress.hpp"
#include "results_table.hpp"
#include "sgd.hpp"
#include "training_settings.hpp"

namespace examples {
namespace {

using ImageTensor = Eigen::Tensor<float, 4, Eigen::RowMajor>;   // (B, 1, H, W)
using TargetTensor = Eigen::Tensor<float, 2, Eigen::RowMajor>;  // (B, classes)

// Nothing where only the help was asked for.
std::optional<TrainingSettings> parse_settings(int argc, char** argv) {
  TrainingSettings settings;
  CommandLine line(
      "Trains a small network on Fashion-MNIST without and with CutMix, compares their accuracies\n"
      "and writes cutmix_contact_sheet.png. The data is Debian's package dataset-fashion-mnist.");
  line.text("out", "DIR", "where the contact sheet goes", settings.out);
  if (!parse_training_settings(line, argc, argv, settings)) return std::nullopt;
  return settings;
}

// Bytes to floats with the mean and standard deviation of Fashion-MNIST's training images.
float normalized(std::uint8_t value) {
  return (static_cast<float>(value) / 255.0f - 0.2860f) / 0.3530f;
}

// The samples named by first[0] ... first[n - 1].
void gather_batch(const LabelledImages& source, const Index* first, Index n, ImageTensor& images,
                  Labels& labels) {
  const Index pixels = source.images.size() / source.size();
  for (Index i = 0; i < n; ++i) {
    const std::uint8_t* from = source.images.data() + first[i] * pixels;
    std::transform(from, from + pixels, images.data() + i * pixels, normalized);
    labels(i) = source.labels(first[i]);
  }
}

double accuracy(Trainer<float>& trainer, const LabelledImages& test) {
  Matrix<float> images(test.images.size() / test.size(), test.size());
  std::transform(test.images.data(), test.images.data() + test.images.size(), images.data(),
                 normalized);
  const auto predicted = trainer.predict({images.data(), images.rows(), images.cols()});
  Index right = 0;
  for (Index i = 0; i < test.size(); ++i) {
    if (predicted[static_cast<std::size_t>(i)] == test.labels(i)) ++right;
  }
  return static_cast<double>(right) / static_cast<double>(test.size());
}

// One training from the start that the seed gives; returns the accuracy on the test images.
double train(const Dataset& data, const TrainingSettings& settings, std::uint32_t seed,
             bool use_cutmix) {
  const Index count = data.train.size();
  const Index batch = std::min(settings.batch, count);
  const Index classes = static_cast<Index>(data.classes.size());
  const CnnShape shape{data.train.images.dimension(2), data.train.images.dimension(3), classes};

  auto weights_rng = make_engine(seed, Stream::weights);
  auto shuffle_rng = make_engine(seed, Stream::shuffles);
  cutmix::CutMix<cutmix::Philox4x32> mixer(settings.mixing, classes,
                                           make_engine(seed, Stream::mixing));
  mixer.enabled = use_cutmix;
  Trainer<float> trainer(shape, init_parameters<float>(shape, weights_rng), batch,
                         settings.threads);

  // One set of tensors for full batches and one for what is left over at the end of an epoch.
  struct Batch {
    Batch(Index n, const CnnShape& size)
        : images(n, 1, size.height, size.width),
          mixed(n, 1, size.height, size.width),
          labels(n),
          targets(n, size.classes) {}
    ImageTensor images, mixed;
    Labels labels;
    TargetTensor targets;
  };
  Batch full(batch, shape);
  Batch rest(count % batch, shape);

  std::vector<Index> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), Index(0));
  const Index steps_per_epoch = (count + batch - 1) / batch;
  const double all_steps = static_cast<double>(settings.epochs * steps_per_epoch);
  Progress progress("seed " + std::to_string(seed) + (use_cutmix ? ", CutMix: " : ", without:"),
                    settings.epochs);
  const double pi = std::acos(-1.0);
  Index step = 0;
  for (Index epoch = 0; epoch < settings.epochs; ++epoch) {
    shuffle(order, shuffle_rng);
    double loss_sum = 0;
    for (Index first = 0; first < count; first += batch) {
      const Index n = std::min(batch, count - first);
      Batch& b = n == batch ? full : rest;
      gather_batch(data.train, order.data() + first, n, b.images, b.labels);
      mixer(b.images, b.labels, b.mixed, b.targets);
      const double rate =
          settings.learning_rate * (1 + std::cos(pi * static_cast<double>(step) / all_steps)) / 2;
      loss_sum += static_cast<double>(n) * trainer.step({b.mixed.data(), shape.pixels(), n},
                                                        {b.targets.data(), classes, n}, rate);
      ++step;
      progress.show(static_cast<double>(step) / static_cast<double>(steps_per_epoch),
                    loss_sum / static_cast<double>(first + n));
    }
  }
  return accuracy(trainer, data.test);
}

void run(const TrainingSettings& settings) {
  const Dataset data = load_available_data(settings.data, settings.images, settings.test_images);
  const std::string sheet = path_in(settings.out, "cutmix_contact_sheet.png");
  write_contact_sheet(sheet, "CutMix on " + data.name, data.train, data.classes, settings.mixing,
                      settings.seed);
  std::cout << "Wrote " << sheet << std::endl;

  std::vector<Result> results;
  for (Index i = 0; i < settings.seeds; ++i) {
    const auto seed = settings.seed + static_cast<std::uint32_t>(i);
    const double without = train(data, settings, seed, false);
    const double with_cutmix = train(data, settings, seed, true);
    results.push_back({seed, without, with_cutmix});
  }
  print_table(data, results);
}

}  // namespace
}  // namespace examples

int main(int argc, char** argv) {
  return examples::guarded("train_fashion_mnist", [&] {
    if (const auto settings = examples::parse_settings(argc, argv)) examples::run(*settings);
  });
}
