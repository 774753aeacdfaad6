#ifndef CUTMIX_BENCHMARKS_REPORT_HPP
#define CUTMIX_BENCHMARKS_REPORT_HPP

#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

#include "measure.hpp"

namespace bench {

struct Report {
  std::vector<std::pair<std::string, std::string>> machine;
  std::vector<RowResult> rows;
};

void write_markdown(std::ostream& out, const Report& report);
void write_json(std::ostream& out, const Report& report);
// Bars of the out-of-place ratios of one thread, a panel for each shape.
void write_svg(std::ostream& out, const Report& report);

}  // namespace bench

#endif  // CUTMIX_BENCHMARKS_REPORT_HPP
