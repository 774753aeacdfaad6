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

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "layout.hpp"
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

// Which of 64 bytes at a stride goes where, from lines that begin at three places above the lowest
// of them: no byte beyond them is read.
struct LookupOrder {
  alignas(64) Byte near[64], far[64], is_far[64];
  Index lowest = 0, second = 0, third = 0;

  explicit LookupOrder(Index stride) {
    const Index step = stride < 0 ? -stride : stride, reach = 63 * step;
    lowest = stride < 0 ? -reach : 0;
    if (step != 1) second = 64, third = reach - 63;
    for (Index place = 0; place < 64; ++place) {
      const Index lane = place / 16, vector = place / 4 % 4, scalar = place % 4;
      const Index at = (16 * vector + 4 * lane + scalar) * step;
      const Index byte = stride < 0 ? reach - at : at;
      const bool beyond = byte >= 128;
      near[place] = static_cast<Byte>(beyond ? 0 : byte);
      far[place] = static_cast<Byte>(beyond ? byte - third : 0);
      is_far[place] = beyond ? 255 : 0;
    }
  }

  // Those of images: channels apart or three side by side, and mirrored ones. Null for others.
  static const LookupOrder* of(Index stride) {
    static const LookupOrder one(1), three(3), back_one(-1), back_three(-3);
    switch (stride) {
      case 1:
        return &one;
      case 3:
        return &three;
      case -1:
        return &back_one;
      case -3:
        return &back_three;
      default:
        return nullptr;
    }
  }
};

// The table of one byte of each scalar.
struct LookupPlane {
  ByteLine first, second, third, fourth;
};
CUTMIX_VBMI inline void load_plane(LookupPlane& plane, const Byte* from) {
  load_line(plane.first, from), load_line(plane.second, from + 64);
  load_line(plane.third, from + 128), load_line(plane.fourth, from + 192);
}

// One byte of 64 scalars: `high` has ones in the place of each byte above 127.
CUTMIX_VBMI inline void look_up_plane(ByteLine& out, const ByteLine& bytes, const ByteLine& high,
                                      const LookupPlane& plane) {
  ByteLine low = bytes, upper = bytes;
  __asm__("vpermi2b %2, %1, %0" : "+v"(low) : "v"(plane.first), "v"(plane.second));
  __asm__("vpermi2b %2, %1, %0" : "+v"(upper) : "v"(plane.third), "v"(plane.fourth));
  out = (high & upper) | (~high & low);
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

// n at least 64: the last block may overlap the one before. Past the cache where the output is on a
// line's boundary.
CUTMIX_VBMI inline void look_up_run(Byte* out, const Byte* in, const LookupOrder& order,
                                    Index stride, const Byte* planes, Index n, bool past_cache) {
  // Not in a loop over arrays, which compilers would keep in memory.
  LookupPlane plane_0, plane_1, plane_2, plane_3;
  load_plane(plane_0, planes), load_plane(plane_1, planes + 256);
  load_plane(plane_2, planes + 512), load_plane(plane_3, planes + 768);
  ByteLine near, far, is_far;
  load_line(near, order.near), load_line(far, order.far), load_line(is_far, order.is_far);
  past_cache = past_cache && reinterpret_cast<std::uintptr_t>(out) % line_bytes == 0;
  for (Index done = 0; done < n; done += 64) {
    const Index at = done + 64 <= n ? done : n - 64;
    const bool stream = past_cache && at == done;
    const Byte* const from = in + order.lowest + at * stride;
    Byte* const to = out + 4 * at;
    ByteLine a, b, c, bytes = near;
    load_line(a, from), load_line(b, from + order.second), load_line(c, from + order.third);
    __asm__("vpermi2b %2, %1, %0" : "+v"(bytes) : "v"(a), "v"(b));
    __asm__("vpermb %1, %2, %0" : "=v"(c) : "v"(c), "v"(far));
    bytes = (is_far & c) | (~is_far & bytes);
    using Signed __attribute__((vector_size(64))) = signed char;
    const ByteLine high = reinterpret_cast<ByteLine>(reinterpret_cast<Signed>(bytes) < 0);
    ByteLine byte_0, byte_1, byte_2, byte_3, low_01, high_01, low_23, high_23;
    look_up_plane(byte_0, bytes, high, plane_0), look_up_plane(byte_1, bytes, high, plane_1);
    look_up_plane(byte_2, bytes, high, plane_2), look_up_plane(byte_3, bytes, high, plane_3);
    interleave_bytes(low_01, high_01, byte_0, byte_1);
    interleave_bytes(low_23, high_23, byte_2, byte_3);
    ByteLine line_0, line_1, line_2, line_3;
    interleave_pairs(line_0, line_1, low_01, low_23);
    interleave_pairs(line_2, line_3, high_01, high_23);
    store_line(to, line_0, stream), store_line(to + 64, line_1, stream);
    store_line(to + 128, line_2, stream), store_line(to + 192, line_3, stream);
  }
}

// Rows of `own`, of n >= 64 bytes, side by side, and over some of them bytes of `partner`: columns
// of the rows inside. Each is written once; the last 64 of a row may overlap those before.
CUTMIX_VBMI inline void copy_mixed_rows(Byte* out, const Byte* own, Index own_stride,
                                        const Byte* partner, Index partner_stride, Index n,
                                        Index rows, const Interval& inside,
                                        const Interval& columns) {
  ByteLine places{};
  for (int place = 0; place < 64; ++place) places[place] = static_cast<Byte>(place);
  const auto within = [](Index place) {
    return static_cast<Byte>(place < 0 ? 0 : place > 64 ? 64 : place);
  };
  for (Index done = 0; done < n; done += 64) {
    const Index at = done + 64 <= n ? done : n - 64;
    const Byte begin = within(columns.begin - at), end = within(columns.end - at);
    const auto taken = reinterpret_cast<ByteLine>((places >= begin) & (places < end));
    const bool whole = begin == 0 && end == 64;  // nothing of it is own, which is not read then
    for (Index row = 0; row < rows; ++row) {
      const bool mixed = begin < end && row >= inside.begin && row < inside.end;
      ByteLine line{}, other;
      if (!mixed || !whole) load_line(line, own + row * own_stride + at);
      if (mixed) {
        load_line(other, partner + (row - inside.begin) * partner_stride + at);
        line = (taken & other) | (~taken & line);
      }
      store_line(out + row * n + at, line, false);
    }
  }
}

#undef CUTMIX_VBMI

#else

inline bool can_look_up() { return false; }

#endif

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_KERNELS_LOOKUP_HPP
