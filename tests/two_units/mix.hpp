#ifndef CUTMIX_TESTS_TWO_UNITS_MIX_HPP
#define CUTMIX_TESTS_TWO_UNITS_MIX_HPP

#include <cutmix/cutmix.hpp>
#include <sstream>
#include <string>

// Mixes a batch and prints what was drawn: both units call it, so both hold the library's code.
static std::string mix_and_print() {
  Eigen::Tensor<float, 4> images(4, 1, 8, 6);
  Eigen::Tensor<int, 1> labels(4);
  images.setZero();
  labels.setZero();
  cutmix::CutMix mixer(1.0, 10, cutmix::philox_stream(1, 2, 3));
  const auto [mixed, targets] = mixer(images, labels);
  std::ostringstream text;
  text << mixer.plan() << ' ' << mixed.size() << ' ' << targets.size() << ' ' << mixer.rng();
  return text.str();
}

std::string mix_in_second_unit();

#endif  // CUTMIX_TESTS_TWO_UNITS_MIX_HPP
