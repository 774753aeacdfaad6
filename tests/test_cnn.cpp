// The examples' network: its convolution against a plain loop, its gradient against differences.
#include <cmath>
#include <cutmix/cutmix.hpp>

#include "../examples/training/cnn.hpp"
#include "catch.hpp"

namespace {

using cutmix::Index;
using examples::CnnShape;
using examples::draw_below;
using examples::draw_between;
using examples::Matrix;
using examples::Vector;
using RowMajorMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Matrix<double> random_matrix(Index rows, Index cols, cutmix::Philox4x32& rng) {
  Matrix<double> result(rows, cols);
  for (Index i = 0; i < result.size(); ++i) result.data()[i] = draw_between(-1, 1, rng);
  return result;
}

// A small network on a few images, with targets that are soft as CutMix makes them.
class Problem {
 public:
  Problem()
      : rng_(5),
        images_(random_matrix(shape_.pixels(), n_, rng_)),
        targets_(Matrix<double>::Zero(shape_.classes, n_)),
        logits_gradient_(shape_.classes, n_),
        network_(shape_, n_),
        parameters(examples::init_parameters<double>(shape_, rng_)),
        gradient(parameters.size()) {
    for (Index i = 0; i < n_; ++i) {
      targets_(draw_below(shape_.classes, rng_), i) += 0.7;
      targets_(draw_below(shape_.classes, rng_), i) += 0.3;
    }
  }

  const CnnShape& shape() const { return shape_; }
  cutmix::Philox4x32& rng() { return rng_; }

  double loss() {
    const auto logits =
        network_.forward(parameters, {images_.data(), images_.rows(), images_.cols()});
    const Eigen::Map<const RowMajorMatrix> scores(logits.data(), n_, shape_.classes);
    const Eigen::Map<const RowMajorMatrix> wanted(targets_.data(), n_, shape_.classes);
    Eigen::Map<RowMajorMatrix> scores_gradient(logits_gradient_.data(), n_, shape_.classes);
    return cutmix::soft_cross_entropy(scores, wanted, scores_gradient);
  }

  void backward() {
    loss();
    network_.backward(parameters, {logits_gradient_.data(), shape_.classes, n_}, gradient);
  }

  Matrix<double> images_gradient() {
    backward();
    Matrix<double> result = Matrix<double>::Constant(images_.rows(), n_, std::nan(""));
    network_.backward_images(parameters, {result.data(), result.rows(), n_});
    return result;
  }

  double difference_quotient(double& variable) {
    const double step = 1e-6;
    const double value = variable;
    variable = value + step;
    const double above = loss();
    variable = value - step;
    const double below = loss();
    variable = value;
    return (above - below) / (2 * step);
  }
  double& pixel(Index i) { return images_.data()[i]; }

  // What speaks for a class, place by place.
  Matrix<double> activation_maps(Index wanted) {
    loss();
    Matrix<double> one = Matrix<double>::Zero(shape_.classes, n_);
    one.row(wanted).setOnes();
    network_.backward(parameters, {one.data(), shape_.classes, n_}, gradient);
    return network_.activation_maps(n_);
  }
  Matrix<double> logits() {
    return network_.forward(parameters, {images_.data(), images_.rows(), images_.cols()});
  }

 private:
  CnnShape shape_{8, 12, 5, 16};
  Index n_ = 3;
  cutmix::Philox4x32 rng_;
  Matrix<double> images_;
  Matrix<double> targets_;
  Matrix<double> logits_gradient_;
  examples::Cnn<double> network_;

 public:
  Vector<double> parameters;
  Vector<double> gradient;
};

}  // namespace

TEST_CASE("the network's gradient agrees with central differences", "[cnn]") {
  Problem problem;
  // Not a number where backward() leaves a hole.
  problem.gradient.setConstant(std::nan(""));
  problem.backward();
  for (const auto& block : problem.shape().blocks()) {
    for (int trial = 0; trial < 25; ++trial) {
      const Index parameter = block.offset + draw_below(block.size(), problem.rng());
      INFO(block.name << ", entry " << parameter - block.offset);
      const double expected = problem.difference_quotient(problem.parameters[parameter]);
      // Rounding in the loss over the step: about 1e-16 / 1e-6.
      CHECK(std::abs(problem.gradient[parameter] - expected) < 1e-7);
    }
    INFO(block.name << " must matter, or the comparison above is empty");
    CHECK(problem.gradient.segment(block.offset, block.size()).cwiseAbs().maxCoeff() > 1e-4);
  }
}

TEST_CASE("the gradient of the images agrees with central differences", "[cnn]") {
  Problem problem;
  const Matrix<double> gradient = problem.images_gradient();
  // All pixels, borders and corners among them.
  for (Index i = 0; i < gradient.size(); ++i) {
    INFO("pixel " << i);
    CHECK(std::abs(gradient.data()[i] - problem.difference_quotient(problem.pixel(i))) < 1e-7);
  }
  CHECK(gradient.cwiseAbs().maxCoeff() > 1e-4);
}

TEST_CASE("activation maps add up to the logit where the dense layers have no bias", "[cnn]") {
  // From the last feature maps on the network is piecewise linear: activations times gradients are
  // the logit then.
  Problem problem;
  const auto blocks = problem.shape().blocks();
  for (const std::size_t biases : {std::size_t(5), std::size_t(7)})
    problem.parameters.segment(blocks[biases].offset, blocks[biases].size()).setZero();
  const Matrix<double> logits = problem.logits();
  for (Index wanted = 0; wanted < problem.shape().classes; ++wanted) {
    const Matrix<double> maps = problem.activation_maps(wanted);
    CHECK(maps.rows() == problem.shape().pixels() / 16);
    for (Index i = 0; i < logits.cols(); ++i)
      CHECK(maps.col(i).sum() == Approx(logits(wanted, i)).margin(1e-12));
  }
}

TEST_CASE("the gradient is the same after other batches have been through", "[cnn]") {
  Problem problem;
  problem.backward();
  const Vector<double> first = problem.gradient;
  problem.backward();
  CHECK(problem.gradient == first);
}

TEST_CASE("the convolution agrees with a plain loop", "[cnn]") {
  constexpr int in = 2;
  constexpr int out = 3;
  const Index height = 5;
  const Index width = 4;
  const Index images = 2;
  cutmix::Philox4x32 rng(7);
  const Matrix<double> weights = random_matrix(out, 9 * in, rng);
  const Matrix<double> biases = random_matrix(out, 1, rng);
  const Matrix<double> input = random_matrix(in, height * width * images, rng);
  Matrix<double> output(out, input.cols());
  examples::Convolution<double, in, out> convolution(height, width, images);
  convolution.forward(weights, biases, input, output);

  for (Index image = 0; image < images; ++image) {
    for (Index y = 0; y < height; ++y) {
      for (Index x = 0; x < width; ++x) {
        for (Index k = 0; k < out; ++k) {
          double expected = biases(k, 0);
          for (Index dy = -1; dy <= 1; ++dy) {
            for (Index dx = -1; dx <= 1; ++dx) {
              if (y + dy < 0 || y + dy >= height || x + dx < 0 || x + dx >= width) continue;
              for (Index c = 0; c < in; ++c) {
                expected += weights(k, ((dy + 1) * 3 + dx + 1) * in + c) *
                            input(c, (image * height + y + dy) * width + x + dx);
              }
            }
          }
          INFO("image " << image << ", y " << y << ", x " << x << ", filter " << k);
          CHECK(output(k, (image * height + y) * width + x) == Approx(expected));
        }
      }
    }
  }
}

TEST_CASE("among equal pixels the first takes the gradient", "[cnn]") {
  // Two channels of a 2 x 4 image: the left pool is a tie above zero, the right one is cut off.
  constexpr int channels = 2;
  Matrix<double, channels> input(channels, 8);
  input << 1, 1, -1, -2, 1, 1, -3, -4,  //
      0, 2, 0, 0, 2, 1, 0, 0;
  Matrix<double, channels> pooled(channels, 2);
  examples::relu_max_pool<channels>(4, input, pooled);
  Matrix<double, channels> expected_pooled(channels, 2);
  expected_pooled << 1, 0, 2, 0;
  CHECK(pooled == expected_pooled);

  Matrix<double, channels> pooled_gradient(channels, 2);
  pooled_gradient << 5, 6, 7, 8;
  Matrix<double, channels> gradient(channels, 8);
  examples::relu_max_pool_backward<channels>(4, input, pooled, pooled_gradient, gradient);
  Matrix<double, channels> expected(channels, 8);
  expected << 5, 0, 0, 0, 0, 0, 0, 0,  //
      0, 7, 0, 0, 0, 0, 0, 0;
  CHECK(gradient == expected);
}
