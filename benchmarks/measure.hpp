#ifndef CUTMIX_BENCHMARKS_MEASURE_HPP
#define CUTMIX_BENCHMARKS_MEASURE_HPP

#include <string>
#include <vector>

#include "contender.hpp"

namespace bench {

// What was measured of one contender; its seconds are those of one call.
struct Result {
  std::string table, name, base;
  Role role;
  int calls;  // in each visit
  int visits;
  double median, quartile_1, quartile_3;
  double ratio;  // to the base's time of the same round, the median
};

struct RowResult {
  std::string name;
  std::vector<Result> results;
};

// Compares every contender of the row with the naive loop, which throws std::runtime_error where
// one is wrong, then visits all of them in turn, `rounds` times, each round in an order of its own.
RowResult measure(const Row& row, int rounds);

}  // namespace bench

#endif  // CUTMIX_BENCHMARKS_MEASURE_HPP
