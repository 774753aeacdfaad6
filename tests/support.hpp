#ifndef CUTMIX_TESTS_SUPPORT_HPP
#define CUTMIX_TESTS_SUPPORT_HPP

// What the tests share: random shapes from our own engine, and a naive reference. The reference
// uses Eigen's own indexing and nothing of the library but the plain data of BBox and Plan.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cutmix/cutmix.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"

namespace testing {

using cutmix::Axes;
using cutmix::BBox;
using cutmix::Index;
using cutmix::Indices;
using cutmix::Plan;

// Uniform enough for shapes: remainders of Philox words. Print the seed in an INFO.
class Dice {
 public:
  explicit Dice(std::uint32_t seed) : engine_(seed) {}
  Index roll(Index low, Index high) {  // both included
    return low + static_cast<Index>(engine_() % static_cast<std::uint32_t>(high - low + 1));
  }
  cutmix::Philox4x32& engine() { return engine_; }

 private:
  cutmix::Philox4x32 engine_;
};

// Hands out the words it was given, counts them, and refuses to go on after the last.
template <class Word, Word largest>
class ScriptedEngine {
 public:
  using result_type = Word;
  static constexpr Word min() { return 0; }
  static constexpr Word max() { return largest; }

  ScriptedEngine() = default;
  explicit ScriptedEngine(std::vector<Word> words) : words_(std::move(words)) {}
  Word operator()() {
    if (words_.empty()) return static_cast<Word>(++spent_ * 0x9E3779B97F4A7C15u);
    if (spent_ == words_.size()) throw std::logic_error("the script has no more words");
    return words_[spent_++];
  }
  std::size_t spent() const { return spent_; }

 private:
  std::vector<Word> words_;  // none: a fixed sequence without end
  std::size_t spent_ = 0;
};
using Scripted32 = ScriptedEngine<std::uint32_t, 0xFFFFFFFFu>;
using Scripted64 = ScriptedEngine<std::uint64_t, 0xFFFFFFFFFFFFFFFFu>;

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
    shape[axis] = tensor.dimension(static_cast<unsigned>(axis));
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

// Where B, H and W stand, from the definition of the axes.
template <std::size_t Rank>
std::array<std::size_t, 3> positions_of(Axes axes) {
  switch (axes) {
    case Axes::bchw:
      return {0, Rank - 2, Rank - 1};
    case Axes::bhwc:
      return {0, Rank - 3, Rank - 2};
    default:
      return {Rank - 1, 1, 0};
  }
}

inline const BBox& box_of(const Plan& plan, Index b) {
  return plan.boxes.size() == 1 ? plan.boxes[0] : plan.boxes[static_cast<std::size_t>(b)];
}

inline bool covers(const BBox& box, Index column, Index row) {
  return box.x1 <= column && column < box.x2 && box.y1 <= row && row < box.y2;
}

// The naive reference: every scalar on its own.
template <class Tensor>
Tensor mixed_naively(const Plan& plan, const Tensor& x, Axes axes = Axes::bchw) {
  constexpr auto rank = static_cast<std::size_t>(Tensor::NumDimensions);
  Tensor out = x;
  const auto where = positions_of<rank>(axes);
  for_each_position(shape_of(x), [&](const auto& at) {
    const Index b = at[where[0]];
    if (!covers(box_of(plan, b), at[where[2]], at[where[1]])) return;
    auto from = at;
    from[where[0]] = plan.indices[static_cast<std::size_t>(b)];
    out(at) = x(from);
  });
  return out;
}

// Equal byte for byte, so that NaN equals itself and 0 is not -0.
template <class A, class B>
bool same_bytes(const A& a, const B& b) {
  return a.size() == b.size() &&
         (a.size() == 0 ||
          std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(*a.data())) ==
              0);
}

template <class Call>
std::string error_of(const Call& call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no error";
}

inline Plan plan_of(Indices indices, BBox box, Index H, Index W) {
  const double lambda =
      1 - static_cast<double>((box.x2 - box.x1) * (box.y2 - box.y1)) / static_cast<double>(H * W);
  return {std::move(indices), {box}, {lambda}};
}

}  // namespace testing

#endif  // CUTMIX_TESTS_SUPPORT_HPP
