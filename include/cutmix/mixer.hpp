#ifndef CUTMIX_MIXER_HPP
#define CUTMIX_MIXER_HPP

/// @file mixer.hpp
/// CutMix for a training loop: an engine, options, and a plan kept between calls.

#include <cstdint>
#include <istream>
#include <ostream>
#include <type_traits>
#include <utility>

#include "images.hpp"
#include "labels.hpp"
#include "philox.hpp"
#include "plan.hpp"
#include "view.hpp"

namespace cutmix {

namespace detail {
struct MixerViews;
}

/// Mixes one batch after another, of any tensor type.
///
/// @code
/// cutmix::CutMix mixer(1.0, 10, cutmix::Philox4x32(42));  // alpha, classes, engine
/// mixer(images, labels, mixed, targets);                  // into memory you own
/// @endcode
/// The engine's type follows from the constructor's last argument. Copyable; a copy goes on by
/// itself from the same state. Not for use by two threads at once.
///
/// In all forms:
/// - `device` says where pixels are moved, as for mix_images;
/// - `x` is (B, ..., H, W), rank 3 and up, or as its letters say;
/// - `y` is (B) class ids, integers in [0, n_classes), or (B, ...) dense targets, n_classes wide
///   where they are of rank 2;
/// - `source`, `source_y` are the images and labels that partners come from, if they are not in the
///   batch itself;
/// - `x_out` has x's sizes and scalar, and `y_out`, floating, is (B, n_classes) for class ids, else
///   of y's sizes; both are overwritten, and must overlap none of the others.
///
/// Errors: those of mix_images, mix_labels and make_plan, and std::bad_alloc where memory runs out,
/// before anything is written or drawn (those of the caller's own box law or engine excepted, which
/// come after drawing and before writing, and those of a device, which may leave images mixed in
/// part: see DeviceTraits). After an error plan() is still the last good one, and the functor may
/// be called again: it goes on from where its engine stands, and at() repeats a batch that failed.
/// Draws: make_plan's; none while not enabled. Allocates nothing after the second call with a batch
/// of this size, but for what a device does.
template <class Urbg = Philox4x32>
class CutMix {
  static_assert(
      detail::is_urbg<Urbg>,
      "cutmix: CutMix takes alpha or options, the number of classes, which is an integer, "
      "and an engine, in this order: CutMix(1.0, 10, cutmix::Philox4x32(42))");

 public:
  /// One box a batch from the reference law, with lambda from Beta(alpha, alpha).
  ///
  /// alpha in [0, inf], n_classes at least 1, or std::invalid_argument. CutMix({}, n, rng) means
  /// default options.
  template <class Alpha, class N,
            class = std::enable_if_t<std::is_arithmetic_v<Alpha> && std::is_integral_v<N>>>
  CutMix(Alpha alpha, N n_classes, Urbg rng)
      : n_classes_(detail::class_count(n_classes)), rng_(std::move(rng)) {
    options_.alpha = static_cast<double>(alpha);
    detail::check_options(options_);
  }

  /// Whatever options say; checked here as far as they do not depend on a batch.
  CutMix(Options options, Index n_classes, Urbg rng);

  /// The number of classes is an integer: alpha stands first.
  template <class Alpha, class N,
            class = std::enable_if_t<std::is_arithmetic_v<Alpha> && std::is_floating_point_v<N>>,
            class = void>
  CutMix(Alpha alpha, N n_classes, Urbg rng) = delete;
  template <class N, class = std::enable_if_t<std::is_floating_point_v<N>>>
  CutMix(Options options, N n_classes, Urbg rng) = delete;

  /// @cond
  // After the message above there is no second one.
  template <class... Wrong, class Engine = Urbg, class = std::enable_if_t<!detail::is_urbg<Engine>>>
  explicit CutMix(const Wrong&...) {}
  /// @endcond

  /// Draws a plan and applies it into the caller's memory: the form for training loops.
  template <class X, class Y, class XOut, class YOut>
  void operator()(const X& x, const Y& y, XOut&& x_out, YOut&& y_out);
  /// On a device.
  template <class Device, class X, class Y, class XOut, class YOut>
  void operator()(const Device& device, const X& x, const Y& y, XOut&& x_out, YOut&& y_out);
  /// Partners from a source.
  ///
  /// @code
  /// mixer(images, labels, previous_images, previous_labels, mixed, targets);
  /// @endcode
  template <class X, class Y, class S, class SY, class XOut, class YOut>
  void operator()(const X& x, const Y& y, const S& source, const SY& source_y, XOut&& x_out,
                  YOut&& y_out);
  /// Partners from a source, on a device.
  template <class Device, class X, class Y, class S, class SY, class XOut, class YOut>
  void operator()(const Device& device, const X& x, const Y& y, const S& source, const SY& source_y,
                  XOut&& x_out, YOut&& y_out);

  /// Draws a plan and returns new tensors, mixed images and targets: for types that say how to make
  /// them, such as Eigen's and torch's.
  ///
  /// @code
  /// auto [mixed, targets] = mixer(images, labels);
  /// @endcode
  template <class X, class Y>
  auto operator()(const X& x, const Y& y);

  /// Draws a plan and applies it to x in place: only the boxes' bytes move. Partners must be a
  /// permutation.
  ///
  /// @code
  /// mixer.in_place(images, labels, targets);  // images become the mixed ones
  /// @endcode
  template <class X, class Y, class YOut>
  void in_place(X&& x, const Y& y, YOut&& y_out);
  /// On a device.
  template <class Device, class X, class Y, class YOut>
  void in_place(const Device& device, X&& x, const Y& y, YOut&& y_out);
  /// Partners from a source, which need be no permutation.
  template <class X, class Y, class S, class SY, class YOut>
  void in_place(X&& x, const Y& y, const S& source, const SY& source_y, YOut&& y_out);
  /// Partners from a source, on a device.
  template <class Device, class X, class Y, class S, class SY, class YOut>
  void in_place(const Device& device, X&& x, const Y& y, const S& source, const SY& source_y,
                YOut&& y_out);

  /// Moves the engine to the stream of one batch, from which the next call draws.
  ///
  /// @code
  /// mixer.at(epoch, step, rank)(images, labels, mixed, targets);
  /// @endcode
  /// Batches may be asked for in any order, and each comes out the same: the engine becomes
  /// philox_stream(rng().key(), epoch, step, rank). Without a call of at() before it the next batch
  /// goes on where the last one ended. Errors: philox_stream's, before anything changes. For
  /// Philox4x32 alone, whose streams are known. Never allocates.
  CutMix& at(std::int64_t epoch, std::int64_t step, std::int64_t rank = 0);

  /// Draws a plan alone, to apply to anything and to collate with (collate.hpp).
  ///
  /// @code
  /// cutmix::collate(mixer.draw({64, 224, 224}), samples, mixed);
  /// @endcode
  const Plan& draw(const BatchShape& shape);

  /// False switches mixing off, for evaluation: x_out is x, y_out is y as dense targets, and no
  /// draws are spent, so that training goes on as if nothing had been evaluated.
  bool enabled = true;

  /// What the last call applied; an empty plan before the first.
  const Plan& plan() const { return plan_; }
  /// The partners that the last call used.
  const Indices& indices() const { return plan_.indices; }
  /// The label weight of the last call (of its first sample, where each has its own).
  double cutmix_lambda() const { return plan_.lambda(0); }
  /// The box that the last call cut (of its first sample, where each has its own).
  const BBox& bbox() const { return plan_.box(0); }

  /// What it draws, as the constructor was told.
  const Options& options() const { return options_; }
  /// The width of targets that are made of class ids.
  Index n_classes() const { return n_classes_; }
  /// The engine, to draw from or to put another in its place.
  Urbg& rng() { return rng_; }
  /// The engine as it stands.
  const Urbg& rng() const { return rng_; }

  /// Prints what a run must know to go on, as one line: whether mixing is enabled, the engine and
  /// the last plan. Options and classes are the constructor's to say, for a law can be any code.
  ///
  /// @code
  /// checkpoint << mixer << '\n';
  /// @endcode
  /// The stream's locale and flags are of no account. For engines that have a text: Philox4x32 and
  /// the standard library's.
  friend std::ostream& operator<<(std::ostream& out, const CutMix& mixer) {
    mixer.print(out);
    return out;
  }

  /// Reads what operator<< printed into a functor made with the same options: it goes on as the one
  /// that was printed would have.
  ///
  /// @code
  /// if (!(checkpoint >> mixer)) throw std::runtime_error("the checkpoint is damaged");
  /// @endcode
  /// A text of another version, a damaged or cut one, or one of another engine sets the stream's
  /// failbit and leaves the functor alone. So does memory that runs out, as std::bad_alloc.
  friend std::istream& operator>>(std::istream& in, CutMix& mixer) {
    mixer.read(in);
    return in;
  }

 private:
  void print(std::ostream& out) const;
  void read(std::istream& in);
  void draw_next(const BatchShape& shape);
  void keep_next();
  void check_options_for(const BatchShape& shape, ScalarKind kind) const;
  // Calls run with the work of who is to apply a plan to x.
  template <class Device, class X, class Run>
  void run_on(const Device& device, const X& x, const Run& run);
  // Labels: the type that y has; row_major: whether the images' types are known to be.
  template <class Labels, bool row_major, class Work>
  void mix(Work& work, const detail::MixerViews& views);
  template <class Labels, class Work>
  void mix_in_place(Work& work, const detail::MixerViews& views);

  Options options_;
  Index n_classes_;
  Urbg rng_;
  Plan plan_, next_;  // the last good plan, and the one that is being drawn and applied
  detail::Cycles cycles_;
  detail::KeptByDevice kept_by_device_;
};

}  // namespace cutmix

#include "detail/mixer.hpp"

#endif  // CUTMIX_MIXER_HPP
