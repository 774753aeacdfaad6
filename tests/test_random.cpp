// Draws: what they return, what they spend, and the laws that they follow.

#include <algorithm>
#include <cmath>
#include <cutmix/random.hpp>
#include <limits>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <type_traits>

#include "statistics.hpp"
#include "support.hpp"

using namespace testing;
using cutmix::gen_cutmix_lambda;
using cutmix::Philox4x32;
using cutmix::random_derangement;
using cutmix::random_permutation;
using cutmix::uniform_index;
using cutmix::uniform_unit;
using cutmix::UrbgRef;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double quiet_nan = std::numeric_limits<double>::quiet_NaN();

Indices first_indices(Index n) {
  Indices indices(nth(n));
  std::iota(indices.begin(), indices.end(), Index{0});
  return indices;
}

}  // namespace

// ---- words ----

TEST_CASE("words come the same way from any engine") {
  Scripted32 narrow({0xDEADBEEFu});
  CHECK(cutmix::detail::bits32(narrow) == 0xDEADBEEFu);
  Scripted64 wide({0x0123456789ABCDEFu});
  CHECK(cutmix::detail::bits32(wide) == 0x01234567u);
  Scripted32 two({0x01234567u, 0x89ABCDEFu});
  CHECK(cutmix::detail::bits64(two) == 0x0123456789ABCDEFu);
  Scripted64 one({0x0123456789ABCDEFu});
  CHECK(cutmix::detail::bits64(one) == 0x0123456789ABCDEFu);
  CHECK((narrow.spent() == 1 && wide.spent() == 1 && two.spent() == 2 && one.spent() == 1));
}

TEST_CASE("an engine whose range is no power of two is cut to whole bits") {
  // 10 outputs: 3 bits each from 0..7, while 8 and 9 are drawn again. Eleven octal digits are 33
  // bits, of which the first falls off.
  ScriptedEngine<std::uint32_t, 9> odd({8, 7, 9, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1});
  CHECK(cutmix::detail::bits32(odd) == static_cast<std::uint32_t>(070123456701));
  CHECK(odd.spent() == 13);
}

TEST_CASE("an engine's smallest output counts as zero") {
  ScriptedEngine<std::uint32_t, 12, 5> octal({5, 5, 6, 5, 5, 5, 5, 5, 5, 5, 12});
  CHECK(cutmix::detail::bits32(octal) == static_cast<std::uint32_t>(000100000007));
  ScriptedEngine<std::uint64_t, 0x1000000FFu, 0x100u> shifted({0x100u, 0x1000000FFu, 0x101u});
  CHECK(cutmix::detail::bits32(shifted) == 0u);
  CHECK(cutmix::detail::bits32(shifted) == 0xFFFFFFFFu);
  CHECK(cutmix::detail::bits32(shifted) == 1u);
  ScriptedEngine<std::uint64_t, 0xFFFFFFFFFFFFFFFFu, 1> nearly({0xFFFFFFFFFFFFFFFFu, 3u});
  CHECK(cutmix::detail::bits32(nearly) == 2u);  // the last of 2^64 - 1 outputs is one too many
  CHECK(nearly.spent() == 2);
}

TEST_CASE("an engine of 48 bits gives 32 in one call, the lower ones") {
  ScriptedEngine<std::uint64_t, 0xFFFFFFFFFFFFu> engine({0xABCD80000001u, 0x123400000000u});
  CHECK(cutmix::detail::bits32(engine) == 0x80000001u);
  CHECK(cutmix::detail::bits32(engine) == 0u);
  CHECK(engine.spent() == 2);
  std::ranlux48_base ours(5), theirs(5);
  for (int i = 0; i < 100; ++i)
    REQUIRE(cutmix::detail::bits32(ours) == static_cast<std::uint32_t>(theirs()));
}

TEST_CASE("an engine of one bit is called 32 times") {
  std::vector<std::uint32_t> bits(32);
  bits[0] = bits[30] = 1;
  ScriptedEngine<std::uint32_t, 1> engine(bits);
  CHECK(cutmix::detail::bits32(engine) == 0x80000002u);
  CHECK(engine.spent() == 32);
}

TEST_CASE("an engine of an odd range gives even bits") {
  std::minstd_rand engine(1);  // 2^31 - 2 outputs from 1 on
  std::vector<double> ones(32);
  for (int i = 0; i < 40000; ++i) {
    const std::uint32_t word = cutmix::detail::bits32(engine);
    for (unsigned bit = 0; bit < 32; ++bit) ones[bit] += (word >> bit) & 1u;
  }
  for (unsigned bit = 0; bit < 32; ++bit) {
    INFO("bit " << bit);  // 32 tests at false_alarm each
    CHECK(binomial_p(ones[bit], 40000, 0.5) > false_alarm);
  }
}

TEST_CASE("a reference to an engine gives its words and moves it on") {
  Philox4x32 engine(3), twin(3);
  UrbgRef ref(engine);
  UrbgRef copy(ref);  // refers to the engine, not to ref
  for (int i = 0; i < 10; ++i) {
    CHECK(ref() == twin());
    CHECK(copy() == twin());
  }
  CHECK(engine == twin);
  Scripted64 wide({0x0123456789ABCDEFu});
  UrbgRef narrowed(wide);
  CHECK(narrowed() == 0x01234567u);
  CHECK(wide.spent() == 1);
  STATIC_REQUIRE((UrbgRef::min() == 0 && UrbgRef::max() == 0xFFFFFFFFu));
}

// ---- uniform_unit ----

TEST_CASE("uniform_unit is the centre of one of 2^52 cells, and never an end") {
  const auto of_word = [](std::uint64_t word) {
    Scripted64 engine({word});
    return uniform_unit(engine);
  };
  CHECK(of_word(0) == 0x1p-53);
  CHECK(of_word(~std::uint64_t{0}) == 1 - 0x1p-53);
  CHECK(of_word(std::uint64_t{1} << 63) == 0.5 + 0x1p-53);
  CHECK(of_word(0xFFF) == of_word(0));  // the lowest 12 bits are left over
  CHECK(of_word(0x1000) == 3 * 0x1p-53);
}

TEST_CASE("uniform_unit is uniform") {
  Philox4x32 engine(20);
  std::vector<double> sample(100000);
  for (double& unit : sample) unit = uniform_unit(engine);
  CHECK(kolmogorov_smirnov_p(sample, [](long double x) { return x; }) > false_alarm);
}

// ---- uniform_index ----

TEST_CASE("uniform_index is uniform") {
  Philox4x32 engine(21);
  for (const Index n : {1, 2, 3, 7, 10, 33}) {
    std::vector<double> counts(nth(n));
    for (int i = 0; i < 50000; ++i) ++counts.at(nth(uniform_index(n, engine)));
    INFO("n " << n);  // five tests at false_alarm each
    if (n > 1) CHECK(uniform_p(counts) > false_alarm);
    CHECK(std::accumulate(counts.begin(), counts.end(), 0.0) == 50000);
  }
}

TEST_CASE("uniform_index is the upper half of a product") {
  const std::uint32_t seed = 22;
  INFO("seed " << seed);
  Dice dice(seed);
  for (int i = 0; i < 10000; ++i) {
    const Index n = dice.roll(1, 1000);
    const std::uint32_t word = dice.engine()() | 1000u;  // never one to be drawn again
    Scripted32 engine({word});
    const auto expected =
        static_cast<Index>((std::uint64_t{word} * static_cast<std::uint64_t>(n)) / 0x100000000u);
    REQUIRE(uniform_index(n, engine) == expected);
  }
}

TEST_CASE("uniform_index draws again exactly where a product is one too many") {
  // 2^32 = 1 mod 3: of the words, 0 is the one too many; 0xAAAAAAAB, whose product ends in 1, is
  // the first that is not.
  Scripted32 uneven({0u, 0xFFFFFFFFu});
  CHECK(uniform_index(3, uneven) == 2);
  CHECK(uneven.spent() == 2);
  Scripted32 border({0xAAAAAAABu, 0u});
  CHECK(uniform_index(3, border) == 2);
  CHECK(border.spent() == 1);
  // 2^32 = 4 mod 6: products of 6 end in 0, 2 (both too many), 4 and on.
  for (const auto& [word, accepted] :
       {std::pair{0u, false}, std::pair{0x2AAAAAABu, false}, std::pair{0x55555556u, true}}) {
    INFO("word " << word);
    Scripted32 engine({word, 0xFFFFFFFFu});
    CHECK(uniform_index(6, engine) == (accepted ? 2 : 5));
    CHECK(engine.spent() == (accepted ? 1u : 2u));
  }
  // 2^32 = 4 mod 7: a product that ends in 3, more than half of 7, is still one too many.
  Scripted32 late({613566757u, 3681400540u});
  CHECK(uniform_index(7, late) == 6);
  CHECK(late.spent() == 2);
  // A power of two has none too many.
  Scripted32 even({0u});
  CHECK(uniform_index(8, even) == 0);
}

TEST_CASE("uniform_index up to 2^32 - 1 takes one word") {
  Scripted32 engine({0xFFFFFFFFu, 0x80000000u});
  CHECK(uniform_index(0xFFFFFFFF, engine) == 0xFFFFFFFE);
  CHECK(engine.spent() == 1);
  CHECK(uniform_index(0xFFFFFFFF, engine) == 0x7FFFFFFF);
}

TEST_CASE("uniform_index beyond 2^32 takes the lowest bits of 64, as many as it needs") {
  Scripted64 engine({0xFFFFFFFF00000005u, 0xFFFFFFFFFFFFFFFFu, 0xABCDEF0300000001u});
  CHECK(uniform_index(Index{1} << 32, engine) == 5);  // 32 bits
  CHECK(uniform_index(Index{1} << 40, engine) == (Index{1} << 40) - 1);
  CHECK(uniform_index(Index{1} << 34, engine) == 0x300000001);
  Scripted64 sparse({0x123456789Au});
  CHECK(uniform_index((Index{1} << 40) + 1, sparse) == 0x123456789A);
  Scripted32 narrow({0xFFFFFFFFu, 0xFFFFFFFFu, 0x00000001u, 0x00000002u});
  CHECK(uniform_index(Index{1} << 40, narrow) == (Index{1} << 40) - 1);
  CHECK(uniform_index((Index{1} << 40) - 5, narrow) == 0x0100000002);
}

TEST_CASE("uniform_index beyond 2^32 never returns n itself") {
  const Index n = (Index{1} << 40) - 5;
  const auto word = static_cast<std::uint64_t>(n);
  Scripted64 engine({word + 1, word, word - 1});
  CHECK(uniform_index(n, engine) == n - 1);
  CHECK(engine.spent() == 3);
  const Index largest = std::numeric_limits<Index>::max();
  Scripted64 wide({~std::uint64_t{0}, (~std::uint64_t{0} >> 1) - 1});
  CHECK(uniform_index(largest, wide) == largest - 1);
  CHECK(wide.spent() == 2);
}

TEST_CASE("uniform_index beyond 2^32 is uniform") {
  Philox4x32 engine(23);
  const Index n = 3 * (Index{1} << 33);
  std::vector<double> thirds(3), remainders(7);
  for (int i = 0; i < 60000; ++i) {
    const Index index = uniform_index(n, engine);
    ++thirds.at(nth(index / (Index{1} << 33)));
    ++remainders.at(nth(index % 7));
  }
  CHECK(uniform_p(thirds) > false_alarm);
  CHECK(uniform_p(remainders) > false_alarm);
}

TEST_CASE("uniform_index of nothing is an error, before a draw") {
  Scripted32 engine;
  for (const Index n : {Index{0}, Index{-1}, std::numeric_limits<Index>::min()})
    CHECK(error_of([&, n = n] { uniform_index(n, engine); }) ==
          "cutmix: n = " + std::to_string(n) + ", must be at least 1");
  CHECK(engine.spent() == 0);
}

// ---- permutations ----

TEST_CASE("permutations hold each of 0..n-1 once, derangements at another place") {
  Philox4x32 engine(4);
  for (const Index n : {0, 1, 2, 3, 17, 256}) {
    INFO("n " << n);
    Indices permuted = random_permutation(n, engine), deranged = random_derangement(n, engine);
    for (Index i = 0; i < n && n > 1; ++i) CHECK(deranged[nth(i)] != i);
    std::sort(permuted.begin(), permuted.end());
    std::sort(deranged.begin(), deranged.end());
    CHECK(permuted == first_indices(n));
    CHECK(deranged == first_indices(n));
  }
}

TEST_CASE("every permutation is equally likely") {
  Philox4x32 engine(5);
  std::map<Indices, double> seen;
  for (int i = 0; i < 48000; ++i) ++seen[random_permutation(4, engine)];
  REQUIRE(seen.size() == 24);
  std::vector<double> counts;
  for (const auto& entry : seen) counts.push_back(entry.second);
  CHECK(uniform_p(counts) > false_alarm);
}

TEST_CASE("every derangement is equally likely") {
  Philox4x32 engine(6);
  std::map<Indices, double> seen;
  for (int i = 0; i < 27000; ++i) ++seen[random_derangement(4, engine)];
  REQUIRE(seen.size() == 9);  // of 24 permutations; a shuffle of one cycle would show 6
  std::vector<double> counts;
  for (const auto& entry : seen) counts.push_back(entry.second);
  CHECK(uniform_p(counts) > false_alarm);
}

TEST_CASE("a permutation is the shuffle of Fisher and Yates, from the last place down") {
  Philox4x32 engine(7), by_hand(7);
  for (const Index n : {1, 2, 5, 40}) {
    Indices expected = first_indices(n);
    for (Index i = n; i > 1; --i)
      std::swap(expected[nth(i - 1)], expected[nth(uniform_index(i, by_hand))]);
    CHECK(random_permutation(n, engine) == expected);
  }
  CHECK(engine == by_hand);
}

TEST_CASE("a derangement gives up a permutation at its first fixed point") {
  // 2^30 k picks place k of 4; the last place keeping its own ends a try after one word. Then 3
  // goes to 0, 1 to 2 (two words), and 1 with itself moves nothing: {3, 2, 1, 0}.
  Scripted32 engine({0xC0000000u, 0x00000001u, 0x60000000u, 0xC0000000u});
  CHECK(random_derangement(4, engine) == Indices{3, 2, 1, 0});
  CHECK(engine.spent() == 4);
}

TEST_CASE("a derangement of one element or of none spends nothing") {
  Scripted32 engine;
  CHECK(random_derangement(1, engine) == Indices{0});
  CHECK(random_derangement(0, engine).empty());
  CHECK(engine.spent() == 0);
}

TEST_CASE("permutations of fewer than no elements are errors, before a draw") {
  Scripted32 engine;
  const std::string expected = "cutmix: n = -1, must be at least 0";
  CHECK(error_of([&] { random_permutation(-1, engine); }) == expected);
  CHECK(error_of([&] { random_derangement(-1, engine); }) == expected);
  CHECK(engine.spent() == 0);
}

// ---- lambda ----

TEST_CASE("lambda follows Beta(alpha, alpha)") {
  for (const double alpha : {0.1, 0.2, 0.5, 1.0, 2.5, 40.0}) {
    Philox4x32 engine(31);
    std::vector<double> sample(200000);
    for (double& lambda : sample) lambda = gen_cutmix_lambda(alpha, engine);
    INFO("alpha " << alpha);  // six tests at false_alarm each
    CHECK(kolmogorov_smirnov_p(sample, [alpha](long double x) { return beta_cdf(alpha, x); }) >
          false_alarm);
    // The test has teeth: a neighbouring law does not pass.
    CHECK(kolmogorov_smirnov_p(
              sample, [alpha](long double x) { return beta_cdf(alpha * 1.05L, x); }) < false_alarm);
  }
}

TEST_CASE("lambda is never NaN, for any alpha") {
  const double tiny = std::numeric_limits<double>::denorm_min();
  const double huge = std::numeric_limits<double>::max();
  for (const double alpha : {tiny, 1e-320, 1e-308, 1e-100, 1e-10, 1e-3, 0.01, 1.0, 10.0, 1e3, 1e8,
                             1e16, 1e100, 1e300, huge}) {
    Philox4x32 engine(8);
    double mean = 0;
    for (int i = 0; i < 4000; ++i) {
      const double lambda = gen_cutmix_lambda(alpha, engine);
      REQUIRE((lambda >= 0 && lambda <= 1));  // false for NaN
      mean += lambda / 4000;
    }
    INFO("alpha " << alpha);
    // The mean of 4000 is within 4.5 standard deviations: 7e-6 each, 15 of them.
    CHECK(std::abs(mean - 0.5) <= 1e-12 + 4.5 * 0.5 / std::sqrt((2 * alpha + 1) * 4000));
  }
}

TEST_CASE("lambda is a number for the extreme words") {
  const double tiny = std::numeric_limits<double>::denorm_min();
  const double huge = std::numeric_limits<double>::max();
  // U and V as near to 0, 1/4, 1/2 and 1 as they come.
  for (const std::uint64_t u : {std::uint64_t{0}, ~std::uint64_t{0}, std::uint64_t{1} << 63})
    for (const std::uint64_t v : {std::uint64_t{0}, ~std::uint64_t{0}, std::uint64_t{1} << 62,
                                  (std::uint64_t{1} << 62) - 1, std::uint64_t{3} << 62})
      for (const double alpha : {tiny, 1e-3, 1.0, 1e8, huge}) {
        Scripted64 engine({u, v});
        const double lambda = gen_cutmix_lambda(alpha, engine);
        CHECK((lambda >= 0 && lambda <= 1));
      }
}

TEST_CASE("lambda at the ends of alpha") {
  Philox4x32 engine(9);
  for (int i = 0; i < 100; ++i) {
    CHECK(gen_cutmix_lambda(0, engine) == 1);  // Fault: alpha == 0 yields the largest box
    CHECK(gen_cutmix_lambda(-0.0, engine) == 1);
    CHECK(gen_cutmix_lambda(inf, engine) == 0.5);
    CHECK(std::abs(gen_cutmix_lambda(1e300, engine) - 0.5) < 1e-12);
    const double extreme = gen_cutmix_lambda(1e-300, engine);
    CHECK((extreme == 0 || extreme == 1));
  }
}

TEST_CASE("lambda keeps its relative precision near 0") {
  // alpha 0.01: a good part of the draws is below 1e-12, and those may not be rounded to a few
  // values.
  Philox4x32 engine(10);
  std::set<double> small;
  int below = 0;
  for (int i = 0; i < 2000; ++i) {
    const double lambda = gen_cutmix_lambda(0.01, engine);
    if (lambda > 0 && lambda < 1e-12) ++below, small.insert(lambda);
  }
  CHECK(below > 500);
  CHECK(static_cast<int>(small.size()) == below);
}

TEST_CASE("an alpha below 0 or NaN is an error, before a draw") {
  Scripted32 engine;
  for (const auto& [alpha, text] : {std::pair{-1.0, "-1"}, std::pair{-5e-324, "-4.94066e-324"},
                                    std::pair{quiet_nan, "nan"}, std::pair{-inf, "-inf"}})
    CHECK(error_of([&, a = alpha] { gen_cutmix_lambda(a, engine); }) ==
          std::string("cutmix: alpha = ") + text + ", must satisfy alpha >= 0");
  CHECK(engine.spent() == 0);
}

// ---- costs ----

namespace {

template <class Engine, class Draw>
std::size_t spent_by(const Draw& draw) {
  Engine engine;
  draw(engine);
  return engine.spent();
}

// What a draw spends of an engine of 32 bits and of one of 64.
template <class Draw>
void check_spent(const Draw& draw, std::size_t words32, std::size_t words64) {
  CHECK(spent_by<Scripted32>(draw) == words32);
  CHECK(spent_by<Scripted64>(draw) == words64);
}

}  // namespace

TEST_CASE("each draw spends what its documentation says") {
  check_spent([](auto& rng) { uniform_index(10, rng); }, 1, 1);
  check_spent([](auto& rng) { uniform_index(1, rng); }, 1, 1);
  check_spent([](auto& rng) { uniform_index(Index{1} << 32, rng); }, 2, 1);
  check_spent([](auto& rng) { uniform_unit(rng); }, 2, 1);
  check_spent([](auto& rng) { random_permutation(0, rng); }, 0, 0);
  check_spent([](auto& rng) { random_permutation(6, rng); }, 5, 5);
  for (const double alpha : {0.0, 5e-324, 0.2, 1.0, 1e300, inf}) {
    INFO("alpha " << alpha);
    check_spent([alpha = alpha](auto& rng) { gen_cutmix_lambda(alpha, rng); }, 4, 2);
  }
  check_spent(
      [](auto& rng) {
        UrbgRef ref(rng);
        uniform_index(10, ref);
      },
      1, 1);
}

namespace {

struct CountingEngine {
  using result_type = std::uint32_t;
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return 0xFFFFFFFFu; }
  result_type operator()() { return ++spent, engine(); }
  Philox4x32 engine{24};
  double spent = 0;
};

}  // namespace

TEST_CASE("a derangement spends about 1.7 words an element") {
  // One draw's standard deviation is about 100 words, so the mean's is 0.7 of the 3 allowed here.
  CountingEngine engine;
  for (int i = 0; i < 20000; ++i) random_derangement(100, engine);
  CHECK(std::abs(engine.spent / 20000 - 171) < 3);
}
