#ifndef CUTMIX_TESTS_RANDOM_SAMPLES_HPP
#define CUTMIX_TESTS_RANDOM_SAMPLES_HPP

// Samples that lie anywhere, to be put together into a batch, and conversions of their bytes.

#include <algorithm>
#include <array>
#include <cmath>
#include <cutmix/collate.hpp>
#include <deque>
#include <limits>
#include <string>
#include <vector>

#include "naive.hpp"

namespace testing {

using cutmix::ConstBatchView;

inline std::string without_batch(std::string letters) {
  letters.erase(letters.find('B'), 1);
  return letters;
}

// One sample, with or without letters. Without them its axes stand in the order of the output's.
inline ConstBatchView sample_view(const Block& sample, const std::string& out_letters) {
  const Placement& placed = sample.placement();
  if (placed.letters.find('B') != std::string::npos) return sample.view();
  const std::string order = without_batch(out_letters);
  Indices sizes;
  for (const char letter : order) sizes.push_back(placed.size(letter));
  return {sample.at(0), sample.kind(),           static_cast<Index>(sample.scalar_bytes()), sizes,
          {},           placed.strides_of(order)};
}

// The samples as one batch: what the reference mixes.
inline Block stacked(const std::deque<Block>& samples, const Placement& out, ScalarKind kind,
                     std::size_t bytes) {
  Placement contiguous = out;
  Index span = 1;
  for (std::size_t axis = out.sizes.size(); axis-- > 0; span *= out.sizes[axis])
    contiguous.strides[axis] = span;
  contiguous.first = 0, contiguous.scalars = span;
  Block batch(contiguous, kind, bytes);
  const std::string inner = without_batch(out.letters);
  const Index batch_stride = contiguous.strides[out.letters.find('B')];
  Indices sizes;
  for (const char letter : inner) sizes.push_back(out.size(letter));
  for (std::size_t b = 0; b < samples.size(); ++b) {
    const Indices from = samples[b].placement().strides_of(inner);
    const Indices to = contiguous.strides_of(inner);
    for_each_place(sizes, [&](const Indices& at) {
      std::memcpy(batch.at(dot(to, at) + static_cast<Index>(b) * batch_stride),
                  samples[b].at(dot(from, at)), bytes);
    });
  }
  return batch;
}

// The same samples as many scalars without gaps, in the order of the output's memory.
inline std::vector<Byte> packed(const Block& sample, const Placement& out) {
  std::string order = without_batch(out.letters);
  std::sort(order.begin(), order.end(), [&out](char a, char b) {
    const auto distance = [&out](char letter) {  // an axis of one position has none
      const Index stride = out.strides[out.letters.find(letter)];
      return out.size(letter) == 1 ? 0 : std::abs(stride);
    };
    return distance(a) > distance(b);
  });
  Indices sizes;
  for (const char letter : order) sizes.push_back(out.size(letter));
  std::vector<Byte> bytes;
  const Indices strides = sample.placement().strides_of(order);
  for_each_place(sizes, [&](const Indices& at) {
    const Byte* const scalar = sample.at(dot(strides, at));
    bytes.insert(bytes.end(), scalar, scalar + sample.scalar_bytes());
  });
  return bytes;
}

struct Kit {
  Plan plan;
  std::deque<Block> samples;
  Block out;
};

inline Kit random_kit(Dice& dice, const ScalarType& scalar, bool blends, bool alike,
                      Index most_samples) {
  static const std::vector<std::string> all{"BCHW", "BHWC", "WHCB",  "BCW",  "BCDHW", "BHW",
                                            "CBHW", "BW",   "BDHWC", "HWBC", "BTCHW", "WCHB"};
  std::string letters = all[nth(dice.roll(0, static_cast<Index>(all.size()) - 1))];
  if (dice.roll(0, 3) == 0) letters = shuffled(dice, letters);
  Indices sizes;
  for (const char letter : letters)
    sizes.push_back(letter == 'B'          ? dice.roll(1, most_samples)
                    : dice.roll(0, 6) == 0 ? 1
                                           : dice.roll(1, letters.size() > 4 ? 4 : 9));
  if (most_samples < 10 && dice.roll(0, 9) == 0)  // long rows
    sizes[letters.find('W')] = dice.roll(20, 400);
  if (dice.roll(0, 15) == 0) sizes[letters.find('B')] = 0;
  if (dice.roll(0, 25) == 0) sizes[nth(dice.roll(0, static_cast<Index>(sizes.size()) - 1))] = 0;
  PlacementStyle style;
  if (!alike) style = {dice.coin(), dice.coin(), dice.coin(), false};
  const Placement laid = random_placement(dice, letters, sizes, style);
  const Placement out = turned(laid, dice.coin() ? letters : shuffled(dice, letters));
  Kit kit{
      {}, {}, Block(out, scalar.kind, scalar.bytes, nth(dice.roll(0, 3) ? 0 : dice.roll(1, 9)))};
  for (Index b = 0; b < out.size('B'); ++b) {
    const bool lettered = dice.coin();
    Placement one = out;
    one.sizes[one.letters.find('B')] = 1;
    if (!alike) {
      one = random_placement(dice, letters, turned(one, letters).sizes,
                             {dice.coin(), dice.coin(), dice.coin(), dice.roll(0, 5) == 0});
      one = turned(one, shuffled(dice, letters));
    }
    if (!lettered) {
      const auto batch = static_cast<std::ptrdiff_t>(one.letters.find('B'));
      one.letters.erase(nth(batch), 1);
      one.sizes.erase(one.sizes.begin() + batch);
      one.strides.erase(one.strides.begin() + batch);
    }
    kit.samples.emplace_back(one, scalar.kind, scalar.bytes,
                             nth(dice.roll(0, 3) ? 0 : dice.roll(1, 9)));
    Block& sample = kit.samples.back();
    blends ? sample.fill_with_numbers(dice) : sample.fill_with_bytes(dice);
  }
  const BatchShape shape = out.shape();
  if (dice.coin() || shape.height * shape.width * shape.depth == 0) {
    kit.plan = random_plan(dice, shape, blends);
  } else {
    cutmix::Options options;
    options.alpha = 0.6;
    options.scope = dice.coin() ? cutmix::Scope::batch : cutmix::Scope::sample;
    options.mixup_prob = blends ? 0.4 : 0;
    if (dice.coin()) options.box_law = cutmix::UniformLaw{};
    kit.plan = make_plan(shape, options, dice.engine());
  }
  return kit;
}

// ---- conversions ----

// Any numbers that the scalar can take; now and then what is none, where its bits are certain.
inline cutmix::ByteConversion random_conversion(Dice& dice, Index channels, ScalarKind kind) {
  using Limits = std::numeric_limits<double>;
  const bool floats = kind == ScalarKind::float32 || kind == ScalarKind::float64;
  return cutmix::ByteConversion(channels, [&](std::uint8_t, Index) {
    const auto whole = static_cast<double>(dice.fill(-99999, 99999));
    if (floats && dice.fill(0, 60) == 0)
      return dice.fill(0, 1) == 1 ? Limits::infinity() : Limits::quiet_NaN();
    return std::ldexp(whole, static_cast<int>(dice.fill(-30, 4)));
  });
}

// A batch of bytes as scalars of another kind, one by one; channels along letter C.
inline Block converted(const Block& bytes, const cutmix::ByteConversion& conversion,
                       ScalarKind kind, std::size_t scalar) {
  const Placement& placement = bytes.placement();
  Block batch(placement, kind, scalar);
  const auto channel = placement.letters.find('C');
  for_each_place(placement.sizes, [&](const Indices& at) {
    const Index table =
        channel == std::string::npos || conversion.channels() == 1 ? 0 : at[channel];
    const Index place = dot(placement.strides, at);
    put_number(kind, conversion(*bytes.at(place), table), batch.at(place));
  });
  return batch;
}

// ---- checks ----

// A container that makes each sample anew, as a data set that decodes does.
template <class Sample>
struct Decoding {
  const std::vector<Sample>* samples;
  mutable int made = 0;
  int size() const { return static_cast<int>(samples->size()); }
  Sample operator[](int b) const {
    ++made;
    return (*samples)[nth(b)];
  }
};

// Collate is the naive mix of the stacked samples. `for_each_device` calls what it is given with
// devices of its own.
template <class Devices>
void check_collate(Dice& dice, const ScalarType& scalar, Index most_samples,
                   const Devices& for_each_device) {
  const bool blends = has_numbers(scalar.kind) && dice.coin(), alike = dice.coin();
  Kit kit = random_kit(dice, scalar, blends, alike, most_samples);
  INFO(cutmix::detail::name_of(scalar.kind) << " to " << described(kit.out.placement()));
  INFO("samples such as " << described(
           (kit.samples.empty() ? kit.out : kit.samples[0]).placement()));
  const Block batch = stacked(kit.samples, kit.out.placement(), scalar.kind, scalar.bytes);
  const std::deque<Block> samples_before = kit.samples;
  kit.out.fill_with_bytes(dice);
  const std::vector<Byte> before = kit.out.memory();
  const Expected expected = mixed_naively(kit.plan, batch, batch, kit.out);
  std::vector<ConstBatchView> views;
  for (const Block& sample : kit.samples)
    views.push_back(sample_view(sample, kit.out.placement().letters));
  const auto check = [&](const auto& run) {
    kit.out.memory() = before;
    run();
    REQUIRE(expected.is(kit.out));
  };
  check([&] { cutmix::collate(kit.plan, views, kit.out.view()); });
  check([&] { cutmix::collate(Backwards{}, kit.plan, views, kit.out.view()); });
  for_each_device([&](const auto& device) {
    check([&] { cutmix::collate(device, kit.plan, views, kit.out.view()); });
  });
  check([&] { cutmix::collate(kit.plan, Decoding<ConstBatchView>{&views}, kit.out.view()); });
  check([&] {
    Block x = batch;
    cutmix::mix_images(kit.plan, x.view(), kit.out.view());
  });
  for (std::size_t b = 0; b < kit.samples.size(); ++b)
    REQUIRE(kit.samples[b].memory() == samples_before[b].memory());

  // By pointers; only typed ones are.
  std::deque<std::vector<Byte>> memory;
  for (const Block& sample : kit.samples) memory.push_back(packed(sample, kit.out.placement()));
  const auto by_pointers = [&](auto type) {
    using T = decltype(type);
    std::vector<const T*> pointers;
    for (const auto& bytes : memory) pointers.push_back(reinterpret_cast<const T*>(bytes.data()));
    check([&] { cutmix::collate(kit.plan, pointers, kit.out.view()); });
  };
  if (scalar.kind == ScalarKind::uint8) by_pointers(std::uint8_t{});
  if (scalar.kind == ScalarKind::float32) by_pointers(float{});
  if (scalar.kind == ScalarKind::float64) by_pointers(double{});
  if (scalar.kind == ScalarKind::opaque && scalar.bytes == 12)
    by_pointers(std::array<std::uint8_t, 12>{});
}

// Converting collate is the naive mix of the converted samples.
template <class Devices>
void check_conversion(Dice& dice, Index most_samples, const Devices& for_each_device) {
  ScalarType scalar = all_scalars[nth(dice.roll(0, 15))];
  while (!has_numbers(scalar.kind)) scalar = all_scalars[nth(dice.roll(0, 15))];
  const bool blends = dice.coin();
  Kit kit = random_kit(dice, {ScalarKind::uint8, 1}, blends, dice.coin(), most_samples);
  const Placement& placement = kit.out.placement();
  Block out(placement, scalar.kind, scalar.bytes, nth(dice.roll(0, 3) ? 0 : dice.roll(1, 9)));
  INFO(cutmix::detail::name_of(scalar.kind) << " to " << described(placement));
  INFO("samples such as " << described(
           (kit.samples.empty() ? kit.out : kit.samples[0]).placement()));
  const bool one_table = placement.size('C') == 0 || dice.coin();
  const auto conversion = random_conversion(dice, one_table ? 1 : placement.size('C'), scalar.kind);
  const Block bytes = stacked(kit.samples, placement, ScalarKind::uint8, 1);
  const Block batch = converted(bytes, conversion, scalar.kind, scalar.bytes);
  out.fill_with_bytes(dice);
  const std::vector<Byte> before = out.memory();
  const Expected expected = mixed_naively(kit.plan, batch, batch, out);
  const std::deque<Block> samples_before = kit.samples;
  std::vector<ConstBatchView> views;
  for (const Block& sample : kit.samples) views.push_back(sample_view(sample, placement.letters));
  const auto check = [&](const auto& run) {
    out.memory() = before;
    run();
    REQUIRE(expected.is(out));
  };
  check([&] { cutmix::collate(kit.plan, views, out.view(), conversion); });
  check([&] { cutmix::collate(Backwards{}, kit.plan, views, out.view(), conversion); });
  for_each_device([&](const auto& device) {
    check([&] { cutmix::collate(device, kit.plan, views, out.view(), conversion); });
  });
  check(
      [&] { cutmix::collate(kit.plan, Decoding<ConstBatchView>{&views}, out.view(), conversion); });
  for (std::size_t b = 0; b < kit.samples.size(); ++b)
    REQUIRE(kit.samples[b].memory() == samples_before[b].memory());
  std::deque<std::vector<Byte>> memory;
  for (const Block& sample : kit.samples) memory.push_back(packed(sample, placement));
  std::vector<const std::uint8_t*> pointers;
  for (const auto& sample : memory) pointers.push_back(sample.data());
  check([&] { cutmix::collate(kit.plan, pointers, out.view(), conversion); });
}

}  // namespace testing

#endif  // CUTMIX_TESTS_RANDOM_SAMPLES_HPP
