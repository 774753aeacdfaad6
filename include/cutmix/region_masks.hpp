#ifndef CUTMIX_REGION_MASKS_HPP
#define CUTMIX_REGION_MASKS_HPP

/// @file region_masks.hpp
/// A plan as an image of its own: which pixels are the partner's, or how much of each token is.
/// What label maps of tokens, ignore maps and weighted losses are made of.

#include "plan.hpp"
#include "view.hpp"

namespace cutmix {

/// Writes where a plan puts the partner's pixels: 1 there, 0 where a sample's own are, and the
/// blend where the plan blends.
///
/// @code
/// cutmix::partner_mask(plan, mask);    // (B, H, W) of bool, integers or floating
/// cutmix::partner_mask(plan, tokens);  // (B, H/16, W/16), floating: the share of each token
/// @endcode
/// @param plan  any; a sample that is its own partner has its box too
/// @param out   (B, ..., H, W), or as its letters say, such as "BDHW": the plan's batch, and sides
///              that are the plan's or, of a floating scalar, divide them, each for itself; along
///              other axes the mask repeats. Any strides; overwritten, every scalar once
///
/// At the plan's own size this is what mix_images makes of zeros whose partners are ones, to the
/// bit; a token's value is the mean over its pixels, rounded once. The mean over a sample is 1 -
/// lambda: exactly as bool, to rounding as floating. Errors: a plan out of order, another batch, a
/// side that does not divide the plan's, a blend or tokens into integers (scaled() gives the plan
/// of tokens that boxes do not cut), strides that fold out onto itself; all before anything is
/// written. No draws. Never allocates. Source of the token's share: Chen et al. 2022, TransMix.
template <class Out>
void partner_mask(const Plan& plan, Out&& out);

}  // namespace cutmix

#include "detail/region_masks.hpp"

#endif  // CUTMIX_REGION_MASKS_HPP
