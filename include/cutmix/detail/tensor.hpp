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

// Whether the object goes away with its scalars; maps, Refs and blocks look at those of another.
template <class T>
constexpr bool owns_memory = [] {
  if constexpr (is_tensor<T>)
    return !TensorTraits<Bare<T>>::is_map;
  else if constexpr (std::is_base_of_v<Eigen::EigenBase<Bare<T>>, Bare<T>>)
    return std::is_same_v<typename Bare<T>::PlainObject, Bare<T>>;
  else
    return true;
}();

template <class T>
constexpr bool is_row_major = layout_of<T> == static_cast<int>(Eigen::RowMajor);

// accepts_...<T>() says in one line what is wrong with a type, and is true where nothing is.
// Callers put their body behind `if constexpr` of it, so that the line stands alone.
template <class X>
constexpr bool accepts_tensor() {
  static_assert(is_tensor<X>,
                "cutmix: images must be an Eigen tensor that owns or maps memory; evaluate an "
                "expression into a Tensor first");
  return is_tensor<X>;
}

template <class X>
constexpr bool accepts_images() {
  if constexpr (accepts_tensor<X>()) {
    constexpr bool has_rank = rank_of<X> >= 3;
    constexpr bool is_copyable = std::is_trivially_copyable_v<ScalarOf<X>>;
    static_assert(has_rank,
                  "cutmix: images must have rank 3 or more: (B, ..., H, W); give a single image or "
                  "a batch without channels an axis of size 1");
    static_assert(is_copyable, "cutmix: images must have a trivially copyable scalar");
    return has_rank && is_copyable;
  }
  return false;
}

// An output must be what can be written and what somebody can read afterwards.
template <class Out>
constexpr bool accepts_output() {
  static_assert(is_writable<Out>,
                "cutmix: the output is const; pass a non-const object or a map of one");
  constexpr bool lasts = std::is_lvalue_reference_v<Out> || !owns_memory<Out>;
  static_assert(lasts,
                "cutmix: the output is a temporary, which nobody could read; pass a named "
                "object or a map");
  return is_writable<Out> && lasts;
}

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
