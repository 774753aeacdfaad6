#ifndef CUTMIX_DETAIL_ERROR_HPP
#define CUTMIX_DETAIL_ERROR_HPP

#include <cstddef>
#include <cstdint>
#include <limits>
#include <locale>
#include <sstream>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace cutmix {
namespace detail {

// The fewest digits that read back as the same value: 0.1 stays 0.1, and a lambda of
// 1.0000000000000002 is not reported as 1.
inline std::string to_text(double value) {
  std::string text;
  for (int digits = 6; digits <= std::numeric_limits<double>::max_digits10; ++digits) {
    std::ostringstream out;
    out.imbue(std::locale::classic());
    out.precision(digits);
    out << value;
    text = out.str();
    std::istringstream in(text);
    in.imbue(std::locale::classic());
    double back = 0;
    in >> back;  // which some libraries call a failure for the smallest numbers, having read them
    if (!(back < value) && !(back > value)) break;
  }
  return text;
}

// Any value as it stands in a message; characters are numbers here.
template <class Value>
std::string to_text(const Value& value) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  if constexpr (std::is_integral_v<Value>)
    out << +value;
  else
    out << value;
  return out.str();
}

template <class Position>
std::string element(const char* name, Position position) {
  return std::string(name) + "[" + to_text(position) + "]";
}

// Every error of the library leaves from here, so that what can throw stays out of line.
template <class Value>
[[noreturn]] void fail(const std::string& what, const Value& value, const std::string& rule) {
  throw std::invalid_argument("cutmix: " + what + " = " + to_text(value) + ", " + rule);
}

// An output must not overlap an input: `advice` may end the message.
inline void check_apart(const char* out_name, const void* out, std::size_t out_bytes,
                        const char* in_name, const void* in, std::size_t in_bytes,
                        const char* advice = "") {
  const auto o = reinterpret_cast<std::uintptr_t>(out), i = reinterpret_cast<std::uintptr_t>(in);
  if (out_bytes == 0 || in_bytes == 0 || o + out_bytes <= i || i + in_bytes <= o) return;
  fail(std::string("distance in bytes from ") + in_name + " to " + out_name,
       static_cast<std::ptrdiff_t>(o - i), std::string("must leave no overlap") + advice);
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_ERROR_HPP
