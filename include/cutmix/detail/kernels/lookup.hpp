#ifndef CUTMIX_DETAIL_KERNELS_LOOKUP_HPP
#define CUTMIX_DETAIL_KERNELS_LOOKUP_HPP

// Runs of bytes looked up in a table of 256 floats, 64 at a time: for processors that permute bytes
// (AVX-512 VBMI), chosen when the program runs.
//
// The table lies in 16 registers, by the bytes of its scalars: four for their lowest bytes, and so
// on. Two permutations of 128 entries and a choice between them look up one byte of 64 scalars, and
// interleaving puts these together. Interleaving works within 16 bytes, so the bytes that are
// looked up are brought into that order first, by the permutation that takes them out of their
// pixels.
//
// Pixels of one image are read once for each channel, from the nearest cache. Where two are mixed
// that would be two images and three masks, so there the mixed pixels are ordered for all channels
// in a step of its own. Setting lines aside costs large images that are not mixed more than it
// saves: they take the place of others in the cache.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "layout.hpp"
#include "lookup_order.hpp"
#include "stream.hpp"

namespace cutmix {
namespace detail {

// The bytes of each scalar's table apart: all lowest ones, and so on.
constexpr std::size_t look_up_planes = 4;

#if CUTMIX_HAS_STREAM

#define CUTMIX_VBMI __attribute__((target("avx512f,avx512bw,avx512vbmi")))

inline bool can_look_up() {
  static const bool can = [] {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi");
  }();
  return can;
}

using ByteLine __attribute__((vector_size(64))) = Byte;

CUTMIX_VBMI inline void load_line(ByteLine& line, const Byte* from) {
  std::memcpy(&line, from, sizeof line);
}

// Other bytes where a bit is one.
CUTMIX_VBMI inline void take_bytes(ByteLine& line, const Byte* from, std::uint64_t which) {
  __asm__("vmovdqu8 %1, %0%{%2%}"
          : "+v"(line)
          : "m"(*reinterpret_cast<const Byte(*)[64]>(from)), "Yk"(which));
}

// The table of one byte of each scalar.
struct LookupPlane {
  ByteLine first, second, third, fourth;
};
CUTMIX_VBMI inline void load_plane(LookupPlane& plane, const Byte* from) {
  load_line(plane.first, from), load_line(plane.second, from + 64);
  load_line(plane.third, from + 128), load_line(plane.fourth, from + 192);
}

// One byte of 64 scalars: `high` has a one for each byte above 127.
CUTMIX_VBMI inline void look_up_plane(ByteLine& out, const ByteLine& bytes, std::uint64_t high,
                                      const LookupPlane& plane) {
  ByteLine upper = bytes;
  out = bytes;
  __asm__("vpermi2b %2, %1, %0" : "+v"(out) : "v"(plane.first), "v"(plane.second));
  __asm__("vpermi2b %2, %1, %0" : "+v"(upper) : "v"(plane.third), "v"(plane.fourth));
  __asm__("vpblendmb %2, %1, %0%{%3%}" : "=v"(out) : "v"(out), "v"(upper), "Yk"(high));
}

CUTMIX_VBMI inline void interleave_bytes(ByteLine& low, ByteLine& high, const ByteLine& a,
                                         const ByteLine& b) {
  __asm__("vpunpcklbw %2, %1, %0" : "=v"(low) : "v"(a), "v"(b));
  __asm__("vpunpckhbw %2, %1, %0" : "=v"(high) : "v"(a), "v"(b));
}

CUTMIX_VBMI inline void interleave_pairs(ByteLine& low, ByteLine& high, const ByteLine& a,
                                         const ByteLine& b) {
  __asm__("vpunpcklwd %2, %1, %0" : "=v"(low) : "v"(a), "v"(b));
  __asm__("vpunpckhwd %2, %1, %0" : "=v"(high) : "v"(a), "v"(b));
}

CUTMIX_VBMI inline void store_line(Byte* out, const ByteLine& line, bool past_cache) {
  if (past_cache)
    __asm__ volatile("vmovntdq %1, (%0)" : : "r"(out), "v"(line) : "memory");
  else
    std::memcpy(out, &line, sizeof line);
}

// 64 pixels of one byte or three.
struct LookupPixels {
  ByteLine first, second, third;
};
template <Index channels>
CUTMIX_VBMI inline void load_pixels(LookupPixels& pixels, const Byte* from) {
  load_line(pixels.first, from);
  if constexpr (channels == 3)
    load_line(pixels.second, from + 64), load_line(pixels.third, from + 128);
}
// Other bytes where bits are ones.
template <Index channels>
CUTMIX_VBMI inline void take_pixels(LookupPixels& pixels, const Byte* from,
                                    const std::uint64_t* which) {
  take_bytes(pixels.first, from, which[0]);
  if constexpr (channels == 3)
    take_bytes(pixels.second, from + 64, which[1]), take_bytes(pixels.third, from + 128, which[2]);
}

// A channel of a LookupOrder in registers.
struct LookupChannel {
  ByteLine near, far;
  std::uint64_t is_far;
};
CUTMIX_VBMI inline void load_channel(LookupChannel& channel, const LookupOrder& order, Index c) {
  load_line(channel.near, order.near[c]), load_line(channel.far, order.far[c]);
  channel.is_far = order.is_far[c];
}

template <Index channels>
CUTMIX_VBMI inline void order_pixels(ByteLine& bytes, const LookupPixels& pixels,
                                     const LookupChannel& channel) {
  bytes = channel.near;
  if constexpr (channels == 3) {
    __asm__("vpermi2b %2, %1, %0" : "+v"(bytes) : "v"(pixels.first), "v"(pixels.second));
    __asm__("vpermb %1, %2, %0%{%3%}"
            : "+v"(bytes)
            : "v"(pixels.third), "v"(channel.far), "Yk"(channel.is_far));
  } else {
    __asm__("vpermb %1, %0, %0" : "+v"(bytes) : "v"(pixels.first));
  }
}

// Pixels of one image, one channel of them.
template <Index channels>
struct OwnPixels {
  const Byte* first;
  Index pixel;
  LookupChannel channel;

  CUTMIX_VBMI void next(ByteLine& bytes, Index at) {
    LookupPixels pixels;
    load_pixels<channels>(pixels, first + at * pixel);
    order_pixels<channels>(bytes, pixels, channel);
  }
};

// Lines of order_mixed, one channel of them.
struct OrderedLines {
  const Byte* lines;
  Index step;

  CUTMIX_VBMI void next(ByteLine& bytes, Index) { load_line(bytes, lines), lines += step; }
};

// Brings bytes nearer that are read soon.
inline void fetch_ahead(const Byte* from, Index n) {
  for (Index at = 0; at < n; at += 64) __builtin_prefetch(from + at);
}

// A run of pixels of two images: the partner's bytes where bits of a LookupMask are ones.
struct MixedRun {
  const Byte *own, *partner;
  const std::uint64_t* taken;
};

// Mixes n pixels and orders them: for each 64 a line a channel. Both images are read once for all
// channels, by instructions for which the table leaves no registers.
template <Index channels>
CUTMIX_VBMI inline void order_mixed(Byte* out, MixedRun in, const LookupOrder& order, Index n) {
  LookupChannel channel_0, channel_1, channel_2;
  load_channel(channel_0, order, 0);
  if constexpr (channels == 3) load_channel(channel_1, order, 1), load_channel(channel_2, order, 2);
  for (Index at = 0; at < n; at += 64, out += 64 * channels, in.taken += channels) {
    const Index offset = std::min(at, n - 64) * order.pixel + order.lowest;
    std::uint64_t any = in.taken[0], all = any;
    if constexpr (channels == 3) any |= in.taken[1] | in.taken[2], all &= in.taken[1] & in.taken[2];
    const bool whole = all == ~std::uint64_t{0};  // nothing is own, and own is not read
    LookupPixels pixels;
    load_pixels<channels>(pixels, (whole ? in.partner : in.own) + offset);
    if (any != 0 && !whole) take_pixels<channels>(pixels, in.partner + offset, in.taken);
    ByteLine bytes;
    order_pixels<channels>(bytes, pixels, channel_0), store_line(out, bytes, false);
    if constexpr (channels == 3) {
      order_pixels<channels>(bytes, pixels, channel_1), store_line(out + 64, bytes, false);
      order_pixels<channels>(bytes, pixels, channel_2), store_line(out + 128, bytes, false);
    }
  }
}

// n scalars, at least 64: the last 64 may overlap those before. Past the cache where the output is
// on a line's boundary. Within the two below: a source that is handed over goes through memory.
template <class Source>
CUTMIX_VBMI __attribute__((always_inline)) inline void look_up_run(Byte* out, Source& source,
                                                                   const Byte* planes, Index n,
                                                                   bool past_cache) {
  // Not in a loop over arrays, which compilers would keep in memory.
  LookupPlane plane_0, plane_1, plane_2, plane_3;
  load_plane(plane_0, planes), load_plane(plane_1, planes + 256);
  load_plane(plane_2, planes + 512), load_plane(plane_3, planes + 768);
  past_cache = past_cache && reinterpret_cast<std::uintptr_t>(out) % line_bytes == 0;
  for (Index at = 0; at < n; at += 64) {
    if (at + 64 > n) at = n - 64, past_cache = past_cache && n % 16 == 0;
    Byte* const to = out + 4 * at;
    ByteLine bytes;
    source.next(bytes, at);
    std::uint64_t high;
    __asm__("vpmovb2m %1, %0" : "=Yk"(high) : "v"(bytes));
    ByteLine byte_0, byte_1, byte_2, byte_3, low_01, high_01, low_23, high_23;
    look_up_plane(byte_0, bytes, high, plane_0), look_up_plane(byte_1, bytes, high, plane_1);
    look_up_plane(byte_2, bytes, high, plane_2), look_up_plane(byte_3, bytes, high, plane_3);
    interleave_bytes(low_01, high_01, byte_0, byte_1);
    interleave_bytes(low_23, high_23, byte_2, byte_3);
    ByteLine line_0, line_1, line_2, line_3;
    interleave_pairs(line_0, line_1, low_01, low_23);
    interleave_pairs(line_2, line_3, high_01, high_23);
    store_line(to, line_0, past_cache), store_line(to + 64, line_1, past_cache);
    store_line(to + 128, line_2, past_cache), store_line(to + 192, line_3, past_cache);
  }
}

// Channel c of pixels of one image.
template <Index channels>
CUTMIX_VBMI inline void look_up_own(Byte* out, const Byte* own, const LookupOrder& order, Index c,
                                    const Byte* planes, Index n, bool past_cache) {
  OwnPixels<channels> pixels;
  pixels.first = own + order.lowest, pixels.pixel = order.pixel;
  load_channel(pixels.channel, order, c);
  look_up_run(out, pixels, planes, n, past_cache);
}

// A channel that was ordered.
CUTMIX_VBMI inline void look_up_ordered(Byte* out, const Byte* lines, Index step,
                                        const Byte* planes, Index n, bool past_cache) {
  OrderedLines ordered{lines, step};
  look_up_run(out, ordered, planes, n, past_cache);
}

#undef CUTMIX_VBMI

#else

inline bool can_look_up() { return false; }

#endif

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_KERNELS_LOOKUP_HPP
