#include "measure.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <stdexcept>

namespace bench {

namespace {

// How long a contender that is not in a hurry stays on at each visit.
constexpr double visit_seconds = 0.004;
constexpr int least_calls = 3, most_calls = 400;

// Keeps the time of every visit, by the benchmark's name.
class Collector : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs)
      seconds[run.run_name.function_name].push_back(run.real_accumulated_time);
  }

  std::map<std::string, std::vector<double>> seconds;
};

std::vector<double> sorted(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values;
}

// Linear between the two neighbours; values are sorted.
double quantile(const std::vector<double>& values, double share) {
  const double at = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const auto above = std::min(below + 1, values.size() - 1);
  return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
}

double seconds_of_call(const Contender& contender) {
  const auto start = std::chrono::steady_clock::now();
  benchmark::DoNotOptimize(contender.run());
  benchmark::ClobberMemory();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

int calls_per_visit(const Contender& contender) {
  const double calls = visit_seconds / std::max(seconds_of_call(contender), 1e-9);
  return static_cast<int>(
      std::clamp(calls, static_cast<double>(least_calls), static_cast<double>(most_calls)));
}

// A visit begins with calls that are not measured: what the contender before left in the cache
// (a writer past the cache leaves nothing of the output there), and its threads on their way to
// sleep, are not this one's to pay for. Its time is the median of its calls, so that one in which
// the system gave the processor to somebody else does not count.
void visit(benchmark::State& state, const Contender& contender, int calls) {
  contender.prepare();
  for (int i = 0; i < 2; ++i) contender.run();
  std::vector<double> seconds;
  for (int i = 0; i < calls; ++i) seconds.push_back(seconds_of_call(contender));
  for (auto _ : state) state.SetIterationTime(quantile(sorted(seconds), 0.5));
}

std::string name_of(const Row& row, const Contender& contender) {
  return row.name + ", " + contender.table + ", " + contender.name;
}

}  // namespace

// The machine is shared and drifts, so nothing is measured in one stretch: a round is one run of
// Google Benchmark over all contenders in random order (its random interleaving, which bench.cpp
// switches on), one repetition each, and the medians are taken over the rounds: of times, and of
// ratios between the times of one round, which drift together. Repetitions within one run would be
// shuffled all together, and then chance decides when each contender has its turn.
RowResult measure(const Row& row, int rounds) {
  RowResult result{row.name, {}};
  for (const Contender& contender : row.contenders) {
    if (!contender.is_right())
      throw std::runtime_error(name_of(row, contender) + ": differs from the naive loop");
    const int calls = calls_per_visit(contender);
    benchmark::RegisterBenchmark(name_of(row, contender).c_str(), visit, contender, calls)
        ->Iterations(1)
        ->UseManualTime();
    result.results.push_back({contender.table, contender.name, contender.base, contender.role,
                              calls, rounds, 0, 0, 0, 0});
  }
  Collector collector;
  for (int round = 0; round < rounds; ++round) benchmark::RunSpecifiedBenchmarks(&collector);
  benchmark::ClearRegisteredBenchmarks();

  for (std::size_t i = 0; i < row.contenders.size(); ++i) {
    Result& of = result.results[i];
    const auto base =
        std::find_if(row.contenders.begin(), row.contenders.end(), [&of](const Contender& other) {
          return other.name == of.base && other.table == one_thread_of(other.table);
        });
    const std::vector<double>& seconds = collector.seconds.at(name_of(row, row.contenders[i]));
    const std::vector<double>& base_seconds = collector.seconds.at(name_of(row, *base));
    std::vector<double> ratios;
    for (std::size_t round = 0; round < seconds.size(); ++round)
      ratios.push_back(seconds[round] / base_seconds[round]);
    of.ratio = quantile(sorted(ratios), 0.5);
    of.median = quantile(sorted(seconds), 0.5);
    of.quartile_1 = quantile(sorted(seconds), 0.25);
    of.quartile_3 = quantile(sorted(seconds), 0.75);
  }
  return result;
}

}  // namespace bench
