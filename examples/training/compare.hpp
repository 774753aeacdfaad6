// The experiment of both training programs: train twice from every seed, without and with CutMix.
#ifndef CUTMIX_EXAMPLES_TRAINING_COMPARE_HPP
#define CUTMIX_EXAMPLES_TRAINING_COMPARE_HPP

#include <cstdint>
#include <string>
#include <vector>

#include "../common/dataset.hpp"
#include "checkpoint.hpp"
#include "progress.hpp"
#include "results_table.hpp"
#include "settings.hpp"
#include "train.hpp"

namespace examples {

// One training from the start that the seed gives, or from where `checkpoints` say that it stopped;
// returns the accuracy on the test images. `finished` are those of the trainings before it.
//
// The Learner is made of (data, settings, seed, use_cutmix), and has besides step()
//   double accuracy()   on the test images, in [0, 1]
template <class Learner, class Keeper>
double train_and_test(const Dataset& data, const TrainingSettings& settings, std::uint32_t seed,
                      bool use_cutmix, const std::vector<double>& finished, Keeper& checkpoints) {
  Learner learner(data, settings, seed, use_cutmix);
  TrainingState state = initial_state(data.train.size(), seed);
  checkpoints.restore(learner, state);
  Progress progress("seed " + std::to_string(seed) + (use_cutmix ? ", CutMix: " : ", without:"),
                    settings.epochs);
  train(learner, settings, state,
        [&](const TrainingState& now, Index steps_per_epoch, Index all_steps) {
          progress.show(static_cast<double>(now.step) / static_cast<double>(steps_per_epoch),
                        now.loss_sum / static_cast<double>(now.first));
          checkpoints.save(learner, now, finished, now.step == all_steps);
        });
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
        train_and_test<Learner>(data, settings, seed_of(run), run % 2 == 1, finished, checkpoints));
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
