// What timm's Mixup and FastCollateMixup made of a batch, made again from the draws that they made:
// modes batch, elem and pair, CutMix and MixUp, floats and bytes, with label smoothing.

#include <algorithm>
#include <cmath>
#include <cutmix/collate.hpp>
#include <cutmix/images.hpp>
#include <cutmix/labels.hpp>
#include <string>
#include <vector>

#include "case_file.hpp"

using namespace testing;
using cutmix::view;

namespace {

// One line `entry kind x1 y1 x2 y2 lambda`, whose lambda is the label weight.
struct Entry {
  std::string kind;
  BBox box;
  double lambda;

  explicit Entry(const std::string& line) {
    const auto words = words_of(line);
    REQUIRE(words.size() == 6);
    kind = words[0];
    const auto side = [&](std::size_t i) { return static_cast<Index>(number_of(words[i])); };
    box = {side(1), side(2), side(3), side(4)};
    lambda = number_of(words[5]);
  }

  Patch patch() const {
    if (kind == "none") return {};
    return {box, kind == "mixup" ? 1 - lambda : 1};
  }
};

struct Recorded {
  std::string mode;
  Index B, C, H, W, n_classes;
  std::vector<Entry> entries;
  Plan plan;

  explicit Recorded(const Case& lines) : mode(lines.line("mode")) {
    const auto shape = lines.numbers<Index>("shape");
    B = shape.at(0), C = shape.at(1), H = shape.at(2), W = shape.at(3);
    n_classes = lines.numbers<Index>("n_classes")[0];
    for (const std::string& line : lines.lines.at("entry")) entries.emplace_back(line);
    plan.shape = {B, H, W};
    plan.indices = lines.numbers<Index>("indices");
    for (const Entry& entry : entries) plan.patches.push_back(entry.patch());
  }
};

// The value that timm rounds, and how far it may be off.
template <class Scalar>
void check_pixel(const Entry& entry, bool inside, Scalar own, Scalar partner, Scalar found,
                 Scalar timms) {
  if (!inside) {
    CHECK((found == own && timms == own));
    return;
  }
  if (entry.kind == "cutmix") {
    CHECK((found == partner && timms == partner));
    return;
  }
  const auto a = static_cast<double>(own), b = static_cast<double>(partner);
  if constexpr (std::is_floating_point_v<Scalar>) {
    const double larger = std::max(std::abs(a), std::abs(b));
    CHECK(std::abs(static_cast<double>(found) - static_cast<double>(timms)) <=
          3 * 0x1p-24 * larger);
  } else {
    const double exact = entry.lambda * a + (1 - entry.lambda) * b;
    const double from_half = std::abs(exact - std::floor(exact) - 0.5);
    if (from_half > 1e-4)
      CHECK(found == timms);
    else
      CHECK(std::abs(int{found} - int{timms}) <= 1);
  }
}

template <class Scalar>
void check_images(const Case& lines, const Recorded& recorded) {
  const Index B = recorded.B, C = recorded.C, H = recorded.H, W = recorded.W;
  const auto x = lines.numbers<Scalar>("x"), timms = lines.numbers<Scalar>("x_out");
  REQUIRE(x.size() == nth(B * C * H * W));
  REQUIRE(timms.size() == x.size());
  std::vector<Scalar> out(x.size()), in_place = x, collated(x.size());
  const auto images = [&](auto& pixels) { return view(pixels.data(), {B, C, H, W}, "BCHW"); };
  mix_images(recorded.plan, images(x), images(out));
  mix_images_in_place(recorded.plan, images(in_place));
  std::vector<const Scalar*> samples;
  for (Index b = 0; b < B; ++b) samples.push_back(x.data() + b * C * H * W);
  collate(recorded.plan, samples, images(collated));
  CHECK(in_place == out);
  CHECK(collated == out);
  std::size_t at = 0;
  for (Index b = 0; b < B; ++b)
    for (Index c = 0; c < C; ++c)
      for (Index row = 0; row < H; ++row)
        for (Index column = 0; column < W; ++column, ++at) {
          const Entry& entry = recorded.entries[nth(b)];
          const Index from = recorded.plan.indices[nth(b)];
          const Scalar partner = x[nth(((from * C + c) * H + row) * W + column)];
          check_pixel(entry, covers(entry.box, column, row), x[at], partner, out[at], timms[at]);
        }
}

void check_targets(const Case& lines, const Recorded& recorded) {
  const Index B = recorded.B, n = recorded.n_classes;
  const auto ids = lines.numbers<std::int64_t>("y");
  const auto timms = lines.numbers<double>("targets");
  REQUIRE(ids.size() == nth(B));
  REQUIRE(timms.size() == nth(B * n));
  std::vector<float> targets(timms.size());
  cutmix::LabelOptions options;
  options.smoothing = lines.number("smoothing");
  mix_labels(recorded.plan, ids, n, view(targets.data(), {B, n}), options);
  for (std::size_t i = 0; i < timms.size(); ++i)
    CHECK(std::abs(static_cast<double>(targets[i]) - timms[i]) <= 1e-6);
  for (Index b = 0; b < B; ++b)
    CHECK(std::abs(recorded.plan.lambda(b) - recorded.entries[nth(b)].lambda) < 1e-15);
}

// The same plan drawn: a law gives the recorded boxes, once for whatever shares one.
void check_drawn(const Recorded& recorded) {
  for (const Entry& entry : recorded.entries)
    if (entry.kind == "mixup") return;
  cutmix::Options options;
  options.pairing = cutmix::Pairing::reversed;
  options.scope = recorded.mode == "batch"  ? cutmix::Scope::batch
                  : recorded.mode == "pair" ? cutmix::Scope::pair
                                            : cutmix::Scope::sample;
  std::size_t calls = 0;
  options.box_law = [&](const cutmix::ImageSize&, double, cutmix::UrbgRef&) {
    return recorded.entries.at(calls++).box;
  };
  cutmix::Philox4x32 rng(1);
  const Plan drawn = make_plan(recorded.plan.shape, options, rng);
  CHECK(drawn.indices == recorded.plan.indices);
  const auto batch = static_cast<std::size_t>(recorded.B);
  CHECK(calls == (recorded.mode == "batch"  ? 1
                  : recorded.mode == "pair" ? (batch + 1) / 2
                                            : batch));
  for (Index b = 0; b < recorded.B; ++b) CHECK(drawn.patch(b) == recorded.plan.patches[nth(b)]);
}

}  // namespace

TEST_CASE("timm's batches") {
  const auto cases = read_cases("timm.txt");
  CHECK(cases.size() == 24);
  int pixels_cut = 0, pixels_blended = 0, drawn = 0;
  for (const Case& lines : cases) {
    INFO("case " << lines.line("case"));
    const Recorded recorded(lines);
    REQUIRE(recorded.entries.size() == nth(recorded.B));
    if (lines.line("scalar") == "f32")
      check_images<float>(lines, recorded);
    else
      check_images<std::uint8_t>(lines, recorded);
    check_targets(lines, recorded);
    check_drawn(recorded);
    bool cut_only = true;
    for (const Entry& entry : recorded.entries) {
      cut_only = cut_only && entry.kind != "mixup";
      (entry.kind == "mixup" ? pixels_blended : pixels_cut) +=
          static_cast<int>(entry.box.volume() * recorded.C);
    }
    drawn += cut_only ? 1 : 0;
  }
  CHECK(pixels_cut > 500);
  CHECK(pixels_blended > 5000);
  CHECK(drawn > 3);
}
