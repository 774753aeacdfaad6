// Draws: what they return, what they spend, and the laws that they follow.

#include <cutmix/random.hpp>
#include <limits>
#include <map>
#include <numeric>
#include <random>
#include <set>

#include "statistics.hpp"
#include "support.hpp"

using namespace testing;
using cutmix::gen_cutmix_lambda;
using cutmix::gen_indices;
using cutmix::Philox4x32;
using cutmix::detail::uniform_index;

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
  // 10 outputs: 3 bits each from 0..7, while 8 and 9 are drawn again. Eleven octal digits are 33
  // bits, of which the first falls off.
  ScriptedEngine<std::uint32_t, 9> odd({8, 7, 9, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1});
  CHECK(cutmix::detail::bits32(odd) == static_cast<std::uint32_t>(070123456701));
  CHECK(odd.spent() == 13);
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

TEST_CASE("open_unit never reaches its ends") {
  CHECK(cutmix::detail::open_unit(0) > 0);
  CHECK(cutmix::detail::open_unit(~std::uint64_t{0}) < 1);
  CHECK(cutmix::detail::open_unit(0) == 1 - cutmix::detail::open_unit(~std::uint64_t{0}));
}

TEST_CASE("uniform_index is exact") {
  Philox4x32 engine(21);
  for (const Index n : {1, 2, 3, 7, 10, 33}) {
    std::vector<double> counts(static_cast<std::size_t>(n));
    for (int i = 0; i < 50000; ++i) ++counts[static_cast<std::size_t>(uniform_index(n, engine))];
    INFO("n " << n);
    if (n > 1) CHECK(uniform_p(counts) > false_alarm);
    CHECK(std::accumulate(counts.begin(), counts.end(), 0.0) == 50000);
  }
  // The word whose product is uneven is drawn again: 2^32 = 1 mod 3, so word 0 is the one too many.
  Scripted32 uneven({0u, 0xFFFFFFFFu});
  CHECK(uniform_index(3, uneven) == 2);
  CHECK(uneven.spent() == 2);
  Scripted32 large({0xFFFFFFFFu, 0xFFFFFFFFu, 0x00000001u, 0x00000002u});
  CHECK(uniform_index(Index{1} << 40, large) == (Index{1} << 40) - 1);
  CHECK(uniform_index((Index{1} << 40) - 5, large) == 0x0100000002);
}

TEST_CASE("gen_indices returns permutations of 0..B-1") {
  Philox4x32 engine(4);
  for (const Index B : {0, 1, 2, 3, 17, 256}) {
    Eigen::Tensor<float, 3, Eigen::RowMajor> x(B, 2, 3);
    Indices indices = gen_indices(x, engine);
    std::sort(indices.begin(), indices.end());
    Indices all(static_cast<std::size_t>(B));
    std::iota(all.begin(), all.end(), Index{0});
    CHECK(indices == all);
  }
}

TEST_CASE("gen_indices: every permutation is equally likely") {
  Philox4x32 engine(5);
  Eigen::Tensor<float, 3> x(4, 1, 1);
  std::map<Indices, double> seen;
  for (int i = 0; i < 48000; ++i) ++seen[gen_indices(x, engine)];
  REQUIRE(seen.size() == 24);
  std::vector<double> counts;
  for (const auto& entry : seen) counts.push_back(entry.second);
  CHECK(uniform_p(counts) > false_alarm);
}

TEST_CASE("derangements: no fixed point, and every one is equally likely") {
  Philox4x32 engine(6);
  std::map<Indices, double> seen;
  Indices indices;
  for (int i = 0; i < 27000; ++i) {
    cutmix::detail::random_derangement(4, engine, indices);
    ++seen[indices];
  }
  REQUIRE(seen.size() == 9);  // of 24 permutations; a shuffle of one cycle would show 6
  std::vector<double> counts;
  for (const auto& entry : seen) {
    for (std::size_t b = 0; b < 4; ++b) CHECK(entry.first[b] != static_cast<Index>(b));
    counts.push_back(entry.second);
  }
  CHECK(uniform_p(counts) > false_alarm);
}

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
  // The extreme words: U and V as near to 0, 1/4, 1/2 and 1 as they come.
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
    CHECK(gen_cutmix_lambda(std::numeric_limits<double>::infinity(), engine) == 0.5);
    CHECK(std::abs(gen_cutmix_lambda(1e300, engine) - 0.5) < 1e-12);
    const double extreme = gen_cutmix_lambda(1e-300, engine);
    CHECK((extreme == 0 || extreme == 1));
  }
}

TEST_CASE("lambda keeps its relative precision near 0") {
  // alpha 0.001: half of the draws are below 2^-700, and none of those may be rounded to a few
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

TEST_CASE("each draw spends what its documentation says") {
  Eigen::Tensor<float, 3> x(6, 2, 3);
  Scripted32 narrow;
  gen_indices(x, narrow);
  CHECK(narrow.spent() == 5);
  Scripted64 wide;
  gen_indices(x, wide);
  CHECK(wide.spent() == 5);
  for (const double alpha :
       {0.0, 5e-324, 0.2, 1.0, 1e300, std::numeric_limits<double>::infinity()}) {
    Scripted32 a;
    gen_cutmix_lambda(alpha, a);
    CHECK(a.spent() == 4);
    Scripted64 b;
    gen_cutmix_lambda(alpha, b);
    CHECK(b.spent() == 2);
  }
  Scripted32 c;
  cutmix::rand_bbox(32, 24, 0.5, c);
  CHECK(c.spent() == 2);
  Scripted32 d;
  cutmix::rand_bbox(32, 24, 0.5, d, 3);
  CHECK(d.spent() == 1);
  Scripted32 e;
  cutmix::rand_bbox(32, 24, 0.5, e, std::nullopt, 3);
  CHECK(e.spent() == 1);
  Scripted32 f;
  cutmix::rand_bbox(32, 24, 0.5, f, 3, 4);
  cutmix::adjust_lambda(0.5, x, BBox{0, 0, 1, 1});
  CHECK(f.spent() == 0);
  Scripted64 g;
  cutmix::AnyUrbg any(g);
  CHECK(uniform_index(10, any) >= 0);
  CHECK(g.spent() == 1);
}
