#ifndef CUTMIX_DLPACK_HPP
#define CUTMIX_DLPACK_HPP

/// @file dlpack.hpp
/// DLPack's tensors, taught to the library: the struct in which frameworks hand each other their
/// memory.
///
/// @code
/// DLManagedTensor* images = ...;  // from another framework
/// cutmix::mix_images(plan, images->dl_tensor, mixed->dl_tensor);
/// @endcode
/// Any struct with the fields of a DLTensor is taken, so dlpack.h is not needed here: data,
/// device.device_type, ndim, dtype.code, dtype.bits, dtype.lanes, shape, strides and byte_offset. A
/// tensor is read and written where it is; strides may be null (the last axis is the fastest,
/// without gaps), zero or negative. It must be in the CPU's memory, or in memory of another device
/// that is pinned to the CPU's; of one lane; of floats of 16, 32 or 64 bits, bfloat16, integers,
/// bool, or complex numbers, which are cut, not blended. Like a pointer it owns nothing, and a
/// const one is an input.

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "view.hpp"

namespace cutmix {
namespace detail {

template <class T, class = void>
constexpr bool is_dlpack_tensor = false;
template <class T>
constexpr bool is_dlpack_tensor<
    T, std::void_t<
           decltype(std::declval<T&>().device.device_type), decltype(std::declval<T&>().dtype.code),
           decltype(std::declval<T&>().dtype.bits), decltype(std::declval<T&>().dtype.lanes),
           decltype(std::declval<T&>().ndim), decltype(std::declval<T&>().byte_offset),
           std::enable_if_t<std::is_convertible_v<decltype(T::data), void*> &&
                            std::is_convertible_v<decltype(T::shape), const std::int64_t*> &&
                            std::is_convertible_v<decltype(T::strides), const std::int64_t*>>>> =
    true;

}  // namespace detail

/// A struct with DLTensor's fields.
template <class T>
struct TensorTraits<T, std::enable_if_t<detail::is_dlpack_tensor<T>>> {
  /// The memory is somebody else's.
  static constexpr bool owns_memory = false;
  /// Where it lies, to be written as well.
  static BatchView view(T& tensor);
  /// Where it lies.
  static ConstBatchView view(const T& tensor);
};

}  // namespace cutmix

#include "detail/dlpack.hpp"

#endif  // CUTMIX_DLPACK_HPP
