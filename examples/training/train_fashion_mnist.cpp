// Trains a small network on Fashion-MNIST twice from the same start, without and with CutMix.

#include <algorithm>
#include <cstdint>
#include <cutmix/cutmix.hpp>
#include <string>
#include <vector>

#include "../common/available_data.hpp"
#include "../common/command_line.hpp"
#include "../common/dataset.hpp"
#include "../common/draws.hpp"
#include "../gallery/contact_sheet.hpp"
#include "checkpoint.hpp"
#include "cnn.hpp"
#include "compare.hpp"
#include "settings.hpp"
#include "sgd.hpp"

namespace examples {
namespace {

class EigenLearner {
 public:
  EigenLearner(const Dataset& data, const TrainingSettings& settings, std::uint32_t seed,
               bool use_cutmix)
      : data_(data),
        shape_{data.train.images.dimension(2), data.train.images.dimension(3),
               static_cast<Index>(data.classes.size())},
        mixer_(settings.mixing, shape_.classes, make_engine(seed, Stream::mixing)),
        trainer_(shape_, make_parameters(shape_, seed), std::min(settings.batch, data.train.size()),
                 settings.threads, sgd_options(settings)) {
    mixer_.enabled = use_cutmix;
  }

  double step(const Index* chosen, Index n, double learning_rate) {
    // A smaller batch uses the beginning of the memory that a full one needs.
    reserve(n);
    ImageMap mixed(mixed_.data(), n, 1, shape_.height, shape_.width);
    LabelMap labels(labels_.data(), n);
    TargetMap targets(targets_.data(), n, shape_.classes);

    const Index pixels = shape_.pixels();
    samples_.clear();
    for (Index i = 0; i < n; ++i) {
      samples_.push_back(data_.train.images.data() + chosen[i] * pixels);
      labels(i) = data_.train.labels(chosen[i]);
    }
    const cutmix::Plan& plan = mixer_.draw({n, shape_.height, shape_.width});
    cutmix::collate(plan, samples_, mixed, conversion_);
    cutmix::mix_labels(plan, labels, shape_.classes, targets, mixer_.options().labels);
    return trainer_.step({mixed.data(), pixels, n}, {targets.data(), shape_.classes, n},
                         learning_rate);
  }

  void save(CheckpointText& checkpoint) const {
    checkpoint.line("mixer", mixer_);
    const Vector<float>&parameters = trainer_.parameters(), &velocity = trainer_.velocity();
    checkpoint.floats("weights", parameters.data(), parameters.size());
    checkpoint.floats("momentum", velocity.data(), velocity.size());
  }
  void load(CheckpointReader& checkpoint) {
    checkpoint.line("mixer", mixer_);
    Vector<float>&parameters = trainer_.parameters(), &velocity = trainer_.velocity();
    checkpoint.floats("weights", parameters.data(), parameters.size());
    checkpoint.floats("momentum", velocity.data(), velocity.size());
  }

  double accuracy() {
    const LabelledImages& test = data_.test;
    Matrix<float> images(shape_.pixels(), test.size());
    std::vector<const std::uint8_t*> samples;
    for (Index i = 0; i < test.size(); ++i)
      samples.push_back(test.images.data() + i * shape_.pixels());
    const ImageMap batch(images.data(), test.size(), 1, shape_.height, shape_.width);
    cutmix::collate(cutmix::Plan::identity({test.size(), shape_.height, shape_.width}), samples,
                    batch, conversion_);
    const auto predicted = trainer_.predict({images.data(), images.rows(), images.cols()});
    Index right = 0;
    for (Index i = 0; i < test.size(); ++i) {
      if (predicted[static_cast<std::size_t>(i)] == test.labels(i)) ++right;
    }
    return static_cast<double>(right) / static_cast<double>(test.size());
  }

 private:
  static SgdOptions sgd_options(const TrainingSettings& settings) {
    SgdOptions options;
    options.loss = settings.loss;
    return options;
  }

  using ImageMap = Eigen::TensorMap<Eigen::Tensor<float, 4, Eigen::RowMajor>>;   // (B, 1, H, W)
  using LabelMap = Eigen::TensorMap<Labels>;                                     // (B)
  using TargetMap = Eigen::TensorMap<Eigen::Tensor<float, 2, Eigen::RowMajor>>;  // (B, classes)

  static Vector<float> make_parameters(const CnnShape& shape, std::uint32_t seed) {
    auto rng = make_engine(seed, Stream::weights);
    return init_parameters<float>(shape, rng);
  }

  void reserve(Index n) {
    const auto count = static_cast<std::size_t>(n);
    if (labels_.size() >= count) return;
    labels_.resize(count);
    mixed_.resize(count * static_cast<std::size_t>(shape_.pixels()));
    targets_.resize(count * static_cast<std::size_t>(shape_.classes));
  }

  const Dataset& data_;
  CnnShape shape_;
  cutmix::CutMix<cutmix::Philox4x32> mixer_;
  Trainer<float> trainer_;
  // The mean and standard deviation of Fashion-MNIST's training images.
  cutmix::ByteConversion conversion_ = cutmix::ByteConversion::normalized({0.2860}, {0.3530});
  std::vector<const std::uint8_t*> samples_;  // of the batch
  std::vector<float> mixed_, targets_;
  std::vector<int> labels_;
};

}  // namespace
}  // namespace examples

int main(int argc, char** argv) {
  CLI::App app(
      "Trains a small network on Fashion-MNIST without and with CutMix, compares their accuracies\n"
      "and draws contact_sheet.png. The data is Debian's package dataset-fashion-mnist.",
      "train_fashion_mnist");
  examples::TrainingSettings settings;
  std::string out = ".", checkpoint, resume;
  examples::Index every = 0;
  examples::add_training_options(app, settings);
  app.add_option("--checkpoint", checkpoint, "what to write all that goes on to")
      ->type_name("FILE");
  app.add_option("--checkpoint-every", every, "steps; 0: an epoch")
      ->check(CLI::Range(examples::Index(0), examples::Index(1000000000)));
  app.add_option("--resume", resume, "a checkpoint to go on from, with the same options")
      ->type_name("FILE");
  app.add_option("--out", out, "where the contact sheet goes")->type_name("DIR");
  return examples::parse_and_run(app, argc, argv, [&] {
    const examples::Dataset data =
        examples::load_available_data(settings.data, settings.images, settings.test_images);
    examples::write_contact_sheet(out + "/contact_sheet.png", "CutMix on " + data.name, data,
                                  settings.mixing, settings.seed);
    const examples::Index epoch = (data.train.size() + settings.batch - 1) / settings.batch;
    examples::compare<examples::EigenLearner>(
        data, settings,
        examples::Checkpoints(checkpoint, resume, every == 0 ? epoch : every,
                              examples::told_options(app, data)));
  });
}
