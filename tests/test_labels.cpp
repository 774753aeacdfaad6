// Labels: class ids and dense targets of every kind, wherever they lie, against the laws written
// out naively, byte for byte.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cutmix/eigen.hpp>
#include <cutmix/labels.hpp>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "random_labels.hpp"

using namespace testing;
using cutmix::LabelOptions;
using cutmix::make_plan;
using cutmix::mix_labels;
using cutmix::Options;
using cutmix::partner_labels;
using cutmix::Philox4x32;
using cutmix::view;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double quiet_nan = std::numeric_limits<double>::quiet_NaN();

// Three quarters and one quarter.
Plan quarter_plan(Indices indices) { return plan_of(std::move(indices), {0, 0, 1, 1}, 2, 2); }

}  // namespace

TEST_CASE("class ids of every kind into every kind, anywhere in memory") {
  for (std::uint32_t seed = 500; seed < 1700; ++seed) {
    INFO("seed " << seed);
    Dice dice(seed);
    check_ids(dice);
  }
}

TEST_CASE("dense targets of every kind into every kind, anywhere in memory") {
  for (std::uint32_t seed = 2000; seed < 3600; ++seed) {
    INFO("seed " << seed);
    Dice dice(seed);
    check_dense(dice);
  }
}

TEST_CASE("partners' labels of every kind, anywhere in memory") {
  for (std::uint32_t seed = 4000; seed < 4800; ++seed) {
    INFO("seed " << seed);
    Dice dice(seed);
    check_partners(dice);
  }
}

TEST_CASE("drawn plans of every scope give the labels of their lambdas") {
  const std::vector<int> ids{0, 1, 2, 3, 4, 0, 1};
  for (const auto scope : {cutmix::Scope::batch, cutmix::Scope::sample, cutmix::Scope::pair}) {
    Options options;
    options.scope = scope;
    options.pairing = cutmix::Pairing::reversed;
    options.mixup_prob = 0.5;
    Philox4x32 rng(3);
    for (int i = 0; i < 20; ++i) {
      const Plan plan = make_plan({7, 9, 11}, options, rng);
      std::vector<double> out(7 * 5);
      mix_labels(plan, ids, 5, view(out.data(), {7, 5}));
      for (Index b = 0; b < 7; ++b)
        for (Index j = 0; j < 5; ++j) {
          const double l = kept_share(plan, b);
          const double expected = (ids[nth(b)] == j ? l : 0) + (ids[nth(6 - b)] == j ? 1 - l : 0);
          CHECK(std::abs(out[nth(b * 5 + j)] - expected) < 1e-15);
        }
    }
  }
}

TEST_CASE("the weights of a plan without a fitting float are rounded once each") {
  // 1/3 is kept: the float next to it, not what would make the row's sum exact.
  const Plan plan = plan_of({1, 0}, {0, 0, 2, 1}, 1, 3);
  const std::vector<int> ids{0, 1};
  std::array<float, 4> narrow{};
  mix_labels(plan, ids, 2, view(narrow.data(), {2, 2}));
  const double kept = 1 - 2.0 / 3;
  CHECK(narrow[0] == static_cast<float>(kept));
  CHECK(narrow[1] == static_cast<float>(1 - kept));
  std::array<double, 4> wide{};
  mix_labels(plan, ids, 2, view(wide.data(), {2, 2}));
  CHECK(wide[0] == kept);
  CHECK(wide[1] == 1 - kept);
}

TEST_CASE("ids of any integer type keep their value") {
  // Fault: labels cast to the images' type, so that 257 becomes 256 in bfloat16.
  const Plan plan = quarter_plan({1, 0});
  const auto check = [&](auto zero) {
    using Id = decltype(zero);
    const std::vector<Id> ids{static_cast<Id>(100), static_cast<Id>(101)};
    Eigen::Tensor<Eigen::bfloat16, 2, Eigen::RowMajor> out(2, 300);
    mix_labels(plan, ids, 300, out);
    for (int j = 0; j < 300; ++j)
      CHECK(static_cast<float>(out(0, j)) == (j == 100 ? 0.75f : j == 101 ? 0.25f : 0.0f));
  };
  check(std::int8_t{}), check(std::uint8_t{}), check(std::int16_t{}), check(std::uint16_t{});
  check(int{}), check(unsigned{}), check(std::int64_t{}), check(std::uint64_t{});
  check(long{}), check(0ull), check(char{});
  const std::vector<int> large{257, 258};
  Eigen::Tensor<Eigen::bfloat16, 2> out(2, 300);
  mix_labels(plan, large, 300, out);
  CHECK(static_cast<float>(out(0, 257)) == 0.75f);
  CHECK(static_cast<float>(out(0, 256)) == 0);
  const std::vector<std::uint32_t> wide{65537, 1};  // 1 in 16 bits, both of them
  std::vector<float> many(std::size_t{2} * 65538);
  mix_labels(plan, wide, 65538, view(many.data(), {2, 65538}));
  CHECK((many[65537] == 0.75f && many[1] == 0.25f));
  const std::array<bool, 2> booleans{true, false};
  std::array<float, 4> two{};
  mix_labels(plan, booleans, 2, view(two.data(), {2, 2}));
  CHECK(two == std::array<float, 4>{0.25f, 0.75f, 0.75f, 0.25f});
}

TEST_CASE("an id is ignored by its value: 2^64 - 1 is not -1, and 255 is not -1 either") {
  const Plan plan = quarter_plan({1, 0});
  LabelOptions options;
  options.ignore_id = -1;
  std::array<float, 4> out{};
  const auto mix = [&](const auto& ids) {
    mix_labels(plan, ids, 2, view(out.data(), {2, 2}), options);
  };
  CHECK(error_of([&] {
          mix(std::array<std::uint64_t, 2>{~std::uint64_t{0}, 0});
        }) == "cutmix: y[0] = 18446744073709551615, must be in [0, 2)");
  CHECK(error_of([&] {
          mix(std::array<std::uint32_t, 2>{0, ~std::uint32_t{0}});
        }) == "cutmix: y[1] = 4294967295, must be in [0, 2)");
  CHECK(error_of([&] {
          mix(std::array<std::uint8_t, 2>{255, 0});
        }) == "cutmix: y[0] = 255, must be in [0, 2)");
  CHECK(out == std::array<float, 4>{});
  mix(std::array<std::int8_t, 2>{-1, 0});
  CHECK(out == std::array<float, 4>{0.25f, 0, 0.75f, 0});
  const Index least = std::numeric_limits<Index>::min();
  options.ignore_id = least;
  mix(std::array<Index, 2>{1, least});
  CHECK(out == std::array<float, 4>{0, 0.75f, 0, 0.25f});
  CHECK(error_of([&] {
          mix(std::array<Index, 2>{1, least + 1});
        }) == "cutmix: y[1] = -9223372036854775807, must be in [0, 2)");
  CHECK(error_of([&] {
          mix(std::array<std::uint64_t, 2>{std::uint64_t{1} << 63, 0});
        }) == "cutmix: y[0] = 9223372036854775808, must be in [0, 2)");
}

TEST_CASE("an ignored id contributes nothing") {
  const Plan plan = quarter_plan({1, 0, 2});
  const std::vector<int> ids{255, 1, 255};
  std::array<double, 6> out{};
  LabelOptions options;
  options.ignore_id = 255;
  mix_labels(plan, ids, 2, view(out.data(), {3, 2}), options);
  CHECK(out == std::array<double, 6>{0, 0.25, 0, 0.75, 0, 0});
  options.smoothing = 0.5;
  mix_labels(plan, ids, 2, view(out.data(), {3, 2}), options);
  CHECK(out == std::array<double, 6>{0.0625, 0.1875, 0.1875, 0.5625, 0, 0});
  options.ignore_id = 1;  // a class of its own may be ignored too
  const std::vector<int> classes{0, 1, 1};
  options.smoothing = 0;
  mix_labels(plan, classes, 2, view(out.data(), {3, 2}), options);
  CHECK(out == std::array<double, 6>{0.75, 0, 0.25, 0, 0, 0});
}

TEST_CASE("rows sum to 1, and a sample mixed with its own class keeps all of it") {
  Philox4x32 rng(2);
  Options options;
  options.scope = cutmix::Scope::sample;
  const std::vector<int> ids(2000, 3);
  const Plan plan = make_plan({2000, 97, 89}, options, rng);
  Eigen::MatrixXf out(2000, 5);
  mix_labels(plan, ids, 5, out);
  for (Index b = 0; b < 2000; ++b) {
    CHECK(out(b, 3) == 1.0f);
    CHECK(out.row(b).sum() == 1.0f);
  }
  std::vector<int> others;
  for (int b = 0; b < 2000; ++b) others.push_back(b % 5);
  LabelOptions smooth;
  for (const double smoothing : {0.0, 0.1, 0.3, 1.0}) {
    smooth.smoothing = smoothing;
    mix_labels(plan, others, 5, out, smooth);
    for (Index b = 0; b < 2000; ++b) CHECK(std::abs(out.row(b).sum() - 1) < 3e-7f);
  }
}

TEST_CASE("long rows with smoothing end where they end") {
  // More than the 64 equal scalars that are written one by one, and sentinels behind every row.
  const Plan plan = quarter_plan({2, 0, 1});
  LabelOptions options;
  options.smoothing = 0.5;
  for (const Index n : {63, 64, 65, 66, 127, 128, 129, 130, 192, 193, 200, 256, 257}) {
    INFO("n " << n);
    const std::vector<Index> ids{0, n / 2, n - 1};
    std::vector<float> out(nth(3 * (n + 3)), -7.0f);
    mix_labels(plan, ids, n, view(out.data(), {3, n}, {}, {n + 3, 1}), options);
    const auto off = static_cast<float>(0.5 / static_cast<double>(n));
    for (Index b = 0; b < 3; ++b)
      for (Index j = 0; j < n + 3; ++j) {
        const bool is_own = j == ids[nth(b)], is_partner = j == ids[nth((b + 2) % 3)];
        const float value = out[nth(b * (n + 3) + j)];
        if (j >= n)
          CHECK(value == -7.0f);
        else if (!is_own && !is_partner)
          CHECK(value == off);
        else
          CHECK(std::abs(value - off - (is_own ? 0.375f : 0.125f)) < 1e-7f);
      }
  }
}

TEST_CASE("a batch that is the fastest axis may be named so") {
  const Plan plan = quarter_plan({1, 2, 0});
  const std::vector<int> ids{0, 1, 2};
  std::array<float, 9> rows{}, columns{};
  mix_labels(plan, ids, 3, view(rows.data(), {3, 3}));
  mix_labels(plan, ids, 3, view(columns.data(), {3, 3}, "WB"));
  CHECK(rows[1] == 0.25f);
  for (std::size_t b = 0; b < 3; ++b)
    for (std::size_t j = 0; j < 3; ++j) CHECK(columns[j * 3 + b] == rows[b * 3 + j]);
}

TEST_CASE("targets as Eigen's users hold them") {
  const std::uint32_t seed = 510;
  INFO("seed " << seed);
  Dice dice(seed);
  for (int i = 0; i < 100; ++i) {
    const Index B = dice.roll(1, 9), n = dice.roll(1, 8);
    const Plan plan = random_plan(dice, {B, 5, 6}, true);
    std::vector<Index> ids;
    Eigen::VectorXi vector(B);
    Eigen::RowVectorXi row(B);
    Eigen::ArrayXi array(B);
    Eigen::VectorXi spread = Eigen::VectorXi::Constant(3 * B, -1);  // every third is an id
    for (Index b = 0; b < B; ++b) {
      ids.push_back(dice.roll(0, n - 1));
      vector(b) = row(b) = array(b) = spread(3 * b) = static_cast<int>(ids.back());
    }
    using RowMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    RowMatrix expected(B, n);
    mix_labels(plan, ids, n, view(expected.data(), {B, n}));
    const Eigen::Map<const Eigen::VectorXi, 0, Eigen::InnerStride<3>> strided(spread.data(), B);
    Eigen::MatrixXf matrix(B, n);
    RowMatrix row_matrix(B, n);
    Eigen::ArrayXXf array_out(B, n);
    Eigen::Tensor<float, 2> tensor(B, n);
    Eigen::MatrixXf wide = Eigen::MatrixXf::Constant(B + 2, n + 3, 5.0f);
    mix_labels(plan, vector, n, matrix);
    CHECK(matrix == expected);
    mix_labels(plan, row, n, row_matrix);
    CHECK(row_matrix == expected);
    mix_labels(plan, array, n, array_out);
    CHECK(array_out.matrix() == expected);
    mix_labels(plan, ids, n, tensor);
    for (Index b = 0; b < B; ++b)
      for (Index j = 0; j < n; ++j) CHECK(tensor(b, j) == expected(b, j));
    matrix.setZero();
    mix_labels(plan, strided, n, Eigen::Map<Eigen::MatrixXf>(matrix.data(), B, n));
    CHECK(matrix == expected);
    Eigen::Ref<Eigen::MatrixXf> part = wide.block(1, 2, B, n);
    mix_labels(plan, ids, n, part);
    CHECK(part == expected);
    wide.block(1, 2, B, n).setConstant(5.0f);
    CHECK((wide.array() == 5.0f).all());
    mix_labels(plan, vector, n, wide.block(2, 0, B, n));
    CHECK(wide.block(2, 0, B, n) == expected);
    wide.block(2, 0, B, n).setConstant(5.0f);
    CHECK((wide.array() == 5.0f).all());

    // Dense: matrices against the formula.
    const Eigen::MatrixXd dense = Eigen::MatrixXd::NullaryExpr(
        B, n, [&] { return static_cast<double>(dice.roll(-50, 50)) / 8; });
    Eigen::MatrixXd mixed(B, n);
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> mixed_rows(B, n);
    mix_labels(plan, dense, mixed);
    mix_labels(plan, dense, mixed_rows);
    for (Index b = 0; b < B; ++b) {
      const double kept = kept_share(plan, b);
      for (Index j = 0; j < n; ++j)
        CHECK(mixed(b, j) == mixed_number(true, kept, dense(b, j), dense(plan.indices[nth(b)], j)));
    }
    CHECK(mixed_rows == mixed);
  }
}

TEST_CASE("partners' labels between the layouts, of rank 3") {
  // Fault: the memory of one layout was gathered as if it were the other's.
  const Plan plan = quarter_plan({1, 2, 0});
  Eigen::Tensor<int, 3, Eigen::RowMajor> rows(3, 4, 5), rows_out(3, 4, 5);
  for (int i = 0; i < 60; ++i) rows.data()[i] = i;
  Eigen::Tensor<int, 3, Eigen::ColMajor> columns(3, 4, 5);
  partner_labels(plan, rows, columns);
  for (Index b = 0; b < 3; ++b)
    for (Index i = 0; i < 4; ++i)
      for (Index j = 0; j < 5; ++j) CHECK(columns(b, i, j) == rows((b + 1) % 3, i, j));
  partner_labels(plan, columns, rows_out);
  for (Index b = 0; b < 3; ++b)
    for (Index i = 0; i < 4; ++i)
      for (Index j = 0; j < 5; ++j) CHECK(rows_out(b, i, j) == rows((b + 2) % 3, i, j));
}

TEST_CASE("the pair form gathers the partners, from another batch too") {
  const Plan plan = quarter_plan({1, 2, 0});
  const std::vector<int> ids{7, 8, 9};
  std::vector<int> partners(3);
  partner_labels(plan, ids, partners);
  CHECK(partners == std::vector<int>{8, 9, 7});
  Plan elsewhere = plan;
  elsewhere.shape.source = 5;
  elsewhere.indices = {4, 4, 0};
  partner_labels(elsewhere, ids, std::vector<int>{10, 11, 12, 13, 14}, partners);
  CHECK(partners == std::vector<int>{14, 14, 10});
  Eigen::MatrixXf dense(3, 2), gathered(3, 2), mixed(3, 2);
  dense << 1, 2, 3, 4, 5, 6;
  partner_labels(plan, dense, gathered);
  CHECK(gathered.row(0) == dense.row(1));
  CHECK(gathered.row(2) == dense.row(0));
  // lambda y + (1 - lambda) y[indices] is what mix_labels makes of it
  mix_labels(plan, dense, mixed);
  CHECK(mixed == 0.75f * dense + 0.25f * gathered);
}

TEST_CASE("sample weights are dense targets of rank 1") {
  const Plan plan = quarter_plan({1, 0});
  Eigen::Tensor<float, 1> weights(2), out(2);
  weights.setValues({1.0f, 3.0f});
  mix_labels(plan, weights, out);
  CHECK(out(0) == 1.5f);
  CHECK(out(1) == 2.5f);
  std::vector<double> list{1, 3}, list_out(2);
  mix_labels(plan, list, list_out);
  CHECK(list_out == std::vector<double>{1.5, 2.5});
  std::vector<float> narrow(2);
  mix_labels(plan, list, narrow);
  CHECK(narrow == std::vector<float>{1.5f, 2.5f});
}

TEST_CASE("multi-label rows mix as they are, booleans too") {
  // Fault: integer one-hot is one-hotted again.
  const Plan plan = quarter_plan({1, 0});
  const std::array<int, 6> y{1, 1, 0, 0, 1, 1};
  const std::array<bool, 6> flags{true, true, false, false, true, true};
  const std::array<float, 6> expected{0.75f, 1, 0.25f, 0.25f, 1, 0.75f};
  std::array<float, 6> out{};
  mix_labels(plan, view(y.data(), {2, 3}), view(out.data(), {2, 3}));
  CHECK(out == expected);
  out.fill(-1);
  mix_labels(plan, view(flags.data(), {2, 3}), view(out.data(), {2, 3}));
  CHECK(out == expected);
}

TEST_CASE("large integers are mixed in double") {
  // Fault: in float 2^24 + 1 is 2^24.
  const Plan plan = quarter_plan({1, 0});
  const Index large = (Index{1} << 24) + 1;
  const std::array<std::int32_t, 2> y{static_cast<std::int32_t>(large),
                                      static_cast<std::int32_t>(large)};
  const std::array<std::uint32_t, 2> unsigned_y{4294967295u, 4294967295u};
  const std::array<std::int64_t, 2> long_y{(Index{1} << 53) - 1, (Index{1} << 53) - 1};
  std::array<double, 2> out{};
  mix_labels(plan, view(y.data(), {2, 1}), view(out.data(), {2, 1}));
  CHECK(out == std::array<double, 2>{16777217, 16777217});
  mix_labels(plan, view(unsigned_y.data(), {2, 1}), view(out.data(), {2, 1}));
  CHECK(out == std::array<double, 2>{4294967295, 4294967295});
  mix_labels(plan, view(long_y.data(), {2, 1}), view(out.data(), {2, 1}));
  CHECK(out == std::array<double, 2>{9007199254740991, 9007199254740991});
  // Into a float, with weights that no float holds: rounded once, at the end.
  const Plan thirds = plan_of({1, 0}, {0, 0, 1, 1}, 1, 3);
  const std::array<std::int32_t, 2> apart{16777217, 3};
  std::array<float, 2> narrow{};
  mix_labels(thirds, view(apart.data(), {2, 1}), view(narrow.data(), {2, 1}));
  const double kept = 1 - 1.0 / 3;
  CHECK(narrow[0] == static_cast<float>(std::fma(1 - kept, 3.0, kept * 16777217.0)));
}

TEST_CASE("a share of nothing is not read") {
  std::array<float, 2> y{static_cast<float>(quiet_nan), 2}, out{};
  const auto mix = [&](const Plan& plan) {
    mix_labels(plan, view(y.data(), {2, 1}), view(out.data(), {2, 1}));
  };
  mix(plan_of({1, 0}, {}, 2, 2));
  CHECK((std::isnan(out[0]) && out[1] == 2));
  mix(plan_of({1, 0}, {0, 0, 2, 2}, 2, 2));
  CHECK((out[0] == 2 && std::isnan(out[1])));
  Plan blended = plan_of({1, 0}, {0, 0, 2, 2}, 2, 2);
  blended.patches[0].blend = 0;
  mix(blended);
  CHECK((std::isnan(out[0]) && out[1] == 2));
}

TEST_CASE("a share too small to count is no share of an infinity") {
  // Fault: 5e-324 of an infinite target gave NaN, the weight being 0 as a float.
  for (const double blend : {5e-324, 1e-300, 1e-46, 1e-17}) {
    Plan plan = plan_of({1, 0}, {0, 0, 2, 2}, 2, 2);
    plan.patches[0].blend = blend;
    std::array<Eigen::half, 2> y{Eigen::half(1.5f), Eigen::half(static_cast<float>(inf))}, out{};
    mix_labels(plan, view(y.data(), {2, 1}), view(out.data(), {2, 1}));
    CHECK(static_cast<float>(out[0]) == 1.5f);
    CHECK(static_cast<double>(static_cast<float>(out[1])) == inf);
    std::array<float, 2> from{1.5f, static_cast<float>(inf)}, to{};
    mix_labels(plan, view(from.data(), {2, 1}), view(to.data(), {2, 1}));
    CHECK((to[0] == 1.5f && std::isinf(to[1])));
  }
  // The smallest share that there is is one.
  Plan plan = plan_of({1, 0}, {0, 0, 2, 2}, 2, 2);
  plan.patches[0].blend = 0x1p-53;
  std::array<float, 2> y{1.5f, static_cast<float>(inf)}, out{};
  mix_labels(plan, view(y.data(), {2, 1}), view(out.data(), {2, 1}));
  CHECK((std::isinf(out[0]) && std::isinf(out[1])));
  plan.patches[0].blend = 1 - 0x1p-53;  // the sample's own, though the partner's is rounded to 1
  y = {static_cast<float>(inf), 1.5f}, out = {};
  mix_labels(plan, view(y.data(), {2, 1}), view(out.data(), {2, 1}));
  CHECK((std::isinf(out[0]) && std::isinf(out[1])));
}

TEST_CASE("partners of another batch: one sample with a source of eight") {
  const Plan plan{{1, 2, 2, 1, 8}, {5}, {{{0, 0, 1, 1}, 1}}};
  const std::array<int, 1> id{2};
  const std::array<std::uint8_t, 8> previous{0, 0, 0, 0, 0, 3, 0, 0};  // of another type
  std::array<float, 4> out{};
  mix_labels(plan, id, previous, 4, view(out.data(), {1, 4}));
  CHECK(out == std::array<float, 4>{0, 0, 0.75f, 0.25f});
  const std::array<float, 2> dense{8, 4};
  std::array<float, 16> pool{};
  pool[10] = 4, pool[11] = 16;
  std::array<float, 2> mixed{};
  mix_labels(plan, view(dense.data(), {1, 2}), view(pool.data(), {8, 2}),
             view(mixed.data(), {1, 2}));
  CHECK(mixed == std::array<float, 2>{7, 7});
  // Letters of one view name the axes of all.
  mixed = {};
  mix_labels(plan, view(dense.data(), {1, 2}), view(pool.data(), {8, 2}, "BW"),
             view(mixed.data(), {1, 2}));
  CHECK(mixed == std::array<float, 2>{7, 7});
}

TEST_CASE("rows of floats side by side, and partners whose columns are apart") {
  const std::vector<float> own{1, 2, 3, 4, 5, 6};
  const std::vector<float> apart{10, -1, 20, -1, 30, -1, 40, -1, 50, -1, 60, -1};
  const cutmix::ConstBatchView source = view(apart.data(), {2, 3}, {}, {6, 2});
  const Plan plan{{2, 1, 4, 1, 2}, {1, 0}, {{{0, 0, 1, 1}, 1}}};
  std::vector<float> out(6);
  mix_labels(plan, view(own.data(), {2, 3}), source, view(out.data(), {2, 3}));
  CHECK(out == std::vector<float>{10.75f, 14, 17.25f, 5.5f, 8.75f, 12});
  // The other way round.
  const Plan back{{2, 1, 4, 1, 2}, {1, 0}, {{{0, 0, 3, 1}, 1}}};
  mix_labels(back, source, view(own.data(), {2, 3}), view(out.data(), {2, 3}));
  CHECK(out == std::vector<float>{5.5f, 8.75f, 12, 10.75f, 14, 17.25f});
}

TEST_CASE("any integer type counts classes") {
  const Plan plan = quarter_plan({1, 0});
  const std::vector<int> ids{0, 1};
  const auto check = [&](auto n) {
    std::array<float, 4> out{};
    mix_labels(plan, ids, n, view(out.data(), {2, 2}));
    CHECK(out == std::array<float, 4>{0.75f, 0.25f, 0.25f, 0.75f});
  };
  check(2), check(2u), check(Index{2}), check(std::size_t{2}), check(short{2}), check('\2');
  std::array<float, 4> out{};
  const std::string most = sizeof(Index) == 8 ? "2^63 - 1" : "2^31 - 1";
  for (const std::uint64_t n : {std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    const std::string error = error_of([&] { mix_labels(plan, ids, n, view(out.data(), {2, 2})); });
    CHECK(error == "cutmix: n_classes = " + std::to_string(n) + ", must be at most " + most);
  }
}

TEST_CASE("neighbours in memory are no overlap") {
  // The left and the right columns of one matrix, and every second scalar of one list.
  const Plan plan = quarter_plan({1, 0});
  std::array<float, 8> matrix{1, 2, -1, -1, 3, 4, -1, -1};
  mix_labels(plan, view(matrix.data(), {2, 2}, {}, {4, 1}),
             view(matrix.data() + 2, {2, 2}, {}, {4, 1}));
  CHECK(matrix == std::array<float, 8>{1, 2, 1.5f, 2.5f, 3, 4, 2.5f, 3.5f});
  std::array<int, 4> list{5, 0, 6, 0};
  partner_labels(plan, view(list.data(), {2}, {}, {2}), view(list.data() + 1, {2}, {}, {2}));
  CHECK(list == std::array<int, 4>{5, 6, 6, 5});
}

TEST_CASE("an axis of one position may have any stride") {
  // None is taken. Fault: in bytes it overflowed, which the sanitizers see.
  const Index most = std::numeric_limits<Index>::max();
  for (const Index stride : {most, -most, Index{1} << 61}) {
    const std::array<std::int64_t, 2> ids{1, 0};
    const std::array<float, 3> soft{2, 3, 4};
    std::array<float, 3> out{};
    const auto row = view(out.data(), {1, 3}, {}, {stride, Index{1}});
    const Plan one = Plan::identity({1, 2, 2});
    mix_labels(one, view(ids.data(), {1}, {}, {stride}), 3, row);
    CHECK(out == std::array<float, 3>{0, 1, 0});
    mix_labels(one, view(soft.data(), {1, 3}, {}, {stride, Index{1}}), row);
    CHECK(out == soft);
    out = {};
    partner_labels(one, view(soft.data(), {1, 3}, {}, {stride, Index{1}}), row);
    CHECK(out == soft);
    // One class, and a column for it.
    mix_labels(quarter_plan({1, 0}), std::array<int, 2>{0, 0}, 1,
               view(out.data(), {2, 1}, {}, {Index{2}, stride}));
    CHECK(out == std::array<float, 3>{1, 3, 1});
  }
}

TEST_CASE("no samples and no columns are no error") {
  const Plan none{{0, 3, 3}, {}, {{{}, 1}}};
  std::vector<int> no_ids;
  std::array<float, 4> untouched{1, 2, 3, 4};
  mix_labels(none, no_ids, 4, view(untouched.data(), {0, 4}));
  mix_labels(none, view(untouched.data(), {0, 4}), view(untouched.data(), {0, 4}));
  const Plan two = quarter_plan({1, 0});
  mix_labels(two, view(untouched.data(), {2, 0}), view(untouched.data(), {2, 0}));
  partner_labels(none, no_ids, no_ids);
  CHECK(untouched == std::array<float, 4>{1, 2, 3, 4});
}
