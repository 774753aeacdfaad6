#ifndef CUTMIX_TESTS_RANDOM_CALLS_HPP
#define CUTMIX_TESTS_RANDOM_CALLS_HPP

// Calls of the functor on batches of any kind, and what they are made of.

#include <algorithm>
#include <cutmix/mixer.hpp>
#include <iterator>
#include <string>
#include <utility>

#include "naive.hpp"
#include "random_plans.hpp"

namespace testing {

// ---- batches of any kind ----

enum class Labels { ids, dense, integers, volumes, weights };

// What one call is given. Without x_out it works in place.
struct Call {
  Block x, source, x_out, y, source_y, y_out;
  bool has_source = false, in_place = false;
  Labels labels = Labels::ids;

  bool operator==(const Call& other) const {
    const auto same = [](const Block& a, const Block& b) { return a.memory() == b.memory(); };
    return same(x, other.x) && same(source, other.source) && same(x_out, other.x_out) &&
           same(y, other.y) && same(source_y, other.source_y) && same(y_out, other.y_out);
  }
};

constexpr Index n_classes = 5;

template <class Mixer>
void run(Mixer& mixer, Call& call) {
  const auto x = std::as_const(call.x).view(), source = std::as_const(call.source).view();
  const auto y = std::as_const(call.y).view(false);
  const auto source_y = std::as_const(call.source_y).view(false);
  const cutmix::BatchView y_out = call.y_out.view(false);
  if (call.in_place && call.has_source)
    mixer.in_place(call.x.view(), y, source, source_y, y_out);
  else if (call.in_place)
    mixer.in_place(call.x.view(), y, y_out);
  else if (call.has_source)
    mixer(x, y, source, source_y, call.x_out.view(), y_out);
  else
    mixer(x, y, call.x_out.view(), y_out);
}

// The same by the functions that the functor is made of.
inline void apply(const Plan& plan, const cutmix::LabelOptions& options, Call& call) {
  const Block x = call.x;  // in place is out of place over a copy
  const cutmix::BatchView x_out = call.in_place ? call.x.view() : call.x_out.view();
  const auto y = std::as_const(call.y).view(false);
  const auto source_y = std::as_const(call.source_y).view(false);
  const cutmix::BatchView y_out = call.y_out.view(false);
  const bool ids = call.labels == Labels::ids;
  if (call.has_source) {
    cutmix::mix_images(plan, x.view(), std::as_const(call.source).view(), x_out);
    if (ids)
      cutmix::mix_labels(plan, y, source_y, n_classes, y_out, options);
    else
      cutmix::mix_labels(plan, y, source_y, y_out);
  } else {
    cutmix::mix_images(plan, x.view(), x_out);
    if (ids)
      cutmix::mix_labels(plan, y, n_classes, y_out, options);
    else
      cutmix::mix_labels(plan, y, y_out);
  }
}

inline Block images(Dice& dice, const std::string& letters, const BatchShape& shape,
                    const ScalarType& type, bool is_output) {
  Indices sizes;
  for (const char letter : letters)
    sizes.push_back(letter == 'B'   ? shape.batch
                    : letter == 'C' ? 3
                    : letter == 'H' ? shape.height
                    : letter == 'W' ? shape.width
                                    : shape.depth);
  Block block(random_placement(dice, letters, sizes, random_style(dice, is_output)), type.kind,
              type.bytes);
  block.fill_with_numbers(dice);
  return block;
}

inline Block labels(Dice& dice, Labels form, Index batch, bool is_output) {
  const ScalarType outputs[] = {{ScalarKind::float32, 4},
                                {ScalarKind::float64, 8},
                                {ScalarKind::half, 2},
                                {ScalarKind::bfloat16, 2}};
  ScalarType type = outputs[dice.roll(0, 3)];
  Indices sizes{batch, n_classes};
  if (form == Labels::volumes) sizes = {batch, 2, 3};
  if (form == Labels::weights) sizes = {batch};
  if (!is_output && form == Labels::ids) type = {ScalarKind::int16, 2}, sizes = {batch};
  if (!is_output && form == Labels::integers) type = {ScalarKind::int32, 4};
  if (!is_output && form != Labels::ids && form != Labels::integers)
    type = {ScalarKind::float32, 4};
  const std::string letters = std::string("BNM").substr(0, sizes.size());
  Block block(random_placement(dice, letters, sizes, random_style(dice, is_output)), type.kind,
              type.bytes);
  if (is_output) return block;
  for (Index i = 0; i < block.placement().scalars; ++i)
    put_number(type.kind, static_cast<double>(dice.roll(0, n_classes - 1)),
               block.at(i - block.placement().first));
  return block;
}

inline Call random_call(Dice& dice, const BatchShape& shape, bool blends) {
  const std::string letters = shape.depth > 1 ? "BCDHW" : "BCHW";
  ScalarType type = all_scalars[nth(dice.roll(0, static_cast<Index>(std::size(all_scalars)) - 1))];
  while (blends && !has_numbers(type.kind))
    type = all_scalars[nth(dice.roll(0, static_cast<Index>(std::size(all_scalars)) - 1))];
  const bool in_place = dice.coin();
  BatchShape from = shape;
  from.batch = std::max(shape.source, Index{1});
  const auto form = static_cast<Labels>(dice.roll(0, 4));
  return {images(dice, shuffled(dice, letters), shape, type, in_place),
          images(dice, shuffled(dice, letters), from, type, false),
          images(dice, shuffled(dice, letters), shape, type, true),
          labels(dice, form, shape.batch, false),
          labels(dice, form, from.batch, false),
          labels(dice, form, shape.batch, true),
          shape.source >= 0,
          in_place,
          form};
}

// cutmix::Options that a call can be drawn with, and in place if need be.
inline cutmix::Options options_of_call(Dice& dice, const BatchShape& shape, bool in_place) {
  cutmix::Options options;
  options.alpha = dice.coin() ? 1 : 0.4;
  options.prob = dice.coin() ? 1 : 0.6;
  options.mixup_prob = dice.coin() ? 0 : 0.5;
  options.box_law = random_law(dice);
  options.labels.smoothing = dice.coin() ? dice.share() : 0;
  if (dice.coin()) options.labels.ignore_id = dice.roll(0, n_classes - 1);
  if (dice.coin()) options.scope = cutmix::Scope::sample;
  const bool own = shape.source < 0 || shape.source == shape.batch;
  if (own) options.pairing = static_cast<cutmix::Pairing>(dice.roll(0, 3));
  if (own && dice.roll(0, 3) == 0)
    options.scope = cutmix::Scope::pair, options.pairing = cutmix::Pairing::reversed;
  else if (dice.roll(0, 3) == 0 && in_place && shape.source < 0)
    options.indices = cutmix::random_permutation(shape.batch, dice.engine());
  else if (dice.roll(0, 3) == 0 && !in_place) {
    const Index partners = shape.source < 0 ? shape.batch : shape.source;
    options.indices.emplace();
    for (Index b = 0; b < shape.batch; ++b) options.indices->push_back(dice.roll(0, partners - 1));
  }
  return options;
}

// Three calls of one functor are make_plan, mix_images and mix_labels; the second is not enabled.
inline void check_calls(Dice& dice, std::uint32_t seed) {
  BatchShape shape{dice.roll(0, 8), dice.roll(1, 7), dice.roll(1, 8), 1, -1};
  if (dice.roll(0, 4) == 0) shape.depth = dice.roll(2, 4);
  if (dice.coin()) shape.source = dice.coin() ? std::max(shape.batch, Index{1}) : dice.roll(1, 9);
  const bool in_place_options = dice.coin();
  cutmix::Options options = options_of_call(dice, shape, in_place_options);
  Call call = random_call(dice, shape, options.mixup_prob > 0);
  if (!in_place_options) call.in_place = false;
  cutmix::Philox4x32 rng(seed);
  cutmix::CutMix mixer(options, n_classes, rng);
  for (int step = 0; step < 3; ++step) {
    mixer.enabled = step != 1;
    Call expected = call;
    const Plan plan =
        mixer.enabled ? cutmix::make_plan(shape, options, rng) : Plan::identity(shape);
    apply(plan, options.labels, expected);
    run(mixer, call);
    REQUIRE(call == expected);
    REQUIRE(mixer.plan() == plan);
    REQUIRE(mixer.rng() == rng);
    REQUIRE(mixer.indices() == plan.indices);
    REQUIRE(mixer.bbox() == plan.box(0));
    REQUIRE(mixer.cutmix_lambda() == plan.lambda(0));
  }
}

}  // namespace testing

#endif  // CUTMIX_TESTS_RANDOM_CALLS_HPP
