#ifndef CUTMIX_PLAN_HPP
#define CUTMIX_PLAN_HPP

/// @file plan.hpp
/// All chance ends here: a Plan is drawn once, and everything that belongs to the batch follows it.

#include <istream>
#include <limits>
#include <locale>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "bbox.hpp"
#include "random.hpp"

namespace cutmix {

/// One draw: who is mixed with whom, where, and how much. Plain data.
///
/// Boxes and lambdas hold one entry for the whole batch, or one a sample. A lambda is the share of
/// its own pixels that a sample keeps, 1 - area/(W H) of the box beside it.
struct Plan {
  Indices indices;              ///< (B) the partner of each sample, in [0, B)
  std::vector<BBox> boxes;      ///< (1) or (B)
  std::vector<double> lambdas;  ///< beside each box, in [0, 1]

  /// The number of samples, B.
  Index batch() const { return static_cast<Index>(indices.size()); }
  /// The box of one sample, whichever scope the plan has.
  const BBox& box(Index sample) const { return boxes[entry(sample)]; }
  /// The share that one sample keeps, whichever scope the plan has.
  double lambda(Index sample) const { return lambdas[entry(sample)]; }

  /// Whether everything is the same, number for number.
  friend bool operator==(const Plan& a, const Plan& b) {
    return a.indices == b.indices && a.boxes == b.boxes && a.lambdas == b.lambdas;
  }
  /// The opposite.
  friend bool operator!=(const Plan& a, const Plan& b) { return !(a == b); }

 private:
  std::size_t entry(Index sample) const {
    return boxes.size() == 1 ? 0 : static_cast<std::size_t>(sample);
  }
};

/// What shares one box: the whole batch, as in the paper, or nothing but the sample itself.
enum class Scope { batch, sample };

/// How partners are chosen.
enum class Pairing {
  random,       ///< a uniformly random permutation; a sample may meet itself
  derangement,  ///< a uniformly random permutation in which none does (a batch of one still does)
  reversed,     ///< sample b with sample B - 1 - b; no draws
  rolled        ///< sample b with the one before it, the first with the last; no draws
};

/// Where a tensor keeps the batch (B), the rows (H) and the columns (W) of its images. Any axes may
/// stand where the dots are: channels, frames, views.
enum class Axes {
  bchw,  ///< (B, ..., H, W), rank 3 and up
  bhwc,  ///< (B, ..., H, W, C), rank 4 and up
  whcb   ///< (W, H, ..., B), rank 3 and up: in ColMajor the same bytes as bchw in RowMajor
};

/// How class ids become dense targets.
struct LabelOptions {
  double smoothing = 0;  ///< in [0, 1]: this much of each label is spread over all classes
  std::optional<Index> ignore_id;  ///< samples of this id contribute nothing to any row
};

/// What make_plan and CutMix draw, and how.
struct Options {
  double alpha = 1;            ///< of Beta(alpha, alpha), in [0, inf]
  double prob = 1;             ///< in [0, 1]: of mixing a call, or each sample, as the scope says
  Scope scope = Scope::batch;  ///< what shares one box
  BoxLaw box_law = ReferenceLaw{};    ///< where the box comes from
  Pairing pairing = Pairing::random;  ///< how partners are chosen
  std::optional<Indices> indices;  ///< the caller's own partners; wins over pairing, costs no draws
  Axes axes = Axes::bchw;          ///< of the images
  LabelOptions labels;             ///< of class ids
};

namespace detail {

// The sizes that a plan depends on.
struct ImageShape {
  Index batch, height, width;
};

template <class X>
ImageShape image_shape(const X& x, Axes axes) {
  const auto size = dimensions_of(x);
  constexpr std::size_t rank = size.size();
  switch (axes) {
    case Axes::bchw:
      return {size[0], size[rank - 2], size[rank - 1]};
    case Axes::bhwc:
      if (rank < 4) fail("rank of x", rank, "must be at least 4 for axes (B, ..., H, W, C)");
      return {size[0], size[rank - 3], size[rank - 2]};
    case Axes::whcb:
      return {size[rank - 1], size[1], size[0]};
  }
  fail("axes", static_cast<int>(axes), "must be one of the enumerators of cutmix::Axes");
}

inline void check_indices(const Indices& indices, Index batch) {
  if (static_cast<Index>(indices.size()) != batch)
    fail("size of indices", indices.size(), "must be " + to_text(batch) + ", the batch size");
  for (std::size_t i = 0; i < indices.size(); ++i)
    if (indices[i] < 0 || indices[i] >= batch)
      fail(element("indices", i), indices[i], "must be in [0, " + to_text(batch) + ")");
}

// The part of a plan that labels depend on.
inline void check_plan(const Plan& plan, Index batch) {
  check_indices(plan.indices, batch);
  const auto entries = plan.boxes.size();
  if (entries != 1 && static_cast<Index>(entries) != batch)
    fail("size of boxes", entries, "must be 1 or " + to_text(batch) + ", the batch size");
  if (plan.lambdas.size() != entries)
    fail("size of lambdas", plan.lambdas.size(), "must be " + to_text(entries) + ", as of boxes");
  for (std::size_t i = 0; i < entries; ++i)
    if (!(plan.lambdas[i] >= 0 && plan.lambdas[i] <= 1))
      fail(element("lambdas", i), plan.lambdas[i], "must be in [0, 1]");
}

// All of it: the boxes lie in the images, and each lambda is the share that its box leaves.
inline void check_plan(const Plan& plan, const ImageShape& shape) {
  check_plan(plan, shape.batch);
  for (std::size_t i = 0; i < plan.boxes.size(); ++i) {
    if (!lies_in_image(plan.boxes[i], shape.width, shape.height))
      fail_box(element("boxes", i), plan.boxes[i], shape.width, shape.height);
    const double share = kept_share(plan.boxes[i], shape.width, shape.height);
    if (std::abs(plan.lambdas[i] - share) > 1e-6)  // a lambda kept as a float still fits
      fail(element("lambdas", i), plan.lambdas[i],
           "must be " + to_text(share) + ", the share that " + element("boxes", i) + " leaves of " +
               to_text(shape.height) + " x " + to_text(shape.width) + " pixels");
  }
}

inline void check_options(const Options& options) {
  check_alpha(options.alpha);
  check_prob(options.prob);
  if (!options.box_law) fail("box_law", "nullptr", "must be callable");
}

template <class Urbg>
void draw_indices(Index batch, const Options& options, Urbg& rng, Indices& out) {
  if (options.indices) {
    check_indices(*options.indices, batch);
    out = *options.indices;
    return;
  }
  out.resize(static_cast<std::size_t>(batch));
  switch (options.pairing) {
    case Pairing::random:
      return random_permutation(batch, rng, out);
    case Pairing::derangement:
      return random_derangement(batch, rng, out);
    case Pairing::reversed:
      for (Index b = 0; b < batch; ++b) out[static_cast<std::size_t>(b)] = batch - 1 - b;
      return;
    case Pairing::rolled:
      for (Index b = 0; b < batch; ++b) out[static_cast<std::size_t>(b)] = (b == 0 ? batch : b) - 1;
      return;
  }
}

template <class Urbg>
void draw_plan(const ImageShape& shape, const Options& options, Urbg& rng, Plan& plan) {
  check_options(options);
  check_image_size(shape.width, shape.height);
  draw_indices(shape.batch, options, rng, plan.indices);
  // At least one box, so that a plan has a first one even for an empty batch.
  const auto entries = static_cast<std::size_t>(
      options.scope == Scope::sample ? std::max(shape.batch, Index{1}) : Index{1});
  plan.boxes.resize(entries);
  plan.lambdas.resize(entries);
  AnyUrbg any(rng);
  for (std::size_t i = 0; i < entries; ++i) {
    // The coin is tossed before the rest and looked at after it: a call that does not mix spends
    // the same draws as one that does.
    const bool mixed = options.prob >= 1 || open_unit(bits64(rng)) < options.prob;
    const double lambda = gen_cutmix_lambda(options.alpha, rng);
    const BBox box = options.box_law(shape.width, shape.height, lambda, any);
    check_box(box, shape.width, shape.height);
    plan.boxes[i] = mixed ? box : BBox{};
    plan.lambdas[i] = kept_share(plan.boxes[i], shape.width, shape.height);
  }
}

}  // namespace detail

/// Computes the share of its own pixels that an image keeps once the box has been replaced.
///
/// @param cutmix_lambda  the drawn share, in [0, 1]; checked, else unused, as in the reference
/// @param x              a batch of images, axes (B, ..., H, W), rank 3 and up
/// @param bbox           a box inside the image
/// @return               1 - area(bbox)/(W H), in [0, 1]
///
/// Errors: cutmix_lambda outside [0, 1] or NaN, a box that leaves the image or is inside out. No
/// draws. Never allocates. Source: the method card's adjust_lambda.
template <class X>
double adjust_lambda(double cutmix_lambda, const X& x, const BBox& bbox) {
  if constexpr (detail::accepts_images<X>()) {
    const auto shape = detail::image_shape(x, Axes::bchw);
    detail::check_lambda(cutmix_lambda);
    detail::check_box(bbox, shape.width, shape.height);
    return detail::kept_share(bbox, shape.width, shape.height);
  } else {
    return 0;
  }
}

/// Draws a plan for a batch of B images of H x W pixels, into memory that is kept between calls.
///
/// @param B, H, W  the batch, B >= 0, H and W >= 1
/// @param options  what to draw
/// @param rng      any uniform random bit generator
/// @param plan     overwritten
///
/// Draws, in this order: the pairing's (see gen_indices; a derangement spends a varying number),
/// then for each box one word of 64 bits where prob < 1, those of gen_cutmix_lambda, and the law's.
/// With the default options these are the draws of cutmix(). What is drawn does not depend on
/// whether the coin fell to mixing. Errors: B < 0, H or W below 1, alpha < 0 or NaN, prob outside
/// [0, 1] or NaN, indices that do not fit, a law's box that leaves the image. Allocates only where
/// plan's vectors grow.
template <class Urbg>
void make_plan(Index B, Index H, Index W, const Options& options, Urbg& rng, Plan& plan) {
  if (B < 0) detail::fail("B", B, "must be at least 0");
  detail::draw_plan({B, H, W}, options, rng, plan);
}

/// Draws a plan for a batch of B images of H x W pixels, and returns it.
template <class Urbg>
Plan make_plan(Index B, Index H, Index W, const Options& options, Urbg& rng) {
  Plan plan;
  make_plan(B, H, W, options, rng, plan);
  return plan;
}

/// Draws a plan for a batch of images, axes as options.axes says, into memory that is kept.
template <class X, class Urbg>
void make_plan(const X& x, const Options& options, Urbg& rng, Plan& plan) {
  if constexpr (detail::accepts_images<X>())
    detail::draw_plan(detail::image_shape(x, options.axes), options, rng, plan);
}

/// Draws a plan for a batch of images, axes as options.axes says, and returns it.
template <class X, class Urbg>
Plan make_plan(const X& x, const Options& options, Urbg& rng) {
  Plan plan;
  make_plan(x, options, rng, plan);
  return plan;
}

/// Prints a plan as one line that operator>> reads back exactly:
/// `plan indices 2: 1 0 boxes 1: (0, 0, 2, 3) lambdas 1: 0.5`.
inline std::ostream& operator<<(std::ostream& out, const Plan& plan) {
  // Built apart, so that the stream's own locale, width and precision neither matter nor change.
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text << "plan indices " << plan.indices.size() << ':';
  for (const Index index : plan.indices) text << ' ' << index;
  text << " boxes " << plan.boxes.size() << ':';
  for (const BBox& box : plan.boxes) text << ' ' << box;
  text << " lambdas " << plan.lambdas.size() << ':';
  for (const double lambda : plan.lambdas) text << ' ' << detail::to_text(lambda);
  return out << text.str();
}

/// Reads a plan that operator<< printed; on failure sets the stream's failbit and leaves plan
/// alone.
inline std::istream& operator>>(std::istream& in, Plan& plan) {
  const std::locale locale = in.imbue(std::locale::classic());
  const auto flags = in.flags(std::ios_base::dec | std::ios_base::skipws);
  const auto expect = [&in](const char* literal) {
    for (char read = 0; in && *literal != '\0'; ++literal)
      if (in >> read && read != *literal) in.setstate(std::ios_base::failbit);
  };
  // Grows as it reads: a count in a damaged text must not be believed with memory.
  const auto read_list = [&](const char* name, auto& list, const auto& read_one) {
    std::size_t count = 0;
    expect(name);
    in >> count;
    expect(":");
    while (in && list.size() < count) {
      list.emplace_back();
      read_one(list.back());
    }
  };
  Plan read;
  expect("plan");
  read_list("indices", read.indices, [&](Index& index) { in >> index; });
  read_list("boxes", read.boxes, [&](BBox& box) {
    expect("(");
    in >> box.x1;
    for (Index* side : {&box.y1, &box.x2, &box.y2}) expect(","), in >> *side;
    expect(")");
  });
  read_list("lambdas", read.lambdas, [&](double& lambda) { in >> lambda; });
  in.flags(flags);
  in.imbue(locale);
  if (in) plan = std::move(read);
  return in;
}

}  // namespace cutmix

#endif  // CUTMIX_PLAN_HPP
