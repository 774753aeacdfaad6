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
#include "checkpoint.hpp"
#include "progress.hpp"
#include "results_table.hpp"
#include "settings.hpp"

namespace examples {

// One training from the start that the seed gives, or from where `checkpoints` say that it stopped;
// returns the accuracy on the test images. `finished` are those of the trainings before it.
//
// A Learner is a network in training: made of (data, settings, seed, use_cutmix), it has
//   double step(const Index* chosen, Index n, double learning_rate)   one step on the training
//       samples chosen[0] ... chosen[n - 1]; returns their mean loss. The last batch of an epoch is
//       smaller than the others where they do not divide the samples.
//   double accuracy()   on the test images, in [0, 1]
template <class Learner, class Keeper>
double train(const Dataset& data, const TrainingSettings& settings, std::uint32_t seed,
             bool use_cutmix, const std::vector<double>& finished, Keeper& checkpoints) {
  Learner learner(data, settings, seed, use_cutmix);
  const Index count = data.train.size();
  TrainingState state;
  state.shuffle_rng = make_engine(seed, Stream::shuffles);
  state.order.resize(static_cast<std::size_t>(count));
  std::iota(state.order.begin(), state.order.end(), Index(0));
  checkpoints.restore(learner, state);

  const Index steps_per_epoch = (count + settings.batch - 1) / settings.batch;
  const Index all_steps = settings.epochs * steps_per_epoch;
  const double pi = std::acos(-1.0);
  Progress progress("seed " + std::to_string(seed) + (use_cutmix ? ", CutMix: " : ", without:"),
                    settings.epochs);
  for (; state.epoch < settings.epochs; ++state.epoch, state.first = 0, state.loss_sum = 0) {
    if (state.first == 0) shuffle(state.order, state.shuffle_rng);
    while (state.first < count) {
      const Index n = std::min(settings.batch, count - state.first);
      const double rate =
          settings.learning_rate *
          (1 + std::cos(pi * static_cast<double>(state.step) / static_cast<double>(all_steps))) / 2;
      const double loss = learner.step(state.order.data() + state.first, n, rate);
      state.loss_sum += static_cast<double>(n) * loss;
      state.first += n;
      ++state.step;
      progress.show(static_cast<double>(state.step) / static_cast<double>(steps_per_epoch),
                    state.loss_sum / static_cast<double>(state.first));
      checkpoints.save(learner, state, finished, state.step == all_steps);
    }
  }
  return learner.accuracy();
}

template <class Learner, class Keeper>
void compare(const Dataset& data, const TrainingSettings& settings, Keeper checkpoints) {
  // Without and with CutMix by turns, for one seed after another.
  const auto seed_of = [&settings](std::size_t run) {
    return settings.seed + static_cast<std::uint32_t>(run / 2);
  };
  std::vector<double> finished = checkpoints.finished();
  while (finished.size() < static_cast<std::size_t>(2 * settings.seeds)) {
    const std::size_t run = finished.size();
    finished.push_back(
        train<Learner>(data, settings, seed_of(run), run % 2 == 1, finished, checkpoints));
  }
  std::vector<Result> results;
  for (std::size_t run = 0; run < finished.size(); run += 2)
    results.push_back({seed_of(run), finished[run], finished[run + 1]});
  print_table(data, settings, results);
}

template <class Learner>
void compare(const Dataset& data, const TrainingSettings& settings) {
  compare<Learner>(data, settings, NoCheckpoints());
}

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_TRAINING_COMPARE_HPP
