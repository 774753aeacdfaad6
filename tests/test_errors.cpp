// Every error: its message, and that nothing was written, drawn or changed before it.

#include <array>
#include <cstdint>
#include <cutmix/cutmix.hpp>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "support.hpp"

using namespace testing;
using cutmix::BatchView;
using cutmix::ConstBatchView;
using cutmix::CutMix;
using cutmix::LabelOptions;
using cutmix::mix_images;
using cutmix::mix_images_in_place;
using cutmix::mix_labels;
using cutmix::mix_masks;
using cutmix::Options;
using cutmix::Pairing;
using cutmix::partner_labels;
using cutmix::Philox4x32;
using cutmix::ScalarKind;
using cutmix::Scope;
using cutmix::view;

namespace {

constexpr double quiet_nan = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr Index most = std::numeric_limits<Index>::max();

// A batch of 8 images of 2 x 5 x 6 and 4 classes that fits itself, and an engine.
struct Batch {
  std::vector<float> x = std::vector<float>(480), x_out = std::vector<float>(480, -7.0f);
  std::vector<int> y = {0, 1, 2, 3, 0, 1, 2, 3};
  std::vector<float> dense = std::vector<float>(32, 0.25f), y_out = std::vector<float>(32, -7.0f);
  std::vector<float> source = std::vector<float>(180, 5.0f);  // 3 images
  std::vector<int> source_y = {3, 2, 1};
  Philox4x32 rng{1};

  Batch() {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 251);
  }
  bool operator==(const Batch& other) const {
    return x == other.x && x_out == other.x_out && y == other.y && dense == other.dense &&
           y_out == other.y_out && source == other.source && source_y == other.source_y &&
           rng == other.rng;
  }

  BatchView images() { return view(x.data(), {8, 2, 5, 6}); }
  BatchView mixed() { return view(x_out.data(), {8, 2, 5, 6}); }
  BatchView rows() { return view(dense.data(), {8, 4}); }
  BatchView targets() { return view(y_out.data(), {8, 4}); }
  BatchView from() { return view(source.data(), {3, 2, 5, 6}); }

  // The message of a call that must fail, having written and drawn nothing.
  template <class Call>
  std::string error(const Call& call) {
    const Batch before = *this;
    const std::string message = error_of(call);
    CHECK(*this == before);
    return message;
  }

  // The one message of all that applies a plan to images, to labels, or to both.
  std::string image_error(const Plan& plan) {
    const std::string message = error([&] { mix_images(plan, images(), mixed()); });
    CHECK(error([&] { mix_images_in_place(plan, images()); }) == message);
    CHECK(error([&] { mix_masks(plan, images(), mixed()); }) == message);
    return message;
  }
  std::string label_error(const Plan& plan) {
    const std::string message = error([&] { mix_labels(plan, y, 4, targets()); });
    std::vector<int> partners(8, -7);
    CHECK(error([&] { mix_labels(plan, rows(), targets()); }) == message);
    CHECK(error([&] { partner_labels(plan, y, partners); }) == message);
    CHECK(partners == std::vector<int>(8, -7));
    CHECK(error([&] { partner_labels(plan, rows(), targets()); }) == message);
    CHECK(error([&] { cutmix::mixed_cross_entropy(rows(), y, plan); }) == message);
    CHECK(error([&] { cutmix::mixed_cross_entropy(rows(), y, plan, targets()); }) == message);
    CHECK(error([&] { cutmix::mixed_accuracy(rows(), y, plan); }) == message);
    return message;
  }
  std::string collate_error(const Plan& plan) {
    std::vector<const float*> samples;
    for (std::size_t b = 0; b < 8; ++b) samples.push_back(x.data() + b * 60);
    return error([&] { collate(plan, samples, mixed()); });
  }
  std::string error_everywhere(const Plan& plan) {
    const std::string message = image_error(plan);
    CHECK(label_error(plan) == message);
    CHECK(collate_error(plan) == message);
    return message;
  }

  std::string draw_error(const Options& options, const BatchShape& shape = {8, 5, 6}) {
    Plan plan{{1, 2, 3}, {0}, {{{0, 0, 1, 1}, 1}}};
    const Plan before = plan;
    const std::string message = error([&] { cutmix::make_plan(shape, options, rng); });
    CHECK(error([&] { cutmix::make_plan(shape, options, rng, plan); }) == message);
    CHECK(plan == before);
    CHECK(message != "no error");
    return message;
  }
};

const Plan good{{8, 5, 6}, {1, 0, 2, 3, 4, 5, 6, 7}, {{{1, 1, 3, 4}, 1}}};
const Plan from_source{{8, 5, 6, 1, 3}, {1, 0, 2, 2, 1, 0, 1, 1}, {{{1, 1, 3, 4}, 1}}};

template <class Change>
Plan changed(const Change& change) {
  Plan plan = good;
  change(plan);
  return plan;
}

std::string shown(const BBox& box) {
  std::ostringstream text;
  text << box;
  return text.str();
}

}  // namespace

TEST_CASE("the batch of these tests is in order") {
  Batch batch;
  mix_images(good, batch.images(), batch.mixed());
  mix_images(from_source, batch.images(), batch.from(), batch.mixed());
  mix_images_in_place(good, batch.images());
  mix_masks(good, batch.images(), batch.mixed());
  mix_labels(good, batch.y, 4, batch.targets());
  mix_labels(from_source, batch.y, batch.source_y, 4, batch.targets());
  mix_labels(good, batch.rows(), batch.targets());
}

// ---- views ----

TEST_CASE("views of what is no memory") {
  std::array<float, 64> data{};
  float* const p = data.data();
  const auto of = [&](const cutmix::Sizes& sizes, const std::string& letters = {},
                      const cutmix::Sizes& strides = {}) {
    return error_of([&] { view(p, sizes, letters, strides); });
  };
  CHECK(error_of([&] { view(p, Indices(9, 1)); }) == "cutmix: rank = 9, must be at most 8");
  CHECK(error_of([&] {
          view(p, {1, std::uint64_t{1} << 63});
        }) == "cutmix: sizes[1] = 9223372036854775808, must be at most 2^63 - 1");
  CHECK(of({3, -2}) == "cutmix: sizes[1] = -2, must be at least 0");
  CHECK(of({-1, 0}) == "cutmix: sizes[0] = -1, must be at least 0");
  const Index large = Index{1} << 40;
  CHECK(of({large, large}) ==
        "cutmix: size in bytes = 4398046511104 x 1099511627776, must be at most 2^63 - 1");
  CHECK(of({2, 3}, "", {3}) == "cutmix: number of strides = 1, must be 2, as of sizes");
  CHECK(of({2}, "", {std::numeric_limits<Index>::min()}) ==
        "cutmix: strides[0] = -9223372036854775808, is out of range");
  CHECK(of({4}, "", {Index{1} << 62}) ==
        "cutmix: reach = 4611686018427387904 x 3, must be at most 2^63 - 1");
  CHECK(of({2}, "", {-(Index{1} << 61)}) ==
        "cutmix: reach in bytes = 2305843009213693952 x 4, must be at most 2^63 - 1");
  const std::uint8_t byte = 0;
  CHECK(error_of([&] {
          view(&byte, {2, 2}, {}, {Index{1} << 62, Index{1} << 62});
        }) == "cutmix: reach in bytes = more than 2^63 - 1, must be addressable");
  CHECK(error_of([&] { view(static_cast<float*>(nullptr), {1}); }) ==
        "cutmix: data = nullptr, must point at the scalars");
  CHECK(error_of([&] { BatchView(p, static_cast<ScalarKind>(14), 4, {1}); }) ==
        "cutmix: scalar kind = 14, must be one of cutmix::ScalarKind");
  CHECK(error_of([&] { BatchView(p, ScalarKind::opaque, 0, {1}); }) ==
        "cutmix: bytes of a scalar = 0, must be at least 1");
  CHECK(error_of([&] { ConstBatchView(p, ScalarKind::float32, 2, {1}); }) ==
        "cutmix: bytes of a scalar = 2, must be 4 for float32");
  CHECK(error_of([&] { ConstBatchView(p, ScalarKind::half, 4, {1}); }) ==
        "cutmix: bytes of a scalar = 4, must be 2 for half");

  CHECK(of({2, 3}, "BHW") == "cutmix: letters = \"BHW\", must be 2, one for each axis");
  CHECK(of({2, 3}, "Bw") == "cutmix: letters = \"Bw\", must be A to Z");
  CHECK(of({2, 3, 4}, "BWB") == "cutmix: letters = \"BWB\", must not repeat one");
  CHECK(of({2, 3}, "HW") == "cutmix: letters = \"HW\", must have B, the batch");
  CHECK(of({2, 3}, "BH") == "cutmix: letters = \"BH\", must have W, the width");
  CHECK(error_of([&] {
          view(view(p, {2, 3}), "WH");
        }) == "cutmix: letters = \"WH\", must have B, the batch");
  CHECK(error_of([&] {
          cutmix::batch_shape(view(p, {2, 3}));
        }) ==
        "cutmix: rank of x = 2, must be at least 3: (B, ..., H, W); name other axes: "
        "cutmix::view(x, \"BCW\")");
}

// ---- plans ----

TEST_CASE("a plan that is in no order, wherever it is applied") {
  Batch batch;
  const auto with = [&](const auto& change) { return batch.error_everywhere(changed(change)); };
  CHECK(with([](Plan& p) { p.indices[3] = 9; }) == "cutmix: indices[3] = 9, must be in [0, 8)");
  CHECK(with([](Plan& p) { p.indices[7] = 8; }) == "cutmix: indices[7] = 8, must be in [0, 8)");
  CHECK(with([](Plan& p) { p.indices[0] = -1; }) == "cutmix: indices[0] = -1, must be in [0, 8)");
  CHECK(with([](Plan& p) {
          p.indices = {0, 1, 2};
        }) == "cutmix: size of indices = 3, must be 8, the batch size");
  CHECK(with([](Plan& p) { p.patches.resize(3); }) ==
        "cutmix: size of patches = 3, must be 1 or 8, the batch size");
  CHECK(with([](Plan& p) { p.patches.clear(); }) ==
        "cutmix: size of patches = 0, must be 1 or 8, the batch size");
  CHECK(with([](Plan& p) { p.shape.batch = -1; }) == "cutmix: batch = -1, must be at least 0");
  CHECK(with([](Plan& p) { p.shape.height = -1; }) == "cutmix: height = -1, must be at least 0");
  CHECK(with([](Plan& p) { p.shape.width = -5; }) == "cutmix: width = -5, must be at least 0");
  CHECK(with([](Plan& p) { p.shape.depth = -1; }) == "cutmix: depth = -1, must be at least 0");
  CHECK(with([](Plan& p) { p.shape.source = -2; }) ==
        "cutmix: source = -2, must be at least 0, or -1 for the batch itself");
  CHECK(with([](Plan& p) { p.shape.source = 0; }) ==
        "cutmix: source = 0, must be at least 1 where a batch needs partners");
  CHECK(with([](Plan& p) { p.shape.width = p.shape.height = Index{1} << 32; }) ==
        "cutmix: W x H x D = 4294967296 x 4294967296 x 1, must be at most 2^53 pixels");
  CHECK(with([](Plan& p) {
          p.shape = {8, most, most, most};
        }) ==
        "cutmix: W x H x D = 9223372036854775807 x 9223372036854775807 x 9223372036854775807, must "
        "be at most 2^53 pixels");
  for (const BBox& box : {BBox{-1, 0, 2, 2}, BBox{0, -1, 2, 2}, BBox{0, 0, 7, 2}, BBox{0, 0, 2, 6},
                          BBox{3, 0, 2, 2}, BBox{0, 3, 2, 2}}) {
    const std::string rule =
        shown(box) + ", must satisfy 0 <= x1 <= x2 <= 6 and 0 <= y1 <= y2 <= 5";
    CHECK(with([&](Plan& p) { p.patches[0].box = box; }) == "cutmix: patches[0].box = " + rule);
    CHECK(with([&](Plan& p) {
            p.patches.assign(8, Patch{});
            p.patches[6].box = box;
          }) == "cutmix: patches[6].box = " + rule);
  }
  for (const BBox& box : {BBox{0, 0, 1, 1, -1, 1}, BBox{0, 0, 1, 1, 0, 2}, BBox{0, 0, 1, 1, 1, 0}})
    CHECK(with([&](Plan& p) { p.patches[0].box = box; }) ==
          "cutmix: patches[0].box = " + shown(box) +
              ", must satisfy 0 <= x1 <= x2 <= 6 and 0 <= y1 <= y2 <= 5 and 0 <= z1 <= z2 <= 1");
  for (const auto& [blend, text] :
       {std::pair{1.5, "1.5"}, std::pair{-5e-324, "-4.94066e-324"}, std::pair{quiet_nan, "nan"},
        std::pair{1.0000000000000002, "1.0000000000000002"}, std::pair{inf, "inf"}}) {
    const Plan plan = changed([b = blend](Plan& p) { p.patches[0].blend = b; });
    const std::string message =
        std::string("cutmix: patches[0].blend = ") + text + ", must be in [0, 1]";
    CHECK(batch.label_error(plan) == message);
    CHECK(batch.collate_error(plan) == message);
    CHECK(batch.error([&] { mix_images(plan, batch.images(), batch.mixed()); }) == message);
    CHECK(batch.error([&] { mix_images_in_place(plan, batch.images()); }) == message);
  }
}

TEST_CASE("a plan of another shape") {
  Batch batch;
  const Plan seven{{7, 5, 6}, {1, 0, 2, 3, 4, 5, 6}, {{{1, 1, 3, 4}, 1}}};
  CHECK(batch.image_error(seven) == "cutmix: plan.shape.batch = 7, must be 8, as of x");
  CHECK(batch.label_error(seven) == "cutmix: plan.shape.batch = 7, must be 8, as of y");
  CHECK(batch.collate_error(seven) == "cutmix: plan.shape.batch = 7, must be 8, as of x_out");
  CHECK(batch.image_error(Plan{{}, {}, {{{}, 1}}}) ==
        "cutmix: plan.shape.batch = 0, must be 8, as of x");
  const Plan taller = changed([](Plan& p) { p.shape.height = 6; });
  CHECK(batch.image_error(taller) == "cutmix: plan.shape.height = 6, must be 5, as of x");
  CHECK(batch.collate_error(taller) == "cutmix: plan.shape.height = 6, must be 5, as of x_out");
  mix_labels(taller, batch.y, 4, batch.targets());  // labels have no height
  const Plan wider = changed([](Plan& p) { p.shape.width = 7; });
  CHECK(batch.image_error(wider) == "cutmix: plan.shape.width = 7, must be 6, as of x");
  // H and W the wrong way round
  const Plan turned = changed([](Plan& p) { std::swap(p.shape.height, p.shape.width); });
  CHECK(batch.image_error(turned) == "cutmix: plan.shape.height = 6, must be 5, as of x");
  const Plan deeper = changed([](Plan& p) { p.shape.depth = 2; });
  CHECK(batch.image_error(deeper) == "cutmix: plan.shape.depth = 2, must be 1, as of x");
}

TEST_CASE("a plan with a source, and calls without one") {
  Batch batch;
  const std::string needs =
      "cutmix: plan.shape.source = 3, needs a source: its partners are not of the batch itself";
  CHECK(batch.image_error(from_source) == needs);
  CHECK(batch.label_error(from_source) == needs);
  CHECK(batch.collate_error(from_source) == needs);
  const auto with_source = [&](const Plan& plan) {
    const std::string message =
        batch.error([&] { mix_images(plan, batch.images(), batch.from(), batch.mixed()); });
    std::vector<int> partners(8);
    CHECK(batch.error([&] { mix_masks(plan, batch.images(), batch.from(), batch.mixed()); }) ==
          message);
    CHECK(batch.error([&] { mix_labels(plan, batch.y, batch.source_y, 4, batch.targets()); }) ==
          message);
    CHECK(batch.error([&] {
      mix_labels(plan, batch.rows(), view(batch.source.data(), {3, 4}), batch.targets());
    }) == message);
    CHECK(batch.error([&] { partner_labels(plan, batch.y, batch.source_y, partners); }) == message);
    CHECK(batch.error([&] {
      cutmix::mixed_cross_entropy(batch.rows(), batch.y, batch.source_y, plan);
    }) == message);
    CHECK(batch.error([&] {
      cutmix::mixed_cross_entropy(batch.rows(), batch.y, batch.source_y, plan, batch.targets());
    }) == message);
    CHECK(batch.error([&] {
      cutmix::mixed_accuracy(batch.rows(), batch.y, batch.source_y, plan);
    }) == message);
    return message;
  };
  CHECK(with_source(good) == "cutmix: plan.shape.source = -1, must be 3, as of source");
  Plan four = from_source;
  four.shape.source = 4;
  CHECK(with_source(four) == "cutmix: plan.shape.source = 4, must be 3, as of source");
  Plan beyond = from_source;
  beyond.indices[2] = 3;
  CHECK(with_source(beyond) == "cutmix: indices[2] = 3, must be in [0, 3)");
}

// ---- images ----

TEST_CASE("images that do not fit each other") {
  Batch batch;
  const auto out = [&](const BatchView& to) {
    return batch.error([&] { mix_images(good, batch.images(), to); });
  };
  float* const p = batch.x_out.data();
  CHECK(out(view(p, {8, 2, 5, 5})) == "cutmix: x_out.size(3) = 5, must be 6, as of x");
  CHECK(out(view(p, {7, 2, 5, 6})) == "cutmix: x_out.size(0) = 7, must be 8, as of x");
  CHECK(out(view(p, {8, 5, 6})) == "cutmix: rank of x_out = 3, must be 4");
  CHECK(out(view(reinterpret_cast<int*>(p), {8, 2, 5, 6})) ==
        "cutmix: scalar of x_out = int32, must be float32, as of x");
  CHECK(out(view(p, {8, 2, 5, 6}, {}, {0, 30, 6, 1})) ==
        "cutmix: strides of x_out = 0, 30, 6, 1, must not fold memory onto itself: each position "
        "is written");
  CHECK(out(view(p, {8, 2, 5, 6}, {}, {60, 29, 6, 1})) ==
        "cutmix: strides of x_out = 60, 29, 6, 1, must not fold memory onto itself: each position "
        "is written");
  CHECK(batch.error([&] {
    mix_images(good, view(batch.images(), "BCHW"), view(batch.mixed(), "BTHW"));
  }) == "cutmix: letters of x_out = \"BTHW\", must be those of \"BCHW\", in any order");
  CHECK(batch.error([&] {
    mix_images(good, view(p, {8, 60}), view(p, {8, 60}));
  }) == "cutmix: rank of x = 2, must be at least 3: (B, ..., H, W); name other axes: "
        "cutmix::view(x, \"BCW\")");
  CHECK(batch.error([&] {
    mix_images_in_place(good, view(p, {8, 60}));
  }) == "cutmix: rank of x = 2, must be at least 3: (B, ..., H, W); name other axes: "
        "cutmix::view(x, \"BCW\")");
  CHECK(batch.error([&] {
    mix_images_in_place(good, view(p, {8, 2, 5, 6}, {}, {60, 0, 6, 1}));
  }) == "cutmix: strides of x = 60, 0, 6, 1, must not fold memory onto itself: each position is "
        "written");
  // Opaque scalars have any number of bytes.
  const BatchView three(p, ScalarKind::opaque, 3, {8, 5, 6});
  const BatchView five(batch.x.data(), ScalarKind::opaque, 5, {8, 5, 6});
  CHECK(batch.error([&] { mix_images(good, five, three); }) ==
        "cutmix: bytes of a scalar of x_out = 3, must be 5, as of x");
  std::vector<unsigned char> huge(8 * 5 * 6 * 80000);
  CHECK(error_of([&] {
          mix_images_in_place(good, BatchView(huge.data(), ScalarKind::opaque, 80000, {8, 5, 6}));
        }) == "cutmix: bytes of a scalar of x = 80000, must be at most 65536 in place");

  const auto source = [&](const BatchView& from) {
    return batch.error([&] { mix_images(from_source, batch.images(), from, batch.mixed()); });
  };
  float* const s = batch.source.data();
  CHECK(source(view(s, {3, 2, 6, 5})) == "cutmix: source.size(2) = 6, must be 5, as of x");
  CHECK(source(view(s, {3, 5, 6})) == "cutmix: rank of source = 3, must be 4");
  CHECK(source(view(reinterpret_cast<std::uint32_t*>(s), {3, 2, 5, 6})) ==
        "cutmix: scalar of source = uint32, must be float32, as of x");
  CHECK(source(view(s, {2, 2, 5, 6})) == "cutmix: plan.shape.source = 3, must be 2, as of source");
}

TEST_CASE("images that overlap") {
  Batch batch;
  std::vector<float> memory(2000, 1.0f);
  const std::vector<float> before = memory;
  float* const p = memory.data() + 600;
  const auto at = [&](std::ptrdiff_t shift) { return view(p + shift, {8, 2, 5, 6}); };
  for (const std::ptrdiff_t shift : {-479, -1, 0, 1, 479}) {
    CHECK(error_of([&] { mix_images(good, at(0), at(shift)); }) ==
          "cutmix: distance in bytes from x to x_out = " + std::to_string(4 * shift) +
              ", must leave no overlap; use mix_images_in_place to write over images");
    CHECK(error_of([&] { mix_masks(good, at(0), at(shift)); }) ==
          "cutmix: distance in bytes from x to x_out = " + std::to_string(4 * shift) +
              ", must leave no overlap; use mix_images_in_place to write over images");
  }
  for (const std::ptrdiff_t shift : {-179, 0, 479})
    CHECK(error_of([&] {
            mix_images(from_source, batch.images(), view(p + shift, {3, 2, 5, 6}), at(0));
          }) == "cutmix: distance in bytes from source to x_out = " + std::to_string(-4 * shift) +
                    ", must leave no overlap");
  // One byte is enough.
  auto* const bytes = reinterpret_cast<unsigned char*>(p);
  const BatchView x(bytes, ScalarKind::opaque, 3, {8, 5, 6});
  for (const std::ptrdiff_t shift : {-719, 719})
    CHECK(error_of([&] {
            mix_images(good, x, BatchView(bytes + shift, ScalarKind::opaque, 3, {8, 5, 6}));
          }) == "cutmix: distance in bytes from x to x_out = " + std::to_string(shift) +
                    ", must leave no overlap; use mix_images_in_place to write over images");
  CHECK(memory == before);
  mix_images(good, at(0), at(480));
  mix_images(good, at(0), at(-480));
  mix_images(from_source, batch.images(), view(p - 180, {3, 2, 5, 6}), at(0));
  mix_images(good, x, BatchView(bytes + 720, ScalarKind::opaque, 3, {8, 5, 6}));
}

TEST_CASE("in place needs a permutation") {
  Batch batch;
  const auto with = [&](Indices indices) {
    Plan plan = good;
    plan.indices = std::move(indices);
    return batch.error([&] { mix_images_in_place(plan, batch.images()); });
  };
  CHECK(with({1, 2, 0, 2, 4, 5, 6, 7}) ==
        "cutmix: indices[3] = 2, must stand there once: in place needs a permutation");
  CHECK(with({0, 0, 2, 3, 4, 5, 6, 7}) ==
        "cutmix: indices[1] = 0, must stand there once: in place needs a permutation");
  CHECK(with({1, 2, 1, 3, 4, 5, 6, 7}) ==
        "cutmix: indices[2] = 1, must stand there once: in place needs a permutation");
  CHECK(with({1, 1, 2, 3, 4, 5, 6, 7}) ==
        "cutmix: indices[1] = 1, must stand there once: in place needs a permutation");
}

TEST_CASE("blends of what is no number, and masks that would be blended") {
  Batch batch;
  const Plan blends = changed([](Plan& p) { p.patches[0].blend = 0.5; });
  const std::array<bool, 240> flags{};
  std::array<bool, 240> flags_out{};
  const auto f = view(flags.data(), {8, 5, 6});
  const auto f_out = view(flags_out.data(), {8, 5, 6});
  const std::string boolean =
      "cutmix: scalar of x = boolean, must be floating or integer where a plan blends";
  CHECK(error_of([&] { mix_images(blends, f, f_out); }) == boolean);
  CHECK(error_of([&] { mix_images_in_place(blends, f_out); }) == boolean);
  const BatchView opaque(batch.x.data(), ScalarKind::opaque, 4, {8, 2, 5, 6});
  const BatchView opaque_out(batch.x_out.data(), ScalarKind::opaque, 4, {8, 2, 5, 6});
  const std::string no_number =
      "cutmix: scalar of x = opaque, must be floating or integer where a plan blends";
  CHECK(batch.error([&] { mix_images(blends, opaque, opaque_out); }) == no_number);
  const std::vector<const float*> samples(8, batch.x.data());
  std::vector<ConstBatchView> views;
  for (int b = 0; b < 8; ++b)
    views.push_back(ConstBatchView(batch.x.data(), ScalarKind::opaque, 4, {2, 5, 6}));
  CHECK(batch.error([&] { collate(blends, views, opaque_out); }) == no_number);
  CHECK(batch.error([&] { mix_masks(blends, batch.images(), batch.mixed()); }) ==
        "cutmix: patches[0].blend = 0.5, must be 1 for masks, which cannot be blended");
  const auto serial = [](Index parts, cutmix::Part part) {
    for (Index i = 0; i < parts; ++i) part(i);
  };
  Plan one = good;
  one.patches.assign(8, {});
  one.patches[5].blend = 0;
  CHECK(batch.error([&] { mix_masks(serial, one, batch.images(), batch.mixed()); }) ==
        "cutmix: patches[5].blend = 0, must be 1 for masks, which cannot be blended");
}

// ---- collate ----

TEST_CASE("samples that do not fit") {
  Batch batch;
  const auto views_of = [&](int count) {
    std::vector<ConstBatchView> samples;
    for (int b = 0; b < count; ++b) samples.push_back(view(batch.x.data(), {2, 5, 6}));
    return samples;
  };
  const auto error = [&](const auto& samples) {
    return batch.error([&] { collate(good, samples, batch.mixed()); });
  };
  CHECK(error(views_of(7)) == "cutmix: size of samples = 7, must be 8, as of x_out");
  CHECK(error(views_of(9)) == "cutmix: size of samples = 9, must be 8, as of x_out");
  auto samples = views_of(8);
  samples[3] = view(batch.x.data(), {2, 5, 7});
  CHECK(error(samples) == "cutmix: samples[3].size(2) = 7, must be 6, as of x_out");
  samples[3] = view(batch.x.data(), {10, 6});
  CHECK(error(samples) == "cutmix: rank of samples[3] = 2, must be 3, as of x_out");
  samples[3] = view(reinterpret_cast<const int*>(batch.x.data()), {2, 5, 6});
  CHECK(error(samples) == "cutmix: scalar of samples[3] = int32, must be float32, as of x_out");
  samples[3] = view(batch.x_out.data() + 479, {2, 5, 6}, {}, {0, 0, 0});
  CHECK(error(samples) ==
        "cutmix: distance in bytes from samples[3] to x_out = -1916, must leave no overlap");
  samples[3] = view(batch.x.data(), {2, 2, 5, 6}, "BCHW");  // by its letters, with B of size 1
  const auto lettered = view(batch.mixed(), "BCHW");
  CHECK(batch.error([&] { collate(good, samples, lettered); }) ==
        "cutmix: samples[3].size(0) = 2, must be 1, as of x_out");
  samples[3] = view(batch.x.data(), {1, 2, 5, 6}, "BTHW");
  CHECK(batch.error([&] { collate(good, samples, lettered); }) ==
        "cutmix: letters of samples[3] = \"BTHW\", must be those of \"BCHW\", in any order");

  std::vector<const float*> pointers(8, batch.x.data());
  pointers[2] = nullptr;
  CHECK(error(pointers) == "cutmix: samples[2] = nullptr, must point at a sample");
  pointers[2] = batch.x_out.data() - 10 + 0;
  CHECK(error(pointers) ==
        "cutmix: distance in bytes from samples[2] to x_out = 40, must leave no overlap");
  pointers.pop_back();
  CHECK(error(pointers) == "cutmix: size of samples = 7, must be 8, as of x_out");
  const std::vector<const int*> integers(8, reinterpret_cast<const int*>(batch.x.data()));
  CHECK(error(integers) == "cutmix: scalar of samples[0] = int32, must be float32, as of x_out");
  CHECK(batch.error([&] {
    collate(good, views_of(8), view(batch.x_out.data(), {8, 2, 5, 6}, {}, {0, 30, 6, 1}));
  }) == "cutmix: strides of x_out = 0, 30, 6, 1, must not fold memory onto itself: each position "
        "is written");
  CHECK(batch.error([&] {
    collate(good, views_of(8), view(batch.x_out.data(), {8, 60}));
  }) == "cutmix: rank of x_out = 2, must be at least 3: (B, ..., H, W); name other axes: "
        "cutmix::view(x, \"BCW\")");
  // Pointers to samples without pixels are not asked for memory.
  const Plan none{{2, 0, 6}, {1, 0}, {{{}, 1}}};
  const std::vector<const float*> nothing(2, nullptr);
  CHECK(error_of([&] {
          collate(none, nothing, view(batch.x_out.data(), {2, 2, 0, 6}));
        }) == "no error");
}

// ---- labels ----

TEST_CASE("class ids and their targets") {
  Batch batch;
  const auto mix = [&](const auto& ids, auto n_classes, const BatchView& out,
                       const LabelOptions& options = {}) {
    return batch.error([&] { mix_labels(good, ids, n_classes, out, options); });
  };
  for (const Index n : {Index{0}, Index{-3}, std::numeric_limits<Index>::min()})
    CHECK(mix(batch.y, n, batch.targets()) ==
          "cutmix: n_classes = " + std::to_string(n) + ", must be at least 1");
  CHECK(mix(batch.y, false, batch.targets()) == "cutmix: n_classes = 0, must be at least 1");
  CHECK(mix(batch.y, ~std::uint64_t{0}, batch.targets()) ==
        "cutmix: n_classes = 18446744073709551615, must be at most 2^63 - 1");
  float* const p = batch.y_out.data();
  CHECK(mix(batch.y, 4, view(p, {8, 3})) ==
        "cutmix: width of y_out = 3, must be 4, the number of classes");
  CHECK(mix(batch.y, 3, view(p, {8, 4})) ==
        "cutmix: width of y_out = 4, must be 3, the number of classes");
  CHECK(mix(batch.y, 4, view(p, {7, 4})) ==
        "cutmix: size of y_out along the batch = 7, must be 8, as of y");
  CHECK(mix(batch.y, 4, view(p, {4, 7}, "WB")) ==
        "cutmix: size of y_out along the batch = 7, must be 8, as of y");
  CHECK(mix(batch.y, 4, view(p, {8})) == "cutmix: rank of y_out = 1, must be 2: (B, n_classes)");
  CHECK(mix(batch.y, 4, view(reinterpret_cast<int*>(p), {8, 4})) ==
        "cutmix: scalar of y_out = int32, must be float32, float64, half or bfloat16");
  CHECK(mix(batch.y, 4, view(p, {8, 4}, {}, {4, 0})) ==
        "cutmix: strides of y_out = 4, 0, must not fold memory onto itself: each position is "
        "written");
  CHECK(mix(batch.rows(), 4, batch.targets()) ==
        "cutmix: scalar of y = float32, must be an integer: class ids; dense targets take no "
        "number of classes");
  CHECK(mix(view(batch.y.data(), {8, 1}), 4, batch.targets()) ==
        "cutmix: rank of y = 2, must be 1: class ids have rank 1, dense targets take no number of "
        "classes");
  LabelOptions options;
  for (const auto& [smoothing, text] :
       {std::pair{2.0, "2"}, std::pair{-0.1, "-0.1"}, std::pair{quiet_nan, "nan"}}) {
    options.smoothing = smoothing;
    CHECK(mix(batch.y, 4, batch.targets(), options) ==
          std::string("cutmix: smoothing = ") + text + ", must be in [0, 1]");
    CHECK(batch.error([&] {
      cutmix::mixed_cross_entropy(batch.rows(), batch.y, good, batch.targets(), options);
    }) == std::string("cutmix: smoothing = ") + text + ", must be in [0, 1]");
  }
  batch.y[5] = 4;
  CHECK(mix(batch.y, 4, batch.targets()) == "cutmix: y[5] = 4, must be in [0, 4)");
  CHECK(batch.error([&] {
    cutmix::mixed_cross_entropy(batch.rows(), batch.y, good, batch.targets());
  }) == "cutmix: y[5] = 4, must be in [0, 4)");
  CHECK(batch.error([&] { cutmix::mixed_accuracy(batch.rows(), batch.y, good); }) ==
        "cutmix: y[5] = 4, must be in [0, 4)");
  options = {};
  options.ignore_id = 5;
  CHECK(mix(batch.y, 4, batch.targets(), options) == "cutmix: y[5] = 4, must be in [0, 4)");
  batch.y[5] = -1;
  CHECK(mix(batch.y, 4, batch.targets()) == "cutmix: y[5] = -1, must be in [0, 4)");
  const std::array<Index, 8> least{0, std::numeric_limits<Index>::min()};
  CHECK(mix(least, 4, batch.targets()) == "cutmix: y[1] = -9223372036854775808, must be in [0, 4)");
  const std::vector<std::uint8_t> bytes{0, 1, 2, 3, 0, 1, 200, 3};
  CHECK(mix(bytes, 4, batch.targets()) == "cutmix: y[6] = 200, must be in [0, 4)");
  const std::vector<std::uint64_t> huge(8, ~std::uint64_t{0});
  CHECK(mix(huge, 4, batch.targets()) == "cutmix: y[0] = 18446744073709551615, must be in [0, 4)");
}

TEST_CASE("class ids of a source") {
  Batch batch;
  const auto mix = [&](const auto& source) {
    return batch.error([&] { mix_labels(from_source, batch.y, source, 4, batch.targets()); });
  };
  CHECK(mix(std::vector<int>{0, 4, 1}) == "cutmix: source_y[1] = 4, must be in [0, 4)");
  CHECK(mix(std::vector<int>{0, 1}) == "cutmix: plan.shape.source = 3, must be 2, as of source");
  CHECK(mix(view(batch.source.data(), {3})) ==
        "cutmix: scalar of source_y = float32, must be an integer: class ids; dense targets take "
        "no number of classes");
  CHECK(mix(view(batch.source_y.data(), {3, 1})) ==
        "cutmix: rank of source_y = 2, must be 1: class ids have rank 1, dense targets take no "
        "number of classes");
  CHECK(mix(view(reinterpret_cast<std::int8_t*>(batch.y_out.data()) + 127, {3}, {}, {0})) ==
        "cutmix: distance in bytes from source_y to y_out = -127, must leave no overlap");
}

TEST_CASE("dense targets and what is made of them") {
  Batch batch;
  const auto mix = [&](const ConstBatchView& y, const BatchView& out) {
    return batch.error([&] { mix_labels(good, y, out); });
  };
  float* const p = batch.y_out.data();
  CHECK(mix(batch.rows(), view(p, {8, 3})) ==
        "cutmix: shape of y_out = 8 x 3, must be 8 x 4, as of y");
  CHECK(mix(batch.rows(), view(p, {4, 4})) ==
        "cutmix: shape of y_out = 4 x 4, must be 8 x 4, as of y");
  CHECK(mix(view(batch.dense.data(), {2, 3}), view(p, {2, 2})) ==
        "cutmix: shape of y_out = 2 x 2, must be 2 x 3, as of y");
  CHECK(mix(batch.rows(), view(p, {8, 2, 2})) == "cutmix: rank of y_out = 3, must be 2");
  CHECK(mix(view(batch.dense.data(), {}), view(p, {})) ==
        "cutmix: rank of y = 0, must be at least 1: (B) class ids or (B, ...) dense targets");
  CHECK(mix(view(batch.y.data(), {8}), view(p, {8})) ==
        "cutmix: rank of y = 1, must be at least 2 for integers: class ids need the number of "
        "classes: mix_labels(plan, ids, n_classes, out)");
  CHECK(mix(batch.rows(), view(reinterpret_cast<std::uint32_t*>(p), {8, 4})) ==
        "cutmix: scalar of y_out = uint32, must be float32, float64, half or bfloat16");
  CHECK(mix(ConstBatchView(batch.dense.data(), ScalarKind::opaque, 4, {8, 4}), batch.targets()) ==
        "cutmix: scalar of y = opaque, must be a number");
  CHECK(mix(batch.rows(), view(p, {8, 4}, {}, {1, 1})) ==
        "cutmix: strides of y_out = 1, 1, must not fold memory onto itself: each position is "
        "written");
  CHECK(mix(view(batch.dense.data(), {8, 4}, "BW"), view(p, {8, 2, 2}, "BCW")) ==
        "cutmix: rank of y_out = 3, must be 2");
  CHECK(mix(view(batch.dense.data(), {8, 2, 2}, "BWT"), view(p, {8, 2, 2}, "BCW")) ==
        "cutmix: letters of y_out = \"BCW\", must be those of \"BWT\", in any order");
  // A vector of the wrong size.
  const std::vector<double> weights(7, 1.0);
  std::vector<double> weights_out(8, -7.0);
  CHECK(error_of([&] { mix_labels(good, weights, weights_out); }) ==
        "cutmix: shape of y_out = 8, must be 7, as of y");
  weights_out.pop_back();
  CHECK(error_of([&] { mix_labels(good, weights, weights_out); }) ==
        "cutmix: plan.shape.batch = 8, must be 7, as of y");
  CHECK(weights_out == std::vector<double>(7, -7.0));
  // Axes of labels by the letters of their output: the batch is the second here.
  CHECK(mix(view(batch.dense.data(), {8, 4}), view(p, {8, 4}, "WB")) ==
        "cutmix: plan.shape.batch = 8, must be 4, as of y");

  const auto source = [&](const ConstBatchView& from) {
    return batch.error([&] { mix_labels(from_source, batch.rows(), from, batch.targets()); });
  };
  CHECK(source(view(batch.source.data(), {3, 5})) ==
        "cutmix: shape of source_y = 3 x 5, must be 8 x 4 but for the batch, as of y");
  CHECK(source(view(batch.source.data(), {3})) == "cutmix: rank of source_y = 1, must be 2");
  CHECK(source(view(reinterpret_cast<int*>(batch.source.data()), {3, 4})) ==
        "cutmix: scalar of source_y = int32, must be float32, as of y");
  CHECK(source(view(batch.source.data(), {2, 4})) ==
        "cutmix: plan.shape.source = 3, must be 2, as of source");
  CHECK(source(view(batch.y_out.data() + 31, {3, 4}, {}, {0, 0})) ==
        "cutmix: distance in bytes from source_y to y_out = -124, must leave no overlap");
}

TEST_CASE("labels that overlap their output") {
  Batch batch;
  CHECK(batch.error([&] { mix_labels(good, batch.rows(), batch.rows()); }) ==
        "cutmix: distance in bytes from y to y_out = 0, must leave no overlap");
  CHECK(batch.error([&] { partner_labels(good, batch.y, batch.y); }) ==
        "cutmix: distance in bytes from y to y_out = 0, must leave no overlap");
  // Ids within their targets, by their last byte, and maps that share one scalar.
  std::array<unsigned char, 256> memory{};
  const auto out = BatchView(memory.data() + 100, ScalarKind::float32, 4, {8, 4});
  const auto ids = [&](std::ptrdiff_t at) {
    return BatchView(memory.data() + at, ScalarKind::int8, 1, {8});
  };
  CHECK(error_of([&] { mix_labels(good, ids(93), 4, out); }) ==
        "cutmix: distance in bytes from y to y_out = 7, must leave no overlap");
  CHECK(error_of([&] { mix_labels(good, ids(227), 4, out); }) ==
        "cutmix: distance in bytes from y to y_out = -127, must leave no overlap");
  CHECK(memory == std::array<unsigned char, 256>{});
  mix_labels(good, ids(92), 4, out);
  CHECK(memory[92 + 7] == 0);
  memory.fill(0);
  mix_labels(good, ids(228), 4, out);
  std::array<float, 15> line{};
  CHECK(error_of([&] { mix_labels(good, view(line.data(), {8}), view(line.data() + 7, {8})); }) ==
        "cutmix: distance in bytes from y to y_out = 28, must leave no overlap");
  // Every second scalar, and as many that begin at an odd one of them.
  CHECK(error_of([&] {
          mix_labels(good, view(line.data(), {8}, {}, {1}), view(line.data() + 14, {8}, {}, {-2}));
        }) == "cutmix: distance in bytes from y to y_out = 56, must leave no overlap");
}

TEST_CASE("partners' labels") {
  Batch batch;
  std::vector<std::int64_t> wide(8, -7);
  std::vector<int> seven(7, -7);
  CHECK(batch.error([&] { partner_labels(good, view(batch.y), view(wide)); }) ==
        "cutmix: scalar of y_out = int64, must be int32, as of y");
  CHECK(batch.error([&] { partner_labels(good, batch.y, seven); }) ==
        "cutmix: shape of y_out = 7, must be 8, as of y");
  CHECK(batch.error([&] {
    partner_labels(good, view(batch.y), view(seven.data(), {7, 1}));
  }) == "cutmix: rank of y_out = 2, must be 1");
  std::vector<int> eight(8, -7);
  CHECK(batch.error([&] {
    partner_labels(from_source, view(batch.y), view(batch.source.data(), {3}), view(eight));
  }) == "cutmix: scalar of source_y = float32, must be int32, as of y");
  CHECK(batch.error([&] {
    partner_labels(from_source, view(batch.y), view(batch.source_y.data(), {3, 1}), view(eight));
  }) == "cutmix: rank of source_y = 2, must be 1");
  CHECK(batch.error([&] {
    partner_labels(from_source, batch.y, batch.source_y, view(eight.data(), {8}, {}, {0}));
  }) == "cutmix: strides of y_out = 0, must not fold memory onto itself: each position is written");
  CHECK((wide == std::vector<std::int64_t>(8, -7) && seven == std::vector<int>(7, -7) &&
         eight == std::vector<int>(8, -7)));
}

// ---- losses ----

TEST_CASE("losses and accuracy") {
  Batch batch;
  std::array<float, 40> spare{};
  const auto z = batch.rows();
  const auto narrow = view(spare.data(), {8, 3}), short_rows = view(spare.data(), {7, 4});
  const auto integers = view(reinterpret_cast<int*>(spare.data()), {8, 4});
  const auto list = view(spare.data(), {32});
  // Every loss, with these logits, targets and gradient.
  const auto check = [&](const ConstBatchView& logits, const ConstBatchView& targets,
                         const BatchView& gradient, const std::string& message) {
    CHECK(batch.error([&] { cutmix::soft_cross_entropy(logits, targets, gradient); }) == message);
    CHECK(batch.error([&] { cutmix::binary_cross_entropy(logits, targets, gradient); }) == message);
  };
  const auto t = view(batch.source.data(), {8, 4});
  check(z, narrow, batch.targets(), "cutmix: shape of targets = 8 x 3, must be 8 x 4");
  check(z, short_rows, batch.targets(), "cutmix: shape of targets = 7 x 4, must be 8 x 4");
  check(z, integers, batch.targets(),
        "cutmix: scalar of targets = int32, must be float32, float64, half or bfloat16");
  check(z, list, batch.targets(), "cutmix: rank of targets = 1, must be 2: (B, n_classes)");
  check(list, t, batch.targets(), "cutmix: rank of logits = 1, must be 2: (B, n_classes)");
  check(integers, t, batch.targets(),
        "cutmix: scalar of logits = int32, must be float32, float64, half or bfloat16");
  check(z, z, batch.rows(),
        "cutmix: distance in bytes from targets to gradient = 0, must leave no overlap");

  const auto check_gradient = [&](const BatchView& gradient, const std::string& message) {
    check(z, t, gradient, message);
    CHECK(batch.error([&] { cutmix::mixed_cross_entropy(z, batch.y, good, gradient); }) == message);
    CHECK(batch.error([&] {
      cutmix::mixed_cross_entropy(z, batch.y, batch.source_y, from_source, gradient);
    }) == message);
  };
  check_gradient(narrow, "cutmix: shape of gradient = 8 x 3, must be 8 x 4");
  check_gradient(short_rows, "cutmix: shape of gradient = 7 x 4, must be 8 x 4");
  check_gradient(list, "cutmix: rank of gradient = 1, must be 2: (B, n_classes)");
  check_gradient(integers,
                 "cutmix: scalar of gradient = int32, must be float32, float64, half or bfloat16");
  check_gradient(view(spare.data(), {8, 4}, {}, {4, 0}),
                 "cutmix: strides of gradient = 4, 0, must not fold memory onto itself: each "
                 "position is written");
  // Half over the logits: a gradient a row on.
  std::vector<float> rows(36, 0.5f);
  const std::vector<float> before = rows;
  CHECK(error_of([&] {
          cutmix::soft_cross_entropy(view(rows.data(), {8, 4}), t, view(rows.data() + 4, {8, 4}));
        }) == "cutmix: distance in bytes from logits to gradient = 16, must leave no overlap");
  CHECK(error_of([&] {
          cutmix::binary_cross_entropy(view(rows.data() + 4, {8, 4}), t, view(rows.data(), {8, 4}));
        }) == "cutmix: distance in bytes from logits to gradient = -16, must leave no overlap");
  CHECK(rows == before);
  // Over the ids.
  const auto over_ids = BatchView(batch.y.data(), ScalarKind::half, 2, {8, 4}, {}, {0, 1});
  CHECK(error_of([&] { cutmix::mixed_cross_entropy(z, batch.y, good, over_ids); }) ==
        "cutmix: strides of gradient = 0, 1, must not fold memory onto itself: each position is "
        "written");
  std::array<unsigned char, 80> memory{};
  const auto slopes = BatchView(memory.data(), ScalarKind::half, 2, {8, 4});
  const auto ids = [&](Index count) {
    return ConstBatchView(memory.data() + 63, ScalarKind::uint8, 1, {count});
  };
  CHECK(error_of([&] { cutmix::mixed_cross_entropy(z, ids(8), good, slopes); }) ==
        "cutmix: distance in bytes from y to gradient = -63, must leave no overlap");
  CHECK(error_of([&] { cutmix::mixed_cross_entropy(z, batch.y, ids(3), from_source, slopes); }) ==
        "cutmix: distance in bytes from source_y to gradient = -63, must leave no overlap");
  CHECK(memory == std::array<unsigned char, 80>{});

  cutmix::BinaryOptions options;
  options.positive_weights = {1, 2, 3};
  const std::string weights =
      "cutmix: size of positive_weights = 3, must be 4, the number of classes";
  CHECK(batch.error([&] { cutmix::binary_cross_entropy(z, t, options); }) == weights);
  CHECK(batch.error([&] { cutmix::binary_cross_entropy(z, t, batch.targets(), options); }) ==
        weights);

  // Scores and ids.
  const std::vector<int> seven(7);
  const auto ids_error = [&](const ConstBatchView& scores, const auto& given) {
    const std::string message = batch.error([&] { cutmix::mixed_accuracy(scores, given, good); });
    std::string of_loss =
        batch.error([&] { cutmix::mixed_cross_entropy(scores, given, good, batch.targets()); });
    const auto at = of_loss.find("logits");
    if (at != of_loss.npos) of_loss.replace(at, 6, "scores");
    CHECK(of_loss == message);
    return message;
  };
  CHECK(ids_error(z, seven) == "cutmix: shape of scores = 8 x 4, must be 7 x 4");
  CHECK(ids_error(list, batch.y) == "cutmix: rank of scores = 1, must be 2: (B, n_classes)");
  CHECK(ids_error(integers, batch.y) ==
        "cutmix: scalar of scores = int32, must be float32, float64, half or bfloat16");
  CHECK(ids_error(view(spare.data(), {8, 0}), batch.y) ==
        "cutmix: n_classes = 0, must be at least 1");
  CHECK(ids_error(z, view(batch.source.data(), {8})) ==
        "cutmix: scalar of y = float32, must be an integer: class ids; dense targets take no "
        "number of classes");
  CHECK(ids_error(z, view(batch.y.data(), {8, 1})) ==
        "cutmix: rank of y = 2, must be 1: class ids have rank 1, dense targets take no number of "
        "classes");
  const std::vector<int> wrong_source{0, 1, 7};
  CHECK(batch.error([&] { cutmix::mixed_accuracy(z, batch.y, wrong_source, from_source); }) ==
        "cutmix: source_y[2] = 7, must be in [0, 4)");
  CHECK(batch.error([&] {
    cutmix::mixed_cross_entropy(z, batch.y, wrong_source, from_source, batch.targets());
  }) == "cutmix: source_y[2] = 7, must be in [0, 4)");
}

// ---- draws and the functor ----

TEST_CASE("options and shapes that cannot be drawn") {
  Batch batch;
  const auto with = [&](const auto& change, const BatchShape& shape = {8, 5, 6}) {
    Options options;
    change(options);
    const std::string message = batch.draw_error(options, shape);
    // The functor says the same, as it is made or as it is called.
    CHECK(batch.error([&] {
      CutMix mixer(options, 4, batch.rng);
      const Philox4x32 rng = mixer.rng();
      const std::string drawing = error_of([&] { mixer.draw(shape); });
      CHECK(mixer.rng() == rng);
      CHECK(mixer.plan() == Plan{});
      throw std::invalid_argument(drawing);
    }) == message);
    return message;
  };
  for (const auto& [value, text] : {std::pair{-1.0, "-1"}, std::pair{-5e-324, "-4.94066e-324"},
                                    std::pair{quiet_nan, "nan"}, std::pair{-inf, "-inf"}}) {
    CHECK(with([v = value](Options& o) { o.alpha = v; }) ==
          std::string("cutmix: alpha = ") + text + ", must satisfy alpha >= 0");
    CHECK(with([v = value](Options& o) { o.mixup_alpha = v; }) ==
          std::string("cutmix: mixup_alpha = ") + text + ", must satisfy mixup_alpha >= 0");
    CHECK(batch.error([&, v = value] { CutMix(v, 4, batch.rng); }) ==
          std::string("cutmix: alpha = ") + text + ", must satisfy alpha >= 0");
    CHECK(batch.error([&, v = value] { cutmix::gen_cutmix_lambda(v, batch.rng); }) ==
          std::string("cutmix: alpha = ") + text + ", must satisfy alpha >= 0");
  }
  for (const auto& [value, text] :
       {std::pair{1.5, "1.5"}, std::pair{-0.1, "-0.1"}, std::pair{quiet_nan, "nan"}}) {
    CHECK(with([v = value](Options& o) { o.prob = v; }) ==
          std::string("cutmix: prob = ") + text + ", must be in [0, 1]");
    CHECK(with([v = value](Options& o) { o.mixup_prob = v; }) ==
          std::string("cutmix: mixup_prob = ") + text + ", must be in [0, 1]");
  }
  CHECK(with([](Options& o) { o.box_law = nullptr; }) ==
        "cutmix: box_law = nullptr, must be callable");
  for (const int value : {-1, 3, 1000}) {
    CHECK(with([value](Options& o) { o.scope = static_cast<Scope>(value); }) ==
          "cutmix: scope = " + std::to_string(value) +
              ", must be one of the enumerators of cutmix::Scope");
    const int pairing = value == 3 ? 4 : value;
    CHECK(with([pairing](Options& o) { o.pairing = static_cast<Pairing>(pairing); }) ==
          "cutmix: pairing = " + std::to_string(pairing) +
              ", must be one of the enumerators of cutmix::Pairing");
  }
  const auto nothing = [](Options&) {};
  CHECK(with(nothing, {-1, 5, 6}) == "cutmix: batch = -1, must be at least 0");
  CHECK(with(nothing, {8, -5, 6}) == "cutmix: height = -5, must be at least 0");
  CHECK(with(nothing, {8, 5, -6}) == "cutmix: width = -6, must be at least 0");
  CHECK(with(nothing, {8, 5, 6, -1}) == "cutmix: depth = -1, must be at least 0");
  CHECK(with(nothing, {8, 5, 6, 1, -2}) ==
        "cutmix: source = -2, must be at least 0, or -1 for the batch itself");
  CHECK(with(nothing, {8, 5, 6, 1, 0}) ==
        "cutmix: source = 0, must be at least 1 where a batch needs partners");
  CHECK(with(nothing, {8, 5, 0}) == "cutmix: W = 0, must be at least 1 where a box is drawn");
  CHECK(with(nothing, {8, 0, 6}) == "cutmix: H = 0, must be at least 1 where a box is drawn");
  CHECK(with(nothing, {8, 5, 6, 0}) == "cutmix: D = 0, must be at least 1 where a box is drawn");
  CHECK(with(nothing, {8, Index{1} << 30, Index{1} << 24}) ==
        "cutmix: W x H x D = 16777216 x 1073741824 x 1, must be at most 2^53 pixels");
  const auto given = [](Indices indices) { return [indices](Options& o) { o.indices = indices; }; };
  CHECK(with(given({0, 1, 2, 3, 4, 5, 6, 8})) == "cutmix: indices[7] = 8, must be in [0, 8)");
  CHECK(with(given({0, 1, 2, -1, 4, 5, 6, 7})) == "cutmix: indices[3] = -1, must be in [0, 8)");
  CHECK(with(given({0, 1})) == "cutmix: size of indices = 2, must be 8, the batch size");
  CHECK(with(given({0, 1, 2, 3, 0, 1, 2, 0}), {8, 5, 6, 1, 3}) ==
        "cutmix: indices[3] = 3, must be in [0, 3)");
  for (const Pairing pairing : {Pairing::derangement, Pairing::reversed, Pairing::rolled})
    CHECK(with([pairing](Options& o) { o.pairing = pairing; }, {8, 5, 6, 1, 3}) ==
          "cutmix: source = 3, must be 8, the batch size, unless the pairing is random");
  const auto pairs = [](Options& o) { o.scope = Scope::pair; };
  CHECK(with(pairs) ==
        "cutmix: pairing = 0, must be reversed where pairs share a patch, or indices given");
  CHECK(with(pairs, {8, 5, 6, 1, 3}) ==
        "cutmix: source = 3, must be the batch itself where pairs share");
  CHECK(with([&](Options& o) { pairs(o), o.indices = Indices{1, 2, 0, 3, 4, 5, 6, 7}; }) ==
        "cutmix: indices[0] = 1, must be a sample whose partner is 0: pairs share a patch");

  Options labels;
  labels.labels.smoothing = -0.1;
  CHECK(batch.error([&] { CutMix(labels, 4, batch.rng); }) ==
        "cutmix: smoothing = -0.1, must be in [0, 1]");
  for (const Index n : {0, -3}) {
    const std::string classes = "cutmix: n_classes = " + std::to_string(n) + ", must be at least 1";
    CHECK(batch.error([&] { CutMix(1.0, n, batch.rng); }) == classes);
    CHECK(batch.error([&] { CutMix(Options{}, n, batch.rng); }) == classes);
  }
  CHECK(batch.error([&] { CutMix(1.0, ~std::uint64_t{0}, batch.rng); }) ==
        "cutmix: n_classes = 18446744073709551615, must be at most 2^63 - 1");
  CHECK(batch.error([&] {
    Plan::identity({-1, 5, 6});
  }) == "cutmix: batch = -1, must be at least 0");
  CHECK(batch.error([&] {
    Plan::identity({1, 5, 6, 1, 0});
  }) == "cutmix: source = 0, must be at least 1 where a batch needs partners");
}

TEST_CASE("what the functor is called with") {
  // Overlaps, errors of drawing and of the caller's own code: see test_mixer.cpp.
  Batch batch;
  CutMix mixer(1.0, 4, Philox4x32(3));
  mixer.draw({2, 3, 4});
  const Plan plan = mixer.plan();
  const Philox4x32 rng = mixer.rng();
  const auto check = [&](const std::string& message, const auto& call) {
    CHECK(batch.error([&] { call(); }) == message);
    CHECK(mixer.plan() == plan);
    CHECK(mixer.rng() == rng);
  };
  const auto both = [&](const std::string& message, const auto& y, const BatchView& y_out) {
    check(message, [&] { mixer(batch.images(), y, batch.mixed(), y_out); });
    check(message, [&] { mixer.in_place(batch.images(), y, y_out); });
  };
  float* const p = batch.y_out.data();
  // Integers of shape (B, 1) are not class ids.
  both("cutmix: width of y = 1, must be 4, the number of classes; class ids have rank 1",
       view(batch.y.data(), {8, 1}), view(p, {8, 1}));
  both("cutmix: width of y = 3, must be 4, the number of classes; class ids have rank 1",
       view(batch.dense.data(), {3, 8}, "WB"), batch.targets());
  both("cutmix: width of y = 8, must be 4, the number of classes; class ids have rank 1",
       view(batch.dense.data(), {8, 8}, {}, {0, 1}), batch.targets());
  both("cutmix: size of y along the batch = 7, must be 8, as of x", view(batch.y.data(), {7}),
       view(p, {7, 4}));
  both("cutmix: size of y along the batch = 7, must be 8, as of x",
       view(batch.dense.data(), {4, 7}, "WB"), view(p, {7, 4}));
  both("cutmix: rank of y = 0, must be at least 1: (B) class ids or (B, ...) dense targets",
       view(batch.y.data(), {}), batch.targets());
  both("cutmix: width of y_out = 3, must be 4, the number of classes", batch.y, view(p, {8, 3}));
  both("cutmix: rank of y_out = 1, must be 2: (B, n_classes)", batch.y, view(p, {8}));
  both("cutmix: scalar of y_out = int32, must be float32, float64, half or bfloat16", batch.rows(),
       view(reinterpret_cast<int*>(p), {8, 4}));
  both("cutmix: shape of y_out = 8 x 3, must be 8 x 4, as of y", batch.rows(), view(p, {8, 3}));
  check("cutmix: x_out.size(2) = 6, must be 5, as of x", [&] {
    mixer(batch.images(), batch.y, view(batch.x_out.data(), {8, 2, 6, 5}), batch.targets());
  });
  check("cutmix: scalar of x_out = int32, must be float32, as of x", [&] {
    mixer(batch.images(), batch.y, view(reinterpret_cast<int*>(batch.x_out.data()), {8, 2, 5, 6}),
          batch.targets());
  });
  check(
      "cutmix: strides of x = 0, 30, 6, 1, must not fold memory onto itself: each position is "
      "written",
      [&] {
        mixer.in_place(view(batch.x.data(), {8, 2, 5, 6}, {}, {0, 30, 6, 1}), batch.y,
                       batch.targets());
      });
  check("cutmix: W = 0, must be at least 1 where a box is drawn", [&] {
    mixer(view(batch.x.data(), {8, 2, 5, 0}), batch.y, view(batch.x_out.data(), {8, 2, 5, 0}),
          batch.targets());
  });
  // With a source.
  const auto source = [&](const std::string& message, const BatchView& from, const auto& from_y) {
    check(message,
          [&] { mixer(batch.images(), batch.y, from, from_y, batch.mixed(), batch.targets()); });
    check(message, [&] { mixer.in_place(batch.images(), batch.y, from, from_y, batch.targets()); });
  };
  source("cutmix: source.size(3) = 5, must be 6, as of x", view(batch.source.data(), {3, 2, 5, 5}),
         batch.source_y);
  source("cutmix: scalar of source = int32, must be float32, as of x",
         view(reinterpret_cast<int*>(batch.source.data()), {3, 2, 5, 6}), batch.source_y);
  source("cutmix: size of source_y along the batch = 3, must be 2, as of source",
         view(batch.source.data(), {2, 2, 5, 6}), batch.source_y);
  source("cutmix: source_y[0] = 4, must be in [0, 4)", batch.from(), std::vector<int>{4, 0, 0});
  source(
      "cutmix: scalar of source_y = float32, must be an integer: class ids; dense targets take "
      "no number of classes",
      batch.from(), view(batch.dense.data(), {3}));
  source("cutmix: source = 0, must be at least 1 where a batch needs partners",
         view(batch.source.data(), {0, 2, 5, 6}), std::vector<int>{});
  mixer.enabled = false;  // for what is wrong whether it mixes or not
  both("cutmix: width of y_out = 3, must be 4, the number of classes", batch.y, view(p, {8, 3}));
  source("cutmix: source = 0, must be at least 1 where a batch needs partners",
         view(batch.source.data(), {0, 2, 5, 6}), std::vector<int>{});
}

// ---- the reference's functions ----

TEST_CASE("cutmix() and what it is made of") {
  using Images = Eigen::Tensor<float, 4, Eigen::RowMajor>;
  Images x(8, 2, 5, 6);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i);
  std::vector<int> y{0, 1, 2, 3, 0, 1, 2, 3};
  Eigen::MatrixXf dense = Eigen::MatrixXf::Constant(8, 4, 0.25f);
  Philox4x32 rng(2);
  const auto error = [&](const auto& call) {
    const Philox4x32 before = rng;
    const std::string message = error_of(call);
    CHECK(rng == before);
    return message;
  };
  CHECK(error([&] { cutmix::cutmix(x, y, -1.0, 4, rng); }) ==
        "cutmix: alpha = -1, must satisfy alpha >= 0");
  for (const auto& [lambda, text] :
       {std::pair{-0.1, "-0.1"}, std::pair{1.0000000000000002, "1.0000000000000002"},
        std::pair{quiet_nan, "nan"}}) {
    const std::string expected =
        std::string("cutmix: cutmix_lambda = ") + text + ", must be in [0, 1]";
    CHECK(error([&, l = lambda] { cutmix::rand_bbox(5, 5, l, rng); }) == expected);
    CHECK(error([&, l = lambda] { cutmix::adjust_lambda(l, x, BBox{0, 0, 1, 1}); }) == expected);
    CHECK(error([&, l = lambda] {
            cutmix::cutmix(x, y, 1, 4, rng, l, BBox{0, 0, 1, 1});
          }) == expected);
  }
  for (const BBox& box : {BBox{-1, 0, 2, 2}, BBox{0, -1, 2, 2}, BBox{0, 0, 7, 2}, BBox{0, 0, 2, 6},
                          BBox{3, 0, 2, 2}, BBox{0, 3, 2, 2}}) {
    const std::string rule =
        "cutmix: bbox = " + shown(box) + ", must satisfy 0 <= x1 <= x2 <= 6 and 0 <= y1 <= y2 <= 5";
    CHECK(error([&] { cutmix::adjust_lambda(0.5, x, box); }) == rule);
    CHECK(error([&] { cutmix::cutmix(x, y, 1, 4, rng, std::nullopt, box); }) == rule);
  }
  const auto with = [&](Indices indices) {
    return error([&] { cutmix::cutmix(x, y, 1, 4, rng, std::nullopt, std::nullopt, indices); });
  };
  CHECK(with({0, 1, 2, 8, 4, 5, 6, 7}) == "cutmix: indices[3] = 8, must be in [0, 8)");
  CHECK(with({0, 1, 2}) == "cutmix: size of indices = 3, must be 8, the batch size");
  for (const Index n : {0, -3})
    CHECK(error([&] { cutmix::cutmix(x, y, 1, n, rng); }) ==
          "cutmix: n_classes = " + std::to_string(n) + ", must be at least 1");
  CHECK(error([&] { cutmix::cutmix(x, dense, 1, 5, rng); }) ==
        "cutmix: width of y = 4, must be 5, the number of classes; class ids have rank 1");
  CHECK(error([&] { cutmix::cutmix(x, std::vector<int>(7), 1, 4, rng); }) ==
        "cutmix: size of y along the batch = 7, must be 8, as of x");
  y[5] = 4;
  CHECK(error([&] { cutmix::cutmix(x, y, 1, 4, rng); }) == "cutmix: y[5] = 4, must be in [0, 4)");
  const Images empty(8, 2, 5, 0);
  CHECK(error([&] { cutmix::cutmix(empty, y, 1, 5, rng); }) ==
        "cutmix: W = 0, must be at least 1 where a box is drawn");
  CHECK(error([&] { cutmix::make_plan(empty, {}, rng); }) ==
        "cutmix: W = 0, must be at least 1 where a box is drawn");
  CHECK(error([&] { cutmix::rand_bbox(6, 5, 0.5, rng, 6); }) ==
        "cutmix: cx = 6, must be in [0, 6)");
  CHECK(error([&] { cutmix::rand_bbox(6, 5, 0.5, rng, -1); }) ==
        "cutmix: cx = -1, must be in [0, 6)");
  CHECK(error([&] { cutmix::rand_bbox(6, 5, 0.5, rng, 0, 5); }) ==
        "cutmix: cy = 5, must be in [0, 5)");
  CHECK(error([&] { cutmix::rand_bbox(6, 5, 0.5, rng, 0, -1); }) ==
        "cutmix: cy = -1, must be in [0, 5)");
  CHECK(error([&] { cutmix::rand_bbox(0, 5, 0.5, rng); }) ==
        "cutmix: W = 0, must be at least 1 where a box is drawn");
  CHECK(error([&] { cutmix::rand_bbox(5, -2, 0.5, rng); }) ==
        "cutmix: H = -2, must be at least 1 where a box is drawn");
  CHECK(error([] { cutmix::MinMaxLaw(0.5, 0.2); }) == "cutmix: max = 0.2, must be in [0.5, 1]");
  CHECK(error([] { cutmix::MinMaxLaw(0, 1.5); }) == "cutmix: max = 1.5, must be in [0, 1]");
  CHECK(error([] { cutmix::MinMaxLaw(-0.5, 0.2); }) == "cutmix: min = -0.5, must be in [0, 1]");
  CHECK(error([] { cutmix::MinMaxLaw(1.5, 2); }) == "cutmix: min = 1.5, must be in [0, 1]");
  CHECK(error([] { cutmix::MinMaxLaw(0, quiet_nan); }) == "cutmix: max = nan, must be in [0, 1]");
}

TEST_CASE("more classes than memory could hold") {
  // Fault: B x n_classes overflowed, and a crash followed.
  using Images = Eigen::Tensor<float, 3, Eigen::RowMajor>;
  Images x(8, 2, 2);
  x.setZero();
  const std::vector<int> y(8);
  Philox4x32 rng(2);
  for (const int power : {58, 59, 60, 61, 62}) {
    const Index n = Index{1} << power;
    const Index bytes = Index{4} * 8;
    const std::string expected = "cutmix: size in bytes = " + std::to_string(bytes) + " x " +
                                 std::to_string(n) + ", must be at most 2^63 - 1";
    CutMix mixer(1.0, n, rng);
    CHECK(error_of([&] { cutmix::cutmix(x, y, 1, n, rng); }) == expected);
    CHECK(error_of([&] { mixer(x, y); }) == expected);
    CHECK(mixer.rng() == rng);
    CHECK(rng == Philox4x32(2));
    if (power > 59) continue;
    // Dense targets of bytes, which become floats. Nothing is read: the memory is not there.
    std::uint8_t byte = 0;
    const Eigen::TensorMap<Eigen::Tensor<std::uint8_t, 2, Eigen::RowMajor>> dense(&byte, 8, n);
    CHECK(error_of([&] { cutmix::cutmix(x, dense, 1, n, rng); }) == expected);
    CHECK(error_of([&] { mixer(x, dense); }) == expected);
    CHECK(mixer.rng() == rng);
    CHECK(rng == Philox4x32(2));
  }
}

TEST_CASE("values read back from their messages") {
  for (const double value : {0.1, 1.0 / 3, 1e300, -2.5e-310, 123456789.0, 1.0000000000000002})
    CHECK(std::strtod(cutmix::detail::text_of("%", {value}).c_str(), nullptr) == value);
  CHECK(cutmix::detail::text_of("%", {0.1}) == "0.1");
}
