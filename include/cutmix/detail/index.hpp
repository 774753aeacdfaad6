#ifndef CUTMIX_DETAIL_INDEX_HPP
#define CUTMIX_DETAIL_INDEX_HPP

/// @file index.hpp
/// The plain types that everything shares.

#include <cstddef>
#include <vector>

/// All that the library offers. What lies in the namespace detail is not for its users.
namespace cutmix {

/// Sizes and positions: what Eigen::Index is.
using Index = std::ptrdiff_t;
/// One position a sample, such as the partners of a batch.
using Indices = std::vector<Index>;

namespace detail {

// Positions [begin, end) of one axis.
struct Interval {
  Index begin, end;
};

}  // namespace detail

}  // namespace cutmix

#endif  // CUTMIX_DETAIL_INDEX_HPP
