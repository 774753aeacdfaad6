// A small convolutional network on Eigen, forward and backward:
// conv 3x3 x16, ReLU, max-pool 2, conv 3x3 x32, ReLU, max-pool 2, dense 128, ReLU, dense.
//
// Activations are column-major matrices with one column per pixel and one row per channel
// (channels last), so that a shard of images is one large matrix product per layer and the
// flattening before the dense layers costs nothing.
#ifndef CUTMIX_EXAMPLES_TRAINING_CNN_HPP
#define CUTMIX_EXAMPLES_TRAINING_CNN_HPP

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

#include "../common/draws.hpp"

namespace examples {

template <class Scalar, int Rows = Eigen::Dynamic>
using Matrix = Eigen::Matrix<Scalar, Rows, Eigen::Dynamic>;
template <class Scalar>
using Vector = Eigen::Matrix<Scalar, Eigen::Dynamic, 1>;
template <class Scalar, int Rows = Eigen::Dynamic>
using MatrixMap = Eigen::Map<Matrix<Scalar, Rows>>;
template <class Scalar, int Rows = Eigen::Dynamic>
using ConstMatrixMap = Eigen::Map<const Matrix<Scalar, Rows>>;

// Where one weight matrix or bias vector lies in the flat vector of all parameters.
struct ParameterBlock {
  const char* name;
  Index rows;
  Index cols;
  Index offset;

  Index size() const { return rows * cols; }

  template <class Scalar>
  ConstMatrixMap<Scalar> in(const Vector<Scalar>& parameters) const {
    return {parameters.data() + offset, rows, cols};
  }
  template <class Scalar>
  MatrixMap<Scalar> in(Vector<Scalar>& parameters) const {
    return {parameters.data() + offset, rows, cols};
  }
};

// The sizes of the network. Images have one channel; height and width are multiples of 4.
struct CnnShape {
  static constexpr int filters1 = 16;
  static constexpr int filters2 = 32;

  Index height = 28;
  Index width = 28;
  Index classes = 10;
  Index hidden = 128;

  Index pixels() const { return height * width; }
  Index features() const { return filters2 * (height / 4) * (width / 4); }

  // Weights and biases by turns, from the first layer to the last.
  std::array<ParameterBlock, 8> blocks() const {
    std::array<ParameterBlock, 8> result{{{"conv1 weights", filters1, 9, 0},
                                          {"conv1 biases", filters1, 1, 0},
                                          {"conv2 weights", filters2, 9 * filters1, 0},
                                          {"conv2 biases", filters2, 1, 0},
                                          {"dense1 weights", hidden, features(), 0},
                                          {"dense1 biases", hidden, 1, 0},
                                          {"dense2 weights", classes, hidden, 0},
                                          {"dense2 biases", classes, 1, 0}}};
    for (std::size_t i = 1; i < result.size(); ++i) {
      result[i].offset = result[i - 1].offset + result[i - 1].size();
    }
    return result;
  }

  Index parameters() const { return blocks().back().offset + blocks().back().size(); }
};

// Weights and biases uniform within 1 / sqrt(inputs), as PyTorch's layers start. He's start, 2.4
// times as wide, ends about two points lower here, with and without CutMix. Uniform draws need no
// function of the C library that could round differently elsewhere.
template <class Scalar, class Urbg>
Vector<Scalar> init_parameters(const CnnShape& shape, Urbg& rng) {
  Vector<Scalar> parameters(shape.parameters());
  const auto blocks = shape.blocks();
  for (std::size_t i = 0; i < blocks.size(); i += 2) {
    const double limit = 1 / std::sqrt(static_cast<double>(blocks[i].cols));
    const Index size = blocks[i].size() + blocks[i + 1].size();
    for (Scalar& value : parameters.segment(blocks[i].offset, size)) {
      value = static_cast<Scalar>(draw_between(-limit, limit, rng));
    }
  }
  return parameters;
}

// A 3x3 convolution with one pixel of zero padding, as a matrix product with the patches of the
// input (im2col). Weights are Out x 9 In, ordered by row, column and channel of the patch. The
// channel counts are template arguments so that the copies of a patch row unroll.
template <class Scalar, int In, int Out>
class Convolution {
 public:
  Convolution(Index height, Index width, Index max_images)
      : height_(height),
        width_(width),
        padded_(Matrix<Scalar, In>::Zero(In, (height + 2) * (width + 2))),
        patches_(9 * In, height * width * max_images) {}

  // input: In x pixels; output: Out x pixels; both hold whole images.
  template <class Weights, class Biases, class Input, class Output>
  void forward(const Weights& weights, const Biases& biases, const Input& input, Output&& output) {
    const Index pixels = height_ * width_;
    for (Index first = 0; first < input.cols(); first += pixels) {
      gather(input.data() + first * In, patches_.data() + first * 9 * In);
    }
    output.colwise() = biases.col(0);
    output.noalias() += weights * patches_.leftCols(input.cols());
  }

  // Follows forward() on the same images.
  template <class OutputGradient, class WeightsGradient, class BiasesGradient>
  void backward_parameters(const OutputGradient& output_gradient,
                           WeightsGradient&& weights_gradient, BiasesGradient&& biases_gradient) {
    const auto patches = patches_.leftCols(output_gradient.cols());
    weights_gradient.noalias() = output_gradient * patches.transpose();
    biases_gradient = output_gradient.rowwise().sum();
  }

  // Follows backward_parameters(): the patches give their memory to their gradient.
  template <class Weights, class OutputGradient, class InputGradient>
  void backward_input(const Weights& weights, const OutputGradient& output_gradient,
                      InputGradient&& input_gradient) {
    patches_.leftCols(output_gradient.cols()).noalias() = weights.transpose() * output_gradient;
    const Index pixels = height_ * width_;
    for (Index first = 0; first < output_gradient.cols(); first += pixels) {
      scatter(patches_.data() + first * 9 * In, input_gradient.data() + first * In);
    }
  }

 private:
  static constexpr int patch_row = 3 * In;

  Scalar* padded_row(Index y, Index x) { return padded_.data() + (y * (width_ + 2) + x) * In; }

  void gather(const Scalar* image, Scalar* patches) {
    // The border may hold what scatter() left there.
    padded_.setZero();
    for (Index y = 0; y < height_; ++y) {
      std::copy_n(image + y * width_ * In, width_ * In, padded_row(y + 1, 1));
    }
    for (Index y = 0; y < height_; ++y) {
      for (Index x = 0; x < width_; ++x) {
        for (Index row = 0; row < 3; ++row, patches += patch_row) {
          std::copy_n(padded_row(y + row, x), patch_row, patches);
        }
      }
    }
  }

  void scatter(const Scalar* patches, Scalar* image) {
    padded_.setZero();
    for (Index y = 0; y < height_; ++y) {
      for (Index x = 0; x < width_; ++x) {
        for (Index row = 0; row < 3; ++row, patches += patch_row) {
          Scalar* sum = padded_row(y + row, x);
          for (int i = 0; i < patch_row; ++i) sum[i] += patches[i];
        }
      }
    }
    for (Index y = 0; y < height_; ++y) {
      std::copy_n(padded_row(y + 1, 1), width_ * In, image + y * width_ * In);
    }
  }

  Index height_;
  Index width_;
  Matrix<Scalar, In> padded_;
  Matrix<Scalar, 9 * In> patches_;
};

// ReLU and the maximum over 2x2 pixels. The height is even, so pairs of rows never straddle two
// images and the images of a shard count as one tall image of this width.
template <int Channels, class Input, class Output>
void relu_max_pool(Index width, const Input& input, Output&& output) {
  using Scalar = typename Input::Scalar;
  const Index row = width * Channels;
  const Scalar* in = input.data();
  Scalar* out = output.data();
  for (Index y = 0; y < input.cols() / (2 * width); ++y, in += row) {
    for (Index x = 0; x < width / 2; ++x, in += 2 * Channels, out += Channels) {
      for (int c = 0; c < Channels; ++c) {
        const Scalar top = std::max(in[c], in[c + Channels]);
        const Scalar bottom = std::max(in[c + row], in[c + row + Channels]);
        out[c] = std::max(std::max(top, bottom), Scalar(0));
      }
    }
  }
}

// The gradient goes to the first of the four pixels that reached the maximum (on a plain
// background all four do), and nowhere if ReLU cut the maximum off.
template <int Channels, class Input, class Output, class OutputGradient, class InputGradient>
void relu_max_pool_backward(Index width, const Input& input, const Output& output,
                            const OutputGradient& output_gradient, InputGradient&& input_gradient) {
  using Scalar = typename Input::Scalar;
  const Index row = width * Channels;
  const Scalar* in = input.data();
  const Scalar* out = output.data();
  const Scalar* from = output_gradient.data();
  Scalar* to = input_gradient.data();
  for (Index y = 0; y < input.cols() / (2 * width); ++y, in += row, to += row) {
    for (Index x = 0; x < width / 2; ++x) {
      // Compilers vectorise these loops only where they have not unrolled them first.
      Scalar rest[Channels];
#pragma GCC unroll 1
      for (int c = 0; c < Channels; ++c) rest[c] = out[c] > Scalar(0) ? from[c] : Scalar(0);
      for (const Index pixel : {Index(0), Index(Channels), row, row + Channels}) {
        Scalar taken[Channels];
#pragma GCC unroll 1
        for (int c = 0; c < Channels; ++c) {
          taken[c] = in[pixel + c] == out[c] ? rest[c] : Scalar(0);
          rest[c] -= taken[c];
        }
        std::copy_n(taken, Channels, to + pixel);
      }
      in += 2 * Channels;
      to += 2 * Channels;
      out += Channels;
      from += Channels;
    }
  }
}

// The network and its working memory for up to max_images images at a time. The parameters live
// outside, so several threads, each with a Cnn of its own, can share them.
template <class Scalar>
class Cnn {
 public:
  Cnn(const CnnShape& shape, Index max_images)
      : shape_(shape),
        max_images_(max_images),
        conv1_(shape.height, shape.width, max_images),
        conv2_(shape.height / 2, shape.width / 2, max_images),
        sums1_(filters1, shape.pixels() * max_images),
        pooled1_(filters1, shape.pixels() / 4 * max_images),
        sums2_(filters2, shape.pixels() / 4 * max_images),
        pooled2_(filters2, shape.pixels() / 16 * max_images),
        hidden_(shape.hidden, max_images),
        logits_(shape.classes, max_images),
        sums1_gradient_(filters1, sums1_.cols()),
        pooled1_gradient_(filters1, pooled1_.cols()),
        sums2_gradient_(filters2, sums2_.cols()),
        pooled2_gradient_(filters2, pooled2_.cols()),
        hidden_gradient_(shape.hidden, max_images) {
    assert(shape.height % 4 == 0 && shape.width % 4 == 0);
  }

  const CnnShape& shape() const { return shape_; }
  Index max_images() const { return max_images_; }

  // images: pixels x images. Returns the logits, classes x images; they stay until the next call.
  ConstMatrixMap<Scalar> forward(const Vector<Scalar>& parameters,
                                 const ConstMatrixMap<Scalar>& images) {
    assert(images.rows() == shape_.pixels() && images.cols() <= max_images_);
    const auto blocks = shape_.blocks();
    const Index n = images.cols();
    const ConstMatrixMap<Scalar, 1> input(images.data(), 1, images.size());
    auto sums1 = sums1_.leftCols(shape_.pixels() * n);
    auto pooled1 = pooled1_.leftCols(shape_.pixels() / 4 * n);
    auto sums2 = sums2_.leftCols(shape_.pixels() / 4 * n);
    auto pooled2 = pooled2_.leftCols(shape_.pixels() / 16 * n);
    auto hidden = hidden_.leftCols(n);
    auto logits = logits_.leftCols(n);

    conv1_.forward(blocks[0].in(parameters), blocks[1].in(parameters), input, sums1);
    relu_max_pool<filters1>(shape_.width, sums1, pooled1);
    conv2_.forward(blocks[2].in(parameters), blocks[3].in(parameters), pooled1, sums2);
    relu_max_pool<filters2>(shape_.width / 2, sums2, pooled2);
    const ConstMatrixMap<Scalar> features(pooled2.data(), shape_.features(), n);
    hidden.colwise() = blocks[5].in(parameters).col(0);
    hidden.noalias() += blocks[4].in(parameters)*features;
    hidden = hidden.cwiseMax(Scalar(0));
    logits.colwise() = blocks[7].in(parameters).col(0);
    logits.noalias() += blocks[6].in(parameters)*hidden;
    return {logits_.data(), shape_.classes, n};
  }

  // Follows forward() with the same parameters. Overwrites gradient, of the parameters' size.
  void backward(const Vector<Scalar>& parameters, const ConstMatrixMap<Scalar>& logits_gradient,
                Vector<Scalar>& gradient) {
    const auto blocks = shape_.blocks();
    const Index n = logits_gradient.cols();
    const auto sums1 = sums1_.leftCols(shape_.pixels() * n);
    const auto pooled1 = pooled1_.leftCols(shape_.pixels() / 4 * n);
    const auto sums2 = sums2_.leftCols(shape_.pixels() / 4 * n);
    const auto pooled2 = pooled2_.leftCols(shape_.pixels() / 16 * n);
    const auto hidden = hidden_.leftCols(n);
    auto sums1_gradient = sums1_gradient_.leftCols(sums1.cols());
    auto pooled1_gradient = pooled1_gradient_.leftCols(pooled1.cols());
    auto sums2_gradient = sums2_gradient_.leftCols(sums2.cols());
    auto pooled2_gradient = pooled2_gradient_.leftCols(pooled2.cols());
    auto hidden_gradient = hidden_gradient_.leftCols(n);

    blocks[6].in(gradient).noalias() = logits_gradient * hidden.transpose();
    blocks[7].in(gradient) = logits_gradient.rowwise().sum();
    hidden_gradient.noalias() = blocks[6].in(parameters).transpose() * logits_gradient;
    hidden_gradient.array() *= (hidden.array() > Scalar(0)).template cast<Scalar>();
    const ConstMatrixMap<Scalar> features(pooled2.data(), shape_.features(), n);
    MatrixMap<Scalar> features_gradient(pooled2_gradient.data(), shape_.features(), n);
    blocks[4].in(gradient).noalias() = hidden_gradient * features.transpose();
    blocks[5].in(gradient) = hidden_gradient.rowwise().sum();
    features_gradient.noalias() = blocks[4].in(parameters).transpose() * hidden_gradient;
    relu_max_pool_backward<filters2>(shape_.width / 2, sums2, pooled2, pooled2_gradient,
                                     sums2_gradient);
    conv2_.backward_parameters(sums2_gradient, blocks[2].in(gradient), blocks[3].in(gradient));
    conv2_.backward_input(blocks[2].in(parameters), sums2_gradient, pooled1_gradient);
    relu_max_pool_backward<filters1>(shape_.width, sums1, pooled1, pooled1_gradient,
                                     sums1_gradient);
    conv1_.backward_parameters(sums1_gradient, blocks[0].in(gradient), blocks[1].in(gradient));
  }

  // Follows backward() on the same images, pixels x images, and overwrites their gradient.
  void backward_images(const Vector<Scalar>& parameters, MatrixMap<Scalar> images_gradient) {
    assert(images_gradient.rows() == shape_.pixels() && images_gradient.cols() <= max_images_);
    conv1_.backward_input(shape_.blocks()[0].in(parameters),
                          sums1_gradient_.leftCols(images_gradient.size()),
                          MatrixMap<Scalar, 1>(images_gradient.data(), 1, images_gradient.size()));
  }

  // Follows backward() on n images: how much each place of the last feature maps, which stands for
  // 4 x 4 pixels, adds to what was differentiated. (pixels / 16) x images, row by row: activations
  // times their gradients, summed over channels (HiResCAM; Draelos, Carin 2020).
  Matrix<Scalar> activation_maps(Index n) const {
    const Index places = shape_.pixels() / 16;
    Matrix<Scalar> maps(places, n);
    MatrixMap<Scalar, 1>(maps.data(), 1, maps.size()) =
        pooled2_.leftCols(places * n)
            .cwiseProduct(pooled2_gradient_.leftCols(places * n))
            .colwise()
            .sum();
    return maps;
  }

 private:
  static constexpr int filters1 = CnnShape::filters1;
  static constexpr int filters2 = CnnShape::filters2;

  CnnShape shape_;
  Index max_images_;
  Convolution<Scalar, 1, filters1> conv1_;
  Convolution<Scalar, filters1, filters2> conv2_;
  Matrix<Scalar, filters1> sums1_, pooled1_;
  Matrix<Scalar, filters2> sums2_, pooled2_;
  Matrix<Scalar> hidden_, logits_;
  Matrix<Scalar, filters1> sums1_gradient_, pooled1_gradient_;
  Matrix<Scalar, filters2> sums2_gradient_, pooled2_gradient_;
  Matrix<Scalar> hidden_gradient_;
};

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_TRAINING_CNN_HPP
