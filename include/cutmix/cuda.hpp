#ifndef CUTMIX_CUDA_HPP
#define CUTMIX_CUDA_HPP

/// @file cuda.hpp
/// Batches in the memory of an NVIDIA GPU. Optional: no other header includes it; it alone needs
/// CUDA (11.7 or newer, a GPU of compute capability 7.0 or newer; compiled with 13.0), and nvcc to
/// compile it.
///
/// @code
/// cutmix::CutMix mixer(1.0, 10, cutmix::Philox4x32(42));
/// mixer(stream, images, labels, mixed, targets);  // views of memory that the GPU can reach
/// @endcode
/// A stream stands where other calls have a device: a cudaStream_t, or whatever has one, by
/// `.stream()`, such as an Eigen::GpuDevice (define EIGEN_USE_GPU before any Eigen header) and
/// LibTorch's c10::cuda::CUDAStream. Views are those of raw memory, with letters and strides as on
/// the host, or of Eigen's maps of it, or LibTorch's tensors (torch.hpp). These take a stream:
/// - the functor: `mixer(stream, ...)`, `mixer.in_place(stream, ...)`, all forms into memory;
/// - `mix_images`, `mix_images_in_place` and `mix_masks`, as images.hpp declares them;
/// - `mix_labels` and `partner_labels`, with the arguments that labels.hpp names behind the stream.
///
/// They give the bytes that they give on the host, and the same errors, but for the values of class
/// ids, which cannot be looked at: an id out of range has no peak in its row. Kernels are launched
/// on the stream, one for each tensor, and no call waits for the GPU: it is ordered behind what is
/// on the stream already. The plan travels in one small copy out of pinned memory, which the
/// functor keeps, or for the functions the calling thread, or a CudaPlan. Nothing is allocated
/// after the first calls. What CUDA refuses is a std::runtime_error.
///
/// In place is without scratch: each thread follows its 16 bytes through the cycles of the
/// permutation.

#include <cuda_runtime.h>

#include <memory>
#include <type_traits>

#include "images.hpp"
#include "labels.hpp"
#include "mixer.hpp"
#include "plan.hpp"
#include "view.hpp"

namespace cutmix {

class CudaPlan;

namespace detail {
class CudaLaunch;
class CudaPlanBuffer;
template <class PlanThere>
constexpr bool is_plan_for_cuda =
    std::is_same_v<PlanThere, Plan> || std::is_same_v<PlanThere, CudaPlan>;
template <class Stream, class PlanThere>
using OnCuda = std::enable_if_t<is_accelerator<Stream> && is_plan_for_cuda<PlanThere>>;
template <class N, class Source = void>
using IfClassCount = std::enable_if_t<std::is_arithmetic_v<N> && !std::is_arithmetic_v<Source>>;
}  // namespace detail

/// A plan that lies on the GPU: for several tensors after one copy, and for CUDA graphs.
///
/// @code
/// cutmix::CudaPlan on_gpu(stream, plan);
/// cutmix::mix_images(stream, on_gpu, images, mixed);
/// @endcode
/// A graph records launches, not plans. Make the CudaPlan before the capture, apply it in the
/// capture, and give it the next plan before each replay:
///
/// @code
/// on_gpu.update(stream, next_plan);  // of the same shape; itself not in the graph
/// cudaGraphLaunch(graph, stream);
/// @endcode
/// Updates and uses must follow each other, on one stream or by events. Neither copyable nor
/// movable; it must outlive what uses it on the GPU, graphs among them.
class CudaPlan {
 public:
  /// Copies a plan to the GPU that is current.
  ///
  /// @param stream  orders the copy
  /// @param plan    any; it may go when the constructor returns
  ///
  /// Errors: a plan that is none; CUDA's. Allocates memory on the GPU, and pinned memory.
  CudaPlan(cudaStream_t stream, const Plan& plan);
  CudaPlan(const CudaPlan&) = delete;
  CudaPlan& operator=(const CudaPlan&) = delete;
  ~CudaPlan();

  /// Copies another plan of the same shape into the same memory, with one patch or one a sample.
  ///
  /// @code
  /// on_gpu.update(stream, mixer.draw(shape));
  /// @endcode
  /// What is on the stream already sees the old plan, what follows the new one. Errors, after which
  /// the old plan stays: a plan that is none, or of another shape; after a use in place, indices
  /// that are no permutation. A plan that blends must not meet recorded launches on scalars that
  /// cannot be blended. Waits only where 64 updates are still on their way.
  void update(cudaStream_t stream, const Plan& plan);

  /// The plan as it is on the host.
  const Plan& plan() const { return plan_; }

 private:
  friend class detail::CudaLaunch;
  friend const Plan& plan_of(const CudaPlan& there) { return there.plan_; }

  Plan plan_;
  mutable bool used_in_place_ = false;
  std::unique_ptr<detail::CudaPlanBuffer> buffer_;
};

/// Applies a plan that lies on the GPU to images; with a Plan, see images.hpp.
///
/// @code
/// cutmix::mix_images(stream, on_gpu, images, mixed);
/// @endcode
/// @param stream  orders the launch; all else as for mix_images on the host
template <class Stream, class X, class Out, class = detail::OnCuda<Stream, CudaPlan>>
void mix_images(const Stream& stream, const CudaPlan& plan, const X& x, Out&& x_out);
/// Partners from a source of their own.
template <class Stream, class X, class Source, class Out, class = detail::OnCuda<Stream, CudaPlan>>
void mix_images(const Stream& stream, const CudaPlan& plan, const X& x, const Source& source,
                Out&& x_out);
/// In place: indices must be a permutation.
template <class Stream, class X, class = detail::OnCuda<Stream, CudaPlan>>
void mix_images_in_place(const Stream& stream, const CudaPlan& plan, X&& x);

/// Applies a plan to class ids that lie on the GPU.
///
/// @code
/// cutmix::mix_labels(stream, plan, ids, 10, targets);
/// @endcode
/// @param stream  orders the launch
/// @param plan    a Plan or a CudaPlan; all else as for mix_labels on the host
///
/// Errors: those on the host, but for ids out of range, which are not noticed and have no peak.
template <class Stream, class P, class Y, class N, class Out, class = detail::OnCuda<Stream, P>,
          class = detail::IfClassCount<N>>
void mix_labels(const Stream& stream, const P& plan, const Y& ids, N n_classes, Out&& y_out,
                const LabelOptions& options = {});
/// Partners from a source of their own.
template <class Stream, class P, class Y, class Source, class N, class Out,
          class = detail::OnCuda<Stream, P>, class = detail::IfClassCount<N, Source>>
void mix_labels(const Stream& stream, const P& plan, const Y& ids, const Source& source_ids,
                N n_classes, Out&& y_out, const LabelOptions& options = {});

/// Applies a plan to dense targets that lie on the GPU.
///
/// @code
/// cutmix::mix_labels(stream, plan, one_hot, targets);
/// @endcode
template <class Stream, class P, class Y, class Out, class = detail::OnCuda<Stream, P>>
void mix_labels(const Stream& stream, const P& plan, const Y& dense, Out&& y_out);
/// Partners from a source of their own.
template <class Stream, class P, class Y, class Source, class Out,
          class = detail::OnCuda<Stream, P>, class = detail::IfClassCount<int, Source>>
void mix_labels(const Stream& stream, const P& plan, const Y& dense, const Source& source,
                Out&& y_out);

/// Gathers the partners' labels on the GPU.
///
/// @code
/// cutmix::partner_labels(stream, plan, ids, partner_ids);
/// @endcode
template <class Stream, class P, class Y, class Out, class = detail::OnCuda<Stream, P>>
void partner_labels(const Stream& stream, const P& plan, const Y& y, Out&& y_out);
/// Partners from a source of their own.
template <class Stream, class P, class Y, class Source, class Out,
          class = detail::OnCuda<Stream, P>>
void partner_labels(const Stream& stream, const P& plan, const Y& y, const Source& source,
                    Out&& y_out);

}  // namespace cutmix

#include "detail/cuda.hpp"

#endif  // CUTMIX_CUDA_HPP
