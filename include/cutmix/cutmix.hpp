#ifndef CUTMIX_CUTMIX_HPP
#define CUTMIX_CUTMIX_HPP

/// @file cutmix.hpp
/// The one header to include: CutMix (Yun et al., ICCV 2019) on batches held in Eigen tensors.
///
/// For a batch (x, y) and a shuffled copy of it, cut one box out of each image, fill it with the
/// same region of its partner, and mix the targets in proportion to the pixels that each image
/// kept.
///
/// Here stand the functions of the reference; the headers that it includes have the rest.
/// What takes batches apart over many processes stands in exchange.hpp, and what takes tensors of
/// other libraries in their adaptors.

#if defined(_MSVC_LANG) ? _MSVC_LANG < 201703L : __cplusplus < 201703L
#error "cutmix: needs C++17; compile with -std=c++17 or newer"
#endif

#include <optional>
#include <type_traits>

#include "bbox.hpp"
#include "collate.hpp"
#include "detections.hpp"
#include "eigen.hpp"
#include "images.hpp"
#include "labels.hpp"
#include "loss.hpp"
#include "mixer.hpp"
#include "philox.hpp"
#include "plan.hpp"
#include "random.hpp"
#include "region_masks.hpp"
#include "version.hpp"
#include "view.hpp"

namespace cutmix {

/// Draws a uniformly random permutation of a batch.
///
/// @code
/// cutmix::Indices partners = cutmix::gen_indices(images, rng);
/// @endcode
/// @param x    a tensor of B >= 0 samples; the batch is its first axis, or its letter B
/// @param rng  any uniform random bit generator
/// @return     a permutation of 0..B-1: the partner of each sample
///
/// Draws: B - 1 words of 32 bits. Allocates the result. Source: the method card's gen_indices.
template <class X, class Urbg>
Indices gen_indices(const X& x, Urbg& rng);

/// Computes the share of its own pixels that an image keeps once the box has been replaced.
///
/// @code
/// double weight = cutmix::adjust_lambda(lambda, images, box);
/// @endcode
/// @param cutmix_lambda  the drawn share, in [0, 1]; checked, else unused, as in the reference
/// @param x              a batch of images, axes (B, ..., H, W), rank 3 and up
/// @param bbox           a box inside the image
/// @return               1 - area(bbox)/(W H), in [0, 1]
///
/// Errors: cutmix_lambda outside [0, 1] or NaN, a box that leaves the image or is inside out. No
/// draws. Never allocates. Source: the method card's adjust_lambda.
template <class X>
double adjust_lambda(double cutmix_lambda, const X& x, const BBox& bbox);

/// Creates new samples from pairs of samples of a batch, with one box for the whole batch.
///
/// @code
/// auto [x_cutmix, y_cutmix] = cutmix::cutmix(images, labels, 1.0, 10, rng);
/// @endcode
/// @param x              (B, ..., H, W), rank 3 and up: any Eigen tensor that owns or maps memory
/// @param y              (B) class ids in [0, n_classes), or (B, ...) dense targets
/// @param alpha          of Beta(alpha, alpha), in [0, inf]; 0 means no mixing
/// @param n_classes      at least 1; the width of y where y is dense and of rank 2
/// @param rng            any uniform random bit generator
/// @param cutmix_lambda  in [0, 1]: the share that each image should keep; drawn where not given
/// @param bbox           the box; wins over cutmix_lambda; drawn where not given
/// @param indices        (B) partners in [0, B), with or without repeats; drawn where not given
/// @return               x_cutmix, of x's scalar, rank and layout: x outside the box, x[indices]
///                       inside; and y_cutmix = l y + (1 - l) y[indices], l being adjust_lambda's
///                       value: ids as (B, n_classes) of float, integers as float, floating targets
///                       as they are
///
/// Aliasing: none, the results own their memory. Errors: as the functions that it is made of, and
/// std::bad_alloc where memory runs out, before anything is drawn. Draws: whatever is given costs
/// none; the rest in the order indices, lambda, cx, cy. Allocates the results; CutMix writes into
/// memory that is kept. Source: the method card's cutmix; Yun et al. 2019, algorithm A1.
template <class X, class Y, class Urbg>
auto cutmix(const X& x, const Y& y, double alpha, Index n_classes, Urbg& rng,
            std::optional<double> cutmix_lambda = std::nullopt,
            std::optional<BBox> bbox = std::nullopt, std::optional<Indices> indices = std::nullopt);

/// The number of classes is an integer: alpha stands first.
template <class X, class Y, class N, class Urbg, class... Given,
          class = std::enable_if_t<std::is_floating_point_v<N>>>
void cutmix(const X& x, const Y& y, double alpha, N n_classes, Urbg& rng, Given...) = delete;

}  // namespace cutmix

#include "detail/cutmix.hpp"

#endif  // CUTMIX_CUTMIX_HPP
