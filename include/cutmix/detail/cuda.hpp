#ifndef CUTMIX_DETAIL_CUDA_HPP
#define CUTMIX_DETAIL_CUDA_HPP

// What cuda.hpp declares: plans on their way to a GPU, and the launch of a kernel.

#include <cstddef>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "../cuda.hpp"
#include "gpu.hpp"

#if !defined(__CUDACC__)
#error cutmix/cuda.hpp holds kernels: compile what includes it with nvcc
#endif

namespace cutmix {
namespace detail {

// ---- CUDA's errors ----

[[noreturn]] CUTMIX_OUT_OF_LINE inline void fail_cuda(const char* what, cudaError_t error) {
  throw std::runtime_error(std::string("cutmix: ") + what + " = " + cudaGetErrorName(error) + ", " +
                           cudaGetErrorString(error));
}
inline void check_cuda(const char* what, cudaError_t error) {
  if (error == cudaSuccess) return;
  cudaGetLastError();  // or a later call, of anybody's, would find it
  fail_cuda(what, error);
}

// ---- streams ----

inline cudaStream_t stream_of(cudaStream_t stream) { return stream; }
template <class Device>
auto stream_of(const Device& device)
    -> std::enable_if_t<std::is_convertible_v<decltype(device.stream()), cudaStream_t>,
                        cudaStream_t> {
  return device.stream();
}

// ---- plans ----

// Calls of CUDA that undo something and cannot fail in a way that matters.
struct FreeOnGpu {
  void operator()(Byte* memory) const { cudaFree(memory); }
};
struct FreePinned {
  void operator()(Byte* memory) const { cudaFreeHost(memory); }
};
struct DestroyEvent {
  void operator()(cudaEvent_t event) const { cudaEventDestroy(event); }
};
using GpuMemory = std::unique_ptr<Byte, FreeOnGpu>;
using PinnedMemory = std::unique_ptr<Byte, FreePinned>;
using Event = std::unique_ptr<std::remove_pointer_t<cudaEvent_t>, DestroyEvent>;

inline Event make_event() {
  cudaEvent_t event = nullptr;
  check_cuda("cudaEventCreate", cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
  return Event(event);
}

// Memory on the GPU for one plan, and pinned memory for those that are on their way there: a copy
// reads it some time after the call, so that it is used again only when its event has come. The
// memory on the GPU needs no such care, for the stream orders what reads and what writes it.
class CudaPlanBuffer {
 public:
  const Byte* data() const { return memory_.get(); }

  // Room for every plan of a batch.
  void reserve(Index batch) {
    int device = 0;
    check_cuda("cudaGetDevice", cudaGetDevice(&device));
    const std::size_t bytes = GpuPlan::bytes(batch, batch < 1 ? 1 : batch);
    if (bytes <= bytes_ && device == device_) return;
    on_their_way_.clear();
    memory_.reset();
    bytes_ = 0;
    used_.reset();
    void* memory = nullptr;
    check_cuda("cudaMalloc", cudaMalloc(&memory, bytes));
    memory_.reset(static_cast<Byte*>(memory));
    bytes_ = bytes, device_ = device;
  }

  // A plan that has been checked, and for which there is room.
  void copy(cudaStream_t stream, const Plan& plan, const Cycles* cycles) {
    const OnItsWay& slot = free_slot();
    pack_plan(plan, cycles, slot.pinned.get());
    check_cuda("cudaMemcpyAsync",
               cudaMemcpyAsync(memory_.get(), slot.pinned.get(), packed_bytes(plan),
                               cudaMemcpyHostToDevice, stream));
    check_cuda("cudaEventRecord", cudaEventRecord(slot.copied.get(), stream));
  }

  // The next stream that uses it waits for the last one, if that is another.
  void enter(cudaStream_t stream) {
    if (used_ && stream != stream_)
      check_cuda("cudaStreamWaitEvent", cudaStreamWaitEvent(stream, used_.get(), 0));
    stream_ = stream;
  }
  void leave(cudaStream_t stream) {
    if (!used_) used_ = make_event();
    check_cuda("cudaEventRecord", cudaEventRecord(used_.get(), stream));
  }

  Cycles cycles;  // of the last plan that was applied in place; kept for its memory

 private:
  struct OnItsWay {
    PinnedMemory pinned;
    Event copied;
  };
  static constexpr std::size_t most_on_their_way = 64;

  // The one that was used longest ago, if its copy is done; else another, while there are few.
  const OnItsWay& free_slot() {
    if (next_ >= on_their_way_.size()) next_ = 0;
    bool is_free = false;
    if (!on_their_way_.empty()) {
      const cudaEvent_t copied = on_their_way_[next_].copied.get();
      cudaError_t state = cudaEventQuery(copied);
      if (state == cudaErrorNotReady && on_their_way_.size() == most_on_their_way)
        state = cudaEventSynchronize(copied);
      is_free = state == cudaSuccess;
      if (!is_free && state != cudaErrorNotReady) check_cuda("cudaEventQuery", state);
    }
    if (!is_free) {
      void* pinned = nullptr;
      check_cuda("cudaMallocHost", cudaMallocHost(&pinned, bytes_));
      PinnedMemory owner(static_cast<Byte*>(pinned));
      on_their_way_.insert(on_their_way_.begin() + static_cast<std::ptrdiff_t>(next_),
                           {std::move(owner), make_event()});
    }
    return on_their_way_[next_++];
  }

  GpuMemory memory_;
  std::size_t bytes_ = 0;
  int device_ = -1;
  std::vector<OnItsWay> on_their_way_;
  std::size_t next_ = 0;
  Event used_;
  cudaStream_t stream_ = nullptr;
};

// ---- launches ----

__device__ inline GpuThread this_thread() {
  return {static_cast<Index>(blockIdx.x), static_cast<Index>(blockIdx.y),
          static_cast<Index>(gridDim.x),  static_cast<Index>(gridDim.y),
          static_cast<int>(threadIdx.x),  static_cast<int>(threadIdx.y),
          static_cast<int>(blockDim.x),   static_cast<int>(blockDim.y)};
}

template <class Kernel, class = void>
constexpr bool has_two_phases = false;
template <class Kernel>
constexpr bool has_two_phases<Kernel, std::void_t<typename Kernel::Kept>> = true;

// One grid constant, so that what is indexed in it is not copied for each thread.
template <class Kernel>
__global__ void __launch_bounds__(256) run_kernel(const __grid_constant__ Kernel kernel) {
  if constexpr (has_two_phases<Kernel>) {
    auto kept = kernel.prepare(this_thread());
    __syncthreads();
    kernel.finish(this_thread(), kept);
  } else {
    kernel(this_thread());
  }
}

// A stream, and where the plan lies.
class CudaLaunch {
 public:
  CudaLaunch(cudaStream_t stream, CudaPlanBuffer& kept) : stream_(stream), kept_(kept) {}

  const Byte* begin(const Plan& plan, bool follows_cycles) {
    cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
    check_cuda("cudaStreamIsCapturing", cudaStreamIsCapturing(stream_, &status));
    if (status != cudaStreamCaptureStatusNone)
      fail("stream = capturing, must not be, but with a cutmix::CudaPlan: a graph has no plan");
    if (follows_cycles) kept_.cycles.find(plan.indices, true);
    kept_.reserve(plan.shape.batch);
    kept_.enter(stream_);
    kept_.copy(stream_, plan, follows_cycles ? &kept_.cycles : nullptr);
    keeps_ = true;
    return kept_.data();
  }

  const Byte* begin(const CudaPlan& plan, bool follows_cycles) {
    if (follows_cycles) {
      Cycles cycles;
      if (!plan.used_in_place_) cycles.find(plan.plan().indices, true);  // says what is wrong
      plan.used_in_place_ = true;
    }
    return plan.buffer_->data();
  }

  template <class Kernel>
  void operator()(const Kernel& kernel) const {
    const GpuGrid grid = kernel.grid();
    const dim3 blocks(static_cast<unsigned>(grid.x), static_cast<unsigned>(grid.y));
    const dim3 threads(static_cast<unsigned>(grid.width), static_cast<unsigned>(grid.height));
    Kernel copy = kernel;  // CUDA takes arguments by pointers to what is not const
    void* arguments[] = {&copy};
    check_cuda("launch", cudaLaunchKernel(reinterpret_cast<const void*>(&run_kernel<Kernel>),
                                          blocks, threads, arguments, 0, stream_));
  }

  void end() {
    if (keeps_) kept_.leave(stream_);
  }

 private:
  cudaStream_t stream_;
  CudaPlanBuffer& kept_;
  bool keeps_ = false;
};

template <class Device>
struct Accelerator<Device, std::void_t<decltype(stream_of(std::declval<const Device&>()))>> {
  class Work : public GpuWork<CudaLaunch> {
   public:
    Work(const Device& device, KeptByDevice& kept)
        : GpuWork(CudaLaunch(stream_of(device), kept.get<CudaPlanBuffer>())) {}
  };
};

// The cycles of partners that are a permutation of the batch; none of others.
inline const Cycles* cycles_of(const Plan& plan, Cycles& cycles) {
  Indices& count = cycles.last_of;
  count.assign(plan.indices.size(), 0);
  for (const Index partner : plan.indices) {
    if (plan.shape.source >= 0 || count[static_cast<std::size_t>(partner)]++ != 0) return nullptr;
  }
  cycles.find(plan.indices, true);
  return &cycles;
}

}  // namespace detail

// ---- CudaPlan ----

inline CudaPlan::CudaPlan(cudaStream_t stream, const Plan& plan)
    : buffer_(new detail::CudaPlanBuffer) {
  detail::check_plan(plan);
  plan_.shape = plan.shape;
  update(stream, plan);
}

inline CudaPlan::~CudaPlan() = default;

inline void CudaPlan::update(cudaStream_t stream, const Plan& plan) {
  detail::check_plan(plan);
  detail::check_plan(plan, plan_.shape, "the CudaPlan");
  detail::Cycles& cycles = buffer_->cycles;
  const detail::Cycles* const found = detail::cycles_of(plan, cycles);
  if (used_in_place_ && found == nullptr) cycles.find(plan.indices, true);  // says what is wrong
  buffer_->reserve(plan.shape.batch);
  buffer_->copy(stream, plan, found);
  plan_ = plan;
}

// ---- what takes a stream ----

template <class Stream, class X, class Out, class>
void mix_images(const Stream& stream, const CudaPlan& plan, const X& x, Out&& x_out) {
  if constexpr (detail::accepts_images_and_output<X, Out>())
    detail::mix_images_on(stream, plan, x, nullptr, x_out);
}

template <class Stream, class X, class Source, class Out, class>
void mix_images(const Stream& stream, const CudaPlan& plan, const X& x, const Source& source,
                Out&& x_out) {
  if constexpr (detail::accepts_images_and_output<X, Out>())
    if constexpr (detail::accepts_source<X, Source>()) {
      const ConstBatchView from = detail::view_for_gpu(source);
      detail::mix_images_on(stream, plan, x, &from, x_out);
    }
}

template <class Stream, class X, class>
void mix_images_in_place(const Stream& stream, const CudaPlan& plan, X&& x) {
  if constexpr (detail::accepts_images_in_place<X>())
    detail::mix_images_in_place_on(stream, plan, x);
}

template <class Stream, class P, class Y, class N, class Out, class, class>
void mix_labels(const Stream& stream, const P& plan, const Y& ids, N n_classes, Out&& y_out,
                const LabelOptions& options) {
  if constexpr (detail::accepts_class_count<N>())
    if constexpr (detail::accepts_ids_and_targets<Y, Out>())
      detail::mix_ids_on(stream, plan, ids, nullptr, detail::class_count(n_classes), y_out,
                         options);
}

template <class Stream, class P, class Y, class Source, class N, class Out, class, class>
void mix_labels(const Stream& stream, const P& plan, const Y& ids, const Source& source_ids,
                N n_classes, Out&& y_out, const LabelOptions& options) {
  if constexpr (detail::accepts_class_count<N>())
    if constexpr (detail::accepts_ids_and_targets<Y, Out>())
      if constexpr (detail::accepts_ids<Source>()) {
        const ConstBatchView source = detail::view_for_gpu(source_ids);
        detail::mix_ids_on(stream, plan, ids, &source, detail::class_count(n_classes), y_out,
                           options);
      }
}

template <class Stream, class P, class Y, class Out, class>
void mix_labels(const Stream& stream, const P& plan, const Y& dense, Out&& y_out) {
  if constexpr (detail::accepts_dense_and_targets<Y, Out>())
    detail::mix_dense_on(stream, plan, dense, nullptr, y_out);
}

template <class Stream, class P, class Y, class Source, class Out, class, class>
void mix_labels(const Stream& stream, const P& plan, const Y& dense, const Source& source,
                Out&& y_out) {
  if constexpr (detail::accepts_dense_and_targets<Y, Out>())
    if constexpr (detail::accepts_label_source<Y, Source>()) {
      const ConstBatchView from = detail::view_for_gpu(source);
      detail::mix_dense_on(stream, plan, dense, &from, y_out);
    }
}

template <class Stream, class P, class Y, class Out, class>
void partner_labels(const Stream& stream, const P& plan, const Y& y, Out&& y_out) {
  if constexpr (detail::accepts_partner_labels<Y, Out>())
    detail::gather_labels_on(stream, plan, y, nullptr, y_out);
}

template <class Stream, class P, class Y, class Source, class Out, class>
void partner_labels(const Stream& stream, const P& plan, const Y& y, const Source& source,
                    Out&& y_out) {
  if constexpr (detail::accepts_partner_labels<Y, Out>())
    if constexpr (detail::accepts_label_source<Y, Source>()) {
      const ConstBatchView from = detail::view_for_gpu(source);
      detail::gather_labels_on(stream, plan, y, &from, y_out);
    }
}

}  // namespace cutmix

#endif  // CUTMIX_DETAIL_CUDA_HPP
