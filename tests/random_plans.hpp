#ifndef CUTMIX_TESTS_RANDOM_PLANS_HPP
#define CUTMIX_TESTS_RANDOM_PLANS_HPP

// Options of every kind, and what make_plan promises to draw, put together from the public draws.

#include <cutmix/plan.hpp>
#include <utility>

#include "support.hpp"

namespace testing {

const cutmix::Scope all_scopes[] = {cutmix::Scope::batch, cutmix::Scope::sample,
                                    cutmix::Scope::pair};
const cutmix::Pairing all_pairings[] = {cutmix::Pairing::random, cutmix::Pairing::derangement,
                                        cutmix::Pairing::reversed, cutmix::Pairing::rolled};

inline BBox whole(const BatchShape& shape) {
  return {0, 0, shape.width, shape.height, 0, shape.depth};
}

inline cutmix::BoxLaw random_law(Dice& dice) {
  switch (dice.roll(0, 4)) {
    case 0:
      return cutmix::ReferenceLaw{};
    case 1:
      return cutmix::UniformLaw{};
    case 2:
      return cutmix::InsideLaw{};
    case 3:
      return cutmix::MinMaxLaw(0.1, 0.9);
    default:  // the caller's own: one column
      return [](const ImageSize& image, double, cutmix::UrbgRef& rng) {
        const Index x = cutmix::uniform_index(image.width, rng);
        return BBox{x, 0, x + 1, image.height, 0, image.depth};
      };
  }
}

inline Indices random_involution(Dice& dice, Index batch) {
  Indices partner(nth(batch));
  for (Index b = 0; b < batch; ++b) partner[nth(b)] = b;
  for (Index b = 0; b < batch; ++b) {
    const Index other = dice.roll(0, batch - 1);
    if (partner[nth(b)] != b || partner[nth(other)] != other) continue;
    std::swap(partner[nth(b)], partner[nth(other)]);
  }
  return partner;
}

inline BatchShape any_shape(Dice& dice) {
  BatchShape shape{dice.roll(0, 7), dice.roll(1, 20), dice.roll(1, 20)};
  if (dice.roll(0, 2) == 0) shape.depth = dice.roll(1, 6);
  if (dice.roll(0, 3) == 0) shape.source = dice.roll(1, 9);
  return shape;
}

// Any options that the shape allows.
inline cutmix::Options any_options(Dice& dice, const BatchShape& shape) {
  cutmix::Options options;
  options.alpha = dice.coin() ? 1 : 0.2;
  options.prob = dice.coin() ? 1 : dice.share();
  options.box_law = random_law(dice);
  options.mixup_prob = dice.coin() ? 0 : dice.share();
  options.mixup_alpha = dice.coin() ? 1 : 0.3;
  const bool own = shape.source < 0 || shape.source == shape.batch;
  options.scope = all_scopes[dice.roll(0, own ? 2 : 1)];
  if (own) options.pairing = all_pairings[dice.roll(0, 3)];
  if (options.scope == cutmix::Scope::pair) {
    options.pairing = cutmix::Pairing::reversed;
    if (dice.coin()) options.indices = random_involution(dice, shape.batch);
  } else if (dice.roll(0, 3) == 0) {
    options.indices.emplace();
    for (Index b = 0; b < shape.batch; ++b)
      options.indices->push_back(dice.roll(0, (shape.source < 0 ? shape.batch : shape.source) - 1));
  }
  return options;
}

// What make_plan promises to draw, from the public draws alone.
template <class Urbg>
Plan composed(const BatchShape& shape, const cutmix::Options& options, Urbg& rng) {
  Plan plan{shape, {}, {}};
  const Index B = shape.batch, partners = shape.source < 0 ? B : shape.source;
  if (options.indices)
    plan.indices = *options.indices;
  else if (partners == B && options.pairing == cutmix::Pairing::random)
    plan.indices = cutmix::random_permutation(B, rng);
  else if (partners == B && options.pairing == cutmix::Pairing::derangement)
    plan.indices = cutmix::random_derangement(B, rng);
  else
    for (Index b = 0; b < B; ++b)
      plan.indices.push_back(partners != B ? cutmix::uniform_index(partners, rng)
                             : options.pairing == cutmix::Pairing::reversed ? B - 1 - b
                                                                            : (b + B - 1) % B);
  cutmix::UrbgRef ref(rng);
  const Index patches = options.scope == cutmix::Scope::batch || B == 0 ? 1 : B;
  for (Index i = 0; i < patches; ++i) {
    if (options.scope == cutmix::Scope::pair && B > 0 && plan.indices[nth(i)] < i) {
      plan.patches.push_back(Patch(plan.patches[nth(plan.indices[nth(i)])]));
      continue;
    }
    const bool mixes = options.prob >= 1 || cutmix::uniform_unit(rng) < options.prob;
    const double lambda = cutmix::gen_cutmix_lambda(options.alpha, rng);
    Patch patch{options.box_law({shape.width, shape.height, shape.depth}, lambda, ref), 1};
    if (options.mixup_prob > 0) {
      const bool mixup = cutmix::uniform_unit(rng) < options.mixup_prob;
      const double kept = cutmix::gen_cutmix_lambda(options.mixup_alpha, rng);
      if (mixup) patch = {whole(shape), 1 - kept};
      if (mixup && kept == 1) patch = Patch{};
    }
    plan.patches.push_back(mixes ? patch : Patch{});
  }
  return plan;
}

}  // namespace testing

#endif  // CUTMIX_TESTS_RANDOM_PLANS_HPP
