#ifndef CUTMIX_DETAIL_SIZES_HPP
#define CUTMIX_DETAIL_SIZES_HPP

/// @file sizes.hpp
/// Lists of sizes and strides, and what is asked of types before they are viewed.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include "error.hpp"
#include "index.hpp"
#include "scalar_kind.hpp"

namespace cutmix {

template <class T, class Enable>
struct TensorTraits;
struct BatchShape;
struct LabelOptions;
struct BinaryOptions;

namespace detail {

template <class T>
using Bare = std::remove_cv_t<std::remove_reference_t<T>>;

template <class List, class = void>
constexpr bool is_list_of_integers = false;
template <class List>
constexpr bool is_list_of_integers<
    List,
    std::enable_if_t<std::is_integral_v<Bare<decltype(*std::declval<const List&>().begin())>> &&
                     std::is_same_v<decltype(std::declval<const List&>().begin()),
                                    decltype(std::declval<const List&>().end())>>> = true;

// Integers that lie side by side, as a list.
template <class Integer>
struct SpanOf {
  const Integer* first;
  int count;
  const Integer* begin() const { return first; }
  const Integer* end() const { return first + count; }
};
using Span = SpanOf<Index>;

}  // namespace detail

/// Up to 8 sizes or strides: integers of any type, mixed, or any list of integers.
class Sizes {
 public:
  /// The most axes that a view has.
  static constexpr int most = 8;

  /// None.
  Sizes() = default;
  /// Integers, as in {64, 3, height, width}.
  template <
      class... Integers,
      class = std::enable_if_t<(sizeof...(Integers) > 0) && (std::is_integral_v<Integers> && ...)>>
  Sizes(Integers... sizes) {  // NOLINT: a list in braces is meant to become one
    if constexpr (sizeof...(Integers) > most)
      fail_rank();
    else
      (add(sizes), ...);
  }
  /// A list: Indices, std::array, a tensor's own sizes.
  template <class List, class = std::enable_if_t<detail::is_list_of_integers<List>>, class = void>
  CUTMIX_ONCE Sizes(const List& list) {  // NOLINT: likewise
    for (const auto size : list) {
      if (rank_ == most) fail_rank();
      add(size);
    }
  }

  /// How many there are.
  int rank() const { return rank_; }
  /// One of them.
  Index operator[](int axis) const { return sizes_[axis]; }

 private:
  [[noreturn]] static void fail_rank() { detail::fail("rank = %, must be at most 8", {most + 1}); }

  template <class Integer>
  void add(Integer size) {
    if constexpr (detail::exceeds_index<Integer>)
      if (size > static_cast<Integer>(std::numeric_limits<Index>::max()))
        detail::fail("sizes[%] = %, must be at most %", {rank_, size, detail::largest_index});
    if constexpr (std::is_signed_v<Integer> && sizeof(Integer) > sizeof(Index))
      if (size < -static_cast<Integer>(std::numeric_limits<Index>::max()))
        detail::fail("sizes[%] = %, must be at least -(%)", {rank_, size, detail::largest_index});
    sizes_[rank_++] = static_cast<Index>(size);
  }

  int rank_ = 0;
  Index sizes_[most] = {};
};

namespace detail {

template <class T>
constexpr ScalarKind kind_of() {
  if constexpr (std::is_same_v<T, bool>) {
    return ScalarKind::boolean;
  } else if constexpr (std::is_integral_v<T>) {
    constexpr bool is_signed = std::is_signed_v<T>;
    switch (sizeof(T)) {
      case 1:
        return is_signed ? ScalarKind::int8 : ScalarKind::uint8;
      case 2:
        return is_signed ? ScalarKind::int16 : ScalarKind::uint16;
      case 4:
        return is_signed ? ScalarKind::int32 : ScalarKind::uint32;
      case 8:
        return is_signed ? ScalarKind::int64 : ScalarKind::uint64;
      default:
        return ScalarKind::opaque;  // wider ones, that some compilers have
    }
  } else if constexpr (std::is_same_v<T, float>) {
    return ScalarKind::float32;
  } else if constexpr (std::is_same_v<T, double>) {
    return ScalarKind::float64;
  } else {
    return ScalarKind::opaque;
  }
}

template <class T, class = void>
constexpr bool has_view = false;
template <class T>
constexpr bool
    has_view<T, std::void_t<decltype(TensorTraits<Bare<T>, void>::view(std::declval<T&>()))>> =
        true;

template <class T>
constexpr bool is_no_shape = !std::is_same_v<Bare<T>, BatchShape>;
template <class T>
constexpr bool is_no_options =
    !std::is_same_v<Bare<T>, LabelOptions> && !std::is_same_v<Bare<T>, BinaryOptions>;

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_SIZES_HPP
