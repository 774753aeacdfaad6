#ifndef CUTMIX_TESTS_GPU_GRID_HPP
#define CUTMIX_TESTS_GPU_GRID_HPP

// A GPU that is none: its kernels run here, one thread after another, on the host's memory.

#include <algorithm>
#include <cutmix/detail/gpu.hpp>
#include <cutmix/mixer.hpp>
#include <type_traits>
#include <utility>
#include <vector>

namespace testing {

// The device: how many blocks it takes at most, so that threads must do more than one thing.
struct HostGrid {
  cutmix::Index most_blocks_x = cutmix::detail::most_blocks_x;
  cutmix::Index most_blocks_y = cutmix::detail::most_blocks_y;
  bool backwards = false;  // the last thread first
};

template <class Kernel, class = void>
constexpr bool has_two_phases = false;
template <class Kernel>
constexpr bool has_two_phases<Kernel, std::void_t<typename Kernel::Kept>> = true;

class HostLaunch {
 public:
  HostLaunch(const HostGrid& device, std::vector<unsigned char>& buffer)
      : device_(device), buffer_(buffer) {}

  const unsigned char* begin(const cutmix::Plan& plan, bool follows_cycles) {
    cutmix::detail::Cycles cycles;
    if (follows_cycles) cycles.find(plan.indices, true);
    // Eight bytes of nothing where a kernel must not look.
    buffer_.assign(cutmix::detail::packed_bytes(plan), 0xEE);
    cutmix::detail::pack_plan(plan, follows_cycles ? &cycles : nullptr, buffer_.data());
    return buffer_.data();
  }
  void end() {}

  template <class Kernel>
  void operator()(const Kernel& kernel) const {
    const auto asked = kernel.grid();
    ++launches();
    // A block along x is another place for a kernel in place: all of them are needed.
    const cutmix::Index x =
        has_two_phases<Kernel> ? asked.x : std::min(asked.x, device_.most_blocks_x);
    const cutmix::Index y = std::min(asked.y, device_.most_blocks_y);
    for (cutmix::Index i = 0; i < x * y; ++i) {
      const cutmix::Index block = device_.backwards ? x * y - 1 - i : i;
      run_block(kernel, asked, {block % x, block / x, x, y, 0, 0, asked.width, asked.height});
    }
  }

  // How many there were, in all.
  static int& launches() {
    static int count = 0;
    return count;
  }

 private:
  template <class Kernel>
  void run_block(const Kernel& kernel, const cutmix::detail::GpuGrid& grid,
                 cutmix::detail::GpuThread thread) const {
    const int threads = grid.width * grid.height;
    const auto for_each = [&](const auto& run) {
      for (int i = 0; i < threads; ++i) {
        const int which = device_.backwards ? threads - 1 - i : i;
        thread.x = which % grid.width, thread.y = which / grid.width;
        run(which);
      }
    };
    if constexpr (has_two_phases<Kernel>) {
      std::vector<typename Kernel::Kept> kept(static_cast<std::size_t>(threads));
      for_each([&](int i) { kept[static_cast<std::size_t>(i)] = kernel.prepare(thread); });
      for_each([&](int i) { kernel.finish(thread, kept[static_cast<std::size_t>(i)]); });
    } else {
      for_each([&](int) { kernel(thread); });
    }
  }

  const HostGrid& device_;
  std::vector<unsigned char>& buffer_;
};

}  // namespace testing

template <>
struct cutmix::detail::Accelerator<testing::HostGrid> {
  class Work : public GpuWork<testing::HostLaunch> {
   public:
    Work(const testing::HostGrid& device, KeptByDevice& kept)
        : GpuWork(testing::HostLaunch(device, kept.get<std::vector<unsigned char>>())) {}
  };
};

#endif  // CUTMIX_TESTS_GPU_GRID_HPP
