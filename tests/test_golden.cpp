// The reference's own outputs, and plans that must come out the same everywhere and for ever.

#include <fstream>
#include <map>
#include <random>
#include <sstream>

#include "support.hpp"

using namespace testing;
using cutmix::Philox4x32;

namespace {

const std::string data_folder = CUTMIX_TEST_DATA;

double number(const std::string& text) { return std::strtod(text.c_str(), nullptr); }

template <class Number>
std::vector<Number> numbers(const std::string& line) {
  std::istringstream in(line);
  std::vector<Number> list;
  for (std::string word; in >> word;) list.push_back(static_cast<Number>(number(word)));
  return list;
}

struct Case {
  std::map<std::string, std::string> fields;
  std::vector<Index> integers(const std::string& name) const {
    return numbers<Index>(fields.at(name));
  }
};

std::vector<Case> read_cases() {
  std::ifstream in(data_folder + "/cutmix.txt");
  REQUIRE(in);
  std::vector<Case> cases;
  for (std::string line; std::getline(in, line);) {
    const auto space = line.find(' ');
    const std::string name = line.substr(0, space);
    if (name == "case") cases.emplace_back();
    if (!cases.empty() && space != std::string::npos)
      cases.back().fields[name] = line.substr(space + 1);
  }
  return cases;
}

template <int Layout>
void check_case(const Case& golden) {
  const auto shape = golden.integers("shape");
  const auto box = golden.integers("bbox");
  const auto n_classes = golden.integers("n_classes")[0];
  const BBox bbox{box[0], box[1], box[2], box[3]};
  const double lambda = number(golden.fields.at("cutmix_lambda"));

  Eigen::Tensor<int, 4, Layout> x(shape[0], shape[1], shape[2], shape[3]);
  Index count = 0;
  const Shape<4> sizes{shape[0], shape[1], shape[2], shape[3]};
  for_each_position(sizes, [&](const auto& at) { x(at) = static_cast<int>(count++); });
  CHECK(cutmix::adjust_lambda(lambda, x, bbox) == number(golden.fields.at("adjusted_lambda")));

  const auto check = [&](const auto& mixed, double tolerance) {
    const auto x_expected = golden.integers("x_cutmix");
    std::size_t i = 0;
    for_each_position(sizes, [&](const auto& at) { REQUIRE(mixed.first(at) == x_expected[i++]); });
    CHECK(i == x_expected.size());
    const auto y_expected = numbers<double>(golden.fields.at("y_cutmix"));
    REQUIRE(mixed.second.size() == static_cast<Index>(y_expected.size()));
    for (Index b = 0; b < shape[0]; ++b)
      for (Index j = 0; j < n_classes; ++j)
        CHECK(std::abs(static_cast<double>(mixed.second(b, j)) -
                       y_expected[static_cast<std::size_t>(b * n_classes + j)]) <= tolerance);
  };
  Scripted32 unused;
  const auto indices = golden.integers("indices");
  if (golden.fields.count("y_index") != 0) {
    const auto ids = golden.integers("y_index");
    Eigen::Tensor<Index, 1, Layout> y(shape[0]);
    for (Index b = 0; b < shape[0]; ++b) y(b) = ids[static_cast<std::size_t>(b)];
    check(cutmix::cutmix(x, y, 1.0, n_classes, unused, lambda, bbox, indices), 1e-7);
  } else {
    const auto rows = numbers<double>(golden.fields.at("y_dense"));
    Eigen::Tensor<double, 2, Layout> y(shape[0], n_classes);
    for (Index b = 0; b < shape[0]; ++b)
      for (Index j = 0; j < n_classes; ++j)
        y(b, j) = rows[static_cast<std::size_t>(b * n_classes + j)];
    check(cutmix::cutmix(x, y, 1.0, n_classes, unused, lambda, bbox, indices), 1e-15);
  }
  CHECK(unused.spent() == 0);  // all was given
}

}  // namespace

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
    CHECK(cutmix::rand_bbox(integer(0), integer(1), number(cell[2]), unused, integer(3),
                            integer(4)) == expected);
    ++rows;
  }
  CHECK(rows == 1500);
}

TEST_CASE("golden batches, row-major and column-major") {
  const auto cases = read_cases();
  CHECK(cases.size() == 6);
  for (const Case& golden : cases) {
    INFO("case " << golden.fields.at("case"));
    check_case<Eigen::RowMajor>(golden);
    check_case<Eigen::ColMajor>(golden);
  }
}

namespace {

// Every line of plans.txt: engine seed B H W scope law pairing alpha prob, then the plan.
cutmix::Options options_of(const std::string& scope, const std::string& law,
                           const std::string& pairing, double alpha, double prob) {
  cutmix::Options options;
  options.alpha = alpha;
  options.prob = prob;
  options.scope = scope == "batch" ? cutmix::Scope::batch : cutmix::Scope::sample;
  if (law == "uniform") options.box_law = cutmix::UniformLaw{};
  if (law == "inside") options.box_law = cutmix::InsideLaw{};
  if (law == "min_max") options.box_law = cutmix::MinMaxLaw(0.2, 0.8);
  if (pairing == "derangement") options.pairing = cutmix::Pairing::derangement;
  if (pairing == "reversed") options.pairing = cutmix::Pairing::reversed;
  if (pairing == "rolled") options.pairing = cutmix::Pairing::rolled;
  return options;
}

Plan plan_from(const std::string& engine, std::uint32_t seed, Index B, Index H, Index W,
               const cutmix::Options& options) {
  if (engine == "philox4x32") {
    Philox4x32 rng(seed);
    return cutmix::make_plan(B, H, W, options, rng);
  }
  std::mt19937_64 rng(seed);
  return cutmix::make_plan(B, H, W, options, rng);
}

}  // namespace

TEST_CASE("golden plans") {
  // Written once by this test itself (see below) and checked since: indices and boxes exact,
  // lambdas to 1e-12. They hold with GCC and Clang, libstdc++ and libc++.
  const bool write = std::getenv("CUTMIX_WRITE_GOLDEN_PLANS") != nullptr;
  const std::string path = data_folder + "/plans.txt";
  if (write) {
    std::ofstream out(path);
    std::uint32_t seed = 0;
    for (const char* engine : {"philox4x32", "mt19937_64"})
      for (const char* scope : {"batch", "sample"})
        for (const char* law : {"reference", "uniform", "inside", "min_max"})
          for (const char* pairing : {"random", "derangement", "reversed", "rolled"})
            for (const double alpha : {0.2, 1.0}) {
              const double prob = ++seed % 3 == 0 ? 0.5 : 1.0;
              const Index B = 1 + seed % 9, H = 5 + seed % 28, W = 7 + seed % 25;
              const auto options = options_of(scope, law, pairing, alpha, prob);
              out << engine << ' ' << seed << ' ' << B << ' ' << H << ' ' << W << ' ' << scope
                  << ' ' << law << ' ' << pairing << ' ' << alpha << ' ' << prob << ' '
                  << plan_from(engine, seed, B, H, W, options) << '\n';
            }
  }
  std::ifstream in(path);
  REQUIRE(in);
  int rows = 0;
  for (std::string line; std::getline(in, line); ++rows) {
    std::istringstream text(line);
    std::string engine, scope, law, pairing;
    std::uint32_t seed = 0;
    Index B = 0, H = 0, W = 0;
    double alpha = 0, prob = 0;
    Plan expected;
    text >> engine >> seed >> B >> H >> W >> scope >> law >> pairing >> alpha >> prob >> expected;
    REQUIRE(text);
    INFO(line);
    const Plan plan =
        plan_from(engine, seed, B, H, W, options_of(scope, law, pairing, alpha, prob));
    CHECK(plan.indices == expected.indices);
    CHECK(plan.boxes == expected.boxes);
    REQUIRE(plan.lambdas.size() == expected.lambdas.size());
    for (std::size_t i = 0; i < plan.lambdas.size(); ++i)
      CHECK(std::abs(plan.lambdas[i] - expected.lambdas[i]) <= 1e-12);
  }
  CHECK(rows == 128);
}

TEST_CASE("golden lambdas") {
  // gen_cutmix_lambda goes through log, expm1, cos and log1p, which may differ in the last bits.
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
    CHECK(std::abs(a - row.philox) <= 1e-12);
    CHECK(std::abs(b - row.mersenne) <= 1e-12);
  }
}
