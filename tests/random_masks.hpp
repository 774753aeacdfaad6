#ifndef CUTMIX_TESTS_RANDOM_MASKS_HPP
#define CUTMIX_TESTS_RANDOM_MASKS_HPP

// Masks of every scalar that lie anywhere, of pixels and of tokens, and the check that counts them.

#include <cutmix/region_masks.hpp>
#include <string>

#include "naive.hpp"

namespace testing {

inline bool holds_integers(ScalarKind kind) {
  return kind >= ScalarKind::boolean && kind <= ScalarKind::int64;
}

inline void put_mask(ScalarKind kind, double value, Byte* at) {
  if (kind == ScalarKind::boolean)
    *at = static_cast<Byte>(value);
  else
    put_number(kind, has_wide_numbers(kind) ? value : static_cast<float>(value), at);
}

// ---- random masks ----

// Masks with and without channels, of one to three dimensions, their axes in any order.
struct MaskCase {
  Plan plan;
  Block out;
  Index token[3];  // width, height, depth in pixels
};

inline MaskCase random_mask(Dice& dice, bool tokens) {
  const std::string all[] = {"BHW", "BW", "BDHW", "BCHW", "BCDHW", "BCTHW", "BCW"};
  const std::string letters = shuffled(dice, all[dice.roll(0, 6)]);
  ScalarType type = all_scalars[dice.roll(3, 15)];
  while (tokens && holds_integers(type.kind)) type = all_scalars[dice.roll(3, 15)];
  const bool integers = holds_integers(type.kind);
  BatchShape shape{dice.roll(0, 5), 1, 1, 1, -1};
  MaskCase mask{{}, Block({}, type.kind, type.bytes), {1, 1, 1}};
  Indices sizes;
  for (const char letter : letters) {
    const bool is_long = letter == 'W' && dice.roll(0, 9) == 0;
    const Index size = letter == 'B' ? shape.batch : is_long ? dice.roll(20, 200) : dice.roll(1, 7);
    sizes.push_back(size);
    const int side = letter == 'W' ? 0 : letter == 'H' ? 1 : letter == 'D' ? 2 : -1;
    if (side < 0) continue;
    if (tokens) mask.token[side] = dice.roll(1, 4);
    (side == 0 ? shape.width : side == 1 ? shape.height : shape.depth) = size * mask.token[side];
  }
  if (dice.coin()) shape.source = dice.roll(1, 4);
  mask.plan = random_plan(dice, shape, !integers);
  if (integers)  // nothing of the partner is as good as all
    for (Patch& patch : mask.plan.patches) patch.blend = dice.roll(0, 3) == 0 ? 0 : 1;
  PlacementStyle style = random_style(dice, true);
  if (dice.coin()) style.shuffled = true;
  mask.out = Block(random_placement(dice, letters, sizes, style), type.kind, type.bytes,
                   nth(dice.roll(0, 9)));
  return mask;
}

// The mean over the pixels of a token, each of which is looked at.
inline double counted_share(const MaskCase& mask, Index b, Index x, Index y, Index z) {
  const Patch& patch = patch_of(mask.plan, b);
  const auto& [wide, high, deep] = mask.token;
  double inside = 0;
  for (Index k = 0; k < deep; ++k)
    for (Index j = 0; j < high; ++j)
      for (Index i = 0; i < wide; ++i)
        inside += covers(patch.box, x * wide + i, y * high + j, z * deep + k) ? 1 : 0;
  return patch.blend * (inside / static_cast<double>(wide * high * deep));
}

inline void check_mask(Dice& dice, bool tokens) {
  MaskCase mask = random_mask(dice, tokens);
  Block& out = mask.out;
  const std::string& letters = out.placement().letters;
  INFO("letters " << letters << ", kind " << static_cast<int>(out.kind()) << ", plan "
                  << mask.plan);
  Expected expected{out.memory(), {}, out.kind(), out.scalar_bytes()};
  for_each_place(out.placement().sizes, [&](const Indices& at) {
    const auto place = [&](char letter) {
      const auto axis = letters.find(letter);
      return axis == letters.npos ? Index{0} : at[axis];
    };
    const double share = counted_share(mask, place('B'), place('W'), place('H'), place('D'));
    put_mask(out.kind(), share,
             expected.memory.data() + out.offset(dot(out.placement().strides, at)));
  });
  const bool in_order = letters == "BHW" || letters == "BCHW";
  partner_mask(mask.plan, out.view(!in_order || dice.coin()));
  REQUIRE(expected.is(out));
}

}  // namespace testing

#endif  // CUTMIX_TESTS_RANDOM_MASKS_HPP
