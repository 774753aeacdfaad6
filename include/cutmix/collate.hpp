#ifndef CUTMIX_COLLATE_HPP
#define CUTMIX_COLLATE_HPP

/// @file collate.hpp
/// Builds a mixed batch straight from samples that lie anywhere in memory.

#include "images.hpp"
#include "plan.hpp"
#include "view.hpp"

namespace cutmix {

/// Puts samples together into a mixed batch, in the one pass that builds the batch.
///
/// @code
/// cutmix::Plan plan = cutmix::make_plan({64, 224, 224}, options, rng);
/// cutmix::collate(plan, samples, mixed);  // a std::vector of 64 tensors, views or pointers
/// @endcode
/// @param device   as for mix_images
/// @param plan     drawn for B images of this shape
/// @param samples  B of them, in anything with size() and operator[]: whatever has a view, of
///                 x_out's axes without B in the same order, or of all of them by its letters with
///                 B of size 1; or pointers to as many scalars, in the order of x_out's memory
/// @param x_out    (B, ..., H, W), rank 3 and up, or as its letters say; the samples' scalar, any
///                 strides; overwritten
///
/// The result is that of mix_images on the stacked samples. Aliasing: x_out must not overlap a
/// sample; samples may overlap each other. Errors: a plan that does not fit, a number or shape of
/// samples that does not, a null pointer, an overlap; all before anything is written. No draws.
/// Allocates the strides and a pointer of each sample, and keeps samples that are returned by value
/// until it is done.
template <class Device, class Samples, class Out>
void collate(const Device& device, const Plan& plan, const Samples& samples, Out&& x_out);
/// Where x_out's type says.
template <class Samples, class Out>
void collate(const Plan& plan, const Samples& samples, Out&& x_out);

}  // namespace cutmix

#include "detail/collate.hpp"

#endif  // CUTMIX_COLLATE_HPP
