#ifndef CUTMIX_RANDOM_HPP
#define CUTMIX_RANDOM_HPP

/// @file random.hpp
/// Draws that come out the same on every platform: nothing here depends on a distribution of the
/// standard library, whose algorithms are not specified.

#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <utility>

#include "detail/error.hpp"
#include "detail/tensor.hpp"

namespace cutmix {

namespace detail {

// 32 random bits from any engine. An engine of 32 or of 64 bits is called once (of 64 bits the
// upper half is taken); any other range is cut to whole bits by rejection and called until 32 are
// together.
template <class Urbg>
std::uint32_t bits32(Urbg& rng) {
  constexpr std::uint64_t low = Urbg::min();
  constexpr std::uint64_t range = std::uint64_t{Urbg::max()} - low;  // one less than the outputs
  static_assert(range > 0, "cutmix: the engine must have more than one output");
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

// Uniform on the open interval (0, 1): the centre of one of 2^52 equal cells. 53 bits would round
// the last cell's centre to 1.
inline double open_unit(std::uint64_t word) {
  return (static_cast<double>(word >> 12) + 0.5) * 0x1p-52;
}

// Uniform on 0..n-1, n >= 1, exactly: the upper half of a product, the rare uneven products drawn
// again (D. Lemire, Fast random integer generation in an interval, 2019). One 32-bit draw.
template <class Urbg>
Index uniform_index(Index n, Urbg& rng) {
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

// A uniformly random permutation (Fisher-Yates), into memory that is kept between calls.
template <class Urbg>
void random_permutation(Index n, Urbg& rng, Indices& out) {
  out.resize(static_cast<std::size_t>(n));
  std::iota(out.begin(), out.end(), Index{0});
  for (auto i = out.size(); i > 1; --i)
    std::swap(out[i - 1], out[static_cast<std::size_t>(uniform_index(static_cast<Index>(i), rng))]);
}

// A uniformly random permutation without fixed points: permutations are drawn until one has none.
// A draw that fixes a point is given up at once, so about 1.7 n words are spent on average.
template <class Urbg>
void random_derangement(Index n, Urbg& rng, Indices& out) {
  out.resize(static_cast<std::size_t>(n));
  bool deranged = false;
  while (!deranged) {
    std::iota(out.begin(), out.end(), Index{0});
    deranged = true;
    for (auto i = out.size(); i > 1 && deranged; --i) {
      std::swap(out[i - 1],
                out[static_cast<std::size_t>(uniform_index(static_cast<Index>(i), rng))]);
      deranged = out[i - 1] != static_cast<Index>(i - 1);
    }
    deranged = deranged && (n < 2 || out[0] != 0);
  }
}

inline void check_alpha(double alpha) {
  if (!(alpha >= 0)) fail("alpha", alpha, "must satisfy alpha >= 0");
}

inline void check_lambda(double lambda) {
  if (!(lambda >= 0 && lambda <= 1)) fail("cutmix_lambda", lambda, "must be in [0, 1]");
}

inline void check_prob(double prob) {
  if (!(prob >= 0 && prob <= 1)) fail("prob", prob, "must be in [0, 1]");
}

}  // namespace detail

/// Any engine, behind one type that is not a template: what a box law of the caller's own draws
/// from.
///
/// A UniformRandomBitGenerator of 32 bits that spends one draw of the engine behind it for each of
/// its own (more only where that engine has fewer than 32 bits). Holds a reference: the engine must
/// outlive it. Never allocates, never throws of itself.
class AnyUrbg {
 public:
  /// What operator() returns.
  using result_type = std::uint32_t;
  /// The smallest output.
  static constexpr result_type min() { return 0; }
  /// The largest output.
  static constexpr result_type max() { return 0xFFFFFFFFu; }

  /// Draws from this engine from now on.
  template <class Urbg, class = std::enable_if_t<!std::is_same_v<std::remove_cv_t<Urbg>, AnyUrbg>>>
  explicit AnyUrbg(Urbg& rng)
      : engine_(&rng),
        draw_([](void* engine) { return detail::bits32(*static_cast<Urbg*>(engine)); }) {}

  /// Draws 32 bits.
  result_type operator()() { return draw_(engine_); }

 private:
  void* engine_;
  result_type (*draw_)(void*);
};

/// Draws a uniformly random permutation of a batch.
///
/// @param x    a tensor whose first axis is the batch, of B >= 0 samples
/// @param rng  any uniform random bit generator
/// @return     a permutation of 0..B-1: the partner of each sample
///
/// Draws: B - 1 words of 32 bits. Allocates the result.
/// Source: the method card's gen_indices; R. Fisher and F. Yates, in D. Knuth, TAOCP 2, 3.4.2 P.
template <class X, class Urbg>
Indices gen_indices(const X& x, Urbg& rng) {
  Indices indices;
  if constexpr (detail::accepts_tensor<X>())
    detail::random_permutation(static_cast<Index>(x.dimension(0)), rng, indices);
  return indices;
}

/// Draws lambda from Beta(alpha, alpha): the share of its own pixels that an image keeps.
///
/// @param alpha  in [0, inf]; 0 always gives 1 (no mixing), inf always 1/2
/// @param rng    any uniform random bit generator
/// @return       a number in [0, 1]; never NaN, whatever alpha
///
/// Errors: alpha < 0 or NaN. Draws: two words of 64 bits for every alpha. Never allocates.
/// Source: L. Devroye, Random variate generation in one line of code (1996). With U, V uniform, the
/// distance from the nearer end is (1 - 1/sqrt(1 + t))/2 with
/// t = 1/(expm1(-log(U)/alpha) cos^2(2 pi V)).
template <class Urbg>
double gen_cutmix_lambda(double alpha, Urbg& rng) {
  detail::check_alpha(alpha);
  const double u = detail::open_unit(detail::bits64(rng));
  const std::uint64_t word = detail::bits64(rng);
  const double v = detail::open_unit(word);
  const bool near_one = (word & 1) != 0;  // a bit that v does not use
  if (alpha == 0) return 1;
  if (std::isinf(alpha)) return 0.5;
  // U and V lie inside (0, 1), so the logarithm and the cosine are never 0, and of the two factors
  // below only one can overflow: there is no 0 * inf. An overflow or underflow of t is the limit.
  const double cosine = std::cos(6.283185307179586477 * v);
  const double t = 1 / (std::expm1(-std::log(u) / alpha) * (cosine * cosine));
  // (1 - 1/sqrt(1 + t))/2 without the cancellation near 0
  const double distance = -0.5 * std::expm1(-0.5 * std::log1p(t));
  return near_one ? 1 - distance : distance;
}

}  // namespace cutmix

#endif  // CUTMIX_RANDOM_HPP
