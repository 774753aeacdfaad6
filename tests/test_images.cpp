// Pixels: every way to apply a plan against the naive reference, byte for byte.

#define EIGEN_USE_THREADS

#include <atomic>
#include <complex>
#include <cutmix/images.hpp>
#include <cutmix/labels.hpp>
#include <limits>
#include <numeric>

#if defined(__unix__)
#include <sys/mman.h>
#include <unistd.h>
#endif

#include "eigen_support.hpp"
#include "naive.hpp"
#include "random_batches.hpp"

using namespace testing;
using cutmix::BatchView;
using cutmix::ConstBatchView;
using cutmix::make_plan;
using cutmix::mix_images;
using cutmix::mix_images_in_place;
using cutmix::mix_masks;
using cutmix::Options;
using cutmix::Pairing;
using cutmix::Part;
using cutmix::Philox4x32;
using cutmix::Scope;
using cutmix::view;

extern std::atomic<long> allocations;  // counted in counting_malloc.cpp

namespace {

Eigen::ThreadPool& pool() {
  static Eigen::ThreadPool threads(3);
  return threads;
}

// One that is taught to the library: two threads that are none.
struct TwoThreads {
  mutable Index most = 0;
};

}  // namespace

template <>
struct cutmix::DeviceTraits<TwoThreads> {
  static Index parts(const TwoThreads&) { return 2; }
  static void run(const TwoThreads& device, Index parts, const Part& part) {
    device.most = parts;
    for (Index i = 0; i < parts; ++i) part(i);
  }
};

namespace {

// Eigen's pool, besides the caller's thread and a device that is a callable.
constexpr auto on_a_pool = [](const auto& check) { check(Eigen::ThreadPoolDevice(&pool(), 3)); };

Index check_out_of_place(Dice& dice, Case& images, bool blends) {
  return testing::check_out_of_place(dice, images, blends, on_a_pool);
}

// In place, and with a source in place.
Index check_in_place(Dice& dice, const Case& images, bool blends) {
  const Index parts = testing::check_in_place(dice, images, blends, on_a_pool);
  if (!images.has_source) return parts;
  Block block = images.out;
  fill(dice, block, blends);
  BatchShape from = block.placement().shape();
  from.source = images.source.placement().size('B');
  const Plan patching = any_plan(dice, from, blends);
  INFO("source, plan " << shown(patching));
  const Block before = block;
  const Expected expected = mixed_naively(patching, before, images.source, before);
  const ConstBatchView source = images.source.view();
  const auto job = cutmix::detail::check_images_in_place(block.view(), &source);
  cutmix::detail::check_plan_of_images(patching, job.shape, job.kind);
  const Eigen::ThreadPoolDevice device(&pool(), 3);
  cutmix::detail::Cycles none;
  cutmix::detail::mix_in_place_by(cutmix::detail::Executor(device), patching, job, none);
  REQUIRE(expected.is(block));
  return parts;
}

}  // namespace

// ---- random shapes, letters, strides, scalars ----

TEST_CASE("every way to mix, for random letters, strides, scalars and plans") {
  for_random_batches(100, 9000, any_small_sort, [](Dice& dice, Case& images, bool blends) {
    check_out_of_place(dice, images, blends);
    check_in_place(dice, images, blends);
  });
}

TEST_CASE("work that is worth threads is done in parts, byte for byte the same", "[threads]") {
  int several = 0, several_in_place = 0;
  for_random_batches(110, 36, any_large_sort, [&](Dice& dice, Case& images, bool blends) {
    several += check_out_of_place(dice, images, blends) >= 3;
    several_in_place += check_in_place(dice, images, blends) >= 2;
  });
  CHECK(several > 24);
  CHECK(several_in_place > 8);
}

namespace {

// Runs one part alone.
struct OnlyPart {
  Index which;
  Index* parts;
  void operator()(Index count, Part part) const {
    *parts = count;
    if (which < count) part(which);
  }
};

}  // namespace

TEST_CASE("each part writes its own share and no more") {
  // A byte that a part writes is the same over two different fillings.
  int several = 0;
  for_random_batches(120, 24, any_large_sort, [&](Dice& dice, Case& images, bool blends) {
    Block &x = images.x, &out = images.out;
    x.fill_with_bytes(dice);
    const Plan plan = any_plan(dice, out.placement().shape(), blends);
    std::vector<Byte> times(out.memory().size(), 0), whole = times;
    const auto written = [&](Index which, Index& parts) {
      std::vector<Byte> runs[2];
      for (const int filling : {0, 1}) {
        std::fill(out.memory().begin(), out.memory().end(), filling ? Byte{0x5A} : Byte{0xA5});
        if (which < 0)
          mix_images(plan, x.view(), out.view());
        else
          mix_images(OnlyPart{which, &parts}, plan, x.view(), out.view());
        runs[filling] = out.memory();
      }
      for (std::size_t k = 0; k < runs[0].size(); ++k) runs[0][k] = runs[0][k] == runs[1][k];
      return runs[0];
    };
    Index parts = 1;
    whole = written(-1, parts);
    for (Index which = 0; which < parts; ++which) {
      const std::vector<Byte> share = written(which, parts);
      bool any = false;
      for (std::size_t k = 0; k < share.size(); ++k) {
        times[k] = static_cast<Byte>(times[k] + share[k]);
        any = any || share[k] != 0;
      }
      REQUIRE(any);
    }
    several += parts >= 3;
    REQUIRE(times == whole);

    // In place: what the parts change is disjoint, and together all that changes.
    out.fill_with_bytes(dice);
    const Plan turning = permuted(dice, plan);
    const Block before = out;
    mix_images_in_place(turning, out.view());
    const std::vector<Byte> after = out.memory();
    std::vector<Byte> together = before.memory();
    bool twice = false;
    parts = 1;
    for (Index which = 0; which < parts; ++which) {
      out = before;
      mix_images_in_place(OnlyPart{which, &parts}, turning, out.view());
      for (std::size_t k = 0; k < together.size(); ++k) {
        if (out.memory()[k] == before.memory()[k]) continue;
        twice = twice || together[k] != before.memory()[k];
        together[k] = out.memory()[k];
      }
    }
    REQUIRE_FALSE(twice);
    REQUIRE(together == after);
  });
  CHECK(several > 12);
}

TEST_CASE("work is shared in equal parts, and only where it is enough") {
  using cutmix::detail::Executor;
  Index most = 0;
  const Backwards device{&most};
  const Executor executor(device);
  const std::size_t MiB = 1024 * 1024;
  CHECK(executor.part_count(0) == 1);
  CHECK(executor.part_count(2 * MiB - 1) == 1);
  CHECK(executor.part_count(2 * MiB) == 2);
  CHECK(executor.part_count(5 * MiB) == 5);
  CHECK(executor.part_count(999 * MiB) == 16);  // the most of a callable
  CHECK(Executor(cutmix::detail::CallerThread{}).part_count(999 * MiB) == 1);
  CHECK(Executor(Eigen::ThreadPoolDevice(&pool(), 3)).part_count(999 * MiB) == 3);
  CHECK(Executor(Eigen::ThreadPoolDevice(&pool(), 0)).part_count(999 * MiB) == 1);
  CHECK(Executor(Eigen::DefaultDevice()).part_count(999 * MiB) == 1);
  const TwoThreads two;
  CHECK(Executor(two).part_count(999 * MiB) == 2);
  std::vector<Byte> x(5 * MiB), out(5 * MiB);
  mix_images(two, Plan::identity({5, 1024, 1024}), view(x.data(), {5, 1024, 1024}),
             view(out.data(), {5, 1024, 1024}));
  CHECK(two.most == 2);
  for (Index units = 0; units < 40; ++units)
    for (std::size_t bytes = 0; bytes < 20 * MiB; bytes += MiB) {
      std::vector<int> times(nth(units), 0);
      Index shortest = units, longest = 0;
      most = 0;
      executor.for_parts(units, bytes, [&](Index first, Index last) {
        for (Index unit = first; unit < last; ++unit) ++times[nth(unit)];
        shortest = std::min(shortest, last - first);
        longest = std::max(longest, last - first);
      });
      REQUIRE(std::count(times.begin(), times.end(), 1) == units);
      REQUIRE(longest - shortest <= 1);
      REQUIRE(most <= std::max(units, Index{1}));
    }
}

TEST_CASE("what is set aside in place is smaller and larger than rows and columns", "[threads]") {
  // 32 KiB at a time: rows of 40 KB and pieces of many rows; where samples lie side by side, one
  // column of all of them beyond it and below it.
  const std::uint32_t seed = 130;
  Dice dice(seed);
  const Sort sorts[] = {{"BCHW", {3, 2, 3, 5000}}, {"BHWC", {3, 2, 1200, 5}},
                        {"BCHW", {3, 2, 90, 70}},  {"BDHW", {3, 3, 1500, 4}},
                        {"HWCB", {2, 3, 1, 4200}}, {"HWCB", {3, 4, 2, 1100}},
                        {"WHB", {5, 3, 4090}},     {"WHCB", {4, 3, 20, 300}},
                        {"HBW", {3, 5, 5000}},     {"BHW", {4, 1, 9000}}};
  for (const Sort& sort : sorts)
    for (const ScalarType& scalar : {ScalarType{ScalarKind::float64, 8}, {ScalarKind::opaque, 12}})
      for (int i = 0; i < 6; ++i) {
        INFO("seed " << seed << " " << sort.letters << " case " << i);
        const Placement placement = random_placement(dice, sort.letters, sort.sizes, {});
        Case images{Block(placement, scalar.kind, scalar.bytes),
                    Block(placement, scalar.kind, scalar.bytes),
                    Block(placement, scalar.kind, scalar.bytes), false};
        check_in_place(dice, images, scalar.kind == ScalarKind::float64 && i % 2 == 0);
      }
}

// ---- tensors of Eigen ----

namespace {

// Random shapes of one kind of tensor, by Eigen's own indexing.
template <class Tensor, class Out = Tensor>
void check_tensors(std::uint32_t seed, const std::string& letters, int cases, Index largest) {
  INFO("seed " << seed << ", letters " << letters);
  constexpr auto rank = static_cast<std::size_t>(Tensor::NumDimensions);
  Dice dice(seed);
  const Eigen::ThreadPoolDevice threads(&pool(), 3);
  for (int i = 0; i < cases; ++i) {
    Shape<rank> shape;
    for (Index& size : shape) size = dice.roll(1, largest);
    const std::size_t batch = letters.empty() ? 0 : letters.find('B');
    if (i % 10 == 0) shape[batch] = dice.roll(0, 1);
    if (i % 17 == 5) shape[batch] = dice.roll(250, 520);
    Tensor x = tensor_of<Tensor>(shape);
    number_scalars(x, dice.roll(0, 250));
    const auto named = [&letters](auto& tensor) {
      return letters.empty() ? view(tensor) : view(tensor, letters);
    };
    const Plan plan = permuted(dice, any_plan(dice, cutmix::batch_shape(named(x)), dice.coin()));
    INFO("case " << i << ", " << shown(plan));
    const Tensor expected = mixed_naively(plan, x, letters);
    Out wanted = tensor_of<Out>(shape);
    for_each_position(shape, [&](const auto& at) { wanted(at) = expected(at); });

    Out out = tensor_of<Out>(shape);
    number_scalars(out, 77);
    if (letters.empty())
      mix_images(plan, x, out);
    else
      mix_images(plan, named(x), named(out));
    REQUIRE(same_bytes(out, wanted));
    number_scalars(out, 78);
    mix_images(threads, plan, named(x), out);
    REQUIRE(same_bytes(out, wanted));
    mix_images_in_place(threads, plan, named(x));
    REQUIRE(same_bytes(x, expected));
  }
}

}  // namespace

TEST_CASE("tensors of every layout, rank and scalar") {
  using Eigen::ColMajor;
  using Eigen::RowMajor;
  using Eigen::Tensor;
  for (const char* letters : {"", "BHWC", "WHCB", "CBWH"}) {
    check_tensors<Tensor<float, 4, RowMajor>>(200, letters, 40, 12);
    check_tensors<Tensor<float, 4, ColMajor>>(201, letters, 40, 12);
  }
  check_tensors<Tensor<float, 4, RowMajor>, Tensor<float, 4, ColMajor>>(202, "", 40, 12);
  check_tensors<Tensor<std::uint8_t, 3, RowMajor>>(203, "", 60, 40);
  check_tensors<Tensor<std::uint8_t, 3, RowMajor>>(204, "BCW", 40, 40);
  check_tensors<Tensor<Eigen::half, 4, ColMajor>>(205, "BHWC", 40, 12);
  check_tensors<Tensor<Eigen::bfloat16, 4, ColMajor>>(206, "", 30, 12);
  check_tensors<Tensor<std::int64_t, 5, ColMajor>>(207, "BCDHW", 30, 6);
  check_tensors<Tensor<std::int64_t, 5, ColMajor>>(208, "BCTHW", 30, 6);
}

TEST_CASE("a complex number is cut as one") {
  using Complex = std::complex<double>;
  Eigen::Tensor<Complex, 4> x(3, 2, 5, 6), out(3, 2, 5, 6);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = {double(i), -double(i)};
  Philox4x32 rng(1);
  Options options;
  options.scope = Scope::sample;
  const Plan plan = make_plan(x, options, rng);
  mix_images(plan, x, out);
  CHECK(same_bytes(out, mixed_naively(plan, x)));
}

TEST_CASE("every kind of tensor argument") {
  using Tensor = Eigen::Tensor<float, 4, Eigen::RowMajor>;
  using IntIndexed = Eigen::Tensor<float, 4, Eigen::RowMajor, int>;
  using Fixed = Eigen::TensorFixedSize<float, Eigen::Sizes<2, 3, 4, 5>, Eigen::RowMajor>;
  Tensor x(2, 3, 4, 5), out(2, 3, 4, 5);
  number_scalars(x);
  const Plan plan = plan_of({1, 0}, {1, 1, 4, 3}, 4, 5);
  const Tensor expected = mixed_naively(plan, x);
  const auto check = [&] {
    CHECK(same_bytes(out, expected));
    out.setZero();
  };
  const Eigen::TensorMap<Tensor> map(x.data(), 2, 3, 4, 5);
  const Eigen::TensorMap<const Tensor> map_const(x.data(), 2, 3, 4, 5);
  const Eigen::TensorMap<Eigen::Tensor<const float, 4, Eigen::RowMajor>> map_of_const(x.data(), 2,
                                                                                      3, 4, 5);
  IntIndexed int_x(2, 3, 4, 5), int_out(2, 3, 4, 5);
  Fixed fixed, fixed_out;
  std::copy(x.data(), x.data() + x.size(), int_x.data());
  std::copy(x.data(), x.data() + x.size(), fixed.data());
  mix_images(plan, map, out), check();
  mix_images(plan, map_const, out), check();
  mix_images(plan, map_of_const, out), check();
  mix_images(plan, int_x, out), check();
  mix_images(plan, fixed, out), check();
  mix_images(plan, x, int_out);
  CHECK(same_bytes(int_out, expected));
  mix_images(plan, x, fixed_out);
  CHECK(same_bytes(fixed_out, expected));
  mix_images(plan, x, Eigen::TensorMap<Tensor>(out.data(), 2, 3, 4, 5)), check();
  Eigen::TensorMap<Tensor, Eigen::Aligned> out_map(out.data(), 2, 3, 4, 5);
  mix_images(plan, x, out_map), check();
  const BatchView out_view = view(out);
  mix_images(plan, view(std::as_const(x)), out_view), check();
  mix_images(plan, view(x, "BCHW"), view(out.data(), {2, 3, 4, 5})), check();
  mix_images(plan, x, view(out, "BCHW")), check();
  mix_images(Eigen::DefaultDevice(), plan, x, out), check();
  mix_images_in_place(plan, fixed);
  CHECK(same_bytes(fixed, expected));
  mix_images_in_place(plan, Eigen::TensorMap<Tensor>(x.data(), 2, 3, 4, 5));
  CHECK(same_bytes(x, expected));
}

TEST_CASE("a 3-cycle takes pixels from indices, not from their inverse") {
  // Fault: pixels come from the inverse permutation, labels from the permutation.
  Eigen::Tensor<int, 3, Eigen::RowMajor> x(3, 2, 3), out(3, 2, 3);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<int>(i / 6);
  Eigen::Tensor<int, 1> y(3);
  y.setValues({0, 1, 2});
  Eigen::Tensor<float, 2> targets(3, 3);
  const Plan plan = plan_of({1, 2, 0}, {1, 0, 3, 1}, 2, 3);
  mix_images(plan, x, out);
  cutmix::mix_labels(plan, y, 3, targets);
  for (int b = 0; b < 3; ++b) {
    CHECK(out(b, 0, 0) == b);
    CHECK(out(b, 0, 1) == (b + 1) % 3);
    CHECK(out(b, 0, 2) == (b + 1) % 3);
    CHECK(out(b, 1, 1) == b);
    CHECK(targets(b, b) == Approx(4.0 / 6));
    CHECK(targets(b, (b + 1) % 3) == Approx(2.0 / 6));
  }
  mix_images_in_place(plan, x);
  CHECK(same_bytes(x, out));
}

TEST_CASE("several tensors of one batch follow one plan", "[threads]") {
  // Left and right image, a mask without channels, depth: cut where the pixels are cut.
  Eigen::Tensor<float, 4, Eigen::RowMajor> x(4, 3, 8, 9), out(4, 3, 8, 9);
  Eigen::Tensor<std::uint8_t, 3, Eigen::RowMajor> mask(4, 8, 9), mask_out(4, 8, 9);
  Eigen::Tensor<double, 4, Eigen::ColMajor> depth(4, 1, 8, 9), depth_out(4, 1, 8, 9);
  for (Index b = 0; b < 4; ++b)
    for (Index row = 0; row < 8; ++row)
      for (Index column = 0; column < 9; ++column) {
        mask(b, row, column) = static_cast<std::uint8_t>(b);
        depth(b, 0, row, column) = static_cast<double>(b);
        for (Index c = 0; c < 3; ++c) x(b, c, row, column) = static_cast<float>(b);
      }
  Philox4x32 rng(2);
  Options options;
  options.scope = Scope::sample;
  options.pairing = Pairing::derangement;
  const Plan plan = make_plan(x, options, rng);
  const Eigen::ThreadPoolDevice threads(&pool(), 2);
  mix_images(plan, x, out);
  mix_masks(plan, mask, mask_out);
  mix_masks(threads, plan, depth, depth_out);
  for (Index b = 0; b < 4; ++b)
    for (Index row = 0; row < 8; ++row)
      for (Index column = 0; column < 9; ++column) {
        CHECK(static_cast<float>(mask_out(b, row, column)) == out(b, 1, row, column));
        CHECK(depth_out(b, 0, row, column) == static_cast<double>(out(b, 2, row, column)));
      }
  // With a source, and in memory of one's own.
  Plan from = plan;
  from.shape.source = 4;
  std::vector<std::uint8_t> mixed(4 * 8 * 9);
  mix_masks(from, mask, mask, view(mixed.data(), {4, 8, 9}));
  CHECK(std::equal(mixed.begin(), mixed.end(), mask_out.data()));
  mix_masks(threads, from, mask, mask, view(mixed.data(), {4, 8, 9}));
  CHECK(std::equal(mixed.begin(), mixed.end(), mask_out.data()));
}

TEST_CASE("column-major (W, H, C, B) has the bytes of row-major (B, C, H, W)") {
  Eigen::Tensor<float, 4, Eigen::RowMajor> x(5, 3, 6, 7), out(5, 3, 6, 7);
  number_scalars(x);
  const Eigen::TensorMap<Eigen::Tensor<float, 4>> turned(x.data(), 7, 6, 3, 5);
  Eigen::Tensor<float, 4> turned_out(7, 6, 3, 5);
  Philox4x32 a(3), b(3);
  const Plan plan = make_plan(x, Options{}, a);
  CHECK(make_plan(view(turned, "WHCB"), Options{}, b) == plan);
  mix_images(plan, x, out);
  mix_images(plan, view(turned, "WHCB"), view(turned_out, "WHCB"));
  CHECK(same_bytes(out, turned_out));
}

TEST_CASE("maps with indices of 32 bits may have more elements than these count") {
  // Nothing is read or written: the memory is not there.
  using Map = Eigen::TensorMap<Eigen::Tensor<std::uint8_t, 4, Eigen::RowMajor, int>>;
  std::uint8_t byte = 0;
  const Map x(&byte, 2, 1, 60000, 60000), out(&byte + 1, 2, 1, 60000, 60000);
  CHECK(view(x).stride(0) == Index{60000} * 60000);
  CHECK(cutmix::batch_shape(x) == BatchShape{2, 60000, 60000});
  Philox4x32 rng(4);
  const Plan plan = make_plan(x, Options{}, rng);
  CHECK(plan.lambda(0) >= 0);
  CHECK(plan.lambda(0) <= 1);
  const std::string advice =
      ", must leave no overlap; use mix_images_in_place to write over images";
  CHECK(error_of([&] { mix_images(plan, x, x); }) ==
        "cutmix: distance in bytes from x to x_out = 0" + advice);
  CHECK(error_of([&] { mix_images(plan, x, out); }) ==
        "cutmix: distance in bytes from x to x_out = 1" + advice);
  using Huge = Eigen::TensorMap<Eigen::Tensor<float, 4, Eigen::RowMajor, int>>;
  float number = 0;
  const int most = std::numeric_limits<int>::max();
  const Huge huge(&number, most, most, most, most);
  CHECK(error_of([&] { cutmix::batch_shape(huge); }) ==
        "cutmix: size in bytes = 8589934588 x 2147483647, must be at most 2^63 - 1");
  CHECK(byte == 0);
}

// ---- the laws of pixels ----

TEST_CASE("pixels are copied, never computed with") {
  // Fault: pasting by arithmetic with a mask: 0 * NaN poisons. Of one NaN the payload shows that it
  // is the same.
  Eigen::Tensor<float, 4, Eigen::RowMajor> x(2, 1, 4, 4), out(2, 1, 4, 4);
  x.setConstant(1);
  x(0, 0, 0, 0) = std::numeric_limits<float>::quiet_NaN();
  const std::uint32_t payload = 0x7FA12345;  // a signalling one
  std::memcpy(&x(0, 0, 2, 2), &payload, sizeof payload);
  x(1, 0, 3, 3) = std::numeric_limits<float>::infinity();
  x(1, 0, 1, 1) = -0.0f;
  const Plan plan = plan_of({1, 0}, {1, 1, 3, 3}, 4, 4);
  mix_images(plan, x, out);
  CHECK(same_bytes(out, mixed_naively(plan, x)));
  CHECK(std::isnan(out(0, 0, 0, 0)));
  CHECK(std::isinf(out(1, 0, 3, 3)));
  CHECK(out(1, 0, 0, 0) == 1);
  CHECK(std::signbit(out(0, 0, 1, 1)));
  CHECK(out(1, 0, 1, 1) == 1);
  CHECK(std::memcmp(&out(1, 0, 2, 2), &payload, sizeof payload) == 0);
}

namespace {

// One pixel of its own and one of a partner, mixed out of place and in place.
template <class T>
T mixed_pixel(T own, T partner, double blend) {
  const T x[2] = {own, partner};
  T out[2] = {}, in_place[2] = {own, partner};
  const Plan plan{{2, 1, 1}, {1, 0}, {{{0, 0, 1, 1}, blend}}};
  mix_images(plan, view(x, {2, 1}, "BW"), view(out, {2, 1}, "BW"));
  mix_images_in_place(plan, view(in_place, {2, 1}, "BW"));
  CHECK(std::memcmp(out, in_place, sizeof out) == 0);
  return out[0];
}

}  // namespace

TEST_CASE("a blend leaves what is outside of the box alone, and a NaN inside spreads") {
  using Limits = std::numeric_limits<float>;
  const float nan = Limits::quiet_NaN();
  std::vector<float> x(12, 1.0f), out(12);
  x[0] = nan, x[3] = -0.0f, x[4] = nan;          // one sample of six pixels, the box is [2, 5)
  x[6 + 0] = nan, x[6 + 2] = nan, x[6 + 3] = 3;  // and its partner
  for (const double blend : {0.0, 0.25, 1.0}) {
    const Plan plan{{2, 1, 6}, {1, 0}, {{{2, 0, 5, 1}, blend}}};
    mix_images(plan, view(x.data(), {2, 6}, "BW"), view(out.data(), {2, 6}, "BW"));
    const float inside = blend == 0 ? -0.0f : blend == 1 ? 3.0f : 0.75f;
    CHECK(std::isnan(out[0]));
    CHECK(out[1] == 1);
    CHECK(std::isnan(out[2]) == (blend > 0));
    CHECK(out[3] == inside);
    CHECK(std::signbit(out[3]) == (blend <= 0));
    CHECK(std::isnan(out[4]) == (blend < 1));
    CHECK(out[5] == 1);
  }
  // The least that a sample can keep of its own is something, though the partner's part is rounded
  // to 1.
  CHECK(mixed_pixel(0x1p60f, 1.0f, 1 - 0x1p-53) == 129);
  CHECK(mixed_pixel(0x1p60, 1.0, 1 - 0x1p-53) == 129);
  // A share too small for a float is none.
  CHECK(mixed_pixel(1.0f, nan, 1e-60) == 1);
  CHECK(mixed_pixel(1.0, std::numeric_limits<double>::quiet_NaN(), 0) == 1);
  CHECK(mixed_pixel(1.0f, 3.0f, 0.5) == 2);
}

TEST_CASE("a patch that takes none of its partner leaves every bit, where others blend") {
  const std::uint32_t seed = 260;
  INFO("seed " << seed);
  Dice dice(seed);
  const BatchShape shape{8, 5, 6};
  const Indices indices{7, 6, 5, 4, 3, 2, 1, 0};
  const BBox box{1, 1, 5, 4};
  for (const ScalarType& scalar : all_scalars) {
    if (!has_numbers(scalar.kind)) continue;
    INFO(cutmix::detail::name_of(scalar.kind));
    const std::size_t sample = 60 * scalar.bytes;
    std::vector<Byte> x(8 * sample), out(8 * sample);
    for (Byte& byte : x) byte = static_cast<Byte>(dice.engine()());
    const auto of = [&](std::vector<Byte>& memory) {
      return BatchView(memory.data(), scalar.kind, static_cast<Index>(scalar.bytes), {8, 2, 5, 6});
    };
    mix_images(Plan{shape, indices, {{box, 0}}}, of(x), of(out));
    CHECK(out == x);
    Plan last{shape, indices, std::vector<Patch>(8, {box, 0})};
    last.patches[7].blend = 0.5;
    mix_images(last, of(x), of(out));
    CHECK(std::equal(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(7 * sample), out.begin()));
    const std::vector<Byte> before = x;
    mix_images_in_place(Plan{shape, indices, {{box, 0}}}, of(x));
    CHECK(x == before);
    mix_images_in_place(last, of(x));
    CHECK(x == out);
  }
}

TEST_CASE("integers are rounded to the nearest, ties to even, and stay in their range") {
  CHECK(mixed_pixel<std::uint8_t>(1, 2, 0.5) == 2);
  CHECK(mixed_pixel<std::uint8_t>(2, 3, 0.5) == 2);
  CHECK(mixed_pixel<std::uint8_t>(255, 254, 0.5) == 254);
  CHECK(mixed_pixel<std::uint8_t>(255, 255, 0.3) == 255);
  CHECK(mixed_pixel<std::int8_t>(-1, -2, 0.5) == -2);
  CHECK(mixed_pixel<std::int8_t>(-2, -3, 0.5) == -2);
  CHECK(mixed_pixel<std::int8_t>(-128, 127, 0.5) == 0);  // -0.5
  CHECK(mixed_pixel<std::int16_t>(-32768, -32768, 0.7) == -32768);
  CHECK(mixed_pixel<std::int32_t>(2147483647, 2147483647, 0.1) == 2147483647);
  CHECK(mixed_pixel<std::int32_t>(2147483647, -2147483647, 0.5) == 0);
  using Wide = std::numeric_limits<std::int64_t>;
  using Unsigned = std::numeric_limits<std::uint64_t>;
  CHECK(mixed_pixel<std::int64_t>(Wide::max(), Wide::max(), 0.5) == Wide::max());
  CHECK(mixed_pixel<std::int64_t>(Wide::min(), Wide::min(), 0.5) == Wide::min());
  CHECK(mixed_pixel<std::uint64_t>(Unsigned::max(), Unsigned::max(), 0.5) == Unsigned::max());
  // Beyond 2^51 a double still has halves.
  const std::int64_t large = (std::int64_t{1} << 52) - 1;
  CHECK(mixed_pixel<std::int64_t>(large, large - 1, 0.5) == large - 1);
  CHECK(mixed_pixel<std::int64_t>(large - 2, large - 1, 0.5) == large - 1);
  CHECK(mixed_pixel<std::int64_t>(-large, 1 - large, 0.5) == 1 - large);
  CHECK(mixed_pixel<std::int64_t>(large + 2, large + 4, 0.5) == large + 3);
}

TEST_CASE("blends of numbers follow the laws, one by one") {
  // Random numbers, drawn near one another so that rounding decides; half and bfloat16 must be
  // rounded once, not by way of float.
  const std::uint32_t seed = 140;
  INFO("seed " << seed);
  Dice dice(seed);
  const Index n = 20000;
  for (const ScalarType& scalar : all_scalars) {
    if (!has_numbers(scalar.kind)) continue;
    INFO(cutmix::detail::name_of(scalar.kind));
    const Placement placement{"BW", {2, n}, {n, 1}, 0, 2 * n};
    Block x(placement, scalar.kind, scalar.bytes), out(placement, scalar.kind, scalar.bytes);
    Index by_way_of_float = 0;
    for (int i = 0; i < 12; ++i) {
      x.fill_with_numbers(dice);
      if (i % 3 == 1)  // two numbers of like size
        for (Index k = 0; k < n; ++k)
          put_number(scalar.kind,
                     number_at(scalar.kind, x.at(k)) * (1 + 0.01 * static_cast<double>(k % 7)),
                     x.at(n + k));
      const double blend = i < 2 ? 0.5 : dice.share();
      const Plan plan{{2, 1, n}, {1, 0}, {{{0, 0, n, 1}, blend}}};
      const Expected expected = mixed_naively(plan, x, x, out);
      mix_images(plan, x.view(), out.view());
      REQUIRE(expected.is(out));
      const auto format = scalar.kind == ScalarKind::half ? half_format : bfloat16_format;
      if (scalar.bytes != 2 || !cutmix::detail::is_floating(scalar.kind) || blend <= 0) continue;
      for (Index k = 0; k < n; ++k) {
        const double value = blended(scalar.kind, number_at(scalar.kind, x.at(k)),
                                     number_at(scalar.kind, x.at(n + k)), blend);
        if (std::isnan(value)) continue;
        const auto twice = nearest_small(format, static_cast<double>(static_cast<float>(value)));
        by_way_of_float += twice != scalar_at<std::uint16_t>(out.at(k));
      }
    }
    // Whether the numbers can tell the two apart at all.
    if (scalar.kind == ScalarKind::half || scalar.kind == ScalarKind::bfloat16)
      CHECK(by_way_of_float > 0);
  }
}

TEST_CASE("half and bfloat16: all bit patterns, and all that lies between") {
  const auto check = [](const SmallFormat& format, auto small) {
    using Library = decltype(small);
    const std::uint16_t infinity =
        static_cast<std::uint16_t>(((1 << format.exponent) - 1) << format.fraction);
    Index wrong = 0;
    for (std::uint32_t i = 0; i < 65536; ++i) {
      const auto bits = static_cast<std::uint16_t>(i);
      const double value = Library::load(bits), exact = small_number(format, bits);
      const auto stored = Library::store(value);
      if (std::isnan(exact)) {
        wrong += !std::isnan(value) || !std::isnan(small_number(format, stored)) ||
                 (stored ^ bits) >> 15 != 0;
        continue;
      }
      wrong += !(value <= exact && value >= exact) || std::signbit(value) != std::signbit(exact) ||
               stored != bits;
      if ((bits & 0x7FFF) >= infinity) continue;
      // The middle between it and the next, and its neighbours among doubles; behind the largest
      // comes what would be the next power of two.
      const auto next = static_cast<std::uint16_t>(bits + 1);
      const double above = (next & 0x7FFF) == infinity
                               ? std::copysign(std::ldexp(1, 1 << (format.exponent - 1)), exact)
                               : small_number(format, next);
      const double middle = (exact + above) / 2;
      for (const double near : {middle, std::nextafter(middle, 0.0), std::nextafter(middle, above),
                                exact + (above - exact) / 3})
        wrong += Library::store(near) != nearest_small(format, near);
    }
    CHECK(wrong == 0);
    // Doubles of every size.
    Dice dice(150);
    for (int i = 0; i < 200000; ++i) {
      const auto whole = static_cast<double>(dice.roll(-2000000000, 2000000000));
      const double near = std::ldexp(whole, static_cast<int>(dice.roll(-200, 140)));
      wrong += Library::store(near) != nearest_small(format, near);
    }
    for (const double extreme : {0.0, -0.0, 5e-324, -5e-324, 1e308, -1e308})
      wrong += Library::store(extreme) != nearest_small(format, extreme);
    const double infinite = std::numeric_limits<double>::infinity();
    wrong +=
        Library::store(infinite) != infinity || Library::store(-infinite) != (infinity | 0x8000);
    CHECK(wrong == 0);
  };
  check(half_format, cutmix::detail::HalfFormat{});
  check(bfloat16_format, cutmix::detail::BFloat16Format{});
}

// ---- the share ----

TEST_CASE("the partner's mean share, counted, is 1 - lambda") {
  // Own pixels are 0 and partners' 1, so the mean of a sample is the partner's share: exactly for
  // cuts, to rounding for blends. In one, two and three dimensions.
  const std::uint32_t seed = 160;
  Dice dice(seed);
  const char* const sorts[] = {"BCW", "BCHW", "BCDHW"};
  std::vector<double> zeros, ones, out;
  for (int i = 0; i < 12000; ++i) {
    INFO("seed " << seed << " case " << i);
    const std::string letters = sorts[i % 3];
    const Index most = letters == "BCW" ? 60 : letters == "BCHW" ? 16 : 8;
    BatchShape shape{dice.roll(1, 4), 1, dice.roll(1, most), 1, dice.roll(1, 3)};
    Indices sizes{shape.batch, 2};
    if (letters == "BCDHW") sizes.push_back(shape.depth = dice.roll(1, most));
    if (letters != "BCW") sizes.push_back(shape.height = dice.roll(1, most));
    sizes.push_back(shape.width);
    const auto count = nth(count_of(sizes));
    zeros.assign(count, 0), out.assign(count, 7);
    Indices source_sizes = sizes;
    source_sizes[0] = shape.source;
    ones.assign(nth(count_of(source_sizes)), 1);
    Options options = random_options(dice, shape);
    if (dice.roll(0, 2) == 0) options.mixup_prob = 0.5;
    const Plan plan = make_plan(shape, options, dice.engine());
    INFO("plan " << plan);
    mix_images(plan, view(std::as_const(zeros).data(), sizes, letters),
               view(std::as_const(ones).data(), source_sizes, letters),
               view(out.data(), sizes, letters));
    const std::size_t sample = count / nth(shape.batch);
    bool right = true;
    for (Index b = 0; b < shape.batch; ++b) {
      const double* const first = out.data() + nth(b) * sample;
      const double mean = std::accumulate(first, first + sample, 0.0) / static_cast<double>(sample);
      const double wanted = 1 - plan.lambda(b);
      right = right && std::abs(mean - wanted) <= (plan.blend(b) < 1 ? 1e-12 : 1e-15);
    }
    REQUIRE(right);
  }
}

// ---- errors ----

namespace {

// Memory that a call which fails must leave alone.
struct Watched {
  std::vector<float> x, out, source;
  std::vector<float> x_before, out_before, source_before;

  Watched() : x(8 * 2 * 5 * 6), out(x.size(), -7.0f), source(3 * 2 * 5 * 6) {
    std::iota(x.begin(), x.end(), 0.0f);
    std::iota(source.begin(), source.end(), 1000.0f);
    x_before = x, out_before = out, source_before = source;
  }

  BatchView images() { return view(x.data(), {8, 2, 5, 6}, "BCHW"); }
  BatchView mixed() { return view(out.data(), {8, 2, 5, 6}, "BCHW"); }

  template <class Call>
  std::string error(const Call& call) {
    const std::string message = error_of(call);
    CHECK(same_bytes(x, x_before));
    CHECK(same_bytes(out, out_before));
    CHECK(same_bytes(source, source_before));
    return message;
  }
};

const Plan good{{8, 5, 6}, {1, 0, 2, 3, 4, 5, 6, 7}, {{{1, 1, 3, 4}, 1}}};

}  // namespace

TEST_CASE("a plan that does not fit the images") {
  Watched batch;
  const auto with = [&](const auto& change) {
    Plan plan = good;
    change(plan);
    const std::string message =
        batch.error([&] { mix_images(plan, batch.images(), batch.mixed()); });
    CHECK(batch.error([&] { mix_images_in_place(plan, batch.images()); }) == message);
    CHECK(batch.error([&] {
      mix_images(Eigen::DefaultDevice(), plan, batch.images(), batch.mixed());
    }) == message);
    if (!cutmix::detail::PlanCuts(plan).blends())
      CHECK(batch.error([&] { mix_masks(plan, batch.images(), batch.mixed()); }) == message);
    return message;
  };
  CHECK(with([](Plan& plan) { plan.indices = {0, 1, 2, 8, 4, 5, 6, 7}; }) ==
        "cutmix: indices[3] = 8, must be in [0, 8)");
  CHECK(with([](Plan& plan) { plan.indices[0] = -1; }) ==
        "cutmix: indices[0] = -1, must be in [0, 8)");
  CHECK(with([](Plan& plan) { plan.indices.pop_back(); }) ==
        "cutmix: size of indices = 7, must be 8, the batch size");
  CHECK(with([](Plan& plan) { plan.patches.resize(3); }) ==
        "cutmix: size of patches = 3, must be 1 or 8, the batch size");
  CHECK(with([](Plan& plan) { plan.patches.clear(); }) ==
        "cutmix: size of patches = 0, must be 1 or 8, the batch size");
  CHECK(with([](Plan& plan) { plan.patches[0].box.x2 = 7; }) ==
        "cutmix: patches[0].box = (1, 1, 7, 4), must satisfy 0 <= x1 <= x2 <= 6 and 0 <= y1 <= y2 "
        "<= 5");
  CHECK(with([](Plan& plan) { plan.patches[0].box.z2 = 2; }) ==
        "cutmix: patches[0].box = (1, 1, 3, 4, 0, 2), must satisfy 0 <= x1 <= x2 <= 6 and 0 <= y1 "
        "<= y2 <= 5 and 0 <= z1 <= z2 <= 1");
  CHECK(with([](Plan& plan) { plan.patches[0].blend = 1.5; }) ==
        "cutmix: patches[0].blend = 1.5, must be in [0, 1]");
  CHECK(with([](Plan& plan) {
          plan.patches[0].blend = std::numeric_limits<double>::quiet_NaN();
        }) == "cutmix: patches[0].blend = nan, must be in [0, 1]");
  // Drawn for something else.
  CHECK(with([](Plan& plan) {
          plan.shape.batch = 7;
          plan.indices = {0, 1, 2, 3, 4, 5, 6};
        }) == "cutmix: plan.shape.batch = 7, must be 8, as of x");
  CHECK(with([](Plan& plan) { plan.shape.height = 6; }) ==
        "cutmix: plan.shape.height = 6, must be 5, as of x");
  CHECK(with([](Plan& plan) { plan.shape.width = 5; }) ==
        "cutmix: plan.shape.width = 5, must be 6, as of x");
  CHECK(with([](Plan& plan) { plan.shape.depth = 2; }) ==
        "cutmix: plan.shape.depth = 2, must be 1, as of x");
  CHECK(with([](Plan& plan) { plan.shape.source = 8; }) ==
        "cutmix: plan.shape.source = 8, needs a source: its partners are not of the batch itself");
  CHECK(with([](Plan& plan) { plan = Plan{}; }) ==
        "cutmix: plan.shape.batch = 0, must be 8, as of x");
  // Turned round, of as many pixels.
  Watched turned;
  CHECK(turned.error([&] {
    mix_images(good, view(turned.x.data(), {8, 2, 6, 5}), view(turned.out.data(), {8, 2, 6, 5}));
  }) == "cutmix: plan.shape.height = 5, must be 6, as of x");
}

TEST_CASE("a source that does not fit") {
  Watched batch;
  Plan plan = good;
  plan.shape.source = 3;
  plan.indices = {2, 1, 0, 2, 1, 0, 0, 0};
  const auto with = [&](const ConstBatchView& source) {
    return batch.error([&] { mix_images(plan, batch.images(), source, batch.mixed()); });
  };
  float* const data = batch.source.data();
  CHECK(with(view(data, {2, 2, 5, 6})) == "cutmix: plan.shape.source = 3, must be 2, as of source");
  CHECK(with(view(data, {3, 1, 5, 6})) == "cutmix: source.size(1) = 1, must be 2, as of x");
  CHECK(with(view(data, {3, 2, 6, 5})) == "cutmix: source.size(2) = 6, must be 5, as of x");
  CHECK(with(view(data, {3, 2, 30})) == "cutmix: rank of source = 3, must be 4");
  CHECK(with(view(data, {3, 2, 5, 6}, "BKHW")) ==
        "cutmix: letters of source = \"BKHW\", must be those of \"BCHW\", in any order");
  CHECK(with(view(reinterpret_cast<std::int32_t*>(data), {3, 2, 5, 6})) ==
        "cutmix: scalar of source = int32, must be float32, as of x");
  CHECK(with(view(batch.out.data() + 100, {3, 2, 5, 6})) ==
        "cutmix: distance in bytes from source to x_out = -400, must leave no overlap");
  plan.indices[5] = 3;
  CHECK(with(view(data, {3, 2, 5, 6})) == "cutmix: indices[5] = 3, must be in [0, 3)");
  plan.indices[5] = 0, plan.shape.source = -1;
  CHECK(with(view(data, {3, 2, 5, 6})) ==
        "cutmix: plan.shape.source = -1, must be 3, as of source");
  plan.shape.source = 0;
  CHECK(with(view(data, {0, 2, 5, 6})) ==
        "cutmix: source = 0, must be at least 1 where a batch needs partners");
}

TEST_CASE("views that do not fit each other") {
  Watched batch;
  const BatchView x = batch.images();
  float* const out = batch.out.data();
  const auto with = [&](const BatchView& mixed) {
    return batch.error([&] { mix_images(good, x, mixed); });
  };
  CHECK(with(view(out, {8, 2, 5, 5})) == "cutmix: x_out.size(3) = 5, must be 6, as of x");
  CHECK(with(view(out, {8, 2, 5, 7})) == "cutmix: x_out.size(3) = 7, must be 6, as of x");
  CHECK(with(view(out, {7, 2, 5, 6})) == "cutmix: x_out.size(0) = 7, must be 8, as of x");
  CHECK(with(view(out, {5, 2, 8, 6}, "HCBW").with_letters("BCHW")) ==
        "cutmix: x_out.size(0) = 5, must be 8, as of x");
  CHECK(with(view(out, {8, 10, 6})) == "cutmix: rank of x_out = 3, must be 4");
  CHECK(with(view(out, {8, 2, 5, 6}, "BCDW")) ==
        "cutmix: letters of x_out = \"BCDW\", must be those of \"BCHW\", in any order");
  CHECK(with(view(reinterpret_cast<std::uint32_t*>(out), {8, 2, 5, 6})) ==
        "cutmix: scalar of x_out = uint32, must be float32, as of x");
  const auto opaque = [](void* data, Index bytes) {
    return BatchView(data, ScalarKind::opaque, bytes, {8, 2, 5, 6});
  };
  CHECK(batch.error([&] { mix_images(good, opaque(batch.x.data(), 4), opaque(out, 3)); }) ==
        "cutmix: bytes of a scalar of x_out = 3, must be 4, as of x");
  CHECK(batch.error([&] { mix_images(good, opaque(batch.x.data(), 3), opaque(out, 4)); }) ==
        "cutmix: bytes of a scalar of x_out = 4, must be 3, as of x");
  CHECK(batch.error([&] {
    mix_images(good, view(batch.x.data(), {8, 60}), view(out, {8, 60}));
  }) == "cutmix: rank of x = 2, must be at least 3: (B, ..., H, W); name other axes: "
        "cutmix::view(x, \"BCW\")");
  CHECK(batch.error([&] {
    mix_images_in_place(good, view(batch.x.data(), {8, 60}));
  }) == "cutmix: rank of x = 2, must be at least 3: (B, ..., H, W); name other axes: "
        "cutmix::view(x, \"BCW\")");
  CHECK(batch.error([&] {
    mix_images(good, view(batch.x.data(), {8, 2, 5, 6}), view(out, {8, 60}, "BW"));
  }) == "cutmix: rank of x_out = 2, must be 4");
  // Letters of the output alone name the axes of both.
  mix_images(good, view(batch.x.data(), {8, 5, 6, 2}), view(out, {8, 5, 6, 2}, "BHWC"));
  std::vector<float> lettered(batch.out.size());
  mix_images(good, view(batch.x.data(), {8, 5, 6, 2}, "BHWC"), view(lettered.data(), {8, 5, 6, 2}));
  CHECK(batch.out == lettered);
  // And so do those of the source alone.
  Plan from = good;
  from.shape.source = 3;
  from.indices = {2, 1, 0, 2, 1, 0, 0, 0};
  const auto source = view(batch.source.data(), {3, 5, 6, 2}, "BHWC");
  mix_images(from, view(batch.x.data(), {8, 5, 6, 2}), source, view(out, {8, 5, 6, 2}));
  mix_images(from, view(batch.x.data(), {8, 5, 6, 2}, "BHWC"), source,
             view(lettered.data(), {8, 5, 6, 2}, "BHWC"));
  CHECK(batch.out == lettered);
}

TEST_CASE("outputs that overlap an input, or fold onto themselves") {
  Watched batch;
  std::vector<float> memory(2000, 1.0f);
  const std::vector<float> before = memory;
  const auto at = [&](Index first) { return view(memory.data() + first, {8, 2, 5, 6}); };
  // x_out begins within x, or x within x_out, or they are the same.
  for (const Index shift : {-100, -1, 0, 1, 479})
    CHECK(error_of([&] { mix_images(good, at(600), at(600 + shift)); }) ==
          "cutmix: distance in bytes from x to x_out = " + std::to_string(4 * shift) +
              ", must leave no overlap; use mix_images_in_place to write over images");
  // By one byte.
  auto* const bytes = reinterpret_cast<Byte*>(memory.data());
  const auto images = [&](Byte* first) {
    return BatchView(first, ScalarKind::float32, 4, {8, 2, 5, 6});
  };
  for (const Index shift : {-1919, 1919})
    CHECK(error_of([&] { mix_images(good, images(bytes + 2400), images(bytes + 2400 + shift)); }) ==
          "cutmix: distance in bytes from x to x_out = " + std::to_string(shift) +
              ", must leave no overlap; use mix_images_in_place to write over images");
  CHECK(memory == before);
  // One ends where the other begins.
  mix_images(good, at(600), at(600 + 480));
  mix_images(good, at(600), at(600 - 480));
  // Left and right columns of one memory are apart; shifted by one column they are not.
  const auto columns = [&](Index first) {
    return view(memory.data() + first, {8, 2, 5, 6}, "", {120, 60, 12, 1});
  };
  mix_images(good, columns(0), columns(6));
  mix_images(good, columns(6), columns(0));
  CHECK(error_of([&] { mix_images(good, columns(0), columns(5)); }) != "no error");
  // An image and itself backwards.
  const auto backwards = [&](Index first) {
    return view(memory.data() + first + 479, {8, 2, 5, 6}, "", {-60, -30, -6, -1});
  };
  CHECK(error_of([&] { mix_images(good, at(0), backwards(0)); }) ==
        "cutmix: distance in bytes from x to x_out = 1916, must leave no overlap; use "
        "mix_images_in_place to write over images");
  CHECK(error_of([&] { mix_images(good, backwards(600), backwards(601)); }) != "no error");
  CHECK(error_of([&] { mix_images(good, at(479), backwards(0)); }) != "no error");
  mix_images(good, at(480), backwards(0));
  mix_images(good, backwards(480), at(0));

  // Outputs whose strides fold; inputs may repeat.
  const auto strided = [&](Index b, Index c, Index h, Index w) {
    return view(batch.out.data(), {8, 2, 5, 6}, "BCHW", {b, c, h, w});
  };
  const std::string rule = ", must not fold memory onto itself: each position is written";
  CHECK(batch.error([&] { mix_images(good, batch.images(), strided(60, 30, 0, 1)); }) ==
        "cutmix: strides of x_out = 60, 30, 0, 1" + rule);
  CHECK(batch.error([&] { mix_images(good, batch.images(), strided(60, 30, 5, 1)); }) ==
        "cutmix: strides of x_out = 60, 30, 5, 1" + rule);
  CHECK(batch.error([&] { mix_images(good, batch.images(), strided(0, 30, 6, 1)); }) ==
        "cutmix: strides of x_out = 0, 30, 6, 1" + rule);
  CHECK(batch.error([&] { mix_images_in_place(good, strided(60, 30, 6, 0)); }) ==
        "cutmix: strides of x = 60, 30, 6, 0" + rule);
  mix_images(good, view(batch.x.data(), {8, 2, 5, 6}, "BCHW", {0, 0, 0, 0}), batch.mixed());
  CHECK(std::count(batch.out.begin(), batch.out.end(), batch.x[0]) == 480);
}

TEST_CASE("in place needs a permutation") {
  Watched batch;
  const auto with = [&](Indices indices) {
    Plan plan = good;
    plan.indices = std::move(indices);
    return batch.error([&] { mix_images_in_place(plan, batch.images()); });
  };
  const std::string rule = ", must stand there once: in place needs a permutation";
  CHECK(with({1, 2, 0, 2, 4, 5, 6, 7}) == "cutmix: indices[3] = 2" + rule);
  CHECK(with({0, 0, 2, 3, 4, 5, 6, 7}) == "cutmix: indices[1] = 0" + rule);
  // A walk that begins beside its cycle, which a check that follows repeats would never leave.
  std::vector<float> three(3 * 4, 1.0f);
  const std::vector<float> before = three;
  for (const auto& [indices, text] : {std::pair{Indices{1, 1, 2}, "indices[1] = 1"},
                                      {Indices{1, 2, 1}, "indices[2] = 1"},
                                      {Indices{2, 2, 1}, "indices[1] = 2"},
                                      {Indices{0, 0, 0}, "indices[1] = 0"}}) {
    const Plan plan{{3, 2, 2}, indices, {{{0, 0, 1, 1}, 1}}};
    CHECK(error_of([&] {
            mix_images_in_place(plan, view(three.data(), {3, 2, 2}));
          }) == std::string("cutmix: ") + text + rule);
  }
  CHECK(three == before);
}

TEST_CASE("what cannot be blended is refused before anything is written") {
  Plan plan = good;
  plan.patches[0].blend = 0.5;
  for (const ScalarType& scalar : all_scalars) {
    std::vector<Byte> x(480 * scalar.bytes, 1), out(480 * scalar.bytes, 2);
    const auto x_before = x, out_before = out;
    const auto of = [&](std::vector<Byte>& memory) {
      return BatchView(memory.data(), scalar.kind, static_cast<Index>(scalar.bytes), {8, 2, 5, 6});
    };
    const std::string expected = std::string("cutmix: scalar of x = ") +
                                 cutmix::detail::name_of(scalar.kind) +
                                 ", must be floating or integer where a plan blends";
    const std::string mixed = error_of([&] { mix_images(plan, of(x), of(out)); });
    const bool blends = has_numbers(scalar.kind);
    CHECK(mixed == (blends ? "no error" : expected));
    if (!blends) {
      CHECK(error_of([&] { mix_images_in_place(plan, of(x)); }) == expected);
      CHECK(x == x_before);
      CHECK(out == out_before);
    }
    // A blend without pixels is none.
    Plan without_pixels = good;
    without_pixels.patches.assign(1, {{2, 2, 2, 4}, 0.5});
    mix_images(without_pixels, of(x), of(out));
    CHECK(out == x);
    // Masks never are.
    out = out_before;
    CHECK(error_of([&] { mix_masks(plan, of(x), of(out)); }) ==
          "cutmix: patches[0].blend = 0.5, must be 1 for masks, which cannot be blended");
    CHECK(error_of([&] { mix_masks(Eigen::DefaultDevice(), plan, of(x), of(out)); }) ==
          "cutmix: patches[0].blend = 0.5, must be 1 for masks, which cannot be blended");
    CHECK(out == out_before);
  }
}

TEST_CASE("edges: nothing to mix, pools without threads, strides of no meaning", "[threads]") {
  const Eigen::ThreadPoolDevice none(&pool(), 0);
  std::vector<float> x(60, 1.0f), out(60, 2.0f);
  std::iota(x.begin(), x.end(), 0.0f);
  // No samples, in memory that is not there.
  const Plan empty{{0, 5, 6}, {}, {{{0, 0, 6, 5}, 1}}};
  float* const nothing = nullptr;
  mix_images_in_place(empty, view(nothing, {0, 2, 5, 6}));
  mix_images_in_place(none, empty, view(nothing, {0, 2, 5, 6}));
  mix_images(none, empty, view(nothing, {0, 2, 5, 6}), view(nothing, {0, 2, 5, 6}));
  // No channels, no pixels.
  const Plan two{{2, 5, 6}, {1, 0}, {{{0, 0, 6, 5}, 1}}};
  mix_images_in_place(two, view(nothing, {2, 0, 5, 6}));
  mix_images(two, view(nothing, {2, 0, 5, 6}), view(nothing, {2, 0, 5, 6}));
  const Plan flat{{2, 0, 6}, {1, 0}, {{{0, 0, 6, 0}, 0.5}}};
  mix_images(flat, view(nothing, {2, 3, 0, 6}), view(nothing, {2, 3, 0, 6}));
  mix_images_in_place(flat, view(nothing, {2, 3, 0, 6}));
  // A pool without threads.
  mix_images(none, two, view(x.data(), {2, 5, 6}), view(out.data(), {2, 5, 6}));
  CHECK(std::equal(out.begin(), out.begin() + 30, x.begin() + 30));
  mix_images_in_place(none, two, view(x.data(), {2, 5, 6}));
  CHECK(x == out);

  // Axes of size 1, and all of an empty view, may have any stride: none is taken.
  const Index huge = std::numeric_limits<Index>::max();
  const Plan one{{1, 5, 6}, {0}, {{{0, 0, 6, 5}, 0.5}}};
  const auto strange = [&](float* data, Index stride) {
    return view(data, {1, 1, 5, 6}, "BCHW", {stride, -stride, Index{6}, Index{1}});
  };
  mix_images(one, strange(x.data(), huge), strange(out.data(), huge));
  CHECK(x == out);
  mix_images_in_place(one, strange(x.data(), huge));
  CHECK(x == out);
  CHECK(error_of([&] { mix_images(one, strange(x.data(), huge), strange(x.data(), 1)); }) !=
        "no error");
  const auto strange_and_empty = view(nothing, {2, 0, 5, 6}, "BCHW", {huge, huge, huge, huge});
  mix_images(two, strange_and_empty, strange_and_empty);
  mix_images_in_place(two, strange_and_empty);
  const auto wide_and_empty =
      view(nothing, {Index{2}, Index{0}, Index{5}, Index{6}, huge / 512}, "BCHWK");
  mix_images(two, wide_and_empty, wide_and_empty);
}

TEST_CASE("Eigen's devices run every part once") {
  const auto counts = [](const auto& device) {
    std::vector<std::atomic<int>> times(5);
    const auto count = [&](Index i) { ++times[nth(i)]; };
    cutmix::DeviceTraits<std::decay_t<decltype(device)>>::run(device, 5, Part(count));
    return std::vector<int>(times.begin(), times.end());
  };
  CHECK(counts(Eigen::DefaultDevice()) == std::vector<int>(5, 1));
  CHECK(counts(Eigen::ThreadPoolDevice(&pool(), 3)) == std::vector<int>(5, 1));
}

TEST_CASE("every kind but an opaque one is visited as a type") {
  for (const ScalarType& scalar : all_scalars) {
    int visits = 0;
    cutmix::detail::with_kind(scalar.kind, [&](auto type) {
      ++visits;
      CHECK(sizeof type == scalar.bytes);
    });
    CHECK(visits == (scalar.kind == cutmix::ScalarKind::opaque ? 0 : 1));
  }
}

TEST_CASE("scalars larger than what is set aside at a time") {
  // In place there is no room for them on the stack: an error, and nothing is written.
  const std::size_t bytes = 80000;
  std::vector<Byte> x(2 * 3 * bytes), out(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<Byte>(i / 1000);
  const auto of = [&](std::vector<Byte>& memory) {
    return BatchView(memory.data(), ScalarKind::opaque, static_cast<Index>(bytes), {2, 3}, "BW");
  };
  const Plan plan{{2, 1, 3}, {1, 0}, {{{1, 0, 3, 1}, 1}}};
  mix_images(plan, of(x), of(out));
  CHECK(std::equal(out.begin() + 80000, out.begin() + 240000, x.begin() + 320000));
  CHECK(std::equal(out.begin(), out.begin() + 80000, x.begin()));
  const auto before = x;
  CHECK(error_of([&] { mix_images_in_place(plan, of(x)); }) ==
        "cutmix: bytes of a scalar of x = 80000, must be at most 65536 in place");
  CHECK(x == before);
}

// ---- the kernels, on memory whose ends are watched ----

namespace {

using cutmix::detail::Dense;
using cutmix::detail::PlanCuts;
using cutmix::detail::StreamWidth;

// Memory that ends, at either side, where a page begins that must not be touched.
class GuardedMemory {
 public:
  GuardedMemory(std::size_t bytes, bool at_end) : bytes_(bytes) {
#if defined(__unix__)
    page_ = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    inner_ = (bytes + page_ - 1) / page_ * page_;
    void* map = mmap(nullptr, inner_ + 2 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(map != MAP_FAILED);
    base_ = static_cast<Byte*>(map);
    // Of no bytes it is an error under qemu.
    if (inner_ > 0) REQUIRE(mprotect(base_ + page_, inner_, PROT_READ | PROT_WRITE) == 0);
    data_ = base_ + page_ + (at_end ? inner_ - bytes : 0);
#else
    static_cast<void>(at_end);
    heap_.resize(bytes);
    data_ = heap_.data();
#endif
  }
  GuardedMemory(const GuardedMemory&) = delete;
  GuardedMemory& operator=(const GuardedMemory&) = delete;
  ~GuardedMemory() {
#if defined(__unix__)
    munmap(base_, inner_ + 2 * page_);
#endif
  }
  Byte* data() { return data_; }
  std::size_t size() const { return bytes_; }

 private:
  std::size_t bytes_;
  Byte* data_ = nullptr;
#if defined(__unix__)
  std::size_t page_ = 0, inner_ = 0;
  Byte* base_ = nullptr;
#else
  std::vector<Byte> heap_;
#endif
};

// All that this machine can run, whichever it would choose.
std::vector<StreamWidth> widths_here() {
  std::vector<StreamWidth> widths{StreamWidth::none};
  if (cutmix::detail::stream_width() != StreamWidth::none) widths.push_back(StreamWidth::avx2);
  if (cutmix::detail::stream_width() == StreamWidth::avx512) widths.push_back(StreamWidth::avx512);
  return widths;
}

// Slices, rows and columns that any sides of a box cut, or none.
Dense random_dense(Dice& dice, std::size_t scalar, Index longest) {
  using namespace cutmix::detail;
  Dense dense;
  dense.fits = true;
  dense.planes = dice.roll(1, 3);
  dense.size[0] = dice.coin() ? 1 : dice.roll(2, 4);
  dense.size[1] = dice.roll(1, 9);
  dense.size[2] = dice.roll(1, longest);
  Side sides[3] = {side_z, side_y, side_x};
  if (dice.coin()) std::swap(sides[nth(dice.roll(0, 2))], sides[nth(dice.roll(0, 2))]);
  for (int i = 0; i < 3; ++i) dense.side[i] = dice.roll(0, 4) == 0 ? no_side : sides[i];
  dense.pixel = scalar * nth(dice.roll(1, 3));
  return dense;
}

// The images that boxes of such a sample are cut from.
BatchShape shape_of(const Dense& dense, Index batch) {
  BatchShape shape{batch, 1, 1, 1, -1};
  for (int i = 0; i < 3; ++i) {
    if (dense.side[i] == cutmix::detail::side_x) shape.width = dense.size[i];
    if (dense.side[i] == cutmix::detail::side_y) shape.height = dense.size[i];
    if (dense.side[i] == cutmix::detail::side_z) shape.depth = dense.size[i];
  }
  return shape;
}

// Where a byte of a pixel stands, by what cuts its axes.
struct BytePlace {
  std::size_t at, byte;  // from the sample's beginning, and from the pixel's
  Index column, row, slice;

  bool is_inside(const BBox& box) const { return covers(box, column, row, slice); }
};

// The naive loops over bytes.
template <class Visit>
void for_each_byte(const Dense& dense, const Visit& visit) {
  std::size_t at = 0;
  for (Index p = 0; p < dense.planes; ++p)
    for (Index i = 0; i < dense.size[0]; ++i)
      for (Index j = 0; j < dense.size[1]; ++j)
        for (Index k = 0; k < dense.size[2]; ++k) {
          Index where[4] = {0, 0, 0, 0};  // by side; the last is what no side cuts
          where[dense.side[0]] = i, where[dense.side[1]] = j, where[dense.side[2]] = k;
          for (std::size_t byte = 0; byte < dense.pixel; ++byte, ++at)
            visit(BytePlace{at, byte, where[0], where[1], where[2]});
        }
}

Plan cuts_of(Dice& dice, const BatchShape& shape) {
  Plan plan = any_plan(dice, shape, false);
  if (dice.roll(0, 9) == 0)  // nothing, everything
    plan.patches.assign(1, {{0, 0, shape.width, shape.height, 0, shape.depth}, 1});
  return plan;
}

}  // namespace

TEST_CASE("kernels at every alignment, width and scalar size, up to both ends of the memory") {
  const std::uint32_t seed = 400;
  INFO("seed " << seed);
  Dice dice(seed);
  INFO("stream widths tested here: " << widths_here().size());
  // At the beginning of guarded memory a block is page-aligned; at its end the sizes, which are
  // random, decide; shifted, every alignment has its turn.
  enum class Place { beginning, end, shifted };
  for (const Place place : {Place::beginning, Place::end, Place::shifted})
    for (const std::size_t scalar : {1u, 2u, 4u, 8u, 3u})
      for (std::size_t shift = 0; shift < 64; shift += scalar)
        for (int i = 0; i < 4; ++i) {
          const Dense dense = random_dense(dice, scalar, i == 0 ? 400 : 90);
          const Index batch = dice.roll(1, 4), planes = batch * dense.planes;
          BatchShape shape = shape_of(dense, batch);
          const bool has_source = dice.coin();
          if (has_source) shape.source = dice.roll(1, 3);
          const Plan plan = cuts_of(dice, shape);
          const std::size_t sample = nth(dense.planes) * dense.plane();
          const std::size_t bytes = nth(batch) * sample;
          const std::size_t source_bytes = has_source ? nth(shape.source) * sample : 0;
          const bool at_end = place == Place::end, shifted = place == Place::shifted;
          const std::size_t x_shift = shifted ? shift : 0,
                            out_shift = shifted ? nth(dice.roll(0, 63)) : 0;
          GuardedMemory x(bytes + x_shift, at_end), out(bytes + out_shift, at_end),
              other(source_bytes, at_end);
          for (std::size_t k = 0; k < x.size(); ++k)
            x.data()[k] = static_cast<Byte>(k * 7 + k / 251);
          for (std::size_t k = 0; k < other.size(); ++k)
            other.data()[k] = static_cast<Byte>(k * 5 + k / 249 + 128);
          const Byte* const own = x.data() + x_shift;
          const Byte* const partners = has_source ? other.data() : own;
          Byte* const to = out.data() + out_shift;
          std::vector<Byte> expected(bytes);
          for (Index b = 0; b < batch; ++b)
            for_each_byte(dense, [&](const BytePlace& byte) {
              const bool inside = byte.is_inside(box_of(plan, b));
              expected[nth(b) * sample + byte.at] =
                  inside ? partners[nth(plan.indices[nth(b)]) * sample + byte.at]
                         : own[nth(b) * sample + byte.at];
            });
          const cutmix::detail::Samples from{own, static_cast<Index>(sample), {}, nullptr};
          const cutmix::detail::Samples others{partners, static_cast<Index>(sample), {}, nullptr};
          const cutmix::detail::Output output{to, static_cast<Index>(sample), {}};
          for (const StreamWidth width : widths_here()) {
            INFO("width " << static_cast<int>(width) << " scalar " << scalar << " case " << i);
            // In three parts, as threads would, each of which writes its planes and not a byte
            // more.
            Index cuts[4] = {0, dice.roll(0, planes), dice.roll(0, planes), planes};
            std::sort(cuts, cuts + 4);
            for (int part = 0; part < 3; ++part) {
              std::memset(out.data(), 0xA5, out.size());
              cutmix::detail::mix_dense(dense, ScalarKind::opaque, PlanCuts(plan), from, others,
                                        output, cuts[part], cuts[part + 1], width);
              const std::size_t first = nth(cuts[part]) * dense.plane();
              const std::size_t last = nth(cuts[part + 1]) * dense.plane();
              REQUIRE(std::equal(expected.begin() + static_cast<std::ptrdiff_t>(first),
                                 expected.begin() + static_cast<std::ptrdiff_t>(last), to + first));
              bool untouched = true;
              for (Byte* p = out.data(); p < out.data() + out.size(); ++p)
                untouched = untouched && ((p >= to + first && p < to + last) || *p == 0xA5);
              REQUIRE(untouched);
            }
          }
        }
}

TEST_CASE("samples side by side: parts of rows, in place and out of place, no byte beyond") {
  const std::uint32_t seed = 410;
  INFO("seed " << seed);
  Dice dice(seed);
  for (int i = 0; i < 600; ++i) {
    const std::size_t scalar = nth(std::array<Index, 6>{1, 2, 3, 4, 8, 16}[nth(dice.roll(0, 5))]);
    const Index batch = i % 20 == 0 ? dice.roll(250, 600) : dice.roll(1, 9);
    const Dense dense = random_dense(dice, nth(batch) * scalar, batch > 9 ? 9 : 100);
    const Plan plan = cuts_of(dice, shape_of(dense, batch));
    const Index rows = dense.planes * dense.slices() * dense.rows();
    const std::size_t bytes = nth(rows) * dense.row();
    GuardedMemory x(bytes, dice.coin()), out(bytes, dice.coin());
    for (std::size_t k = 0; k < bytes; ++k) x.data()[k] = static_cast<Byte>(dice.engine()());
    std::vector<Byte> expected(bytes);
    for_each_byte(dense, [&](const BytePlace& byte) {
      const Index b = static_cast<Index>(byte.byte / scalar) % batch;
      const bool inside = byte.is_inside(box_of(plan, b));
      const Index apart = inside ? plan.indices[nth(b)] - b : 0;
      expected[byte.at] =
          x.data()[static_cast<Index>(byte.at) + apart * static_cast<Index>(scalar)];
    });
    INFO("case " << i);
    // The same samples one after the other.
    const std::size_t sample = bytes / nth(batch);
    GuardedMemory one_by_one(bytes, dice.coin());
    for (std::size_t at = 0; at < bytes; ++at) {
      const std::size_t number = at / scalar, b = number % nth(batch);
      one_by_one.data()[b * sample + number / nth(batch) * scalar + at % scalar] = x.data()[at];
    }
    Index first = dice.roll(0, rows), last = dice.roll(0, rows);
    if (first > last) std::swap(first, last);
    const std::size_t begin = nth(first) * dense.row(), end = nth(last) * dense.row();
    const auto check = [&](const Byte* result, const Byte* around) {
      bool right = true;
      for (std::size_t k = 0; k < bytes; ++k)
        right = right && result[k] == (k >= begin && k < end ? expected[k]
                                       : around != nullptr   ? around[k]
                                                             : Byte{0xA5});
      REQUIRE(right);
    };
    std::memset(out.data(), 0xA5, bytes);
    cutmix::detail::mix_batch_last(dense, PlanCuts(plan), scalar, x.data(), out.data(), first,
                                   last);
    check(out.data(), nullptr);
    std::memset(out.data(), 0xA5, bytes);
    const cutmix::detail::Samples samples{
        one_by_one.data(), static_cast<Index>(sample), {}, nullptr};
    cutmix::detail::interleave(dense, PlanCuts(plan), scalar, samples, samples, out.data(), first,
                               last);
    check(out.data(), nullptr);
    // With just the room for one column, and for several.
    const Index columns = dice.roll(1, 4), more = dice.roll(0, 5);
    const std::size_t room = dense.pixel * nth(columns) + nth(more);
    GuardedMemory aside(room, true);
    std::memcpy(out.data(), x.data(), bytes);
    cutmix::detail::mix_batch_last_in_place(dense, PlanCuts(plan), scalar, out.data(), aside.data(),
                                            room, first, last);
    check(out.data(), x.data());
  }
}

TEST_CASE("rows of any length and distance are copied, and nothing else") {
  const std::uint32_t seed = 420;
  INFO("seed " << seed);
  Dice dice(seed);
  for (int i = 0; i < 3000; ++i) {
    const Index n = i < 700 ? i : dice.roll(0, 1500), rows = dice.roll(0, 5);
    const Index planes = dice.roll(0, 3);
    const auto distance = [&](Index least) {
      const Index size = least + dice.roll(0, 20);
      return dice.roll(0, 3) == 0 ? -size : size;
    };
    const Index plane = 5 * (n + 20), room = 3 * (plane + 20);
    const cutmix::detail::RowPlanes shape{rows,   distance(n),     distance(n),
                                          planes, distance(plane), distance(plane)};
    std::vector<Byte> in(nth(2 * room)), out(nth(2 * room), 0xA5);
    for (Byte& byte : in) byte = static_cast<Byte>(dice.engine()());
    std::vector<Byte> expected = out;
    for (Index p = 0; p < planes; ++p)
      for (Index row = 0; row < rows; ++row)
        for (Index k = 0; k < n; ++k)
          expected[nth(room + p * shape.out_plane + row * shape.out_row + k)] =
              in[nth(room + p * shape.in_plane + row * shape.in_row + k)];
    cutmix::detail::copy_rows(shape, out.data() + room, in.data() + room, nth(n));
    INFO(planes << " planes of " << rows << " rows of " << n << " at " << shape.out_row << " from "
                << shape.in_row);
    REQUIRE(out == expected);
  }
}

TEST_CASE("floats are blended at every alignment, width and length, and nothing beyond them") {
  const std::uint32_t seed = 413;
  INFO("seed " << seed);
  Dice dice(seed);
  for (int i = 0; i < 3000; ++i) {
    const Index n = dice.roll(0, i % 10 == 0 ? 200 : 40), shift = dice.roll(0, 15);
    const std::size_t bytes = nth(n + shift) * sizeof(float);
    GuardedMemory a(bytes, dice.coin()), b(bytes, dice.coin()), c(bytes, dice.coin());
    float* const own = reinterpret_cast<float*>(a.data()) + dice.roll(0, shift);
    float* const partner = reinterpret_cast<float*>(b.data()) + dice.roll(0, shift);
    const bool past_cache = dice.coin(), in_place = !past_cache && dice.coin();
    float* const apart = reinterpret_cast<float*>(c.data()) + shift;
    const cutmix::detail::Weights weights(ScalarKind::float32, (1 + 998 * dice.share()) / 1000);
    std::vector<float> first(nth(n)), expected(nth(n));
    for (Index k = 0; k < n; ++k) {
      first[nth(k)] = static_cast<float>(dice.share() - dice.share());
      partner[k] = static_cast<float>(dice.share() - dice.share());
      // Both products are exact in double.
      const double kept = weights.own * static_cast<double>(first[nth(k)]);
      const double given = weights.partner * static_cast<double>(partner[k]);
      expected[nth(k)] = static_cast<float>(kept + given);
    }
    for (const StreamWidth width : widths_here()) {
      INFO("case " << i << " width " << static_cast<int>(width) << " past " << past_cache);
      std::memset(c.data(), 0xA5, c.size());
      std::copy(first.begin(), first.end(), own);
      float* const out = in_place ? own : apart;
      cutmix::detail::blend_floats(weights, out, own, partner, n, past_cache, width);
      REQUIRE(std::equal(expected.begin(), expected.end(), out));
      if (!in_place) REQUIRE(std::equal(first.begin(), first.end(), own));
      const Byte* const end = in_place ? c.data() : reinterpret_cast<Byte*>(apart);
      REQUIRE(std::all_of(static_cast<const Byte*>(c.data()), end,
                          [](Byte byte) { return byte == 0xA5; }));
    }
  }
}

TEST_CASE("outputs of 32 MiB and more go past the cache") {
  CHECK(cutmix::detail::choose_stream(std::size_t{32} << 20) == cutmix::detail::stream_width());
  CHECK(cutmix::detail::choose_stream((std::size_t{32} << 20) - 1) == StreamWidth::none);
  const std::uint32_t seed = 430;
  Dice dice(seed);
  struct Large {
    Sort sort;
    Scope scope;
    double mixup_prob;
  };
  const Large all[] = {{{"BCHW", {48, 3, 256, 257}}, Scope::batch, 0},
                       {{"BCHW", {48, 3, 256, 257}}, Scope::sample, 0.5},
                       {{"BCHW", {48, 3, 256, 257}}, Scope::sample, 0},
                       {{"BCDHW", {9, 2, 30, 128, 137}}, Scope::sample, 0},
                       {{"BHWC", {48, 256, 257, 3}}, Scope::batch, 1}};
  for (const Large& large : all) {
    INFO("seed " << seed << " " << large.sort.letters);
    const Placement placement = random_placement(dice, large.sort.letters, large.sort.sizes, {});
    // The shift: outputs that begin anywhere in a line of the cache.
    Block x(placement, ScalarKind::float32, 4), out(placement, ScalarKind::float32, 4, 4);
    REQUIRE(placement.scalars * 4 > Index{32} << 20);
    for (Index i = 0; i < placement.scalars; ++i) {
      const auto number = static_cast<float>(i % 8388593);
      std::memcpy(x.at(i), &number, sizeof number);
    }
    Options options;
    options.scope = large.scope;
    options.mixup_prob = large.mixup_prob;
    const Plan plan = make_plan(x.view(), options, dice.engine());
    const Expected expected = mixed_naively(plan, x, x, out);
    const Block before = out;
    mix_images(plan, x.view(), out.view());
    CHECK(expected.is(out));
    out = before;
    mix_images(Eigen::ThreadPoolDevice(&pool(), 3), plan, x.view(), out.view());
    CHECK(expected.is(out));
  }
}

// ---- memory ----

TEST_CASE("mixing allocates nothing, in place a few numbers a sample") {
  const auto counted = [](const auto& call) {
    const long before = allocations;
    call();
    return allocations - before;
  };
  Eigen::Tensor<float, 4, Eigen::RowMajor> x(64, 3, 33, 35), out(64, 3, 33, 35);
  number_scalars(x);
  Plan plans[] = {Plan::identity({64, 33, 35}), Plan::identity({64, 33, 35}), {}};
  for (Index b = 0; b < 64; ++b) plans[0].indices[nth(b)] = 63 - b;
  plans[0].patches = {{{3, 4, 30, 31}, 1}};
  plans[1] = plans[0];
  plans[1].patches.assign(64, {{3, 4, 30, 31}, 0.25});
  plans[2] = plans[1];
  plans[2].patches[7].blend = 1;
  const auto turned = [](auto& tensor) { return view(tensor.data(), {64, 33, 35, 3}, "BHWC"); };
  for (Plan plan : plans) {
    CHECK(counted([&] { mix_images(plan, x, out); }) == 0);
    CHECK(counted([&] { mix_images(Eigen::DefaultDevice(), plan, x, out); }) == 0);
    CHECK(counted([&] { mix_images(plan, turned(x), turned(out)); }) == 0);
    CHECK(counted([&] {  // into another order of memory
            mix_images(plan, view(x, "BCHW"), view(out.data(), {33, 35, 3, 64}, "HWCB"));
          }) == 0);
    Plan from = plan;
    from.shape.source = 64;
    CHECK(counted([&] { mix_images(from, x, x, out); }) == 0);
    // In place: as much for large images as for small ones.
    const auto in_place = [&plan, &counted](Index rows, Index columns) {
      std::vector<float> memory(nth(64 * rows * columns));
      Plan fitting = plan;
      fitting.shape.height = rows, fitting.shape.width = columns;
      for (Patch& patch : fitting.patches) patch.box = {0, 0, columns, rows};
      return counted([&] {
        mix_images_in_place(fitting, view(memory.data(), {Index{64}, rows, columns}, "BHW"));
      });
    };
    const long small = in_place(1, 2);
    CHECK(small <= 10);
    CHECK(in_place(300, 200) == small);
  }
  CHECK(counted([&] { mix_masks(plans[0], x, out); }) == 0);
}
