#ifndef CUTMIX_TESTS_FUZZ_FAULTS_HPP
#define CUTMIX_TESTS_FUZZ_FAULTS_HPP

// What is wrong on purpose, and what must come of it: std::invalid_argument, and no byte that has
// changed.

#include <initializer_list>
#include <limits>
#include <vector>

#include "../naive.hpp"

namespace testing {

constexpr Index most = std::numeric_limits<Index>::max();
constexpr Index least = std::numeric_limits<Index>::min();

// A call that must be refused. Whatever else it throws ends the program.
template <class Call>
void check_refused(std::initializer_list<const Block*> blocks, const Call& call) {
  std::vector<std::vector<Byte>> before;
  for (const Block* block : blocks) before.push_back(block->memory());
  bool refused = false;
  try {
    call();
  } catch (const std::invalid_argument&) {
    refused = true;
  }
  REQUIRE(refused);
  auto memory = before.begin();
  for (const Block* block : blocks) REQUIRE(block->memory() == *memory++);
}

// Whether everything that a plan says fits the rest of it.
inline bool is_in_order(const Plan& plan) {
  const BatchShape& shape = plan.shape;
  if (shape.batch < 0 || shape.height < 0 || shape.width < 0 || shape.depth < 0) return false;
  if (shape.source < -1 || (shape.source == 0 && shape.batch > 0)) return false;
  constexpr Index most_pixels = Index{1} << 53;
  const bool none = shape.width == 0 || shape.height == 0 || shape.depth == 0;
  if (!none) {
    Index left = most_pixels;
    for (const Index side : {shape.width, shape.height, shape.depth}) left /= side;
    if (left < 1) return false;
  }
  if (static_cast<Index>(plan.indices.size()) != shape.batch) return false;
  const Index partners = shape.source < 0 ? shape.batch : shape.source;
  for (const Index partner : plan.indices)
    if (partner < 0 || partner >= partners) return false;
  if (plan.patches.size() != 1 && static_cast<Index>(plan.patches.size()) != shape.batch)
    return false;
  const auto lies = [](Index begin, Index end, Index size) {
    return 0 <= begin && begin <= end && end <= size;
  };
  for (const Patch& patch : plan.patches) {
    const BBox& box = patch.box;
    if (!lies(box.x1, box.x2, shape.width) || !lies(box.y1, box.y2, shape.height) ||
        !lies(box.z1, box.z2, shape.depth))
      return false;
    if (!(patch.blend >= 0) || !(patch.blend <= 1)) return false;
  }
  return true;
}

inline double no_share(Dice& dice) {
  using Limits = std::numeric_limits<double>;
  const double none[] = {-1e-9, 1 + 1e-15, -1, 2, Limits::quiet_NaN(), Limits::infinity()};
  return pick(dice, none);
}

// Makes one thing wrong in a plan that is in order and has a patch.
inline void spoil(Dice& dice, Plan& plan) {
  BatchShape& shape = plan.shape;
  const Index partners = shape.source < 0 ? shape.batch : shape.source;
  BBox& box = plan.patches[nth(dice.roll(0, static_cast<Index>(plan.patches.size()) - 1))].box;
  const Index no_sides[] = {-1, least, most};
  switch (dice.roll(0, 9)) {
    case 0:
    case 1: {
      const Index wrong[] = {-1, partners, most, least};
      if (plan.indices.empty())
        plan.indices.push_back(0);
      else
        plan.indices[nth(dice.roll(0, shape.batch - 1))] = pick(dice, wrong);
      break;
    }
    case 2:
      plan.indices.insert(plan.indices.begin(), nth(dice.roll(1, 3)), 0);
      break;
    case 3:
      plan.patches.insert(plan.patches.begin(), nth(shape.batch) + 1, plan.patches[0]);
      break;
    case 4: {
      Index* const sides[] = {&box.x1, &box.y1, &box.z1, &box.x2, &box.y2, &box.z2};
      *pick(dice, sides) = pick(dice, no_sides);
      break;
    }
    case 5: {
      Index* const ends[] = {&box.x2, &box.y2, &box.z2};
      const Index sizes[] = {shape.width, shape.height, shape.depth};
      const Index axis = dice.roll(0, 2);
      *ends[axis] = sizes[axis] + 1;
      break;
    }
    case 6: {  // inside out
      Index* const begins[] = {&box.x1, &box.y1, &box.z1};
      Index* const ends[] = {&box.x2, &box.y2, &box.z2};
      const Index axis = dice.roll(0, 2);
      *begins[axis] = *ends[axis] + 1;
      break;
    }
    case 7:
      plan.patches[nth(dice.roll(0, static_cast<Index>(plan.patches.size()) - 1))].blend =
          no_share(dice);
      break;
    case 8: {
      Index* const sizes[] = {&shape.batch, &shape.width, &shape.height, &shape.depth};
      *pick(dice, sizes) = dice.coin() ? -1 : least;
      break;
    }
    default:
      shape.source = dice.coin() ? -2 : least;
  }
  REQUIRE(!is_in_order(plan));
}

// The same, or a shape that is not that of the images.
inline void spoil_for_images(Dice& dice, Plan& plan) {
  if (dice.roll(0, 2) != 0) return spoil(dice, plan);
  Index* const sizes[] = {&plan.shape.width, &plan.shape.height, &plan.shape.depth};
  *pick(dice, sizes) += dice.roll(1, 3);
}

// A view that does not fit what the block's own fits: another size, scalar, letter or rank.
template <class View>
View damaged(Dice& dice, const View& view) {
  Indices sizes, strides;
  std::string letters(view.letters());
  for (int axis = 0; axis < view.rank(); ++axis)
    sizes.push_back(view.size(axis)), strides.push_back(view.stride(axis));
  ScalarKind kind = view.kind();
  Index bytes = view.scalar_bytes();
  const std::size_t axis = nth(dice.roll(0, view.rank() - 1));
  const bool plain = letters[axis] == 'B' || letters[axis] == 'W';
  switch (dice.roll(0, 3)) {
    case 0:
      if (plain) {
        sizes[axis] = sizes[axis] == 0 ? 1 : sizes[axis] - 1;
      } else {
        letters[axis] = 'Z';  // which no batch has
      }
      break;
    case 1:
      if (plain) {
        sizes[axis] = sizes[axis] == 0 ? 1 : sizes[axis] - 1;
      } else {
        const auto at = static_cast<std::ptrdiff_t>(axis);
        letters.erase(axis, 1);
        sizes.erase(sizes.begin() + at), strides.erase(strides.begin() + at);
      }
      break;
    case 2:
      if (kind == ScalarKind::opaque && bytes > 1 && dice.coin())
        --bytes;
      else
        kind = kind != ScalarKind::opaque ? ScalarKind::opaque
               : bytes == 16              ? (bytes = 8, ScalarKind::float64)
                                          : (bytes = 1, ScalarKind::uint8);
      break;
    default:
      sizes[axis] = sizes[axis] == 0 ? 1 : sizes[axis] - 1;
  }
  return View(view.data(), kind, bytes, sizes, letters, strides);
}

}  // namespace testing

#endif  // CUTMIX_TESTS_FUZZ_FAULTS_HPP
