// Means, spreads, and what a few paired differences say about their mean.
#ifndef CUTMIX_EXAMPLES_TRAINING_STATISTICS_HPP
#define CUTMIX_EXAMPLES_TRAINING_STATISTICS_HPP

#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

namespace examples {

// Mean and sample standard deviation, which is 0 for a single value.
inline std::pair<double, double> mean_and_spread(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {mean, n > 1 ? std::sqrt(squares / (n - 1)) : 0};
}

// How much of Student's t distribution lies within -t and t. Abramowitz and Stegun 26.7.3, 26.7.4.
inline double t_within(double t, int degrees_of_freedom) {
  const double pi = std::acos(-1.0), angle = std::atan(t / std::sqrt(degrees_of_freedom));
  const double cosine = std::cos(angle), square = cosine * cosine;
  const bool odd = degrees_of_freedom % 2 == 1;
  double term = odd ? cosine : 1, sum = 0;
  for (int i = odd ? 2 : 1; i < degrees_of_freedom; i += 2) {
    sum += term;
    term *= square * i / (i + 1);
  }
  sum *= std::sin(angle);
  return odd ? (angle + sum) * 2 / pi : sum;
}

// The t that the given share lies within, up to 1000.
inline double t_quantile(double share, int degrees_of_freedom) {
  double low = 0, high = 1000;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (t_within(middle, degrees_of_freedom) < share ? low : high) = middle;
  }
  return low;
}

// The mean of differences that belong to a seed each, and its 95 % confidence interval: the mean
// plus or minus `margin`.
struct PairedGain {
  double mean, margin;

  bool is_above_noise() const { return mean - margin > 0; }
  bool is_below_noise() const { return mean + margin < 0; }
};

// Needs two differences or more.
inline PairedGain paired_gain(const std::vector<double>& differences) {
  const auto n = static_cast<int>(differences.size());
  const auto [mean, spread] = mean_and_spread(differences);
  return {mean, t_quantile(0.95, n - 1) * spread / std::sqrt(n)};
}

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_TRAINING_STATISTICS_HPP
