#ifndef CUTMIX_DETAIL_KERNELS_BLEND_HPP
#define CUTMIX_DETAIL_KERNELS_BLEND_HPP

// The arithmetic of blends and of mixed labels: weight_own * own + weight_partner * partner.
//
// The same bits come out whether or not a compiler contracts a * b + c. For scalars of at most 24
// significant bits both weights are rounded to float, so each product is exact in double and there
// is nothing that a contraction could leave out. For wider ones the fused operation is spelled out.

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "../math.hpp"
#include "layout.hpp"
#include "scalars.hpp"
#include "stream.hpp"

namespace cutmix {
namespace detail {

// The nearest float, as a double. Through memory, because GCC 12 takes two of these side by side
// for nothing at -O2: its vectorizer folds the conversion there and back away.
CUTMIX_HOST_DEVICE inline double round_to_float(double value) {
#if defined(__CUDA_ARCH__)
  return static_cast<double>(static_cast<float>(value));
#else
  volatile float rounded = static_cast<float>(value);
  return static_cast<double>(rounded);
#endif
}

struct Weights {
  double own, partner;
  bool wide;

  // For a partner's share in [0, 1].
  Weights(ScalarKind kind, double blend) : Weights(is_wide(kind), 1 - blend, blend) {}
  CUTMIX_HOST_DEVICE Weights(bool is_wide, double own_share, double partner_share)
      : own(own_share), partner(partner_share), wide(is_wide) {
    // 0 and 1, the usual shares, are floats already, and rounding costs what it takes through
    // memory.
    if (is_wide || own == 0 || partner == 0) return;
    own = round_to_float(own_share);
    partner = round_to_float(partner_share);
  }

  // A share of nothing is not read: 0 * NaN is not 0.
  CUTMIX_HOST_DEVICE bool copies_own() const { return partner == 0; }
  CUTMIX_HOST_DEVICE bool copies_partner() const { return own == 0; }

  CUTMIX_HOST_DEVICE double mix(double a, double b) const {
    if (copies_own()) return a;
    if (copies_partner()) return b;
    return wide ? math::fma(partner, b, own * a) : own * a + partner * b;
  }
};

// The numbers that are loaded, mixed and stored at a time.
constexpr Index block_size = 128;

// a becomes the mix of a and b.
inline void mix_block(const Weights& weights, double* a, const double* b, Index n) {
  if (weights.copies_own()) return;
  if (weights.copies_partner())
    std::copy(b, b + n, a);
  else if (weights.wide)
    for (Index i = 0; i < n; ++i) a[i] = math::fma(weights.partner, b[i], weights.own * a[i]);
  else
    for (Index i = 0; i < n; ++i) a[i] = weights.own * a[i] + weights.partner * b[i];
}

inline float mix_floats(const Weights& weights, float a, float b) {
  return static_cast<float>(weights.own * static_cast<double>(a) +
                            weights.partner * static_cast<double>(b));
}

#if CUTMIX_HAS_STREAM
// 4 at a time, for which compilers by themselves would need more than -O2 and -march. Returns how
// many are done.
__attribute__((target("avx2"))) inline Index blend_floats_avx2(const Weights& weights, float* out,
                                                               const float* own,
                                                               const float* partner, Index n) {
  using Floats __attribute__((vector_size(16))) = float;
  using Doubles __attribute__((vector_size(32))) = double;
  Index i = 0;
  for (; i + 4 <= n; i += 4) {
    Floats a, b;
    std::memcpy(&a, own + i, sizeof a);
    std::memcpy(&b, partner + i, sizeof b);
    const Doubles mixed = weights.own * __builtin_convertvector(a, Doubles) +
                          weights.partner * __builtin_convertvector(b, Doubles);
    a = __builtin_convertvector(mixed, Floats);
    std::memcpy(out + i, &a, sizeof a);
  }
  return i;
}

// 8 at a time; to double by hand, for which GCC 12 takes six instructions.
using EightFloats __attribute__((vector_size(32))) = float;
using EightDoubles __attribute__((vector_size(64))) = double;
__attribute__((target("avx512f"))) inline EightDoubles eight_doubles(const float* in) {
  EightFloats floats;
  EightDoubles doubles;
  std::memcpy(&floats, in, sizeof floats);
  __asm__("vcvtps2pd %1, %0" : "=v"(doubles) : "v"(floats));
  return doubles;
}
__attribute__((target("avx512f"))) inline EightFloats blend_eight(double keep, double give,
                                                                  const float* own,
                                                                  const float* partner) {
  return __builtin_convertvector(keep * eight_doubles(own) + give * eight_doubles(partner),
                                 EightFloats);
}

// A line of the cache at a time, in half of the time where images are in a cache; past the cache if
// so asked, and then a line begins at out.
__attribute__((target("avx512f"))) inline Index blend_floats_avx512(const Weights& weights,
                                                                    float* out, const float* own,
                                                                    const float* partner, Index n,
                                                                    bool past_cache) {
  const double keep = weights.own, give = weights.partner;
  Index i = 0;
  for (; i + 16 <= n; i += 16) {
    const EightFloats first = blend_eight(keep, give, own + i, partner + i);
    const EightFloats last = blend_eight(keep, give, own + i + 8, partner + i + 8);
    if (past_cache) {
      __asm__ volatile(
          "vinsertf64x4 $1, %2, %g1, %%zmm16\n\t"
          "vmovntps %%zmm16, (%0)"
          :
          : "r"(out + i), "v"(first), "v"(last)
          : "memory", "xmm16");
    } else {
      std::memcpy(out + i, &first, sizeof first);
      std::memcpy(out + i + 8, &last, sizeof last);
    }
  }
  return i;
}
#endif

// Aligned floats side by side; out may be own. Past the cache: where out is not an input, and
// finish_stream() follows.
inline void blend_floats(const Weights& weights, float* out, const float* own, const float* partner,
                         Index n, bool past_cache = false, StreamWidth width = stream_width()) {
  Index i = 0;
  const auto plainly_until = [&](Index end) {
    for (; i < end; ++i) out[i] = mix_floats(weights, own[i], partner[i]);
  };
#if CUTMIX_HAS_STREAM
  if (width == StreamWidth::avx512) {
    if (past_cache) {
      const std::size_t over = reinterpret_cast<std::uintptr_t>(out) % line_bytes;
      plainly_until(
          std::min(n, static_cast<Index>((line_bytes - over) % line_bytes / sizeof *out)));
    }
    i += blend_floats_avx512(weights, out + i, own + i, partner + i, n - i, past_cache);
  } else if (width == StreamWidth::avx2) {
    i = blend_floats_avx2(weights, out, own, partner, n);
  }
#endif
  plainly_until(n);
  static_cast<void>(past_cache);
  static_cast<void>(width);
}

inline bool are_floats(ScalarKind kind, const Byte* data, Index stride) {
  return kind == ScalarKind::float32 && stride == static_cast<Index>(sizeof(float)) &&
         reinterpret_cast<std::uintptr_t>(data) % alignof(float) == 0;
}

// n scalars of one kind into as many of one kind, at any strides in bytes; out may be own. Past the
// cache, where that can be and is asked for.
inline void mix_run(const Weights& weights, ScalarKind kind, const Byte* own, Index own_stride,
                    const Byte* partner, Index partner_stride, ScalarKind out_kind, Byte* out,
                    Index out_stride, Index n, bool past_cache = false) {
  if (are_floats(out_kind, out, out_stride) && are_floats(kind, own, own_stride) &&
      are_floats(kind, partner, partner_stride) && !weights.copies_own() &&
      !weights.copies_partner())
    return blend_floats(weights, reinterpret_cast<float*>(out), reinterpret_cast<const float*>(own),
                        reinterpret_cast<const float*>(partner), n, past_cache);
  double mixed[block_size], other[block_size];
  for (Index done = 0; done < n; done += block_size) {
    const Index count = std::min(block_size, n - done);
    load_run(kind, own + done * own_stride, own_stride, count, mixed);
    load_run(kind, partner + done * partner_stride, partner_stride, count, other);
    mix_block(weights, mixed, other, count);
    store_run(out_kind, mixed, count, out + done * out_stride, out_stride);
  }
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_KERNELS_BLEND_HPP
