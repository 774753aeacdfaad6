// Draws that must come out the same everywhere and for ever: plans, boxes and lambdas, written once
// and checked since with GCC and Clang, libstdc++ and libc++.

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "golden_plans.hpp"
#include "support.hpp"

using namespace testing;
using cutmix::Options;
using cutmix::Pairing;
using cutmix::Philox4x32;
using cutmix::Scope;

namespace {

const std::string data_folder = CUTMIX_TEST_DATA;
constexpr double tolerance = golden_tolerance;

}  // namespace

// ---- boxes ----

TEST_CASE("golden boxes") {
  std::ifstream in(data_folder + "/rand_bbox.csv");
  REQUIRE(in);
  std::string line;
  std::getline(in, line);
  REQUIRE(line == "W,H,cutmix_lambda,cx,cy,x1,y1,x2,y2");
  int rows = 0;
  Scripted32 unused;
  while (std::getline(in, line)) {
    std::vector<std::string> cell;
    std::istringstream cells(line);
    for (std::string word; std::getline(cells, word, ',');) cell.push_back(word);
    REQUIRE(cell.size() == 9);
    const auto integer = [&](std::size_t i) { return static_cast<Index>(std::stol(cell[i])); };
    const BBox expected{integer(5), integer(6), integer(7), integer(8)};
    INFO(line);
    CHECK(cutmix::rand_bbox(integer(0), integer(1), std::strtod(cell[2].c_str(), nullptr), unused,
                            integer(3), integer(4)) == expected);
    ++rows;
  }
  CHECK(rows == 1500);
  CHECK(unused.spent() == 0);
}

// ---- lambdas ----

TEST_CASE("golden lambdas") {
  struct Row {
    double alpha, philox, mersenne;
  };
  const std::vector<Row> rows = {
      {0.2, 0x1.fecc51d00a4efp-3, 0x1.fedc874b8051ap-1},
      {1.0, 0x1.979183d682fd4p-2, 0x1.bc5b9af5a56ep-1},
      {40.0, 0x1.eff322f43bb9ap-2, 0x1.213487c3189ap-1},
  };
  for (const Row& row : rows) {
    Philox4x32 philox(12345);
    std::mt19937_64 mersenne(12345);
    const double a = cutmix::gen_cutmix_lambda(row.alpha, philox);
    const double b = cutmix::gen_cutmix_lambda(row.alpha, mersenne);
    INFO("alpha " << row.alpha << std::hexfloat << " " << a << " " << b);
    CHECK(std::abs(a - row.philox) <= tolerance);
    CHECK(std::abs(b - row.mersenne) <= tolerance);
  }
}

// ---- plans ----

TEST_CASE("golden plans") {
  std::ifstream in(data_folder + "/plans.txt");
  REQUIRE(in);
  int rows = 0;
  for (std::string line; std::getline(in, line); ++rows) {
    INFO(line);
    const GoldenLine golden = parsed_golden(line);
    CHECK(fault_of(drawn(golden.engine, golden.seed, golden.shape, options_of(golden)), golden) ==
          "");
  }
  CHECK(rows == 128);
}

namespace {

struct LaterPlan {
  const char* engine;
  std::uint32_t seed;
  void (*set)(Options&);
  const char* text;
};

const std::vector<LaterPlan> later_plans = {
    {"philox4x32", 201,
     [](Options& o) {
       o.scope = Scope::sample;
       o.mixup_prob = 0.5;
       o.prob = 0.8;
     },
     "cutmix-plan 1 batch 3 height 9 width 11 depth 1 source -1 indices 2 0 1 patches 3 "
     "box 0 0 11 9 0 1 blend 0.7963753395116415 box 0 0 0 0 0 1 blend 1 box 5 0 9 3 0 1 "
     "blend 1"},
    {"mt19937_64", 202,
     [](Options& o) {
       o.scope = Scope::sample;
       o.mixup_prob = 0.8;
       o.mixup_alpha = 0.3;
     },
     "cutmix-plan 1 batch 3 height 9 width 11 depth 1 source -1 indices 0 1 2 patches 3 "
     "box 0 0 11 9 0 1 blend 0.022741624502152336 box 0 0 11 9 0 1 blend "
     "0.29369232827480163 box 4 0 11 6 0 1 blend 1"},
    {"philox4x32", 203, [](Options& o) { o.scope = Scope::sample; },
     "cutmix-plan 1 batch 3 height 1 width 64 depth 1 source -1 indices 1 0 2 patches 3 "
     "box 0 0 24 1 0 1 blend 1 box 33 0 45 1 0 1 blend 1 box 21 0 35 1 0 1 blend 1"},
    {"mt19937_64", 204,
     [](Options& o) {
       o.scope = Scope::sample;
       o.box_law = cutmix::UniformLaw{};
     },
     "cutmix-plan 1 batch 2 height 1 width 1 depth 40 source -1 indices 1 0 patches 2 box "
     "0 0 1 1 0 5 blend 1 box 0 0 1 1 23 25 blend 1"},
    {"philox4x32", 205, [](Options& o) { o.scope = Scope::sample; },
     "cutmix-plan 1 batch 2 height 6 width 8 depth 5 source -1 indices 1 0 patches 2 box 2 "
     "1 6 3 1 3 blend 1 box 0 0 3 4 2 4 blend 1"},
    {"mt19937_64", 206,
     [](Options& o) {
       o.scope = Scope::sample;
       o.box_law = cutmix::InsideLaw{};
     },
     "cutmix-plan 1 batch 2 height 6 width 8 depth 5 source -1 indices 0 1 patches 2 box 0 "
     "0 8 6 0 5 blend 1 box 0 0 5 5 0 5 blend 1"},
    {"philox4x32", 207,
     [](Options& o) {
       o.scope = Scope::sample;
       o.box_law = cutmix::UniformLaw{};
       o.mixup_prob = 0.4;
     },
     "cutmix-plan 1 batch 2 height 1 width 9 depth 7 source -1 indices 1 0 patches 2 box 2 "
     "0 9 1 6 7 blend 1 box 0 0 9 1 0 7 blend 0.4006329353012267"},
    {"mt19937_64", 208,
     [](Options& o) {
       o.scope = Scope::sample;
       o.box_law = cutmix::MinMaxLaw(0.2, 0.8);
     },
     "cutmix-plan 1 batch 2 height 6 width 8 depth 5 source -1 indices 0 1 patches 2 box 2 "
     "0 4 5 1 4 blend 1 box 4 3 8 5 1 2 blend 1"},
    {"philox4x32", 209,
     [](Options& o) {
       o.scope = Scope::pair;
       o.pairing = Pairing::reversed;
       o.box_law = cutmix::InsideLaw{};
     },
     "cutmix-plan 1 batch 5 height 9 width 11 depth 1 source -1 indices 4 3 2 1 0 patches "
     "5 box 2 3 11 9 0 1 blend 1 box 4 2 11 8 0 1 blend 1 box 1 0 11 9 0 1 blend 1 box 4 2 "
     "11 8 0 1 blend 1 box 2 3 11 9 0 1 blend 1"},
    {"mt19937_64", 210,
     [](Options& o) {
       o.scope = Scope::pair;
       o.indices = Indices{2, 1, 0, 3};
       o.mixup_prob = 0.8;
     },
     "cutmix-plan 1 batch 4 height 7 width 9 depth 1 source -1 indices 2 1 0 3 patches 4 "
     "box 0 1 6 5 0 1 blend 1 box 6 4 9 6 0 1 blend 1 box 0 1 6 5 0 1 blend 1 box 0 0 9 7 "
     "0 1 blend 0.9073554300515326"},
    {"philox4x32", 211, [](Options& o) { o.box_law = cutmix::UniformLaw{}; },
     "cutmix-plan 1 batch 4 height 6 width 7 depth 1 source 9 indices 3 1 6 3 patches 1 "
     "box 0 1 1 2 0 1 blend 1"},
    {"mt19937_64", 212, [](Options& o) { o.mixup_prob = 1; },
     "cutmix-plan 1 batch 4 height 6 width 7 depth 2 source 3 indices 0 2 1 2 patches 1 "
     "box 0 0 7 6 0 2 blend 0.3548724855662304"},
};

}  // namespace

TEST_CASE("golden plans with what came later: MixUp, pairs, sources, one and three dimensions") {
  for (const LaterPlan& golden : later_plans) {
    INFO(golden.engine << ", seed " << golden.seed);
    std::istringstream text(golden.text);
    Plan expected;
    text >> expected;
    REQUIRE(text);
    Options options;
    golden.set(options);
    const Plan plan = drawn(golden.engine, golden.seed, expected.shape, options);
    INFO(plan);
    CHECK(plan.indices == expected.indices);
    REQUIRE(plan.patches.size() == expected.patches.size());
    for (std::size_t i = 0; i < plan.patches.size(); ++i) {
      CHECK(plan.patches[i].box == expected.patches[i].box);
      CHECK(std::abs(plan.patches[i].blend - expected.patches[i].blend) <= tolerance);
    }
  }
}
