#ifndef CUTMIX_IMAGES_HPP
#define CUTMIX_IMAGES_HPP

/// @file images.hpp
/// Applies a plan to images and masks, out of place and in place.
///
/// Images, masks and outputs are anything that has a view: tensors, cutmix::view(...) of raw
/// memory. `device` says where the bytes are moved: an Eigen::DefaultDevice (the caller's thread),
/// an Eigen::ThreadPoolDevice, or any callable that runs n parts (see DeviceTraits). Without one it
/// is what the tensor's type names, else the caller's thread. The result never depends on it.

#include "detail/executor.hpp"
#include "plan.hpp"
#include "view.hpp"

namespace cutmix {

/// Applies a plan to images: each sample's box is filled with the same region of its partner.
///
/// @code
/// cutmix::mix_images(plan, images, mixed);            // partners are in the batch
/// cutmix::mix_images(plan, images, previous, mixed);  // partners are in another
/// @endcode
/// @param device  where it runs
/// @param plan    drawn for images of this shape; its indices need not be a permutation
/// @param x       (B, ..., H, W), rank 3 and up, or as its letters say; any scalar that can be
///                copied byte by byte
/// @param x_out   x's sizes and scalar, any strides; overwritten in one pass: x outside the box and
///                the partner inside. Where the plan blends, (1 - blend) x + blend partner:
///                computed in double, rounded once, integers to the nearest
///
/// Where two views have letters, axes are matched by them; where one has, it names the axes of all.
/// Where blend is 1 pixels are copied, never computed with, so a NaN stays where it was. Aliasing:
/// x_out must not overlap x or source. Errors: a plan that does not fit, sizes or scalars that
/// differ, an overlap, strides that fold x_out onto itself, a blend of scalars that are neither
/// floating nor integers; all before anything is written. No draws. Allocates nothing, but for what
/// a device does. Source: Yun et al. 2019, equation 1; Zhang et al. 2018 for blends.
template <class Device, class X, class Out>
void mix_images(const Device& device, const Plan& plan, const X& x, Out&& x_out);
/// Partners from a source of their own, on a device.
/// @param source  where partners come from: x's sizes but for the batch, and its scalar
template <class Device, class X, class Source, class Out>
void mix_images(const Device& device, const Plan& plan, const X& x, const Source& source,
                Out&& x_out);
/// Where x's type says.
template <class X, class Out>
void mix_images(const Plan& plan, const X& x, Out&& x_out);
/// Partners from a source of their own, where x's type says.
template <class X, class Source, class Out>
void mix_images(const Plan& plan, const X& x, const Source& source, Out&& x_out);

/// Applies a plan to images in place: only the bytes inside the boxes move.
///
/// @code
/// cutmix::mix_images_in_place(plan, images);
/// @endcode
/// @param device, plan  as for mix_images, but indices must be a permutation
/// @param x             as for mix_images; writable, its strides not folding
///
/// Follows the permutation's cycles, so that no pixel is read after it was replaced; what must be
/// set aside lies on the stack, a few rows at a time. Errors: as for mix_images, and indices that
/// are no permutation; all before anything is written. No draws. Allocates a few numbers a sample.
template <class Device, class X>
void mix_images_in_place(const Device& device, const Plan& plan, X&& x);
/// Where x's type says.
template <class X>
void mix_images_in_place(const Plan& plan, X&& x);

/// Applies a plan to masks (segmentation maps, depth, the other image of a pair): cut and pasted
/// exactly where the pixels are, never interpolated.
///
/// @code
/// cutmix::mix_masks(plan, masks, masks_out);  // (B, H, W) or (B, C, H, W), integer or floating
/// @endcode
/// The arguments are those of mix_images: [device,] plan, masks, [source,] masks_out. Errors: those
/// of mix_images, and a plan that blends.
template <class... Arguments>
void mix_masks(Arguments&&... arguments);

}  // namespace cutmix

#include "detail/images.hpp"

#endif  // CUTMIX_IMAGES_HPP
