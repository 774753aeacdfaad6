// The engine: known answers, the requirements on engines of the standard, its text, its streams.

#include <array>
#include <cutmix/philox.hpp>
#include <iomanip>
#include <random>
#include <set>
#include <sstream>
#include <type_traits>
#include <vector>

#include "support.hpp"

using namespace testing;
using cutmix::Philox4x32;
using cutmix::philox_stream;
using cutmix::Purpose;

TEST_CASE("known answers of the standard and of Random123") {
  Philox4x32 standard;
  for (int i = 0; i < 9999; ++i) standard();
  CHECK(standard() == 1955073260u);  // the 10000th, [rand.predef]

  Philox4x32 zero(0);
  CHECK(zero() == 0x6627e8d5u);
  CHECK(zero() == 0xe169c58du);
  CHECK(zero() == 0xbc57ac4cu);
  CHECK(zero() == 0x9b00dbd8u);
}

TEST_CASE("it is a uniform random bit generator of all words of 32 bits") {
  STATIC_REQUIRE(std::is_same_v<Philox4x32::result_type, std::uint32_t>);
  STATIC_REQUIRE(Philox4x32::min() == 0);
  STATIC_REQUIRE(Philox4x32::max() == 0xFFFFFFFFu);
  STATIC_REQUIRE(std::is_trivially_copyable_v<Philox4x32>);
  std::set<bool> tops, bottoms;
  Philox4x32 engine(1);
  for (int i = 0; i < 64; ++i) {
    const std::uint32_t word = engine();
    tops.insert(word >> 31 != 0);
    bottoms.insert((word & 1) != 0);
  }
  CHECK((tops.size() == 2 && bottoms.size() == 2));
}

// ---- counter ----

namespace {

// A seed sequence that yields one key.
struct FixedKey {
  std::array<std::uint32_t, 2> words;
  using result_type = std::uint32_t;
  template <class It>
  void generate(It first, It) {
    first[0] = words[0];
    first[1] = words[1];
  }
};
struct KeyWords : FixedKey {
  KeyWords() : FixedKey{{0xa4093822u, 0x299f31d0u}} {}
};

}  // namespace

TEST_CASE("set_counter takes the most significant word first") {
  // Random123's kat_vectors: counter 243f6a88 85a308d3 13198a2e 03707344, least significant first,
  // key a4093822 299f31d0. The key's second word comes from a seed sequence.
  KeyWords words;
  Philox4x32 engine(words);
  engine.set_counter({0x03707344u, 0x13198a2eu, 0x85a308d3u, 0x243f6a88u});
  CHECK(engine() == 0xd16cfe09u);
  CHECK(engine() == 0x94fdccebu);
  CHECK(engine() == 0x5001e420u);
  CHECK(engine() == 0x24126ea1u);
}

TEST_CASE("set_counter forgets the block in use") {
  Philox4x32 fresh(7), used(7);
  used(), used();
  used.set_counter({0, 0, 0, 5});
  fresh.set_counter({0, 0, 0, 5});
  CHECK(used == fresh);
  CHECK(used() == fresh());
}

TEST_CASE("the counter carries through all four words") {
  Philox4x32 engine(7);
  engine.set_counter({1, 0xFFFFFFFFu, 0xFFFFFFFFu, 0xFFFFFFFFu});
  for (int i = 0; i < 4; ++i) engine();
  Philox4x32 next(7);
  next.set_counter({2, 0, 0, 0});
  for (int i = 0; i < 9; ++i) CHECK(engine() == next());
}

TEST_CASE("after the last counter comes zero") {
  Philox4x32 engine(7), start(7);
  engine.set_counter({0xFFFFFFFFu, 0xFFFFFFFFu, 0xFFFFFFFFu, 0xFFFFFFFFu});
  for (int i = 0; i < 4; ++i) engine();
  CHECK(engine == start);
  CHECK(engine() == start());
}

TEST_CASE("discard(n) is n calls, from every position") {
  for (int start = 0; start < 9; ++start)
    for (const unsigned long long skip :
         {0ull, 1ull, 2ull, 3ull, 4ull, 5ull, 7ull, 8ull, 1001ull}) {
      INFO("start " << start << ", skip " << skip);
      Philox4x32 walked(3), jumped(3);
      for (int i = 0; i < start; ++i) walked(), jumped();
      for (unsigned long long i = 0; i < skip; ++i) walked();
      jumped.discard(skip);
      CHECK(walked == jumped);
      CHECK(walked() == jumped());
    }
}

TEST_CASE("discard goes far in constant time") {
  Philox4x32 engine(5), there(5);
  engine.discard(~0ull);                                // 2^64 - 1 outputs
  there.set_counter({0, 0, 0x3FFFFFFFu, 0xFFFFFFFFu});  // block 2^62 - 1
  there(), there(), there();
  CHECK(engine() == there());
  CHECK(engine == there);
}

TEST_CASE("discards add up, through carries") {
  const std::uint32_t seed = 12;
  INFO("seed " << seed);
  Dice dice(seed);
  for (int i = 0; i < 1000; ++i) {
    Philox4x32 twice(9), once(9);
    twice.set_counter({0, dice.engine()(), 0xFFFFFFFFu, 0xFFFFFFF0u});
    once = twice;
    const auto a = static_cast<unsigned long long>(dice.roll(0, 300));
    const auto b = static_cast<unsigned long long>(dice.roll(0, 1000000)) << dice.roll(0, 40);
    twice.discard(a), twice.discard(b);
    once.discard(a + b);
    REQUIRE(twice == once);
    REQUIRE(twice() == once());
  }
}

// ---- seeds ----

TEST_CASE("seeding starts over") {
  Philox4x32 engine(1);
  engine();
  engine.seed(5);
  CHECK(engine == Philox4x32(5));
  CHECK(engine() == Philox4x32(5)());
  engine.seed();
  CHECK(engine == Philox4x32());
  CHECK(Philox4x32(Philox4x32::default_seed) == Philox4x32());
  CHECK(Philox4x32(1) != Philox4x32(2));
}

TEST_CASE("a seed sequence gives the key") {
  std::seed_seq sequence{1, 2, 3};
  Philox4x32 first(sequence), second;
  second();
  second.seed(sequence);
  CHECK(first == second);
  CHECK(first != Philox4x32());
  std::uint32_t words[2];
  sequence.generate(words, words + 2);
  std::ostringstream text;
  text << first;
  CHECK(text.str() == "cutmix-philox 1 " + std::to_string(words[0]) + ' ' +
                          std::to_string(words[1]) + " 0 0 0 0 3");
}

namespace {

struct ClassSeed {
  std::uint32_t value;
  operator std::uint32_t() const { return value; }
};
enum Seeds : std::uint32_t { first_seed = 7 };

}  // namespace

TEST_CASE("a class that converts to an integer is a seed, as std engines have it") {
  ClassSeed seed{7};
  const ClassSeed fixed{7};
  CHECK(Philox4x32(seed) == Philox4x32(7));
  CHECK(Philox4x32(fixed) == Philox4x32(7));
  CHECK(Philox4x32(ClassSeed{7}) == Philox4x32(7));
  CHECK(Philox4x32(first_seed) == Philox4x32(7));
  CHECK(Philox4x32(std::integral_constant<int, 7>{}) == Philox4x32(7));
  Philox4x32 engine;
  engine.seed(seed);
  CHECK(engine == Philox4x32(7));
  engine.seed(fixed);
  CHECK(engine == Philox4x32(7));
  CHECK(std::mt19937(seed) == std::mt19937(7));  // what is asked of std engines
}

TEST_CASE("copies are engines of their own") {
  Philox4x32 engine(11);
  engine();
  Philox4x32 copy(engine);  // no seed sequence, even where it is not const
  CHECK(copy == engine);
  copy();
  CHECK(copy != engine);
  CHECK_FALSE(copy == engine);
}

// ---- text ----

namespace {

// Every number but the position has more than three digits.
Philox4x32 far_engine() {
  KeyWords words;
  Philox4x32 engine(words);
  engine.set_counter({4000000000u, 300000u, 20000u, 1000u});
  engine();
  return engine;
}

const char* const far_text = "cutmix-philox 1 2752067618 698298832 1001 20000 300000 4000000000 0";

// Reading must fail and change nothing.
void check_refused(const std::string& text) {
  INFO(text);
  std::istringstream in(text);
  Philox4x32 engine(1);
  engine();
  const Philox4x32 before = engine;
  in >> engine;
  CHECK(in.fail());
  CHECK(engine == before);
}

}  // namespace

TEST_CASE("an engine's text is its key, counter and position") {
  std::ostringstream text;
  text << far_engine();
  CHECK(text.str() == far_text);
}

TEST_CASE("an engine reads back from every position, across carries") {
  for (const std::uint32_t low : {0u, 1u, 0xFFFFFFFEu, 0xFFFFFFFFu})
    for (int spent = 0; spent < 10; ++spent) {
      INFO("low " << low << ", spent " << spent);
      Philox4x32 engine(11);
      engine.set_counter({0, 0, 0xFFFFFFFFu, low});
      for (int i = 0; i < spent; ++i) engine();
      std::stringstream text;
      text << engine;
      Philox4x32 read(99);
      text >> read;
      REQUIRE(text);
      CHECK(read == engine);
      for (int i = 0; i < 9; ++i) CHECK(read() == engine());
    }
}

TEST_CASE("an engine's text does not depend on how the stream is set") {
  // Fault: in a locale that groups digits the text was not readable.
  std::stringstream text;
  set_oddly(text);
  text << std::setw(80) << far_engine();
  CHECK(text.str() == far_text);
  Philox4x32 read;
  text >> read;
  CHECK(text);
  CHECK(read == far_engine());
}

TEST_CASE("writing and reading an engine leave the stream's settings alone, but for the width") {
  std::stringstream text;
  set_oddly(text);
  const auto flags = text.flags();
  const std::locale locale = text.getloc();
  Philox4x32 read;
  text << std::setw(80) << far_engine();
  CHECK(text.width() == 0);  // spent, as by every output
  text >> read;
  CHECK(text.flags() == flags);
  CHECK(text.getloc() == locale);
  CHECK(text.fill() == '7');
  CHECK(text.precision() == 2);
}

TEST_CASE("an engine's text in wide characters") {
  std::wstringstream text;
  set_oddly(text);
  text << std::setw(80) << far_engine();
  const std::string narrow = far_text;
  CHECK(text.str() == std::wstring(narrow.begin(), narrow.end()));
  Philox4x32 read;
  text >> read;
  CHECK(text);
  CHECK(read == far_engine());

  std::wistringstream damaged(L"cutmix-philox 1 1 2 3 \u0134 5 6 0");  // no digit, but 0x34 is one
  damaged >> read;
  CHECK(damaged.fail());
  CHECK(read == far_engine());
}

TEST_CASE("any white space separates an engine's numbers, and none is taken after them") {
  std::istringstream text(" \tcutmix-philox\n1\t1\n2 \r\n 3 4\v5\f6 3\nnext");
  Philox4x32 engine;
  text >> engine;
  CHECK(text);
  CHECK(text.get() == '\n');
  std::string rest;
  text >> rest;
  CHECK(rest == "next");
}

TEST_CASE("engines compare by key, counter and position") {
  const auto read = [](const std::vector<std::string>& words) {
    std::istringstream text(text_of(words));
    Philox4x32 engine;
    text >> engine;
    REQUIRE_FALSE(text.fail());
    return engine;
  };
  const std::vector<std::string> same = words_of("cutmix-philox 1 1 2 3 4 5 6 0");
  CHECK(read(same) == read(same));
  CHECK_FALSE(read(same) != read(same));
  for (std::size_t i = 2; i < same.size(); ++i) {
    std::vector<std::string> other = same;
    other[i] = i == 8 ? "1" : "9";
    CHECK(read(same) != read(other));
    CHECK_FALSE(read(same) == read(other));
  }
}

TEST_CASE("engines one after another read back one after another") {
  std::stringstream text;
  text << Philox4x32(1) << ' ' << far_engine();
  Philox4x32 first, second;
  text >> first >> second;
  CHECK(text);
  CHECK((first == Philox4x32(1) && second == far_engine()));
}

TEST_CASE("a damaged text leaves the engine alone") {
  check_refused("");
  check_refused("cutmix-philox 1 1 2 3 four");
  const std::vector<std::string> good = words_of(far_text);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::vector<std::string> words = good;
    words.erase(words.begin() + static_cast<std::ptrdiff_t>(i));
    check_refused(text_of(words));
    for (const char* junk :
         {"x", "-1", "+1", "1.5", "1e1", "0x1", "1,", "4294967296", "18446744073709551616",
          "18446744073709551617", "99999999999999999999999999"}) {
      words = good;
      words[i] = junk;
      check_refused(text_of(words));
    }
  }
}

TEST_CASE("a position beyond the block is refused") {
  check_refused("cutmix-philox 1 1 0 0 0 0 0 4");
  check_refused("cutmix-philox 1 1 0 0 0 0 0 9");
  check_refused("cutmix-philox 1 1 0 0 0 0 0 18446744073709551615");
  std::istringstream last("cutmix-philox 1 1 0 0 0 0 0 3");
  Philox4x32 engine;
  last >> engine;
  CHECK(last);
  CHECK(engine == Philox4x32(1));
}

TEST_CASE("a word longer than any number is refused, not read as two") {
  for (const std::size_t zeros : {60u, 63u, 64u, 65u, 1000u})
    check_refused("cutmix-philox 1 " + std::string(zeros, '0') + "12345 0 0 0 0 3");
}

TEST_CASE("a stream that throws leaves the engine and its own settings alone") {
  std::istringstream in("cutmix-philox 1 1 2 3 four");
  set_oddly(in);
  const auto flags = in.flags();
  in.exceptions(std::ios_base::failbit | std::ios_base::badbit);
  Philox4x32 engine(1);
  CHECK_THROWS_AS(in >> engine, std::ios_base::failure);
  CHECK(engine == Philox4x32(1));
  CHECK(in.flags() == flags);
  CHECK(in.getloc().name() == grouping_locale().name());
  CHECK(std::use_facet<std::numpunct<char>>(in.getloc()).thousands_sep() == '.');

  std::istringstream good("cutmix-philox 1 1 0 0 0 0 0 3 ");
  good.exceptions(std::ios_base::failbit | std::ios_base::badbit | std::ios_base::eofbit);
  good >> engine;
  CHECK(engine == Philox4x32(1));
}

TEST_CASE("a stream that has failed is neither written nor read") {
  std::stringstream text("cutmix-philox 1 1 0 0 0 0 0 3");
  text.setstate(std::ios_base::failbit);
  Philox4x32 engine(2);
  text >> engine;
  CHECK(engine == Philox4x32(2));
  text << engine;
  text.clear();
  CHECK(text.str() == "cutmix-philox 1 1 0 0 0 0 0 3");
}

TEST_CASE("another version, another name, and a text without either are refused") {
  check_refused("1 0 0 0 0 0 3");
  check_refused("cutmix-philox 2 1 0 0 0 0 0 3");
  check_refused("cutmix-philox 1.0 1 0 0 0 0 0 3");
  check_refused("cutmix-plan 1 1 0 0 0 0 0 3");
  check_refused("cutmix-philox1 1 0 0 0 0 0 3");
}

TEST_CASE("the key is the seed, wherever the counter stands") {
  CHECK(Philox4x32(42).key() == 42);
  CHECK(far_engine().key() == 0x299f31d0a4093822u);
  Philox4x32 engine = philox_stream(0xFEDCBA9876543210u, 1, 2, 3);
  CHECK(engine.key() == 0xFEDCBA9876543210u);
  engine.discard(~0ull);
  CHECK(engine.key() == 0xFEDCBA9876543210u);
}

// ---- streams ----

namespace {

// The words of an engine's text: name, version, key (low word first), counter of the next block
// (likewise), position.
std::vector<std::string> state_of(const Philox4x32& engine) {
  std::ostringstream text;
  text << engine;
  return words_of(text.str());
}

constexpr std::int64_t most32 = 0xFFFFFFFF, most_rank = 0xFFFFFF;

}  // namespace

TEST_CASE("which word of a stream's counter and key carries what") {
  const auto state =
      state_of(philox_stream(0x0000000700000009u, 0x11223344, 0x55667788, 0xABCDEF, Purpose{0x7F}));
  CHECK(text_of(state) == "cutmix-philox 1 9 7 0 " + std::to_string(0x55667788) + " " +
                              std::to_string(0x11223344) + " " + std::to_string(0x80ABCDEFu) +
                              " 3");
  const std::uint32_t seed = 13;
  INFO("seed " << seed);
  Dice dice(seed);
  for (int i = 0; i < 1000; ++i) {
    const std::uint32_t low = dice.engine()(), high = dice.engine()(), epoch = dice.engine()(),
                        step = dice.engine()(), rank = dice.engine()() >> 8;
    const auto purpose = static_cast<std::uint32_t>(dice.roll(0, 254));
    FixedKey key{{low, high}};
    Philox4x32 by_hand(key);
    by_hand.set_counter({(purpose + 1) << 24 | rank, epoch, step, 0});
    REQUIRE(philox_stream(std::uint64_t{high} << 32 | low, epoch, step, rank, Purpose{purpose}) ==
            by_hand);
  }
}

TEST_CASE("the last stream of every kind is still within its words") {
  const auto state =
      state_of(philox_stream(~std::uint64_t{0}, most32, most32, most_rank, Purpose{254}));
  CHECK(text_of(state) ==
        "cutmix-philox 1 4294967295 4294967295 0 4294967295 4294967295 4294967295 3");
}

TEST_CASE("numbers beyond a stream's words are errors") {
  const auto error = [](std::int64_t epoch, std::int64_t step, std::int64_t rank, Purpose purpose) {
    return error_of([&] { philox_stream(1, epoch, step, rank, purpose); });
  };
  const auto plan = Purpose::plan;
  CHECK(error(-1, 0, 0, plan) == "cutmix: epoch = -1, must be in [0, 2^32)");
  CHECK(error(most32 + 1, 0, 0, plan) == "cutmix: epoch = 4294967296, must be in [0, 2^32)");
  CHECK(error(0, -7, 0, plan) == "cutmix: step = -7, must be in [0, 2^32)");
  CHECK(error(0, most32 + 1, 0, plan) == "cutmix: step = 4294967296, must be in [0, 2^32)");
  CHECK(error(0, 0, -1, plan) == "cutmix: rank = -1, must be in [0, 2^24)");
  CHECK(error(0, 0, most_rank + 1, plan) == "cutmix: rank = 16777216, must be in [0, 2^24)");
  CHECK(error(0, 0, 0, Purpose{255}) == "cutmix: purpose = 255, must be in [0, 255)");
  CHECK(error(0, 0, 0, Purpose{256}) == "cutmix: purpose = 256, must be in [0, 255)");
  CHECK(error(0, 0, 0, Purpose{0xFFFFFFFF}) == "cutmix: purpose = 4294967295, must be in [0, 255)");
  CHECK(error(most32, most32, most_rank, Purpose{254}) == "no error");
}

TEST_CASE("streams of epochs, steps, ranks, purposes and seeds never meet, nor the plain engine") {
  // Fault: every loader worker, or every epoch, draws the same numbers.
  std::set<std::vector<std::uint32_t>> firsts;
  std::size_t streams = 0;
  const auto add = [&](Philox4x32 engine) {
    firsts.insert({engine(), engine(), engine()});
    ++streams;
  };
  for (const std::uint64_t seed : {0ull, 1ull, 2ull, 1ull << 32, 2ull << 32, 1ull << 63}) {
    if (seed <= 0xFFFFFFFF) add(Philox4x32(static_cast<std::uint32_t>(seed)));
    for (std::int64_t epoch = 0; epoch < 5; ++epoch)
      for (std::int64_t step = 0; step < 20; ++step)
        for (std::int64_t rank = 0; rank < 3; ++rank)
          for (const Purpose purpose : {Purpose::plan, Purpose::shuffle, Purpose{128}})
            add(philox_stream(seed, epoch, step, rank, purpose));
  }
  CHECK(streams == 6u * 5u * 20u * 3u * 3u + 3u);
  CHECK(firsts.size() == streams);
}

TEST_CASE("no word of a stream is among the first 64 of its neighbours") {
  // Fault: a step in the lowest counter word, so that streams overlap after one block. By chance
  // two of the 22 * 64 words are equal once in 4000 seeds.
  std::set<std::uint32_t> words;
  std::size_t drawn = 0;
  const auto add = [&](Philox4x32 engine) {
    for (int i = 0; i < 64; ++i, ++drawn) words.insert(engine());
  };
  add(Philox4x32(3));
  add(philox_stream(3, 10, 20, 30));
  for (std::uint32_t i = 1; i <= 4; ++i) {
    add(philox_stream(3, 10 + i, 20, 30));
    add(philox_stream(3, 10, 20 + i, 30));
    add(philox_stream(3, 10, 20, 30 + i));
    add(philox_stream(3, 10 - i, 20, 30));
    add(philox_stream(3, 10, 20, 30, Purpose{i}));
  }
  CHECK(words.size() == drawn);
}

TEST_CASE("a stream has 2^34 outputs before it meets the next step's") {
  Philox4x32 stream = philox_stream(3, 1, 2, 4);
  stream.discard((1ull << 34) - 1);
  CHECK(stream != philox_stream(3, 1, 3, 4));
  stream();
  CHECK(stream == philox_stream(3, 1, 3, 4));
}

TEST_CASE("the plain engine meets its first stream after 2^122 outputs") {
  // 2^120 blocks: one more than what the counter before the first stream's has gone through.
  Philox4x32 engine(3);
  engine.set_counter({0x00FFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF});
  CHECK(engine != philox_stream(3, 0, 0));
  for (int i = 0; i < 4; ++i) engine();
  CHECK(engine == philox_stream(3, 0, 0));
}
