// Batches of more than 2^32 bytes, in every path that goes through pixels and labels. Takes about 9
// GB of memory; where there is less, or a sanitizer would need several times as much, it is
// skipped.

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cutmix/cutmix.hpp>
#include <cutmix/exchange.hpp>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "support.hpp"

using cutmix::CutMix;
using cutmix::mix_images;
using cutmix::mix_images_in_place;
using cutmix::Options;
using cutmix::Philox4x32;
using cutmix::ScalarKind;
using cutmix::Scope;
using cutmix::view;
using namespace testing;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CUTMIX_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define CUTMIX_SANITIZED 1
#endif
#endif
#ifndef CUTMIX_SANITIZED
#define CUTMIX_SANITIZED 0
#endif

namespace {

using Byte = unsigned char;

constexpr Index region_bytes = Index{4'400'000'000};
constexpr Index more_than_32_bits = Index{1} << 32;
constexpr double needed_gigabytes = 11;

// Two memories, which all tests share.
class Regions {
 public:
  Regions() {
    for (Byte*& region : regions_) {
      void* const memory = mmap(nullptr, nth(region_bytes), PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (memory == MAP_FAILED) std::abort();
      madvise(memory, nth(region_bytes), MADV_HUGEPAGE);
      region = static_cast<Byte*>(memory);
    }
  }
  Byte* first() const { return regions_[0]; }
  Byte* second() const { return regions_[1]; }
  void give_back() const {
    for (Byte* region : regions_) madvise(region, nth(region_bytes), MADV_DONTNEED);
  }

 private:
  Byte* regions_[2];
};

// Why nothing is tested, or nothing.
std::string why_skipped() {
  if (CUTMIX_SANITIZED) return "sanitizers take several times the memory";
  std::ifstream info("/proc/meminfo");
  std::string name;
  double kilobytes = 0;
  while (info >> name >> kilobytes && name != "MemAvailable:") info.ignore(100, '\n');
  if (name != "MemAvailable:") return "how much memory is available is not known";
  if (kilobytes / 1e6 >= needed_gigabytes) return "";
  return std::to_string(kilobytes / 1e6) + " GB of memory are available, of 11 that are needed";
}

const Regions* memory_to_test() {
  static const std::string why = why_skipped();
  if (!why.empty()) {
    std::printf("skipped: %s\n", why.c_str());
    return nullptr;
  }
  static const Regions regions;
  return &regions;
}

// ---- bytes that tell where they belong ----

// The bytes of the i-th word.
std::uint64_t word(std::uint64_t i) {
  i *= 0x9E3779B97F4A7C15u;
  return (i ^ i >> 29) * 0xBF58476D1CE4E5B9u;
}
Byte byte_at(Index i) {
  return static_cast<Byte>(word(static_cast<std::uint64_t>(i) / 8) >> (i % 8 * 8));
}

const auto threads = [](Index parts, cutmix::Part part) {
  const auto run = [&](Index from) {
    for (Index i = from; i < parts; i += 2) part(i);
  };
  std::thread other(run, 1);
  run(0);
  other.join();
};

void fill(Byte* region) {
  const Index words = region_bytes / 8;
  threads(2, cutmix::Part([&](Index half) {
            for (Index i = half * (words / 2); i < (half + 1) * (words / 2); ++i) {
              const std::uint64_t bytes = word(static_cast<std::uint64_t>(i));
              std::memcpy(region + 8 * i, &bytes, 8);  // the first byte is the lowest
            }
          }));
}

// Whether bytes are those of fill() from position `from` on.
bool are_filled(const Byte* bytes, Index from, Index count) {
  for (Index i = 0; i < count; ++i)
    if (bytes[i] != byte_at(from + i)) return false;
  return true;
}

// Some of the rows that there are: the first and last, every `step`-th, and those around 2^31 and
// 2^32 bytes.
template <class Visit>
void for_some_rows(Index rows, Index row_bytes, Index step, const Visit& visit) {
  for (Index row = 0; row < rows; ++row) {
    const Index first = row * row_bytes, last = first + row_bytes;
    bool seen = row % step == 0 || row + 3 > rows;
    for (const Index border : {Index{1} << 31, Index{1} << 32})
      seen = seen || (first - 2 * row_bytes <= border && border <= last + 2 * row_bytes);
    if (seen) visit(row);
  }
}

// A box for each sample, near the end of its image where it is blended.
Plan plan_for(Index batch, Index height, Index width, bool permuted, bool blends) {
  Plan plan{{batch, height, width}, {}, {}};
  for (Index b = 0; b < batch; ++b) {
    plan.indices.push_back(permuted ? (b + 5) % batch : (b * 7 + 1) % batch);
    if (blends && b % 4 == 3)
      plan.patches.push_back({{width - 9, height - 3, width, height}, 0.5});
    else
      plan.patches.push_back({{b % 9, height / 9 + b, width - 3, height - b % 5}, 1});
  }
  return plan;
}

// What a plan makes of a pixel, from bytes that are those of fill() at place(sample).
template <class PlaceOf>
Byte expected_at(const Plan& plan, Index b, Index x, Index y, const PlaceOf& place) {
  const Byte own = byte_at(place(b));
  if (!covers(box_of(plan, b), x, y)) return own;
  const Byte partner = byte_at(place(plan.indices[nth(b)]));
  if (patch_of(plan, b).blend >= 1) return partner;
  const int sum = own + partner;  // halves go to the even
  return static_cast<Byte>(sum / 2 + (sum % 2 != 0 && sum / 2 % 2 != 0 ? 1 : 0));
}

// Whether a row is what a plan makes of it: its pixels are `pixel` bytes that are `step` apart.
template <class PlaceOf>
bool is_mixed_row(const Byte* row, const Plan& plan, Index b, Index y, Index pixel,
                  const PlaceOf& place) {
  for (Index x = 0; x < plan.shape.width; ++x)
    for (Index c = 0; c < pixel; ++c)
      if (row[x * pixel + c] !=
          expected_at(plan, b, x, y, [&](Index sample) { return place(sample) + x * pixel + c; }))
        return false;
  return true;
}

}  // namespace

TEST_CASE(
    "images of more than 2^32 bytes, out of place and in place, as maps that count with int") {
  const Regions* const memory = memory_to_test();
  if (memory == nullptr) return;
  constexpr int B = 33, H = 11500, W = 11400;
  const Index sample = Index{H} * W;
  REQUIRE(B * sample > more_than_32_bits);
  fill(memory->first());
  using Map = Eigen::TensorMap<Eigen::Tensor<std::uint8_t, 3, Eigen::RowMajor, int>>;
  Map x(memory->first(), B, H, W), out(memory->second(), B, H, W);
  const Plan plan = plan_for(B, H, W, true, true);
  const auto check = [&](const Byte* bytes) {
    Index wrong = 0;
    for_some_rows(Index{B} * H, W, 23, [&](Index row) {
      const Index b = row / H, y = row % H;
      wrong += !is_mixed_row(bytes + row * W, plan, b, y, 1,
                             [&](Index s) { return s * sample + y * W; });
    });
    CHECK(wrong == 0);
  };
  mix_images(threads, plan, x, out);
  check(memory->second());
  // The functor: its own plan, and labels.
  CutMix mixer(1.0, 2, Philox4x32(3));
  const std::vector<int> y(B, 1);
  std::vector<float> targets(2 * B);
  mixer(threads, x, y, out, view(targets.data(), {B, 2}));
  const BBox box = mixer.bbox();
  Index wrong = 0;
  for_some_rows(Index{B} * H, W, 1, [&](Index row) {
    const Index b = row / H, at = row % H;
    const bool inside = at >= box.y1 && at < box.y2;
    const Byte* const own = memory->first() + row * W;
    const Byte* const partner = own + (mixer.indices()[nth(b)] - b) * sample;
    const Byte* const mixed = memory->second() + row * W;
    const Index begin = inside ? box.x1 : W, end = inside ? box.x2 : W;
    wrong += std::memcmp(mixed, own, nth(begin)) != 0 ||
             std::memcmp(mixed + begin, partner + begin, nth(end - begin)) != 0 ||
             std::memcmp(mixed + end, own + end, nth(W - end)) != 0;
  });
  CHECK(wrong == 0);
  CHECK(!box.empty());
  mix_images_in_place(threads, plan, x);
  check(memory->first());
}

TEST_CASE("channels last with gaps between rows, in place and out of place") {
  const Regions* const memory = memory_to_test();
  if (memory == nullptr) return;
  const Index B = 12, H = 11000, W = 10900, C = 3, row_bytes = W * C + 5;
  REQUIRE(B * H * W * C > more_than_32_bits);
  REQUIRE(B * H * row_bytes <= region_bytes);
  fill(memory->first());
  const auto images = [&](Byte* bytes) {
    return view(bytes, {B, H, W, C}, "BHWC", {H * row_bytes, row_bytes, C, Index{1}});
  };
  const Plan plan = plan_for(B, H, W, true, true);
  const auto check = [&](const Byte* bytes, bool gaps) {
    Index wrong = 0;
    for_some_rows(B * H, row_bytes, 53, [&](Index row) {
      const Index b = row / H, y = row % H;
      wrong += !is_mixed_row(bytes + row * row_bytes, plan, b, y, C,
                             [&](Index s) { return (s * H + y) * row_bytes; });
      if (gaps) wrong += !are_filled(bytes + row * row_bytes + W * C, row * row_bytes + W * C, 5);
    });
    CHECK(wrong == 0);
  };
  mix_images(threads, plan, images(memory->first()), images(memory->second()));
  check(memory->second(), false);
  mix_images_in_place(threads, plan, images(memory->first()));
  check(memory->first(), true);
}

TEST_CASE("samples side by side, from samples one by one, out of place and in place") {
  const Regions* const memory = memory_to_test();
  if (memory == nullptr) return;
  const Index B = 64, H = 8200, W = 8200, row_bytes = W * B, sample = H * W;
  REQUIRE(B * sample > more_than_32_bits);
  fill(memory->first());
  const auto images = [&](Byte* bytes) { return view(bytes, {H, W, B}, "HWB"); };
  const Plan plan = plan_for(B, H, W, true, false);
  // place(sample, row, column): where a sample's own pixel was.
  const auto check = [&](const Byte* bytes, const auto& place) {
    Index wrong = 0;
    for_some_rows(H, row_bytes, 91, [&](Index y) {
      for (Index x = 0; x < W; ++x)
        for (Index b = 0; b < B; ++b)
          wrong += bytes[y * row_bytes + x * B + b] !=
                   expected_at(plan, b, x, y, [&](Index s) { return place(s, y, x); });
    });
    CHECK(wrong == 0);
  };
  std::vector<const Byte*> samples;
  for (Index b = 0; b < B; ++b) samples.push_back(memory->first() + b * sample);
  cutmix::collate(threads, plan, samples, images(memory->second()));
  // Pointers are to scalars in the order of the batch's memory.
  check(memory->second(), [&](Index b, Index y, Index x) { return b * sample + y * W + x; });
  const auto beside = [&](Index b, Index y, Index x) { return (y * W + x) * B + b; };
  mix_images(threads, plan, images(memory->first()), images(memory->second()));
  check(memory->second(), beside);
  mix_images_in_place(threads, plan, images(memory->first()));
  check(memory->first(), beside);
}

TEST_CASE("one image of more than 2^32 bytes, in place from a source, and as a mask") {
  const Regions* const memory = memory_to_test();
  if (memory == nullptr) return;
  const Index side = 65600;
  REQUIRE(side * side > more_than_32_bits);
  fill(memory->first());
  std::vector<Byte> row(nth(side));
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = static_cast<Byte>(i % 251);
  const Plan plan{{1, side, side, 1, 1}, {0}, {{{7, 100, side - 3, side - 1}, 1}}};
  const auto image = view(memory->first(), {Index{1}, side, side});
  const auto source = view(row.data(), {Index{1}, side, side}, {}, {Index{0}, Index{0}, Index{1}});
  Options options;
  options.box_law = [&](const cutmix::ImageSize&, double, cutmix::UrbgRef&) { return plan.box(0); };
  CutMix mixer(options, 1, Philox4x32(1));
  const std::vector<int> y{0};
  std::vector<float> target(1);
  mixer.in_place(threads, image, y, source, y, view(target.data(), {1, 1}));
  Index wrong = 0;
  for_some_rows(side, side, 17, [&](Index at) {
    const Byte* const bytes = memory->first() + at * side;
    const bool inside = at >= 100 && at < side - 1;
    const Index begin = inside ? 7 : side, end = inside ? side - 3 : side;
    wrong += !are_filled(bytes, at * side, begin) ||
             std::memcmp(bytes + begin, row.data() + begin, nth(end - begin)) != 0 ||
             !are_filled(bytes + end, at * side + end, side - end);
  });
  CHECK(wrong == 0);
  const auto mask = view(reinterpret_cast<bool*>(memory->second()), {Index{1}, side, side});
  cutmix::partner_mask(plan, mask);
  const std::vector<Byte> ones(nth(side), 1), zeros(nth(side), 0);
  wrong = 0;
  for (Index at = 0; at < side; ++at) {
    const Byte* const bytes = memory->second() + at * side;
    const bool inside = at >= 100 && at < side - 1;
    const Index begin = inside ? 7 : side, end = inside ? side - 3 : side;
    wrong += std::memcmp(bytes, zeros.data(), nth(begin)) != 0 ||
             std::memcmp(bytes + begin, ones.data(), nth(end - begin)) != 0 ||
             std::memcmp(bytes + end, zeros.data(), nth(side - end)) != 0;
  }
  CHECK(wrong == 0);
}

TEST_CASE("bytes that are converted into more than 2^32") {
  const Regions* const memory = memory_to_test();
  if (memory == nullptr) return;
  const Index B = 12, H = 11000, W = 10900, C = 3, sample = H * W * C;
  REQUIRE(B * sample > more_than_32_bits);
  fill(memory->first());
  const Plan plan = plan_for(B, H, W, true, false);
  const cutmix::ByteConversion conversion(1, [](std::uint8_t byte, Index) { return 255 - byte; });
  std::vector<cutmix::ConstBatchView> samples;
  for (Index b = 0; b < B; ++b)
    samples.push_back(view(memory->first() + b * sample, {Index{1}, H, W, C}, "BHWC"));
  cutmix::collate(threads, plan, samples, view(memory->second(), {B, C, H, W}, "BCHW"), conversion);
  Index wrong = 0;
  for_some_rows(B * C * H, W, 61, [&](Index row) {
    const Index b = row / (C * H), c = row / H % C, y = row % H;
    for (Index x = 0; x < W; ++x) {
      const Byte expected =
          expected_at(plan, b, x, y, [&](Index s) { return s * sample + (y * W + x) * C + c; });
      wrong += memory->second()[row * W + x] != 255 - expected;
    }
  });
  CHECK(wrong == 0);
}

TEST_CASE("more than 2^31 targets, rows or columns side by side, of ids and dense") {
  const Regions* const memory = memory_to_test();
  if (memory == nullptr) return;
  const Index B = 65600, n = 32800;
  REQUIRE(B * n > Index{1} << 31);
  Plan plan{{B, 4, 4}, {}, {{{0, 0, 2, 2}, 1}}};  // lambda 3/4
  std::vector<std::int32_t> ids;
  for (Index b = 0; b < B; ++b) {
    plan.indices.push_back((b * 31 + 7) % B);
    ids.push_back(static_cast<std::int32_t>(b * 3 % n));
  }
  const std::uint16_t quarter = 0x3400, three_quarters = 0x3A00, one = 0x3C00;  // as half
  auto* const out = reinterpret_cast<Eigen::half*>(memory->second());
  const auto value = [&](const std::vector<std::uint16_t>& list, Index i) { return list[nth(i)]; };
  // Rows.
  mix_labels(plan, ids, n, view(out, {B, n}));
  Index wrong = 0;
  std::vector<std::uint16_t> expected(nth(n));
  for (Index b = 0; b < B; ++b) {
    const auto own = nth(ids[nth(b)]), partner = nth(ids[nth(plan.indices[nth(b)])]);
    expected[partner] = quarter;
    expected[own] = own == partner ? one : three_quarters;
    wrong += std::memcmp(out + b * n, expected.data(), nth(2 * n)) != 0;
    expected[own] = expected[partner] = 0;
  }
  CHECK(wrong == 0);
  // Columns.
  mix_labels(plan, ids, n, view(out, {B, n}, {}, {Index{1}, B}));
  std::vector<Indices> own_of(nth(n)), partner_of(nth(n));
  for (Index b = 0; b < B; ++b) {
    own_of[nth(ids[nth(b)])].push_back(b);
    partner_of[nth(ids[nth(plan.indices[nth(b)])])].push_back(b);
  }
  wrong = 0;
  expected.assign(nth(B), 0);
  for (Index j = 0; j < n; ++j) {
    for (const Index b : partner_of[nth(j)]) expected[nth(b)] = quarter;
    for (const Index b : own_of[nth(j)])
      expected[nth(b)] = value(expected, b) == quarter ? one : three_quarters;
    wrong += std::memcmp(out + j * B, expected.data(), nth(2 * B)) != 0;
    for (const Index b : partner_of[nth(j)]) expected[nth(b)] = 0;
    for (const Index b : own_of[nth(j)]) expected[nth(b)] = 0;
  }
  CHECK(wrong == 0);
  // Dense targets: a byte a row, which is that of the sample.
  std::vector<std::uint8_t> dense;
  for (Index b = 0; b < B; ++b) dense.push_back(static_cast<std::uint8_t>(b % 4 * 4));
  mix_labels(plan, view(dense.data(), {B, n}, {}, {1, 0}), view(out, {B, n}));
  wrong = 0;
  for_some_rows(B, 2 * n, 7, [&](Index b) {
    const int sum = 3 * dense[nth(b)] + dense[nth(plan.indices[nth(b)])];
    const Eigen::half mixed(static_cast<float>(sum) / 4);
    std::fill(expected.begin(), expected.begin() + n,
              Eigen::numext::bit_cast<std::uint16_t>(mixed));
    wrong += std::memcmp(out + b * n, expected.data(), nth(2 * n)) != 0;
  });
  CHECK(wrong == 0);
}

TEST_CASE("partners' labels of more than 2^32 bytes") {
  const Regions* const memory = memory_to_test();
  if (memory == nullptr) return;
  const Index B = 66000, n = 65100;
  REQUIRE(B * n > more_than_32_bits);
  fill(memory->first());
  Plan plan{{B, 4, 4}, {}, {{{0, 0, 2, 2}, 1}}};
  for (Index b = 0; b < B; ++b) plan.indices.push_back((b * 31 + 7) % B);
  cutmix::partner_labels(plan, view(memory->first(), {B, n}), view(memory->second(), {B, n}));
  Index wrong = 0;
  for (Index b = 0; b < B; ++b)
    wrong += std::memcmp(memory->second() + b * n, memory->first() + plan.indices[nth(b)] * n,
                         nth(n)) != 0;
  CHECK(wrong == 0);
}

TEST_CASE("more than 2^32 bytes that travel") {
  const Regions* const memory = memory_to_test();
  if (memory == nullptr) return;
  memory->give_back();  // what travels is a third memory
  // Every sample of rank 0 goes to rank 1. An input may lie on itself: pixel (y, x) is byte y + x.
  const Index B = 33, H = 11500, W = 11400;
  REQUIRE(B * H * W > more_than_32_bits);
  std::vector<Byte> own(nth(H + W)), other(nth(H + W));
  for (std::size_t i = 0; i < own.size(); ++i)
    own[i] = byte_at(static_cast<Index>(i)), other[i] = static_cast<Byte>(~own[i]);
  Plan plan{{2 * B, H, W}, {}, {{{0, 0, W, H}, 1}}};
  for (Index b = 0; b < 2 * B; ++b) plan.indices.push_back(b < B ? b : b - B);
  const cutmix::Exchange sends(plan, {B, B}, 0), receives(plan, {B, B}, 1);
  const auto images = [&](const std::vector<Byte>& bytes) {
    return view(bytes.data(), {B, H, W}, {}, {Index{0}, Index{1}, Index{1}});
  };
  cutmix::Bytes sent;
  sends.pack(images(own), sent);
  CHECK(static_cast<Index>(sent.size()) == B * H * W);
  receives.mix_images(threads, images(other), sent, view(memory->second(), {B, H, W}));
  Index wrong = 0;
  for (Index row = 0; row < B * H; ++row)
    wrong += std::memcmp(memory->second() + row * W, own.data() + row % H, nth(W)) != 0 ||
             std::memcmp(sent.data() + row * W, own.data() + row % H, nth(W)) != 0;
  CHECK(wrong == 0);
  memory->give_back();
}
