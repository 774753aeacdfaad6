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

// Makes the digits of a number have a point, whatever the program's locale has for one, in however
// many bytes.
inline void set_point(char* digits) {
  char* end = digits;
  for (const char* c = digits; *c != 0; ++c) {
    const bool is_known =
        (*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') || *c == '-' || *c == '+';
    if (is_known)
      *end++ = *c;
    else if (end == digits || end[-1] != '.')
      *end++ = '.';
  }
  *end = 0;
}

// A text or a number of a message. Two words to store and no more, so that a check which hardly
// ever fails is little code; a text must last as long as the call that it is passed to.
class Piece {
 public:
  // NOLINTBEGIN: what is passed is meant to become one
  constexpr Piece(std::string_view text)
      : kind_(static_cast<Index>(text.size())), text_(text.data()) {}
  constexpr Piece(const char* text) : kind_(ended_text), text_(text) {}
  Piece(const std::string& text) : Piece(std::string_view(text)) {}
  constexpr Piece(double number) : kind_(real), real_(number) {}
  template <class Integer, class = std::enable_if_t<std::is_integral_v<Integer>>>
  constexpr Piece(Integer number)
      : kind_(std::is_signed_v<Integer> ? integer : natural),
        natural_(static_cast<unsigned long long>(number)) {}
  // NOLINTEND

  CUTMIX_OUT_OF_LINE void append_to(std::string& text) const {
    if (kind_ >= 0) {
      text.append(text_, static_cast<std::size_t>(kind_));
      return;
    }
    char digits[32] = {};
    if (kind_ == integer)
      (void)std::snprintf(digits, sizeof digits, "%lld", static_cast<long long>(natural_));
    else if (kind_ == natural)
      (void)std::snprintf(digits, sizeof digits, "%llu", natural_);
    else if (kind_ == real)
      print_real(digits, sizeof digits);
    text.append(kind_ == ended_text ? text_ : digits);
  }

 private:
  // The fewest digits that read back as the same value: 0.1 stays 0.1, and a lambda of
  // 1.0000000000000002 is not reported as 1.
  void print_real(char* digits, std::size_t size) const {
    for (int precision = 6; precision <= 17; ++precision) {
      (void)std::snprintf(digits, size, "%.*g", precision, real_);
      const double back = std::strtod(digits, nullptr);
      if (!(back < real_) && !(back > real_)) break;
    }
    set_point(digits);
  }

  enum : Index { ended_text = -1, real = -2, integer = -3, natural = -4 };
  Index kind_;  // or the size of a text, from 0 on
  union {
    const char* text_;
    double real_;
    unsigned long long natural_;
  };
};

// Appends the format with each % replaced by a piece.
CUTMIX_OUT_OF_LINE inline void append_text(std::string& text, const char* format,
                                           std::initializer_list<Piece> pieces) {
  auto piece = pieces.begin();
  for (const char* c = format; *c != 0; ++c) {
    if (*c == '%')
      (piece++)->append_to(text);
    else
      text.append(c, 1);
  }
}
CUTMIX_OUT_OF_LINE inline std::string text_of(const char* format,
                                              std::initializer_list<Piece> pieces) {
  std::string text;
  append_text(text, format, pieces);
  return text;
}

// at(0) to at(count - 1) as a list.
template <class At>
std::string list_text(const char* separator, Index count, const At& at) {
  std::string text;
  for (Index i = 0; i < count; ++i) append_text(text, "%%", {i == 0 ? "" : separator, at(i)});
  return text;
}

// Every error of the library leaves from here: "<what> = <value>, <what must hold>".
[[noreturn]] CUTMIX_OUT_OF_LINE inline void fail(const char* format,
                                                 std::initializer_list<Piece> pieces = {}) {
  std::string text;
  append_text(text, "cutmix: ", {});
  append_text(text, format, pieces);
  throw std::invalid_argument(text);
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_ERROR_HPP
