#ifndef CUTMIX_TESTS_STATISTICS_HPP
#define CUTMIX_TESTS_STATISTICS_HPP

// Tests of laws. Each returns the probability that a true law would look worse than the sample
// does. Seeds are fixed, so a test that passes passes always; a level of 1e-4 says how often a
// right library would have failed had the seed been drawn.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace testing {

constexpr double false_alarm = 1e-4;

// Regularized upper incomplete gamma function: series below a + 1, continued fraction above.
inline double upper_gamma(double a, double x) {
  if (x <= 0) return 1;
  const double scale = std::exp(a * std::log(x) - x - std::lgamma(a));
  if (x < a + 1) {
    double term = 1 / a, sum = term;
    for (int n = 1; n < 10000 && term > sum * 1e-16; ++n) sum += term *= x / (a + n);
    return 1 - scale * sum;
  }
  double b = x + 1 - a, c = 1e300, d = 1 / b, h = d;
  for (int n = 1; n < 10000; ++n) {
    const double an = -n * (n - a);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    h *= c * d;
    if (std::abs(c * d - 1) < 1e-15) break;
  }
  return scale * h;
}

// Pearson's chi-square of counts against expected counts that add up to the same total.
inline double chi_square_p(const std::vector<double>& counts, const std::vector<double>& expected) {
  double statistic = 0;
  for (std::size_t i = 0; i < counts.size(); ++i)
    statistic += (counts[i] - expected[i]) * (counts[i] - expected[i]) / expected[i];
  return upper_gamma(static_cast<double>(counts.size() - 1) / 2, statistic / 2);
}

inline double uniform_p(const std::vector<double>& counts) {
  double total = 0;
  for (const double count : counts) total += count;
  return chi_square_p(
      counts, std::vector<double>(counts.size(), total / static_cast<double>(counts.size())));
}

// Two-sided, by the normal approximation with continuity correction.
inline double binomial_p(double hits, double n, double probability) {
  const double deviation = std::max(0.0, std::abs(hits - n * probability) - 0.5);
  return std::erfc(deviation / std::sqrt(2 * n * probability * (1 - probability)));
}

// Two-sided: the mean of n draws of a law of this mean and variance, by the normal approximation.
inline double mean_p(double sample_mean, double n, double mean, double variance) {
  return std::erfc(std::abs(sample_mean - mean) / std::sqrt(2 * variance / n));
}

// I_x(a, a) for x in [0, 1/2], by its continued fraction, which converges there.
inline long double lower_half_beta(long double a, long double x) {
  if (x <= 0) return 0;
  const long double front = std::exp(a * (std::log(x) + std::log1p(-x)) + std::lgamma(2 * a) -
                                     2 * std::lgamma(a) - std::log(a));
  long double c = 1, d = 1 / (1 - 2 * a * x / (a + 1)), h = d;
  for (int m = 1; m < 100000; ++m) {
    const long double even = m * (a - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d);
    c = 1 + even / c;
    h *= c * d;
    const long double odd = -(a + m) * (2 * a + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d);
    c = 1 + odd / c;
    h *= c * d;
    if (std::abs(c * d - 1) < 1e-18L) break;
  }
  return front * h;
}

// The distribution function of Beta(a, a).
inline long double beta_cdf(long double a, long double x) {
  return x <= 0.5L ? lower_half_beta(a, x) : 1 - lower_half_beta(a, 1 - x);
}

// Kolmogorov-Smirnov of a sample of doubles against a continuous law. A double stands for the reals
// that round to it, and near 1 a small alpha has much mass there: so the law is taken at the
// borders of that cell, before and after all samples equal to it.
template <class Cdf>
double kolmogorov_smirnov_p(std::vector<double> sample, const Cdf& cdf) {
  std::sort(sample.begin(), sample.end());
  const auto n = static_cast<long double>(sample.size());
  long double distance = 0;
  for (std::size_t first = 0, last = 0; first < sample.size(); first = last) {
    while (last < sample.size() && !(sample[last] > sample[first])) ++last;
    const long double value = sample[first];
    const long double below = (value + std::nextafter(sample[first], -1.0)) / 2;
    const long double above = (value + std::nextafter(sample[first], 2.0)) / 2;
    distance = std::max(distance, std::abs(cdf(below) - static_cast<long double>(first) / n));
    distance = std::max(distance, std::abs(cdf(above) - static_cast<long double>(last) / n));
  }
  const auto root = static_cast<double>(std::sqrt(n));
  const double t = (root + 0.12 + 0.11 / root) * static_cast<double>(distance);
  double p = 0;
  for (int k = 1; k < 100; ++k) p += (k % 2 == 1 ? 2 : -2) * std::exp(-2.0 * k * k * t * t);
  return std::min(1.0, std::max(0.0, p));
}

}  // namespace testing

#endif  // CUTMIX_TESTS_STATISTICS_HPP
