#ifndef CUTMIX_TESTS_EIGEN_SUPPORT_HPP
#define CUTMIX_TESTS_EIGEN_SUPPORT_HPP

// Shapes of Eigen tensors, and the naive reference for them. It uses Eigen's own indexing.

#include <array>
#include <cstddef>
#include <cutmix/cutmix.hpp>
#include <string>

#include "naive.hpp"

namespace testing {

template <std::size_t Rank>
using Shape = std::array<Index, Rank>;

// Calls visit with every position of a shape, the last axis fastest.
template <std::size_t Rank, class Visit>
void for_each_position(const Shape<Rank>& shape, const Visit& visit) {
  for (const Index size : shape)
    if (size == 0) return;
  Eigen::array<Index, Rank> at{};
  for (;;) {
    visit(at);
    std::size_t axis = Rank;
    while (axis-- > 0) {
      if (++at[axis] < shape[axis]) break;
      at[axis] = 0;
      if (axis == 0) return;
    }
  }
}

template <class Tensor>
auto shape_of(const Tensor& tensor) {
  Shape<static_cast<std::size_t>(Tensor::NumDimensions)> shape;
  for (std::size_t axis = 0; axis < shape.size(); ++axis)
    shape[axis] = tensor.dimensions()[static_cast<unsigned>(axis)];
  return shape;
}

template <class Tensor>
Tensor tensor_of(const Shape<static_cast<std::size_t>(Tensor::NumDimensions)>& shape) {
  Eigen::array<Index, static_cast<std::size_t>(Tensor::NumDimensions)> sizes;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) sizes[axis] = shape[axis];
  return Tensor(sizes);
}

// Distinct values, as far as the scalar has so many.
template <class Tensor>
void number_scalars(Tensor& tensor, Index first = 0) {
  using Scalar = typename Tensor::Scalar;
  for (Index i = 0; i < tensor.size(); ++i)
    tensor.data()[i] = static_cast<Scalar>(static_cast<float>((first + i) % 251));
}

// Every scalar on its own. Without letters the axes are (B, ..., H, W).
template <class Tensor, class Source>
Tensor mixed_naively_from(const Plan& plan, const Tensor& x, const Source& source,
                          const std::string& letters = {}) {
  using Scalar = typename Tensor::Scalar;
  constexpr auto rank = static_cast<std::size_t>(Tensor::NumDimensions);
  const auto axis_of = [&letters](char letter) {
    if (!letters.empty()) return letters.find(letter);
    return letter == 'B' ? 0 : letter == 'H' ? rank - 2 : letter == 'W' ? rank - 1 : letters.npos;
  };
  const std::size_t batch = axis_of('B');
  Tensor out = x;
  for_each_position(shape_of(x), [&](const auto& at) {
    const auto place = [&](char letter) {
      const std::size_t axis = axis_of(letter);
      return axis < rank ? at[axis] : 0;
    };
    const Patch& patch = patch_of(plan, at[batch]);
    if (!covers(patch.box, place('W'), place('H'), place('D'))) return;
    auto from = at;
    from[batch] = plan.indices[nth(at[batch])];
    const Scalar own = x(at), partner = source(from);
    mix_scalar_naively(cutmix::ScalarTraits<Scalar>::kind, sizeof(Scalar), patch.blend,
                       reinterpret_cast<const Byte*>(&own), reinterpret_cast<const Byte*>(&partner),
                       reinterpret_cast<Byte*>(&out(at)));
  });
  return out;
}

template <class Tensor>
Tensor mixed_naively(const Plan& plan, const Tensor& x, const std::string& letters = {}) {
  return mixed_naively_from(plan, x, x, letters);
}

}  // namespace testing

#endif  // CUTMIX_TESTS_EIGEN_SUPPORT_HPP
