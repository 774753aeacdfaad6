#ifndef CUTMIX_DETAIL_KERNELS_STREAM_HPP
#define CUTMIX_DETAIL_KERNELS_STREAM_HPP

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
// other processor and compiler takes the plain path in dense.hpp.
//
// The few instructions are spelled out because the compilers' header of intrinsics costs every
// program that includes this one half a second; and they need no target attribute, so one template
// serves both versions.

#include <cstddef>
#include <cstdint>

#include "layout.hpp"

#if defined(__x86_64__) && defined(__GNUC__)
#define CUTMIX_HAS_STREAM 1
#else
#define CUTMIX_HAS_STREAM 0
#endif

namespace cutmix {
namespace detail {

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

// After the last line of all: other threads see what was written in the usual way. Not after each
// image, for it waits until the memory has everything.
inline void finish_stream() { __asm__ volatile("sfence" : : : "memory"); }

// The lowest n bits, n below 64.
inline std::uint64_t bits_below(std::size_t n) { return (std::uint64_t{1} << n) - 1; }

// Both versions have: copy_line, a whole line of one image; mix_line, a whole line of both, the
// partner's bytes where the mask has a bit; end_run, after the last line of a run.

// Registers from 16 on are no part of what older instructions use, so nothing has to be put in
// order after them; and programs that are built without AVX-512 do not know them.
struct Avx512Lines {
  static void copy_line(Byte* out, const Byte* in) {
    __asm__ volatile(
        "vmovdqu64 (%1), %%zmm16\n\t"
        "vmovntdq %%zmm16, (%0)"
        :
        : "r"(out), "r"(in)
#ifdef __AVX512F__
        : "memory", "xmm16");
#else
        : "memory");
#endif
  }
  static void mix_line(Byte* out, const Byte* own, const Byte* partner, std::uint64_t mask) {
    __asm__ volatile(
        "kmovq %3, %%k1\n\t"
        "vmovdqu64 (%1), %%zmm16\n\t"
        "vmovdqu8 (%2), %%zmm16%{%%k1%}\n\t"
        "vmovntdq %%zmm16, (%0)"
        :
        : "r"(out), "r"(own), "r"(partner), "r"(mask)
#ifdef __AVX512F__
        : "memory", "xmm16", "k1");
#else
        : "memory");
#endif
  }
  static void end_run() {}
};

struct Avx2Lines {
  static void copy_line(Byte* out, const Byte* in) {
    __asm__ volatile(
        "vmovdqu (%1), %%ymm0\n\t"
        "vmovdqu 32(%1), %%ymm1\n\t"
        "vmovntdq %%ymm0, (%0)\n\t"
        "vmovntdq %%ymm1, 32(%0)"
        :
        : "r"(out), "r"(in)
        : "memory", "xmm0", "xmm1");
  }
  static void mix_line(Byte* out, const Byte* own, const Byte* partner, std::uint64_t mask) {
    mix_half(out, own, partner, static_cast<std::uint32_t>(mask));
    mix_half(out + 32, own + 32, partner + 32, static_cast<std::uint32_t>(mask >> 32));
  }
  // Clears the upper halves, without which older instructions would be slow from here on.
  static void end_run() {
    __asm__ volatile("vzeroupper"
                     :
                     :
                     : "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
                       "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
  }

 private:
  // 32 bytes. Byte i is given the byte of the mask that its bit is in, and then looks at that bit.
  static void mix_half(Byte* out, const Byte* own, const Byte* partner, std::uint32_t mask) {
    alignas(32) static const std::uint64_t spread[4] = {0x0000000000000000, 0x0101010101010101,
                                                        0x0202020202020202, 0x0303030303030303};
    alignas(32) static const std::uint64_t bit[4] = {0x8040201008040201, 0x8040201008040201,
                                                     0x8040201008040201, 0x8040201008040201};
    __asm__ volatile(
        "vmovd %3, %%xmm0\n\t"
        "vpbroadcastd %%xmm0, %%ymm0\n\t"
        "vpshufb (%4), %%ymm0, %%ymm0\n\t"
        "vmovdqa (%5), %%ymm1\n\t"
        "vpand %%ymm1, %%ymm0, %%ymm0\n\t"
        "vpcmpeqb %%ymm1, %%ymm0, %%ymm0\n\t"
        "vmovdqu (%1), %%ymm1\n\t"
        "vpblendvb %%ymm0, (%2), %%ymm1, %%ymm1\n\t"
        "vmovntdq %%ymm1, (%0)"
        :
        : "r"(out), "r"(own), "r"(partner), "r"(mask), "r"(spread), "r"(bit)
        : "memory", "xmm0", "xmm1");
  }
};

// Part of a line, through the cache: the bytes that are valid alone, touching no others.
CUTMIX_ONCE inline void mix_part(Byte* out, const Byte* own, const Byte* partner,
                                 std::uint64_t mask, std::uint64_t valid) {
  for (std::size_t i = 0; i < line_bytes; ++i)
    if (valid >> i & 1) out[i] = (mask >> i & 1 ? partner : own)[i];
}

// Writes planes of one sample that lie one after the other, a whole cache line at a time and past
// the cache. own, partner and out point at the first of them. A byte comes from the same place of
// the one image or of the other, so a line in which both meet is a select between two loads, by a
// mask that is built up in a register: bit i is set where byte i is the partner's.
template <class Lines>
class RunMixer {
 public:
  static void mix(Byte* out, const Byte* own, const Byte* partner, std::size_t planes,
                  std::size_t plane, const CutRows& cut) {
    // Places are counted from the start of the line in which the run begins.
    const std::size_t first = reinterpret_cast<std::uintptr_t>(out) % line_bytes;
    const std::size_t end = first + planes * plane;
    RunMixer run{out - first, own - first, partner - first, first};
    for (std::size_t p = 0; p < planes; ++p)
      for (Index z = 0; z < cut.slices; ++z) {
        std::size_t begin =
            first + p * plane + cut.top + static_cast<std::size_t>(z) * cut.slice + cut.lead;
        for (Index r = 0; r < cut.rows; ++r, begin += cut.row) {
          run.write_until(line_of(begin), run.own_);
          run.mask_ |= ~bits_below(begin % line_bytes);
          const std::size_t until = begin + cut.wide;
          if (run.at_ < line_of(until)) {
            run.write_until(line_of(until), run.partner_);
            run.mask_ = bits_below(until % line_bytes);
          } else {
            run.mask_ &= bits_below(until % line_bytes);
          }
        }
      }
    run.write_until(line_of(end), run.own_);
    if (run.at_ < end)
      mix_part(run.out_ + run.at_, run.own_ + run.at_, run.partner_ + run.at_, run.mask_,
               bits_below(end - run.at_) & ~bits_below(run.at_ < first ? first : 0));
    Lines::end_run();
  }

 private:
  RunMixer(Byte* out, const Byte* own, const Byte* partner, std::size_t first)
      : out_(out), own_(own), partner_(partner), first_(first) {}

  static std::size_t line_of(std::size_t place) { return place - place % line_bytes; }

  // Writes the current line, and all from there to `line` from one image. The first line may belong
  // in part to somebody else.
  void write_until(std::size_t line, const Byte* image) {
    if (at_ >= line) return;
    if (at_ < first_)
      mix_part(out_ + at_, own_ + at_, partner_ + at_, mask_, ~bits_below(first_));
    else
      Lines::mix_line(out_ + at_, own_ + at_, partner_ + at_, mask_);
    for (at_ += line_bytes; at_ < line; at_ += line_bytes)
      Lines::copy_line(out_ + at_, image + at_);
    mask_ = 0;
  }

  Byte* out_;
  const Byte* own_;
  const Byte* partner_;
  std::size_t first_;
  std::size_t at_ = 0;      // the line that is to be written next
  std::uint64_t mask_ = 0;  // what is known of it
};

#else

inline StreamWidth stream_width() { return StreamWidth::none; }
inline void finish_stream() {}

#endif

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_KERNELS_STREAM_HPP
