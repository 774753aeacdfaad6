// Collate: the same bytes as the naive mix of the stacked samples, wherever the samples lie.

#define EIGEN_USE_THREADS

#include <array>
#include <cmath>
#include <cutmix/collate.hpp>
#include <deque>
#include <functional>
#include <limits>
#include <numeric>
#include <vector>

#include "eigen_support.hpp"
#include "random_samples.hpp"

using namespace testing;
using cutmix::BatchView;
using cutmix::collate;
using cutmix::ConstBatchView;
using cutmix::make_plan;
using cutmix::Options;
using cutmix::Scope;
using cutmix::Sizes;
using cutmix::view;

namespace {

Eigen::ThreadPool& pool() {
  static Eigen::ThreadPool threads(3);
  return threads;
}

// Eigen's pool, besides the caller's thread and a device that is a callable.
constexpr auto on_a_pool = [](const auto& check) { check(Eigen::ThreadPoolDevice(&pool(), 3)); };

}  // namespace

TEST_CASE("collate is the naive mix of the stacked samples, for any letters, strides and scalars",
          "[threads]") {
  const std::uint32_t seed = 600;
  Dice dice(seed);
  for (int i = 0; i < 3000; ++i) {
    INFO("seed " << seed << " case " << i);
    const ScalarType& scalar = all_scalars[nth(dice.roll(0, 15))];
    check_collate(dice, scalar, i % 20 ? 6 : 300, on_a_pool);
  }
}

TEST_CASE("converting collate is the naive mix of the converted samples, wherever these lie") {
  const std::uint32_t seed = 620;
  Dice dice(seed);
  for (int i = 0; i < 3000; ++i) {
    INFO("seed " << seed << " case " << i);
    check_conversion(dice, i % 20 ? 6 : 300, on_a_pool);
  }
}

TEST_CASE(
    "decoders' images: HWC and CHW, RGB and BGR, padded, cropped and mirrored, to any batch") {
  const std::uint32_t seed = 630;
  Dice dice(seed);
  const ScalarType scalars[] = {{ScalarKind::float32, 4},
                                {ScalarKind::half, 2},
                                {ScalarKind::bfloat16, 2},
                                {ScalarKind::uint8, 1},
                                {ScalarKind::float64, 8}};
  for (int i = 0; i < 400; ++i) {
    INFO("seed " << seed << " case " << i);
    const ScalarType scalar = scalars[i % 5];
    const Index B = dice.roll(1, 5), C = i % 4 ? 3 : dice.roll(1, 9);
    // Now and then more than is converted at a time, lines longer than that, and lines of floats in
    // which there are more than 64, which are looked up together.
    const bool large = i % 20 == 0, wide = i % 10 == 5;
    const Index H = large ? dice.roll(1, 90) : dice.roll(1, 12);
    const Index W = large && dice.coin() ? dice.roll(5000, 14000)
                    : wide               ? dice.roll(64, 160)
                                         : dice.roll(1, large ? 120 : 40);
    const bool last = dice.coin(), packed_rows = dice.coin(), alike = dice.coin();
    std::deque<std::vector<std::uint8_t>> memory;
    std::vector<ConstBatchView> samples;
    // What pixel (c, y, x) of each sample is, read from memory.
    std::vector<std::function<std::uint8_t(Index, Index, Index)>> pixel;
    bool interleaved = false, bgr = false, mirrored = false, upside_down = false, cut = false;
    for (Index b = 0; b < B; ++b) {
      if (b == 0 || !alike) {
        interleaved = dice.coin(), bgr = dice.coin(), cut = dice.coin();
        mirrored = dice.coin(), upside_down = dice.coin();
      }
      const Index top = cut ? dice.roll(0, 3) : 0, left = cut ? dice.roll(0, 3) : 0;
      const Index full_h = H + top + (cut ? 2 : 0), full_w = W + left + (cut ? 1 : 0);
      const Index pad = packed_rows ? 0 : dice.roll(0, 7);
      const Index pitch = (interleaved ? full_w * C : full_w) + pad;
      memory.emplace_back(nth(pitch * full_h * (interleaved ? 1 : C)));
      for (auto& byte : memory.back()) byte = static_cast<std::uint8_t>(dice.engine()());
      const std::uint8_t* const data = memory.back().data();
      ConstBatchView sample = interleaved
                                  ? view(data, {Index{1}, full_h, full_w, C}, "BHWC",
                                         {pitch * full_h, pitch, C, Index{1}})
                                  : view(data, {Index{1}, C, full_h, full_w}, "BCHW",
                                         {pitch * full_h * C, pitch * full_h, pitch, Index{1}});
      if (cut)
        sample = cutmix::cropped(cutmix::cropped(sample, 'H', top, top + H), 'W', left, left + W);
      if (bgr) sample = cutmix::flipped(sample, 'C');
      if (mirrored) sample = cutmix::flipped(sample, 'W');
      if (upside_down) sample = cutmix::flipped(sample, 'H');
      samples.push_back(sample);
      pixel.push_back([=](Index c, Index y, Index x) {
        const Index channel = bgr ? C - 1 - c : c;
        const Index row = top + (upside_down ? H - 1 - y : y);
        const Index column = left + (mirrored ? W - 1 - x : x);
        return interleaved ? data[row * pitch + column * C + channel]
                           : data[(channel * full_h + row) * pitch + column];
      });
    }
    const auto conversion = random_conversion(dice, dice.roll(0, 3) ? C : 1, scalar.kind);
    const Placement placement =
        last ? Placement{"BHWC", {B, H, W, C}, {H * W * C, W * C, C, 1}, 0, B * C * H * W}
             : Placement{"BCHW", {B, C, H, W}, {C * H * W, H * W, W, 1}, 0, B * C * H * W};
    Block batch(placement, scalar.kind, scalar.bytes), out(placement, scalar.kind, scalar.bytes);
    for_each_place(placement.sizes, [&](const Indices& at) {
      const Index c = at[last ? 3 : 1], y = at[last ? 1 : 2], x = at[last ? 2 : 3];
      put_number(scalar.kind,
                 conversion(pixel[nth(at[0])](c, y, x), conversion.channels() == 1 ? 0 : c),
                 batch.at(dot(placement.strides, at)));
    });
    Options options;
    options.scope = dice.coin() ? Scope::batch : Scope::sample;
    options.mixup_prob = dice.coin() ? 0.5 : 0;
    const Plan plan = make_plan(batch.view(), options, dice.engine());
    const Expected expected = mixed_naively(plan, batch, batch, out);
    collate(plan, samples, out.view(), conversion);
    REQUIRE(expected.is(out));
    // The same as the library's own mix of the converted images.
    Block again(placement, scalar.kind, scalar.bytes);
    mix_images(plan, batch.view(), again.view());
    REQUIRE(expected.is(again));
  }
}

TEST_CASE("boxes that differ in one edge from the sample's before") {
  const Index B = 6, H = 16, W = 32;
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(B * H * W));
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::uint8_t>(i / static_cast<std::size_t>(H * W));
  Plan plan;
  plan.shape = {B, H, W};
  for (const cutmix::BBox& box :
       {cutmix::BBox{4, 4, 12, 12}, cutmix::BBox{4, 4, 20, 12}, cutmix::BBox{4, 4, 20, 14},
        cutmix::BBox{4, 2, 20, 14}, cutmix::BBox{1, 2, 20, 14}, cutmix::BBox{1, 2, 20, 14}})
    plan.patches.push_back({box, 1});
  plan.indices = {1, 2, 3, 4, 5, 0};
  std::vector<ConstBatchView> samples;
  for (Index b = 0; b < B; ++b)
    samples.push_back(view(bytes.data() + b * H * W, {Index{1}, H, W, Index{1}}, "BHWC"));
  std::vector<float> out(bytes.size());
  collate(plan, samples, view(out.data(), {B, Index{1}, H, W}, "BCHW"),
          cutmix::ByteConversion(1, [](std::uint8_t byte, Index) { return byte; }));
  for (Index b = 0; b < B; ++b) {
    const cutmix::BBox& box = plan.patches[static_cast<std::size_t>(b)].box;
    for (Index y = 0; y < H; ++y)
      for (Index x = 0; x < W; ++x) {
        const bool inside = x >= box.x1 && x < box.x2 && y >= box.y1 && y < box.y2;
        const auto at = static_cast<std::size_t>((b * H + y) * W + x);
        REQUIRE(out[at] == static_cast<float>(inside ? (b + 1) % B : b));
      }
  }
}

TEST_CASE("some of an image's channels, and turned images beside others, with one box") {
  const Index B = 4, H = 6, W = 80;
  const std::uint32_t seed = 632;
  Dice dice(seed);
  std::vector<std::uint8_t> bytes(nth(B * H * W * 3));
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(dice.engine()());
  Plan plan;
  plan.shape = {B, H, W};
  plan.patches = {{{9, 1, 33, 5}, 1}};
  plan.indices = {1, 0, 3, 2};
  for (const auto& [first, last] :
       {std::pair<Index, Index>{0, 3}, {0, 1}, {1, 2}, {2, 3}, {0, 2}, {1, 3}}) {
    INFO("seed " << seed << " channels " << first << " to " << last);
    const Index C = last - first;
    std::vector<ConstBatchView> samples;
    for (Index b = 0; b < B; ++b) {
      const ConstBatchView all =
          view(bytes.data() + b * H * W * 3, {Index{1}, H, W, Index{3}}, "BHWC");
      const ConstBatchView sample = cutmix::cropped(all, 'C', first, last);
      samples.push_back(b < 2 ? cutmix::flipped(cutmix::flipped(sample, 'W'), 'H') : sample);
    }
    std::vector<float> out(nth(B * C * H * W) + 64, -1.0F);
    collate(plan, samples, view(out.data(), {B, C, H, W}, "BCHW"),
            cutmix::ByteConversion(1, [](std::uint8_t byte, Index) { return byte; }));
    std::size_t at = 0;
    for (Index b = 0; b < B; ++b)
      for (Index c = first; c < last; ++c)
        for (Index y = 0; y < H; ++y)
          for (Index x = 0; x < W; ++x, ++at) {
            const bool inside = x >= 9 && x < 33 && y >= 1 && y < 5;
            const Index image = inside ? plan.indices[nth(b)] : b;
            const Index row = b < 2 ? H - 1 - y : y, column = b < 2 ? W - 1 - x : x;
            REQUIRE(out[at] ==
                    static_cast<float>(bytes[nth(((image * H + row) * W + column) * 3 + c)]));
          }
    REQUIRE(std::all_of(out.end() - 64, out.end(), [](float f) { return f == -1.0F; }));
  }
}

TEST_CASE("a large batch is converted past the cache, on lines' boundaries and off them") {
  const Index B = 48, H = 256, W = 257, plane = H * W;
  const Placement placed{"BHWC", {B, H, W, 3}, {3 * plane, 3 * W, 3, 1}, 0, B * 3 * plane};
  Block bytes(placed, ScalarKind::uint8, 1);
  Dice dice(640);
  bytes.fill_with_bytes(dice);
  const Placement planar{"BCHW", {B, 3, H, W}, {3 * plane, plane, W, 1}, 0, B * 3 * plane};
  const auto conversion = random_conversion(dice, 3, ScalarKind::int32);
  const Block batch = converted(bytes, conversion, ScalarKind::int32, 4);
  std::vector<ConstBatchView> samples;
  for (Index b = 0; b < B; ++b)
    samples.push_back(view(static_cast<const std::uint8_t*>(bytes.at(b * 3 * plane)),
                           {Index{1}, H, W, Index{3}}, "BHWC"));
  const Plan plan = make_plan({B, H, W}, Options{}, dice.engine());
  // Blocks begin with a guard of 64 bytes, and memory where the allocator says.
  for (const std::size_t shift : {0u, 16u, 20u}) {
    Block out(planar, ScalarKind::int32, 4, shift);
    const Expected expected = mixed_naively(plan, batch, batch, out);
    collate(plan, samples, out.view(), conversion);
    CHECK(expected.is(out));
    out = Block(planar, ScalarKind::int32, 4, shift);
    collate(Eigen::ThreadPoolDevice(&pool(), 3), plan, samples, out.view(), conversion);
    CHECK(expected.is(out));
  }
  // Memory on a line's boundary.
  std::vector<std::int32_t> memory(nth(B * 3 * plane) + 16);
  const auto lead = (64 - reinterpret_cast<std::uintptr_t>(memory.data()) % 64) % 64 / 4;
  std::int32_t* const aligned = memory.data() + lead;
  Block out(planar, ScalarKind::int32, 4);
  const Expected expected = mixed_naively(plan, batch, batch, out);
  collate(plan, samples, view(aligned, {B, Index{3}, H, W}, "BCHW"), conversion);
  CHECK(std::memcmp(aligned, expected.memory.data() + out.offset(0), nth(B * 3 * plane) * 4) == 0);
}

namespace {

// Runs one part alone.
struct OnlyPart {
  Index which;
  Index* parts;
  void operator()(Index count, cutmix::Part part) const {
    *parts = count;
    if (which < count) part(which);
  }
};

}  // namespace

TEST_CASE("each part of a conversion writes its own share and no more") {
  const cutmix::ByteConversion conversion(1, [](std::uint8_t byte, Index) { return byte / 255.0; });
  const std::uint32_t seed = 623;
  Dice dice(seed);
  Options options;
  options.scope = Scope::sample;
  const Plan plan = make_plan({5, 260, 301}, options, dice.engine());
  // Sample after sample, so that parts begin within one, and samples side by side.
  for (const std::string letters : {"BCHW", "HWCB"}) {
    Indices sizes, sample_sizes;
    for (const char letter : letters) {
      sizes.push_back(letter == 'B' ? 5 : letter == 'C' ? 3 : letter == 'H' ? 260 : 301);
      if (letter != 'B') sample_sizes.push_back(sizes.back());
    }
    const std::size_t sample = 3 * 260 * 301;
    std::vector<std::uint8_t> bytes(5 * sample);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 7);
    std::vector<ConstBatchView> samples;
    for (std::size_t b = 0; b < 5; ++b)
      samples.push_back(view(bytes.data() + b * sample, sample_sizes));
    std::vector<float> out[2] = {std::vector<float>(5 * sample), std::vector<float>(5 * sample)};
    std::vector<int> times(5 * sample);
    Index parts = 1;
    for (Index which = 0; which < parts; ++which) {
      for (const int filling : {0, 1}) {
        out[filling].assign(out[filling].size(), filling ? -1.0f : -2.0f);
        collate(OnlyPart{which, &parts}, plan, samples, view(out[filling].data(), sizes, letters),
                conversion);
      }
      // What a part writes is the same over two different fillings.
      for (std::size_t i = 0; i < times.size(); ++i) times[i] += out[0][i] == out[1][i];
    }
    INFO("seed " << seed << " " << letters);
    CHECK(parts == 4);
    CHECK(std::count(times.begin(), times.end(), 1) == static_cast<Index>(times.size()));
  }
}

TEST_CASE("a conversion is a table of numbers") {
  const auto normalized = cutmix::ByteConversion::normalized({0.5, 0.25}, {0.5, 2});
  CHECK(normalized.channels() == 2);
  bool same = true;
  for (int byte = 0; byte < 256; ++byte) {
    const auto value = static_cast<std::uint8_t>(byte);
    const double unit = byte / 255.0;
    same = same && !(normalized(value, 0) < (unit - 0.5) / 0.5) &&
           !(normalized(value, 0) > (unit - 0.5) / 0.5) &&
           !(std::abs(normalized(value, 1) - (unit - 0.25) / 2) > 0);
  }
  CHECK(same);
  const cutmix::ByteConversion inverted(3, [](std::uint8_t byte, Index channel) {
    return static_cast<float>(255 - byte) + 1000 * static_cast<float>(channel);
  });
  CHECK(inverted.channels() == 3);
  CHECK(std::abs(inverted(5, 2) - 2250) < 1e-12);

  using cutmix::ByteConversion;
  CHECK(error_of([] { ByteConversion::normalized({}, {}); }) ==
        "cutmix: size of means = 0, must be at least 1");
  CHECK(error_of([] {
          ByteConversion::normalized({0.5, 0.5}, {1});
        }) == "cutmix: size of deviations = 1, must be 2, as of means");
  CHECK(error_of([] {
          ByteConversion::normalized({0.5, HUGE_VAL}, {1, 1});
        }) == "cutmix: means[1] = inf, must be finite");
  CHECK(error_of([] { ByteConversion::normalized({0.5}, {0}); }) ==
        "cutmix: deviations[0] = 0, must be finite and above 0");
  CHECK(error_of([] {
          ByteConversion::normalized({0.5, 1}, {1, -2});
        }) == "cutmix: deviations[1] = -2, must be finite and above 0");
  CHECK(error_of([] { ByteConversion::normalized({0.5}, {HUGE_VAL}); }) ==
        "cutmix: deviations[0] = inf, must be finite and above 0");
  CHECK(error_of([] { ByteConversion(0, [](std::uint8_t byte, Index) { return byte; }); }) ==
        "cutmix: channels = 0, must be at least 1");
}

TEST_CASE("pixels of many channels blend as planes of them do") {
  const Index B = 2, C = 130, H = 3, W = 5;
  const cutmix::ByteConversion conversion(C, [](std::uint8_t byte, Index channel) {
    return 0.37 * byte - static_cast<double>(channel);
  });
  Dice dice(240);
  std::vector<std::uint8_t> bytes(nth(B * C * H * W));
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(dice.roll(0, 255));
  const Plan plan{{B, H, W}, {1, 0}, {{{1, 0, 4, 2}, 0.3}}};
  std::vector<float> pixels(bytes.size()), planes(bytes.size());
  const std::array<const std::uint8_t*, 2> samples{bytes.data(), bytes.data() + C * H * W};
  collate(plan, samples, view(pixels.data(), {B, H, W, C}, "BHWC"), conversion);
  // The same samples, channel by channel.
  std::vector<std::uint8_t> turned(bytes.size());
  for (Index b = 0; b < B; ++b)
    for (Index at = 0; at < H * W; ++at)
      for (Index c = 0; c < C; ++c)
        turned[nth((b * C + c) * H * W + at)] = bytes[nth((b * H * W + at) * C + c)];
  const std::array<const std::uint8_t*, 2> by_channel{turned.data(), turned.data() + C * H * W};
  collate(plan, by_channel, view(planes.data(), {B, C, H, W}, "BCHW"), conversion);
  int different = 0;
  for (Index b = 0; b < B; ++b)
    for (Index at = 0; at < H * W; ++at)
      for (Index c = 0; c < C; ++c)
        different += std::memcmp(&pixels[nth((b * H * W + at) * C + c)],
                                 &planes[nth((b * C + c) * H * W + at)], sizeof(float)) != 0;
  CHECK(different == 0);
  // One that both images have a part of: 0.7 own and 0.3 partner, of floats.
  const auto number = [&](Index b) {
    return static_cast<float>(conversion(bytes[nth((b * H * W + 1) * C + 129)], 129));
  };
  const auto weight = [](double w) { return static_cast<double>(static_cast<float>(w)); };
  CHECK(std::abs(pixels[nth(1 * C + 129)] - (weight(0.7) * static_cast<double>(number(0)) +
                                             weight(0.3) * static_cast<double>(number(1)))) < 1e-4);
}

TEST_CASE("batches without letters: the channels are behind the batch's axis") {
  // Samples of rank 3 in the batch's own order, and samples with letters in any.
  std::vector<std::uint8_t> bytes(2 * 2 * 3 * 4);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  const cutmix::ByteConversion conversion(
      2, [](std::uint8_t byte, Index channel) { return byte + 100 * static_cast<int>(channel); });
  const Plan plan{{2, 3, 4}, {1, 0}, {{{1, 0, 3, 2}, 1}}};
  std::vector<float> out(48), turned(48);
  std::vector<ConstBatchView> plain, lettered;
  for (int b = 0; b < 2; ++b) {
    plain.push_back(view(std::as_const(bytes).data() + b * 24, {2, 3, 4}));
    lettered.push_back(
        view(std::as_const(bytes).data() + b * 24, {1, 3, 4, 2}, "BHWC", {24, 4, 1, 12}));
  }
  collate(plan, plain, view(out.data(), {2, 2, 3, 4}), conversion);
  std::vector<float> expected(48);
  for (int i = 0; i < 48; ++i) {
    const int b = i / 24, c = i / 12 % 2, y = i / 4 % 3, x = i % 4;
    const int from = x >= 1 && x < 3 && y < 2 ? 1 - b : b;
    expected[nth(i)] = static_cast<float>(from * 24 + i % 24 + 100 * c);
  }
  CHECK(out == expected);
  collate(plan, lettered, view(turned.data(), {2, 2, 3, 4}), conversion);
  CHECK(turned == expected);
  // Without a conversion letters match as well.
  std::vector<std::uint8_t> copied(48);
  collate(plan, lettered, view(copied.data(), {2, 2, 3, 4}));
  CHECK(copied[1] == 25);
  // Rank 5: what follows B.
  std::vector<float> video(48);
  std::vector<ConstBatchView> clips;
  for (int b = 0; b < 2; ++b)
    clips.push_back(view(std::as_const(bytes).data() + b * 24, {2, 1, 3, 4}));
  collate(plan, clips, view(video.data(), {2, 2, 1, 3, 4}), conversion);
  CHECK(video == expected);
}

TEST_CASE("conversions, samples and batches that do not fit") {
  std::vector<std::uint8_t> bytes(2 * 60, 7);
  std::vector<float> out(2 * 60, -7.0f);
  const auto out_before = out;
  const Plan plan{{2, 5, 6}, {1, 0}, {{{1, 1, 3, 4}, 1}}};
  const auto unit = [](Index channels) {
    return cutmix::ByteConversion(channels, [](std::uint8_t byte, Index) { return byte / 255.0; });
  };
  const auto error = [&](const auto& call) {
    const std::string message = error_of(call);
    CHECK(same_bytes(out, out_before));
    return message;
  };
  const std::vector<ConstBatchView> samples(2, view(std::as_const(bytes).data(), {2, 5, 6}));
  const BatchView mixed = view(out.data(), {2, 2, 5, 6}, "BCHW");
  CHECK(error([&] { collate(plan, samples, mixed, unit(3)); }) ==
        "cutmix: channels of the conversion = 3, must be 1 or 2, as of x_out");
  CHECK(error([&] {
          collate(plan, samples, view(out.data(), {2, 2, 5, 6}), unit(4));
        }) == "cutmix: channels of the conversion = 4, must be 1 or 2, as of x_out");
  CHECK(error([&] { collate(plan, samples, mixed.with_letters("BKHW"), unit(2)); }) ==
        "cutmix: channels of the conversion = 2, must be 1: x_out has no axis C");
  const std::vector<ConstBatchView> floats(2, view(std::as_const(out).data(), {2, 5, 6}));
  CHECK(error([&] { collate(plan, floats, mixed, unit(2)); }) ==
        "cutmix: scalar of samples[0] = float32, must be uint8 where a conversion is given");
  const std::vector<ConstBatchView> within(
      2, view(reinterpret_cast<const std::uint8_t*>(out.data()), {2, 5, 6}));
  CHECK(error([&] { collate(plan, within, mixed, unit(2)); }) ==
        "cutmix: distance in bytes from samples[0] to x_out = 0, must leave no overlap");
  CHECK(
      error([&] {
        collate(plan, samples, BatchView(out.data(), ScalarKind::boolean, 1, {2, 2, 5, 6}, "BCHW"),
                unit(2));
      }) ==
      "cutmix: scalar of x_out = boolean, must be floating or integer where a conversion is given");
  CHECK(error([&] {
          collate(plan, samples, view(reinterpret_cast<std::int16_t*>(out.data()), {2, 2, 5, 6}),
                  cutmix::ByteConversion(1, [](std::uint8_t byte, Index) {
                    return byte == 9 ? std::numeric_limits<double>::quiet_NaN() : 1;
                  }));
        }) == "cutmix: conversion(9, 0) = nan, must be a number for x_out of int16");
  CHECK(error([&] {
          collate(plan, std::vector<const std::uint8_t*>{bytes.data(), nullptr}, mixed, unit(2));
        }) == "cutmix: samples[1] = nullptr, must point at a sample");
}

TEST_CASE("tensors of Eigen as samples: in any container, as maps, as pointers, by value",
          "[threads]") {
  using Sample = Eigen::Tensor<float, 3, Eigen::RowMajor>;
  using Batch = Eigen::Tensor<float, 4, Eigen::RowMajor>;
  const std::uint32_t seed = 610;
  INFO("seed " << seed);
  Dice dice(seed);
  const Eigen::ThreadPoolDevice threads(&pool(), 3);
  for (int i = 0; i < 60; ++i) {
    const Index B = i % 13 == 0 ? 0 : dice.roll(1, 6);
    const Shape<3> one{dice.roll(1, 4), dice.roll(1, 14), dice.roll(1, 14)};
    const Shape<4> all{B, one[0], one[1], one[2]};
    std::deque<Sample> samples;  // anything with size() and operator[]
    auto x = tensor_of<Batch>(all);
    for (Index b = 0; b < B; ++b) {
      samples.push_back(tensor_of<Sample>(one));
      number_scalars(samples.back(), dice.roll(0, 250));
    }
    for_each_position(all,
                      [&](const auto& at) { x(at) = samples[nth(at[0])](at[1], at[2], at[3]); });
    Options options;
    options.scope = i % 2 ? Scope::batch : Scope::sample;
    options.mixup_prob = i % 3 ? 0 : 0.5;
    const Plan plan = make_plan(x, options, dice.engine());
    const Batch expected = mixed_naively(plan, x);

    auto out = tensor_of<Batch>(all);
    const auto check = [&](const auto& run) {
      out.setConstant(99);
      run();
      REQUIRE(same_bytes(out, expected));
    };
    check([&] { collate(plan, samples, out); });
    check([&] { collate(threads, plan, samples, out); });
    std::vector<const float*> pointers;
    std::vector<Eigen::TensorMap<const Sample>> maps;
    std::vector<Sample> copies(samples.begin(), samples.end());
    for (const Sample& sample : samples) {
      pointers.push_back(sample.data());
      maps.emplace_back(sample.data(), sample.dimensions());
    }
    check([&] { collate(plan, pointers, Eigen::TensorMap<Batch>(out.data(), out.dimensions())); });
    check([&] { collate(plan, maps, out); });
    const Decoding<Sample> decoding{&copies};
    check([&] { collate(plan, decoding, out); });
    CHECK(decoding.made == B);  // once each
    check([&] { collate(threads, plan, decoding, view(out, "BCHW")); });
    // The other layout.
    Eigen::Tensor<float, 4> turned_out(B, one[0], one[1], one[2]);
    collate(plan, samples, turned_out);
    bool same = true;
    for_each_position(all, [&](const auto& at) {
      same = same && std::memcmp(&turned_out(at), &expected(at), sizeof(float)) == 0;
    });
    CHECK(same);
  }
}

TEST_CASE("samples of column-major memory, and arrays of pointers to what may be written") {
  float own[24];
  std::iota(own, own + 24, 0.0f);
  std::array<float*, 2> pointers{own, own + 12};
  const Plan plan{{2, 3, 4}, {1, 0}, {{{1, 0, 3, 2}, 1}}};
  std::vector<float> out(24);
  collate(plan, pointers, view(out.data(), {2, 3, 4}));
  CHECK(out == std::vector<float>{0,  13, 14, 3,  4,  17, 18, 7,  8,  9,  10, 11,
                                  12, 1,  2,  15, 16, 5,  6,  19, 20, 21, 22, 23});
  // Pointers count along the output's memory: here columns are the slowest axis.
  std::vector<float> turned(24);
  collate(plan, pointers, view(turned.data(), {2, 3, 4}, "BHW", {12, 1, 3}));
  CHECK(turned == std::vector<float>{0,  1,  2,  15, 16, 5,  18, 19, 8,  9,  10, 11,
                                     12, 13, 14, 3,  4,  17, 6,  7,  20, 21, 22, 23});
}

TEST_CASE("a large batch is collated past the cache", "[threads]") {
  const Placement placement{"BCHW", {48, 3, 256, 257}, {197376, 65792, 257, 1}, 0, 48 * 197376};
  Block x(placement, ScalarKind::float32, 4), out(placement, ScalarKind::float32, 4);
  for (Index i = 0; i < placement.scalars; ++i) {
    const auto number = static_cast<float>(i % 8388593);
    std::memcpy(x.at(i), &number, sizeof number);
  }
  std::vector<const float*> samples;
  for (Index b = 0; b < 48; ++b)
    samples.push_back(reinterpret_cast<const float*>(x.at(b * 197376)));
  cutmix::Philox4x32 rng(1);
  const Plan plan = make_plan(x.view(), Options{}, rng);
  const Expected expected = mixed_naively(plan, x, x, out);
  const Block before = out;
  collate(plan, samples, out.view());
  CHECK(expected.is(out));
  out = before;
  collate(Eigen::ThreadPoolDevice(&pool(), 3), plan, samples, out.view());
  CHECK(expected.is(out));
}

TEST_CASE("samples and plans that do not fit") {
  std::vector<float> memory(8 * 60), out(8 * 60, -7.0f);
  std::iota(memory.begin(), memory.end(), 0.0f);
  const auto memory_before = memory, out_before = out;
  const Plan good{{8, 5, 6}, {1, 0, 2, 3, 4, 5, 6, 7}, {{{1, 1, 3, 4}, 1}}};
  const BatchView mixed = view(out.data(), {8, 2, 5, 6}, "BCHW");
  const auto error = [&](const auto& call) {
    const std::string message = error_of(call);
    CHECK(same_bytes(memory, memory_before));
    CHECK(same_bytes(out, out_before));
    return message;
  };
  const auto sample = [&](const Sizes& sizes, const char* letters = "") {
    return view(std::as_const(memory).data(), sizes, letters);
  };
  // The fourth of eight is another one.
  const auto with = [&](const ConstBatchView& other) {
    std::vector<ConstBatchView> samples(8, sample({2, 5, 6}));
    samples[3] = other;
    return error([&] { collate(good, samples, mixed); });
  };
  CHECK(with(sample({2, 5, 7})) == "cutmix: samples[3].size(2) = 7, must be 6, as of x_out");
  CHECK(with(sample({5, 2, 6})) == "cutmix: samples[3].size(0) = 5, must be 2, as of x_out");
  CHECK(with(sample({10, 6})) == "cutmix: rank of samples[3] = 2, must be 3, as of x_out");
  CHECK(with(sample({1, 2, 5, 6})) == "cutmix: rank of samples[3] = 4, must be 3, as of x_out");
  CHECK(with(sample({1, 2, 5}, "BCW")) == "cutmix: rank of samples[3] = 3, must be 4, as of x_out");
  CHECK(with(sample({2, 2, 5, 6}, "BCHW")) ==
        "cutmix: samples[3].size(0) = 2, must be 1, as of x_out");
  CHECK(with(sample({1, 2, 5, 6}, "BKHW")) ==
        "cutmix: letters of samples[3] = \"BKHW\", must be those of \"BCHW\", in any order");
  CHECK(with(view(reinterpret_cast<std::int32_t*>(memory.data()), {2, 5, 6})) ==
        "cutmix: scalar of samples[3] = int32, must be float32, as of x_out");
  CHECK(with(view(out.data() + 90, {2, 5, 6})) ==
        "cutmix: distance in bytes from samples[3] to x_out = -360, must leave no overlap");

  // How many, and where.
  const auto pointers = [&](Index count) {
    return std::vector<const float*>(nth(count), memory.data());
  };
  CHECK(error([&] { collate(good, pointers(7), mixed); }) ==
        "cutmix: size of samples = 7, must be 8, as of x_out");
  CHECK(error([&] { collate(good, pointers(9), mixed); }) ==
        "cutmix: size of samples = 9, must be 8, as of x_out");
  CHECK(error([&] { collate(good, pointers(0), mixed); }) ==
        "cutmix: size of samples = 0, must be 8, as of x_out");
  auto holes = pointers(8);
  holes[2] = nullptr;
  CHECK(error([&] { collate(good, holes, mixed); }) ==
        "cutmix: samples[2] = nullptr, must point at a sample");
  std::vector<const float*> within(8, memory.data());
  within[7] = out.data() + 479;
  CHECK(error([&] { collate(good, within, mixed); }) ==
        "cutmix: distance in bytes from samples[7] to x_out = -1916, must leave no overlap");
  within[7] = out.data() - 59;
  CHECK(error([&] { collate(good, within, mixed); }) ==
        "cutmix: distance in bytes from samples[7] to x_out = 236, must leave no overlap");
  const std::vector<const std::int32_t*> integers(8,
                                                  reinterpret_cast<std::int32_t*>(memory.data()));
  CHECK(error([&] { collate(good, integers, mixed); }) ==
        "cutmix: scalar of samples[0] = int32, must be float32, as of x_out");

  // Plans and outputs, as for images.
  const auto planned = [&](const auto& change) {
    Plan plan = good;
    change(plan);
    return error([&] { collate(plan, pointers(8), mixed); });
  };
  CHECK(planned([](Plan& plan) { plan.indices[3] = 8; }) ==
        "cutmix: indices[3] = 8, must be in [0, 8)");
  CHECK(planned([](Plan& plan) { plan.patches[0].box.y2 = 6; }) ==
        "cutmix: patches[0].box = (1, 1, 3, 6), must satisfy 0 <= x1 <= x2 <= 6 and 0 <= y1 <= y2 "
        "<= 5");
  CHECK(planned([](Plan& plan) { plan.patches.resize(2); }) ==
        "cutmix: size of patches = 2, must be 1 or 8, the batch size");
  CHECK(planned([](Plan& plan) { plan.patches[0].blend = -1; }) ==
        "cutmix: patches[0].blend = -1, must be in [0, 1]");
  CHECK(planned([](Plan& plan) { plan.shape.width = 7; }) ==
        "cutmix: plan.shape.width = 7, must be 6, as of x_out");
  CHECK(planned([](Plan& plan) { plan.shape.source = 8; }) ==
        "cutmix: plan.shape.source = 8, needs a source: its partners are not of the batch itself");
  CHECK(error([&] {
          collate(good, pointers(8), view(out.data(), {8, 60}));
        }) ==
        "cutmix: rank of x_out = 2, must be at least 3: (B, ..., H, W); name other axes: "
        "cutmix::view(x, \"BCW\")");
  CHECK(error([&] {
          collate(good, pointers(8), view(out.data(), {8, 2, 5, 6}, "", {60, 30, 0, 1}));
        }) ==
        "cutmix: strides of x_out = 60, 30, 0, 1, must not fold memory onto itself: each position "
        "is written");
  std::vector<std::array<std::uint8_t, 3>> pixels(8 * 30), pixels_out(8 * 30);
  Plan blending = good;
  blending.patches[0].blend = 0.5;
  CHECK(error_of([&] {
          collate(blending, std::vector<const std::array<std::uint8_t, 3>*>(8, pixels.data()),
                  view(pixels_out.data(), {8, 5, 6}));
        }) == "cutmix: scalar of x = opaque, must be floating or integer where a plan blends");
}

TEST_CASE("edges: no samples, samples without pixels, samples that overlap, halves of one memory") {
  const std::vector<const float*> none;
  float* const nothing = nullptr;
  collate(Plan{{0, 5, 6}, {}, {{{0, 0, 6, 5}, 1}}}, none, view(nothing, {0, 2, 5, 6}));
  // Of images that are empty there is nothing to point at.
  const std::vector<const float*> nulls(3, nullptr);
  collate(Plan{{3, 0, 6}, {1, 2, 0}, {{{0, 0, 6, 0}, 1}}}, nulls, view(nothing, {3, 2, 0, 6}));
  collate(Plan{{3, 5, 6}, {1, 2, 0}, {{{0, 0, 6, 5}, 1}}}, nulls, view(nothing, {3, 0, 5, 6}));
  std::vector<Eigen::Tensor<float, 3>> empties(3, Eigen::Tensor<float, 3>(2, 0, 6));
  Eigen::Tensor<float, 4> empty_out(3, 2, 0, 6);
  collate(Plan{{3, 0, 6}, {1, 2, 0}, {{{0, 0, 6, 0}, 1}}}, empties, empty_out);

  // Windows of one long signal.
  std::vector<float> signal(20), windows(3 * 8);
  std::iota(signal.begin(), signal.end(), 0.0f);
  const std::vector<const float*> from{signal.data(), signal.data() + 5, signal.data() + 10};
  collate(Plan{{3, 1, 8}, {1, 2, 0}, {{{6, 0, 8, 1}, 1}}}, from,
          view(windows.data(), {3, 8}, "BW"));
  CHECK(windows == std::vector<float>{0, 1,  2,  3,  4,  5,  11, 12, 5,  6,  7, 8,
                                      9, 10, 16, 17, 10, 11, 12, 13, 14, 15, 6, 7});
  // From the left half of a memory into its right half.
  std::vector<float> rows(2 * 3 * 8, 0.0f);
  std::iota(rows.begin(), rows.end(), 0.0f);
  std::vector<ConstBatchView> left;
  for (Index b = 0; b < 2; ++b)
    left.push_back(view(std::as_const(rows).data() + b * 24, {3, 4}, "", {8, 1}));
  const auto right = view(rows.data() + 4, {2, 3, 4}, "", {24, 8, 1});
  collate(Plan{{2, 3, 4}, {1, 0}, {{{0, 0, 4, 1}, 1}}}, left, right);
  CHECK(rows[4] == 24);
  CHECK(rows[8 + 4] == 8);
  CHECK(rows[24 + 4] == 0);
  CHECK(rows[24 + 8 + 7] == 24 + 8 + 3);
}
