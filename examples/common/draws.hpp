// Random draws that come out the same on every platform: the std:: distributions do not.
#ifndef CUTMIX_EXAMPLES_COMMON_DRAWS_HPP
#define CUTMIX_EXAMPLES_COMMON_DRAWS_HPP

#include <cstdint>
#include <cutmix/cutmix.hpp>
#include <utility>
#include <vector>

namespace examples {

using cutmix::Index;

// What a run needs chance for. Each use has an engine of its own, so that training with CutMix
// sees the same weights and the same shuffles as training without.
enum class Stream {
  weights = 0,
  shuffles = 1,
  mixing = 2,
  pictures = 3,
  drawing = 4,
  cut_out = 5,
  occlusion = 6,
  noise = 7
};

inline cutmix::Philox4x32 make_engine(std::uint32_t seed, Stream stream) {
  cutmix::Philox4x32 engine(seed);
  engine.discard(static_cast<unsigned long long>(stream) << 40);
  return engine;
}

// Uniform in (0, 1), never 0 and never 1.
template <class Urbg>
double draw_uniform(Urbg& rng) {
  static_assert(Urbg::min() == 0 && Urbg::max() == 0xffffffffu, "the engine must give 32 bits");
  return (static_cast<double>(rng()) + 0.5) / 4294967296.0;
}

template <class Urbg>
double draw_between(double low, double high, Urbg& rng) {
  return low + (high - low) * draw_uniform(rng);
}

// Uniform in [0, n). The bias of at most n / 2^32 is of no account for a shuffle of a data set.
template <class Urbg>
Index draw_below(Index n, Urbg& rng) {
  return static_cast<Index>(draw_uniform(rng) * static_cast<double>(n));
}

template <class T, class Urbg>
void shuffle(std::vector<T>& values, Urbg& rng) {
  for (std::size_t i = values.size(); i > 1; --i) {
    const auto j = static_cast<std::size_t>(draw_below(static_cast<Index>(i), rng));
    std::swap(values[i - 1], values[j]);
  }
}

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_COMMON_DRAWS_HPP
