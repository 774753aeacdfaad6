#ifndef CUTMIX_DETAIL_RANDOM_HPP
#define CUTMIX_DETAIL_RANDOM_HPP

#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include "attributes.hpp"
#include "error.hpp"
#include "index.hpp"
#include "math.hpp"

namespace cutmix {
namespace detail {

template <class Urbg, class = void>
constexpr bool is_urbg = false;
template <class Urbg>
constexpr bool
    is_urbg<Urbg, std::enable_if_t<std::is_unsigned_v<decltype(std::declval<Urbg&>()())> &&
                                   (Urbg::max() > Urbg::min())>> = true;

// accepts_...<T>() says in one line what is wrong with a type, and is true where nothing is.
// Callers put their body behind `if constexpr` of it, so that the line stands alone.
template <class Urbg>
constexpr bool accepts_engine() {
  static_assert(is_urbg<Urbg>,
                "cutmix: the engine must be a uniform random bit generator, such as "
                "cutmix::Philox4x32(42)");
  return is_urbg<Urbg>;
}

// 32 random bits from any engine. An engine of 32 or of 64 bits is called once (of 64 bits the
// upper half is taken); any other range is cut to whole bits by rejection and called until 32 are
// together.
template <class Urbg>
std::uint32_t bits32(Urbg& rng) {
  constexpr std::uint64_t low = Urbg::min();
  constexpr std::uint64_t range = std::uint64_t{Urbg::max()} - low;  // one less than the outputs
  if constexpr (range == 0xFFFFFFFFu) {
    return static_cast<std::uint32_t>(rng() - low);
  } else if constexpr (range == std::numeric_limits<std::uint64_t>::max()) {
    return static_cast<std::uint32_t>(std::uint64_t{rng()} >> 32);
  } else {
    constexpr int bits = [] {
      int count = 0;
      while (count < 32 && ((range + 1) >> (count + 1)) >= 1) ++count;
      return count;
    }();
    constexpr std::uint64_t accepted = ((range + 1) >> bits) << bits;
    std::uint64_t word = 0;
    for (int have = 0; have < 32; have += bits) {
      std::uint64_t value = 0;
      do value = std::uint64_t{rng()} - low;
      while (value >= accepted);
      word = (word << bits) | (value & ((std::uint64_t{1} << bits) - 1));
    }
    return static_cast<std::uint32_t>(word);
  }
}

// 64 random bits: one call of a 64-bit engine, else two words, the upper one first.
template <class Urbg>
std::uint64_t bits64(Urbg& rng) {
  if constexpr (std::uint64_t{Urbg::max()} - Urbg::min() ==
                std::numeric_limits<std::uint64_t>::max()) {
    return std::uint64_t{rng()} - Urbg::min();
  } else {
    const std::uint64_t upper = bits32(rng);
    return (upper << 32) | bits32(rng);
  }
}

// The centre of one of 2^52 equal cells of (0, 1). 53 bits would round the last cell's centre to 1.
inline double open_unit(std::uint64_t word) {
  return (static_cast<double>(word >> 12) + 0.5) * 0x1p-52;
}

// Uniform on 0..n-1, n >= 1, exactly: the upper half of a product, the rare uneven products drawn
// again. Beyond 32 bits: as many bits as n - 1 has, until they make less than n.
template <class Urbg>
Index draw_index(Index n, Urbg& rng) {
  const auto range = static_cast<std::uint64_t>(n);
  if (range > 0xFFFFFFFFu) {
    std::uint64_t mask = range - 1;
    for (int shift = 1; shift < 64; shift *= 2) mask |= mask >> shift;
    std::uint64_t value = 0;
    do value = bits64(rng) & mask;
    while (value >= range);
    return static_cast<Index>(value);
  }
  const auto n32 = static_cast<std::uint32_t>(range);
  std::uint64_t product = bits32(rng) * range;
  if (static_cast<std::uint32_t>(product) < n32) {
    const std::uint32_t uneven = (0u - n32) % n32;
    while (static_cast<std::uint32_t>(product) < uneven) product = bits32(rng) * range;
  }
  return static_cast<Index>(product >> 32);
}

// Beyond it a std::vector's own error would follow. `kept`: elements that it has already.
template <class T>
void check_length(const char* name, Index n, std::size_t kept = 0) {
  const Index most =
      std::numeric_limits<Index>::max() / static_cast<Index>(sizeof(T)) - static_cast<Index>(kept);
  if (n > most) fail("% = %, must be at most %, which memory could hold", {name, n, most});
}

inline Indices indices_of_size(Index n) {
  if (n < 0) fail("n = %, must be at least 0", {n});
  check_length<Index>("n", n);
  return Indices(static_cast<std::size_t>(n));
}

// A uniformly random permutation of 0..n-1 (Fisher-Yates). A function of its own: within whatever
// draws a plan there would be no registers left for the loop, which takes a tenth longer then.
template <class Urbg>
CUTMIX_ONCE void permute(Index* out, Index n, Urbg& rng) {
  for (Index i = 0; i < n; ++i) out[i] = i;
  for (Index i = n; i > 1; --i) std::swap(out[i - 1], out[draw_index(i, rng)]);
}

// A uniformly random permutation without fixed points: permutations are drawn until one has none.
template <class Urbg>
CUTMIX_ONCE void derange(Index* out, Index n, Urbg& rng) {
  bool deranged = false;
  while (!deranged) {
    for (Index i = 0; i < n; ++i) out[i] = i;
    deranged = true;
    for (Index i = n; i > 1 && deranged; --i) {
      std::swap(out[i - 1], out[draw_index(i, rng)]);
      deranged = out[i - 1] != i - 1;
    }
    deranged = deranged && (n < 2 || out[0] != 0);
  }
}

inline void check_alpha(const char* name, double alpha) {
  if (!(alpha >= 0)) fail("% = %, must satisfy % >= 0", {name, alpha, name});
}

inline void check_unit(const char* name, double value) {
  if (!(value >= 0 && value <= 1)) fail("% = %, must be in [0, 1]", {name, value});
}

template <class Urbg>
double draw_lambda(double alpha, Urbg& rng) {
  const double u = open_unit(bits64(rng));
  const std::uint64_t word = bits64(rng);
  const double v = open_unit(word);
  const bool near_one = (word & 1) != 0;  // a bit that v does not use
  if (alpha == 0) return 1;
  if (math::isinf(alpha)) return 0.5;
  // U and V lie inside (0, 1), so the logarithm and the cosine are never 0, and of the two factors
  // below only one can overflow: there is no 0 * inf. An overflow or underflow of t is the limit.
  const double cosine = math::cos(6.283185307179586477 * v);
  const double t = 1 / (math::expm1(-math::log(u) / alpha) * (cosine * cosine));
  // (1 - 1/sqrt(1 + t))/2 without the cancellation near 0
  const double distance = -0.5 * math::expm1(-0.5 * math::log1p(t));
  return near_one ? 1 - distance : distance;
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_RANDOM_HPP
