#ifndef CUTMIX_DETAIL_STREAM_HPP
#define CUTMIX_DETAIL_STREAM_HPP

// Non-temporal stores, for outputs that no cache can hold.
//
// An ordinary store to a line that is not in the cache reads the line first, and writes it back
// later: half of the traffic of a large copy, and of what it costs, is that read. A non-temporal
// store of a whole line does without. It pays only for whole lines: a line written in two parts
// costs more than an ordinary one. So lines in which an image and its partner meet are put together
// in registers; putting them together in memory stalls on store forwarding.
//
// Measured (64x3x224x224 float, one thread): 64-byte stores 0.6 to 0.9 of memcpy's time, two of 32
// bytes 0.7 to 1.2, four of 16 bytes no better than ordinary stores. So there is an AVX-512 and an
// AVX2 version, chosen when the program runs (most programs are built without -march), and every
// other processor and compiler takes the plain path in mix.hpp.

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "raster.hpp"

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define CUTMIX_HAS_STREAM 1
#include <immintrin.h>
#else
#define CUTMIX_HAS_STREAM 0
#endif

namespace cutmix {
namespace detail {

// Bytes to copy, and the end of the memory around them that may be read.
struct Piece {
  const Byte* at;
  const Byte* begin;  // of the sample
  const Byte* end;
};

enum class StreamWidth { none, avx2, avx512 };

#if CUTMIX_HAS_STREAM

inline StreamWidth stream_width() {
  static const StreamWidth width = [] {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw"))
      return StreamWidth::avx512;
    return __builtin_cpu_supports("avx2") ? StreamWidth::avx2 : StreamWidth::none;
  }();
  return width;
}

constexpr std::size_t line_bytes = 64;

namespace avx512 {
#define CUTMIX_TARGET __attribute__((target("avx512f,avx512bw")))

class Line {
 public:
  CUTMIX_TARGET Line() : bytes_(_mm512_setzero_si512()) {}

  // Takes bytes [from, from + n) of the line from the piece. Masked loads touch nothing else.
  CUTMIX_TARGET void merge(const Piece& piece, std::size_t from, std::size_t n) {
    const __mmask64 mask = (~std::uint64_t{0} >> (line_bytes - n)) << from;
    bytes_ = _mm512_mask_loadu_epi8(bytes_, mask, piece.at - from);
  }
  CUTMIX_TARGET void stream(Byte* out) const {
    _mm512_stream_si512(reinterpret_cast<__m512i*>(out), bytes_);
  }
  CUTMIX_TARGET void store(Byte* out, std::size_t from, std::size_t to) const {
    const __mmask64 mask = (~std::uint64_t{0} >> (line_bytes - (to - from))) << from;
    _mm512_mask_storeu_epi8(out, mask, bytes_);
  }
  CUTMIX_TARGET static void stream_copy(Byte* out, const Byte* in) {
    _mm512_stream_si512(reinterpret_cast<__m512i*>(out), _mm512_loadu_si512(in));
  }

 private:
  __m512i bytes_;
};

#include "line_writer.inc"
#undef CUTMIX_TARGET
}  // namespace avx512

namespace avx2 {
#define CUTMIX_TARGET __attribute__((target("avx2")))

class Line {
 public:
  CUTMIX_TARGET Line() : lower_(_mm256_setzero_si256()), upper_(_mm256_setzero_si256()) {}

  // Takes bytes [from, from + n) of the line from the piece; those behind them are open until the
  // next merge, which lets one load and one mask serve.
  CUTMIX_TARGET void merge(const Piece& piece, std::size_t from, std::size_t n) {
    alignas(32) Byte copy[line_bytes];
    const Byte* in = piece.at - from;
    const auto before = static_cast<std::size_t>(piece.at - piece.begin);
    const auto after = static_cast<std::size_t>(piece.end - piece.at);
    if (before < from || after < line_bytes - from) {  // a whole line cannot be read here
      std::memcpy(copy + from, piece.at, n);
      in = copy;
    }
    lower_ = select(lower_, in, from, 0);
    upper_ = select(upper_, in, from, 32);
  }
  CUTMIX_TARGET void stream(Byte* out) const {
    _mm256_stream_si256(reinterpret_cast<__m256i*>(out), lower_);
    _mm256_stream_si256(reinterpret_cast<__m256i*>(out + 32), upper_);
  }
  CUTMIX_TARGET void store(Byte* out, std::size_t from, std::size_t to) const {
    alignas(32) Byte copy[line_bytes];
    _mm256_store_si256(reinterpret_cast<__m256i*>(copy), lower_);
    _mm256_store_si256(reinterpret_cast<__m256i*>(copy + 32), upper_);
    std::memcpy(out + from, copy + from, to - from);
  }
  CUTMIX_TARGET static void stream_copy(Byte* out, const Byte* in) {
    _mm256_stream_si256(reinterpret_cast<__m256i*>(out), load(in));
    _mm256_stream_si256(reinterpret_cast<__m256i*>(out + 32), load(in + 32));
  }

 private:
  CUTMIX_TARGET static __m256i load(const Byte* in) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(in));
  }
  // Old bytes below `from`, the input's from there on.
  CUTMIX_TARGET static __m256i select(__m256i old, const Byte* in, std::size_t from,
                                      std::size_t half) {
    const __m256i places = _mm256_add_epi8(
        _mm256_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
                         21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31),
        _mm256_set1_epi8(static_cast<char>(half)));
    const __m256i keep = _mm256_cmpgt_epi8(_mm256_set1_epi8(static_cast<char>(from)), places);
    return _mm256_blendv_epi8(load(in + half), old, keep);
  }

  __m256i lower_, upper_;
};

#include "line_writer.inc"
#undef CUTMIX_TARGET
}  // namespace avx2

#else

inline StreamWidth stream_width() { return StreamWidth::none; }

#endif

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_STREAM_HPP
