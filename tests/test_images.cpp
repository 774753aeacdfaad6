// Pixels: every way to apply a plan against the naive reference, byte for byte.

#define EIGEN_USE_THREADS

#include <complex>
#include <limits>
#include <random>

#if defined(__unix__)
#include <sys/mman.h>
#include <unistd.h>
#endif

#include "support.hpp"

using namespace testing;
using cutmix::make_plan;
using cutmix::mix_images;
using cutmix::mix_images_in_place;
using cutmix::mix_masks;
using cutmix::Options;
using cutmix::Pairing;
using cutmix::Philox4x32;
using cutmix::Scope;

namespace {

Eigen::ThreadPool& pool() {
  static Eigen::ThreadPool threads(3);
  return threads;
}

Options random_options(Dice& dice, Axes axes) {
  Options options;
  options.alpha = 0.6;
  options.axes = axes;
  options.prob = dice.roll(0, 2) == 0 ? 0.7 : 1;
  options.scope = dice.roll(0, 1) ? Scope::batch : Scope::sample;
  options.pairing = static_cast<Pairing>(dice.roll(0, 3));
  switch (dice.roll(0, 3)) {
    case 1:
      options.box_law = cutmix::UniformLaw{};
      break;
    case 2:
      options.box_law = cutmix::InsideLaw{};
      break;
    case 3:
      options.box_law = cutmix::MinMaxLaw(0, 1);
      break;
    default:
      break;
  }
  return options;
}

// Random shapes of one kind of tensor: out of place, in place and threaded against the reference.
template <class Tensor>
void check_every_way(std::uint32_t seed, Axes axes, int cases, Index largest = 12) {
  INFO("seed " << seed << ", axes " << static_cast<int>(axes));
  constexpr auto rank = static_cast<std::size_t>(Tensor::NumDimensions);
  Dice dice(seed);
  Eigen::ThreadPoolDevice threads(&pool(), 3);
  cutmix::Scratch scratch;
  for (int i = 0; i < cases; ++i) {
    Shape<rank> shape;
    for (Index& size : shape) size = dice.roll(1, largest);
    if (i % 10 == 0) shape[positions_of<rank>(axes)[0]] = dice.roll(0, 1);
    if (i % 17 == 5) shape[positions_of<rank>(axes)[0]] = dice.roll(250, 520);
    Tensor x = tensor_of<Tensor>(shape);
    number_scalars(x, dice.roll(0, 250));
    const Plan plan = make_plan(x, random_options(dice, axes), dice.engine());
    INFO("case " << i << ", " << plan);
    const Tensor expected = mixed_naively(plan, x, axes);
    const Tensor before = x;

    Tensor out = tensor_of<Tensor>(shape);
    number_scalars(out, 77);
    mix_images(plan, x, out, axes);
    REQUIRE(same_bytes(out, expected));
    number_scalars(out, 78);
    mix_images(threads, plan, x, out, axes);
    REQUIRE(same_bytes(out, expected));
    REQUIRE(same_bytes(x, before));

    Tensor in_place = x;
    mix_images_in_place(plan, in_place, axes);
    REQUIRE(same_bytes(in_place, expected));
    in_place = x;
    mix_images_in_place(threads, plan, in_place, axes, &scratch);
    REQUIRE(same_bytes(in_place, expected));
  }
}

template <class Scalar, int Layout>
void check_layout(std::uint32_t seed) {
  check_every_way<Eigen::Tensor<Scalar, 4, Layout>>(seed, Axes::bchw, 60);
  check_every_way<Eigen::Tensor<Scalar, 4, Layout>>(seed + 1, Axes::bhwc, 60);
  check_every_way<Eigen::Tensor<Scalar, 4, Layout>>(seed + 2, Axes::whcb, 60);
}

}  // namespace

TEST_CASE("float, all axes, both layouts") {
  check_layout<float, Eigen::RowMajor>(100);
  check_layout<float, Eigen::ColMajor>(110);
}

TEST_CASE("every size of scalar") {
  check_layout<std::uint8_t, Eigen::RowMajor>(120);
  check_layout<std::uint8_t, Eigen::ColMajor>(130);
  check_layout<Eigen::half, Eigen::RowMajor>(140);
  check_every_way<Eigen::Tensor<Eigen::bfloat16, 4, Eigen::ColMajor>>(150, Axes::bchw, 40);
  check_every_way<Eigen::Tensor<double, 4, Eigen::RowMajor>>(160, Axes::bchw, 40);
  check_every_way<Eigen::Tensor<double, 4, Eigen::ColMajor>>(170, Axes::bhwc, 40);
  check_every_way<Eigen::Tensor<int, 4, Eigen::RowMajor>>(180, Axes::whcb, 40);
  check_every_way<Eigen::Tensor<std::int64_t, 4, Eigen::ColMajor>>(190, Axes::whcb, 40);
}

TEST_CASE("ranks from 3 to 6: masks, video, views") {
  check_every_way<Eigen::Tensor<float, 3, Eigen::RowMajor>>(200, Axes::bchw, 80, 30);
  check_every_way<Eigen::Tensor<float, 3, Eigen::ColMajor>>(210, Axes::bchw, 80, 30);
  check_every_way<Eigen::Tensor<std::uint8_t, 3, Eigen::ColMajor>>(220, Axes::whcb, 80, 30);
  check_every_way<Eigen::Tensor<float, 5, Eigen::RowMajor>>(230, Axes::bchw, 40, 7);
  check_every_way<Eigen::Tensor<float, 5, Eigen::ColMajor>>(240, Axes::bhwc, 40, 7);
  check_every_way<Eigen::Tensor<float, 5, Eigen::RowMajor>>(250, Axes::bhwc, 40, 7);
  check_every_way<Eigen::Tensor<std::uint8_t, 6, Eigen::ColMajor>>(260, Axes::whcb, 20, 5);
}

TEST_CASE("rows long enough for every path of copying") {
  check_every_way<Eigen::Tensor<float, 4, Eigen::RowMajor>>(270, Axes::bchw, 15, 200 / 4);
  check_every_way<Eigen::Tensor<std::uint8_t, 3, Eigen::RowMajor>>(280, Axes::bchw, 20, 150);
  check_every_way<Eigen::Tensor<double, 3, Eigen::RowMajor>>(290, Axes::bchw, 10, 150);
}

TEST_CASE("scalars of 16 bytes and of odd sizes") {
  using Complex = std::complex<double>;
  Eigen::Tensor<Complex, 4> x(3, 2, 5, 6);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = {double(i), -double(i)};
  Philox4x32 rng(1);
  Options options;
  options.scope = Scope::sample;
  const Plan plan = make_plan(x, options, rng);
  Eigen::Tensor<Complex, 4> out(3, 2, 5, 6);
  mix_images(plan, x, out);
  CHECK(same_bytes(out, mixed_naively(plan, x)));
}

TEST_CASE("indices need not be a permutation out of place") {
  const std::uint32_t seed = 300;
  INFO("seed " << seed);
  Dice dice(seed);
  for (int i = 0; i < 200; ++i) {
    Eigen::Tensor<float, 4, Eigen::RowMajor> x(dice.roll(1, 6), 2, dice.roll(1, 9),
                                               dice.roll(1, 9));
    number_scalars(x);
    Options options;
    options.indices = Indices{};
    for (Index b = 0; b < x.dimension(0); ++b)
      options.indices->push_back(dice.roll(0, x.dimension(0) - 1));
    const Plan plan = make_plan(x, options, dice.engine());
    Eigen::Tensor<float, 4, Eigen::RowMajor> out = x;
    mix_images(plan, x, out);
    REQUIRE(same_bytes(out, mixed_naively(plan, x)));
  }
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

TEST_CASE("pixels are copied, never blended") {
  // Fault: pasting by arithmetic with a mask: 0 * NaN poisons.
  Eigen::Tensor<float, 4, Eigen::RowMajor> x(2, 1, 4, 4), out(2, 1, 4, 4);
  x.setConstant(1);
  x(0, 0, 0, 0) = std::numeric_limits<float>::quiet_NaN();
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
  mix_images(Eigen::DefaultDevice(), plan, x, out), check();
  mix_images_in_place(plan, fixed);
  CHECK(same_bytes(fixed, expected));
  mix_images_in_place(plan, Eigen::TensorMap<Tensor>(x.data(), 2, 3, 4, 5));
  CHECK(same_bytes(x, expected));
}

TEST_CASE("several tensors of one batch follow one plan") {
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
  Eigen::ThreadPoolDevice threads(&pool(), 2);
  mix_images(plan, x, out);
  mix_masks(plan, mask, mask_out);
  mix_masks(threads, plan, depth, depth_out);
  for (Index b = 0; b < 4; ++b)
    for (Index row = 0; row < 8; ++row)
      for (Index column = 0; column < 9; ++column) {
        CHECK(static_cast<float>(mask_out(b, row, column)) == out(b, 1, row, column));
        CHECK(depth_out(b, 0, row, column) == static_cast<double>(out(b, 2, row, column)));
      }
}

TEST_CASE("column-major (W, H, C, B) has the bytes of row-major (B, C, H, W)") {
  Eigen::Tensor<float, 4, Eigen::RowMajor> x(5, 3, 6, 7), out(5, 3, 6, 7);
  number_scalars(x);
  Eigen::Tensor<float, 4, Eigen::ColMajor> turned(7, 6, 3, 5), turned_out(7, 6, 3, 5);
  std::copy(x.data(), x.data() + x.size(), turned.data());
  Options options;
  Philox4x32 a(3), b(3);
  const Plan plan = make_plan(x, options, a);
  options.axes = Axes::whcb;
  CHECK(make_plan(turned, options, b) == plan);
  mix_images(plan, x, out);
  mix_images(plan, turned, turned_out, Axes::whcb);
  CHECK(same_bytes(out, turned_out));
}

TEST_CASE("work that is worth threads is done by several, byte for byte the same") {
  // Small batches are one part; these make three, in place too.
  for (const Axes axes : {Axes::bchw, Axes::bhwc, Axes::whcb}) {
    const std::uint32_t seed = 310 + static_cast<std::uint32_t>(axes);
    INFO("seed " << seed);
    Dice dice(seed);
    Eigen::ThreadPoolDevice threads(&pool(), 3);
    const auto check = [&](auto x) {
      number_scalars(x);
      Options options;
      options.axes = axes;
      options.scope = dice.roll(0, 1) ? Scope::batch : Scope::sample;
      options.box_law = cutmix::MinMaxLaw(0.8, 1);
      const Plan plan = make_plan(x, options, dice.engine());
      const auto raster = cutmix::detail::raster_of(x, axes);
      REQUIRE(cutmix::detail::part_count(threads, raster.bytes() / 2) == 3);
      const auto expected = mixed_naively(plan, x, axes);
      auto out = x;
      out.setZero();
      mix_images(threads, plan, x, out, axes);
      CHECK(same_bytes(out, expected));
      mix_images_in_place(threads, plan, x, axes);
      CHECK(same_bytes(x, expected));
    };
    check(Eigen::Tensor<double, 4, Eigen::RowMajor>(9, 33, 31, 97));
    check(Eigen::Tensor<double, 4, Eigen::ColMajor>(9, 33, 31, 97));
    check(Eigen::Tensor<double, 4, Eigen::RowMajor>(97, 31, 33, 9));
    check(Eigen::Tensor<double, 4, Eigen::ColMajor>(97, 31, 33, 9));
  }
}

// ---- the kernels, on memory whose ends are watched ----

namespace {

// Memory that ends, at either side, where a page begins that must not be touched.
class GuardedMemory {
 public:
  GuardedMemory(std::size_t bytes, bool at_end) : bytes_(bytes) {
#if defined(__unix__)
    page_ = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    inner_ = (bytes + page_ - 1) / page_ * page_;
    void* map = mmap(nullptr, inner_ + 2 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(map != MAP_FAILED);
    base_ = static_cast<unsigned char*>(map);
    REQUIRE(mprotect(base_ + page_, inner_, PROT_READ | PROT_WRITE) == 0);
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
  unsigned char* data() { return data_; }
  std::size_t size() const { return bytes_; }

 private:
  std::size_t bytes_;
  unsigned char* data_ = nullptr;
#if defined(__unix__)
  std::size_t page_ = 0, inner_ = 0;
  unsigned char* base_ = nullptr;
#else
  std::vector<unsigned char> heap_;
#endif
};

std::vector<cutmix::detail::StreamWidth> widths_here() {
  using cutmix::detail::StreamWidth;
  std::vector<StreamWidth> widths{StreamWidth::none};
  if (cutmix::detail::stream_width() != StreamWidth::none) widths.push_back(StreamWidth::avx2);
  if (cutmix::detail::stream_width() == StreamWidth::avx512) widths.push_back(StreamWidth::avx512);
  return widths;
}

// The naive loop over bytes, for a batch-first raster.
void mix_bytes_naively(const cutmix::detail::Raster& raster, const Plan& plan,
                       const unsigned char* x, unsigned char* out) {
  std::size_t at = 0;
  const std::size_t sample = raster.sample_bytes();
  for (Index b = 0; b < raster.batch; ++b)
    for (Index p = 0; p < raster.planes; ++p)
      for (Index row = 0; row < raster.rows; ++row)
        for (Index column = 0; column < raster.columns; ++column)
          for (std::size_t byte = 0; byte < raster.pixel_bytes(); ++byte, ++at) {
            const bool replaced = covers(box_of(plan, b), column, row);
            const Index from = replaced ? plan.indices[static_cast<std::size_t>(b)] : b;
            out[at] = x[at - static_cast<std::size_t>(b) * sample +
                        static_cast<std::size_t>(from) * sample];
          }
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
    for (const std::size_t scalar :
         {std::size_t{1}, std::size_t{2}, std::size_t{4}, std::size_t{8}})
      for (std::size_t x_shift = 0; x_shift < 64; x_shift += scalar)
        for (int i = 0; i < 3; ++i) {
          cutmix::detail::Raster raster;
          raster.scalar = scalar;
          raster.batch = dice.roll(1, 4);
          raster.planes = dice.roll(1, 3);
          raster.rows = dice.roll(1, 9);
          raster.columns = dice.roll(1, 90);
          raster.pixel = dice.roll(1, 3);
          const std::size_t bytes = raster.bytes();
          const std::size_t out_shift = static_cast<std::size_t>(dice.roll(0, 63));
          Options options;
          options.alpha = 0.5;
          options.scope = i == 0 ? Scope::sample : Scope::batch;
          options.box_law = cutmix::UniformLaw{};
          const Plan plan =
              make_plan(raster.batch, raster.rows, raster.columns, options, dice.engine());
          const bool at_end = place == Place::end;
          GuardedMemory x(bytes + x_shift, at_end), out(bytes + out_shift, at_end);
          for (std::size_t k = 0; k < x.size(); ++k)
            x.data()[k] = static_cast<unsigned char>(k * 7 + k / 251);
          std::vector<unsigned char> expected(bytes);
          const bool shifted = place != Place::beginning;
          const unsigned char* const in = x.data() + (shifted ? x_shift : 0);
          unsigned char* const to = out.data() + (shifted ? out_shift : 0);
          mix_bytes_naively(raster, plan, in, expected.data());
          for (const auto width : widths_here()) {
            std::memset(out.data(), 0xA5, out.size());
            // In two parts, as two threads would.
            const Index planes = raster.batch * raster.planes;
            const Index half = dice.roll(0, planes);
            const cutmix::detail::Consecutive samples{in, raster.sample_bytes()};
            cutmix::detail::mix_planes(raster, plan, samples, to, half, planes, width);
            cutmix::detail::mix_planes(raster, plan, samples, to, 0, half, width);
            INFO("width " << static_cast<int>(width) << " scalar " << scalar << " case " << i);
            REQUIRE(std::memcmp(to, expected.data(), bytes) == 0);
            for (unsigned char* p = out.data(); p < out.data() + out.size(); ++p)
              if (p < to || p >= to + bytes) REQUIRE(*p == 0xA5);
          }
        }
}

TEST_CASE("a large output goes past the cache and comes out the same") {
  // 36 MiB: beyond the threshold, so the public function itself takes the streaming path.
  Eigen::Tensor<float, 4, Eigen::RowMajor> x(48, 3, 256, 257), out(48, 3, 256, 257);
  REQUIRE(static_cast<std::size_t>(x.size()) * sizeof(float) > cutmix::detail::stream_threshold);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i);
  Eigen::ThreadPoolDevice threads(&pool(), 3);
  for (const Scope scope : {Scope::batch, Scope::sample}) {
    Options options;
    options.scope = scope;
    Philox4x32 rng(5);
    const Plan plan = make_plan(x, options, rng);
    const auto expected = mixed_naively(plan, x);
    mix_images(plan, x, out);
    CHECK(same_bytes(out, expected));
    out.setZero();
    mix_images(threads, plan, x, out);
    CHECK(same_bytes(out, expected));
  }
}
