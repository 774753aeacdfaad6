#ifndef CUTMIX_PLAN_HPP
#define CUTMIX_PLAN_HPP

/// @file plan.hpp
/// All chance ends here: a Plan is drawn once, and everything that belongs to the batch follows it.

#include <istream>
#include <optional>
#include <ostream>
#include <vector>

#include "bbox.hpp"
#include "random.hpp"

namespace cutmix {

/// What a plan must know of a batch; channels are none of it.
///
/// @code
/// cutmix::BatchShape images{64, 224, 224};        // batch, height, width
/// cutmix::BatchShape signals{64, 1, 16000};       // one dimension
/// @endcode
struct BatchShape {
  Index batch = 0;    ///< samples, at least 0
  Index height = 1;   ///< rows, at least 1 where a box is drawn
  Index width = 1;    ///< columns, likewise
  Index depth = 1;    ///< slices, likewise
  Index source = -1;  ///< how many samples partners come from; -1: the batch itself

  /// Whether every number is the same.
  friend bool operator==(const BatchShape& a, const BatchShape& b) {
    return a.batch == b.batch && a.height == b.height && a.width == b.width && a.depth == b.depth &&
           a.source == b.source;
  }
  /// The opposite.
  friend bool operator!=(const BatchShape& a, const BatchShape& b) { return !(a == b); }
};

/// A box and what happens inside: (1 - blend) own + blend partner. CutMix: 1. MixUp: the whole
/// image.
struct Patch {
  BBox box;          ///< inside the image
  double blend = 1;  ///< in [0, 1]

  /// Whether box and blend are the same.
  friend bool operator==(const Patch& a, const Patch& b) {
    return a.box == b.box && a.blend == b.blend;
  }
  /// The opposite.
  friend bool operator!=(const Patch& a, const Patch& b) { return !(a == b); }
};

/// One draw: who is mixed with whom, where, and how much. Plain data.
///
/// @code
/// cutmix::Plan plan{{2, 24, 32}, {1, 0}, {{{8, 4, 24, 12}, 1}}};  // two images, one box
/// double kept = plan.lambda(0);                                   // 1 - 16 * 8 / (24 * 32)
/// @endcode
/// A plan knows the shape that it was drawn for, and applying it to anything else is an error.
struct Plan {
  BatchShape shape;            ///< what it was drawn for
  Indices indices;             ///< (B) the partner of each sample, in [0, B) or [0, source)
  std::vector<Patch> patches;  ///< one for the batch, or one a sample

  /// The plan that leaves every sample as it is.
  ///
  /// @code
  /// cutmix::mix_labels(cutmix::Plan::identity({64, 32, 32}), ids, 10, one_hot);
  /// @endcode
  /// Errors: a negative batch; no source for a batch.
  static Plan identity(const BatchShape& shape);

  /// The box of one sample, whichever scope the plan has; an empty one where it has no patches.
  const BBox& box(Index sample) const { return patch(sample).box; }
  /// The partner's part inside the box of one sample.
  double blend(Index sample) const { return patch(sample).blend; }
  /// The share of its own pixels that one sample keeps, its label weight: 1 - blend * (share of the
  /// pixels inside the box).
  double lambda(Index sample) const;
  /// Box and blend of one sample.
  const Patch& patch(Index sample) const;

  /// Whether everything is the same, number for number.
  friend bool operator==(const Plan& a, const Plan& b) {
    return a.shape == b.shape && a.indices == b.indices && a.patches == b.patches;
  }
  /// The opposite.
  friend bool operator!=(const Plan& a, const Plan& b) { return !(a == b); }
};

/// What shares one patch.
enum class Scope {
  batch,   ///< the whole batch, as in the paper
  sample,  ///< nothing but the sample itself
  pair     ///< a sample and its partner, which must be each other's
};

/// How partners are chosen.
enum class Pairing {
  random,       ///< a uniformly random permutation; a sample may meet itself
  derangement,  ///< a uniformly random permutation in which none does (a batch of one still does)
  reversed,     ///< sample b with sample B - 1 - b; no draws
  rolled        ///< sample b with the one before it, the first with the last; no draws. A sampler
                ///< that repeats images side by side would mix each with itself
};

/// How class ids become dense targets.
struct LabelOptions {
  double smoothing = 0;  ///< in [0, 1]: this much of each label is spread over all classes
  std::optional<Index> ignore_id;  ///< samples of this id contribute nothing to any row
};

/// What make_plan and CutMix draw, and how.
///
/// @code
/// cutmix::Options options;
/// options.mixup_prob = 0.5;  // MixUp as often as CutMix
/// @endcode
struct Options {
  double alpha = 1;                   ///< of Beta(alpha, alpha), in [0, inf]
  double prob = 1;                    ///< in [0, 1]: of mixing each patch, see scope
  Scope scope = Scope::batch;         ///< what shares one patch
  BoxLaw box_law = ReferenceLaw{};    ///< where the box comes from
  Pairing pairing = Pairing::random;  ///< how partners are chosen
  std::optional<Indices> indices;  ///< the caller's own partners; wins over pairing, costs no draws
  double mixup_prob = 0;           ///< in [0, 1]: how often MixUp takes CutMix's place
  double mixup_alpha = 1;          ///< MixUp's alpha, in [0, inf]
  LabelOptions labels;             ///< of class ids, for the functor; make_plan ignores it
};

/// Draws a plan.
///
/// @code
/// cutmix::Philox4x32 rng(42);
/// cutmix::Plan plan = cutmix::make_plan({64, 224, 224}, cutmix::Options{}, rng);
/// @endcode
/// @param shape    the batch, whose sides are at least 1 and make at most 2^53 pixels. With a
///                 source of another size, Pairing::random draws each partner uniformly, in the
///                 order of the samples; other pairings, and pairs, are errors
/// @param options  what to draw
/// @param rng      any uniform random bit generator
///
/// Draws, in this order: the partners' (see random_permutation, random_derangement, uniform_index);
/// then for each patch one word of 64 bits where prob < 1, those of gen_cutmix_lambda, the law's,
/// and, where mixup_prob > 0, one word of 64 bits and those of gen_cutmix_lambda again. With the
/// default options these are the draws of cutmix(). What is drawn never depends on how a coin fell.
/// Pairs draw once, at their lower index. Errors: a shape or options out of range, indices that do
/// not fit, pairs that are none; before anything is drawn, and before that memory runs out. A law's
/// box that leaves the image: after. Allocates the result.
template <class Urbg>
Plan make_plan(const BatchShape& shape, const Options& options, Urbg& rng);

/// Draws a plan into memory that is kept.
///
/// @code
/// cutmix::make_plan({64, 224, 224}, options, rng, plan);
/// @endcode
/// On an error plan is what it was. Allocates only where plan's vectors grow; they keep room for
/// two draws.
template <class Urbg>
void make_plan(const BatchShape& shape, const Options& options, Urbg& rng, Plan& plan);

/// The same plan for maps of another resolution: feature maps, masks of a lower resolution.
///
/// @code
/// cutmix::Plan coarse = cutmix::scaled(plan, {64, 56, 56});  // of a plan for {64, 224, 224}
/// cutmix::mix_images(coarse, features, mixed);
/// @endcode
/// @param plan   any
/// @param shape  plan's batch and source, and sides onto whose pixels every edge of plan's boxes
///               falls: plan's own, multiples of them, or shares 1/k where k divides every edge.
///               Each axis has its own factor
/// @return       plan with its boxes scaled; each lambda is what it was, to the last bit
///
/// A box without pixels has none at any resolution, wherever its edges lie. Errors: a plan or shape
/// out of range, another batch or source, an edge between two pixels. No draws. Allocates the
/// result.
Plan scaled(const Plan& plan, const BatchShape& shape);

/// Prints a plan as one line that operator>> reads back exactly, whatever the stream's locale and
/// flags are.
///
/// @code
/// std::cout << plan;  // cutmix-plan 1 batch 2 height 6 width 8 depth 1 source -1 indices 1 0 ...
/// @endcode
std::ostream& operator<<(std::ostream& out, const Plan& plan);

/// Reads a plan that operator<< printed.
///
/// @code
/// cutmix::Plan plan;
/// if (!(file >> plan)) throw std::runtime_error("the plan is damaged");
/// @endcode
/// A text of another version, a damaged one, or one whose numbers do not fit each other sets the
/// stream's failbit and leaves plan alone. Takes memory for what it has read, not for what the text
/// claims; where that runs out std::bad_alloc comes through, and plan is left alone too.
std::istream& operator>>(std::istream& in, Plan& plan);

}  // namespace cutmix

#include "detail/plan.hpp"

#endif  // CUTMIX_PLAN_HPP
