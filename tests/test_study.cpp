// The measures of the training programs, by answers that are known.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cutmix/cutmix.hpp>
#include <vector>

#include "../examples/training/disturbances.hpp"
#include "../examples/training/metrics.hpp"
#include "../examples/training/statistics.hpp"
#include "catch.hpp"

namespace {

using cutmix::Index;
using examples::Matrix;

}  // namespace

TEST_CASE("quantiles of Student's t are those of the tables", "[study]") {
  CHECK(examples::t_quantile(0.95, 1) == Approx(12.7062).epsilon(1e-5));
  CHECK(examples::t_quantile(0.95, 2) == Approx(4.30265).epsilon(1e-5));
  CHECK(examples::t_quantile(0.95, 4) == Approx(2.77645).epsilon(1e-5));
  CHECK(examples::t_quantile(0.95, 9) == Approx(2.26216).epsilon(1e-5));
  CHECK(examples::t_quantile(0.99, 30) == Approx(2.75000).epsilon(1e-5));
}

TEST_CASE("a paired gain has the interval of a t test", "[study]") {
  // Mean 3, standard deviation sqrt(2.5), 2.77645 * sqrt(2.5) / sqrt(5) = 1.96324.
  const examples::PairedGain gain = examples::paired_gain({1, 2, 3, 4, 5});
  CHECK(gain.mean == Approx(3));
  CHECK(gain.margin == Approx(1.96324).epsilon(1e-5));
  CHECK(gain.is_above_noise());
  CHECK_FALSE(gain.is_below_noise());
  const examples::PairedGain loss = examples::paired_gain({-1, -2, -3, -4, -5});
  CHECK(loss.is_below_noise());
  const examples::PairedGain noise = examples::paired_gain({-1, 0, 1, 2, 2});
  CHECK_FALSE(noise.is_above_noise());
  CHECK_FALSE(noise.is_below_noise());
}

TEST_CASE("accuracy, likelihood and calibration of four known answers", "[study]") {
  // Confidences 0.9 (right), 0.9 (wrong), 0.6 (right), 0.5 (wrong: the first of two equal ones).
  Matrix<double> probabilities(2, 4);
  probabilities << 0.9, 0.1, 0.6, 0.5,  //
      0.1, 0.9, 0.4, 0.5;
  const std::vector<int> labels = {0, 0, 0, 1};
  CHECK(examples::count_right(probabilities, labels.data()) == 2);
  CHECK(examples::accuracy(probabilities, labels.data()) == 0.5);
  CHECK(examples::negative_log_likelihood(probabilities, labels.data()) ==
        Approx(-(std::log(0.9) + std::log(0.1) + std::log(0.6) + std::log(0.5)) / 4));
  // Bins: {0.9, 0.9} off by 0.4 in the mean, {0.6} by 0.4, {0.5} by 0.5.
  CHECK(examples::expected_calibration_error(probabilities, labels.data()) ==
        Approx((2 * 0.4 + 0.4 + 0.5) / 4));

  // Certain and right: no error, no loss.
  Matrix<double> certain(2, 1);
  certain << 1, 0;
  CHECK(examples::expected_calibration_error(certain, labels.data()) == 0);
  CHECK(examples::negative_log_likelihood(certain, labels.data()) == 0);
}

TEST_CASE("probabilities of logits, large ones too", "[study]") {
  Matrix<float> logits(2, 2);
  logits << 0, 1000,  //
      std::log(3.0f), 1000;
  const Matrix<double> probabilities = examples::softmax(logits);
  CHECK(probabilities(0, 0) == Approx(0.25));
  CHECK(probabilities(1, 0) == Approx(0.75));
  CHECK(probabilities(0, 1) == Approx(0.5));
}

TEST_CASE("the share of a map on the object", "[study]") {
  // 4 x 8 pixels. The left value of the map stands for the left half, of which a quarter is object,
  // the right one for the right half, of which all is. What is negative counts for nothing.
  std::vector<std::uint8_t> image(32, 0);
  for (std::size_t y = 0; y < 4; ++y) {
    image[8 * y] = 1;
    for (std::size_t x = 4; x < 8; ++x) image[8 * y + x] = 255;
  }
  const auto share = [&](double left, double right) {
    return examples::mass_on_object(Eigen::Vector2d(left, right), 4, image.data(), 4, 8);
  };
  CHECK(share(1, 0) == Approx(0.25));
  CHECK(share(0, 1) == Approx(1));
  CHECK(share(1, 1) == Approx(5.0 / 8));
  CHECK(share(-5, 1) == Approx(1));
  CHECK(std::isnan(share(-1, 0)));

  // A value for each pixel.
  Eigen::VectorXd map = Eigen::VectorXd::Zero(32);
  map[0] = 3;  // object
  map[1] = 1;  // background
  CHECK(examples::mass_on_object(map, 1, image.data(), 4, 8) == Approx(0.75));
}

TEST_CASE("occlusion takes a box of half the area inside each image", "[study]") {
  const Index height = 28, width = 28, n = 50;
  const Matrix<float> images = Matrix<float>::Constant(height * width, n, 7);
  cutmix::Philox4x32 rng(3);
  const Matrix<float> result = examples::occluded(images, height, width, rng);
  bool differ = false;
  for (Index i = 0; i < n; ++i) {
    Index top = height, bottom = 0, left = width, right = 0, hidden = 0;
    for (Index pixel = 0; pixel < height * width; ++pixel) {
      if (result(pixel, i) != 0) {
        CHECK(result(pixel, i) == 7);
        continue;
      }
      ++hidden;
      top = std::min(top, pixel / width);
      bottom = std::max(bottom, pixel / width + 1);
      left = std::min(left, pixel % width);
      right = std::max(right, pixel % width + 1);
    }
    CHECK(hidden == (bottom - top) * (right - left));
    CHECK(static_cast<double>(hidden) == Approx(0.5 * 28 * 28).epsilon(0.02));
    differ = differ || !(result.col(i) == result.col(0));
  }
  CHECK(differ);
}

TEST_CASE("noise has its deviation and stays between black and white", "[study]") {
  const double middle = (0.5 - examples::pixel_mean) / examples::pixel_deviation;
  Matrix<float> images = Matrix<float>::Constant(100, 200, static_cast<float>(middle));
  images.leftCols(100).setConstant(examples::darkest);
  cutmix::Philox4x32 rng(4);
  const Matrix<float> result = examples::noisy(images, 0.1, rng);
  CHECK(result.minCoeff() == examples::darkest);
  CHECK(result.maxCoeff() <= examples::brightest);
  // Half of what was black stays there.
  const auto black = (result.leftCols(100).array() == examples::darkest).count();
  CHECK(static_cast<double>(black) / 10000 == Approx(0.5).margin(0.03));
  const Eigen::ArrayXXd noise =
      (result.rightCols(100).cast<double>().array() - middle) * examples::pixel_deviation;
  CHECK(noise.mean() == Approx(0).margin(0.005));
  CHECK(std::sqrt(noise.square().mean()) == Approx(0.1).margin(0.005));
}

TEST_CASE("the attack goes one step, and the loss grows", "[study]") {
  const examples::CnnShape shape{8, 12, 5, 16};
  const Index n = 7;
  cutmix::Philox4x32 rng(6);
  const examples::Vector<float> parameters = examples::init_parameters<float>(shape, rng);
  Matrix<float> images(shape.pixels(), n);
  std::vector<int> labels;
  for (float& pixel : images.reshaped()) {
    pixel = static_cast<float>(examples::draw_between(examples::darkest, examples::brightest, rng));
  }
  for (Index i = 0; i < n; ++i)
    labels.push_back(static_cast<int>(examples::draw_below(shape.classes, rng)));
  examples::Cnn<float> network(shape, 3);  // so that there are pieces, and a smaller one
  const double step = 0.02;
  const Matrix<float> attacked =
      examples::against(network, parameters, images, labels.data(), step);

  const float most = static_cast<float>(step / examples::pixel_deviation);
  CHECK((attacked - images).cwiseAbs().maxCoeff() == Approx(most).epsilon(1e-4));
  CHECK(attacked.minCoeff() >= examples::darkest);
  CHECK(attacked.maxCoeff() <= examples::brightest);
  const auto losses = [&](const Matrix<float>& of) {
    std::vector<double> result;
    examples::for_each_piece(
        network, parameters, of, [&](Index first, Index count, const auto& logits) {
          const Matrix<double> p = examples::softmax<float>(logits);
          for (Index i = 0; i < count; ++i)
            result.push_back(-std::log(p(labels[static_cast<std::size_t>(first + i)], i)));
        });
    return result;
  };
  const auto before = losses(images), after = losses(attacked);
  for (std::size_t i = 0; i < before.size(); ++i) CHECK(after[i] > before[i]);
}
