#ifndef CUTMIX_DETAIL_PARALLEL_HPP
#define CUTMIX_DETAIL_PARALLEL_HPP

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "tensor.hpp"

namespace cutmix {
namespace detail {

// Eigen only declares ThreadPoolDevice where the user has not defined EIGEN_USE_THREADS; whoever
// holds one has. Nothing here needs more than the name until then.
template <class Device>
constexpr void require_device() {
  static_assert(std::is_same_v<Device, Eigen::DefaultDevice> ||
                    std::is_same_v<Device, Eigen::ThreadPoolDevice>,
                "cutmix: the device must be an Eigen::DefaultDevice or an Eigen::ThreadPoolDevice "
                "(define EIGEN_USE_THREADS before including any Eigen header)");
}

// Fewer bytes than this are moved before another thread has begun.
constexpr std::size_t least_bytes_per_part = std::size_t{1} << 20;

// How many parts run_in_parts makes of work that touches so many bytes.
template <class Device>
Index part_count(const Device& device, std::size_t bytes) {
  require_device<Device>();
  if constexpr (std::is_same_v<Device, Eigen::DefaultDevice>) {
    static_cast<void>(bytes);
    return 1;
  } else {
    const auto most = static_cast<Index>(bytes / least_bytes_per_part);
    return std::clamp(most, Index{1}, static_cast<Index>(device.numThreads()));
  }
}

// Calls run(part, first, last) for equal parts of [0, units), and returns when all are done. Every
// part has a number of its own in [0, parts).
template <class Device, class Run>
void run_in_parts(const Device& device, Index units, std::size_t bytes, const Run& run) {
  const Index parts = part_count(device, bytes);
  if (parts == 1) return run(Index{0}, Index{0}, units);
  if constexpr (!std::is_same_v<Device, Eigen::DefaultDevice>) {
    const auto begin = [units, parts](Index part) {
      return units / parts * part + units % parts * part / parts;
    };
    const double share = static_cast<double>(bytes) / static_cast<double>(parts);
    device.parallelFor(parts, Eigen::TensorOpCost(share, share, 0), [&](Index first, Index last) {
      for (Index part = first; part < last; ++part) run(part, begin(part), begin(part + 1));
    });
  }
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_PARALLEL_HPP
