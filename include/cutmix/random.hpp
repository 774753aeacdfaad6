#ifndef CUTMIX_RANDOM_HPP
#define CUTMIX_RANDOM_HPP

/// @file random.hpp
/// Draws that come out the same on every platform: nothing here depends on a distribution of the
/// standard library, whose algorithms are not specified.
///
/// `rng` is any uniform random bit generator: Philox4x32, or one of the standard library's.

#include <cstdint>
#include <type_traits>

#include "detail/index.hpp"
#include "detail/random.hpp"

namespace cutmix {

/// Draws an integer of [0, n), all equally likely.
///
/// @code
/// cutmix::Philox4x32 rng(42);
/// cutmix::Index side = cutmix::uniform_index(6, rng);  // 0 to 5
/// @endcode
/// @param n  at least 1
///
/// Errors: n below 1. Draws: one word of 32 bits, rarely more (of 64 bits where n is beyond 2^32).
/// Never allocates. Source: D. Lemire, Fast random integer generation in an interval (2019).
template <class Urbg>
Index uniform_index(Index n, Urbg& rng) {
  if constexpr (detail::accepts_engine<Urbg>()) {
    if (n < 1) detail::fail("n = %, must be at least 1", {n});
    return detail::draw_index(n, rng);
  } else {
    return 0;
  }
}

/// Draws a number of the open interval (0, 1): the centre of one of 2^52 equal cells.
///
/// @code
/// if (cutmix::uniform_unit(rng) < 0.5) flip(image);
/// @endcode
/// Draws: one word of 64 bits. Never allocates, never throws.
template <class Urbg>
double uniform_unit(Urbg& rng) {
  if constexpr (detail::accepts_engine<Urbg>())
    return detail::open_unit(detail::bits64(rng));
  else
    return 0;
}

/// Draws a permutation of 0..n-1, all equally likely.
///
/// @code
/// cutmix::Indices order = cutmix::random_permutation(images.size(), rng);
/// @endcode
/// @param n  at least 0
///
/// Errors: n below 0. Draws: n - 1 words of 32 bits. Allocates the result.
/// Source: R. Fisher and F. Yates, in D. Knuth, TAOCP 2, 3.4.2 P.
template <class Urbg>
Indices random_permutation(Index n, Urbg& rng) {
  if constexpr (detail::accepts_engine<Urbg>()) {
    Indices indices = detail::indices_of_size(n);
    detail::permute(indices.data(), n, rng);
    return indices;
  } else {
    return {};
  }
}

/// Draws a permutation of 0..n-1 that leaves nothing in its place, all such equally likely; of one
/// element there is none, and it stays.
///
/// @code
/// cutmix::Indices partners = cutmix::random_derangement(batch, rng);
/// @endcode
/// @param n  at least 0
///
/// Errors: n below 0. Draws: about 1.7 n words of 32 bits on average: a permutation that fixes a
/// point is given up at once and drawn again. Allocates the result.
template <class Urbg>
Indices random_derangement(Index n, Urbg& rng) {
  if constexpr (detail::accepts_engine<Urbg>()) {
    Indices indices = detail::indices_of_size(n);
    detail::derange(indices.data(), n, rng);
    return indices;
  } else {
    return {};
  }
}

/// Draws lambda from Beta(alpha, alpha): the share of its own pixels that an image keeps.
///
/// @code
/// double lambda = cutmix::gen_cutmix_lambda(1.0, rng);  // uniform
/// @endcode
/// @param alpha  in [0, inf]; 0 always gives 1 (no mixing), inf always 1/2
/// @return       a number in [0, 1]; never NaN, whatever alpha
///
/// Errors: alpha < 0 or NaN. Draws: two words of 64 bits for every alpha. Never allocates.
/// Source: the method card; L. Devroye, Random variate generation in one line of code (1996). With
/// U, V uniform, the distance from the nearer end is (1 - 1/sqrt(1 + t))/2 with
/// t = 1/(expm1(-log(U)/alpha) cos^2(2 pi V)).
template <class Urbg>
double gen_cutmix_lambda(double alpha, Urbg& rng) {
  if constexpr (detail::accepts_engine<Urbg>()) {
    detail::check_alpha("alpha", alpha);
    return detail::draw_lambda(alpha, rng);
  } else {
    return 1;
  }
}

/// Refers to an engine of any type, through one type that is not a template: what a box law of the
/// caller's own draws from.
///
/// @code
/// options.box_law = [](const cutmix::ImageSize& image, double, cutmix::UrbgRef& rng) {
///   return cutmix::rand_bbox(image.width, image.height, 0.75, rng);
/// };
/// @endcode
/// A generator of 32 bits that spends one draw of the engine behind it for each of its own (more
/// only where that engine has fewer than 32 bits). The engine must outlive it. Never allocates,
/// never throws of itself.
class UrbgRef {
 public:
  /// What operator() returns.
  using result_type = std::uint32_t;
  /// The smallest output.
  static constexpr result_type min() { return 0; }
  /// The largest output.
  static constexpr result_type max() { return 0xFFFFFFFFu; }

  /// Draws from this engine from now on.
  template <class Urbg, class = std::enable_if_t<!std::is_same_v<std::remove_cv_t<Urbg>, UrbgRef>>>
  explicit UrbgRef(Urbg& rng)
      : engine_(&rng), draw_([](void* engine) {
          if constexpr (detail::accepts_engine<Urbg>())
            return detail::bits32(*static_cast<Urbg*>(engine));
          else
            return result_type{0};
        }) {}

  /// Draws 32 bits.
  result_type operator()() { return draw_(engine_); }

 private:
  void* engine_;
  result_type (*draw_)(void*);
};

}  // namespace cutmix

#endif  // CUTMIX_RANDOM_HPP
