#ifndef CUTMIX_TESTS_RANDOM_BATCHES_HPP
#define CUTMIX_TESTS_RANDOM_BATCHES_HPP

// Batches of images of all sizes, letters, strides and scalars, and plans for them.

#include <algorithm>
#include <cutmix/images.hpp>
#include <functional>
#include <numeric>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "naive.hpp"
#include "support.hpp"

namespace testing {

using cutmix::make_plan;
using cutmix::Options;
using cutmix::Pairing;
using cutmix::Scope;

inline Options random_options(Dice& dice, const BatchShape& shape) {
  Options options;
  options.alpha = 0.6;
  options.prob = dice.roll(0, 2) == 0 ? 0.7 : 1;
  options.scope = dice.coin() ? Scope::batch : Scope::sample;
  options.pairing = static_cast<Pairing>(dice.roll(0, 3));
  if (shape.source >= 0) options.pairing = Pairing::random;
  if (shape.source < 0 && dice.roll(0, 3) == 0) {
    options.scope = Scope::pair;
    options.pairing = Pairing::reversed;
  }
  switch (dice.roll(0, 3)) {
    case 1:
      options.box_law = cutmix::UniformLaw{};
      break;
    case 2:
      options.box_law = cutmix::InsideLaw{};
      break;
    case 3:
      options.box_law = cutmix::MinMaxLaw(0, 1);
      break;
    default:
      break;
  }
  return options;
}

// Drawn, or made up.
inline Plan any_plan(Dice& dice, const BatchShape& shape, bool blends) {
  if (shape.height == 0 || shape.width == 0 || shape.depth == 0 || dice.coin()) {
    Plan plan = random_plan(dice, shape, blends);
    for (Patch& patch : plan.patches) {  // few boxes vanish where sides are short
      const auto whole = [&dice](Index& begin, Index& end, Index size) {
        if (begin == end && dice.roll(0, 5) != 0) begin = 0, end = size;
      };
      whole(patch.box.x1, patch.box.x2, shape.width);
      whole(patch.box.y1, patch.box.y2, shape.height);
      whole(patch.box.z1, patch.box.z2, shape.depth);
    }
    return plan;
  }
  Options options = random_options(dice, shape);
  if (blends) options.mixup_prob = 0.5;
  return make_plan(shape, options, dice.engine());
}

// The same with partners that are a permutation.
inline Plan permuted(Dice& dice, Plan plan) {
  std::iota(plan.indices.begin(), plan.indices.end(), 0);
  for (std::size_t i = plan.indices.size(); i > 1; --i)
    std::swap(plan.indices[i - 1], plan.indices[nth(dice.roll(0, static_cast<Index>(i) - 1))]);
  return plan;
}

// What a batch is like: the letters in the order of memory, and their sizes.
struct Sort {
  std::string letters;
  Indices sizes;

  Sort with_batch(Index batch) const {
    Sort other = *this;
    other.sizes[letters.find('B')] = batch;
    return other;
  }
};

// Product of all sizes.
inline Index count_of(const Indices& sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), Index{1}, std::multiplies<Index>());
}

inline Sort small_sort(Dice& dice) {
  static const std::vector<std::string> all{
      "BCHW",  "BHWC",  "WHCB",   "BCW",    "BWC",      "BW",    "BCDHW", "BTCHW",
      "BDHWC", "BACHW", "BCTDHW", "WHDCB",  "BDW",      "BHW",   "CWHB",  "BATCDHWK",
      "CBHW",  "BCHWK", "BDTHW",  "DCHTWB", "BHATCWKD", "BHCWT", "HBCW",  "BCWH"};
  Sort sort;
  sort.letters = all[nth(dice.roll(0, static_cast<Index>(all.size()) - 1))];
  if (dice.roll(0, 2) == 0) sort.letters = shuffled(dice, sort.letters);
  const Index most = sort.letters.size() > 6 ? 3 : sort.letters.size() > 4 ? 5 : 9;
  for (std::size_t i = 0; i < sort.letters.size(); ++i)
    sort.sizes.push_back(dice.roll(0, 5) == 0 ? 1 : dice.roll(1, most));
  if (dice.roll(0, 9) == 0)  // long rows
    sort.sizes[sort.letters.find('W')] = dice.roll(20, 400);
  if (dice.roll(0, 19) == 0)  // many samples
    sort.sizes[sort.letters.find('B')] = dice.roll(250, 600);
  if (dice.roll(0, 19) == 0) sort.sizes[sort.letters.find('B')] = dice.roll(0, 1);
  if (dice.roll(0, 29) == 0)  // empty images
    sort.sizes[nth(dice.roll(0, static_cast<Index>(sort.sizes.size()) - 1))] = 0;
  while (count_of(sort.sizes) > 20000) {
    auto largest = std::max_element(sort.sizes.begin(), sort.sizes.end());
    *largest = (*largest + 1) / 2;
  }
  return sort;
}

// Several MiB, so that parts are made.
inline Sort large_sort(Dice& dice, std::size_t scalar) {
  static const std::vector<std::string> all{"BCHW",  "BHWC",  "WHCB", "BW",    "BCDHW",
                                            "WHDCB", "BTCHW", "CBHW", "BDHWC", "HWBC"};
  Sort sort;
  sort.letters = all[nth(dice.roll(0, static_cast<Index>(all.size()) - 1))];
  const char filler = sort.letters.find('H') != std::string::npos ? 'H' : 'W';
  Index rest = 1;
  for (const char letter : sort.letters) {
    const bool many = letter == 'B' && dice.roll(0, 2) == 0;
    sort.sizes.push_back(many ? dice.roll(250, 300) : dice.roll(2, 9));
    if (letter != filler) rest *= sort.sizes.back();
  }
  const auto bytes = static_cast<Index>(scalar) * rest;
  const Index wanted = (Index{7} << 19) / bytes;
  sort.sizes[sort.letters.find(filler)] = wanted + dice.roll(1, 5);
  return sort;
}

// Everything that one call is given, and where the partners come from.
struct Case {
  Block x, source, out;
  bool has_source;
};

// Inputs lie just as the output does, or, where that has the batch somewhere else, sample after
// sample in the same order, or in any way.
inline Case random_case(Dice& dice, const Sort& sort, const ScalarType& scalar) {
  enum class Inputs { alike, one_by_one, any };
  const auto inputs = static_cast<Inputs>(dice.roll(0, 2));
  const std::string index_order = dice.coin() ? sort.letters : shuffled(dice, sort.letters);
  const auto other_order = [&] { return dice.coin() ? index_order : shuffled(dice, index_order); };
  const PlacementStyle out_style =
      inputs == Inputs::one_by_one ? PlacementStyle{} : random_style(dice, true);
  const Placement laid = random_placement(dice, sort.letters, sort.sizes, out_style);
  const auto input = [&](Index batch) {
    Sort like = sort.with_batch(batch);
    if (inputs == Inputs::one_by_one) {
      const std::size_t b = sort.letters.find('B');
      std::rotate(like.letters.begin(), like.letters.begin() + static_cast<std::ptrdiff_t>(b),
                  like.letters.begin() + static_cast<std::ptrdiff_t>(b) + 1);
      std::rotate(like.sizes.begin(), like.sizes.begin() + static_cast<std::ptrdiff_t>(b),
                  like.sizes.begin() + static_cast<std::ptrdiff_t>(b) + 1);
    }
    const PlacementStyle style =
        inputs == Inputs::any ? random_style(dice, false) : PlacementStyle{};
    return random_placement(dice, like.letters, like.sizes, style);
  };
  const bool has_source = dice.roll(0, 2) == 0;
  const Placement x = inputs == Inputs::alike ? laid : input(laid.size('B'));
  const Placement source = has_source ? input(dice.roll(1, 7)) : x;
  const auto shift = [&] {  // misaligned now and then
    return nth(dice.roll(0, 3) == 0 ? dice.roll(1, 63) : 0);
  };
  const auto block = [&](const Placement& placement) {
    const std::size_t shifted = shift();
    return Block(placement, scalar.kind, scalar.bytes, shifted);
  };
  const Placement turned_x = turned(x, other_order()),
                  turned_source = turned(source, other_order());
  return {block(turned_x), block(turned_source), block(turned(laid, index_order)), has_source};
}

inline void fill(Dice& dice, Block& block, bool numbers) {
  numbers ? block.fill_with_numbers(dice) : block.fill_with_bytes(dice);
}

// Whether letters could as well be left away: they say (B, ..., H, W).
inline bool are_the_usual(const std::string& letters) {
  const std::size_t n = letters.size();
  return n >= 3 && letters[0] == 'B' && letters[n - 2] == 'H' && letters[n - 1] == 'W' &&
         letters.find('D') == std::string::npos;
}

inline std::string shown(const Plan& plan) {
  if (plan.shape.batch > 9) return "of many samples";
  std::ostringstream out;
  out << plan;
  return out.str();
}

inline std::string described(const Case& images) {
  std::string text = cutmix::detail::name_of(images.out.kind());
  for (const Block* block : {&images.x, &images.source, &images.out})
    text += " | " + described(block->placement());
  return text;
}

// Calls check(dice, images, blends) for `count` random batches of any scalar, of the sort that
// sort_of(dice, scalar) is.
template <class SortOf, class Check>
void for_random_batches(std::uint32_t seed, int count, const SortOf& sort_of, const Check& check) {
  Dice dice(seed);
  for (int i = 0; i < count; ++i) {
    INFO("seed " << seed << " case " << i);
    const ScalarType& scalar = all_scalars[nth(dice.roll(0, 15))];
    Case images = random_case(dice, sort_of(dice, scalar), scalar);
    const bool blends = has_numbers(scalar.kind) && dice.coin();
    INFO(described(images));
    check(dice, images, blends);
  }
}

inline Sort any_small_sort(Dice& dice, const ScalarType&) { return small_sort(dice); }
inline Sort any_large_sort(Dice& dice, const ScalarType& scalar) {
  return large_sort(dice, scalar.bytes);
}

// ---- checks ----

// Fills images, and draws a plan for them with what it makes of them.
struct Mixing {
  Plan plan;
  Expected expected;
};
inline Mixing any_mixing(Dice& dice, Case& images, bool blends) {
  fill(dice, images.x, blends);
  fill(dice, images.source, blends);
  BatchShape shape = images.out.placement().shape();
  if (images.has_source) shape.source = images.source.placement().size('B');
  const Plan plan = any_plan(dice, shape, blends);
  images.out.fill_with_bytes(dice);
  const Block& source = images.has_source ? images.source : images.x;
  return {plan, mixed_naively(plan, images.x, source, images.out)};
}

// Out of place on the caller's thread and on devices; x, source and whatever lies around the output
// must not change. `for_each_device` calls what it is given with devices of its own. Returns in how
// many parts it was done.
template <class Devices>
Index check_out_of_place(Dice& dice, Case& images, bool blends, const Devices& for_each_device) {
  Block& out = images.out;
  const Mixing mixing = any_mixing(dice, images, blends);
  const Plan& plan = mixing.plan;
  const Expected& expected = mixing.expected;
  INFO("plan " << shown(plan));
  const Block x_before = images.x, source_before = images.source;

  // Where letters agree one of two views may leave its own away, or both where they say the usual.
  const std::string &x_letters = images.x.placement().letters, &letters = out.placement().letters;
  bool x_lettered = x_letters != letters || dice.coin();
  bool out_lettered = x_letters != letters || !x_lettered || dice.coin();
  if (x_letters == letters && are_the_usual(letters) && !images.has_source && dice.coin())
    x_lettered = out_lettered = false;
  const std::string& order = x_lettered ? x_letters : letters;
  const bool source_lettered = images.source.placement().letters != order || dice.coin();

  const cutmix::ConstBatchView x = std::as_const(images.x).view(x_lettered);
  const cutmix::ConstBatchView from = std::as_const(images.source).view(source_lettered);
  const std::vector<Byte> before = out.memory();
  const auto check = [&](const auto& device) {
    out.memory() = before;
    if (images.has_source)
      cutmix::mix_images(device, plan, x, from, out.view(out_lettered));
    else
      cutmix::mix_images(device, plan, x, out.view(out_lettered));
    REQUIRE(expected.is(out));
    REQUIRE(images.x.memory() == x_before.memory());
    REQUIRE(images.source.memory() == source_before.memory());
  };
  if (images.has_source)
    cutmix::mix_images(plan, x, from, out.view(out_lettered));
  else
    cutmix::mix_images(plan, x, out.view(out_lettered));
  REQUIRE(expected.is(out));
  Index parts = 0;
  check(Backwards{&parts});
  for_each_device(check);
  return parts;
}

// In place, likewise.
template <class Devices>
Index check_in_place(Dice& dice, const Case& images, bool blends, const Devices& for_each_device) {
  Block block = images.out;
  fill(dice, block, blends);
  const Plan plan = permuted(dice, any_plan(dice, block.placement().shape(), blends));
  INFO("plan " << shown(plan));
  const Block before = block;
  const Expected expected = mixed_naively(plan, before, before, before);
  cutmix::mix_images_in_place(plan, block.view());
  REQUIRE(expected.is(block));
  const auto check = [&](const auto& device) {
    block = before;
    cutmix::mix_images_in_place(device, plan, block.view());
    REQUIRE(expected.is(block));
  };
  Index parts = 0;
  check(Backwards{&parts});
  for_each_device(check);
  return parts;
}

}  // namespace testing

#endif  // CUTMIX_TESTS_RANDOM_BATCHES_HPP
