#ifndef CUTMIX_DETAIL_KERNELS_FILL_HPP
#define CUTMIX_DETAIL_KERNELS_FILL_HPP

// Sets boxes of scalars of any strides to one scalar.

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "layout.hpp"
#include "rows.hpp"
#include "strided.hpp"

namespace cutmix {
namespace detail {

// n scalars side by side. The first few by themselves, the others as copies of them, because memcpy
// is faster than what most builds make of a loop.
CUTMIX_ONCE inline void fill_run(Byte* out, const Byte* value, std::size_t scalar, Index n) {
  const Index first = std::min(n, Index{64});
  copy_scalars(out, static_cast<Index>(scalar), value, 0, scalar, first);
  const std::size_t bytes = static_cast<std::size_t>(n) * scalar;
  for (std::size_t done = static_cast<std::size_t>(first) * scalar; done < bytes;
       done += std::min(done, bytes - done))
    std::memcpy(out + done, out, std::min(done, bytes - done));
}

inline void fill_region(const SampleAxes& axes, const Region& region, Byte* out,
                        const Strides& strides, const Byte* value) {
  if (is_empty(axes, region)) return;
  Byte* const first = out + offset_of(axes, region, strides);
  const Block block(axes, region, strides, strides, strides);
  block.for_each_run([&](const Block::Offsets& at, const Block::Offsets& stride, Index n) {
    if (stride.out == static_cast<Index>(axes.scalar))
      fill_run(first + at.out, value, axes.scalar, n);
    else
      copy_scalars(first + at.out, stride.out, value, 0, axes.scalar, n);
  });
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_KERNELS_FILL_HPP
