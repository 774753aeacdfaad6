// The network of cnn.hpp in training on a data set of bytes: compare.hpp says what a Learner is.
#ifndef CUTMIX_EXAMPLES_TRAINING_LEARNER_HPP
#define CUTMIX_EXAMPLES_TRAINING_LEARNER_HPP

#include <algorithm>
#include <cstdint>
#include <cutmix/cutmix.hpp>
#include <functional>
#include <vector>

#include "../common/dataset.hpp"
#include "../common/draws.hpp"
#include "checkpoint.hpp"
#include "cnn.hpp"
#include "metrics.hpp"
#include "normalized.hpp"
#include "settings.hpp"
#include "sgd.hpp"

namespace examples {

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

  // What else is done to the images of every batch.
  std::function<void(ImageMap&)> after_mixing;

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
    if (after_mixing) after_mixing(mixed);
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

  // On the test images, in [0, 1].
  double accuracy() {
    const Matrix<float> images = normalized(data_.test);
    return examples::accuracy(trainer_.logits({images.data(), images.rows(), images.cols()}),
                              data_.test.labels.data());
  }

  const CnnShape& shape() const { return shape_; }
  const Vector<float>& parameters() const { return trainer_.parameters(); }

 private:
  static SgdOptions sgd_options(const TrainingSettings& settings) {
    SgdOptions options;
    options.loss = settings.loss;
    return options;
  }

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
  cutmix::ByteConversion conversion_ = normalization();
  std::vector<const std::uint8_t*> samples_;  // of the batch
  std::vector<float> mixed_, targets_;
  std::vector<int> labels_;
};

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_TRAINING_LEARNER_HPP
