#ifndef CUTMIX_DETAIL_TARGET_VIEW_HPP
#define CUTMIX_DETAIL_TARGET_VIEW_HPP

// Targets as users hold them (tensors, matrices, arrays, Maps, Refs, std::vector), seen as one
// thing: B rows of scalars at two strides.

#include <cstdint>
#include <string>
#include <vector>

#include "error.hpp"
#include "tensor.hpp"

namespace cutmix {
namespace detail {

template <class T>
struct TargetView {
  T* data;
  Index rows;        // samples
  Index columns;     // scalars per sample
  Index row_stride;  // in scalars
  Index column_stride;

  T& operator()(Index row, Index column) const {
    return data[row * row_stride + column * column_stride];
  }
};

// A matrix, array, Map, Ref or block whose memory can be addressed; no other expression.
template <class T, class = void>
constexpr bool is_matrix = false;
template <class T>
constexpr bool
    is_matrix<T, std::enable_if_t<std::is_base_of_v<Eigen::DenseBase<Bare<T>>, Bare<T>>>> =
        (Bare<T>::Flags & Eigen::DirectAccessBit) != 0;

template <class T, class = void>
constexpr bool is_list = false;  // std::vector and whatever else has data() and size()
template <class T>
constexpr bool is_list<
    T, std::void_t<decltype(std::declval<T&>().data()[0]), decltype(std::declval<T&>().size())>> =
    !is_tensor<T> && !is_matrix<T>;

template <class T>
constexpr bool is_target = is_tensor<T> || is_matrix<T> || is_list<T>;

template <class T, class = void>
struct TargetTraits {
  using Scalar = void;
  static constexpr int rank = 0;
};
template <class T>
struct TargetTraits<T, std::enable_if_t<is_tensor<T>>> {
  using Scalar = ScalarOf<T>;
  static constexpr int rank = rank_of<T>;
};
template <class T>
struct TargetTraits<T, std::enable_if_t<is_matrix<T>>> {
  using Scalar = typename Bare<T>::Scalar;
  static constexpr int rank = Bare<T>::IsVectorAtCompileTime ? 1 : 2;
};
template <class T>
struct TargetTraits<T, std::enable_if_t<is_list<T>>> {
  using Scalar = Bare<decltype(std::declval<T&>().data()[0])>;
  static constexpr int rank = 1;
};

template <class T>
using TargetScalar = typename TargetTraits<T>::Scalar;
template <class T>
constexpr int target_rank = TargetTraits<T>::rank;

template <class Scalar>
constexpr bool is_integer = std::is_integral_v<Scalar>;
template <class Scalar>
constexpr bool is_floating = !is_integer<Scalar> && !Eigen::NumTraits<Scalar>::IsInteger &&
                             !Eigen::NumTraits<Scalar>::IsComplex;

// Class ids are integers of rank 1; everything else is dense. Scalar and rank decide, never values.
template <class T>
constexpr bool is_class_ids = target_rank<T> == 1 && is_integer<TargetScalar<T>>;

// Small floats are computed in float, integers in double.
template <class Scalar>
using Work =
    std::conditional_t<(is_integer<Scalar> || sizeof(Scalar) > sizeof(float)), double, float>;

template <class T>
constexpr bool accepts_target() {
  static_assert(
      is_target<T>,
      "cutmix: targets must be an Eigen tensor, matrix, array, Map or Ref that owns or maps "
      "memory, or a std::vector; evaluate an expression first");
  return is_target<T>;
}

template <class Out>
constexpr bool accepts_target_output() {
  if constexpr (accepts_target<Out>()) return accepts_output<Out>();
  return false;
}

template <class T>
auto view_of(T& target) {
  using Scalar = std::remove_pointer_t<decltype(target.data())>;
  if constexpr (is_tensor<T>) {
    const auto size = dimensions_of(target);
    Index columns = 1;
    for (std::size_t axis = 1; axis < size.size(); ++axis) columns *= size[axis];
    return is_row_major<T> ? TargetView<Scalar>{target.data(), size[0], columns, columns, 1}
                           : TargetView<Scalar>{target.data(), size[0], columns, 1, size[0]};
  } else if constexpr (is_matrix<T>) {
    const Index inner = target.innerStride(), outer = target.outerStride();
    if (Bare<T>::IsVectorAtCompileTime)
      return TargetView<Scalar>{target.data(), target.size(), 1, inner, 1};
    return Bare<T>::IsRowMajor
               ? TargetView<Scalar>{target.data(), target.rows(), target.cols(), outer, inner}
               : TargetView<Scalar>{target.data(), target.rows(), target.cols(), inner, outer};
  } else {
    return TargetView<Scalar>{target.data(), static_cast<Index>(target.size()), 1, 1, 1};
  }
}

// The shape as it reads in a message: 8 x 10.
template <class T>
std::string shape_of(const T& target) {
  std::string text;
  if constexpr (is_tensor<T>) {
    for (const Index size : dimensions_of(target))
      text += (text.empty() ? "" : " x ") + to_text(size);
  } else if constexpr (target_rank<T> == 2) {
    text = to_text(target.rows()) + " x " + to_text(target.cols());
  } else {
    text = to_text(target.size());
  }
  return text;
}

template <class A, class B>
bool same_shape(const A& a, const B& b) {
  if constexpr (is_tensor<A> && is_tensor<B>) {
    return dimensions_of(a) == dimensions_of(b);
  } else {  // a matrix or a list has rank 2 at most, so rows and columns say all
    const auto view_a = view_of(a);
    const auto view_b = view_of(b);
    return view_a.rows == view_b.rows && view_a.columns == view_b.columns;
  }
}

// The bytes that a view spans, for checks of overlap.
template <class T>
std::size_t span_of(const TargetView<T>& view) {
  if (view.rows == 0 || view.columns == 0) return 0;
  const Index last = (view.rows - 1) * view.row_stride + (view.columns - 1) * view.column_stride;
  return static_cast<std::size_t>(last + 1) * sizeof(T);
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_TARGET_VIEW_HPP
