// What the cases share: one right object of each kind. Each case breaks one rule in the way a
// newcomer does; with TWIN defined it keeps the rule and must compile.

#ifndef CUTMIX_TESTS_MUST_NOT_COMPILE_COMMON_HPP
#define CUTMIX_TESTS_MUST_NOT_COMPILE_COMMON_HPP

#include <cutmix/cutmix.hpp>
#include <cutmix/exchange.hpp>
#include <vector>

using Images = Eigen::Tensor<float, 4>;
using Targets = Eigen::Tensor<float, 2>;
using Ids = Eigen::Tensor<int, 1>;

inline cutmix::CutMix<> mixer(1.0, 10, cutmix::Philox4x32(42));
inline cutmix::Plan plan;
inline Images x, x_out;
inline Ids ids;
inline Targets dense, y_out;

#endif  // CUTMIX_TESTS_MUST_NOT_COMPILE_COMMON_HPP
