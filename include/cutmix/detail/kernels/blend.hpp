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
#endif

// Aligned floats side by side; out may be own.
inline void blend_floats(const Weights& weights, float* out, const float* own, const float* partner,
                         Index n) {
  Index i = 0;
#if CUTMIX_HAS_STREAM
  if (stream_width() != StreamWidth::none) i = blend_floats_avx2(weights, out, own, partner, n);
#endif
  for (; i < n; ++i) out[i] = mix_floats(weights, own[i], partner[i]);
}

inline bool are_floats(ScalarKind kind, const Byte* data, Index stride) {
  return kind == ScalarKind::float32 && stride == static_cast<Index>(sizeof(float)) &&
         reinterpret_cast<std::uintptr_t>(data) % alignof(float) == 0;
}

// n scalars of one kind into as many of one kind, at any strides in bytes; out may be own.
inline void mix_run(const Weights& weights, ScalarKind kind, const Byte* own, Index own_stride,
                    const Byte* partner, Index partner_stride, ScalarKind out_kind, Byte* out,
                    Index out_stride, Index n) {
  if (are_floats(out_kind, out, out_stride) && are_floats(kind, own, own_stride) &&
      are_floats(kind, partner, partner_stride) && !weights.copies_own() &&
      !weights.copies_partner())
    return blend_floats(weights, reinterpret_cast<float*>(out), reinterpret_cast<const float*>(own),
                        reinterpret_cast<const float*>(partner), n);
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
