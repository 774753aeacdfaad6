#ifndef CUTMIX_BENCHMARKS_MACHINE_HPP
#define CUTMIX_BENCHMARKS_MACHINE_HPP

#include <string>
#include <utility>
#include <vector>

namespace bench {

// The machine and the build, as pairs of a name and what it is.
std::vector<std::pair<std::string, std::string>> describe_machine();

}  // namespace bench

#endif  // CUTMIX_BENCHMARKS_MACHINE_HPP
