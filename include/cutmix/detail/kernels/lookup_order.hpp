#ifndef CUTMIX_DETAIL_KERNELS_LOOKUP_ORDER_HPP
#define CUTMIX_DETAIL_KERNELS_LOOKUP_ORDER_HPP

// What lookup.hpp goes by: where the bytes of 64 pixels belong, and which are the partner's.

#include <algorithm>
#include <cstdint>

#include "layout.hpp"

namespace cutmix {
namespace detail {

// How 64 pixels of one byte, or of three side by side, become a line of 64 bytes for each channel,
// in the order of the look-up. They lie one behind the other in memory, or one before the other.
struct LookupOrder {
  // For each channel: which of the first 128 bytes goes where, and where those beyond go.
  alignas(64) Byte near[3][64] = {}, far[3][64] = {};
  std::uint64_t is_far[3] = {};
  Index channels, pixel;  // bytes to the next pixel
  Index lowest;           // the first of the bytes, from the first channel of the first pixel

  LookupOrder(Index pixel_stride, Index channel_stride)
      : channels(pixel_stride < 0 ? -pixel_stride : pixel_stride),
        pixel(pixel_stride),
        lowest((pixel_stride < 0 ? 63 * pixel_stride : 0) +
               (channel_stride < 0 ? (channels - 1) * channel_stride : 0)) {
    for (Index c = 0; c < channels; ++c) {
      for (Index place = 0; place < 64; ++place) {
        const Index lane = place / 16, vector = place / 4 % 4, scalar = place % 4;
        const Index at = 16 * vector + 4 * lane + scalar;
        const Index byte = at * pixel_stride + c * channel_stride - lowest;
        const bool beyond = byte >= 128;
        near[c][place] = static_cast<Byte>(beyond ? 0 : byte);
        far[c][place] = static_cast<Byte>(beyond ? byte - 128 : 0);
        if (beyond) is_far[c] |= std::uint64_t{1} << place;
      }
    }
  }

  bool is_mirrored() const { return pixel < 0; }

  // Of a channel by itself, or of three: RGB and BGR, and mirrored ones. Null for others.
  static const LookupOrder* of(Index pixel_stride, Index channel_stride, Index channels) {
    static const LookupOrder one[2] = {{1, 0}, {-1, 0}};
    static const LookupOrder three[2][2] = {{{3, 1}, {3, -1}}, {{-3, 1}, {-3, -1}}};
    const bool mirrored = pixel_stride < 0, swapped = channel_stride < 0;
    const auto is = [](Index stride, Index size) { return stride == size || stride == -size; };
    if (is(pixel_stride, 1)) return &one[mirrored];
    const bool fits = channels == 3 && is(pixel_stride, 3) && is(channel_stride, 1);
    return fits ? &three[mirrored][swapped] : nullptr;
  }
};

// Which bytes of a run of pixels are the partner's: a bit each, in the order of memory, as many
// words for each 64 pixels as these have channels. The last 64 pixels end with the run.
class LookupMask {
 public:
  static constexpr Index most = 4096;  // pixels in a run, which has 64 at least

  // Those in columns of some rows, of a run of n pixels in rows that are `width` long. Where the
  // last call asked for the same, as for a batch with one box, there is nothing to do.
  void mark(const LookupOrder& order, Index n, Index width, const Interval& rows,
            const Interval& columns) {
    const Index asked[8] = {order.pixel, order.channels, n,          width, rows.begin,
                            rows.end,    columns.begin,  columns.end};
    bool same = true;  // without a call, for each sample
    for (int i = 0; i < 8; ++i) same &= asked[i] == marked_[i];
    if (same) return;
    std::copy_n(asked, 8, marked_);
    const Index words = order.channels, blocks = (n + 63) / 64;
    std::fill_n(bits_, words * blocks, std::uint64_t{0});
    for (Index row = rows.begin; row < rows.end; ++row)
      mark((row * width + columns.begin) * words, (row * width + columns.end) * words);
    if (n % 64 != 0) end_with_run(bits_ + (blocks - 1) * words, words, n % 64 * words);
    if (order.is_mirrored())
      for (Index block = 0; block < blocks; ++block) mirror(bits_ + block * words, words);
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
      for (Index word = first + 1; word < last; ++word) bits_[word] = ~std::uint64_t{0};
    }
  }

  // A block whose first n bits are all that is left of the run: those before them move in.
  static void end_with_run(std::uint64_t* block, Index words, Index n) {
    std::uint64_t moved[3];
    for (Index word = 0; word < words; ++word) {
      const Index at = n + 64 * word;
      const std::uint64_t* const from = block - words + at / 64;
      moved[word] = at % 64 == 0 ? from[0] : from[0] >> at % 64 | from[1] << (64 - at % 64);
    }
    std::copy_n(moved, words, block);
  }

  // The last bit first. A pixel's bits are alike, so they may change places too.
  static void mirror(std::uint64_t* block, Index words) {
    std::reverse(block, block + words);
    const auto swap = [](std::uint64_t& bits, int n, std::uint64_t lower) {
      bits = (bits >> n & lower) | (bits & lower) << n;
    };
    for (Index word = 0; word < words; ++word) {
      swap(block[word], 1, 0x5555555555555555), swap(block[word], 2, 0x3333333333333333);
      swap(block[word], 4, 0x0f0f0f0f0f0f0f0f), swap(block[word], 8, 0x00ff00ff00ff00ff);
      swap(block[word], 16, 0x0000ffff0000ffff), swap(block[word], 32, 0x00000000ffffffff);
    }
  }

  Index marked_[8] = {};
  std::uint64_t bits_[3 * most / 64] = {};
};

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_KERNELS_LOOKUP_ORDER_HPP
