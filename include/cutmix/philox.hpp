#ifndef CUTMIX_PHILOX_HPP
#define CUTMIX_PHILOX_HPP

/// @file philox.hpp
/// The counter-based engine: random numbers as a function of a key and a position.

#include <array>
#include <cstddef>
#include <cstdint>
#include <istream>
#include <ostream>
#include <string>
#include <type_traits>

#include "detail/error.hpp"
#include "detail/text.hpp"

namespace cutmix {

/// What a stream of random numbers is for: each use of one batch's chance has a stream of its own.
///
/// @code
/// auto crops = cutmix::philox_stream(seed, epoch, step, rank, cutmix::Purpose::augmentation);
/// auto own = cutmix::philox_stream(seed, epoch, step, rank, cutmix::Purpose{128});
/// @endcode
enum class Purpose : std::uint32_t {
  plan,          ///< who is mixed with whom, and where: the functor's
  shuffle,       ///< the order of the samples
  augmentation,  ///< crops, flips, whatever else befalls an image
  weights        ///< the start of a network, dropout
                 // 128 to 254 are the caller's own, and will stay so.
};

/// Philox 4x32 with 10 rounds: a random engine with the interface and the output of C++26's
/// `std::philox4x32`.
///
/// @code
/// cutmix::Philox4x32 rng(42);
/// std::uint32_t word = rng();
/// @endcode
/// The output is a pure function of a key (the seed) and a 128-bit counter, so a position is
/// reached in constant time, and streams under different counters or keys never need to be drawn
/// from one another. 48 bytes of state; copyable; satisfies UniformRandomBitGenerator.
///
/// Never allocates, never throws.
/// Source: J. Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (SC 2011);
/// [rand.eng.philox].
class Philox4x32 {
  // As std engines have it: a class that converts to a seed is one, and no seed sequence.
  template <class T>
  using IfSeedSequence = std::enable_if_t<!std::is_convertible_v<T, std::uint32_t> &&
                                          !std::is_same_v<std::remove_cv_t<T>, Philox4x32>>;

 public:
  /// What operator() returns.
  using result_type = std::uint32_t;
  /// The bits of an output.
  static constexpr std::size_t word_size = 32;
  /// The outputs of a block, which is what one value of the counter gives.
  static constexpr std::size_t word_count = 4;
  /// The rounds that make a block.
  static constexpr std::size_t round_count = 10;
  /// The factors of a round.
  static constexpr std::array<result_type, 2> multipliers = {0xCD9E8D57u, 0xD2511F53u};
  /// What each round adds to the key.
  static constexpr std::array<result_type, 2> round_consts = {0x9E3779B9u, 0xBB67AE85u};
  /// The seed where none is given.
  static constexpr result_type default_seed = 20111115u;

  /// The smallest output.
  static constexpr result_type min() { return 0; }
  /// The largest output.
  static constexpr result_type max() { return 0xFFFFFFFFu; }

  /// Starts from the default seed.
  Philox4x32() { seed(); }
  /// Starts from a seed, which is the low word of the key.
  explicit Philox4x32(result_type value) { seed(value); }
  /// Starts from a seed sequence, which gives both words of the key.
  template <class SeedSequence, class = IfSeedSequence<SeedSequence>>
  explicit Philox4x32(SeedSequence& sequence) {
    seed(sequence);
  }

  /// Starts over with `value` as the low word of the key, counter zero.
  void seed(result_type value = default_seed) {
    key_ = {value, 0};
    set_counter({0, 0, 0, 0});
  }

  /// Starts over with both words of the key taken from a seed sequence, counter zero.
  template <class SeedSequence, class = IfSeedSequence<SeedSequence>>
  void seed(SeedSequence& sequence) {
    std::uint32_t words[2];
    sequence.generate(words, words + 2);
    key_ = {words[0], words[1]};
    set_counter({0, 0, 0, 0});
  }

  /// Moves to the block with the given counter, most significant word first, as the standard has
  /// it.
  void set_counter(const std::array<result_type, 4>& counter) {
    counter_ = {counter[3], counter[2], counter[1], counter[0]};
    position_ = word_count - 1;
  }

  /// The 64 bits of the key: what the engine was seeded with, wherever its counter stands.
  std::uint64_t key() const { return std::uint64_t{key_[1]} << 32 | key_[0]; }

  /// Draws 32 bits.
  result_type operator()() {
    if (++position_ == word_count) {
      next_block();
      position_ = 0;
    }
    return block_[position_];
  }

  /// Skips `count` outputs in constant time.
  void discard(unsigned long long count) {
    // Outputs left of the current block come first; then whole blocks, by adding to the counter.
    const unsigned long long left = word_count - 1 - position_;
    if (count <= left) {
      position_ += static_cast<std::size_t>(count);
      return;
    }
    count -= left;
    advance((count - 1) / word_count);
    next_block();
    position_ = static_cast<std::size_t>((count - 1) % word_count);
  }

  /// Whether both will give the same outputs from here on.
  friend bool operator==(const Philox4x32& a, const Philox4x32& b) {
    return a.key_ == b.key_ && a.counter_ == b.counter_ && a.position_ == b.position_;
  }
  /// The opposite.
  friend bool operator!=(const Philox4x32& a, const Philox4x32& b) { return !(a == b); }

  /// Writes `cutmix-philox 1`, then key, counter and position as decimal numbers, on one line,
  /// whatever the stream's locale and flags are.
  template <class Char, class Traits>
  friend std::basic_ostream<Char, Traits>& operator<<(std::basic_ostream<Char, Traits>& out,
                                                      const Philox4x32& engine) {
    const auto& key = engine.key_;
    const auto& counter = engine.counter_;
    detail::write_text(out, detail::text_of("cutmix-philox 1 % % % % % % %",
                                            {key[0], key[1], counter[0], counter[1], counter[2],
                                             counter[3], engine.position_}));
    return out;
  }

  /// Reads what operator<< wrote. A text of another version or a damaged one sets the stream's
  /// failbit and leaves the engine alone.
  template <class Char, class Traits>
  friend std::basic_istream<Char, Traits>& operator>>(std::basic_istream<Char, Traits>& in,
                                                      Philox4x32& engine) {
    Philox4x32 read;
    detail::expect_word(in, "cutmix-philox");
    detail::expect_word(in, "1");
    for (result_type& word : read.key_) detail::read_integer(in, word);
    for (result_type& word : read.counter_) detail::read_integer(in, word);
    detail::read_integer(in, read.position_);
    if (in && read.position_ >= word_count) in.setstate(std::ios_base::failbit);
    if (in) {
      // The counter stands behind the block in use: step back to make that block again.
      read.retreat();
      read.next_block();
      engine = read;
    }
    return in;
  }

 private:
  friend Philox4x32 philox_stream(std::uint64_t, std::int64_t, std::int64_t, std::int64_t, Purpose);
  using Words = std::array<result_type, 4>;

  CUTMIX_ONCE void next_block() {
    Words x = counter_;
    std::array<result_type, 2> key = key_;
    for (std::size_t round = 0; round < round_count; ++round) {
      const std::uint64_t a = std::uint64_t{multipliers[1]} * x[0];
      const std::uint64_t b = std::uint64_t{multipliers[0]} * x[2];
      x = {static_cast<result_type>(b >> 32) ^ x[1] ^ key[0], static_cast<result_type>(b),
           static_cast<result_type>(a >> 32) ^ x[3] ^ key[1], static_cast<result_type>(a)};
      key[0] += round_consts[0];
      key[1] += round_consts[1];
    }
    block_ = x;
    // Not advance(1): its carries are a chain through all words, and here nearly always the first
    // word is enough.
    for (result_type& word : counter_)
      if (++word != 0) break;
  }

  void advance(unsigned long long blocks) {
    std::uint64_t carry = blocks;
    for (result_type& word : counter_) {
      const std::uint64_t sum = std::uint64_t{word} + (carry & 0xFFFFFFFFu);
      word = static_cast<result_type>(sum);
      carry = (carry >> 32) + (sum >> 32);
    }
  }

  void retreat() {
    for (result_type& word : counter_)
      if (word-- != 0) break;
  }

  std::array<result_type, 2> key_{};
  Words counter_{};  // of the next block, least significant word first
  Words block_{};
  std::size_t position_ = 0;  // of the last output within block_
};

/// The engine of one batch: a stream of its own for every epoch, step, rank and purpose.
///
/// @code
/// mixer.rng() = cutmix::philox_stream(seed, epoch, step, rank);  // what mixer.at(...) does
/// auto order = cutmix::philox_stream(seed, epoch, 0, 0, cutmix::Purpose::shuffle);
/// @endcode
/// Draw each batch from its own stream and no worker repeats another's numbers, no epoch repeats
/// the last, and a run goes on at any step with the same batches, without a draw of what came
/// before.
/// @param seed     any; it is the key, low word first
/// @param epoch    in [0, 2^32)
/// @param step     in [0, 2^32)
/// @param rank     in [0, 2^24)
/// @param purpose  in [0, 255); the library draws plans alone, the rest is the caller's
/// @return         an engine whose counter, most significant word first, is
///                 ((purpose + 1) << 24 | rank, epoch, step, 0); the last word counts blocks
///
/// Under one seed two streams have different upper words, so none meets another before 2^34
/// outputs; and as the first word is never 0, none meets `Philox4x32(seed)`, whose counter begins
/// at 0, before that has given 2^122. Other seeds are other keys. Errors: a number out of range.
/// Constant time; never allocates.
inline Philox4x32 philox_stream(std::uint64_t seed, std::int64_t epoch, std::int64_t step,
                                std::int64_t rank = 0, Purpose purpose = Purpose::plan) {
  const auto check = [](const char* name, std::int64_t value, int bits, const char* rule) {
    if (value < 0 || value >> bits != 0) detail::fail("% = %, %", {name, value, rule});
    return static_cast<std::uint32_t>(value);
  };
  const std::uint32_t epoch_word = check("epoch", epoch, 32, "must be in [0, 2^32)");
  const std::uint32_t step_word = check("step", step, 32, "must be in [0, 2^32)");
  const std::uint32_t rank_bits = check("rank", rank, 24, "must be in [0, 2^24)");
  const auto use = static_cast<std::uint32_t>(purpose);
  if (use >= 255) detail::fail("purpose = %, must be in [0, 255)", {use});
  Philox4x32 engine;
  engine.key_ = {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
  engine.set_counter({(use + 1) << 24 | rank_bits, epoch_word, step_word, 0});
  return engine;
}

}  // namespace cutmix

#endif  // CUTMIX_PHILOX_HPP
