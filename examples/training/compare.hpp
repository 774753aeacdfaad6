// The experiment of both training programs: train twice from every seed, without and with CutMix.
#ifndef CUTMIX_EXAMPLES_TRAINING_COMPARE_HPP
#define CUTMIX_EXAMPLES_TRAINING_COMPARE_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "../common/dataset.hpp"
#include "../common/draws.hpp"
#include "progress.hpp"
#include "results_table.hpp"
#include "settings.hpp"

namespace examples {

// One training from the start that the seed gives; returns the accuracy on the test images.
//
// A Learner is a network in training: made of (data, settings, seed, use_cutmix), it has
//   double step(const Index* chosen, Index n, double learning_rate)   one step on the training
//       samples chosen[0] ... chosen[n - 1]; returns their mean loss. The last batch of an epoch is
//       smaller than the others where they do not divide the samples.
//   double accuracy()   on the test images, in [0, 1]
template <class Learner>
double train(const Dataset& data, const TrainingSettings& settings, std::uint32_t seed,
             bool use_cutmix) {
  Learner learner(data, settings, seed, use_cutmix);
  auto shuffle_rng = make_engine(seed, Stream::shuffles);
  const Index count = data.train.size();
  std::vector<Index> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), Index(0));

  const auto steps_per_epoch = static_cast<double>((count + settings.batch - 1) / settings.batch);
  const double all_steps = static_cast<double>(settings.epochs) * steps_per_epoch;
  const double pi = std::acos(-1.0);
  Progress progress("seed " + std::to_string(seed) + (use_cutmix ? ", CutMix: " : ", without:"),
                    settings.epochs);
  double step = 0;
  for (Index epoch = 0; epoch < settings.epochs; ++epoch) {
    shuffle(order, shuffle_rng);
    double loss_sum = 0;
    for (Index first = 0; first < count; first += settings.batch) {
      const Index n = std::min(settings.batch, count - first);
      const double rate = settings.learning_rate * (1 + std::cos(pi * step / all_steps)) / 2;
      loss_sum += static_cast<double>(n) * learner.step(order.data() + first, n, rate);
      ++step;
      progress.show(step / steps_per_epoch, loss_sum / static_cast<double>(first + n));
    }
  }
  return learner.accuracy();
}

template <class Learner>
void compare(const Dataset& data, const TrainingSettings& settings) {
  std::vector<Result> results;
  for (Index i = 0; i < settings.seeds; ++i) {
    const auto seed = settings.seed + static_cast<std::uint32_t>(i);
    const double without = train<Learner>(data, settings, seed, false);
    const double with_cutmix = train<Learner>(data, settings, seed, true);
    results.push_back({seed, without, with_cutmix});
  }
  print_table(data, settings, results);
}

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_TRAINING_COMPARE_HPP
