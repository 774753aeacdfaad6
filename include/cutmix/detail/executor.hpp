#ifndef CUTMIX_DETAIL_EXECUTOR_HPP
#define CUTMIX_DETAIL_EXECUTOR_HPP

/// @file executor.hpp
/// Where pixels are moved: one type for every device, so that nothing is compiled once for each.

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "index.hpp"
#include "sizes.hpp"

namespace cutmix {

/// One part of the work after another: `part(i)` does the i-th. What a device is given to run;
/// cheap to copy, good until the call that it was given to returns.
class Part {
 public:
  /// Refers to a callable.
  template <class Run, class = std::enable_if_t<!std::is_same_v<Run, Part>>>
  explicit Part(const Run& run)
      : run_(&run), call_([](const void* f, Index i) { (*static_cast<const Run*>(f))(i); }) {}

  /// Does the i-th part.
  void operator()(Index i) const { call_(run_, i); }

 private:
  const void* run_;
  void (*call_)(const void*, Index);
};

/// How parts are run on a device: specialise it for a type of your own, or pass a callable
/// `device(Index parts, Part part)` that calls part(0) to part(parts - 1), once each, in any order
/// and on any threads, and returns when all are done.
///
/// Parts never throw. What a device throws itself comes through the call that it was given to: the
/// parts that it ran are done, and the others' shares of the output are as they were, as are those
/// of parts that it leaves out. A part that is run again after it is done writes the same, but in
/// place, where it would move pixels again.
///
/// @code
/// const auto device = [&](cutmix::Index parts, cutmix::Part part) { pool.run(parts, part); };
/// cutmix::mix_images(device, plan, images, mixed);
/// @endcode
template <class Device, class = void>
struct DeviceTraits {};

/// @cond
// Any callable `device(Index parts, Part part)`.
template <class Device>
struct DeviceTraits<
    Device, std::void_t<decltype(std::declval<const Device&>()(Index{}, std::declval<Part>()))>> {
  // The most parts that are worth making.
  static Index parts(const Device&) { return 16; }
  // Runs them.
  static void run(const Device& device, Index parts, const Part& part) { device(parts, part); }
};
/// @endcond

namespace detail {

// The caller's thread.
struct CallerThread {};

template <class Device, class = void>
constexpr bool is_device = std::is_same_v<Device, CallerThread>;
template <class Device>
constexpr bool is_device<
    Device, std::void_t<decltype(DeviceTraits<Device>::parts(std::declval<const Device&>()))>> =
    true;

// A device that applies plans itself, as a GPU does, by way of Accelerator<Device>::Work.
template <class Device, class = void>
struct Accelerator {};
template <class Device, class = void>
constexpr bool is_accelerator = false;
template <class Device>
constexpr bool is_accelerator<Device, std::void_t<typename Accelerator<Device>::Work>> = true;

// What such a device keeps between calls; a copy begins with nothing.
class KeptByDevice {
 public:
  KeptByDevice() = default;
  KeptByDevice(const KeptByDevice&) {}
  KeptByDevice(KeptByDevice&& other) noexcept
      : kept_(std::exchange(other.kept_, nullptr)), free_(other.free_) {}
  KeptByDevice& operator=(KeptByDevice other) noexcept {
    std::swap(kept_, other.kept_);
    std::swap(free_, other.free_);
    return *this;
  }
  ~KeptByDevice() {
    if (kept_ != nullptr) free_(kept_);
  }

  // Of this type, made where there is none yet.
  template <class T>
  T& get() {
    if (kept_ == nullptr || free_ != &free_one<T>) {
      *this = KeptByDevice();
      kept_ = new T();
      free_ = &free_one<T>;
    }
    return *static_cast<T*>(kept_);
  }

 private:
  template <class T>
  static void free_one(void* kept) {
    delete static_cast<T*>(kept);
  }

  void* kept_ = nullptr;
  void (*free_)(void*) = nullptr;
};

// A device of tensors that may lie where the processor cannot read them:
// Elsewhere<Device>::holds(x) tells, and Elsewhere<Device>::Work applies plans there.
template <class Device, class = void>
struct Elsewhere {};
template <class Device, class = void>
constexpr bool may_be_elsewhere = false;
template <class Device>
constexpr bool may_be_elsewhere<Device, std::void_t<typename Elsewhere<Device>::Work>> = true;

// What a tensor is to a call. Whatever applies a plan views the call's tensors: work(role, tensor).
enum class Role { x, source, x_out, y, source_y, y_out };

// What a device keeps for calls of functions: the thread's.
template <class Device>
KeptByDevice& kept_by_thread() {
  static thread_local KeptByDevice kept;
  return kept;
}

// Runs what applies a plan to x and what belongs to it, with the work of who is to do that; false:
// the processor is. kept: the functor's, or null.
template <class Device, class X, class Run>
bool runs_elsewhere([[maybe_unused]] const Device& device, [[maybe_unused]] const X& x,
                    [[maybe_unused]] const Run& run,
                    [[maybe_unused]] KeptByDevice* kept = nullptr) {
  if constexpr (is_accelerator<Device>) {
    typename Accelerator<Device>::Work work(device, kept ? *kept : kept_by_thread<Device>());
    run(work);
    return true;
  } else if constexpr (may_be_elsewhere<Device>) {
    const bool is_elsewhere = Elsewhere<Device>::holds(x);
    if (is_elsewhere) {
      typename Elsewhere<Device>::Work work;
      run(work);
    }
    return is_elsewhere;
  } else {
    return false;
  }
}

// Applies a plan on a device that does so itself.
template <class Device, class PlanThere, class Run>
void run_on(const Device& device, const PlanThere& plan, bool in_place, const Run& run) {
  typename Accelerator<Device>::Work work(device, kept_by_thread<Device>());
  work.begin(plan, in_place);
  run(work);
  work.end();
}

template <class Device>
constexpr bool accepts_device() {
  static_assert(
      is_device<Device>,
      "cutmix: the device must be an Eigen::DefaultDevice or an Eigen::ThreadPoolDevice "
      "(include <cutmix/eigen.hpp>; define EIGEN_USE_THREADS before any Eigen header), or "
      "a callable device(parts, part)");
  return is_device<Device>;
}

// The same where a plan is applied.
template <class Device>
constexpr bool accepts_device_of_plans() {
  if constexpr (is_accelerator<Device>)
    return true;
  else
    return accepts_device<Device>();
}

// Fewer bytes than this are moved before another thread has begun.
constexpr std::size_t least_bytes_per_part = std::size_t{1} << 20;

// Units [first, last) of the work: refers to a callable, so that what shares it out is compiled
// once.
class UnitsRef {
 public:
  template <class Run, class = std::enable_if_t<!std::is_same_v<Run, UnitsRef>>>
  UnitsRef(const Run& run)  // NOLINT: what is passed is meant to become one
      : run_(&run), call_([](const void* f, Index first, Index last) {
          (*static_cast<const Run*>(f))(first, last);
        }) {}

  void operator()(Index first, Index last) const { call_(run_, first, last); }

 private:
  const void* run_;
  void (*call_)(const void*, Index, Index);
};

class Executor {
 public:
  explicit Executor(const CallerThread&) {}
  template <class Device>
  explicit Executor(const Device& device)
      : device_(&device),
        parts_(std::max(DeviceTraits<Device>::parts(device), Index{1})),
        run_([](const void* where, Index parts, const Part& part) {
          DeviceTraits<Device>::run(*static_cast<const Device*>(where), parts, part);
        }) {}

  // How many parts to make of work that touches so many bytes.
  Index part_count(std::size_t bytes) const {
    return std::clamp(static_cast<Index>(bytes / least_bytes_per_part), Index{1}, parts_);
  }

  // Calls run(first, last) for equal parts of [0, units), and returns when all are done.
  CUTMIX_ONCE void for_parts(Index units, std::size_t bytes, const UnitsRef& run) const {
    const Index parts = std::min(part_count(bytes), std::max(units, Index{1}));
    if (parts == 1) return run(Index{0}, units);
    const auto begin = [units, parts](Index part) {
      return units / parts * part + units % parts * part / parts;
    };
    const auto run_part = [&](Index part) { run(begin(part), begin(part + 1)); };
    run_(device_, parts, Part(run_part));
  }

 private:
  const void* device_ = nullptr;
  Index parts_ = 1;
  void (*run_)(const void*, Index, const Part&) = nullptr;
};

// Where a tensor is worked on unless the caller says so.
template <class T, class = void>
struct DefaultDevice {
  static CallerThread get() { return {}; }
};
template <class T>
struct DefaultDevice<T, std::void_t<decltype(TensorTraits<T, void>::device())>> {
  static auto get() { return TensorTraits<T, void>::device(); }
};
template <class T>
auto default_device() {
  return DefaultDevice<Bare<T>>::get();
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_EXECUTOR_HPP
