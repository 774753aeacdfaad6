#ifndef CUTMIX_TESTS_SUPPORT_HPP
#define CUTMIX_TESTS_SUPPORT_HPP

// What the tests share and no tensor library has to do with: shapes, plans and engines by our own
// dice, and texts to damage. What knows of pixels here is written anew, not taken from the library.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <cutmix/philox.hpp>
#include <cutmix/plan.hpp>
#include <locale>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"

namespace testing {

using cutmix::BatchShape;
using cutmix::BBox;
using cutmix::ImageSize;
using cutmix::Index;
using cutmix::Indices;
using cutmix::Patch;
using cutmix::Plan;

// A position as the standard library counts.
inline std::size_t nth(Index i) { return static_cast<std::size_t>(i); }

// ---- what throws ----

struct Thrown {};  // by laws, engines and devices of the tests

template <class Run>
bool throws(const Run& run) {
  try {
    run();
  } catch (const Thrown&) {
    return true;
  }
  return false;
}

// ---- engines ----

// Uniform enough for shapes: remainders of Philox words. Print the seed in an INFO.
class Dice {
 public:
  explicit Dice(std::uint32_t seed) : engine_(seed) {}
  // What a fuzzer says: two bytes of a seed, and rolls. When these have run out the engine goes on.
  Dice(const unsigned char* bytes, std::size_t count) : bytes_(bytes), left_(count) {
    engine_.seed(next_bytes(0xFFFF));
  }

  Index roll(Index low, Index high) {  // both included
    const auto last = static_cast<std::uint32_t>(high - low);
    return low + static_cast<Index>((left_ > 0 ? next_bytes(last) : engine_()) % (last + 1));
  }
  bool coin() { return roll(0, 1) == 1; }
  double share() { return static_cast<double>(roll(0, 1000)) / 1000; }  // 0 and 1 among them
  // A roll that no fuzzer has a say in: for what fills memory, of which there is much.
  Index fill(Index low, Index high) {
    return low + static_cast<Index>(engine_() % static_cast<std::uint32_t>(high - low + 1));
  }
  cutmix::Philox4x32& engine() { return engine_; }

 private:
  // As many as a number up to `last` takes.
  std::uint32_t next_bytes(std::uint32_t last) {
    std::uint32_t word = 0;
    for (; left_ > 0 && last > 0; last >>= 8, --left_) word = word << 8 | *bytes_++;
    return word;
  }

  const unsigned char* bytes_ = nullptr;
  std::size_t left_ = 0;
  cutmix::Philox4x32 engine_;
};

// Hands out the words it was given, counts them, and refuses to go on after the last.
template <class Word, Word largest, Word smallest = 0>
class ScriptedEngine {
 public:
  using result_type = Word;
  static constexpr Word min() { return smallest; }
  static constexpr Word max() { return largest; }

  ScriptedEngine() = default;
  explicit ScriptedEngine(std::vector<Word> words) : words_(std::move(words)) {}
  Word operator()() {
    if (words_.empty()) return static_cast<Word>(++spent_ * 0x9E3779B97F4A7C15u);
    if (spent_ == words_.size()) throw std::logic_error("the script has no more words");
    return words_[spent_++];
  }
  std::size_t spent() const { return spent_; }

 private:
  std::vector<Word> words_;  // none: a fixed sequence without end
  std::size_t spent_ = 0;
};
using Scripted32 = ScriptedEngine<std::uint32_t, 0xFFFFFFFFu>;
using Scripted64 = ScriptedEngine<std::uint64_t, 0xFFFFFFFFFFFFFFFFu>;

// ---- plans ----

inline const Patch& patch_of(const Plan& plan, Index b) {
  return plan.patches.size() == 1 ? plan.patches[0] : plan.patches[nth(b)];
}

inline const BBox& box_of(const Plan& plan, Index b) { return patch_of(plan, b).box; }

inline bool covers(const BBox& box, Index column, Index row, Index slice = 0) {
  return box.x1 <= column && column < box.x2 && box.y1 <= row && row < box.y2 && box.z1 <= slice &&
         slice < box.z2;
}

// One box for all images of H x W pixels.
inline Plan plan_of(Indices indices, BBox box, Index H, Index W) {
  const auto batch = static_cast<Index>(indices.size());
  return {{batch, H, W}, std::move(indices), {{box, 1}}};
}

// Any box of an image of at least one pixel, the empty and the whole one among them.
inline BBox random_box(Dice& dice, const BatchShape& shape) {
  const auto side = [&dice](Index length) {
    const Index a = dice.roll(0, length), b = dice.roll(0, length);
    return std::pair{a < b ? a : b, a < b ? b : a};
  };
  const auto x = side(shape.width), y = side(shape.height), z = side(shape.depth);
  return {x.first, y.first, x.second, y.second, z.first, z.second};
}

// Any plan that is in order, whether or not make_plan would draw it: one patch or one a sample,
// where blends says so with blends.
inline Plan random_plan(Dice& dice, const BatchShape& shape, bool blends) {
  Plan plan{shape, {}, {}};
  const Index partners = shape.source < 0 ? shape.batch : shape.source;
  for (Index b = 0; b < shape.batch; ++b) plan.indices.push_back(dice.roll(0, partners - 1));
  const Index patches = shape.batch > 0 && dice.coin() ? shape.batch : 1;
  for (Index i = 0; i < patches; ++i)
    plan.patches.push_back({random_box(dice, shape), blends && dice.coin() ? dice.share() : 1});
  return plan;
}

// ---- results ----

// Equal byte for byte, so that NaN equals itself and 0 is not -0.
template <class A, class B>
bool same_bytes(const A& a, const B& b) {
  return a.size() == b.size() &&
         (a.size() == 0 ||
          std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(*a.data())) ==
              0);
}

template <class Call>
std::string error_of(const Call& call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no error";
}

// ---- texts ----

// Writes 1234.5 as 1.234,5.
template <class Char>
struct GroupedDigits : std::numpunct<Char> {
  Char do_decimal_point() const override { return Char{','}; }
  Char do_thousands_sep() const override { return Char{'.'}; }
  std::string do_grouping() const override { return "\3"; }
};

template <class Char = char>
std::locale grouping_locale() {
  return std::locale(std::locale::classic(), new GroupedDigits<Char>);
}

// Everything about a stream that could damage a text meant to be read back.
template <class Char>
void set_oddly(std::basic_ios<Char>& stream) {
  stream.imbue(grouping_locale<Char>());
  stream.setf(std::ios_base::hex, std::ios_base::basefield);
  stream.setf(std::ios_base::fixed, std::ios_base::floatfield);
  stream.setf(std::ios_base::left, std::ios_base::adjustfield);
  stream.setf(std::ios_base::showbase | std::ios_base::showpos | std::ios_base::uppercase);
  stream.unsetf(std::ios_base::skipws);
  stream.precision(2);
  stream.fill(Char{'7'});
}

inline std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

inline std::string text_of(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

}  // namespace testing

#endif  // CUTMIX_TESTS_SUPPORT_HPP
