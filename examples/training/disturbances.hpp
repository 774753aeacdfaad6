// Test images made harder: occluded, noisy, and changed against the network. All are normalised,
// pixels x images; no chance but of the engine that is given, so every network has the same ones.
#ifndef CUTMIX_EXAMPLES_TRAINING_DISTURBANCES_HPP
#define CUTMIX_EXAMPLES_TRAINING_DISTURBANCES_HPP

#include <algorithm>
#include <cmath>
#include <cutmix/cutmix.hpp>
#include <limits>
#include <vector>

#include "../common/draws.hpp"
#include "cnn.hpp"
#include "metrics.hpp"
#include "normalized.hpp"

namespace examples {

// Black and white, normalised.
inline constexpr auto darkest = static_cast<float>((0 - pixel_mean) / pixel_deviation);
inline constexpr auto brightest = static_cast<float>((1 - pixel_mean) / pixel_deviation);

// A box of half the area, anywhere inside each image, becomes the mean, which is 0: CutMix with an
// empty image for a partner.
template <class Urbg>
Matrix<float> occluded(const Matrix<float>& images, Index height, Index width, Urbg& rng) {
  cutmix::Options options;
  options.alpha = std::numeric_limits<double>::infinity();  // lambda is 1/2
  options.scope = cutmix::Scope::sample;
  options.box_law = cutmix::InsideLaw{};
  const Index n = images.cols();
  const cutmix::Plan plan = cutmix::make_plan({n, height, width, 1, /*source*/ 1}, options, rng);
  const std::vector<float> empty(static_cast<std::size_t>(height * width), 0.0f);
  Matrix<float> result(images.rows(), n);
  cutmix::mix_images(plan, cutmix::view(images.data(), {n, height, width}, "BHW"),
                     cutmix::view(empty.data(), {Index(1), height, width}, "BHW"),
                     cutmix::view(result.data(), {n, height, width}, "BHW"));
  return result;
}

// Adds Gaussian noise to every pixel, black and white being 0 and 1, and stays between them.
template <class Urbg>
Matrix<float> noisy(Matrix<float> images, double deviation, Urbg& rng) {
  const double two_pi = 2 * std::acos(-1.0);
  for (Index i = 0; i < images.size(); ++i) {
    // Box and Muller 1958.
    const double length = std::sqrt(-2 * std::log(draw_uniform(rng)));
    const double noise = length * std::cos(two_pi * draw_uniform(rng)) * deviation;
    float& pixel = images.data()[i];
    pixel = std::clamp(pixel + static_cast<float>(noise / pixel_deviation), darkest, brightest);
  }
  return images;
}

// Calls visit(first, count, logits) for the images in pieces that the network can take.
template <class Scalar, class Visit>
void for_each_piece(Cnn<Scalar>& network, const Vector<Scalar>& parameters,
                    const Matrix<Scalar>& images, const Visit& visit) {
  for (Index first = 0; first < images.cols(); first += network.max_images()) {
    const Index count = std::min(network.max_images(), images.cols() - first);
    visit(first, count,
          network.forward(parameters, {images.col(first).data(), images.rows(), count}));
  }
}

// The fast gradient sign method (Goodfellow et al. 2015): every pixel goes `step`, black and white
// being 0 and 1, to where the loss of the true label grows, and stays between them.
inline Matrix<float> against(Cnn<float>& network, const Vector<float>& parameters,
                             const Matrix<float>& images, const int* labels, double step) {
  Matrix<float> result(images.rows(), images.cols());
  Vector<float> unused(parameters.size());
  for_each_piece(network, parameters, images,
                 [&](Index first, Index count, const ConstMatrixMap<float>& logits) {
                   Matrix<double> probabilities = softmax<float>(logits);
                   for (Index i = 0; i < count; ++i) probabilities(labels[first + i], i) -= 1;
                   const Matrix<float> logits_gradient = probabilities.cast<float>();
                   network.backward(
                       parameters, {logits_gradient.data(), logits_gradient.rows(), count}, unused);
                   Matrix<float> gradient(images.rows(), count);
                   network.backward_images(parameters, {gradient.data(), gradient.rows(), count});
                   const auto sized = static_cast<float>(step / pixel_deviation);
                   result.middleCols(first, count) =
                       (images.middleCols(first, count).array() + sized * gradient.array().sign())
                           .max(darkest)
                           .min(brightest);
                 });
  return result;
}

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_TRAINING_DISTURBANCES_HPP
