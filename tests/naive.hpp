#ifndef CUTMIX_TESTS_NAIVE_HPP
#define CUTMIX_TESTS_NAIVE_HPP

// What a plan makes of a batch, one scalar at a time, wherever the batch lies. Shares nothing with
// the library but the plain data of Plan and the names of ScalarKind.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <cutmix/detail/executor.hpp>
#include <cutmix/plan.hpp>
#include <cutmix/view.hpp>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "support.hpp"

namespace testing {

using Byte = unsigned char;
using cutmix::ScalarKind;

// ---- scalars as numbers ----

// The two floats of 16 bits: IEEE's half, and the upper half of a float32.
struct SmallFormat {
  int exponent, fraction;  // bits
};
constexpr SmallFormat half_format{5, 10}, bfloat16_format{8, 7};

inline double small_number(const SmallFormat& format, std::uint16_t bits) {
  const int power = bits >> format.fraction & ((1 << format.exponent) - 1);
  const int rest = bits & ((1 << format.fraction) - 1);
  const int most = (1 << format.exponent) - 1, bias = most / 2;
  const double sign = bits >> 15 ? -1 : 1;
  if (power == most)
    return std::copysign(rest != 0 ? std::numeric_limits<double>::quiet_NaN()
                                   : std::numeric_limits<double>::infinity(),
                         sign);
  const int whole = power != 0 ? 1 << format.fraction : 0;
  return sign * std::ldexp(whole + rest, std::max(power, 1) - bias - format.fraction);
}

// The nearest, ties to the even one, found among all of them.
inline std::uint16_t nearest_small(const SmallFormat& format, double value) {
  // Those from 0 up by their bits; in infinity's place stands what would follow the largest.
  static const auto numbers_of = [](const SmallFormat& small) {
    std::vector<double> numbers;
    for (int bits = 0; bits < ((1 << small.exponent) - 1) << small.fraction; ++bits)
      numbers.push_back(small_number(small, static_cast<std::uint16_t>(bits)));
    numbers.push_back(std::ldexp(1, 1 << (small.exponent - 1)));
    return numbers;
  };
  static const std::vector<double> halves = numbers_of(half_format),
                                   bfloat16s = numbers_of(bfloat16_format);
  const std::vector<double>& numbers = format.fraction == 10 ? halves : bfloat16s;
  const auto infinity = static_cast<std::uint16_t>(numbers.size() - 1);
  const auto sign = static_cast<std::uint16_t>(std::signbit(value) ? 0x8000 : 0);
  if (std::isnan(value)) return static_cast<std::uint16_t>(sign | (infinity + 1));
  const double size = std::abs(value);
  const auto above = std::upper_bound(numbers.begin(), numbers.end(), size);
  if (above == numbers.end()) return static_cast<std::uint16_t>(sign | infinity);
  const double tie = (above[-1] + above[0]) / 2;  // exact: one bit more
  const auto low = above - numbers.begin() - 1;
  const bool up = size > tie || (!(size < tie) && low % 2 != 0);
  return static_cast<std::uint16_t>(sign | (low + (up ? 1 : 0)));
}

template <class T>
T scalar_at(const Byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <class T>
void put_integer(double value, Byte* at) {
  using Limits = std::numeric_limits<T>;
  const double whole = std::nearbyint(value);  // to the nearest, ties to even
  const double beyond = std::ldexp(1, Limits::digits);
  const T stored = whole >= beyond                              ? Limits::max()
                   : whole < static_cast<double>(Limits::min()) ? Limits::min()
                                                                : static_cast<T>(whole);
  std::memcpy(at, &stored, sizeof stored);
}

inline double number_at(ScalarKind kind, const Byte* at) {
  switch (kind) {
    case ScalarKind::uint8:
      return scalar_at<std::uint8_t>(at);
    case ScalarKind::int8:
      return scalar_at<std::int8_t>(at);
    case ScalarKind::uint16:
      return scalar_at<std::uint16_t>(at);
    case ScalarKind::int16:
      return scalar_at<std::int16_t>(at);
    case ScalarKind::uint32:
      return scalar_at<std::uint32_t>(at);
    case ScalarKind::int32:
      return scalar_at<std::int32_t>(at);
    case ScalarKind::uint64:
      return static_cast<double>(scalar_at<std::uint64_t>(at));
    case ScalarKind::int64:
      return static_cast<double>(scalar_at<std::int64_t>(at));
    case ScalarKind::half:
      return small_number(half_format, scalar_at<std::uint16_t>(at));
    case ScalarKind::bfloat16:
      return small_number(bfloat16_format, scalar_at<std::uint16_t>(at));
    case ScalarKind::float32:
      return static_cast<double>(scalar_at<float>(at));
    case ScalarKind::float64:
      return scalar_at<double>(at);
    default:
      throw std::logic_error("no number");
  }
}

inline void put_number(ScalarKind kind, double value, Byte* at) {
  const auto put = [at](auto stored) { std::memcpy(at, &stored, sizeof stored); };
  switch (kind) {
    case ScalarKind::uint8:
      return put_integer<std::uint8_t>(value, at);
    case ScalarKind::int8:
      return put_integer<std::int8_t>(value, at);
    case ScalarKind::uint16:
      return put_integer<std::uint16_t>(value, at);
    case ScalarKind::int16:
      return put_integer<std::int16_t>(value, at);
    case ScalarKind::uint32:
      return put_integer<std::uint32_t>(value, at);
    case ScalarKind::int32:
      return put_integer<std::int32_t>(value, at);
    case ScalarKind::uint64:
      return put_integer<std::uint64_t>(value, at);
    case ScalarKind::int64:
      return put_integer<std::int64_t>(value, at);
    case ScalarKind::half:
      return put(nearest_small(half_format, value));
    case ScalarKind::bfloat16:
      return put(nearest_small(bfloat16_format, value));
    case ScalarKind::float32:
      return put(static_cast<float>(value));
    case ScalarKind::float64:
      return put(value);
    default:
      throw std::logic_error("no number");
  }
}

// More than 24 significant bits.
inline bool has_wide_numbers(ScalarKind kind) {
  return kind == ScalarKind::int32 || kind == ScalarKind::uint32 || kind == ScalarKind::int64 ||
         kind == ScalarKind::uint64 || kind == ScalarKind::float64;
}

// (1 - blend) own + blend partner, by the laws; a share of nothing is not read.
inline double blended(ScalarKind kind, double own, double partner, double blend) {
  if (has_wide_numbers(kind)) return std::fma(blend, partner, (1 - blend) * own);
  const auto own_share = static_cast<float>(1 - blend), share = static_cast<float>(blend);
  if (share <= 0) return own;
  if (own_share <= 0) return partner;
  return static_cast<double>(own_share) * own + static_cast<double>(share) * partner;
}

// What a pixel inside a box becomes; false where it is a NaN, whose bits no law fixes.
inline bool mix_scalar_naively(ScalarKind kind, std::size_t bytes, double blend, const Byte* own,
                               const Byte* partner, Byte* out) {
  if (blend == 1 || blend == 0) {
    std::memcpy(out, blend == 1 ? partner : own, bytes);
    return true;
  }
  const double value = blended(kind, number_at(kind, own), number_at(kind, partner), blend);
  put_number(kind, value, out);
  return !std::isnan(value);
}

// ---- batches that lie anywhere ----

// Where the scalars of a batch lie in a block of memory, in scalars from its beginning.
struct Placement {
  std::string letters;
  Indices sizes, strides;
  Index first = 0;  // position 0 of every axis
  Index scalars = 0;

  Index size(char letter) const {
    const auto axis = letters.find(letter);
    return axis == letters.npos ? 1 : sizes[axis];
  }
  bool empty() const { return std::find(sizes.begin(), sizes.end(), 0) != sizes.end(); }
  BatchShape shape() const { return {size('B'), size('H'), size('W'), size('D'), -1}; }
  // Scalars from one position of each axis of these letters to the next.
  Indices strides_of(const std::string& order) const {
    Indices found;
    for (const char letter : order) found.push_back(strides[letters.find(letter)]);
    return found;
  }
};

// Letters, and for each axis its size and stride.
inline std::string described(const Placement& placement) {
  std::string text = placement.letters;
  for (std::size_t axis = 0; axis < placement.sizes.size(); ++axis)
    text +=
        " " + std::to_string(placement.sizes[axis]) + ":" + std::to_string(placement.strides[axis]);
  return text;
}

// Calls visit with every position of a shape, the last axis fastest.
template <class Visit>
void for_each_place(const Indices& sizes, const Visit& visit) {
  if (std::find(sizes.begin(), sizes.end(), 0) != sizes.end()) return;
  Indices at(sizes.size(), 0);
  for (;;) {
    visit(at);
    std::size_t axis = sizes.size();
    while (axis-- > 0) {
      if (++at[axis] < sizes[axis]) break;
      at[axis] = 0;
      if (axis == 0) return;
    }
  }
}

inline Index dot(const Indices& strides, const Indices& at) {
  Index sum = 0;
  for (std::size_t axis = 0; axis < at.size(); ++axis) sum += strides[axis] * at[axis];
  return sum;
}

// A block of memory with a batch in it, and bytes around and between that nobody may touch.
class Block {
 public:
  static constexpr std::size_t guard = 64;

  Block(Placement placement, ScalarKind kind, std::size_t bytes, std::size_t shift = 0)
      : placement_(std::move(placement)),
        kind_(kind),
        bytes_(bytes),
        shift_(guard + shift),
        memory_(static_cast<std::size_t>(placement_.scalars) * bytes + shift_ + guard, Byte{0xA5}) {
  }

  const Placement& placement() const { return placement_; }
  ScalarKind kind() const { return kind_; }
  std::size_t scalar_bytes() const { return bytes_; }
  std::vector<Byte>& memory() { return memory_; }
  const std::vector<Byte>& memory() const { return memory_; }

  // The scalar so many from position 0.
  Byte* at(Index scalars) { return memory_.data() + offset(scalars); }
  const Byte* at(Index scalars) const { return memory_.data() + offset(scalars); }
  std::size_t offset(Index scalars) const {
    return shift_ + nth(placement_.first + scalars) * bytes_;
  }

  cutmix::BatchView view(bool with_letters = true) {
    return {at(0),
            kind_,
            static_cast<Index>(bytes_),
            placement_.sizes,
            letters(with_letters),
            placement_.strides};
  }
  cutmix::ConstBatchView view(bool with_letters = true) const {
    return {at(0),
            kind_,
            static_cast<Index>(bytes_),
            placement_.sizes,
            letters(with_letters),
            placement_.strides};
  }

  // Any bytes at all: for what is copied.
  void fill_with_bytes(Dice& dice) {
    for (std::size_t i = 0; i < memory_.size(); i += sizeof(std::uint32_t)) {
      const std::uint32_t word = dice.engine()();
      std::memcpy(memory_.data() + i, &word, std::min(sizeof word, memory_.size() - i));
    }
  }
  // Numbers of all sizes, and now and then what is none.
  void fill_with_numbers(Dice& dice) {
    fill_with_bytes(dice);
    if (kind_ != ScalarKind::float32 && kind_ != ScalarKind::float64) return;
    using Limits = std::numeric_limits<double>;
    for (Index i = 0; i < placement_.scalars; ++i) {
      const auto whole = static_cast<double>(dice.fill(-99999, 99999));
      double value = std::ldexp(whole, static_cast<int>(dice.fill(-40, 20)));
      if (dice.fill(0, 60) == 0)
        value = dice.fill(0, 1) == 1 ? Limits::infinity() : Limits::quiet_NaN();
      put_number(kind_, value, memory_.data() + shift_ + nth(i) * bytes_);
    }
  }

 private:
  std::string letters(bool with) const { return with ? placement_.letters : std::string(); }

  Placement placement_;
  ScalarKind kind_;
  std::size_t bytes_, shift_;
  std::vector<Byte> memory_;
};

// What the memory of an output must be afterwards.
struct Expected {
  std::vector<Byte> memory;
  std::vector<std::size_t> nans;  // bytes at which a NaN must stand, whose bits no law fixes
  ScalarKind kind;
  std::size_t bytes;

  // Whether a block has just these bytes, guards among them.
  bool is(const Block& block) const {
    std::vector<Byte> wanted = memory;
    for (const std::size_t at : nans) {
      const Byte* const found = block.memory().data() + at;
      if (!std::isnan(number_at(kind, found))) return false;
      std::copy(found, found + bytes, wanted.begin() + static_cast<std::ptrdiff_t>(at));
    }
    return block.memory() == wanted;
  }
};

// Applies a plan one scalar at a time: partners are those of `source`, which may be x.
inline Expected mixed_naively(const Plan& plan, const Block& x, const Block& source,
                              const Block& out) {
  Expected expected{out.memory(), {}, out.kind(), out.scalar_bytes()};
  const std::string& letters = out.placement().letters;
  const Indices& out_strides = out.placement().strides;
  const Indices own_strides = x.placement().strides_of(letters);
  const Indices partner_strides = source.placement().strides_of(letters);
  const std::size_t b = letters.find('B'), w = letters.find('W'), h = letters.find('H'),
                    d = letters.find('D');
  for_each_place(out.placement().sizes, [&](const Indices& at) {
    const auto place = [&at](std::size_t axis) { return axis < at.size() ? at[axis] : 0; };
    const std::size_t to = out.offset(dot(out_strides, at));
    const Byte* const own = x.at(dot(own_strides, at));
    const Patch& patch = patch_of(plan, at[b]);
    if (!covers(patch.box, at[w], place(h), place(d))) {
      std::memcpy(expected.memory.data() + to, own, out.scalar_bytes());
      return;
    }
    const Index steps = plan.indices[nth(at[b])] - at[b];
    const Byte* const partner = source.at(dot(partner_strides, at) + steps * partner_strides[b]);
    if (!mix_scalar_naively(out.kind(), out.scalar_bytes(), patch.blend, own, partner,
                            expected.memory.data() + to))
      expected.nans.push_back(to);
  });
  return expected;
}

// ---- random batches ----

// How strides come about.
struct PlacementStyle {
  bool shuffled = false;  // memory order is not that of the letters
  bool padded = false;    // gaps between rows, planes, ...
  bool negative = false;  // some axes run backwards
  bool repeated = false;  // some axes have stride 0
};

inline PlacementStyle random_style(Dice& dice, bool is_output) {
  PlacementStyle style;
  if (dice.coin()) return style;  // contiguous
  style.shuffled = dice.coin();
  style.padded = dice.coin();
  style.negative = dice.roll(0, 2) == 0;
  style.repeated = !is_output && dice.roll(0, 3) == 0;
  return style;
}

// Sizes are those of the letters, in their order.
inline Placement random_placement(Dice& dice, const std::string& letters, const Indices& sizes,
                                  const PlacementStyle& style) {
  Placement placement{letters, sizes, Indices(sizes.size()), 0, 0};
  std::vector<std::size_t> order(sizes.size());  // slowest first
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  if (style.shuffled)
    for (std::size_t i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[nth(dice.roll(0, static_cast<Index>(i) - 1))]);
  Index span = 1;
  for (std::size_t i = order.size(); i-- > 0;) {
    const std::size_t axis = order[i];
    if (style.padded && dice.coin()) span += dice.roll(0, 3);
    if (style.repeated && dice.roll(0, 2) == 0) continue;  // stride 0
    const Index last = std::max(sizes[axis], Index{1}) - 1;
    placement.strides[axis] = span;
    if (style.negative && dice.coin()) {
      placement.strides[axis] = -span;
      placement.first += last * span;
    }
    span *= last + 1;
  }
  placement.scalars = span;
  return placement;
}

inline std::string shuffled(Dice& dice, std::string text) {
  for (std::size_t i = text.size(); i > 1; --i)
    std::swap(text[i - 1], text[nth(dice.roll(0, static_cast<Index>(i) - 1))]);
  return text;
}

// The same memory, its axes named in another order.
inline Placement turned(const Placement& placement, const std::string& letters) {
  Placement result = placement;
  result.letters = letters;
  result.strides = placement.strides_of(letters);
  for (std::size_t axis = 0; axis < letters.size(); ++axis)
    result.sizes[axis] = placement.size(letters[axis]);
  return result;
}

// ---- devices ----

// Runs the last part first, and says how many there were.
struct Backwards {
  Index* most = nullptr;  // parts of one call
  void operator()(Index parts, cutmix::Part part) const {
    if (most != nullptr) *most = std::max(*most, parts);
    for (Index i = parts; i-- > 0;) part(i);
  }
};

// ---- scalars of every kind ----

struct ScalarType {
  ScalarKind kind;
  std::size_t bytes;
};
const ScalarType all_scalars[] = {
    {ScalarKind::opaque, 3},  {ScalarKind::opaque, 12},  {ScalarKind::opaque, 16},
    {ScalarKind::boolean, 1}, {ScalarKind::uint8, 1},    {ScalarKind::int8, 1},
    {ScalarKind::uint16, 2},  {ScalarKind::int16, 2},    {ScalarKind::uint32, 4},
    {ScalarKind::int32, 4},   {ScalarKind::uint64, 8},   {ScalarKind::int64, 8},
    {ScalarKind::half, 2},    {ScalarKind::bfloat16, 2}, {ScalarKind::float32, 4},
    {ScalarKind::float64, 8}};

const ScalarType integer_types[] = {
    {ScalarKind::boolean, 1}, {ScalarKind::uint8, 1},  {ScalarKind::int8, 1},
    {ScalarKind::uint16, 2},  {ScalarKind::int16, 2},  {ScalarKind::uint32, 4},
    {ScalarKind::int32, 4},   {ScalarKind::uint64, 8}, {ScalarKind::int64, 8}};
const ScalarType floating_types[] = {{ScalarKind::half, 2},
                                     {ScalarKind::bfloat16, 2},
                                     {ScalarKind::float32, 4},
                                     {ScalarKind::float64, 8}};

template <class T, std::size_t N>
const T& pick(Dice& dice, const T (&list)[N]) {
  return list[nth(dice.roll(0, static_cast<Index>(N) - 1))];
}

inline bool has_numbers(ScalarKind kind) {
  return kind != ScalarKind::opaque && kind != ScalarKind::boolean;
}

}  // namespace testing

#endif  // CUTMIX_TESTS_NAIVE_HPP
