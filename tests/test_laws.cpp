// The law that the others serve: the label weight is the pixel share, in every sample, counted.

#include <cutmix/cutmix.hpp>
#include <set>
#include <vector>

#include "random_plans.hpp"
#include "support.hpp"

using namespace testing;
using cutmix::CutMix;
using cutmix::Options;
using cutmix::Pairing;
using cutmix::Philox4x32;
using cutmix::Scope;

namespace {

// Images are painted with their sample's number and class b is sample b's alone, so both the pixels
// and the weights say who is where.
void check_shares(std::uint32_t seed, int cases) {
  INFO("seed " << seed);
  Dice dice(seed);
  std::set<std::pair<Index, Index>> shapes;
  for (int i = 0; i < cases; ++i) {
    const char* const orders[] = {"BCHW", "BHWC", "WHCB", "CBWH", "BCDHW", "BHDWC", "BCW"};
    const std::string letters = orders[dice.roll(0, 6)];
    const Index B = dice.roll(1, 6), C = dice.roll(1, 3), D = dice.roll(1, 4), H = dice.roll(1, 24);
    Index W = dice.roll(1, 24);
    if (W == H) ++W;  // H != W, always
    shapes.insert({H, W});
    cutmix::Indices sizes;
    Index count = 1, batch_stride = 1;
    for (const char letter : letters) {
      const Index size = letter == 'B'   ? B
                         : letter == 'C' ? C
                         : letter == 'D' ? D
                         : letter == 'H' ? H
                                         : W;
      sizes.push_back(size);
      count *= size;
      batch_stride = letter == 'B' ? 1 : batch_stride * size;
    }
    Options options;
    options.alpha = i % 3 == 0 ? 0.2 : 1;
    options.prob = i % 4 == 0 ? 0.6 : 1;
    options.mixup_prob = i % 5 == 0 ? 0.4 : 0;
    options.pairing = static_cast<Pairing>(dice.roll(0, 3));
    options.scope = dice.roll(0, 1) ? Scope::batch : Scope::sample;
    if (options.pairing == Pairing::reversed && i % 2 == 0) options.scope = Scope::pair;
    options.box_law = random_law(dice);

    // One image of each sample for each class: ones where the class is the sample's.
    CutMix mixer(options, B, Philox4x32(dice.engine()()));
    const auto n = static_cast<std::size_t>(count);
    std::vector<double> x(n), x_out(n), targets(static_cast<std::size_t>(B * B));
    std::vector<Index> y;
    for (Index b = 0; b < B; ++b) y.push_back(b);
    const auto sample_of = [&](std::size_t at) {
      return static_cast<Index>(at) / batch_stride % B;
    };
    const cutmix::Plan& plan =
        mixer.draw(cutmix::batch_shape(cutmix::view(x.data(), sizes, letters)));
    INFO("case " << i << ", " << letters << ", " << plan);
    cutmix::mix_labels(plan, y, B, cutmix::view(targets.data(), {B, B}));
    for (Index k = 0; k < B; ++k) {
      for (std::size_t at = 0; at < n; ++at) x[at] = sample_of(at) == k ? 1 : 0;
      cutmix::mix_images(plan, cutmix::view(x.data(), sizes, letters),
                         cutmix::view(x_out.data(), sizes, letters));
      std::vector<double> shares(static_cast<std::size_t>(B));
      for (std::size_t at = 0; at < n; ++at)
        shares[static_cast<std::size_t>(sample_of(at))] +=
            x_out[at] * static_cast<double>(B) / static_cast<double>(count);
      for (Index b = 0; b < B; ++b) {
        INFO("1 - weight == replaced pixels / all pixels; sample " << b << ", class " << k);
        REQUIRE(std::abs(targets[static_cast<std::size_t>(b * B + k)] -
                         shares[static_cast<std::size_t>(b)]) < 1e-9);
      }
    }
  }
  CHECK(shapes.size() > 300);
}

}  // namespace

TEST_CASE("label weight = pixel share, 2000 random shapes of one, two and three dimensions") {
  check_shares(800, 2000);
}

TEST_CASE("an unmixed call looks like a mixed one") {
  // Fault: a skipped batch returns labels of another shape.
  Options options;
  options.prob = 0.5;
  CutMix mixer(options, 4, Philox4x32(1));
  Eigen::Tensor<float, 4> x(3, 1, 6, 7);
  Eigen::Tensor<int, 1> y(3);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i);
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
