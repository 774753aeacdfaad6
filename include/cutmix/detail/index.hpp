#ifndef CUTMIX_DETAIL_INDEX_HPP
#define CUTMIX_DETAIL_INDEX_HPP

/// @file index.hpp
/// The plain types that everything shares.

#include <cstddef>
#include <type_traits>
#include <vector>

/// All that the library offers. What lies in the namespace detail is not for its users.
namespace cutmix {

/// Sizes and positions: what Eigen::Index is.
using Index = std::ptrdiff_t;
/// One position a sample, such as the partners of a batch.
using Indices = std::vector<Index>;

namespace detail {

// Where addresses have 32 bits so have sizes, and the limits that messages name.
constexpr bool index_has_64_bits = sizeof(Index) >= 8;
constexpr const char* largest_index = index_has_64_bits ? "2^63 - 1" : "2^31 - 1";
// Whether an integer type has values beyond the largest Index.
template <class Integer>
constexpr bool exceeds_index = sizeof(Integer) > sizeof(Index) ||
                               (sizeof(Integer) == sizeof(Index) && std::is_unsigned_v<Integer>);

// Positions [begin, end) of one axis.
struct Interval {
  Index begin, end;
};

}  // namespace detail

}  // namespace cutmix

#endif  // CUTMIX_DETAIL_INDEX_HPP
