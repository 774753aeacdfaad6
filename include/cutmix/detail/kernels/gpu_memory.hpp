#ifndef CUTMIX_DETAIL_KERNELS_GPU_MEMORY_HPP
#define CUTMIX_DETAIL_KERNELS_GPU_MEMORY_HPP

// What one thread of a GPU knows: its place in the grid, the plan as it lies there, and 16 bytes of
// memory at a time. All of it is ordinary C++ too, so that tests run whole grids on the host.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "../attributes.hpp"
#include "blend.hpp"
#include "layout.hpp"
#include "scalars.hpp"

namespace cutmix {
namespace detail {

// ---- the grid ----

// Blocks of width x height threads, x * y of them.
struct GpuGrid {
  Index x = 1, y = 1;
  int width = 256, height = 1;
};

// One of its threads.
struct GpuThread {
  Index block_x, block_y, blocks_x, blocks_y;
  int x, y, width, height;

  CUTMIX_HOST_DEVICE Index first() const { return block_x * width + x; }
  CUTMIX_HOST_DEVICE Index step() const { return blocks_x * width; }
};

// Blocks along y are 65535 at most; along x there may be 2^31 - 1.
constexpr Index most_blocks_y = 65535, most_blocks_x = 2147483647;

inline Index blocks_for(Index count, Index each, Index most) {
  return std::min(std::max(count / each + (count % each == 0 ? 0 : 1), Index{1}), most);
}

// ---- arithmetic ----

CUTMIX_HOST_DEVICE constexpr Index smaller_of(Index a, Index b) { return a < b ? a : b; }
CUTMIX_HOST_DEVICE constexpr Index larger_of(Index a, Index b) { return a > b ? a : b; }

// Division by a number that is known before: a GPU takes a hundred instructions to divide numbers
// of 64 bits, and a multiplication does for all below 2^31.
class Divisor {
 public:
  Divisor() = default;
  // At least 1.
  explicit Divisor(Index divisor) : divisor_(static_cast<std::uint64_t>(divisor)) {
    if (divisor_ >> 31 != 0) {  // numbers below 2^31 have a quotient of 0
      multiplier_ = 0;
      return;
    }
    int bits = 0;
    while (std::uint64_t{1} << bits < divisor_) ++bits;
    shift_ = 31 + bits;
    multiplier_ = ((std::uint64_t{1} << shift_) + divisor_ - 1) / divisor_;  // below 2^32
  }

  CUTMIX_HOST_DEVICE Index quotient(Index value) const {
    const auto n = static_cast<std::uint64_t>(value);
    if (n >> 31 == 0) return static_cast<Index>(n * multiplier_ >> shift_);
    return static_cast<Index>(n / divisor_);
  }
  // The quotient; n becomes what remains.
  CUTMIX_HOST_DEVICE Index divide(Index& n) const {
    const Index result = quotient(n);
    n -= result * static_cast<Index>(divisor_);
    return result;
  }
  CUTMIX_HOST_DEVICE Index value() const { return static_cast<Index>(divisor_); }

 private:
  std::uint64_t divisor_ = 1, multiplier_ = std::uint64_t{1} << 31;
  int shift_ = 31;
};

// ---- the plan ----

// A patch as it travels: the box by Side, empty where nothing is mixed, and both weights.
struct GpuPatch {
  Index begin[3], end[3];
  double blend, lambda;
};

struct GpuPlanHeader {
  Index patch_step;  // 1: a patch for each sample; 0: one for all
  Index own_batch;   // 1: partners are of the batch itself
};

// One buffer: the header, partners, samples in the order of the permutation's cycles (the last of
// each as -1 - b), patches.
struct GpuPlan {
  const GpuPlanHeader* header;
  const Index* indices;
  const Index* order;
  const GpuPatch* patches;

  GpuPlan(const Byte* buffer, Index batch)
      : header(reinterpret_cast<const GpuPlanHeader*>(buffer)),
        indices(reinterpret_cast<const Index*>(buffer + sizeof(GpuPlanHeader))),
        order(indices + batch),
        patches(reinterpret_cast<const GpuPatch*>(order + batch)) {}

  static std::size_t bytes(Index batch, Index patches) {
    return sizeof(GpuPlanHeader) + 2 * static_cast<std::size_t>(batch) * sizeof(Index) +
           static_cast<std::size_t>(patches) * sizeof(GpuPatch);
  }

  CUTMIX_HOST_DEVICE const GpuPatch& patch(Index b) const {
    return patches[b * header->patch_step];
  }
};

// Something for each side of a box, which no thread keeps in memory: an index that is not known
// when compiling would put an array there.
template <class T>
struct PerSide {
  T x, y, z;

  CUTMIX_HOST_DEVICE const T& operator[](Side side) const {
    return side == side_x ? x : side == side_y ? y : z;
  }
  CUTMIX_HOST_DEVICE void set(Side side, const T& value) {
    if (side == side_x) x = value;
    if (side == side_y) y = value;
    if (side == side_z) z = value;
  }
};

// What becomes of one sample.
struct GpuCut {
  PerSide<Interval> side;
  double blend;
  Index partner;
  bool empty;

  CUTMIX_HOST_DEVICE GpuCut(const GpuPlan& plan, Index b) : partner(plan.indices[b]) {
    const GpuPatch& patch = plan.patch(b);
    side = {{patch.begin[0], patch.end[0]},
            {patch.begin[1], patch.end[1]},
            {patch.begin[2], patch.end[2]}};
    blend = patch.blend;
    // A copy of itself changes nothing. The box of a patch without pixels is empty on every side.
    const bool itself = partner == b && plan.header->own_batch != 0 && !(blend < 1);
    empty = itself || side.x.begin >= side.x.end;
  }

  // Whether it takes a position of an axis; those that no side cuts it takes whole.
  CUTMIX_HOST_DEVICE bool has(Side which, Index position) const {
    const Interval taken = side[which];
    return which == no_side || (position >= taken.begin && position < taken.end);
  }
  CUTMIX_HOST_DEVICE bool has(const PerSide<Index>& place) const {
    return !empty && has(side_x, place.x) && has(side_y, place.y) && has(side_z, place.z);
  }
  CUTMIX_HOST_DEVICE Interval part(Side which, Index size) const {
    return which == no_side ? Interval{0, size} : side[which];
  }
  CUTMIX_HOST_DEVICE Weights weights(bool wide) const { return {wide, 1 - blend, blend}; }
};

// ---- memory ----

constexpr int chunk_bytes = 16;

// 16 bytes, the first one the lowest: a GPU's order.
struct alignas(chunk_bytes) Chunk {
  std::uint64_t low, high;
};

CUTMIX_HOST_DEVICE inline bool is_multiple(const Byte* address, unsigned of) {
  return (reinterpret_cast<std::uintptr_t>(address) & (of - 1)) == 0;
}

// A value at an address that is a multiple of its size.
template <class T>
CUTMIX_HOST_DEVICE T load_aligned(const Byte* from) {
  T value;
  std::memcpy(&value, __builtin_assume_aligned(from, sizeof(T)), sizeof(T));
  return value;
}
template <class T>
CUTMIX_HOST_DEVICE void store_aligned(Byte* to, const T& value) {
  std::memcpy(__builtin_assume_aligned(to, sizeof(T)), &value, sizeof(T));
}

// 1, 2, 4 or 8 bytes, aligned.
CUTMIX_HOST_DEVICE inline std::uint64_t load_piece(const Byte* from, int bytes) {
  if (bytes == 4) return load_aligned<std::uint32_t>(from);
  if (bytes == 2) return load_aligned<std::uint16_t>(from);
  if (bytes == 8) return load_aligned<std::uint64_t>(from);
  return *from;
}
CUTMIX_HOST_DEVICE inline void store_piece(Byte* to, int bytes, std::uint64_t value) {
  if (bytes == 4)
    store_aligned(to, static_cast<std::uint32_t>(value));
  else if (bytes == 2)
    store_aligned(to, static_cast<std::uint16_t>(value));
  else if (bytes == 8)
    store_aligned(to, value);
  else
    *to = static_cast<Byte>(value);
}

// The bytes that can be moved at once from byte i of a chunk on, of which so many are left: no more
// than the address is a multiple of, and none across the middle.
CUTMIX_HOST_DEVICE inline int piece_at(const Byte* address, int i, int left) {
  const auto bits = static_cast<unsigned>(reinterpret_cast<std::uintptr_t>(address)) |
                    static_cast<unsigned>(i) | 8u;
  auto piece = static_cast<int>(bits & (0u - bits));
  while (piece > left) piece /= 2;
  return piece;
}

// Bytes [begin, end) of the 16 that stand `at` bytes from an address. No other byte is touched.
CUTMIX_HOST_DEVICE inline Chunk load_bytes(const Byte* base, Index at, int begin, int end) {
  if (begin == 0 && end == chunk_bytes) {
    const Byte* const from = base + at;
    if (is_multiple(from, chunk_bytes)) return load_aligned<Chunk>(from);
    if (is_multiple(from, 4))
      return {load_piece(from, 4) | load_piece(from + 4, 4) << 32,
              load_piece(from + 8, 4) | load_piece(from + 12, 4) << 32};
  }
  Chunk chunk{0, 0};
  for (int i = begin; i < end;) {
    const Byte* const from = base + (at + i);
    const int piece = piece_at(from, i, end - i);
    (i < 8 ? chunk.low : chunk.high) |= load_piece(from, piece) << 8 * (i & 7);
    i += piece;
  }
  return chunk;
}

CUTMIX_HOST_DEVICE inline void store_bytes(Byte* base, Index at, int begin, int end,
                                           const Chunk& chunk) {
  if (begin == 0 && end == chunk_bytes && is_multiple(base + at, chunk_bytes))
    return store_aligned(base + at, chunk);
  for (int i = begin; i < end;) {
    Byte* const to = base + (at + i);
    const int piece = piece_at(to, i, end - i);
    store_piece(to, piece, (i < 8 ? chunk.low : chunk.high) >> 8 * (i & 7));
    i += piece;
  }
}

// ---- masks ----

// The lowest n bytes of 8; n may be beyond either end.
CUTMIX_HOST_DEVICE inline std::uint64_t lowest_bytes(Index n) {
  if (n <= 0) return 0;
  return n >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << 8 * n) - 1;
}

// Bytes [begin, end) of a chunk, as far as it has them.
CUTMIX_HOST_DEVICE inline Chunk bytes_between(Index begin, Index end) {
  return {lowest_bytes(end) & ~lowest_bytes(begin),
          lowest_bytes(end - 8) & ~lowest_bytes(begin - 8)};
}

CUTMIX_HOST_DEVICE inline Chunk selected(const Chunk& mask, const Chunk& own, const Chunk& other) {
  return {(own.low & ~mask.low) | (other.low & mask.low),
          (own.high & ~mask.high) | (other.high & mask.high)};
}

// ---- scalars ----

template <class T>
CUTMIX_HOST_DEVICE Chunk blend_as(const Weights& weights, const Chunk& own, const Chunk& partner) {
  constexpr int count = chunk_bytes / static_cast<int>(sizeof(T));
  Byte a[chunk_bytes], b[chunk_bytes];
  std::memcpy(a, &own, sizeof own);
  std::memcpy(b, &partner, sizeof partner);
#if defined(__CUDA_ARCH__)
#pragma unroll
#endif
  for (int i = 0; i < count; ++i) {
    Byte* const at = a + i * static_cast<Index>(sizeof(T));
    store_scalar<T>(weights.mix(load_scalar<T>(at), load_scalar<T>(b + (at - a))), at);
  }
  Chunk mixed;
  std::memcpy(&mixed, a, sizeof mixed);
  return mixed;
}

CUTMIX_HOST_DEVICE inline Chunk blend_chunk(ScalarKind kind, const Weights& weights,
                                            const Chunk& own, const Chunk& partner) {
  Chunk mixed = own;
  with_kind(kind, [&](auto type) { mixed = blend_as<decltype(type)>(weights, own, partner); });
  return mixed;
}

// 1, 2, 4 or 8 bytes at any address, the first one the lowest.
CUTMIX_HOST_DEVICE inline std::uint64_t load_unit(const Byte* from, int bytes) {
  if (is_multiple(from, static_cast<unsigned>(bytes))) return load_piece(from, bytes);
  std::uint64_t unit = 0;
  for (int i = 0; i < bytes; ++i) unit |= static_cast<std::uint64_t>(from[i]) << 8 * i;
  return unit;
}
CUTMIX_HOST_DEVICE inline void store_unit(Byte* to, int bytes, std::uint64_t unit) {
  if (is_multiple(to, static_cast<unsigned>(bytes))) return store_piece(to, bytes, unit);
  for (int i = 0; i < bytes; ++i) to[i] = static_cast<Byte>(unit >> 8 * i);
}

// A unit that is a scalar as a number, and back.
CUTMIX_HOST_DEVICE inline double number_of(ScalarKind kind, std::uint64_t unit) {
  Byte bytes[sizeof unit];
  std::memcpy(bytes, &unit, sizeof unit);
  double value = 0;
  with_kind(kind, [&](auto type) { value = load_scalar<decltype(type)>(bytes); });
  return value;
}
CUTMIX_HOST_DEVICE inline std::uint64_t unit_of(ScalarKind kind, double value) {
  std::uint64_t unit = 0;
  Byte bytes[sizeof unit] = {};
  with_kind(kind, [&](auto type) { store_scalar<decltype(type)>(value, bytes); });
  std::memcpy(&unit, bytes, sizeof unit);
  return unit;
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_KERNELS_GPU_MEMORY_HPP
