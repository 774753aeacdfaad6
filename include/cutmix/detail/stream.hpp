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

// A cut as it lies in each plane: where it begins, how wide its rows are (bytes), and how many.
struct Patch {
  std::size_t lead, wide;
  Index rows;
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

// The lowest n bits, n below 64.
inline std::uint64_t bits_below(std::size_t n) { return (std::uint64_t{1} << n) - 1; }

// Each instruction set defines: copy_line, a whole line of one image; mix_line, a whole line of
// both, the partner's bytes where the mask has a bit; mix_part, the same for the bytes that are
// valid alone, through the cache, and touching no others.

namespace avx512 {
#define CUTMIX_TARGET __attribute__((target("avx512f,avx512bw")))

CUTMIX_TARGET inline void copy_line(Byte* out, const Byte* in) {
  _mm512_stream_si512(reinterpret_cast<__m512i*>(out), _mm512_loadu_si512(in));
}
CUTMIX_TARGET inline void mix_line(Byte* out, const Byte* own, const Byte* partner,
                                   std::uint64_t mask) {
  const __m512i kept = _mm512_maskz_loadu_epi8(~mask, own);
  _mm512_stream_si512(reinterpret_cast<__m512i*>(out), _mm512_mask_loadu_epi8(kept, mask, partner));
}
CUTMIX_TARGET inline void mix_part(Byte* out, const Byte* own, const Byte* partner,
                                   std::uint64_t mask, std::uint64_t valid) {
  const __m512i kept = _mm512_maskz_loadu_epi8(valid & ~mask, own);
  _mm512_mask_storeu_epi8(out, valid, _mm512_mask_loadu_epi8(kept, valid & mask, partner));
}

#include "mix_run.inc"
#undef CUTMIX_TARGET
}  // namespace avx512

namespace avx2 {
#define CUTMIX_TARGET __attribute__((target("avx2")))

CUTMIX_TARGET inline __m256i load(const Byte* in) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(in));
}
CUTMIX_TARGET inline void stream(Byte* out, __m256i bytes) {
  _mm256_stream_si256(reinterpret_cast<__m256i*>(out), bytes);
}
// 32 bytes; the mask's lower half says which.
CUTMIX_TARGET inline __m256i select(const Byte* own, const Byte* partner, std::uint64_t mask) {
  // Byte i is given the byte of the mask that its bit is in, and then looks at that bit.
  const __m256i spread = _mm256_setr_epi64x(0x0000000000000000, 0x0101010101010101,
                                            0x0202020202020202, 0x0303030303030303);
  const __m256i bit = _mm256_set1_epi64x(static_cast<long long>(0x8040201008040201));
  const __m256i all = _mm256_set1_epi32(static_cast<int>(static_cast<std::uint32_t>(mask)));
  const __m256i set = _mm256_and_si256(_mm256_shuffle_epi8(all, spread), bit);
  return _mm256_blendv_epi8(load(own), load(partner), _mm256_cmpeq_epi8(set, bit));
}

CUTMIX_TARGET inline void copy_line(Byte* out, const Byte* in) {
  stream(out, load(in));
  stream(out + 32, load(in + 32));
}
CUTMIX_TARGET inline void mix_line(Byte* out, const Byte* own, const Byte* partner,
                                   std::uint64_t mask) {
  stream(out, select(own, partner, mask));
  stream(out + 32, select(own + 32, partner + 32, mask >> 32));
}
inline void mix_part(Byte* out, const Byte* own, const Byte* partner, std::uint64_t mask,
                     std::uint64_t valid) {
  for (std::size_t i = 0; i < line_bytes; ++i)
    if (valid >> i & 1) out[i] = (mask >> i & 1 ? partner : own)[i];
}

#include "mix_run.inc"
#undef CUTMIX_TARGET
}  // namespace avx2

#else

inline StreamWidth stream_width() { return StreamWidth::none; }

#endif

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_STREAM_HPP
