#ifndef CUTMIX_CUTMIX_HPP
#define CUTMIX_CUTMIX_HPP

/// @file cutmix.hpp
/// The one header to include: CutMix (Yun et al., ICCV 2019) on batches held in Eigen tensors.
///
/// For a batch (x, y) and a shuffled copy of it, cut one box out of each image, fill it with the
/// same region of its partner, and mix the targets in proportion to the pixels that each image
/// kept.

#if defined(_MSVC_LANG) ? _MSVC_LANG < 201703L : __cplusplus < 201703L
#error "cutmix: needs C++17; compile with -std=c++17 or newer"
#endif

#include <numeric>
#include <optional>
#include <type_traits>
#include <utility>

#include "bbox.hpp"
#include "collate.hpp"
#include "images.hpp"
#include "loss.hpp"
#include "philox.hpp"
#include "plan.hpp"
#include "random.hpp"
#include "targets.hpp"
#include "version.hpp"

/// All that the library offers. What lies in the namespace detail is not for its users.
namespace cutmix {

namespace detail {

// The owning type that mixed targets have: class ids become (B, n_classes) of float, integers
// float, floating targets stay what they are. Eigen's matrices stay matrices and its arrays arrays;
// a list of ids, which has no layout, takes the images'.
template <class X, class Y>
auto make_mixed_targets(const Y& y, Index n_classes) {
  using Scalar = std::conditional_t<is_floating<TargetScalar<Y>>, TargetScalar<Y>, float>;
  if constexpr (is_matrix<Y>) {
    if constexpr (is_class_ids<Y>) {
      constexpr int layout = Bare<Y>::IsRowMajor ? Eigen::RowMajor : Eigen::ColMajor;
      constexpr bool is_array = std::is_base_of_v<Eigen::ArrayBase<Bare<Y>>, Bare<Y>>;
      using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, layout>;
      using Array = Eigen::Array<Scalar, Eigen::Dynamic, Eigen::Dynamic, layout>;
      return std::conditional_t<is_array, Array, Matrix>(y.size(), n_classes);
    } else {
      using Mixed = Bare<decltype(y.template cast<Scalar>().eval())>;
      Mixed mixed;
      mixed.resize(y.rows(), y.cols());
      return mixed;
    }
  } else if constexpr (is_class_ids<Y>) {
    constexpr int layout = [] {
      if constexpr (is_tensor<Y>)
        return layout_of<Y>;
      else
        return layout_of<X>;
    }();
    return Eigen::Tensor<Scalar, 2, layout>(view_of(y).rows, n_classes);
  } else if constexpr (is_tensor<Y>) {
    return make_tensor<OwningTensor<Y, Scalar>>(dimensions_of(y));
  } else {
    return Eigen::Tensor<Scalar, 1, layout_of<X>>(view_of(y).rows);
  }
}

// Everything about labels that can be wrong.
template <class Y, class Out>
void check_labels(const Y& y, Index batch, Index n_classes, const Out& y_out,
                  const LabelOptions& options) {
  check_n_classes(n_classes);
  const auto view = view_of(y);
  if (view.rows != batch)
    fail("size of y along the batch", view.rows, "must be " + to_text(batch) + ", as of x");
  if constexpr (is_class_ids<Y>) {
    check_id_labels(y, n_classes, y_out, options);
  } else {
    if (target_rank<Y> == 2 && view.columns != n_classes)
      fail("n_classes", n_classes, "must be " + to_text(view.columns) + ", the width of y");
    check_dense_labels(y, y_out);
  }
}

template <class Y, class Out>
void apply_to_labels(const Plan& plan, const Y& y, Index n_classes, Out& y_out,
                     const LabelOptions& options) {
  if constexpr (is_class_ids<Y>)
    apply_to_ids(plan, view_of(y), n_classes, view_of(y_out), options);
  else
    apply_to_dense(plan, view_of(y), view_of(y_out));
}

template <class Urbg, class = void>
constexpr bool is_urbg = false;
template <class Urbg>
constexpr bool
    is_urbg<Urbg, std::enable_if_t<std::is_unsigned_v<decltype(std::declval<Urbg&>()())> &&
                                   (Urbg::max() > Urbg::min())>> = true;

template <class Urbg>
constexpr bool accepts_engine() {
  static_assert(is_urbg<Urbg>,
                "cutmix: the engine must be a uniform random bit generator, such as "
                "cutmix::Philox4x32(42)");
  return is_urbg<Urbg>;
}

// The value-returning forms make the output of labels themselves, so what they ask is less.
template <class X, class Y, class Urbg>
constexpr bool accepts_batch() {
  if constexpr (accepts_engine<Urbg>() && accepts_images<X>()) return accepts_target<Y>();
  return false;
}

// cutmix(), whose arguments have the right types.
template <class X, class Y, class Urbg>
auto mix_batch(const X& x, const Y& y, double alpha, Index n_classes, Urbg& rng,
               std::optional<double> cutmix_lambda, std::optional<BBox> bbox,
               std::optional<Indices> indices) {
  const ImageShape shape = image_shape(x, Axes::bchw);
  check_alpha(alpha);
  check_n_classes(n_classes);
  if (cutmix_lambda) check_lambda(*cutmix_lambda);
  if (bbox)
    check_box(*bbox, shape.width, shape.height);
  else
    check_image_size(shape.width, shape.height);
  if (indices) check_indices(*indices, shape.batch);
  auto y_cutmix = make_mixed_targets<X>(y, n_classes);
  check_labels(y, shape.batch, n_classes, y_cutmix, {});

  Plan plan;
  plan.indices = indices ? std::move(*indices) : gen_indices(x, rng);
  const double lambda = cutmix_lambda ? *cutmix_lambda : gen_cutmix_lambda(alpha, rng);
  plan.boxes = {bbox ? *bbox : rand_bbox(shape.width, shape.height, lambda, rng)};
  plan.lambdas = {adjust_lambda(lambda, x, plan.boxes[0])};

  auto x_cutmix = make_tensor<OwningTensor<X>>(dimensions_of(x));
  apply_to_images(Eigen::DefaultDevice(), plan, x, x_cutmix, Axes::bchw);
  apply_to_labels(plan, y, n_classes, y_cutmix, {});
  return std::make_pair(std::move(x_cutmix), std::move(y_cutmix));
}

}  // namespace detail

/// Creates new samples from pairs of samples of a batch, with one box for the whole batch.
///
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
/// Aliasing: none, the results own their memory. Errors: as the functions that it is made of,
/// before anything is drawn. Draws: whatever is given costs none; the rest in the order indices,
/// lambda, cx, cy. Allocates the results; CutMix writes into memory that is kept. Source: the
/// method card's cutmix; Yun et al. 2019, algorithm A1.
template <class X, class Y, class Urbg>
auto cutmix(const X& x, const Y& y, double alpha, Index n_classes, Urbg& rng,
            std::optional<double> cutmix_lambda = std::nullopt,
            std::optional<BBox> bbox = std::nullopt,
            std::optional<Indices> indices = std::nullopt) {
  if constexpr (detail::accepts_batch<X, Y, Urbg>())
    return detail::mix_batch(x, y, alpha, n_classes, rng, cutmix_lambda, bbox, std::move(indices));
  else
    return std::make_pair(0, 0);
}

/// CutMix for a training loop: an engine, what to draw, and memory that is kept between batches.
///
/// Copyable; a copy goes on by itself from the same state. Not for use by two threads at once.
template <class Urbg = Philox4x32>
class CutMix {
 public:
  /// One box a batch from the reference law, with lambda from Beta(alpha, alpha).
  ///
  /// alpha in [0, inf], n_classes at least 1, or std::invalid_argument.
  CutMix(double alpha, Index n_classes, Urbg rng)
      : CutMix(with_alpha(alpha), n_classes, std::move(rng)) {}

  /// Whatever options say; checked here as far as they do not depend on a batch.
  CutMix(Options options, Index n_classes, Urbg rng)
      : options_(std::move(options)), n_classes_(n_classes), rng_(std::move(rng)) {
    detail::check_options(options_);
    detail::check_n_classes(n_classes_);
    detail::check_label_options(options_.labels);
  }

  /// Draws a plan and applies it: the form for training loops.
  ///
  /// @param x      (B, ..., H, W) or as options().axes says
  /// @param y      (B) class ids in [0, n_classes), or (B, ...) dense targets
  /// @param x_out  x's shape, scalar and layout; overwritten; must not overlap x
  /// @param y_out  (B, n_classes) for class ids, else y's shape; floating; overwritten
  ///
  /// Errors: all before anything is written or drawn (those of the caller's own box law excepted,
  /// which come after drawing and before writing). Draws: make_plan's; none while not enabled.
  /// Allocates nothing after its first call with a batch of this size.
  template <class X, class Y, class XOut, class YOut>
  void operator()(const X& x, const Y& y, XOut&& x_out, YOut&& y_out) {
    (*this)(Eigen::DefaultDevice(), x, y, std::forward<XOut>(x_out), std::forward<YOut>(y_out));
  }

  /// The same with the pixels moved by an Eigen device; the result does not depend on it.
  template <class Device, class X, class Y, class XOut, class YOut>
  void operator()(const Device& device, const X& x, const Y& y, XOut&& x_out, YOut&& y_out) {
    if constexpr (detail::accepts_engine<Urbg>() && detail::accepts_images_and_output<X, XOut>() &&
                  detail::accepts_labels<Y, YOut>()) {
      detail::check_images(x, x_out);
      draw(x, y, y_out);
      detail::apply_to_images(device, plan_, x, x_out, options_.axes);
      detail::apply_to_labels(plan_, y, n_classes_, y_out, options_.labels);
    }
  }

  /// Draws a plan and applies it to x in place; only the box's bytes move.
  ///
  /// Own partners in options().indices must be a permutation. Everything else is as above.
  template <class X, class Y, class YOut>
  void in_place(X&& x, const Y& y, YOut&& y_out) {
    in_place(Eigen::DefaultDevice(), std::forward<X>(x), y, std::forward<YOut>(y_out));
  }

  /// The same with the pixels moved by an Eigen device.
  template <class Device, class X, class Y, class YOut>
  void in_place(const Device& device, X&& x, const Y& y, YOut&& y_out) {
    if constexpr (detail::accepts_engine<Urbg>() && detail::accepts_images<X>() &&
                  detail::accepts_images_output<X>() && detail::accepts_labels<Y, YOut>()) {
      draw(x, y, y_out);
      const detail::Raster raster = detail::raster_of(x, options_.axes);
      detail::mix_raster_in_place(device, plan_, raster, detail::writable_bytes_of(x), &scratch_);
      detail::apply_to_labels(plan_, y, n_classes_, y_out, options_.labels);
    }
  }

  /// Draws a plan and returns new tensors, as cutmix() does.
  template <class X, class Y>
  auto operator()(const X& x, const Y& y) {
    if constexpr (detail::accepts_batch<X, Y, Urbg>()) {
      auto x_out = detail::make_tensor<detail::OwningTensor<X>>(detail::dimensions_of(x));
      auto y_out = detail::make_mixed_targets<X>(y, n_classes_);
      (*this)(x, y, x_out, y_out);
      return std::make_pair(std::move(x_out), std::move(y_out));
    } else {
      return std::make_pair(0, 0);
    }
  }

  /// False switches mixing off, for evaluation: x_out is x, y_out is y as dense targets, and no
  /// draws are spent, so that training goes on as if nothing had been evaluated.
  bool enabled = true;

  /// What the last call applied; an empty plan before the first.
  const Plan& plan() const { return plan_; }
  /// The partners that the last call used.
  const Indices& indices() const { return plan_.indices; }
  /// The share that the last call kept (of its first sample, where each has its own): the label
  /// weight.
  double cutmix_lambda() const { return plan_.lambda(0); }
  /// The box that the last call cut (of its first sample, where each has its own).
  const BBox& bbox() const { return plan_.box(0); }

  /// What it draws, as the constructor was told.
  const Options& options() const { return options_; }
  /// The width of targets that are made of class ids.
  Index n_classes() const { return n_classes_; }
  /// The engine; assign one of philox_stream's before a batch and it never repeats another's.
  Urbg& rng() { return rng_; }

 private:
  static Options with_alpha(double alpha) {
    Options options;
    options.alpha = alpha;
    return options;
  }

  // Checks the labels, then makes the plan of this call.
  template <class X, class Y, class YOut>
  void draw(const X& x, const Y& y, const YOut& y_out) {
    const detail::ImageShape shape = detail::image_shape(x, options_.axes);
    detail::check_labels(y, shape.batch, n_classes_, y_out, options_.labels);
    if (enabled) return detail::draw_plan(shape, options_, rng_, plan_);
    plan_.indices.resize(static_cast<std::size_t>(shape.batch));
    std::iota(plan_.indices.begin(), plan_.indices.end(), Index{0});
    plan_.boxes.assign(1, BBox{});
    plan_.lambdas.assign(1, 1.0);
  }

  Options options_;
  Index n_classes_;
  Urbg rng_;
  Plan plan_{{}, {BBox{}}, {1.0}};
  Scratch scratch_;
};

}  // namespace cutmix

#endif  // CUTMIX_CUTMIX_HPP
