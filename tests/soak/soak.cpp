// The laws of chance at length: many plans, counted in every way that something could be wrong with
// them. Prints a table, and fails where a right library would with less than one seed in a million.
//
//   soak [--plans N] [--seed S] [--threads T]
//
// Every check has a law that is known exactly. Its draws come from streams of its own, so that the
// table depends on plans and seed alone, and not on threads. A check is a chi-square test of counts
// (cells of fewer than 50 expected draws are joined) or a Kolmogorov-Smirnov test; what fits worse
// than it should fails, and what fits better than it should, too. The level of a side is a
// millionth divided by the number of all sides (Bonferroni), so that a right library fails with a
// probability of 1e-6 for a seed that nobody has chosen by its result, as far as the tests'
// approximations go.

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cutmix/philox.hpp>
#include <cutmix/plan.hpp>
#include <functional>
#include <mutex>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "laws.hpp"

namespace {

using cutmix::BatchShape;
using cutmix::BoxLaw;
using cutmix::Indices;
using cutmix::make_plan;
using cutmix::Options;
using cutmix::Pairing;
using cutmix::Philox4x32;
using cutmix::Plan;
using cutmix::Purpose;
using cutmix::Scope;
using soak::BoxCells;
using soak::ImageSize;
using soak::Index;

constexpr double total_false_alarm = 1e-6;
constexpr double fewest_expected = 50;
constexpr std::uint32_t shards = 16;

std::size_t nth(Index i) { return static_cast<std::size_t>(i); }

// ---- checks ----

// What a check is about, how it draws, and what is known of that.
struct Check {
  std::string name;
  std::vector<double> probabilities;            // of its cells; none: values of a continuous law
  std::function<long double(long double)> law;  // the distribution function of those
  // Draws so many times and tells each result, a cell or a value.
  using Tell = std::function<void(double)>;
  std::function<void(Philox4x32& rng, Index from, Index count, const Tell&)> draw;
  Index plans_each = 1;  // that a draw takes
};

struct Verdict {
  double p = 1;
  std::size_t cells = 0;
  bool two_sided = true;  // whether it can fit too well: counts of few cells can fit exactly
};

Verdict judge(const Check& check, const std::vector<double>& counts,
              const std::vector<double>& values) {
  if (check.probabilities.empty()) return {testing::kolmogorov_smirnov_p(values, check.law), 0};
  const double total = std::accumulate(counts.begin(), counts.end(), 0.0);
  // The unlikely ones together, as few as make enough.
  std::vector<std::size_t> order(counts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return check.probabilities[a] < check.probabilities[b];
  });
  std::vector<double> counted, expected;
  double count = 0, expects = 0;
  for (const std::size_t cell : order) {
    count += counts[cell], expects += check.probabilities[cell] * total;
    if (expects < fewest_expected) continue;
    counted.push_back(count), expected.push_back(expects);
    count = expects = 0;
  }
  if (counted.empty()) return {1, 0, false};
  counted.back() += count, expected.back() += expects;
  if (counted.size() == 1) return {1, 1, false};
  return {testing::chi_square_p(counted, expected), counted.size(), counted.size() > 10};
}

// ---- what is checked ----

class Checks {
 public:
  explicit Checks(std::uint64_t seed) : seed_(seed) {
    add_numbers();
    add_lambdas();
    add_permutations();
    add_laws();
    add_coins();
    add_pairs();
    add_streams();
  }
  const std::vector<Check>& list() const { return list_; }

 private:
  using CellOf = std::function<std::size_t(Philox4x32&)>;
  using ValueOf = std::function<double(Philox4x32&)>;
  static std::vector<double> equal(std::size_t cells) {
    return std::vector<double>(cells, 1 / static_cast<double>(cells));
  }
  static std::vector<double> squared(const std::vector<double>& one) {
    std::vector<double> pairs;
    for (const double a : one)
      for (const double b : one) pairs.push_back(a * b);
    return pairs;
  }

  // What draws keeps a plan, so that each thread has its own.
  void cells(std::string name, std::vector<double> probabilities, CellOf cell_of) {
    list_.push_back({std::move(name),
                     std::move(probabilities),
                     {},
                     [cell_of = std::move(cell_of)](Philox4x32& rng, Index, Index count,
                                                    const Check::Tell& tell) {
                       const CellOf own = cell_of;
                       for (Index i = 0; i < count; ++i) tell(static_cast<double>(own(rng)));
                     }});
  }
  void values(std::string name, std::function<long double(long double)> law, ValueOf value_of) {
    list_.push_back({std::move(name),
                     {},
                     std::move(law),
                     [value_of = std::move(value_of)](Philox4x32& rng, Index, Index count,
                                                      const Check::Tell& tell) {
                       const ValueOf own = value_of;
                       for (Index i = 0; i < count; ++i) tell(own(rng));
                     }});
  }
  // Draws that a plan makes into memory that is kept.
  template <class See>
  static auto from_plan(const BatchShape& shape, const Options& options, const See& see) {
    return [shape, options, see, plan = Plan()](Philox4x32& rng) mutable {
      make_plan(shape, options, rng, plan);
      return see(plan);
    };
  }

  void add_numbers() {
    const auto index = [this](const std::string& name, Index n, std::size_t count, auto cell_of) {
      cells("uniform_index(" + name, equal(count), [n, cell_of](Philox4x32& rng) {
        return static_cast<std::size_t>(cell_of(cutmix::uniform_index(n, rng)));
      });
    };
    for (const Index n : {2, 3, 6, 7, 10, 1000})
      index(std::to_string(n) + ")", n, nth(n), [](Index i) { return i; });
    // Of large ranges the upper part and the lower.
    const std::pair<const char*, Index> large[] = {{"3 2^30", Index{3} << 30},
                                                   {"2^32", Index{1} << 32},
                                                   {"3 2^40", Index{3} << 40},
                                                   {"3 2^60", Index{3} << 60}};
    for (const auto& [name, n] : large) {
      index(std::string(name) + ") / (n / 64)", n, 64,
            [part = n / 64](Index i) { return i / part; });
      index(std::string(name) + ") % 64", n, 64, [](Index i) { return i % 64; });
    }
    values(
        "uniform_unit", [](long double x) { return x; },
        [](Philox4x32& rng) { return cutmix::uniform_unit(rng); });
    cells("uniform_unit, lowest bits", equal(256), [](Philox4x32& rng) {
      return static_cast<std::size_t>(std::floor(cutmix::uniform_unit(rng) * 0x1p52)) & 255;
    });
    // Engines of other widths.
    const auto engine = [this](const char* name, auto made) {
      using Engine = decltype(made);
      list_.push_back({std::string("uniform_index(10), ") + name,
                       equal(10),
                       {},
                       [](Philox4x32& rng, Index, Index count, const Check::Tell& tell) {
                         Engine other(static_cast<typename Engine::result_type>(rng()));
                         for (Index i = 0; i < count; ++i)
                           tell(static_cast<double>(cutmix::uniform_index(10, other)));
                       }});
    };
    engine("64 bits", std::mt19937_64());
    engine("24 bits", std::ranlux24());
    engine("7 bits", std::independent_bits_engine<std::mt19937, 7, std::uint32_t>());
  }

  void add_lambdas() {
    for (const double alpha : {0.1, 0.3, 0.5, 1.0, 2.0, 8.0, 100.0}) {
      const auto law = [alpha](long double x) { return testing::beta_cdf(alpha, x); };
      const std::string name = cutmix::detail::text_of(" of alpha %", {alpha});
      values("lambda" + name, law,
             [alpha](Philox4x32& rng) { return cutmix::gen_cutmix_lambda(alpha, rng); });
      if (alpha < 0.2 || alpha > 10) continue;
      Options options;
      options.mixup_prob = 1;
      options.mixup_alpha = alpha;
      values("a plan's blend" + name, law,
             from_plan({1, 1, 1}, options, [](const Plan& plan) { return plan.blend(0); }));
    }
  }

  // A permutation's number, by its digits in the order of the positions that are left.
  static std::size_t number_of(const Indices& indices) {
    std::size_t number = 0;
    for (std::size_t i = 0; i < indices.size(); ++i) {
      std::size_t smaller = 0;
      for (std::size_t k = i + 1; k < indices.size(); ++k) smaller += indices[k] < indices[i];
      number = number * (indices.size() - i) + smaller;
    }
    return number;
  }

  void add_permutations() {
    for (const Index n : {3, 4, 5, 6}) {
      Indices indices(nth(n));
      std::iota(indices.begin(), indices.end(), Index{0});
      std::vector<double> all, deranged;
      do {
        bool moved = true;
        for (std::size_t i = 0; i < indices.size(); ++i)
          moved = moved && indices[i] != static_cast<Index>(i);
        deranged.push_back(moved ? 1 : 0);
      } while (std::next_permutation(indices.begin(), indices.end()));
      const double count = std::accumulate(deranged.begin(), deranged.end(), 0.0);
      for (double& probability : deranged) probability /= count;
      Options options;
      const auto see = [](const Plan& plan) { return number_of(plan.indices); };
      cells("permutations of " + std::to_string(n), equal(deranged.size()),
            from_plan({n, 1, 1}, options, see));
      options.pairing = Pairing::derangement;
      cells("derangements of " + std::to_string(n), deranged, from_plan({n, 1, 1}, options, see));
    }
    // Of 64: where some samples go, and how many stay: C(64, k) D(64 - k)/64!, nearly Poisson's
    // law.
    for (const Index b : {0, 31, 63}) {
      Options options;
      const auto see = [b](const Plan& plan) { return nth(plan.indices[nth(b)]); };
      const std::string name = "partner of sample " + std::to_string(b) + " of 64";
      cells(name, equal(64), from_plan({64, 1, 1}, options, see));
      std::vector<double> others(64, 1 / 63.0);
      others[nth(b)] = 0;
      options.pairing = Pairing::derangement;
      cells(name + ", deranged", others, from_plan({64, 1, 1}, options, see));
    }
    std::vector<double> fixed;
    double rest = 1;
    for (int k = 0; k < 12; ++k) {
      double sum = 0, term = 1;
      for (int i = 0; i <= 64 - k; ++i, term /= -i) sum += term;
      fixed.push_back(sum / std::tgamma(k + 1.0));
      rest -= fixed.back();
    }
    fixed.push_back(std::max(rest, 0.0));
    cells("samples of 64 that stay", fixed, from_plan({64, 1, 1}, {}, [](const Plan& plan) {
            std::size_t count = 0;
            for (std::size_t i = 0; i < 64; ++i) count += plan.indices[i] == static_cast<Index>(i);
            return std::min<std::size_t>(count, 12);
          }));
    cells("partners from a source of 7", equal(343),
          from_plan({3, 1, 1, 1, 7}, {}, [](const Plan& plan) {
            return nth(plan.indices[0] * 49 + plan.indices[1] * 7 + plan.indices[2]);
          }));
  }

  void add_laws() {
    const std::pair<const char*, ImageSize> images[] = {
        {"1-D", {24, 1, 1}}, {"1-D, column", {1, 17, 1}}, {"2-D", {9, 7, 1}}, {"3-D", {5, 4, 6}}};
    for (const auto& [dimensions, image] : images) {
      const auto law = [&, image = image, dimensions = std::string(dimensions)](
                           const std::string& name, const BoxLaw& box_law, double alpha,
                           std::vector<double> probabilities) {
        Options options;
        options.alpha = alpha;
        options.box_law = box_law;
        options.scope = Scope::sample;
        const BoxCells box_cells(image);
        cells(name + ", " + dimensions, std::move(probabilities),
              from_plan({1, image.height, image.width, image.depth}, options,
                        [box_cells](const Plan& plan) { return box_cells.cell(plan.box(0)); }));
      };
      for (const double alpha : {1.0, 0.3}) {
        const std::string of_alpha = cutmix::detail::text_of(" of alpha %", {alpha});
        law("ReferenceLaw" + of_alpha, cutmix::ReferenceLaw{}, alpha,
            soak::reference_probabilities(image, alpha));
        law("UniformLaw" + of_alpha, cutmix::UniformLaw{}, alpha,
            soak::uniform_probabilities(image, alpha));
        law("InsideLaw" + of_alpha, cutmix::InsideLaw{}, alpha,
            soak::inside_probabilities(image, alpha));
      }
      law("MinMaxLaw(0.25, 0.8)", cutmix::MinMaxLaw(0.25, 0.8), 1,
          soak::min_max_probabilities(image, 0.25, 0.8));
    }
  }

  void add_coins() {
    const auto coin = [this](double prob, double mixup_prob) {
      Options options;
      options.prob = prob;
      options.mixup_prob = mixup_prob;
      options.box_law = cutmix::MinMaxLaw(0.5, 0.5);
      cells(cutmix::detail::text_of("prob %, mixup_prob %", {prob, mixup_prob}),
            {1 - prob, prob * mixup_prob, prob * (1 - mixup_prob)},
            from_plan({1, 1, 4}, options, [](const Plan& plan) -> std::size_t {
              return plan.box(0).empty() ? 0 : plan.blend(0) < 1 ? 1 : 2;
            }));
    };
    coin(0.3, 0.35), coin(0.5, 0), coin(0.02, 0), coin(0.98, 0), coin(1, 0.5), coin(1, 0.02);
    // A coin for each sample, whatever those of the others.
    Options options;
    options.prob = 0.4;
    options.scope = Scope::sample;
    options.box_law = cutmix::MinMaxLaw(0.5, 0.5);
    std::vector<double> probabilities;
    for (unsigned mixed = 0; mixed < 16; ++mixed) {
      double probability = 1;
      for (unsigned b = 0; b < 4; ++b) probability *= (mixed >> b & 1) != 0 ? 0.4 : 0.6;
      probabilities.push_back(probability);
    }
    cells("prob 0.4, four samples", probabilities,
          from_plan({4, 1, 4}, options, [](const Plan& plan) {
            std::size_t mixed = 0;
            for (Index b = 0; b < 4; ++b)
              mixed |= (plan.box(b).empty() ? std::size_t{0} : std::size_t{1}) << b;
            return mixed;
          }));
  }

  // What two plans are asked for that must have nothing to do with each other.
  struct Seen {
    std::string name;
    BatchShape shape;
    Options options;
    std::vector<double> probabilities;
    std::function<std::size_t(const Plan&)> cell_of;
  };
  static std::vector<Seen> seen() {
    Seen blends{"permutation and blend", {3, 1, 1}, {}, equal(48), [](const Plan& plan) {
                  const auto part = static_cast<std::size_t>(plan.blend(0) * 8);
                  return number_of(plan.indices) * 8 + std::min<std::size_t>(part, 7);
                }};
    blends.options.mixup_prob = 1;
    const ImageSize image{5, 1, 1};
    Seen boxes{"box",
               {1, 1, 5},
               {},
               soak::min_max_probabilities(image, 0, 1),
               [cells = BoxCells(image)](const Plan& plan) { return cells.cell(plan.box(0)); }};
    boxes.options.box_law = cutmix::MinMaxLaw(0, 1);
    return {blends, boxes};
  }

  // Adds a check of pairs: draw_pair(rng, i, first, second) draws the i-th.
  void pairs(const std::string& name, const Seen& seen,
             std::function<void(Philox4x32&, Index, Plan&, Plan&)> draw_pair) {
    list_.push_back({name,
                     squared(seen.probabilities),
                     {},
                     [seen, draw_pair = std::move(draw_pair)](
                         Philox4x32& rng, Index from, Index count, const Check::Tell& tell) {
                       Plan first, second;
                       for (Index i = from; i < from + count; ++i) {
                         draw_pair(rng, i, first, second);
                         tell(static_cast<double>(seen.cell_of(first) * seen.probabilities.size() +
                                                  seen.cell_of(second)));
                       }
                     },
                     2});
  }

  void add_pairs() {
    for (const Seen& seen : seen())
      pairs(seen.name + " of one plan and the next", seen,
            [seen](Philox4x32& rng, Index, Plan& first, Plan& second) {
              make_plan(seen.shape, seen.options, rng, first);
              make_plan(seen.shape, seen.options, rng, second);
            });
    // Within a plan: the patches of samples side by side.
    Options options;
    options.scope = Scope::sample;
    options.box_law = cutmix::MinMaxLaw(0, 1);
    const ImageSize image{5, 1, 1};
    const std::vector<double> one = soak::min_max_probabilities(image, 0, 1);
    cells(
        "boxes of a sample and the next", squared(one),
        from_plan({2, 1, 5}, options, [cells = BoxCells(image), n = one.size()](const Plan& plan) {
          return cells.cell(plan.box(0)) * n + cells.cell(plan.box(1));
        }));
    values(
        "lambda, every second draw of an engine", [](long double x) { return x; },
        [](Philox4x32& rng) {
          cutmix::gen_cutmix_lambda(1, rng);
          return cutmix::gen_cutmix_lambda(1, rng);
        });
    cells("lambda and the next", equal(1024), [](Philox4x32& rng) {
      const auto part = [&rng] {
        return std::min<std::size_t>(
            static_cast<std::size_t>(cutmix::gen_cutmix_lambda(1, rng) * 32), 31);
      };
      const std::size_t first = part();
      return first * 32 + part();
    });
  }

  // The first plans of two streams that differ in one thing by one.
  void add_streams() {
    struct Name {
      std::uint64_t seed;
      Index epoch, step, rank;
      Purpose purpose;
    };
    using Differ = std::function<void(Name&, Index)>;
    // i counts pairs: numbers 2i and 2i + 1 of what differs, and i / 2^20 of something else.
    const std::pair<const char*, Differ> all[] = {
        {"step", [](Name& n, Index i) { n.step = i; }},
        {"epoch", [](Name& n, Index i) { n.epoch = i; }},
        {"rank", [](Name& n, Index i) { n.rank = i % (1 << 22), n.step += i >> 22; }},
        {"seed", [](Name& n, Index i) { n.seed += static_cast<std::uint64_t>(i); }},
        {"seed, upper word",
         [](Name& n, Index i) { n.seed += static_cast<std::uint64_t>(i) << 32; }},
        {"purpose",
         [](Name& n, Index i) { n.purpose = static_cast<Purpose>(128 + i % 2), n.step = i / 2; }}};
    for (const Seen& seen : seen())
      for (const auto& [what, differ] : all)
        pairs(
            seen.name + " of streams, next " + what, seen,
            [seen, differ = differ, seed = seed_](Philox4x32&, Index i, Plan& first, Plan& second) {
              for (const Index k : {0, 1}) {
                Name name{seed, 3, 5, 7, Purpose::plan};
                differ(name, 2 * i + k);
                Philox4x32 rng = cutmix::philox_stream(name.seed, name.epoch, name.step, name.rank,
                                                       name.purpose);
                make_plan(seen.shape, seen.options, rng, k == 0 ? first : second);
              }
            });
    list_.push_back({"first lambda of each step",
                     {},
                     [](long double x) { return x; },
                     [seed = seed_](Philox4x32&, Index from, Index count, const Check::Tell& tell) {
                       for (Index i = from; i < from + count; ++i) {
                         Philox4x32 rng = cutmix::philox_stream(seed, 11, i);
                         tell(cutmix::gen_cutmix_lambda(1, rng));
                       }
                     }});
  }

  std::uint64_t seed_;
  std::vector<Check> list_;
};

// ---- running them ----

struct Settings {
  Index plans = 100000000;
  std::uint64_t seed = 20190508;
  unsigned threads = std::max(std::thread::hardware_concurrency(), 1u);
};

Settings parse(int count, char** arguments) {
  Settings settings;
  for (int i = 1; i < count; i += 2) {
    const std::string name = arguments[i];
    char* end = nullptr;
    const unsigned long long value = i + 1 < count ? std::strtoull(arguments[i + 1], &end, 10) : 0;
    const bool read = end != nullptr && end != arguments[i + 1] && *end == 0;
    if (read && name == "--plans" && value > 0)
      settings.plans = static_cast<Index>(value);
    else if (read && name == "--seed")
      settings.seed = value;
    else if (read && name == "--threads" && value > 0)
      settings.threads = static_cast<unsigned>(value);
    else {
      std::fprintf(stderr, "soak [--plans N] [--seed S] [--threads T]\n");
      std::exit(2);
    }
  }
  return settings;
}

// The results of all checks; each has the same number of plans.
class Run {
 public:
  Run(const std::vector<Check>& checks, const Settings& settings)
      : checks_(checks),
        settings_(settings),
        each_(settings.plans / static_cast<Index>(checks.size())),
        left_(checks.size()),
        counts_(checks.size()),
        values_(checks.size()),
        verdicts_(checks.size()),
        mutexes_(checks.size()) {
    for (std::size_t i = 0; i < checks.size(); ++i) {
      counts_[i].resize(checks[i].probabilities.size());
      left_[i] = shards;
    }
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < settings.threads; ++t) threads.emplace_back([this] { work(); });
    for (std::thread& thread : threads) thread.join();
  }
  Index draws(std::size_t check) const { return each_ / checks_[check].plans_each; }
  const Verdict& verdict(std::size_t check) const { return verdicts_[check]; }

 private:
  void work() {
    for (std::size_t job = next_++; job < checks_.size() * shards; job = next_++)
      draw(job / shards, static_cast<std::uint32_t>(job % shards));
  }

  void draw(std::size_t i, std::uint32_t shard) {
    const Check& check = checks_[i];
    const Index from = draws(i) * shard / shards, until = draws(i) * (shard + 1) / shards;
    std::vector<double> counts(check.probabilities.size()), values;
    Philox4x32 rng =
        cutmix::philox_stream(settings_.seed, static_cast<Index>(i), shard, 0, Purpose{200});
    check.draw(rng, from, until - from, [&](double result) {
      if (counts.empty())
        values.push_back(result);
      else
        ++counts[static_cast<std::size_t>(result)];
    });
    const std::lock_guard<std::mutex> lock(mutexes_[i]);
    for (std::size_t cell = 0; cell < counts.size(); ++cell) counts_[i][cell] += counts[cell];
    values_[i].insert(values_[i].end(), values.begin(), values.end());
    if (--left_[i] > 0) return;
    verdicts_[i] = judge(check, counts_[i], values_[i]);
    values_[i] = {};
  }

  const std::vector<Check>& checks_;
  const Settings& settings_;
  Index each_;
  std::atomic<std::size_t> next_{0};
  std::vector<std::uint32_t> left_;
  std::vector<std::vector<double>> counts_, values_;
  std::vector<Verdict> verdicts_;
  std::vector<std::mutex> mutexes_;
};

}  // namespace

int main(int count, char** arguments) {
  const Settings settings = parse(count, arguments);
  const auto begin = std::chrono::steady_clock::now();
  const Checks checks(settings.seed);
  const std::vector<Check>& list = checks.list();
  const Run run(list, settings);

  std::size_t sides = 2;  // of the last test, of all p together
  std::vector<double> ps;
  for (std::size_t i = 0; i < list.size(); ++i) {
    sides += run.verdict(i).two_sided ? 2 : 1;
    if (run.verdict(i).cells != 1) ps.push_back(run.verdict(i).p);  // one cell has them all
  }
  const double level = total_false_alarm / static_cast<double>(sides);
  int failed = 0;
  const auto print = [&](const std::string& name, Index draws, std::size_t cells, double p,
                         bool two_sided) {
    const char* verdict = p < level ? "  TOO FAR" : two_sided && 1 - p < level ? "  TOO NEAR" : "";
    failed += *verdict != 0;
    std::printf("| %-56s | %9lld | %5s | %-8.3g |%s\n", name.c_str(), static_cast<long long>(draws),
                cells == 0 ? "KS" : std::to_string(cells).c_str(), p, verdict);
  };
  std::printf("%lld plans, or draws that plans are made of, from seed %llu\n\n",
              static_cast<long long>(settings.plans),
              static_cast<unsigned long long>(settings.seed));
  std::printf("| %-56s | %9s | %5s | %-8s |\n|%s|----------:|------:|---------:|\n", "check",
              "draws", "cells", "p", std::string(58, '-').c_str());
  for (std::size_t i = 0; i < list.size(); ++i)
    print(list[i].name, run.draws(i), run.verdict(i).cells, run.verdict(i).p,
          run.verdict(i).two_sided);
  print("all p above, together", static_cast<Index>(ps.size()), 0,
        testing::kolmogorov_smirnov_p(ps, [](long double p) { return p; }), true);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  std::printf(
      "\n%zu checks, %zu sides, each failing at %.2g; smallest p %.2g; %d failed; %.0f s on %u "
      "threads\n",
      list.size() + 1, sides, level, *std::min_element(ps.begin(), ps.end()), failed,
      seconds.count(), settings.threads);
  return failed == 0 ? 0 : 1;
}
