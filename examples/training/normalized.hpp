// Images of bytes as the network takes them.
#ifndef CUTMIX_EXAMPLES_TRAINING_NORMALIZED_HPP
#define CUTMIX_EXAMPLES_TRAINING_NORMALIZED_HPP

#include <cstdint>
#include <cutmix/cutmix.hpp>
#include <vector>

#include "../common/dataset.hpp"
#include "cnn.hpp"

namespace examples {

using ImageMap = Eigen::TensorMap<Eigen::Tensor<float, 4, Eigen::RowMajor>>;  // (B, 1, H, W)

// The mean and standard deviation of Fashion-MNIST's training images, where bytes are in [0, 1].
inline constexpr double pixel_mean = 0.2860, pixel_deviation = 0.3530;

inline cutmix::ByteConversion normalization() {
  return cutmix::ByteConversion::normalized({pixel_mean}, {pixel_deviation});
}

// All images as the network takes them, pixels x images.
inline Matrix<float> normalized(const LabelledImages& from) {
  const Index count = from.size(), height = from.images.dimension(2),
              width = from.images.dimension(3);
  Matrix<float> images(height * width, count);
  std::vector<const std::uint8_t*> samples;
  for (Index i = 0; i < count; ++i) samples.push_back(from.images.data() + i * height * width);
  cutmix::collate(cutmix::Plan::identity({count, height, width}), samples,
                  ImageMap(images.data(), count, 1, height, width), normalization());
  return images;
}

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_TRAINING_NORMALIZED_HPP
