#ifndef CUTMIX_COLLATE_HPP
#define CUTMIX_COLLATE_HPP

/// @file collate.hpp
/// Builds a mixed batch straight from samples that lie anywhere in memory.

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "images.hpp"
#include "plan.hpp"

namespace cutmix {

namespace detail {

template <class Sample>
constexpr bool is_pointer_to_scalars = std::is_pointer_v<Bare<Sample>>;

template <class Sample>
const auto* data_of(const Sample& sample) {
  if constexpr (is_pointer_to_scalars<Sample>)
    return sample;
  else
    return sample.data();
}

// A sample has the batch's axes without B, which is the first or the last.
template <class Sample, std::size_t Rank>
void check_sample(const Sample& sample, std::size_t position, const std::array<Index, Rank>& batch,
                  Axes axes) {
  if constexpr (is_tensor<Sample>) {
    const auto size = dimensions_of(sample);
    const std::size_t skip = axes == Axes::whcb ? 0 : 1;
    for (std::size_t axis = 0; axis < size.size(); ++axis)
      if (size[axis] != batch[axis + skip])
        fail(element("samples", position) + ".dimension(" + to_text(axis) + ")", size[axis],
             "must be " + to_text(batch[axis + skip]) + ", as of x_out");
  }
}

template <class Samples, class Out>
constexpr bool accepts_samples() {
  if constexpr (accepts_images_output<Out>() && accepts_images<Out>()) {
    using Sample = Bare<decltype(std::declval<const Samples&>()[0])>;
    constexpr bool is_sample = is_tensor<Sample> || is_pointer_to_scalars<Sample>;
    static_assert(is_sample, "cutmix: samples must be tensors, TensorMaps or pointers to scalars");
    if constexpr (is_sample) {
      constexpr bool same_scalar =
          std::is_same_v<Bare<decltype(*data_of(std::declval<const Sample&>()))>, ScalarOf<Out>>;
      static_assert(same_scalar, "cutmix: samples must have the scalar of x_out");
      constexpr bool same_kind = [] {
        if constexpr (is_tensor<Sample>)
          return rank_of<Sample> + 1 == rank_of<Out> && layout_of<Sample> == layout_of<Out>;
        else
          return true;
      }();
      static_assert(same_kind,
                    "cutmix: samples must have the rank of x_out less one, and its layout");
      return same_scalar && same_kind;
    }
  }
  return false;
}

template <class Device, class Samples, class Out>
void collate_checked(const Device& device, const Plan& plan, const Samples& samples, Out& x_out,
                     Axes axes) {
  const ImageShape shape = image_shape(x_out, axes);
  if (static_cast<Index>(samples.size()) != shape.batch)
    fail("size of samples", samples.size(), "must be " + to_text(shape.batch) + ", as of x_out");
  check_plan(plan, shape);
  const Raster raster = raster_of(x_out, axes);
  const auto size = dimensions_of(x_out);
  std::vector<const Byte*> data(samples.size());
  for (std::size_t b = 0; b < data.size(); ++b) {
    check_sample(samples[b], b, size, axes);
    data[b] = reinterpret_cast<const Byte*>(data_of(samples[b]));
    if (data[b] == nullptr && raster.bytes() != 0)
      fail(element("samples", b), "nullptr", "must point at a sample");
    check_apart("x_out", x_out.data(), raster.bytes(), "a sample", data[b], raster.sample_bytes());
  }
  Byte* const out = writable_bytes_of(x_out);
  if (raster.batch_first)
    apply_to_samples(device, plan, raster, Scattered{data.data()}, out);
  else if (raster.bytes() != 0)
    run_in_parts(device, raster.planes * raster.rows, raster.bytes(),
                 [&](Index, Index first, Index last) {
                   collate_batch_last(raster, plan, data.data(), out, first, last);
                 });
}

}  // namespace detail

/// Puts samples together into a batch and mixes them on the way, in one pass: mixing costs no
/// traffic beyond the copy that builds the batch.
///
/// @param device   as for mix_images
/// @param plan     drawn for B images of H x W, by make_plan(B, H, W, options, rng), say
/// @param samples  B of them, in anything with size() and operator[] (a std::vector, say): tensors
///                 or TensorMaps of the batch's rank less one, (..., H, W) or as axes says without
///                 B, in its layout; or pointers to as many scalars
/// @param x_out    (B, ..., H, W), rank 3 and up, or as axes says; a Tensor& or a TensorMap;
///                 overwritten
/// @param axes     where x_out keeps batch, rows and columns
///
/// The result is that of mix_images on the stacked samples. Aliasing: x_out must not overlap a
/// sample; samples may overlap each other. Errors: a plan that does not fit, a number or shape of
/// samples that does not, a null pointer, an overlap; all before anything is written. No draws.
/// Allocates one pointer a sample.
template <class Device, class Samples, class Out>
void collate(const Device& device, const Plan& plan, const Samples& samples, Out&& x_out,
             Axes axes = Axes::bchw) {
  if constexpr (detail::accepts_samples<Samples, Out>())
    detail::collate_checked(device, plan, samples, x_out, axes);
}

/// Puts samples together into a mixed batch on the caller's thread.
template <class Samples, class Out>
void collate(const Plan& plan, const Samples& samples, Out&& x_out, Axes axes = Axes::bchw) {
  collate(Eigen::DefaultDevice(), plan, samples, std::forward<Out>(x_out), axes);
}

}  // namespace cutmix

#endif  // CUTMIX_COLLATE_HPP
