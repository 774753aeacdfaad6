// What both training programs print at the end: accuracies without and with CutMix, seed by seed.
#ifndef CUTMIX_EXAMPLES_TRAINING_RESULTS_TABLE_HPP
#define CUTMIX_EXAMPLES_TRAINING_RESULTS_TABLE_HPP

#include <cstdint>
#include <cstdio>
#include <vector>

#include "../common/dataset.hpp"
#include "settings.hpp"
#include "statistics.hpp"

namespace examples {

struct Result {
  std::uint32_t seed;
  double without, with_cutmix;
};

inline void print_table(const Dataset& data, const TrainingSettings& settings,
                        const std::vector<Result>& results) {
  std::printf("\nAccuracy on %td test images of %s, trained on %td\n\n", data.test.size(),
              data.name.c_str(), data.train.size());
  std::printf("  seed   without    CutMix      gain\n");
  std::vector<double> without, with_cutmix, gains;
  for (const Result& result : results) {
    without.push_back(100 * result.without);
    with_cutmix.push_back(100 * result.with_cutmix);
    gains.push_back(with_cutmix.back() - without.back());
    std::printf("%6u   %6.2f %%  %6.2f %%  %+7.2f\n", result.seed, without.back(),
                with_cutmix.back(), gains.back());
  }
  const auto [mean0, spread0] = mean_and_spread(without);
  const auto [mean1, spread1] = mean_and_spread(with_cutmix);
  const auto [mean2, spread2] = mean_and_spread(gains);
  if (results.size() > 1) {
    std::printf("  mean   %6.2f %%  %6.2f %%  %+7.2f\n", mean0, mean1, mean2);
    std::printf("spread   %6.2f    %6.2f    %7.2f\n", spread0, spread1, spread2);
  }
  const Index usual = TrainingSettings().epochs;
  if (mean2 < 0 && settings.epochs < usual) {
    std::printf(
        "\nCutMix needs its epochs: mixed images are harder to learn, and after %td epochs the\n"
        "network without them is still ahead. The default is %td epochs.\n",
        settings.epochs, usual);
  }
}

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_TRAINING_RESULTS_TABLE_HPP
