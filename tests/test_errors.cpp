// Every error: its message, and that nothing was written, drawn or changed before it.

#define EIGEN_USE_THREADS

#include <limits>

#include "support.hpp"

using namespace testing;
using cutmix::CutMix;
using cutmix::LabelOptions;
using cutmix::mix_images;
using cutmix::mix_images_in_place;
using cutmix::mix_labels;
using cutmix::mix_masks;
using cutmix::Options;
using cutmix::Philox4x32;

namespace {

constexpr double quiet_nan = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

using Images = Eigen::Tensor<float, 4, Eigen::RowMajor>;
using Dense = Eigen::Tensor<float, 2, Eigen::RowMajor>;
using Ids = Eigen::Tensor<int, 1>;

// A batch that fits itself, with outputs whose bytes are watched.
struct Batch {
  Images x{8, 2, 5, 6}, x_out{8, 2, 5, 6};
  Ids y{8};
  Dense y_out{8, 4}, dense{8, 4};
  Philox4x32 rng{1};

  Batch() {
    number_scalars(x);
    for (int b = 0; b < 8; ++b) y(b) = b % 4;
    dense.setConstant(0.25f);
    x_out.setConstant(-7);
    y_out.setConstant(-7);
  }

  // The message of a call that must fail, having written and drawn nothing.
  template <class Call>
  std::string error(const Call& call) {
    const Images x_before = x, x_out_before = x_out;
    const Ids y_before = y;
    const Dense y_out_before = y_out, dense_before = dense;
    const Philox4x32 rng_before = rng;
    const std::string message = error_of(call);
    CHECK(same_bytes(x, x_before));
    CHECK(same_bytes(x_out, x_out_before));
    CHECK(same_bytes(y, y_before));
    CHECK(same_bytes(y_out, y_out_before));
    CHECK(same_bytes(dense, dense_before));
    CHECK(rng == rng_before);
    return message;
  }
};

const Plan good{{1, 0, 2, 3, 4, 5, 6, 7}, {{1, 1, 3, 4}}, {1 - 6.0 / 30}};

}  // namespace

TEST_CASE("alpha") {
  Batch batch;
  for (const auto& [alpha, text] : {std::pair{-1.0, "-1"}, std::pair{-5e-324, "-4.94066e-324"},
                                    std::pair{quiet_nan, "nan"}, std::pair{-inf, "-inf"}}) {
    const std::string expected =
        std::string("cutmix: alpha = ") + text + ", must satisfy alpha >= 0";
    CHECK(batch.error([&, a = alpha] { cutmix::gen_cutmix_lambda(a, batch.rng); }) == expected);
    CHECK(batch.error([&, a = alpha] { cutmix::cutmix(batch.x, batch.y, a, 4, batch.rng); }) ==
          expected);
    CHECK(batch.error([&, a = alpha] { CutMix(a, 4, batch.rng); }) == expected);
    CHECK(batch.error([&, a = alpha] {
      Options options;
      options.alpha = a;
      cutmix::make_plan(batch.x, options, batch.rng);
    }) == expected);
  }
}

TEST_CASE("lambda") {
  Batch batch;
  for (const auto& [lambda, text] :
       {std::pair{-0.1, "-0.1"}, std::pair{1.0000000000000002, "1.0000000000000002"},
        std::pair{quiet_nan, "nan"}}) {
    const std::string expected =
        std::string("cutmix: cutmix_lambda = ") + text + ", must be in [0, 1]";
    CHECK(batch.error([&, l = lambda] { cutmix::rand_bbox(5, 5, l, batch.rng); }) == expected);
    CHECK(batch.error([&, l = lambda] {
      cutmix::adjust_lambda(l, batch.x, BBox{0, 0, 1, 1});
    }) == expected);
    CHECK(batch.error([&, l = lambda] {
      cutmix::cutmix(batch.x, batch.y, 1, 4, batch.rng, l, BBox{0, 0, 1, 1});
    }) == expected);
  }
}

TEST_CASE("boxes") {
  Batch batch;  // 5 rows of 6 columns
  for (const BBox& box : {BBox{-1, 0, 2, 2}, BBox{0, -1, 2, 2}, BBox{0, 0, 7, 2}, BBox{0, 0, 2, 6},
                          BBox{3, 0, 2, 2}, BBox{0, 3, 2, 2}}) {
    std::ostringstream shown;
    shown << box;
    const std::string rule =
        shown.str() + ", must satisfy 0 <= x1 <= x2 <= 6 and 0 <= y1 <= y2 <= 5";
    CHECK(batch.error([&] { cutmix::adjust_lambda(0.5, batch.x, box); }) ==
          "cutmix: bbox = " + rule);
    CHECK(batch.error([&] {
      cutmix::cutmix(batch.x, batch.y, 1, 4, batch.rng, std::nullopt, box);
    }) == "cutmix: bbox = " + rule);
    Plan plan = good;
    plan.boxes = {box};
    CHECK(batch.error([&] { mix_images(plan, batch.x, batch.x_out); }) ==
          "cutmix: boxes[0] = " + rule);
    CHECK(batch.error([&] { mix_images_in_place(plan, batch.x); }) == "cutmix: boxes[0] = " + rule);
    // A law of the caller's own is not trusted either, and fails before anything is written.
    Options options;
    options.box_law = [box](Index, Index, double, auto&) { return box; };
    CutMix mixer(options, 4, Philox4x32(1));
    CHECK(batch.error([&] { mixer(batch.x, batch.y, batch.x_out, batch.y_out); }) ==
          "cutmix: bbox = " + rule);
  }
  CHECK(cutmix::adjust_lambda(0.5, batch.x, BBox{6, 5, 6, 5}) == 1);  // empty at the far corner
}

TEST_CASE("centres and sizes of images") {
  Batch batch;
  auto& rng = batch.rng;
  CHECK(batch.error([&] { cutmix::rand_bbox(6, 5, 0.5, rng, 6); }) ==
        "cutmix: cx = 6, must be in [0, 6)");
  CHECK(batch.error([&] { cutmix::rand_bbox(6, 5, 0.5, rng, -1); }) ==
        "cutmix: cx = -1, must be in [0, 6)");
  CHECK(batch.error([&] { cutmix::rand_bbox(6, 5, 0.5, rng, 0, 5); }) ==
        "cutmix: cy = 5, must be in [0, 5)");
  CHECK(batch.error([&] { cutmix::rand_bbox(0, 5, 0.5, rng); }) ==
        "cutmix: W = 0, must be at least 1 where a box is drawn");
  CHECK(batch.error([&] { cutmix::rand_bbox(5, -2, 0.5, rng); }) ==
        "cutmix: H = -2, must be at least 1 where a box is drawn");
  Images empty(8, 2, 5, 0);
  CHECK(batch.error([&] { cutmix::cutmix(empty, batch.y, 1, 4, rng); }) ==
        "cutmix: W = 0, must be at least 1 where a box is drawn");
  CHECK(batch.error([&] { cutmix::make_plan(empty, Options{}, rng); }) ==
        "cutmix: W = 0, must be at least 1 where a box is drawn");
  CHECK(batch.error([&] { cutmix::make_plan(-1, 5, 5, Options{}, rng); }) ==
        "cutmix: B = -1, must be at least 0");
  // With a box given there is nothing to draw, and nothing wrong.
  CHECK(cutmix::cutmix(empty, batch.y, 1, 4, rng, std::nullopt, BBox{}).first.size() == 0);
}

TEST_CASE("indices") {
  Batch batch;
  const auto with = [&](Indices indices) {
    Plan plan = good;
    plan.indices = indices;
    const std::string applied = batch.error([&] { mix_images(plan, batch.x, batch.x_out); });
    CHECK(batch.error([&] { mix_labels(plan, batch.y, 4, batch.y_out); }) == applied);
    CHECK(batch.error([&] { mix_labels(plan, batch.dense, batch.y_out); }) == applied);
    CHECK(batch.error([&] {
      cutmix::cutmix(batch.x, batch.y, 1, 4, batch.rng, std::nullopt, std::nullopt, indices);
    }) == applied);
    Options options;
    options.indices = indices;
    CHECK(batch.error([&] { cutmix::make_plan(batch.x, options, batch.rng); }) == applied);
    return applied;
  };
  CHECK(with({0, 1, 2, 9, 4, 5, 6, 7}) == "cutmix: indices[3] = 9, must be in [0, 8)");
  CHECK(with({-1, 1, 2, 3, 4, 5, 6, 7}) == "cutmix: indices[0] = -1, must be in [0, 8)");
  CHECK(with({0, 1, 2}) == "cutmix: size of indices = 3, must be 8, the batch size");
  Plan repeats = good;
  repeats.indices = {1, 2, 0, 2, 4, 5, 6, 7};
  CHECK(batch.error([&] { mix_images_in_place(repeats, batch.x); }) ==
        "cutmix: indices[3] = 2, must stand there once: in place needs a permutation");
  repeats.indices = {0, 0, 2, 3, 4, 5, 6, 7};
  CHECK(batch.error([&] { mix_images_in_place(repeats, batch.x); }) ==
        "cutmix: indices[1] = 0, must stand there once: in place needs a permutation");
}

TEST_CASE("a plan that does not fit the batch") {
  Batch batch;
  const auto with = [&](const Plan& plan) {
    const std::string message = batch.error([&] { mix_images(plan, batch.x, batch.x_out); });
    CHECK(batch.error([&] { mix_images_in_place(plan, batch.x); }) == message);
    CHECK(batch.error([&] { mix_masks(plan, batch.x, batch.x_out); }) == message);
    return message;
  };
  Plan plan = good;
  plan.boxes.resize(3);
  CHECK(with(plan) == "cutmix: size of boxes = 3, must be 1 or 8, the batch size");
  plan = good;
  plan.lambdas.clear();
  CHECK(with(plan) == "cutmix: size of lambdas = 0, must be 1, as of boxes");
  plan = good;
  plan.lambdas[0] = quiet_nan;
  CHECK(with(plan) == "cutmix: lambdas[0] = nan, must be in [0, 1]");
  plan.lambdas[0] = 1.5;
  CHECK(with(plan) == "cutmix: lambdas[0] = 1.5, must be in [0, 1]");
  // Drawn for images of another size: the label weight would not be the pixel share.
  plan.lambdas[0] = 0.5;
  CHECK(with(plan) ==
        "cutmix: lambdas[0] = 0.5, must be 0.8, the share that boxes[0] leaves of 5 x 6 pixels");
  plan = Plan{{}, {BBox{}}, {1}};
  CHECK(with(plan) == "cutmix: size of indices = 0, must be 8, the batch size");
}

TEST_CASE("shapes that differ, and outputs that overlap") {
  Batch batch;
  Images small(8, 2, 5, 5);
  CHECK(batch.error([&] { mix_images(good, batch.x, small); }) ==
        "cutmix: x_out.dimension(3) = 5, must be 6, as of x");
  Dense narrow(8, 3), short_out(7, 4);
  CHECK(batch.error([&] { mix_labels(good, batch.y, 4, narrow); }) ==
        "cutmix: width of y_out = 3, must be 4, the number of classes");
  CHECK(batch.error([&] { mix_labels(good, batch.y, 4, short_out); }) ==
        "cutmix: size of y_out along the batch = 7, must be 8, as of y");
  CHECK(batch.error([&] { mix_labels(good, batch.dense, narrow); }) ==
        "cutmix: shape of y_out = 8 x 3, must be 8 x 4, as of y");
  Ids seven(7);
  seven.setZero();
  CHECK(batch.error([&] { cutmix::cutmix(batch.x, seven, 1, 4, batch.rng); }) ==
        "cutmix: size of y along the batch = 7, must be 8, as of x");
  CHECK(batch.error([&] { mix_labels(good, seven, 4, short_out); }) ==
        "cutmix: size of indices = 8, must be 7, the batch size");

  // x_out begins within x, or x within x_out, or they are the same.
  std::vector<float> memory(2000, 1.0f);
  using Map = Eigen::TensorMap<Images>;
  const Map x(memory.data() + 100, 8, 2, 5, 6);
  for (const std::ptrdiff_t shift : {-100, -1, 0, 1, 479}) {
    const Map out(memory.data() + 100 + shift, 8, 2, 5, 6);
    CHECK(batch.error([&] { mix_images(good, x, out); }) ==
          "cutmix: distance in bytes from x to x_out = " + std::to_string(4 * shift) +
              ", must leave no overlap; use mix_images_in_place to write over images");
  }
  mix_images(good, x, Map(memory.data() + 100 + 480, 8, 2, 5, 6));
  CHECK(batch.error([&] { mix_labels(good, batch.dense, batch.dense); }) ==
        "cutmix: distance in bytes from y to y_out = 0, must leave no overlap");
  std::vector<const float*> samples(8, memory.data() + 100);
  CHECK(batch.error([&] { cutmix::collate(good, samples, Map(memory.data() + 90, 8, 2, 5, 6)); }) ==
        "cutmix: distance in bytes from a sample to x_out = -40, must leave no overlap");
}

TEST_CASE("classes and ids") {
  Batch batch;
  auto& rng = batch.rng;
  for (const Index n : {0, -3}) {
    const std::string expected =
        "cutmix: n_classes = " + std::to_string(n) + ", must be at least 1";
    CHECK(batch.error([&] { cutmix::cutmix(batch.x, batch.y, 1, n, rng); }) == expected);
    CHECK(batch.error([&] { mix_labels(good, batch.y, n, batch.y_out); }) == expected);
    CHECK(batch.error([&] { CutMix(1.0, n, rng); }) == expected);
  }
  CHECK(batch.error([&] { cutmix::cutmix(batch.x, batch.dense, 1, 5, rng); }) ==
        "cutmix: n_classes = 5, must be 4, the width of y");
  batch.y(5) = 4;
  CutMix mixer(1.0, 4, rng);
  const std::string outside = "cutmix: y[5] = 4, must be in [0, 4)";
  CHECK(batch.error([&] { cutmix::cutmix(batch.x, batch.y, 1, 4, rng); }) == outside);
  CHECK(batch.error([&] { mix_labels(good, batch.y, 4, batch.y_out); }) == outside);
  CHECK(batch.error([&] { mixer(batch.x, batch.y, batch.x_out, batch.y_out); }) == outside);
  CHECK(batch.error([&] { mixer.in_place(batch.x, batch.y, batch.y_out); }) == outside);
  CHECK(mixer.rng() == rng);
  batch.y(5) = -1;
  CHECK(batch.error([&] { mixer(batch.x, batch.y); }) == "cutmix: y[5] = -1, must be in [0, 4)");
  const std::vector<std::uint8_t> bytes{0, 1, 2, 3, 0, 1, 200, 3};
  CHECK(batch.error([&] { mixer(batch.x, bytes); }) == "cutmix: y[6] = 200, must be in [0, 4)");
  const std::vector<std::uint64_t> huge(8, ~std::uint64_t{0});
  CHECK(batch.error([&] { mixer(batch.x, huge); }) ==
        "cutmix: y[0] = 18446744073709551615, must be in [0, 4)");
}

TEST_CASE("options") {
  Batch batch;
  Options options;
  options.prob = 1.5;
  CHECK(batch.error([&] { cutmix::make_plan(batch.x, options, batch.rng); }) ==
        "cutmix: prob = 1.5, must be in [0, 1]");
  options.prob = quiet_nan;
  CHECK(batch.error([&] { CutMix(options, 4, batch.rng); }) ==
        "cutmix: prob = nan, must be in [0, 1]");
  options = Options{};
  options.box_law = nullptr;
  CHECK(batch.error([&] { CutMix(options, 4, batch.rng); }) ==
        "cutmix: box_law = nullptr, must be callable");
  options = Options{};
  options.labels.smoothing = -0.1;
  CHECK(batch.error([&] { CutMix(options, 4, batch.rng); }) ==
        "cutmix: smoothing = -0.1, must be in [0, 1]");
  LabelOptions labels;
  labels.smoothing = 2;
  CHECK(batch.error([&] { mix_labels(good, batch.y, 4, batch.y_out, labels); }) ==
        "cutmix: smoothing = 2, must be in [0, 1]");
  CHECK(error_of([] { cutmix::MinMaxLaw(0.5, 0.2); }) == "cutmix: max = 0.2, must be in [0.5, 1]");
  CHECK(error_of([] { cutmix::MinMaxLaw(-0.5, 0.2); }) == "cutmix: min = -0.5, must be in [0, 1]");
  CHECK(error_of([] { cutmix::MinMaxLaw(0, quiet_nan); }) ==
        "cutmix: max = nan, must be in [0, 1]");
  Eigen::Tensor<float, 3, Eigen::RowMajor> masks(8, 5, 6), out(8, 5, 6);
  CHECK(batch.error([&] { mix_masks(good, masks, out, Axes::bhwc); }) ==
        "cutmix: rank of x = 3, must be at least 4 for axes (B, ..., H, W, C)");
}

TEST_CASE("collate") {
  Batch batch;
  using Sample = Eigen::Tensor<float, 3, Eigen::RowMajor>;
  std::vector<Sample> samples(8, Sample(2, 5, 6));
  samples[3] = Sample(2, 5, 7);
  CHECK(batch.error([&] { cutmix::collate(good, samples, batch.x_out); }) ==
        "cutmix: samples[3].dimension(2) = 7, must be 6, as of x_out");
  samples.pop_back();
  CHECK(batch.error([&] { cutmix::collate(good, samples, batch.x_out); }) ==
        "cutmix: size of samples = 7, must be 8, as of x_out");
  std::vector<const float*> pointers(8, batch.x.data());
  pointers[2] = nullptr;
  CHECK(batch.error([&] { cutmix::collate(good, pointers, batch.x_out); }) ==
        "cutmix: samples[2] = nullptr, must point at a sample");
}

TEST_CASE("losses") {
  Eigen::MatrixXf logits(2, 3), targets(2, 4), gradient(2, 3);
  logits.setZero(), targets.setZero();
  CHECK(error_of([&] { cutmix::soft_cross_entropy(logits, targets); }) ==
        "cutmix: shape of targets = 2 x 4, must be 2 x 3");
  Eigen::MatrixXf fitting = Eigen::MatrixXf::Zero(2, 3), short_gradient(1, 3);
  CHECK(error_of([&] { cutmix::soft_cross_entropy(logits, fitting, short_gradient); }) ==
        "cutmix: shape of gradient = 1 x 3, must be 2 x 3");
  CHECK(error_of([&] { cutmix::soft_cross_entropy(logits, fitting, fitting); }) ==
        "cutmix: distance in bytes from targets to gradient = 0, must leave no overlap");
  const std::vector<int> ids{0, 3};
  const Plan plan{{1, 0}, {BBox{}}, {1}};
  CHECK(error_of([&] { cutmix::mixed_accuracy(logits, ids, plan); }) ==
        "cutmix: y[1] = 3, must be in [0, 3)");
  const std::vector<int> three{0, 1, 2};
  CHECK(error_of([&] { cutmix::mixed_accuracy(logits, three, plan); }) ==
        "cutmix: shape of scores = 2 x 3, must be 3 x 3");
}

TEST_CASE("values read back from their messages") {
  for (const double value : {0.1, 1.0 / 3, 1e300, -2.5e-310, 123456789.0, 1.0000000000000002})
    CHECK(std::strtod(cutmix::detail::to_text(value).c_str(), nullptr) == value);
  CHECK(cutmix::detail::to_text(0.1) == "0.1");
}
