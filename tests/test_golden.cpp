// The reference's own outputs.

#include "case_file.hpp"
#include "eigen_support.hpp"

using namespace testing;

namespace {

template <int Layout>
void check_case(const Case& golden) {
  const auto shape = golden.numbers<Index>("shape");
  const auto box = golden.numbers<Index>("bbox");
  const auto n_classes = golden.numbers<Index>("n_classes")[0];
  const BBox bbox{box[0], box[1], box[2], box[3]};
  const double lambda = golden.number("cutmix_lambda");

  Eigen::Tensor<int, 4, Layout> x(shape[0], shape[1], shape[2], shape[3]);
  Index count = 0;
  const Shape<4> sizes{shape[0], shape[1], shape[2], shape[3]};
  for_each_position(sizes, [&](const auto& at) { x(at) = static_cast<int>(count++); });
  CHECK(cutmix::adjust_lambda(lambda, x, bbox) == golden.number("adjusted_lambda"));

  const auto check = [&](const auto& mixed, double tolerance) {
    const auto x_expected = golden.numbers<Index>("x_cutmix");
    std::size_t i = 0;
    for_each_position(sizes, [&](const auto& at) { REQUIRE(mixed.first(at) == x_expected[i++]); });
    CHECK(i == x_expected.size());
    const auto y_expected = golden.numbers<double>("y_cutmix");
    REQUIRE(mixed.second.size() == static_cast<Index>(y_expected.size()));
    for (Index b = 0; b < shape[0]; ++b)
      for (Index j = 0; j < n_classes; ++j)
        CHECK(std::abs(static_cast<double>(mixed.second(b, j)) -
                       y_expected[nth(b * n_classes + j)]) <= tolerance);
  };
  Scripted32 unused;
  const auto indices = golden.numbers<Index>("indices");
  if (golden.has("y_index")) {
    const auto ids = golden.numbers<Index>("y_index");
    Eigen::Tensor<Index, 1, Layout> y(shape[0]);
    for (Index b = 0; b < shape[0]; ++b) y(b) = ids[nth(b)];
    check(cutmix::cutmix(x, y, 1.0, n_classes, unused, lambda, bbox, indices), 1e-7);
  } else {
    const auto rows = golden.numbers<double>("y_dense");
    Eigen::Tensor<double, 2, Layout> y(shape[0], n_classes);
    for (Index b = 0; b < shape[0]; ++b)
      for (Index j = 0; j < n_classes; ++j) y(b, j) = rows[nth(b * n_classes + j)];
    check(cutmix::cutmix(x, y, 1.0, n_classes, unused, lambda, bbox, indices), 1e-15);
  }
  CHECK(unused.spent() == 0);  // all was given
}

}  // namespace

TEST_CASE("golden batches, row-major and column-major") {
  const auto cases = read_cases("cutmix.txt");
  CHECK(cases.size() == 6);
  for (const Case& golden : cases) {
    INFO("case " << golden.line("case"));
    check_case<Eigen::RowMajor>(golden);
    check_case<Eigen::ColMajor>(golden);
  }
}
