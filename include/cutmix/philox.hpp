#ifndef CUTMIX_PHILOX_HPP
#define CUTMIX_PHILOX_HPP

/// @file philox.hpp
/// The counter-based engine: random numbers as a function of a key and a position.

#include <array>
#include <cstddef>
#include <cstdint>
#include <istream>
#include <ostream>
#include <type_traits>

#include "detail/text.hpp"

namespace cutmix {

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

  /// Writes key, counter and position as decimal numbers with spaces between them, whatever the
  /// stream's locale and flags are.
  template <class Char, class Traits>
  friend std::basic_ostream<Char, Traits>& operator<<(std::basic_ostream<Char, Traits>& out,
                                                      const Philox4x32& engine) {
    std::string text;
    for (const result_type word : engine.key_) text += std::to_string(word) + ' ';
    for (const result_type word : engine.counter_) text += std::to_string(word) + ' ';
    detail::write_text(out, text + std::to_string(engine.position_));
    return out;
  }

  /// Reads what operator<< wrote; on failure the stream's failbit is set and the engine unchanged.
  template <class Char, class Traits>
  friend std::basic_istream<Char, Traits>& operator>>(std::basic_istream<Char, Traits>& in,
                                                      Philox4x32& engine) {
    Philox4x32 read;
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
  using Words = std::array<result_type, 4>;

  void next_block() {
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
    advance(1);
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

/// The engine of one step of training: independent of every other epoch, step and rank.
///
/// @code
/// mixer.rng() = cutmix::philox_stream(seed, epoch, step, rank);
/// mixer(images, labels, mixed, targets);
/// @endcode
/// Draw each batch from a stream of its own and no worker repeats another's numbers, no epoch
/// repeats the last, and a run resumed at any step goes on with the same batches. Each stream has
/// 2^34 outputs before it would meet the next one.
/// Returns an engine with key `seed` and counter (rank, epoch, step, 0).
inline Philox4x32 philox_stream(std::uint32_t seed, std::uint32_t epoch, std::uint32_t step,
                                std::uint32_t rank = 0) {
  Philox4x32 engine(seed);
  engine.set_counter({rank, epoch, step, 0});
  return engine;
}

}  // namespace cutmix

#endif  // CUTMIX_PHILOX_HPP
