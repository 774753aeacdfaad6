#ifndef CUTMIX_DETAIL_ERROR_HPP
#define CUTMIX_DETAIL_ERROR_HPP

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

#include "attributes.hpp"
#include "index.hpp"

namespace cutmix {
namespace detail {

// A number's digits with a point, whatever the program's locale has for one, in however many bytes.
inline std::string with_point(const char* digits) {
  std::string text;
  for (const char* c = digits; *c != 0; ++c) {
    const bool is_known =
        (*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') || *c == '-' || *c == '+';
    if (is_known)
      text += *c;
    else if (text.empty() || text.back() != '.')
      text += '.';
  }
  return text;
}

// The fewest digits that read back as the same value: 0.1 stays 0.1, and a lambda of
// 1.0000000000000002 is not reported as 1.
CUTMIX_OUT_OF_LINE inline std::string to_text(double value) {
  char digits[32] = {};
  for (int precision = 6; precision <= 17; ++precision) {
    (void)std::snprintf(digits, sizeof digits, "%.*g", precision, value);
    const double back = std::strtod(digits, nullptr);
    if (!(back < value) && !(back > value)) break;
  }
  return with_point(digits);
}

// A text or a number of a message. A few words to store and no more, so that a check which hardly
// ever fails is little code; a text must last as long as the call that it is passed to.
class Piece {
 public:
  // NOLINTBEGIN: what is passed is meant to become one
  constexpr Piece(std::string_view text) : size_(text.size()), text_(text.data()) {}
  constexpr Piece(const char* text) : Piece(std::string_view(text)) {}
  Piece(const std::string& text) : Piece(std::string_view(text)) {}
  constexpr Piece(double number) : kind_(Kind::real), real_(number) {}
  template <class Integer, class = std::enable_if_t<std::is_integral_v<Integer>>>
  constexpr Piece(Integer number)
      : kind_(number < Integer{} ? Kind::negative : Kind::natural),
        bits_(static_cast<std::uint64_t>(number)) {}
  // NOLINTEND

  CUTMIX_OUT_OF_LINE std::string text() const {
    if (kind_ == Kind::text) return {text_, size_};
    if (kind_ == Kind::real) return to_text(real_);
    return kind_ == Kind::negative ? "-" + std::to_string(0 - bits_) : std::to_string(bits_);
  }

 private:
  enum class Kind : unsigned char { text, real, natural, negative };
  Kind kind_ = Kind::text;
  std::size_t size_ = 0;  // of a text
  union {
    const char* text_;
    double real_;
    std::uint64_t bits_;
  };
};

// The format with each % replaced by a piece.
CUTMIX_OUT_OF_LINE inline std::string text_of(std::string_view format,
                                              std::initializer_list<Piece> pieces) {
  std::string text;
  auto piece = pieces.begin();
  for (const char c : format) {
    if (c == '%')
      text += (piece++)->text();
    else
      text += c;
  }
  return text;
}

// at(0) to at(count - 1) as a list.
template <class At>
std::string list_text(const char* separator, Index count, const At& at) {
  std::string text;
  for (Index i = 0; i < count; ++i) text += text_of("%%", {i == 0 ? "" : separator, at(i)});
  return text;
}

// Every error of the library leaves from here: "<what> = <value>, <what must hold>".
[[noreturn]] CUTMIX_OUT_OF_LINE inline void fail(const char* format,
                                                 std::initializer_list<Piece> pieces = {}) {
  throw std::invalid_argument("cutmix: " + text_of(format, pieces));
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_ERROR_HPP
