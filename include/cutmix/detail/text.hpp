#ifndef CUTMIX_DETAIL_TEXT_HPP
#define CUTMIX_DETAIL_TEXT_HPP

// Text that is written to be read back. It goes past the stream's locale, flags, width and fill, so
// none of them can damage it, and none has to be put back when a stream throws.

#include <cstddef>
#include <cstdint>
#include <istream>
#include <limits>
#include <ostream>
#include <streambuf>
#include <string>

namespace cutmix {
namespace detail {

template <class Char, class Traits>
void write_text(std::basic_ostream<Char, Traits>& out, const std::string& text) {
  std::basic_string<Char, Traits> characters;
  for (const char c : text) characters += out.widen(c);
  out.width(0);
  out.write(characters.data(), static_cast<std::streamsize>(characters.size()));
}

// The next word, which ends before white space or with the text. None, and failbit, where there is
// no word or one of more characters than any number has.
template <class Char, class Traits>
std::string read_word(std::basic_istream<Char, Traits>& in) {
  constexpr std::size_t longest = 64;
  std::string word;
  auto state = std::ios_base::goodbit;
  const typename std::basic_istream<Char, Traits>::sentry ready(in, true);
  if (!ready) return word;
  const auto is_space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  for (auto next = in.rdbuf()->sgetc();; next = in.rdbuf()->snextc()) {
    if (Traits::eq_int_type(next, Traits::eof())) {
      state |= std::ios_base::eofbit;
      break;
    }
    const char c = in.narrow(Traits::to_char_type(next), '?');
    if (is_space(c) && word.empty()) continue;
    if (is_space(c)) break;
    if (word.size() == longest) {
      word.clear();
      break;
    }
    word += c;
  }
  if (word.empty()) state |= std::ios_base::failbit;
  if (state != std::ios_base::goodbit) in.setstate(state);
  return word;
}

// Decimal digits and nothing else, of a value that fits; a minus before them where Integer has one.
template <class Integer>
bool parse_integer(const std::string& word, Integer& value) {
  using Limits = std::numeric_limits<Integer>;
  const bool negative = Limits::is_signed && !word.empty() && word[0] == '-';
  const std::uint64_t most = static_cast<std::uint64_t>(Limits::max()) + (negative ? 1 : 0);
  std::uint64_t magnitude = 0;
  if (word.size() == (negative ? 1u : 0u)) return false;
  for (std::size_t i = negative ? 1 : 0; i < word.size(); ++i) {
    if (word[i] < '0' || word[i] > '9') return false;
    const auto digit = static_cast<std::uint64_t>(word[i] - '0');
    if (magnitude > (most - digit) / 10) return false;
    magnitude = 10 * magnitude + digit;
  }
  if (negative && magnitude != 0)
    value = static_cast<Integer>(Integer{0} - static_cast<Integer>(magnitude - 1) - 1);
  else
    value = static_cast<Integer>(magnitude);
  return true;
}

// A word that is read once more, as a stream.
class WordBuffer : public std::streambuf {
 public:
  explicit WordBuffer(std::string& word) {
    setg(word.data(), word.data(), word.data() + word.size());
  }
};

// A number and nothing else, whatever the program's locale is.
inline bool parse_double(std::string word, double& value) {
  WordBuffer buffer(word);
  std::istream in(&buffer);
  in.imbue(std::locale::classic());
  in.exceptions(std::ios_base::badbit);  // memory that runs out is no damaged text
  value = 0;
  in >> std::noskipws >> value;
  // Some libraries call it a failure to read one of the smallest numbers, having read it.
  const bool read = !in.fail() || value != 0;
  in.clear();
  return read && in.peek() == std::istream::traits_type::eof();
}

// Reads one word as an integer; failbit where it is none.
template <class Char, class Traits, class Integer>
void read_integer(std::basic_istream<Char, Traits>& in, Integer& value) {
  if (in && !parse_integer(read_word(in), value) && in) in.setstate(std::ios_base::failbit);
}

// Reads one word, which must be the given one.
template <class Char, class Traits>
void expect_word(std::basic_istream<Char, Traits>& in, const char* word) {
  if (in && read_word(in) != word && in) in.setstate(std::ios_base::failbit);
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_TEXT_HPP
