// Labels: the weights of the plan, on every kind of target, against a naive sum in double.

#include <cstring>
#include <limits>
#include <vector>

#include "support.hpp"

using namespace testing;
using cutmix::LabelOptions;
using cutmix::make_plan;
using cutmix::mix_labels;
using cutmix::Options;
using cutmix::partner_labels;
using cutmix::Philox4x32;
using cutmix::Scope;

namespace {

double lambda_of(const Plan& plan, Index b) {
  return plan.lambdas.size() == 1 ? plan.lambdas[0] : plan.lambdas[static_cast<std::size_t>(b)];
}

// What row b, class j of mixed ids is, from the definition.
double expected_weight(const Plan& plan, const std::vector<Index>& ids, Index n, Index b, Index j,
                       const LabelOptions& options = {}) {
  const auto label = [&](Index id) {
    if (options.ignore_id && id == *options.ignore_id) return 0.0;
    return (id == j ? 1 - options.smoothing : 0) + options.smoothing / static_cast<double>(n);
  };
  const Index partner = plan.indices[static_cast<std::size_t>(b)];
  return lambda_of(plan, b) * label(ids[static_cast<std::size_t>(b)]) +
         (1 - lambda_of(plan, b)) * label(ids[static_cast<std::size_t>(partner)]);
}

Plan random_plan(Dice& dice, Index B) {
  Options options;
  options.alpha = 0.7;
  options.scope = dice.roll(0, 1) ? Scope::batch : Scope::sample;
  options.prob = dice.roll(0, 3) ? 1 : 0.5;
  options.indices = Indices{};
  for (Index b = 0; b < B; ++b) options.indices->push_back(dice.roll(0, std::max<Index>(B - 1, 0)));
  return make_plan(B, 9, 11, options, dice.engine());
}

template <class Out>
void check_ids(const Plan& plan, const std::vector<Index>& ids, Index n, const Out& out,
               double tolerance, const LabelOptions& options = {}) {
  for (Index b = 0; b < static_cast<Index>(ids.size()); ++b)
    for (Index j = 0; j < n; ++j)
      REQUIRE(std::abs(static_cast<double>(out(b, j)) -
                       expected_weight(plan, ids, n, b, j, options)) <= tolerance);
}

template <class Scalar, int Layout>
void check_tensor_ids(std::uint32_t seed, double tolerance) {
  INFO("seed " << seed);
  Dice dice(seed);
  for (int i = 0; i < 120; ++i) {
    const Index B = dice.roll(0, 20), n = dice.roll(1, i % 4 ? 12 : 70);
    const Plan plan = random_plan(dice, B);
    LabelOptions options;
    if (i % 3 == 1) options.smoothing = static_cast<double>(dice.roll(0, 10)) / 10;
    if (i % 5 >= 3) options.ignore_id = i % 2 ? -100 : 0;
    std::vector<Index> ids;
    Eigen::Tensor<int, 1> y(B);
    for (Index b = 0; b < B; ++b) {
      ids.push_back(options.ignore_id && dice.roll(0, 2) == 0 ? *options.ignore_id
                                                              : dice.roll(0, n - 1));
      y(b) = static_cast<int>(ids.back());
    }
    Eigen::Tensor<Scalar, 2, Layout> out(B, n);
    out.setConstant(static_cast<Scalar>(9.0f));
    mix_labels(plan, y, n, out, options);
    check_ids(plan, ids, n, out, tolerance, options);
  }
}

}  // namespace

TEST_CASE("class ids to dense, every floating scalar, both layouts") {
  check_tensor_ids<float, Eigen::RowMajor>(500, 1e-7);
  check_tensor_ids<float, Eigen::ColMajor>(501, 1e-7);
  check_tensor_ids<double, Eigen::RowMajor>(502, 1e-15);
  check_tensor_ids<Eigen::half, Eigen::ColMajor>(503, 5e-4);
  check_tensor_ids<Eigen::bfloat16, Eigen::RowMajor>(504, 4e-3);
}

TEST_CASE("ids of any integer type keep their value") {
  // Fault: labels cast to the images' type, so that 257 becomes 256 in bfloat16.
  const Plan plan = plan_of({1, 0}, {0, 0, 1, 1}, 2, 2);
  const auto check = [&](auto zero) {
    using Id = decltype(zero);
    const std::vector<Id> ids{static_cast<Id>(100), static_cast<Id>(101)};
    Eigen::Tensor<Eigen::bfloat16, 2, Eigen::RowMajor> out(2, 300);
    mix_labels(plan, ids, 300, out);
    CHECK(static_cast<float>(out(0, 100)) == 0.75f);
    CHECK(static_cast<float>(out(0, 101)) == 0.25f);
  };
  check(std::int8_t{}), check(std::uint8_t{}), check(std::int16_t{}), check(std::uint16_t{});
  check(int{}), check(unsigned{}), check(std::int64_t{}), check(std::uint64_t{});
  const std::vector<int> large{257, 258};
  Eigen::Tensor<Eigen::bfloat16, 2> out(2, 300);
  mix_labels(plan, large, 300, out);
  CHECK(static_cast<float>(out(0, 257)) == 0.75f);
  CHECK(static_cast<float>(out(0, 256)) == 0);
}

TEST_CASE("rows sum to 1, and a sample mixed with its own class keeps all of it") {
  Philox4x32 rng(2);
  Options options;
  options.scope = Scope::sample;
  const Plan plan = make_plan(100, 20, 30, options, rng);
  std::vector<int> ids(100, 3);
  Eigen::MatrixXf out(100, 5);
  mix_labels(plan, ids, 5, out);
  for (Index b = 0; b < 100; ++b) {
    CHECK(out(b, 3) == 1.0f);
    CHECK(out.row(b).sum() == 1.0f);
  }
}

TEST_CASE("an ignored id contributes nothing") {
  const Plan plan = plan_of({1, 0, 2}, {0, 0, 1, 1}, 2, 2);  // 3/4 and 1/4
  const std::vector<int> ids{255, 1, 255};
  Eigen::MatrixXd out(3, 2);
  LabelOptions options;
  options.ignore_id = 255;
  mix_labels(plan, ids, 2, out, options);
  Eigen::MatrixXd expected(3, 2);
  expected << 0, 0.25, 0, 0.75, 0, 0;
  CHECK(out == expected);
  options.smoothing = 0.5;
  mix_labels(plan, ids, 2, out, options);
  expected << 0.0625, 0.1875, 0.1875, 0.5625, 0, 0;
  CHECK(out == expected);
}

TEST_CASE("targets as Eigen's users hold them") {
  const std::uint32_t seed = 510;
  INFO("seed " << seed);
  Dice dice(seed);
  for (int i = 0; i < 100; ++i) {
    const Index B = dice.roll(1, 9), n = dice.roll(1, 8);
    const Plan plan = random_plan(dice, B);
    std::vector<Index> ids;
    Eigen::VectorXi vector(B);
    Eigen::RowVectorXi row(B);
    Eigen::ArrayXi array(B);
    Eigen::VectorXi spread = Eigen::VectorXi::Constant(3 * B, -1);  // every third is an id
    for (Index b = 0; b < B; ++b) {
      ids.push_back(dice.roll(0, n - 1));
      vector(b) = row(b) = array(b) = spread(3 * b) = static_cast<int>(ids.back());
    }
    const Eigen::Map<const Eigen::VectorXi, 0, Eigen::InnerStride<3>> strided(spread.data(), B);
    using RowMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    Eigen::MatrixXf matrix(B, n);
    RowMatrix row_matrix(B, n);
    Eigen::ArrayXXf array_out(B, n);
    Eigen::MatrixXf wide = Eigen::MatrixXf::Constant(B + 2, n + 3, 5.0f);
    mix_labels(plan, vector, n, matrix), check_ids(plan, ids, n, matrix, 1e-7);
    mix_labels(plan, row, n, row_matrix), check_ids(plan, ids, n, row_matrix, 1e-7);
    mix_labels(plan, array, n, array_out), check_ids(plan, ids, n, array_out, 1e-7);
    matrix.setZero();
    mix_labels(plan, strided, n, Eigen::Map<Eigen::MatrixXf>(matrix.data(), B, n));
    check_ids(plan, ids, n, matrix, 1e-7);
    Eigen::Ref<Eigen::MatrixXf> part = wide.block(1, 2, B, n);
    mix_labels(plan, ids, n, part);
    check_ids(plan, ids, n, part, 1e-7);
    CHECK(wide.sum() - part.sum() == Approx(5.0f * static_cast<float>(wide.size() - part.size())));

    // Dense: matrices against the formula.
    const Eigen::MatrixXd dense = Eigen::MatrixXd::NullaryExpr(
        B, n, [&] { return static_cast<double>(dice.roll(-50, 50)) / 8; });
    Eigen::MatrixXd mixed(B, n);
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> mixed_rows(B, n);
    mix_labels(plan, dense, mixed);
    mix_labels(plan, dense, mixed_rows);
    for (Index b = 0; b < B; ++b) {
      const double l = lambda_of(plan, b);
      const Eigen::RowVectorXd expected =
          l * dense.row(b) + (1 - l) * dense.row(plan.indices[static_cast<std::size_t>(b)]);
      CHECK(mixed.row(b).isApprox(expected, 1e-14));
      CHECK(mixed_rows.row(b).isApprox(expected, 1e-14));
    }
  }
}

namespace {

template <class In, class Out, int Layout>
void check_dense(std::uint32_t seed, double tolerance) {
  INFO("seed " << seed);
  Dice dice(seed);
  for (int i = 0; i < 60; ++i) {
    const Shape<3> shape{dice.roll(0, 8), dice.roll(1, 5), dice.roll(1, 6)};
    auto y = tensor_of<Eigen::Tensor<In, 3, Layout>>(shape);
    auto out = tensor_of<Eigen::Tensor<Out, 3, Layout>>(shape);
    number_scalars(y, dice.roll(0, 99));
    const Plan plan = random_plan(dice, shape[0]);
    mix_labels(plan, y, out);
    for_each_position(shape, [&](const auto& at) {
      auto from = at;
      from[0] = plan.indices[static_cast<std::size_t>(at[0])];
      const double l = lambda_of(plan, at[0]);
      const double expected =
          l * static_cast<double>(y(at)) + (1 - l) * static_cast<double>(y(from));
      REQUIRE(std::abs(static_cast<double>(out(at)) - expected) <= tolerance * (1 + expected));
    });
  }
}

}  // namespace

TEST_CASE("dense targets of rank 3, floating and integer") {
  check_dense<float, float, Eigen::RowMajor>(520, 1e-6);
  check_dense<float, float, Eigen::ColMajor>(521, 1e-6);
  check_dense<double, double, Eigen::RowMajor>(522, 1e-15);
  check_dense<Eigen::half, Eigen::half, Eigen::RowMajor>(523, 1e-3);
  check_dense<Eigen::bfloat16, Eigen::bfloat16, Eigen::ColMajor>(524, 8e-3);
  check_dense<int, float, Eigen::RowMajor>(525, 1e-6);
  check_dense<std::uint8_t, float, Eigen::ColMajor>(526, 1e-6);
  check_dense<float, double, Eigen::RowMajor>(527, 1e-6);
}

TEST_CASE("sample weights are rank-1 dense targets") {
  const Plan plan = plan_of({1, 0}, {0, 0, 1, 1}, 2, 2);
  Eigen::Tensor<float, 1> weights(2), out(2);
  weights.setValues({1.0f, 3.0f});
  mix_labels(plan, weights, out);
  CHECK(out(0) == 1.5f);
  CHECK(out(1) == 2.5f);
  std::vector<double> list{1, 3}, list_out(2);
  mix_labels(plan, list, list_out);
  CHECK(list_out == std::vector<double>{1.5, 2.5});
}

TEST_CASE("multi-label rows mix as they are") {
  // Fault: integer one-hot is one-hotted again.
  const Plan plan = plan_of({1, 0}, {0, 0, 1, 1}, 2, 2);
  Eigen::Tensor<int, 2, Eigen::RowMajor> y(2, 3);
  y.setValues({{1, 1, 0}, {0, 1, 1}});
  Eigen::Tensor<float, 2, Eigen::RowMajor> out(2, 3);
  mix_labels(plan, y, out);
  CHECK((out(0, 0) == 0.75f && out(0, 1) == 1 && out(0, 2) == 0.25f));
  CHECK((out(1, 0) == 0.25f && out(1, 1) == 1 && out(1, 2) == 0.75f));
}

TEST_CASE("a share of nothing is not read") {
  Eigen::MatrixXf y(2, 1), out(2, 1);
  y << std::numeric_limits<float>::quiet_NaN(), 2;
  mix_labels(Plan{{1, 0}, {BBox{}}, {1}}, y, out);
  CHECK((std::isnan(out(0)) && out(1) == 2));
  mix_labels(Plan{{1, 0}, {{0, 0, 2, 2}}, {0}}, y, out);
  CHECK((out(0) == 2 && std::isnan(out(1))));
}

TEST_CASE("the pair form gathers the partners") {
  const Plan plan = plan_of({1, 2, 0}, {0, 0, 1, 1}, 2, 2);
  const std::vector<int> ids{7, 8, 9};
  std::vector<int> partners(3);
  partner_labels(plan, ids, partners);
  CHECK(partners == std::vector<int>{8, 9, 7});
  Eigen::MatrixXf dense(3, 2), gathered(3, 2);
  dense << 1, 2, 3, 4, 5, 6;
  partner_labels(plan, dense, gathered);
  CHECK(gathered.row(0) == dense.row(1));
  CHECK(gathered.row(2) == dense.row(0));
  // lambda y + (1 - lambda) y[indices] is what mix_labels makes of it
  Eigen::MatrixXf mixed(3, 2);
  mix_labels(plan, dense, mixed);
  CHECK(mixed.isApprox(0.75f * dense + 0.25f * gathered));
}
