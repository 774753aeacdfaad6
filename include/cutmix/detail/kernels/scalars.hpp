#ifndef CUTMIX_DETAIL_KERNELS_SCALARS_HPP
#define CUTMIX_DETAIL_KERNELS_SCALARS_HPP

// Scalars of any kind to and from a block of doubles. What computes does so on such blocks, so it
// is compiled once and not for every pair of types: N kinds to load and M to store.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "../attributes.hpp"
#include "../math.hpp"
#include "../scalar_kind.hpp"
#include "layout.hpp"

namespace cutmix {
namespace detail {

// The two halves of a float, as their bits: 5 bits of exponent and 10 of fraction, or 8 and 7.
struct Half {
  std::uint16_t bits;
};
struct BFloat16 {
  std::uint16_t bits;
};

// The nearest whole number, ties to even, of |value| below 2^51: beyond 2^52 doubles have no bits
// for fractions, so an addition rounds them away. A call to a library would cost more.
CUTMIX_HOST_DEVICE inline double nearest_even(double value) {
  return (value + 0x1.8p52) - 0x1.8p52;
}

CUTMIX_HOST_DEVICE inline double bits_to_double(std::uint64_t bits) {
  double value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
CUTMIX_HOST_DEVICE inline std::uint64_t double_to_bits(double value) {
  std::uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

// Small floats of 1 + exponent + fraction bits, IEEE's way.
template <int exponent, int fraction>
struct SmallFloat {
  static constexpr int bias = (1 << (exponent - 1)) - 1;
  static constexpr int lost = 52 - fraction;
  static constexpr std::uint64_t most = (1u << exponent) - 1;  // the exponent of inf and NaN

  CUTMIX_HOST_DEVICE static double load(std::uint16_t bits) {
    const std::uint64_t sign = static_cast<std::uint64_t>(bits >> 15) << 63;
    const std::uint64_t power = static_cast<std::uint64_t>(bits >> fraction) & most;
    const std::uint64_t rest = static_cast<std::uint64_t>(bits) & ((1u << fraction) - 1);
    if (power == 0) {  // a multiple of the smallest number
      const double value = static_cast<double>(rest) * unit();
      return sign != 0 ? -value : value;
    }
    const std::uint64_t wide = power == most ? 2047 : power + 1023 - bias;
    return bits_to_double(sign | wide << 52 | rest << lost);
  }

  // Rounded once, to nearest, ties to even.
  CUTMIX_HOST_DEVICE static std::uint16_t store(double value) {
    const std::uint64_t bits = double_to_bits(value);
    const auto sign = static_cast<std::uint16_t>(bits >> 63 << 15);
    const double size = math::abs(value);
    std::uint64_t result = 0;
    if (math::isnan(value)) {
      result = most << fraction | 1u << (fraction - 1);
    } else if (size < bits_to_double(static_cast<std::uint64_t>(1024 - bias) << 52)) {
      result = static_cast<std::uint64_t>(nearest_even(size / unit()));
    } else if (size >= bits_to_double((1024 + static_cast<std::uint64_t>(bias)) << 52)) {
      result = most << fraction;
    } else {
      std::uint64_t rounded = bits & ~(std::uint64_t{1} << 63);
      rounded += (std::uint64_t{1} << (lost - 1)) - 1 + (rounded >> lost & 1);
      result = (rounded >> lost) - (static_cast<std::uint64_t>(1023 - bias) << fraction);
    }
    return static_cast<std::uint16_t>(sign | result);
  }

  // The smallest number above 0.
  CUTMIX_HOST_DEVICE static double unit() {
    return bits_to_double(static_cast<std::uint64_t>(1024 - bias - fraction) << 52);
  }
};
using HalfFormat = SmallFloat<5, 10>;
using BFloat16Format = SmallFloat<8, 7>;

template <class T>
CUTMIX_HOST_DEVICE double load_scalar(const Byte* in) {
  T value;
  std::memcpy(&value, in, sizeof value);
  if constexpr (std::is_same_v<T, Half>)
    return HalfFormat::load(value.bits);
  else if constexpr (std::is_same_v<T, BFloat16>)
    return BFloat16Format::load(value.bits);
  else
    return static_cast<double>(value);
}

template <class T>
constexpr T largest_of = std::numeric_limits<T>::max();
template <class T>
constexpr T smallest_of = std::numeric_limits<T>::min();

// Rounded to nearest, ties to even; integers stay within their range.
template <class T>
CUTMIX_HOST_DEVICE void store_scalar(double value, Byte* out) {
  T stored;
  if constexpr (std::is_same_v<T, Half>) {
    stored.bits = HalfFormat::store(value);
  } else if constexpr (std::is_same_v<T, BFloat16>) {
    stored.bits = BFloat16Format::store(value);
  } else if constexpr (std::is_floating_point_v<T>) {
    stored = static_cast<T>(value);
  } else {
    constexpr T most = largest_of<T>, least = smallest_of<T>;
    const double whole = math::abs(value) < 0x1p51 ? nearest_even(value) : math::nearbyint(value);
    if (whole >= static_cast<double>(most))
      stored = most;
    else if (whole <= static_cast<double>(least))
      stored = least;
    else
      stored = static_cast<T>(whole);
  }
  std::memcpy(out, &stored, sizeof stored);
}

// Calls visit with a value of the type that has this kind; an opaque kind has none.
CUTMIX_WHERE_ITS_ARGUMENT_RUNS
template <class Visit>
CUTMIX_HOST_DEVICE void with_kind(ScalarKind kind, const Visit& visit) {
  switch (kind) {
    case ScalarKind::opaque:
      return;
    case ScalarKind::boolean:
    case ScalarKind::uint8:
      return visit(std::uint8_t{});
    case ScalarKind::int8:
      return visit(std::int8_t{});
    case ScalarKind::uint16:
      return visit(std::uint16_t{});
    case ScalarKind::int16:
      return visit(std::int16_t{});
    case ScalarKind::uint32:
      return visit(std::uint32_t{});
    case ScalarKind::int32:
      return visit(std::int32_t{});
    case ScalarKind::uint64:
      return visit(std::uint64_t{});
    case ScalarKind::int64:
      return visit(std::int64_t{});
    case ScalarKind::half:
      return visit(Half{});
    case ScalarKind::bfloat16:
      return visit(BFloat16{});
    case ScalarKind::float32:
      return visit(float{});
    case ScalarKind::float64:
      return visit(double{});
  }
}

// n scalars, `stride` bytes apart.
inline void load_run(ScalarKind kind, const Byte* in, Index stride, Index n, double* out) {
  with_kind(kind, [&](auto type) {
    for (Index i = 0; i < n; ++i) out[i] = load_scalar<decltype(type)>(in + i * stride);
  });
}
inline void store_run(ScalarKind kind, const double* in, Index n, Byte* out, Index stride) {
  with_kind(kind, [&](auto type) {
    for (Index i = 0; i < n; ++i) store_scalar<decltype(type)>(in[i], out + i * stride);
  });
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_KERNELS_SCALARS_HPP
