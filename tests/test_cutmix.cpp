// The reference's five functions, on Eigen tensors: cutmix() and what it is made of.

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "eigen_support.hpp"

using namespace testing;
using cutmix::CutMix;
using cutmix::Options;
using cutmix::Philox4x32;

namespace {

using Images = Eigen::Tensor<float, 4, Eigen::RowMajor>;
using Ids = Eigen::Tensor<int, 1, Eigen::RowMajor>;
using Dense = Eigen::Tensor<float, 2, Eigen::RowMajor>;

Images numbered_images(Index B, Index C, Index H, Index W) {
  Images x(B, C, H, W);
  number_scalars(x);
  return x;
}

Ids ids_of(Index B, Index n) {
  Ids y(B);
  for (Index b = 0; b < B; ++b) y(b) = static_cast<int>((b * 7 + 3) % n);
  return y;
}

// What cutmix() should return for a plan of one box.
template <class Tensor, class Targets>
void check_result(const Tensor& x, const Ids& y, const Plan& plan, Index n, const Tensor& x_out,
                  const Targets& y_out) {
  CHECK(same_bytes(x_out, mixed_naively(plan, x)));
  REQUIRE(y_out.dimension(0) == y.dimension(0));
  REQUIRE(y_out.dimension(1) == n);
  const BBox& box = plan.patches[0].box;
  const double inside = static_cast<double>((box.x2 - box.x1) * (box.y2 - box.y1));
  const double lambda = 1 - inside / static_cast<double>(plan.shape.height * plan.shape.width);
  for (Index b = 0; b < y.dimension(0); ++b)
    for (Index j = 0; j < n; ++j) {
      const bool own = y(b) == j, partner = y(plan.indices[nth(b)]) == j;
      const double expected = own && partner ? 1 : own ? lambda : partner ? 1 - lambda : 0;
      CHECK(y_out(b, j) == static_cast<float>(expected));
    }
}

}  // namespace

TEST_CASE("cutmix() and the functor draw the same from the same seed") {
  const Images x = numbered_images(6, 2, 9, 13);
  const Ids y = ids_of(6, 5);
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    Philox4x32 rng(seed), plan_rng(seed);
    const auto [x_free, y_free] = cutmix::cutmix(x, y, 0.8, 5, rng);
    CutMix mixer(0.8, 5, Philox4x32(seed));
    const auto [x_mixed, y_mixed] = mixer(x, y);
    CHECK(same_bytes(x_free, x_mixed));
    CHECK(same_bytes(y_free, y_mixed));
    Options options;
    options.alpha = 0.8;
    const Plan plan = cutmix::make_plan(x, options, plan_rng);
    CHECK(mixer.plan() == plan);
    CHECK(mixer.rng() == rng);
    CHECK(plan_rng == rng);
    check_result(x, y, plan, 5, x_free, y_free);
  }
}

TEST_CASE("whatever is given costs no draws, and a given box wins over a given lambda") {
  const Images x = numbered_images(4, 1, 7, 10);
  const Ids y = ids_of(4, 3);
  const BBox box{2, 1, 9, 5};
  const Indices indices{2, 2, 0, 1};
  const auto spent = [&](auto... given) {
    Scripted32 rng;
    cutmix::cutmix(x, y, 1.0, 3, rng, given...);
    return rng.spent();
  };
  using Lambda = std::optional<double>;
  using Box = std::optional<BBox>;
  using Given = std::optional<Indices>;
  CHECK(spent() == 3 + 4 + 2);
  CHECK(spent(Lambda(0.5)) == 3 + 2);
  CHECK(spent(Lambda(), Box(box)) == 3 + 4);
  CHECK(spent(Lambda(), Box(), Given(indices)) == 4 + 2);
  CHECK(spent(Lambda(0.5), Box(box)) == 3);
  CHECK(spent(Lambda(0.5), Box(), Given(indices)) == 2);
  CHECK(spent(Lambda(), Box(box), Given(indices)) == 4);
  CHECK(spent(Lambda(0.5), Box(box), Given(indices)) == 0);

  Scripted32 unused;
  const auto [x_out, y_out] = cutmix::cutmix(x, y, 1.0, 3, unused, 0.99, box, indices);
  check_result(x, y, plan_of(indices, box, 7, 10), 3, x_out, y_out);
}

TEST_CASE("a given lambda is the share of rand_bbox, and the box's share is the weight") {
  const Images x = numbered_images(3, 1, 8, 16);
  const Ids y = ids_of(3, 4);
  for (std::uint32_t seed = 0; seed < 30; ++seed) {
    const double lambda = seed / 29.0;
    Philox4x32 rng(seed), other(seed);
    const auto [x_out, y_out] = cutmix::cutmix(x, y, 1.0, 4, rng, lambda);
    const Indices indices = cutmix::gen_indices(x, other);
    const BBox box = cutmix::rand_bbox(16, 8, lambda, other);
    CHECK(rng == other);
    check_result(x, y, plan_of(indices, box, 8, 16), 4, x_out, y_out);
  }
}

TEST_CASE("the order of the draws: indices, lambda, cx, cy") {
  const Images x = numbered_images(3, 1, 8, 16);
  const Ids y = ids_of(3, 2);
  // Small words pick index 0 (the word 0 itself is one too many for 3 and would be drawn again).
  const std::vector<std::uint32_t> shuffle{1u, 1u};
  const std::vector<std::uint32_t> beta{0x80000000u, 0u, 0u, 0u};
  const std::vector<std::uint32_t> centre{0x40000000u, 0xC0000000u};
  std::vector<std::uint32_t> words = shuffle;
  words.insert(words.end(), beta.begin(), beta.end());
  words.insert(words.end(), centre.begin(), centre.end());
  Scripted32 rng(words), lambda_rng(beta), unused;
  const auto [x_out, y_out] = cutmix::cutmix(x, y, 1.0, 2, rng);
  CHECK(rng.spent() == words.size());
  const double lambda = cutmix::gen_cutmix_lambda(1.0, lambda_rng);
  const BBox box = cutmix::rand_bbox(16, 8, lambda, unused, 4, 6);
  // i = 3 swaps the last with 0: {2, 1, 0}; i = 2 swaps 1 with 0: {1, 2, 0}
  check_result(x, y, plan_of({1, 2, 0}, box, 8, 16), 2, x_out, y_out);
}

TEST_CASE("x runs along W, the last axis, in either layout") {
  // Fault: W and H swapped. The box is all columns of one row, then all rows of one column.
  const Ids y = ids_of(2, 2);
  const auto check = [&](auto x) {
    const Index C = x.dimension(1), H = x.dimension(2), W = x.dimension(3);
    number_scalars(x);
    for (const BBox& box : {BBox{0, 2, W, 3}, BBox{5, 0, 6, H}, BBox{1, 2, 6, 4}}) {
      Scripted32 rng;
      const auto mixed = cutmix::cutmix(x, y, 1.0, 2, rng, std::nullopt, box, Indices{1, 0}).first;
      for (Index b = 0; b < 2; ++b)
        for (Index c = 0; c < C; ++c)
          for (Index row = 0; row < H; ++row)
            for (Index column = 0; column < W; ++column)
              CHECK(mixed(b, c, row, column) ==
                    x(covers(box, column, row) ? 1 - b : b, c, row, column));
    }
  };
  check(Images(2, 2, 4, 7));
  check(Eigen::Tensor<float, 4>(2, 2, 4, 7));
  check(Eigen::Tensor<std::int16_t, 4>(2, 1, 5, 9));
}

TEST_CASE("the types of the results") {
  Philox4x32 rng(1);
  const Images x = numbered_images(2, 1, 3, 4);
  const Eigen::TensorMap<Eigen::Tensor<const float, 4, Eigen::RowMajor>> map(x.data(), 2, 1, 3, 4);
  const Ids ids = ids_of(2, 3);
  const auto check = [](auto&& pair, auto x_expected, auto y_expected) {
    using Pair = std::decay_t<decltype(pair)>;
    STATIC_REQUIRE(std::is_same_v<typename Pair::first_type, decltype(x_expected)>);
    STATIC_REQUIRE(std::is_same_v<typename Pair::second_type, decltype(y_expected)>);
  };
  check(cutmix::cutmix(x, ids, 1, 3, rng), Images(), Dense());
  check(cutmix::cutmix(map, ids, 1, 3, rng), Images(), Dense());
  Eigen::Tensor<std::uint8_t, 3> bytes(2, 3, 4);
  bytes.setZero();
  Eigen::Tensor<std::int64_t, 1> column_ids(2);
  column_ids.setValues({1, 2});
  check(cutmix::cutmix(bytes, column_ids, 1, 3, rng), Eigen::Tensor<std::uint8_t, 3>(),
        Eigen::Tensor<float, 2>());
  Eigen::TensorFixedSize<double, Eigen::Sizes<2, 1, 3, 4>> fixed;
  fixed.setZero();
  Eigen::Tensor<Eigen::half, 2> soft(2, 3);
  soft.setConstant(Eigen::half(1.0f));
  check(cutmix::cutmix(fixed, soft, 1, 3, rng), Eigen::Tensor<double, 4>(),
        Eigen::Tensor<Eigen::half, 2>());
  Eigen::Tensor<int, 2> one_hot(2, 3);
  one_hot.setZero();
  check(cutmix::cutmix(x, one_hot, 1, 3, rng), Images(), Eigen::Tensor<float, 2>());
  Eigen::Tensor<double, 3> dense(2, 2, 2);
  dense.setZero();
  check(cutmix::cutmix(x, dense, 1, 3, rng), Images(), Eigen::Tensor<double, 3>());
  check(cutmix::cutmix(x, Eigen::Vector2i(0, 1), 1, 3, rng), Images(), Eigen::MatrixXf());
  check(cutmix::cutmix(x, Eigen::Array2i(0, 1), 1, 3, rng), Images(), Eigen::ArrayXXf());
  check(cutmix::cutmix(x, Eigen::MatrixXd::Zero(2, 3).eval(), 1, 3, rng), Images(),
        Eigen::MatrixXd());
  check(cutmix::cutmix(x, Eigen::MatrixXi::Zero(2, 3).eval(), 1, 3, rng), Images(),
        Eigen::MatrixXf());
  check(cutmix::cutmix(x, std::vector<int>{0, 1}, 1, 3, rng), Images(), Dense());
  check(cutmix::cutmix(x, std::vector<float>{0, 1}, 1, 3, rng), Images(),
        Eigen::Tensor<float, 1, Eigen::RowMajor>());
}

TEST_CASE("dense targets and integers are mixed as they are") {
  const Images x = numbered_images(2, 1, 2, 4);
  Scripted32 rng;
  const BBox quarter{0, 0, 1, 2};
  Eigen::Tensor<int, 2> one_hot(2, 3);
  one_hot.setValues({{1, 0, 0}, {0, 0, 2}});
  const auto from_integers =
      cutmix::cutmix(x, one_hot, 1, 3, rng, 0.5, quarter, Indices{1, 0}).second;
  CHECK((from_integers(0, 0) == 0.75f && from_integers(0, 2) == 0.5f));
  CHECK((from_integers(1, 0) == 0.25f && from_integers(1, 2) == 1.5f));
  Eigen::Tensor<double, 3> dense(2, 1, 2);
  dense.setValues({{{4, 8}}, {{0, 16}}});
  const auto mixed = cutmix::cutmix(x, dense, 1, 3, rng, 0.5, quarter, Indices{1, 0}).second;
  CHECK((mixed(0, 0, 0) == 3 && mixed(0, 0, 1) == 10));
  CHECK((mixed(1, 0, 0) == 1 && mixed(1, 0, 1) == 14));
  CHECK(rng.spent() == 0);
}

TEST_CASE("the inputs stay as they are") {
  // Fault: in-place writes into the data set's own arrays.
  const Images x = numbered_images(5, 2, 6, 7), before = x;
  const Ids y = ids_of(5, 4), y_before = y;
  Philox4x32 rng(3);
  for (int i = 0; i < 10; ++i) cutmix::cutmix(x, y, 1.0, 4, rng);
  CHECK(same_bytes(x, before));
  CHECK(same_bytes(y, y_before));
}

TEST_CASE("any batch: none, one, odd; images of one pixel") {
  Philox4x32 rng(4);
  for (const Index B : {0, 1, 2, 3, 7}) {
    const Images x = numbered_images(B, 2, 1, 1);
    const Ids y = ids_of(B, 2);
    const auto [x_out, y_out] = cutmix::cutmix(x, y, 1.0, 2, rng);
    CHECK(same_bytes(x_out, x));
    REQUIRE(y_out.dimension(0) == B);
    for (Index b = 0; b < B; ++b) CHECK(y_out(b, y(b)) == 1);
  }
  // With a box given there is nothing to draw, and images without pixels are no error.
  const Images empty(8, 2, 5, 0);
  const Ids y = ids_of(8, 2);
  const auto [x_out, y_out] = cutmix::cutmix(empty, y, 1, 2, rng, std::nullopt, BBox{});
  CHECK(x_out.size() == 0);
  for (Index b = 0; b < 8; ++b) CHECK(y_out(b, y(b)) == 1);
}

TEST_CASE("gen_indices is a permutation of the first axis, whatever the layout") {
  const auto check = [](const auto& x, Index batch) {
    Scripted32 rng;
    Philox4x32 a(5), b(5);
    Indices indices = cutmix::gen_indices(x, a);
    CHECK(indices == cutmix::random_permutation(batch, b));
    CHECK(a == b);
    std::sort(indices.begin(), indices.end());
    for (Index i = 0; i < batch; ++i) CHECK(indices[nth(i)] == i);
    CHECK(static_cast<Index>(cutmix::gen_indices(x, rng).size()) == batch);
    CHECK(rng.spent() == nth(std::max(batch - 1, Index{0})));
  };
  check(Images(7, 1, 2, 3), 7);
  check(Eigen::Tensor<int, 3>(5, 8, 9), 5);
  check(Images(0, 1, 2, 3), 0);
  check(std::vector<int>(4), 4);
  check(Eigen::MatrixXf(6, 3), 6);
}

namespace {

// Images of somebody else's, whose last axis is the batch.
struct BatchLast {
  Index height, width, batch;
  std::vector<float> data;

  BatchLast(Index rows, Index columns, Index samples)
      : height(rows), width(columns), batch(samples), data(nth(rows * columns * samples)) {}
  cutmix::Sizes sizes() const { return {height, width, batch}; }
  float at(Index row, Index column, Index b) const {
    return data[nth((row * width + column) * batch + b)];
  }
};

}  // namespace

template <>
struct cutmix::TensorTraits<BatchLast> {
  static BatchView view(BatchLast& x) { return cutmix::view(x.data.data(), x.sizes(), "HWB"); }
  static ConstBatchView view(const BatchLast& x) {
    return cutmix::view(x.data.data(), x.sizes(), "HWB");
  }
  static BatchLast like(const BatchLast& x) { return BatchLast(x.height, x.width, x.batch); }
};

TEST_CASE("the batch is the axis that a tensor type's letters name") {
  // Fault: as many partners were drawn as the first axis is long, and others read behind them.
  for (const auto& [H, W, B] : {std::array<Index, 3>{2, 6, 7}, {7, 6, 2}, {3, 1, 5}, {4, 3, 0}}) {
    BatchLast x(H, W, B);
    for (std::size_t i = 0; i < x.data.size(); ++i) x.data[i] = static_cast<float>(i);
    Philox4x32 a(8), b(8), c(8), rng(9), twin(9);
    const Indices permutation = cutmix::random_permutation(B, a);
    CHECK(cutmix::gen_indices(x, b) == permutation);
    CHECK(cutmix::gen_indices(cutmix::view(x.data.data(), x.sizes(), "HWB"), c) == permutation);
    const auto [x_out, y_out] = cutmix::cutmix(x, ids_of(B, 3), 1.0, 3, rng);
    const Indices partners = cutmix::random_permutation(B, twin);
    const double lambda = cutmix::gen_cutmix_lambda(1.0, twin);
    const BBox box = cutmix::ReferenceLaw{}(ImageSize{W, H}, lambda, twin);
    CHECK(rng == twin);
    CHECK((y_out.dimension(0) == B && y_out.dimension(1) == 3));
    for (Index row = 0; row < H; ++row)
      for (Index column = 0; column < W; ++column)
        for (Index i = 0; i < B; ++i)
          CHECK(x_out.at(row, column, i) ==
                x.at(row, column, covers(box, column, row) ? partners[nth(i)] : i));
  }
}

TEST_CASE("adjust_lambda is the share of pixels outside the box") {
  Dice dice(6);
  for (int i = 0; i < 200; ++i) {
    const Index height = dice.roll(1, 9), width = dice.roll(1, 12);
    const BBox box = random_box(dice, {1, height, width});
    Index outside = 0;
    for (Index row = 0; row < height; ++row)
      for (Index column = 0; column < width; ++column) outside += covers(box, column, row) ? 0 : 1;
    const double expected = static_cast<double>(outside) / static_cast<double>(height * width);
    CHECK(std::abs(cutmix::adjust_lambda(dice.share(), Images(2, 3, height, width), box) -
                   expected) < 1e-15);
    CHECK(
        std::abs(cutmix::adjust_lambda(0.5, Eigen::Tensor<std::uint8_t, 3>(2, height, width), box) -
                 expected) < 1e-15);
  }
  CHECK(cutmix::adjust_lambda(0.5, Images(1, 1, 5, 6), BBox{6, 5, 6, 5}) ==
        1);  // empty, in a corner
  CHECK(cutmix::adjust_lambda(0.5, Images(1, 1, 5, 6), BBox{0, 0, 6, 5}) == 0);
}

namespace {

template <class N, class = void>
constexpr bool takes_n_classes = false;
template <class N>
constexpr bool takes_n_classes<N, std::void_t<decltype(cutmix::cutmix(
                                      std::declval<const Images&>(), std::declval<const Ids&>(),
                                      1.0, std::declval<N>(), std::declval<Philox4x32&>()))>> =
    true;

}  // namespace

TEST_CASE("a floating number of classes is refused: alpha stands first") {
  STATIC_REQUIRE(takes_n_classes<int>);
  STATIC_REQUIRE(takes_n_classes<Index>);
  STATIC_REQUIRE(takes_n_classes<unsigned char>);
  STATIC_REQUIRE(!takes_n_classes<float>);
  STATIC_REQUIRE(!takes_n_classes<double>);
}
