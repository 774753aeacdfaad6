// The engine: known answers, and the requirements on engines of the standard.

#include <cutmix/philox.hpp>
#include <random>
#include <set>
#include <sstream>
#include <vector>

#include "catch.hpp"

using cutmix::Philox4x32;

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

namespace {

// A seed sequence that yields one key.
struct KeyWords {
  using result_type = std::uint32_t;
  template <class It>
  void generate(It first, It) {
    first[0] = 0xa4093822u;
    first[1] = 0x299f31d0u;
  }
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

TEST_CASE("the counter carries through all four words") {
  Philox4x32 engine(7);
  engine.set_counter({1, 0xFFFFFFFFu, 0xFFFFFFFFu, 0xFFFFFFFFu});
  for (int i = 0; i < 4; ++i) engine();
  Philox4x32 next(7);
  next.set_counter({2, 0, 0, 0});
  for (int i = 0; i < 9; ++i) CHECK(engine() == next());
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

TEST_CASE("engines compare, copy, stream and read back") {
  for (int spent = 0; spent < 6; ++spent) {
    Philox4x32 engine(11);
    for (int i = 0; i < spent; ++i) engine();
    Philox4x32 copy = engine;
    CHECK(copy == engine);
    std::stringstream text;
    text << std::hex << engine;
    CHECK((text.flags() & std::ios_base::hex) != 0);
    Philox4x32 read(99);
    text >> read;
    CHECK(text);
    CHECK(read == engine);
    CHECK(read() == engine());
    CHECK(copy != engine);
  }
  std::stringstream damaged("1 2 3 four");
  Philox4x32 engine(1);
  damaged >> engine;
  CHECK(damaged.fail());
  CHECK(engine == Philox4x32(1));
  std::stringstream outside("1 0 0 0 0 0 9");
  outside >> engine;
  CHECK(outside.fail());
  CHECK(engine == Philox4x32(1));
}

TEST_CASE("seeding") {
  Philox4x32 engine(1);
  engine();
  engine.seed(5);
  CHECK(engine == Philox4x32(5));
  engine.seed();
  CHECK(engine == Philox4x32());
  CHECK(Philox4x32(Philox4x32::default_seed) == Philox4x32());
  std::seed_seq sequence{1, 2, 3};
  Philox4x32 first(sequence), second;
  second.seed(sequence);
  CHECK(first == second);
  CHECK(first != Philox4x32());
}

TEST_CASE("streams of epochs, steps and ranks never meet") {
  // Fault: every loader worker, or every epoch, draws the same numbers.
  std::set<std::vector<std::uint32_t>> firsts;
  for (std::uint32_t seed = 0; seed < 3; ++seed)
    for (std::uint32_t epoch = 0; epoch < 5; ++epoch)
      for (std::uint32_t step = 0; step < 20; ++step)
        for (std::uint32_t rank = 0; rank < 3; ++rank) {
          Philox4x32 engine = cutmix::philox_stream(seed, epoch, step, rank);
          firsts.insert({engine(), engine(), engine()});
        }
  CHECK(firsts.size() == 3u * 5u * 20u * 3u);
  CHECK(cutmix::philox_stream(9, 0, 0) == Philox4x32(9));
}
