#ifndef CUTMIX_TESTS_FUZZ_ANY_VIEW_HPP
#define CUTMIX_TESTS_FUZZ_ANY_VIEW_HPP

// Views of any numbers, those that overflow among them: what can be addressed is one, all else an
// error.

#include <algorithm>
#include <cutmix/collate.hpp>
#include <cutmix/images.hpp>
#include <cutmix/region_masks.hpp>
#include <string>
#include <utility>
#include <vector>

#include "faults.hpp"

namespace testing {

// What a view is made of.
struct ViewNumbers {
  ScalarKind kind;
  Index bytes;
  Indices sizes, strides;
  std::string letters;
  bool is_null;

  bool is_empty() const { return std::find(sizes.begin(), sizes.end(), 0) != sizes.end(); }
};

inline ViewNumbers any_numbers(Dice& dice) {
  const auto number = [&dice]() -> Index {
    const Index large[] = {most,           least,          -1,
                           most / 2,       -most,          most / 8,
                           Index{1} << 31, Index{1} << 32, Index{1} << 53,
                           Index{1} << 62, most - 100,     -(Index{1} << 40),
                           65536,          Index{1} << 20};
    return dice.roll(0, 3) == 0 ? pick(dice, large) : dice.roll(0, 4);
  };
  const ScalarType scalar =
      dice.coin() ? ScalarType{ScalarKind::uint8, 1} : pick(dice, all_scalars);
  ViewNumbers view{scalar.kind, static_cast<Index>(scalar.bytes), {}, {}, {}, dice.roll(0, 7) == 0};
  if (dice.roll(0, 15) == 0) view.bytes = number();
  if (dice.roll(0, 31) == 0) view.kind = static_cast<ScalarKind>(dice.roll(14, 255));
  const Index rank = dice.roll(0, 19) == 0 ? 9 : dice.roll(0, 8);
  const bool few = dice.coin();  // positions, so that strides are what matters
  for (Index axis = 0; axis < rank; ++axis) view.sizes.push_back(few ? dice.roll(1, 3) : number());
  if (dice.coin())
    for (Index axis = dice.roll(0, 9) == 0 ? dice.roll(0, 9) : rank; axis > 0; --axis)
      view.strides.push_back(few && dice.coin() ? Index{1} << dice.roll(56, 62) : number());
  if (dice.coin()) return view;
  view.letters = shuffled(dice, "BWHDCTAK").substr(0, nth(std::min(rank, Index{8})));
  if (dice.roll(0, 3) == 0 && !view.letters.empty()) {
    const char wrong[] = {'a', '@', '[', 'B', '\0', '\xFF'};
    view.letters[nth(dice.roll(0, static_cast<Index>(view.letters.size()) - 1))] =
        pick(dice, wrong);
  }
  if (dice.roll(0, 9) == 0) view.letters += 'Q';
  return view;
}

inline bool are_letters(std::string letters, std::size_t rank) {
  if (letters.empty()) return true;
  std::sort(letters.begin(), letters.end());
  return letters.size() == rank && letters.find('B') != letters.npos &&
         letters.find('W') != letters.npos && letters.front() >= 'A' && letters.back() <= 'Z' &&
         std::adjacent_find(letters.begin(), letters.end()) == letters.end();
}

// Where products come near 2^63 the library may refuse what would fit, for it asks in double.
enum class Fate { taken, either, refused };

inline Fate fate_of(const ViewNumbers& view) {
  using Wide = __int128;
  constexpr Wide limit = Wide{1} << 63, near = limit - (1 << 16);
  const std::size_t rank = view.sizes.size();
  if (rank > 8 || view.strides.size() > 8 || !are_letters(view.letters, rank)) return Fate::refused;
  if (view.kind > ScalarKind::float64 || view.bytes < 1) return Fate::refused;
  for (const ScalarType& known : all_scalars)
    if (known.kind == view.kind && known.kind != ScalarKind::opaque &&
        view.bytes != static_cast<Index>(known.bytes))
      return Fate::refused;
  if (!view.strides.empty() && view.strides.size() != rank) return Fate::refused;
  Fate fate = Fate::taken;
  Wide bytes = view.bytes;
  for (const Index size : view.sizes) {
    if (size < 0) return Fate::refused;
    bytes = std::min(bytes * std::max(size, Index{1}), limit);
  }
  if (bytes >= limit) return Fate::refused;
  if (bytes >= near) fate = Fate::either;
  if (view.is_empty()) return fate;
  if (view.is_null) return Fate::refused;
  Wide reach = view.bytes;
  for (std::size_t axis = 0; axis < view.strides.size(); ++axis) {
    if (view.strides[axis] == least) return Fate::refused;
    const Wide steps = std::min(Wide{std::abs(view.strides[axis])} * (view.sizes[axis] - 1), limit);
    if (steps * view.bytes >= near) fate = Fate::either;
    reach += std::min(steps * view.bytes, limit);
  }
  return reach >= limit ? Fate::refused : fate;
}

// A plan of another batch and images of the plan: nothing fits the view, and none of its memory,
// of which there is a byte, is touched.
inline void check_that_nothing_fits(const cutmix::BatchView& view) {
  const Plan plan{{7, 3, 5}, Indices(7, 0), {{{0, 0, 1, 1}, 1}}};
  std::vector<Byte> memory(7 * 15, 1);
  const cutmix::BatchView images = cutmix::view(memory.data(), {7, 3, 5}, "BHW");
  const cutmix::ConstBatchView x = cutmix::view(std::as_const(memory).data(), {7, 3, 5});
  const std::vector<cutmix::ConstBatchView> samples(7, cutmix::ConstBatchView(view));
  check_refused({}, [&] { cutmix::mix_images(plan, view, images); });
  check_refused({}, [&] { cutmix::mix_images(plan, x, view); });
  check_refused({}, [&] { cutmix::mix_images(plan, x, view, images); });
  check_refused({}, [&] { cutmix::mix_images_in_place(plan, view); });
  check_refused({}, [&] { cutmix::partner_mask(plan, view); });
  check_refused({}, [&] { cutmix::collate(plan, samples, images); });
  REQUIRE(memory == std::vector<Byte>(7 * 15, 1));
}

inline void check_any_view(Dice& dice) {
  const ViewNumbers numbers = any_numbers(dice);
  const auto& [kind, bytes, sizes, strides, letters, is_null] = numbers;
  std::vector<Byte> memory(1);  // anything beyond would be noticed
  void* const data = is_null ? nullptr : memory.data();
  const Fate fate = fate_of(numbers);
  try {
    const cutmix::BatchView view(data, kind, bytes, sizes, letters, strides);
    REQUIRE(fate != Fate::refused);
    REQUIRE((view.data() == data && view.kind() == kind && view.scalar_bytes() == bytes));
    REQUIRE((nth(view.rank()) == sizes.size() && view.letters() == letters));
    for (int axis = 0; axis < view.rank(); ++axis) {
      REQUIRE(view.size(axis) == sizes[nth(axis)]);
      if (!numbers.is_empty() && !strides.empty()) REQUIRE(view.stride(axis) == strides[nth(axis)]);
    }
    check_that_nothing_fits(view);
  } catch (const std::invalid_argument&) {
    REQUIRE(fate != Fate::taken);
  }
}

}  // namespace testing

#endif  // CUTMIX_TESTS_FUZZ_ANY_VIEW_HPP
