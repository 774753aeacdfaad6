// The law that the others serve: the label weight is the pixel share, in every sample, counted.

#include <set>

#include "support.hpp"

using namespace testing;
using cutmix::CutMix;
using cutmix::Options;
using cutmix::Pairing;
using cutmix::Philox4x32;
using cutmix::Scope;

namespace {

cutmix::BoxLaw law_of(Index number) {
  switch (number) {
    case 0:
      return cutmix::ReferenceLaw{};
    case 1:
      return cutmix::UniformLaw{};
    case 2:
      return cutmix::InsideLaw{};
    case 3:
      return cutmix::MinMaxLaw(0.1, 0.9);
    default:  // the caller's own: one column
      return [](Index W, Index H, double, auto& rng) {
        const Index x = static_cast<Index>(rng() % static_cast<std::uint32_t>(W));
        return BBox{x, 0, x + 1, H};
      };
  }
}

// Images are painted with their sample's number and class b is sample b's alone, so both the pixels
// and the weights say who is where.
template <int Layout>
void check_shares(std::uint32_t seed, int cases) {
  INFO("seed " << seed);
  Dice dice(seed);
  std::set<std::pair<Index, Index>> shapes;
  for (int i = 0; i < cases; ++i) {
    const auto axes = static_cast<Axes>(dice.roll(0, 2));
    const Index B = dice.roll(1, 6), C = dice.roll(1, 3), H = dice.roll(1, 24);
    Index W = dice.roll(1, 24);
    if (W == H) ++W;  // H != W, always
    shapes.insert({H, W});
    Options options;
    options.axes = axes;
    options.alpha = i % 3 == 0 ? 0.2 : 1;
    options.prob = i % 4 == 0 ? 0.6 : 1;
    options.scope = dice.roll(0, 1) ? Scope::batch : Scope::sample;
    options.pairing = static_cast<Pairing>(dice.roll(0, 3));
    options.box_law = law_of(dice.roll(0, 4));
    const Shape<4> shape = axes == Axes::bchw   ? Shape<4>{B, C, H, W}
                           : axes == Axes::bhwc ? Shape<4>{B, H, W, C}
                                                : Shape<4>{W, H, C, B};
    const auto where = positions_of<4>(axes);
    auto x = tensor_of<Eigen::Tensor<int, 4, Layout>>(shape);
    for_each_position(shape, [&](const auto& at) { x(at) = static_cast<int>(at[where[0]]); });
    Eigen::Tensor<int, 1> y(B);
    for (Index b = 0; b < B; ++b) y(b) = static_cast<int>(b);

    CutMix mixer(options, B, Philox4x32(dice.engine()()));
    const auto [x_out, y_out] = mixer(x, y);
    INFO("case " << i << ", H " << H << ", W " << W << ", " << mixer.plan());
    std::vector<double> counts(static_cast<std::size_t>(B * B));
    const auto& mixed = x_out;
    for_each_position(shape, [&](const auto& at) {
      ++counts[static_cast<std::size_t>(at[where[0]] * B + mixed(at))];
    });
    for (Index b = 0; b < B; ++b)
      for (Index k = 0; k < B; ++k) {
        const double share =
            counts[static_cast<std::size_t>(b * B + k)] / static_cast<double>(C * H * W);
        INFO("1 - weight == replaced pixels / all pixels; sample " << b << ", class " << k);
        REQUIRE(std::abs(static_cast<double>(y_out(b, k)) - share) < 1e-6);
      }
  }
  CHECK(shapes.size() > 300);
}

}  // namespace

TEST_CASE("label weight = pixel share, row-major, 1500 random shapes") {
  check_shares<Eigen::RowMajor>(800, 1500);
}

TEST_CASE("label weight = pixel share, column-major, 1500 random shapes") {
  check_shares<Eigen::ColMajor>(801, 1500);
}

TEST_CASE("an unmixed call looks like a mixed one") {
  // Fault: a skipped batch returns labels of another shape.
  Options options;
  options.prob = 0.5;
  CutMix mixer(options, 4, Philox4x32(1));
  Eigen::Tensor<float, 4> x(3, 1, 6, 7);
  Eigen::Tensor<int, 1> y(3);
  number_scalars(x);
  y.setValues({0, 1, 3});
  std::set<bool> seen;
  for (int i = 0; i < 50; ++i) {
    const auto [x_out, y_out] = mixer(x, y);
    CHECK((y_out.dimension(0) == 3 && y_out.dimension(1) == 4));
    const bool mixed = !mixer.bbox().empty();
    if (!mixed) {
      CHECK(same_bytes(x_out, x));
      CHECK((y_out(0, 0) == 1 && y_out(1, 1) == 1 && y_out(2, 3) == 1));
    }
    seen.insert(mixed);
  }
  CHECK(seen.size() == 2);
}
