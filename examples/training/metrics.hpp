// What logits, classes x images, are worth, and where a map of an image has its mass.
#ifndef CUTMIX_EXAMPLES_TRAINING_METRICS_HPP
#define CUTMIX_EXAMPLES_TRAINING_METRICS_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "cnn.hpp"

namespace examples {

// How many of the images have their label's logit as the largest.
template <class Scalar>
Index count_right(const Matrix<Scalar>& logits, const int* labels) {
  Index right = 0;
  for (Index i = 0; i < logits.cols(); ++i) {
    Index predicted = 0;
    logits.col(i).maxCoeff(&predicted);
    if (predicted == labels[i]) ++right;
  }
  return right;
}

// In [0, 1].
template <class Scalar>
double accuracy(const Matrix<Scalar>& logits, const int* labels) {
  return static_cast<double>(count_right(logits, labels)) / static_cast<double>(logits.cols());
}

// Probabilities of the classes, in double, so that what is nearly certain is still below 1.
template <class Scalar>
Matrix<double> softmax(const Matrix<Scalar>& logits) {
  Matrix<double> result = logits.template cast<double>();
  for (Index i = 0; i < result.cols(); ++i) {
    auto column = result.col(i);
    column = (column.array() - column.maxCoeff()).exp();
    column /= column.sum();
  }
  return result;
}

// The mean of -log p of the labels: small where the network is right, and knows how sure it may be.
inline double negative_log_likelihood(const Matrix<double>& probabilities, const int* labels) {
  double sum = 0;
  for (Index i = 0; i < probabilities.cols(); ++i) sum -= std::log(probabilities(labels[i], i));
  return sum / static_cast<double>(probabilities.cols());
}

// Images are sorted by the probability of the predicted class into 15 bins of equal width; the mean
// distance, over images, of a bin's mean probability from its accuracy (Guo et al. 2017).
inline double expected_calibration_error(const Matrix<double>& probabilities, const int* labels) {
  constexpr int bins = 15;
  std::vector<double> distance(bins, 0.0);  // of the sums
  for (Index i = 0; i < probabilities.cols(); ++i) {
    Index predicted = 0;
    const double confidence = probabilities.col(i).maxCoeff(&predicted);
    const int bin = std::min(bins - 1, static_cast<int>(confidence * bins));
    distance[static_cast<std::size_t>(bin)] += confidence - (predicted == labels[i] ? 1 : 0);
  }
  double sum = 0;
  for (const double one : distance) sum += std::abs(one);
  return sum / static_cast<double>(probabilities.cols());
}

// The share of what is positive in a map that lies on the pixels of an image that are not 0. Each
// value of the map, row by row, stands for side x side pixels. Not a number where nothing is
// positive.
template <class Map>
double mass_on_object(const Map& map, Index side, const std::uint8_t* image, Index height,
                      Index width) {
  double on = 0, all = 0;
  for (Index y = 0; y < height; ++y) {
    for (Index x = 0; x < width; ++x) {
      const auto value = static_cast<double>(map[y / side * (width / side) + x / side]);
      const double mass = std::max(0.0, value);
      all += mass;
      if (image[y * width + x] != 0) on += mass;
    }
  }
  return on / all;
}

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_TRAINING_METRICS_HPP
