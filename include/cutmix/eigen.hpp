#ifndef CUTMIX_EIGEN_HPP
#define CUTMIX_EIGEN_HPP

/// @file eigen.hpp
/// Eigen's tensors, matrices and devices, taught to the library.
///
/// @code
/// Eigen::Tensor<float, 4, Eigen::RowMajor> images(64, 3, 32, 32), mixed(64, 3, 32, 32);
/// cutmix::mix_images(plan, images, mixed);
/// @endcode
/// Images: Tensor, TensorFixedSize and TensorMap of any layout and index type. Labels: these, and
/// whatever matrix, array, Map, Ref or block lies in memory; the batch is the first axis, the rows.
/// A tensor's letters name its indices in order, whatever its layout: a default (column-major)
/// TensorMap over row-major NCHW memory is (W, H, C, B): cutmix::view(map, "WHCB").
///
/// Eigen::DefaultDevice and Eigen::ThreadPoolDevice say where pixels are moved; for the second,
/// define EIGEN_USE_THREADS before the first Eigen header. Mixed targets of class ids are (B,
/// n_classes) of float, of the labels' layout, or the images' where the labels are a list; targets
/// of integers are of float; others are of their own type.

#include <unsupported/Eigen/CXX11/Tensor>  // the path that exists in Eigen 3.4 and in 5

#include "view.hpp"

namespace cutmix {

/// Eigen's half precision.
template <>
struct ScalarTraits<Eigen::half> {
  /// IEEE binary16.
  static constexpr ScalarKind kind = ScalarKind::half;
};
/// Eigen's bfloat16.
template <>
struct ScalarTraits<Eigen::bfloat16> {
  /// The upper half of a float32.
  static constexpr ScalarKind kind = ScalarKind::bfloat16;
};

}  // namespace cutmix

#include "detail/eigen.hpp"

#endif  // CUTMIX_EIGEN_HPP
