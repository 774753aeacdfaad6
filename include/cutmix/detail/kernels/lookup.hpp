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

#include <algorithm>
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
  alignas(64) Byte near[64], far[64];
  std::uint64_t is_far = 0;
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
      if (beyond) is_far |= std::uint64_t{1} << place;
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

// Those of `others` where a bit is one.
CUTMIX_VBMI inline void choose_bytes(ByteLine& bytes, const ByteLine& others, std::uint64_t which) {
  __asm__("vpblendmb %2, %1, %0%{%3%}" : "=v"(bytes) : "v"(bytes), "v"(others), "Yk"(which));
}

// One byte of 64 scalars: `high` has a one for each byte above 127.
CUTMIX_VBMI inline void look_up_plane(ByteLine& out, const ByteLine& bytes, std::uint64_t high,
                                      const LookupPlane& plane) {
  ByteLine upper = bytes;
  out = bytes;
  __asm__("vpermi2b %2, %1, %0" : "+v"(out) : "v"(plane.first), "v"(plane.second));
  __asm__("vpermi2b %2, %1, %0" : "+v"(upper) : "v"(plane.third), "v"(plane.fourth));
  choose_bytes(out, upper, high);
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

// A LookupOrder in registers.
struct LookupOrderLines {
  ByteLine near, far;
  std::uint64_t is_far;
  Index second, third;
};

// 64 bytes of a run, in the order of the look-up; `from` is the lowest.
CUTMIX_VBMI inline void load_ordered(ByteLine& bytes, const Byte* from,
                                     const LookupOrderLines& order) {
  ByteLine a, b, c;
  load_line(a, from), load_line(b, from + order.second), load_line(c, from + order.third);
  bytes = order.near;
  __asm__("vpermi2b %2, %1, %0" : "+v"(bytes) : "v"(a), "v"(b));
  __asm__("vpermb %1, %2, %0%{%3%}" : "+v"(bytes) : "v"(c), "v"(order.far), "Yk"(order.is_far));
}

// Which scalars of a run are the partner's: a bit each, 64 of them for each block of look_up_run,
// in the order of its bytes.
class LookupMask {
 public:
  static constexpr Index most = 4096;  // scalars in a run

  // Those in columns of some rows, of a run of n scalars in rows that are `width` long. Where the
  // last call asked for the same, as for a batch with one box, there is nothing to do.
  void mark(Index n, Index width, const Interval& rows, const Interval& columns) {
    const Index asked[6] = {n, width, rows.begin, rows.end, columns.begin, columns.end};
    if (std::equal(asked, asked + 6, marked_)) return;
    std::copy_n(asked, 6, marked_);
    const Index blocks = (n + 63) / 64;
    std::fill_n(bits_, blocks, std::uint64_t{0});
    for (Index row = rows.begin; row < rows.end; ++row)
      mark(row * width + columns.begin, row * width + columns.end);
    // The last block begins at n - 64.
    const auto beyond = static_cast<unsigned>(n % 64);
    if (beyond != 0)
      bits_[blocks - 1] = bits_[blocks - 2] >> beyond | bits_[blocks - 1] << (64 - beyond);
    for (Index block = 0; block < blocks; ++block) bits_[block] = transposed(bits_[block]);
  }

  const std::uint64_t* bits() const { return bits_; }

 private:
  // end > begin.
  void mark(Index begin, Index end) {
    const Index first = begin / 64, last = (end - 1) / 64;
    const std::uint64_t head = ~std::uint64_t{0} << begin % 64;
    const std::uint64_t tail = ~std::uint64_t{0} >> (63 - (end - 1) % 64);
    if (first == last) {
      bits_[first] |= head & tail;
    } else {
      bits_[first] |= head, bits_[last] |= tail;
      for (Index block = first + 1; block < last; ++block) bits_[block] = ~std::uint64_t{0};
    }
  }

  // As LookupOrder goes from vector, lane, scalar to lane, vector, scalar: 4 x 4 times four bits.
  static std::uint64_t transposed(std::uint64_t bits) {
    std::uint64_t moved = (bits ^ bits >> 12) & 0x0000f0f00000f0f0;
    bits ^= moved ^ moved << 12;
    moved = (bits ^ bits >> 24) & 0x00000000ff00ff00;
    return bits ^ moved ^ moved << 24;
  }

  Index marked_[6] = {};
  std::uint64_t bits_[most / 64] = {};
};

// A run of bytes, and where they are mixed those of the partner, which take their place where bits
// are ones.
struct LookupRun {
  const Byte* own;
  const Byte* partner = nullptr;
  const std::uint64_t* taken = nullptr;  // of a LookupMask
};

// n at least 64: the last block may overlap the one before. Past the cache where the output is on a
// line's boundary.
template <bool mixed>
CUTMIX_VBMI inline void look_up_run(Byte* out, const LookupRun& in, const LookupOrder& order,
                                    Index stride, const Byte* planes, Index n, bool past_cache) {
  // Not in a loop over arrays, which compilers would keep in memory.
  LookupPlane plane_0, plane_1, plane_2, plane_3;
  load_plane(plane_0, planes), load_plane(plane_1, planes + 256);
  load_plane(plane_2, planes + 512), load_plane(plane_3, planes + 768);
  LookupOrderLines lines;
  load_line(lines.near, order.near), load_line(lines.far, order.far);
  lines.is_far = order.is_far, lines.second = order.second, lines.third = order.third;
  const Byte* own = in.own + order.lowest;
  [[maybe_unused]] const Byte* partner = mixed ? in.partner + order.lowest : nullptr;
  // Opaque sums, which would be made anew for each block from what no register is left for.
  __asm__("" : "+r"(own), "+r"(partner));
  past_cache = past_cache && reinterpret_cast<std::uintptr_t>(out) % line_bytes == 0;
  for (Index at = 0; at < n; at += 64) {
    if (at + 64 > n) at = n - 64, past_cache = false;
    Byte* const to = out + 4 * at;
    ByteLine bytes;
    if constexpr (mixed) {
      const std::uint64_t taken = in.taken[(at + 63) / 64];
      const bool whole = taken == ~std::uint64_t{0};  // nothing is own, and own is not read
      load_ordered(bytes, (whole ? partner : own) + at * stride, lines);
      if (taken != 0 && !whole) {
        ByteLine others;
        load_ordered(others, partner + at * stride, lines);
        choose_bytes(bytes, others, taken);
      }
    } else {
      load_ordered(bytes, own + at * stride, lines);
    }
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

#undef CUTMIX_VBMI

#else

inline bool can_look_up() { return false; }

#endif

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_KERNELS_LOOKUP_HPP
