#ifndef CUTMIX_DETAIL_ERROR_HPP
#define CUTMIX_DETAIL_ERROR_HPP

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

// What hardly ever runs is kept out of what does, which also saves the compiler's time.
#if defined(__GNUC__)
#define CUTMIX_OUT_OF_LINE __attribute__((noinline, cold))
#else
#define CUTMIX_OUT_OF_LINE
#endif

namespace cutmix {
namespace detail {

// A number as text, and back, whatever the program's locale is. False where the text is no number
// or not only one.
inline bool parse_double(const std::string& text, double& value) {
  std::istringstream in(text);
  in.imbue(std::locale::classic());
  value = 0;
  in >> std::noskipws >> value;
  // Some libraries call it a failure to read one of the smallest numbers, having read it.
  const bool read = !in.fail() || value != 0;
  in.clear();
  return read && in.peek() == std::istringstream::traits_type::eof();
}

// The fewest digits that read back as the same value: 0.1 stays 0.1, and a lambda of
// 1.0000000000000002 is not reported as 1.
CUTMIX_OUT_OF_LINE inline std::string to_text(double value) {
  std::string text;
  for (int digits = 6; digits <= std::numeric_limits<double>::max_digits10; ++digits) {
    std::ostringstream out;
    out.imbue(std::locale::classic());
    out.precision(digits);
    out << value;
    text = out.str();
    double back = 0;
    parse_double(text, back);
    if (!(back < value) && !(back > value)) break;
  }
  return text;
}

inline std::string to_text(const std::string& text) { return text; }
inline std::string to_text(const char* text) { return text; }

// Any value as it stands in a message; characters are numbers here.
template <class Value>
std::string to_text(const Value& value) {
  if constexpr (std::is_integral_v<Value>) {
    return std::to_string(+value);
  } else {
    std::ostringstream out;
    out.imbue(std::locale::classic());
    out << value;
    return out.str();
  }
}

// A piece of a message: a text, which must last as long as the call that it is passed to, or a
// number. Plain data, so that a check which hardly ever fails is little code.
class Piece {
 public:
  CUTMIX_OUT_OF_LINE Piece(const char* text)  // NOLINT: what is passed is meant to become one
      : text_(text), size_(std::char_traits<char>::length(text)) {}
  CUTMIX_OUT_OF_LINE Piece(const std::string& text)  // NOLINT
      : text_(text.data()), size_(text.size()) {}
  CUTMIX_OUT_OF_LINE Piece(std::string_view text)  // NOLINT
      : text_(text.data()), size_(text.size()) {}
  CUTMIX_OUT_OF_LINE Piece(double number) : kind_(Kind::real), real_(number) {}  // NOLINT
  template <class Integer, class = std::enable_if_t<std::is_integral_v<Integer>>>
  CUTMIX_OUT_OF_LINE Piece(Integer number)  // NOLINT
      : kind_(std::is_signed_v<Integer> ? Kind::integer : Kind::natural),
        bits_(static_cast<std::uint64_t>(number)) {}

  std::string text() const {
    switch (kind_) {
      case Kind::text:
        return {text_, size_};
      case Kind::real:
        return to_text(real_);
      case Kind::integer:
        return std::to_string(static_cast<std::int64_t>(bits_));
      default:
        return std::to_string(bits_);
    }
  }

 private:
  enum class Kind { text, real, integer, natural };
  Kind kind_ = Kind::text;
  const char* text_ = "";
  std::size_t size_ = 0;
  double real_ = 0;
  std::uint64_t bits_ = 0;
};

// One piece or several, in braces.
class Pieces {
 public:
  CUTMIX_OUT_OF_LINE Pieces(std::initializer_list<Piece> pieces) : one_(""), count_(pieces.size()) {
    first_ = pieces.begin();  // they last as long as the call
  }
  template <class One, class = std::enable_if_t<std::is_convertible_v<const One&, Piece>>>
  CUTMIX_OUT_OF_LINE Pieces(const One& one) : one_(one), first_(&one_), count_(1) {}  // NOLINT
  Pieces(const Pieces&) = delete;
  Pieces& operator=(const Pieces&) = delete;

  std::string text() const {
    std::string text;
    for (std::size_t i = 0; i < count_; ++i) text += first_[i].text();
    return text;
  }

 private:
  Piece one_;
  const Piece* first_;
  std::size_t count_;
};

// Every error of the library leaves from here, so that what can throw stays out of line.
[[noreturn]] CUTMIX_OUT_OF_LINE inline void fail(const Pieces& what, const Pieces& value,
                                                 const Pieces& rule) {
  throw std::invalid_argument("cutmix: " + what.text() + " = " + value.text() + ", " + rule.text());
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_ERROR_HPP
