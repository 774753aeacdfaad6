#ifndef CUTMIX_TESTS_GOLDEN_PLANS_HPP
#define CUTMIX_TESTS_GOLDEN_PLANS_HPP

// The lines of data/plans.txt, for whatever reads them: tests on Catch2, and programs for
// processors that have no Catch2.

#include <cmath>
#include <cutmix/philox.hpp>
#include <cutmix/plan.hpp>
#include <istream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace testing {

// What goes through log, expm1, cos and log1p may differ in the last bits.
constexpr double golden_tolerance = 1e-12;

// engine seed B H W scope law pairing alpha prob, then the plan as it was printed when plans had
// boxes and lambdas of their own:
// plan indices 2: 0 1 boxes 1: (4, 1, 8, 3) lambdas 1: 0.8333333333333334
struct GoldenLine {
  std::string engine, scope, law, pairing;
  std::uint32_t seed = 0;
  cutmix::BatchShape shape;
  double alpha = 0, prob = 0;
  cutmix::Indices indices;
  std::vector<cutmix::BBox> boxes;
  std::vector<double> lambdas;
};

inline GoldenLine parsed_golden(const std::string& text) {
  std::string line = text;
  for (char& c : line)
    if (c == ':' || c == '(' || c == ')' || c == ',') c = ' ';
  std::istringstream in(line);
  GoldenLine golden;
  in >> golden.engine >> golden.seed;
  in >> golden.shape.batch >> golden.shape.height >> golden.shape.width;
  in >> golden.scope >> golden.law >> golden.pairing >> golden.alpha >> golden.prob;
  std::string word;
  const auto expect = [&](const char* wanted) {
    if (!(in >> word) || word != wanted) throw std::runtime_error("no golden plan: " + text);
  };
  const auto read_list = [&](const char* name, auto& list, const auto& read) {
    std::size_t count = 0;
    expect(name);
    in >> count;
    list.resize(count);
    for (auto& element : list) read(element);
  };
  expect("plan");
  read_list("indices", golden.indices, [&](cutmix::Index& index) { in >> index; });
  read_list("boxes", golden.boxes,
            [&](cutmix::BBox& box) { in >> box.x1 >> box.y1 >> box.x2 >> box.y2; });
  read_list("lambdas", golden.lambdas, [&](double& lambda) { in >> lambda; });
  if (!in || in >> word) throw std::runtime_error("no golden plan: " + text);
  return golden;
}

inline cutmix::Options options_of(const GoldenLine& golden) {
  using cutmix::Pairing;
  cutmix::Options options;
  options.alpha = golden.alpha;
  options.prob = golden.prob;
  options.scope = golden.scope == "batch" ? cutmix::Scope::batch : cutmix::Scope::sample;
  if (golden.law == "uniform") options.box_law = cutmix::UniformLaw{};
  if (golden.law == "inside") options.box_law = cutmix::InsideLaw{};
  if (golden.law == "min_max") options.box_law = cutmix::MinMaxLaw(0.2, 0.8);
  if (golden.pairing == "derangement") options.pairing = Pairing::derangement;
  if (golden.pairing == "reversed") options.pairing = Pairing::reversed;
  if (golden.pairing == "rolled") options.pairing = Pairing::rolled;
  return options;
}

// With an engine by its name.
inline cutmix::Plan drawn(const std::string& engine, std::uint32_t seed,
                          const cutmix::BatchShape& shape, const cutmix::Options& options) {
  if (engine == "philox4x32") {
    cutmix::Philox4x32 rng(seed);
    return cutmix::make_plan(shape, options, rng);
  }
  if (engine != "mt19937_64") throw std::runtime_error("no engine: " + engine);
  std::mt19937_64 rng(seed);
  return cutmix::make_plan(shape, options, rng);
}

// What of a plan is not as it was written; empty: nothing.
inline std::string fault_of(const cutmix::Plan& plan, const GoldenLine& golden) {
  if (plan.shape != golden.shape) return "shape";
  if (plan.indices != golden.indices) return "indices";
  if (plan.patches.size() != golden.boxes.size() || plan.patches.size() != golden.lambdas.size())
    return "number of patches";
  for (std::size_t i = 0; i < plan.patches.size(); ++i) {
    if (plan.patches[i].box != golden.boxes[i]) return "box";
    if (plan.patches[i].blend != 1) return "blend";
    const double lambda = plan.lambda(static_cast<cutmix::Index>(i));
    if (!(std::abs(lambda - golden.lambdas[i]) <= golden_tolerance)) return "lambda";
  }
  return "";
}

}  // namespace testing

#endif  // CUTMIX_TESTS_GOLDEN_PLANS_HPP
