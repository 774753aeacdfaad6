#ifndef CUTMIX_DETAIL_TENSOR_HPP
#define CUTMIX_DETAIL_TENSOR_HPP

/// @file tensor.hpp
/// What the library needs to know of Eigen's tensors, and the one place that includes them.

#include <array>
#include <cstddef>
#include <type_traits>
#include <unsupported/Eigen/CXX11/Tensor>  // the path that exists in Eigen 3.4 and in 5
#include <vector>

namespace cutmix {

/// Sizes and positions: Eigen's index type.
using Index = Eigen::Index;
/// One position a sample, such as the partners of a batch.
using Indices = std::vector<Index>;

namespace detail {

template <class T>
using Bare = std::remove_cv_t<std::remove_reference_t<T>>;

// TensorTraits<T>::is_tensor: T owns or maps the memory of a tensor. An expression does neither.
template <class T>
struct TensorTraits {
  static constexpr bool is_tensor = false;
};

template <class T, int R, int Options, class I>
struct TensorTraits<Eigen::Tensor<T, R, Options, I>> {
  static constexpr bool is_tensor = true;
  static constexpr bool is_map = false;
  static constexpr int rank = R;
  static constexpr int layout = Eigen::Tensor<T, R, Options, I>::Layout;
  using Scalar = std::remove_const_t<T>;
  using IndexType = I;
};

template <class T, class Dimensions, int Options, class I>
struct TensorTraits<Eigen::TensorFixedSize<T, Dimensions, Options, I>> {
  using Plain = Eigen::TensorFixedSize<T, Dimensions, Options, I>;
  static constexpr bool is_tensor = true;
  static constexpr bool is_map = false;
  static constexpr int rank = static_cast<int>(Plain::NumIndices);
  static constexpr int layout = Plain::Layout;
  using Scalar = std::remove_const_t<T>;
  using IndexType = I;
};

template <class Plain, int Options, template <class> class MakePointer>
struct TensorTraits<Eigen::TensorMap<Plain, Options, MakePointer>>
    : TensorTraits<std::remove_const_t<Plain>> {
  static constexpr bool is_map = true;
};

template <class T>
constexpr bool is_tensor = TensorTraits<Bare<T>>::is_tensor;

template <class T>
constexpr int rank_of = TensorTraits<Bare<T>>::rank;

template <class T>
constexpr int layout_of = TensorTraits<Bare<T>>::layout;

template <class T>
using ScalarOf = typename TensorTraits<Bare<T>>::Scalar;

// Eigen's maps are shallow-const: what decides is the pointer that they hand out.
template <class T>
constexpr bool is_writable =
    !std::is_const_v<std::remove_pointer_t<decltype(std::declval<T&>().data())>>;

template <class T>
constexpr bool is_row_major = layout_of<T> == static_cast<int>(Eigen::RowMajor);

template <class T>
using Dimensions = std::array<Index, static_cast<std::size_t>(rank_of<T>)>;

template <class T>
Dimensions<T> dimensions_of(const T& tensor) {
  Dimensions<T> dimensions;
  for (std::size_t axis = 0; axis < dimensions.size(); ++axis)
    // unsigned widens to whatever index type the tensor's kind takes here
    dimensions[axis] = static_cast<Index>(tensor.dimension(static_cast<unsigned>(axis)));
  return dimensions;
}

// An owning tensor of x's rank, layout and index type.
template <class T, class Scalar = ScalarOf<T>>
using OwningTensor =
    Eigen::Tensor<Scalar, rank_of<T>, layout_of<T>, typename TensorTraits<Bare<T>>::IndexType>;

template <class Owning, std::size_t Rank>
Owning make_tensor(const std::array<Index, Rank>& dimensions) {
  Eigen::array<typename Owning::Index, Rank> sizes;
  for (std::size_t axis = 0; axis < Rank; ++axis)
    sizes[axis] = static_cast<typename Owning::Index>(dimensions[axis]);
  return Owning(sizes);
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_TENSOR_HPP
