// The loop of one training.
#ifndef CUTMIX_EXAMPLES_TRAINING_TRAIN_HPP
#define CUTMIX_EXAMPLES_TRAINING_TRAIN_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "../common/draws.hpp"
#include "checkpoint.hpp"
#include "settings.hpp"

namespace examples {

// A training before its first step.
inline TrainingState initial_state(Index count, std::uint32_t seed) {
  TrainingState state;
  state.shuffle_rng = make_engine(seed, Stream::shuffles);
  state.order.resize(static_cast<std::size_t>(count));
  std::iota(state.order.begin(), state.order.end(), Index(0));
  return state;
}

// From where `state` stands to the last epoch: every epoch in a new order, the learning rate along
// half a cosine. Calls after_step(state, steps_per_epoch, all_steps).
//
// A Learner is a network in training; it has
//   double step(const Index* chosen, Index n, double learning_rate)   one step on the training
//       samples chosen[0] ... chosen[n - 1]; returns their mean loss. The last batch of an epoch is
//       smaller than the others where they do not divide the samples.
template <class Learner, class AfterStep>
void train(Learner& learner, const TrainingSettings& settings, TrainingState& state,
           const AfterStep& after_step) {
  const auto count = static_cast<Index>(state.order.size());
  const Index steps_per_epoch = (count + settings.batch - 1) / settings.batch;
  const Index all_steps = settings.epochs * steps_per_epoch;
  const double pi = std::acos(-1.0);
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
      after_step(state, steps_per_epoch, all_steps);
    }
  }
}

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_TRAINING_TRAIN_HPP
