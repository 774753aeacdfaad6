#ifndef CUTMIX_IMAGES_HPP
#define CUTMIX_IMAGES_HPP

/// @file images.hpp
/// Applies a plan to images: out of place, in place, and while a batch is put together.

#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "detail/batch_last.hpp"
#include "detail/in_place.hpp"
#include "detail/mix.hpp"
#include "detail/parallel.hpp"
#include "plan.hpp"

namespace cutmix {

/// Memory that mix_images_in_place works in: keep one between calls and nothing is allocated.
struct Scratch {
  std::vector<unsigned char> patch;  ///< one patch
  std::vector<unsigned char> marks;  ///< one a sample
  Indices starts;                    ///< one a cycle of the permutation
};

namespace detail {

template <class Out>
constexpr bool accepts_images_output() {
  static_assert(is_tensor<Out>,
                "cutmix: the output must be an Eigen tensor that owns or maps memory, of its final "
                "shape");
  if constexpr (is_tensor<Out>) return accepts_output<Out>();
  return false;
}

template <class X, class Out>
constexpr bool accepts_images_and_output() {
  if constexpr (accepts_images<X>()) {  // nested, so that two wrong types give one line
    if constexpr (accepts_images_output<Out>()) {
      constexpr bool same = std::is_same_v<ScalarOf<X>, ScalarOf<Out>> &&
                            rank_of<X> == rank_of<Out> && layout_of<X> == layout_of<Out>;
      static_assert(same, "cutmix: the output must have the scalar, the rank and the layout of x");
      return same;
    }
  }
  return false;
}

template <class Dimensions>
void check_same_shape(const char* out_name, const Dimensions& out, const char* in_name,
                      const Dimensions& in) {
  for (std::size_t axis = 0; axis < in.size(); ++axis)
    if (out[axis] != in[axis])
      fail(std::string(out_name) + ".dimension(" + to_text(axis) + ")", out[axis],
           "must be " + to_text(in[axis]) + ", as of " + in_name);
}

template <class T>
const Byte* bytes_of(const T& tensor) {
  return reinterpret_cast<const Byte*>(tensor.data());
}

template <class T>
Byte* writable_bytes_of(T& tensor) {
  return reinterpret_cast<Byte*>(tensor.data());
}

template <class X, class Out>
void check_images(const X& x, const Out& out) {
  check_same_shape("x_out", dimensions_of(out), "x", dimensions_of(x));
  const std::size_t bytes = static_cast<std::size_t>(x.size()) * sizeof(ScalarOf<X>);
  check_apart("x_out", out.data(), bytes, "x", x.data(), bytes,
              "; use mix_images_in_place to write over images");
}

// Applies a plan to samples that are not one tensor's. Everything has been checked.
template <class Device, class Samples>
void apply_to_samples(const Device& device, const Plan& plan, const Raster& raster,
                      const Samples& samples, Byte* out) {
  if (raster.bytes() == 0) return;
  const StreamWidth width = choose_stream(raster);
  run_in_parts(device, raster.batch * raster.planes, raster.bytes(),
               [&](Index, Index first, Index last) {
                 mix_planes(raster, plan, samples, out, first, last, width);
               });
}

template <class Device, class X, class Out>
void apply_to_images(const Device& device, const Plan& plan, const X& x, Out& x_out, Axes axes) {
  const Raster raster = raster_of(x, axes);
  const Byte* in = bytes_of(x);
  Byte* out = writable_bytes_of(x_out);
  if (raster.batch_first) {
    apply_to_samples(device, plan, raster, Consecutive{in, raster.sample_bytes()}, out);
  } else if (raster.bytes() != 0) {
    run_in_parts(device, raster.planes * raster.rows, raster.bytes(),
                 [&](Index, Index first, Index last) {
                   mix_batch_last(raster, plan, in, out, first, last);
                 });
  }
}

// In place, whatever the tensor. The plan has been checked, but not that indices are a permutation.
template <class Device>
void mix_raster_in_place(const Device& device, const Plan& plan, const Raster& raster, Byte* data,
                         Scratch* scratch) {
  Scratch own;
  Scratch& work = scratch ? *scratch : own;
  const Index beside = raster.batch_first ? 1 : raster.batch;  // samples side by side in memory
  if (scratch) {  // kept between calls: room for the largest patch at once, untouched until needed
    const Index most_parts = part_count(device, raster.bytes());
    const Index most = most_parts + (raster.batch_first ? raster.planes * raster.rows : 0);
    work.patch.reserve(static_cast<std::size_t>(most * beside) * raster.row_bytes());
    work.starts.reserve(plan.indices.size());
  }
  check_permutation(plan.indices, work.marks, work.starts);
  const BBox united = united_cut(raster, plan);
  if (united.empty() || work.starts.empty() || raster.bytes() == 0) return;

  // One unit of work is a row of the united box: of one sample, or of all where they lie side by
  // side. A part sets aside all of its units of a sample at once, or else one unit at a time.
  const Index units = raster.planes * united.height();
  const std::size_t unit = static_cast<std::size_t>(united.width() * beside) * raster.pixel_bytes();
  const std::size_t bytes = static_cast<std::size_t>(units * (raster.batch / beside)) * unit;
  const Index parts = part_count(device, bytes);
  const Index kept_units = raster.batch_first ? (units + parts - 1) / parts : 1;
  const std::size_t kept = static_cast<std::size_t>(kept_units) * unit;
  if (work.patch.size() < static_cast<std::size_t>(parts) * kept)
    work.patch.resize(static_cast<std::size_t>(parts) * kept);
  run_in_parts(device, units, bytes, [&](Index part, Index first, Index last) {
    Byte* const aside = work.patch.data() + static_cast<std::size_t>(part) * kept;
    if (raster.batch_first)
      mix_in_place(raster, plan, united, work.starts, data, aside, first, last);
    else
      mix_batch_last_in_place(raster, plan, united, data, aside, first, last);
  });
}

}  // namespace detail

/// Applies a plan to images: each sample's box is filled with the same region of its partner.
///
/// @param device  where it runs: Eigen::DefaultDevice (the caller's thread) or
///                Eigen::ThreadPoolDevice (samples and planes spread over the pool). The result is
///                the same, byte for byte.
/// @param plan    drawn for this batch; its indices need not be a permutation
/// @param x       (B, ..., H, W), rank 3 and up, or as axes says; any trivially copyable scalar
/// @param x_out   x's shape, scalar and layout, a Tensor& or a TensorMap; overwritten: every byte
///                is written once, x outside the box and x[indices] inside. Pixels are copied,
///                never blended, so a NaN stays where it was.
/// @param axes    where x and x_out keep batch, rows and columns
///
/// Aliasing: x_out must not overlap x. Errors: a plan that does not fit x (length or range of
/// indices, boxes outside the image, lambdas that are not the boxes' shares), shapes that differ,
/// an overlap; all before anything is written. No draws. Allocates nothing on the caller's thread.
/// Source: Yun et al. 2019, equation 1.
template <class Device, class X, class Out>
void mix_images(const Device& device, const Plan& plan, const X& x, Out&& x_out,
                Axes axes = Axes::bchw) {
  if constexpr (detail::accepts_images_and_output<X, Out>()) {
    detail::check_images(x, x_out);
    detail::check_plan(plan, detail::image_shape(x, axes));
    detail::apply_to_images(device, plan, x, x_out, axes);
  }
}

/// Applies a plan to images on the caller's thread.
template <class X, class Out>
void mix_images(const Plan& plan, const X& x, Out&& x_out, Axes axes = Axes::bchw) {
  mix_images(Eigen::DefaultDevice(), plan, x, std::forward<Out>(x_out), axes);
}

/// Applies a plan to images in place: only the bytes inside the boxes move.
///
/// @param device, plan, axes  as for mix_images, but plan.indices must be a permutation
/// @param x                   (B, ..., H, W), rank 3 and up, or as axes says; writable
/// @param scratch             memory to work in: one patch. Keep one between calls, and from the
///                            second on nothing is allocated. Without it, allocates its own.
///
/// Follows the permutation's cycles, so that no pixel is read after it was replaced. Errors: as for
/// mix_images, and indices that are no permutation; all before anything is written. No draws.
template <class Device, class X>
void mix_images_in_place(const Device& device, const Plan& plan, X&& x, Axes axes = Axes::bchw,
                         Scratch* scratch = nullptr) {
  if constexpr (detail::accepts_images<X>() && detail::accepts_images_output<X>()) {
    detail::check_plan(plan, detail::image_shape(x, axes));
    detail::mix_raster_in_place(device, plan, detail::raster_of(x, axes),
                                detail::writable_bytes_of(x), scratch);
  }
}

/// Applies a plan to images in place on the caller's thread.
template <class X>
void mix_images_in_place(const Plan& plan, X&& x, Axes axes = Axes::bchw,
                         Scratch* scratch = nullptr) {
  mix_images_in_place(Eigen::DefaultDevice(), plan, std::forward<X>(x), axes, scratch);
}

}  // namespace cutmix

#endif  // CUTMIX_IMAGES_HPP
