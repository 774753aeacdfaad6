// Collate: the same bytes as mix_images on the stacked samples, wherever the samples lie.

#define EIGEN_USE_THREADS

#include <array>
#include <deque>
#include <memory>

#include "support.hpp"

using namespace testing;
using cutmix::collate;
using cutmix::make_plan;
using cutmix::Options;
using cutmix::Scope;

namespace {

// Samples of rank 3 apart from each other, and the batch that they would make.
template <class Scalar, int Layout>
void check_collate(std::uint32_t seed, Axes axes, Index largest) {
  INFO("seed " << seed << ", axes " << static_cast<int>(axes));
  using Sample = Eigen::Tensor<Scalar, 3, Layout>;
  using Batch = Eigen::Tensor<Scalar, 4, Layout>;
  Eigen::ThreadPool pool(3);
  Eigen::ThreadPoolDevice threads(&pool, 3);
  Dice dice(seed);
  for (int i = 0; i < 60; ++i) {
    const Index B = i % 13 == 0 ? 0 : dice.roll(1, i % 7 ? 6 : 90);
    const Shape<3> one{dice.roll(1, largest), dice.roll(1, largest), dice.roll(1, 9)};
    const bool batch_last = axes == Axes::whcb;
    const Shape<4> all =
        batch_last ? Shape<4>{one[0], one[1], one[2], B} : Shape<4>{B, one[0], one[1], one[2]};
    std::deque<Sample> samples;  // anything with size() and operator[]
    auto x = tensor_of<Batch>(all);
    for (Index b = 0; b < B; ++b) {
      samples.push_back(tensor_of<Sample>(one));
      number_scalars(samples.back(), dice.roll(0, 250));
    }
    for_each_position(all, [&](const auto& at) {
      const Index b = batch_last ? at[3] : at[0];
      const Eigen::array<Index, 3> inner = batch_last ? Eigen::array<Index, 3>{at[0], at[1], at[2]}
                                                      : Eigen::array<Index, 3>{at[1], at[2], at[3]};
      x(at) = samples[static_cast<std::size_t>(b)](inner);
    });
    Options options;
    options.scope = i % 2 ? Scope::batch : Scope::sample;
    options.axes = axes;
    const Plan plan = make_plan(x, options, dice.engine());
    const Batch expected = mixed_naively(plan, x, axes);

    auto out = tensor_of<Batch>(all);
    out.setConstant(static_cast<Scalar>(99.0f));
    collate(plan, samples, out, axes);
    REQUIRE(same_bytes(out, expected));
    out.setConstant(static_cast<Scalar>(99.0f));
    collate(threads, plan, samples, out, axes);
    REQUIRE(same_bytes(out, expected));

    std::vector<const Scalar*> pointers;
    std::vector<Eigen::TensorMap<const Sample>> maps;
    for (const Sample& sample : samples) {
      pointers.push_back(sample.data());
      maps.emplace_back(sample.data(), sample.dimensions());
    }
    out.setConstant(static_cast<Scalar>(99.0f));
    collate(plan, pointers, Eigen::TensorMap<Batch>(out.data(), out.dimensions()), axes);
    REQUIRE(same_bytes(out, expected));
    out.setConstant(static_cast<Scalar>(99.0f));
    collate(plan, maps, out, axes);
    REQUIRE(same_bytes(out, expected));
  }
}

}  // namespace

TEST_CASE("collate is mix_images of the stacked samples") {
  check_collate<float, Eigen::RowMajor>(600, Axes::bchw, 14);
  check_collate<float, Eigen::ColMajor>(601, Axes::bchw, 14);
  check_collate<std::uint8_t, Eigen::RowMajor>(602, Axes::bhwc, 40);
  check_collate<std::uint8_t, Eigen::ColMajor>(603, Axes::bhwc, 14);
  check_collate<float, Eigen::ColMajor>(604, Axes::whcb, 14);
  check_collate<double, Eigen::RowMajor>(605, Axes::whcb, 14);
  check_collate<Eigen::half, Eigen::ColMajor>(606, Axes::bchw, 90);
}

TEST_CASE("a large batch is collated past the cache") {
  Eigen::Tensor<float, 4, Eigen::RowMajor> x(48, 3, 256, 257), out(48, 3, 256, 257);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i);
  std::vector<const float*> samples;
  for (Index b = 0; b < 48; ++b) samples.push_back(x.data() + b * 3 * 256 * 257);
  cutmix::Philox4x32 rng(1);
  const Plan plan = make_plan(x, Options{}, rng);
  collate(plan, samples, out);
  CHECK(same_bytes(out, mixed_naively(plan, x)));
}
