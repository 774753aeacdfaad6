#ifndef CUTMIX_DETAIL_EIGEN_HPP
#define CUTMIX_DETAIL_EIGEN_HPP

// TensorTraits and DeviceTraits of Eigen's types.

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "../eigen.hpp"
#include "executor.hpp"

namespace cutmix {
namespace detail {

// ---- tensors ----

// What is common to tensors that own or map memory.
template <class Tensor, class T, int R, int TensorOptions, class IndexType>
struct EigenTensorTraits {
  using Scalar = std::remove_const_t<T>;
  static constexpr int rank = R;
  static constexpr bool is_row_major = (TensorOptions & Eigen::RowMajorBit) != 0;
  static constexpr int layout = is_row_major ? Eigen::RowMajor : Eigen::ColMajor;

  template <class NewScalar>
  using Owning = Eigen::Tensor<NewScalar, R, layout, IndexType>;

  static auto view(Tensor& tensor) { return view_of(tensor, tensor.data()); }
  static auto view(const Tensor& tensor) { return view_of(tensor, tensor.data()); }

  static auto like(const Tensor& tensor) { return make<Scalar>(tensor); }

  // Integers of rank 1 are class ids.
  static auto targets(const Tensor& labels, Index n_classes) {
    constexpr bool integers = is_integer(ScalarTraits<Scalar>::kind);
    if constexpr (R == 1 && integers)
      return Eigen::Tensor<float, 2, layout>(labels.dimension(0), n_classes);
    else
      return make<std::conditional_t<integers, float, Scalar>>(labels);
  }

  // The targets of a list of labels, which has no layout, beside images of this type.
  template <class List>
  static auto targets_of_list(const List& labels, Index n_classes) {
    using Label = typename TensorTraits<List>::Scalar;
    const auto count = static_cast<Index>(labels.size());
    if constexpr (is_integer(ScalarTraits<Label>::kind))
      return Eigen::Tensor<float, 2, layout>(count, n_classes);
    else
      return Eigen::Tensor<Label, 1, layout>(count);
  }

 private:
  static Index dimension(const Tensor& tensor, int axis) {
    // unsigned widens to whatever an Eigen counts its dimensions with
    return static_cast<Index>(tensor.dimensions()[static_cast<unsigned>(axis)]);
  }

  template <class Pointer>
  static auto view_of(const Tensor& tensor, Pointer data) {
    Index sizes[R > 0 ? R : 1] = {};
    for (int axis = 0; axis < R; ++axis) sizes[axis] = dimension(tensor, axis);
    const Sizes shape(Span{sizes, R});
    if constexpr (is_row_major)
      return cutmix::view(data, shape);
    else
      return cutmix::view(data, shape, {}, first_fastest(shape));
  }

  template <class NewScalar>
  static Owning<NewScalar> make(const Tensor& tensor) {
    Eigen::array<IndexType, static_cast<std::size_t>(R)> sizes;
    for (int axis = 0; axis < R; ++axis)
      sizes[static_cast<std::size_t>(axis)] = static_cast<IndexType>(dimension(tensor, axis));
    return Owning<NewScalar>(sizes);
  }
};

// The traits of what a TensorMap maps, for the map itself.
template <class Map, class Plain>
struct EigenMapTraits;
template <class Map, class T, int R, int TensorOptions, class I>
struct EigenMapTraits<Map, Eigen::Tensor<T, R, TensorOptions, I>>
    : EigenTensorTraits<Map, T, R, TensorOptions, I> {};
template <class Map, class T, class Dimensions, int TensorOptions, class I>
struct EigenMapTraits<Map, Eigen::TensorFixedSize<T, Dimensions, TensorOptions, I>>
    : EigenTensorTraits<Map, T, static_cast<int>(Dimensions::count), TensorOptions, I> {};

// ---- matrices ----

template <class T, class = void>
constexpr bool is_eigen_matrix = false;
template <class T>
constexpr bool is_eigen_matrix<T, std::enable_if_t<std::is_base_of_v<Eigen::DenseBase<T>, T>>> =
    (T::Flags & Eigen::DirectAccessBit) != 0;

}  // namespace detail

template <class T, int R, int TensorOptions, class I>
struct TensorTraits<Eigen::Tensor<T, R, TensorOptions, I>>
    : detail::EigenTensorTraits<Eigen::Tensor<T, R, TensorOptions, I>, T, R, TensorOptions, I> {};

template <class T, class Dimensions, int TensorOptions, class I>
struct TensorTraits<Eigen::TensorFixedSize<T, Dimensions, TensorOptions, I>>
    : detail::EigenTensorTraits<Eigen::TensorFixedSize<T, Dimensions, TensorOptions, I>, T,
                                static_cast<int>(Dimensions::count), TensorOptions, I> {};

template <class Plain, int MapOptions, template <class> class MakePointer>
struct TensorTraits<Eigen::TensorMap<Plain, MapOptions, MakePointer>>
    : detail::EigenMapTraits<Eigen::TensorMap<Plain, MapOptions, MakePointer>,
                             std::remove_const_t<Plain>> {
  static constexpr bool owns_memory = false;
};

template <class Matrix>
struct TensorTraits<Matrix, std::enable_if_t<detail::is_eigen_matrix<Matrix>>> {
  using Scalar = typename Matrix::Scalar;
  using Plain = typename Matrix::PlainObject;
  static constexpr int rank = Matrix::IsVectorAtCompileTime ? 1 : 2;
  static constexpr bool owns_memory = std::is_same_v<Plain, Matrix>;

  static auto view(Matrix& matrix) { return view_of(matrix, matrix.data()); }
  static auto view(const Matrix& matrix) { return view_of(matrix, matrix.data()); }

  static auto like(const Matrix& matrix) { return make<Scalar>(matrix); }

  // Matrices stay matrices and arrays arrays.
  static auto targets(const Matrix& labels, Index n_classes) {
    constexpr bool integers = detail::is_integer(ScalarTraits<Scalar>::kind);
    using NewScalar = std::conditional_t<integers, float, Scalar>;
    if constexpr (rank == 1 && integers) {
      constexpr int layout = Matrix::IsRowMajor ? Eigen::RowMajor : Eigen::ColMajor;
      constexpr bool is_array = std::is_base_of_v<Eigen::ArrayBase<Matrix>, Matrix>;
      using AsMatrix = Eigen::Matrix<NewScalar, Eigen::Dynamic, Eigen::Dynamic, layout>;
      using AsArray = Eigen::Array<NewScalar, Eigen::Dynamic, Eigen::Dynamic, layout>;
      return std::conditional_t<is_array, AsArray, AsMatrix>(labels.size(), n_classes);
    } else {
      return make<NewScalar>(labels);
    }
  }

 private:
  template <class Pointer>
  static auto view_of(const Matrix& matrix, Pointer data) {
    const Index inner = matrix.innerStride(), outer = matrix.outerStride();
    if constexpr (rank == 1)
      return cutmix::view(data, {matrix.size()}, {}, {inner});
    else if constexpr (Matrix::IsRowMajor)
      return cutmix::view(data, {matrix.rows(), matrix.cols()}, {}, {outer, inner});
    else
      return cutmix::view(data, {matrix.rows(), matrix.cols()}, {}, {inner, outer});
  }

  template <class NewScalar>
  static auto make(const Matrix& matrix) {
    using Result = detail::Bare<decltype(std::declval<Plain>().template cast<NewScalar>().eval())>;
    Result result;
    result.resize(matrix.rows(), matrix.cols());
    return result;
  }
};

// Eigen only declares ThreadPoolDevice where the user has not defined EIGEN_USE_THREADS; whoever
// holds one has. Nothing here needs more than the name until then.
template <class Device>
struct DeviceTraits<Device, std::enable_if_t<std::is_same_v<Device, Eigen::ThreadPoolDevice>>> {
  static Index parts(const Device& device) { return device.numThreads(); }
  static void run(const Device& device, Index parts, const Part& part) {
    const double bytes = 1 << 20;  // enough for Eigen to think that each part is worth a thread
    device.parallelFor(parts, Eigen::TensorOpCost(bytes, bytes, 0), [&](Index first, Index last) {
      for (Index i = first; i < last; ++i) part(i);
    });
  }
};

template <>
struct DeviceTraits<Eigen::DefaultDevice> {
  static Index parts(const Eigen::DefaultDevice&) { return 1; }
  static void run(const Eigen::DefaultDevice&, Index parts, const Part& part) {
    for (Index i = 0; i < parts; ++i) part(i);
  }
};

}  // namespace cutmix

#endif  // CUTMIX_DETAIL_EIGEN_HPP
