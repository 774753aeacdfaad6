#include "machine.hpp"

#include <fstream>
#include <thread>

#include "contenders.hpp"

namespace bench {

namespace {

std::string cpu_model() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  return "unknown";
}

std::string compiler() {
#ifdef __clang__
  return __VERSION__;
#else
  return std::string("GCC ") + __VERSION__;
#endif
}

std::string eigen_version() {
  return std::to_string(EIGEN_WORLD_VERSION) + '.' + std::to_string(EIGEN_MAJOR_VERSION) + '.' +
         std::to_string(EIGEN_MINOR_VERSION);
}

std::string cutmix_version() {
  return std::to_string(CUTMIX_VERSION_MAJOR) + '.' + std::to_string(CUTMIX_VERSION_MINOR) + '.' +
         std::to_string(CUTMIX_VERSION_PATCH);
}

std::string stores() {
  switch (cutmix::detail::stream_width()) {
    case cutmix::detail::StreamWidth::avx512:
      return "64 bytes";
    case cutmix::detail::StreamWidth::avx2:
      return "32 bytes";
    case cutmix::detail::StreamWidth::none:
      break;
  }
  return "none";
}

}  // namespace

std::vector<std::pair<std::string, std::string>> describe_machine() {
  return {
      {"processor", cpu_model()},   {"cores", std::to_string(std::thread::hardware_concurrency())},
      {"compiler", compiler()},     {"flags", CUTMIX_BENCH_FLAGS},
      {"Eigen", eigen_version()},   {"LibTorch", torch_version()},
      {"cutmix", cutmix_version()}, {"non-temporal stores", stores()}};
}

}  // namespace bench
