// Boxes and their laws: where they may lie, how large they are, and how often.

#include <algorithm>
#include <array>
#include <cmath>
#include <cutmix/bbox.hpp>
#include <cutmix/philox.hpp>
#include <iomanip>
#include <limits>
#include <map>
#include <set>
#include <sstream>

#include "statistics.hpp"
#include "support.hpp"

using namespace testing;
using cutmix::BoxLaw;
using cutmix::gen_cutmix_lambda;
using cutmix::InsideLaw;
using cutmix::MinMaxLaw;
using cutmix::Philox4x32;
using cutmix::rand_bbox;
using cutmix::ReferenceLaw;
using cutmix::uniform_index;
using cutmix::UniformLaw;

namespace {

constexpr double quiet_nan = std::numeric_limits<double>::quiet_NaN();

struct NamedLaw {
  const char* name;
  BoxLaw law;
};
const std::vector<NamedLaw> all_laws = {{"reference", ReferenceLaw{}},
                                        {"uniform", UniformLaw{}},
                                        {"inside", InsideLaw{}},
                                        {"min-max", MinMaxLaw(0.2, 0.8)}};

template <class Urbg>
BBox drawn(const BoxLaw& law, const ImageSize& image, double lambda, Urbg& rng) {
  cutmix::UrbgRef ref(rng);
  return law(image, lambda, ref);
}

// Axes in the order x, y, z.
std::array<Index, 3> lengths(const ImageSize& image) {
  return {image.width, image.height, image.depth};
}
std::array<std::array<Index, 2>, 3> intervals(const BBox& box) {
  return {{{box.x1, box.x2}, {box.y1, box.y2}, {box.z1, box.z2}}};
}
double pixels(const ImageSize& image) {
  return double(image.width) * double(image.height) * double(image.depth);
}
double covered_share(const BBox& box, const ImageSize& image) {
  return double(box.volume()) / pixels(image);
}

bool lies_inside(const BBox& box, const ImageSize& image) {
  for (std::size_t i = 0; i < 3; ++i) {
    const auto [begin, end] = intervals(box)[i];
    if (!(0 <= begin && begin <= end && end <= lengths(image)[i])) return false;
  }
  return true;
}

// Whether a law cuts an axis, and the share of its length that it then takes.
int dimensions(const ImageSize& image) {
  int longer = 0;
  for (const Index length : lengths(image)) longer += length > 1;
  return std::max(longer, 1);
}
bool cuts(const ImageSize& image, std::size_t axis) {
  return lengths(image)[axis] > 1 || (axis == 0 && pixels(image) == 1);
}
double root(double share, int d) {
  return d == 1 ? share : d == 2 ? std::sqrt(share) : std::cbrt(share);
}

ImageSize random_image(Dice& dice, Index longest) {
  ImageSize image;
  for (Index* side : {&image.width, &image.height, &image.depth})
    if (dice.roll(0, 2) != 0) *side = dice.roll(1, longest);
  return image;
}

// Images in one, two and three dimensions, on every choice of axes.
const std::vector<ImageSize> signals = {{23, 1, 1}, {1, 23, 1}, {1, 1, 23}};
const std::vector<ImageSize> planes = {{13, 7, 1}, {13, 1, 7}, {1, 13, 7}};
const std::vector<ImageSize> volumes = {{6, 5, 4}};
std::vector<ImageSize> small_images() {
  std::vector<ImageSize> images;
  for (const auto& list : {signals, planes, volumes})
    images.insert(images.end(), list.begin(), list.end());
  return images;
}
std::string name_of(const ImageSize& image) {
  return std::to_string(image.width) + " x " + std::to_string(image.height) + " x " +
         std::to_string(image.depth);
}

}  // namespace

// ---- boxes ----

TEST_CASE("a box knows its size") {
  const BBox box{1, 2, 5, 4};
  CHECK((box.width() == 4 && box.height() == 2 && box.depth() == 1));
  CHECK((box.volume() == 8 && !box.empty()));
  const BBox deep{1, 2, 5, 4, 3, 6};
  CHECK((deep.depth() == 3 && deep.volume() == 24 && !deep.empty()));
}

TEST_CASE("a box without columns, rows or slices is empty") {
  // The last one ends before it begins, along two axes.
  for (const BBox& box :
       {BBox{}, BBox{3, 0, 3, 9}, BBox{0, 3, 9, 3}, BBox{0, 0, 9, 9, 1, 1}, BBox{5, 7, 2, 3}}) {
    INFO(box);
    CHECK((box.empty() && box.volume() == 0));
  }
}

TEST_CASE("boxes compare by all six sides") {
  const BBox box{1, 2, 5, 7, 3, 9};
  CHECK(box == BBox{1, 2, 5, 7, 3, 9});
  CHECK_FALSE(box != BBox{1, 2, 5, 7, 3, 9});
  for (Index BBox::*side : {&BBox::x1, &BBox::y1, &BBox::x2, &BBox::y2, &BBox::z1, &BBox::z2}) {
    BBox other = box;
    ++(other.*side);
    CHECK(box != other);
    CHECK_FALSE(box == other);
  }
}

TEST_CASE("a box prints its corners, and its slices where they are not just the first") {
  const auto shown = [](const BBox& box) {
    std::ostringstream text;
    text.imbue(grouping_locale());
    text << std::hex << std::showpos << std::setfill('7') << std::setw(40) << box;
    return text.str();
  };
  CHECK(shown({1, 2, 5000, 4}) == "(1, 2, 5000, 4)");
  CHECK(shown({1, 2, 5, 4, 0, 3}) == "(1, 2, 5, 4, 0, 3)");
  CHECK(shown({1, 2, 5, 4, 1, 1}) == "(1, 2, 5, 4, 1, 1)");
}

// ---- rand_bbox ----

TEST_CASE("rand_bbox is the formula of the reference") {
  const std::uint32_t seed = 17;
  INFO("seed " << seed);
  Dice dice(seed);
  for (int i = 0; i < 20000; ++i) {
    const Index W = dice.roll(1, 70), H = dice.roll(1, 70);
    const Index cx = dice.roll(0, W - 1), cy = dice.roll(0, H - 1);
    const double lambda = dice.share();
    const Index w = static_cast<Index>(std::floor(static_cast<double>(W) * std::sqrt(1 - lambda)));
    const Index h = static_cast<Index>(std::floor(static_cast<double>(H) * std::sqrt(1 - lambda)));
    const BBox expected{std::clamp<Index>(cx - w / 2, 0, W), std::clamp<Index>(cy - h / 2, 0, H),
                        std::clamp<Index>(cx + w / 2, 0, W), std::clamp<Index>(cy + h / 2, 0, H)};
    REQUIRE(rand_bbox(W, H, lambda, dice.engine(), cx, cy) == expected);
  }
}

TEST_CASE("rand_bbox: centres are uniform over the pixels, x over W and y over H") {
  // Faults: W and H swapped; a full cut starts at -1. At lambda 0.99 the box reaches 2 columns and
  // 1 row to both sides of its centre, so whichever edge is not clipped tells the centre.
  Philox4x32 engine(18);
  const Index W = 51, H = 21;
  std::vector<double> columns(nth(W)), rows(nth(H)), cells(nth(W * H));
  for (int i = 0; i < 300000; ++i) {
    const BBox box = rand_bbox(W, H, 0.99, engine);
    REQUIRE(lies_inside(box, {W, H}));
    const Index cx = box.x1 > 0 ? box.x1 + 2 : box.x2 - 2;
    const Index cy = box.y1 > 0 ? box.y1 + 1 : box.y2 - 1;
    ++columns.at(nth(cx));
    ++rows.at(nth(cy));
    ++cells.at(nth(cy * W + cx));
  }
  CHECK(uniform_p(columns) > false_alarm);
  CHECK(uniform_p(rows) > false_alarm);
  CHECK(uniform_p(cells) > false_alarm);
  for (int i = 0; i < 100; ++i) CHECK(lies_inside(rand_bbox(W, H, 0, engine), {W, H}));
}

TEST_CASE("rand_bbox draws what is not given, cx first") {
  const BBox both = [] {
    Scripted32 rng({0x40000000u, 0xC0000001u});
    return rand_bbox(32, 24, 0.75, rng);
  }();
  CHECK(both == BBox{0, 12, 16, 24});  // the centre (8, 18)
  Scripted32 y_alone({0xC0000001u}), x_alone({0x40000000u}), none;
  CHECK(rand_bbox(32, 24, 0.75, y_alone, 8) == both);
  CHECK(rand_bbox(32, 24, 0.75, x_alone, std::nullopt, 18) == both);
  CHECK(rand_bbox(32, 24, 0.75, none, 8, 18) == both);
  CHECK((y_alone.spent() == 1 && x_alone.spent() == 1 && none.spent() == 0));
}

TEST_CASE("rand_bbox takes any engine, and a word of 32 bits a coordinate") {
  Scripted64 wide;
  rand_bbox(32, 24, 0.5, wide);
  CHECK(wide.spent() == 2);
  Scripted32 far;
  rand_bbox(Index{1} << 33, 24, 0.5, far);  // beyond 2^32 a word of 64
  CHECK(far.spent() == 3);
}

TEST_CASE("rand_bbox alone stays in two dimensions where an image has one row") {
  Scripted32 none;
  CHECK(rand_bbox(100, 1, 0.75, none, 50, 0) == BBox{25, 0, 75, 0});
}

TEST_CASE("rand_bbox says what is wrong, before a draw") {
  Scripted32 rng;
  CHECK(error_of([&] { rand_bbox(6, 5, 0.5, rng, 6); }) == "cutmix: cx = 6, must be in [0, 6)");
  CHECK(error_of([&] { rand_bbox(6, 5, 0.5, rng, -1); }) == "cutmix: cx = -1, must be in [0, 6)");
  CHECK(error_of([&] { rand_bbox(6, 5, 0.5, rng, 0, 5); }) == "cutmix: cy = 5, must be in [0, 5)");
  CHECK(error_of([&] { rand_bbox(6, 5, 0.5, rng, 0, -1); }) ==
        "cutmix: cy = -1, must be in [0, 5)");
  CHECK(error_of([&] { rand_bbox(0, 5, 0.5, rng); }) ==
        "cutmix: W = 0, must be at least 1 where a box is drawn");
  CHECK(error_of([&] { rand_bbox(5, 0, 0.5, rng); }) ==
        "cutmix: H = 0, must be at least 1 where a box is drawn");
  CHECK(error_of([&] { rand_bbox(5, -2, 0.5, rng); }) ==
        "cutmix: H = -2, must be at least 1 where a box is drawn");
  for (const auto& [lambda, text] :
       {std::pair{-0.1, "-0.1"}, std::pair{1.0000000000000002, "1.0000000000000002"},
        std::pair{quiet_nan, "nan"}})
    CHECK(error_of([&, l = lambda] { rand_bbox(5, 5, l, rng); }) ==
          std::string("cutmix: cutmix_lambda = ") + text + ", must be in [0, 1]");
  CHECK(rng.spent() == 0);
}

// ---- what every law holds ----

TEST_CASE("every law stays inside every image, in one to three dimensions") {
  const std::uint32_t seed = 19;
  INFO("seed " << seed);
  Dice dice(seed);
  for (int i = 0; i < 20000; ++i) {
    // Fault: tiny images throw, or a full cut starts at -1.
    const ImageSize image = random_image(dice, i % 2 == 0 ? 4 : 60);
    const double lambda = i % 5 == 0 ? i % 2 : gen_cutmix_lambda(0.3, dice.engine());
    INFO(name_of(image) << ", lambda " << lambda);
    for (const NamedLaw& law : all_laws) {
      const BBox box = drawn(law.law, image, lambda, dice.engine());
      INFO(law.name << " " << box);
      REQUIRE(lies_inside(box, image));
    }
    const double low = dice.share(), high = low + (1 - low) * dice.share();
    REQUIRE(lies_inside(MinMaxLaw(low, std::min(high, 1.0))(image, lambda, dice.engine()), image));
  }
}

TEST_CASE("every law cuts an axis of size 1 whole") {
  // Fault: signals, seen as images of one row, lost every box.
  const std::uint32_t seed = 20;
  INFO("seed " << seed);
  Dice dice(seed);
  for (int i = 0; i < 5000; ++i) {
    const ImageSize image = random_image(dice, 40);
    for (const NamedLaw& law : all_laws) {
      const BBox box = drawn(law.law, image, dice.share(), dice.engine());
      INFO(law.name << " " << name_of(image) << " " << box);
      for (std::size_t axis = 0; axis < 3 && box != BBox{}; ++axis)
        if (!cuts(image, axis)) REQUIRE(intervals(box)[axis] == std::array<Index, 2>{0, 1});
    }
  }
}

TEST_CASE("a long signal never loses its box") {
  for (const ImageSize& image : {ImageSize{16000, 1, 1}, {1, 16000, 1}, {1, 1, 16000}})
    for (const NamedLaw& law : all_laws) {
      INFO(law.name << " " << name_of(image));
      Philox4x32 engine(26);
      for (int i = 0; i < 1000; ++i) CHECK_FALSE(drawn(law.law, image, 0.9, engine).empty());
    }
}

TEST_CASE("laws spend the same words whatever lambda: z only where there is depth") {
  for (const double lambda : {0.0, 0.3, 1 - 1e-9, 1.0})
    for (const ImageSize& image :
         {ImageSize{9, 7, 1}, {9, 1, 1}, {1, 7, 1}, {1, 1, 1}, {9, 7, 5}, {1, 1, 5}, {9, 1, 5}})
      for (const NamedLaw& law : all_laws) {
        INFO(law.name << " " << name_of(image) << ", lambda " << lambda);
        const std::size_t places = image.depth > 1 ? 3 : 2;
        const std::size_t words = law.name == std::string("min-max") ? 2 * places : places;
        Scripted32 narrow;
        drawn(law.law, image, lambda, narrow);
        CHECK(narrow.spent() == words);
        Scripted64 wide;
        drawn(law.law, image, lambda, wide);
        CHECK(wide.spent() == words);
      }
}

TEST_CASE("laws keep everything at lambda 1, and the inside law nothing at lambda 0") {
  for (const ImageSize& image : small_images()) {
    Philox4x32 engine(27);
    INFO(name_of(image));
    for (int i = 0; i < 100; ++i) {
      CHECK(ReferenceLaw{}(image, 1, engine).empty());
      CHECK(UniformLaw{}(image, 1, engine) == BBox{});
      CHECK(InsideLaw{}(image, 1, engine) == BBox{});
      CHECK(covered_share(InsideLaw{}(image, 0, engine), image) == 1);
    }
  }
}

TEST_CASE("laws say what is wrong, before a draw") {
  Scripted32 rng;
  const Index largest = std::numeric_limits<Index>::max();
  for (const NamedLaw& law : all_laws) {
    INFO(law.name);
    const auto error = [&](const ImageSize& image, double lambda) {
      return error_of([&] { drawn(law.law, image, lambda, rng); });
    };
    CHECK(error({0, 5}, 0.5) == "cutmix: W = 0, must be at least 1 where a box is drawn");
    CHECK(error({5, -3}, 0.5) == "cutmix: H = -3, must be at least 1 where a box is drawn");
    CHECK(error({5, 5, 0}, 0.5) == "cutmix: D = 0, must be at least 1 where a box is drawn");
    CHECK(error({5, 5}, 1.5) == "cutmix: lambda = 1.5, must be in [0, 1]");
    CHECK(error({5, 5}, -0.5) == "cutmix: lambda = -0.5, must be in [0, 1]");
    CHECK(error({5, 5}, quiet_nan) == "cutmix: lambda = nan, must be in [0, 1]");
    // Faults: products that overflow, sides near 2^63.
    CHECK(error({Index{1} << 32, Index{1} << 32}, 0.5) ==
          "cutmix: W x H x D = 4294967296 x 4294967296 x 1, must be at most 2^53 pixels");
    CHECK(error({largest, 1, 1}, 0.5) ==
          "cutmix: W x H x D = 9223372036854775807 x 1 x 1, must be at most 2^53 pixels");
    CHECK(error({2, 1, largest}, 0.5) ==
          "cutmix: W x H x D = 2 x 1 x 9223372036854775807, must be at most 2^53 pixels");
    CHECK(error({3, largest, largest}, 0.5) ==
          "cutmix: W x H x D = 3 x 9223372036854775807 x 9223372036854775807, must be at most "
          "2^53 pixels");
    CHECK(error({262143, 262143, 262143}, 0.5) ==
          "cutmix: W x H x D = 262143 x 262143 x 262143, must be at most 2^53 pixels");
    CHECK(error({Index{1} << 20, Index{1} << 20, (Index{1} << 13) + 1}, 0.5) ==
          "cutmix: W x H x D = 1048576 x 1048576 x 8193, must be at most 2^53 pixels");
  }
  CHECK(error_of([&] { rand_bbox(largest, 1, 0.5, rng); }) ==
        "cutmix: W x H x D = 9223372036854775807 x 1 x 1, must be at most 2^53 pixels");
  CHECK(rng.spent() == 0);
}

TEST_CASE("laws hold up to 2^53 pixels") {
  const Index most = Index{1} << 53;
  Philox4x32 engine(28);
  for (const ImageSize& image : {ImageSize{most, 1, 1},
                                 {most - 1, 1, 1},
                                 {1, most, 1},
                                 {1, 1, most - 1},
                                 {Index{1} << 27, Index{1} << 26, 1},
                                 {Index{1} << 18, Index{1} << 18, Index{1} << 17}})
    for (int i = 0; i < 200; ++i)
      for (const NamedLaw& law : all_laws) {
        const double lambda = i == 0 ? 0 : i == 1 ? 1 : gen_cutmix_lambda(1, engine);
        const BBox box = drawn(law.law, image, lambda, engine);
        INFO(law.name << " " << name_of(image) << ", lambda " << lambda << ", " << box);
        REQUIRE(lies_inside(box, image));
        REQUIRE(covered_share(box, image) <= 1);
      }
  // Fault: floor(length + 0.5) is a pixel too many for odd lengths beyond 2^52.
  for (const Index side : {most, most - 1}) {
    CHECK(MinMaxLaw(1, 1)({side, 1}, 0.5, engine) == BBox{0, 0, side, 1});
    CHECK(InsideLaw{}({side, 1}, 0, engine) == BBox{0, 0, side, 1});
  }
}

// ---- the reference and the uniform law ----

namespace {

// Both laws by their definition: a place on each axis, clipped.
template <class Place>
BBox placed_naively(const ImageSize& image, double lambda, const Place& place) {
  const double cut = root(1 - lambda, dimensions(image));
  std::array<std::array<Index, 2>, 3> on_axis = {{{0, 1}, {0, 1}, {0, 1}}};
  for (std::size_t axis = 0; axis < (image.depth > 1 ? 3u : 2u); ++axis) {
    const Index length = lengths(image)[axis];
    const double side = cuts(image, axis) ? static_cast<double>(length) * cut : -1;
    const auto [begin, end] = place(length, side);
    on_axis[axis] = {std::max<Index>(begin, 0), std::min(end, length)};
  }
  return {on_axis[0][0], on_axis[1][0], on_axis[0][1], on_axis[1][1], on_axis[2][0], on_axis[2][1]};
}

BBox reference_naively(const ImageSize& image, double lambda, Philox4x32& rng) {
  return placed_naively(image, lambda, [&rng](Index length, double side) {
    const Index centre = uniform_index(length, rng);
    if (side < 0) return std::array<Index, 2>{0, 1};
    const Index half = static_cast<Index>(std::floor(side)) / 2;
    return std::array<Index, 2>{centre - half, centre + half};
  });
}

BBox uniform_naively(const ImageSize& image, double lambda, Philox4x32& rng) {
  bool vanishes = false;
  const BBox box = placed_naively(image, lambda, [&](Index length, double side) {
    const Index size = side < 0 ? 1 : static_cast<Index>(std::floor(side + 0.5));
    vanishes = vanishes || size == 0;
    const Index overhang = std::max<Index>(size, 1) - 1;
    const Index begin = uniform_index(length + overhang, rng) - overhang;
    return std::array<Index, 2>{begin, begin + size};
  });
  return vanishes ? BBox{} : box;
}

}  // namespace

TEST_CASE("reference law: the formula in one to three dimensions") {
  const std::uint32_t seed = 29;
  INFO("seed " << seed);
  Dice dice(seed);
  for (int i = 0; i < 20000; ++i) {
    const ImageSize image = random_image(dice, 60);
    const double lambda = i % 2 == 0 ? dice.share() : gen_cutmix_lambda(1, dice.engine());
    Philox4x32 naive = dice.engine();
    INFO(name_of(image) << ", lambda " << lambda);
    REQUIRE(ReferenceLaw{}(image, lambda, dice.engine()) ==
            reference_naively(image, lambda, naive));
    REQUIRE(dice.engine() == naive);
  }
}

TEST_CASE("reference law: rand_bbox where an image has rows and columns") {
  Philox4x32 engine(30), twin(30);
  for (int i = 0; i < 1000; ++i)
    REQUIRE(ReferenceLaw{}(ImageSize{31, 17}, 0.4, engine) == rand_bbox(31, 17, 0.4, twin));
}

TEST_CASE("uniform law: the formula in one to three dimensions") {
  const std::uint32_t seed = 31;
  INFO("seed " << seed);
  Dice dice(seed);
  for (int i = 0; i < 20000; ++i) {
    const ImageSize image = random_image(dice, 60);
    const double lambda = i % 2 == 0 ? dice.share() : gen_cutmix_lambda(1, dice.engine());
    Philox4x32 naive = dice.engine();
    INFO(name_of(image) << ", lambda " << lambda);
    REQUIRE(UniformLaw{}(image, lambda, dice.engine()) == uniform_naively(image, lambda, naive));
    REQUIRE(dice.engine() == naive);
  }
}

namespace {

// How often each pixel is replaced. Pixels of one box are not independent, so one random pixel of
// each draw is looked at: then the hits over the pixels are one multinomial sample.
double coverage_p(const BoxLaw& law, const ImageSize& image, double lambda, int draws) {
  Philox4x32 engine(20);
  std::vector<double> hits(nth(image.width * image.height * image.depth));
  for (int i = 0; i < draws; ++i) {
    const BBox box = drawn(law, image, lambda, engine);
    const Index x = uniform_index(image.width, engine), y = uniform_index(image.height, engine);
    const Index z = uniform_index(image.depth, engine);
    if (covers(box, x, y, z)) ++hits[nth((z * image.height + y) * image.width + x)];
  }
  return uniform_p(hits);
}

}  // namespace

TEST_CASE("uniform law: every pixel is equally likely to be replaced") {
  for (const ImageSize& image : small_images())
    for (const double lambda : {0.93, 0.6, 0.1}) {
      INFO(name_of(image) << ", lambda " << lambda);  // 21 tests at false_alarm each
      CHECK(coverage_p(UniformLaw{}, image, lambda, 150000) > false_alarm);
    }
}

TEST_CASE("the reference law has a bias to the middle") {
  // And so the test of the uniform law has teeth.
  for (const ImageSize& image : small_images())
    for (const double lambda : {0.6, 0.1}) {
      INFO(name_of(image) << ", lambda " << lambda);
      CHECK(coverage_p(ReferenceLaw{}, image, lambda, 150000) < false_alarm);
    }
}

namespace {

struct Moments {
  double mean, square;
};

Moments moments_of(const std::vector<double>& equally_likely) {
  Moments moments{0, 0};
  for (const double value : equally_likely) {
    moments.mean += value / double(equally_likely.size());
    moments.square += value * value / double(equally_likely.size());
  }
  return moments;
}

// Whether the mean share inside the box is that of independent sides, each of which has one of a
// list of equally likely lengths.
template <class Sides>
double mean_area_p(const BoxLaw& law, const ImageSize& image, double lambda, const Sides& sides) {
  double mean = 1, square = 1;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (!cuts(image, axis)) continue;
    const Index length = lengths(image)[axis];
    const Moments moments = moments_of(sides(length));
    mean *= moments.mean / double(length);
    square *= moments.square / double(length) / double(length);
  }
  const int n = 40000;
  Philox4x32 engine(32);
  double sum = 0;
  for (int i = 0; i < n; ++i) sum += covered_share(drawn(law, image, lambda, engine), image);
  return mean_p(sum / n, n, mean, square - mean * mean);
}

const std::vector<ImageSize> large_images = {{3000, 1, 1},   {1, 2000, 1},  {1, 1, 1000},
                                             {900, 700, 1},  {1, 800, 300}, {500, 1, 600},
                                             {200, 300, 100}};

}  // namespace

TEST_CASE("the mean area is the law's, with the root of the image's dimensions") {
  // Fault: the side ratio is 1 - lambda, without the root. 14 tests at false_alarm each.
  for (const ImageSize& image : large_images) {
    INFO(name_of(image));
    const auto around_centres = [](double side) {
      return [side](Index length) {
        const Index half = Index(double(length) * side) / 2;
        std::vector<double> sides;
        for (Index c = 0; c < length; ++c)
          sides.push_back(double(std::min(c + half, length) - std::max(c - half, Index{0})));
        return sides;
      };
    };
    const auto hanging_over = [](double side) {
      return [side](Index length) {
        const Index size = Index(std::floor(double(length) * side + 0.5));
        std::vector<double> sides;
        for (Index begin = 1 - size; begin < length; ++begin)
          sides.push_back(double(std::min(begin + size, length) - std::max(begin, Index{0})));
        return sides;
      };
    };
    const double lambda = 0.7, cut = root(0.3, dimensions(image));
    CHECK(mean_area_p(ReferenceLaw{}, image, lambda, around_centres(cut)) > false_alarm);
    CHECK(mean_area_p(UniformLaw{}, image, lambda, hanging_over(cut)) > false_alarm);
    // Teeth: the root of another number of dimensions does not pass.
    const double other = root(0.3, dimensions(image) % 3 + 1);
    CHECK(mean_area_p(ReferenceLaw{}, image, lambda, around_centres(other)) < false_alarm);
    CHECK(mean_area_p(UniformLaw{}, image, lambda, hanging_over(other)) < false_alarm);
  }
}

// ---- the inside law ----

TEST_CASE("inside law: all places equally likely, the last ones too") {
  for (const ImageSize& image : small_images()) {
    Philox4x32 engine(21);
    const BBox first = InsideLaw{}(image, 0.7, engine);
    const auto free = [&](std::size_t axis) {
      return lengths(image)[axis] - (intervals(first)[axis][1] - intervals(first)[axis][0]) + 1;
    };
    std::vector<double> places(nth(free(0) * free(1) * free(2)));
    for (int i = 0; i < 60000; ++i) {
      const BBox box = InsideLaw{}(image, 0.7, engine);
      REQUIRE((box.width() == first.width() && box.height() == first.height() &&
               box.depth() == first.depth()));
      ++places.at(nth((box.z1 * free(1) + box.y1) * free(0) + box.x1));
    }
    INFO(name_of(image));  // seven tests at false_alarm each
    REQUIRE(places.size() > 1);
    CHECK(uniform_p(places) > false_alarm);
  }
}

TEST_CASE("inside law: the area is off by at most half of the smallest face") {
  const std::uint32_t seed = 22;
  INFO("seed " << seed);
  Dice dice(seed);
  for (int i = 0; i < 20000; ++i) {
    const ImageSize image = random_image(dice, 90);
    const double lambda = gen_cutmix_lambda(1, dice.engine());
    const BBox box = InsideLaw{}(image, lambda, dice.engine());
    const double error = std::abs(double(box.volume()) - (1 - lambda) * pixels(image));
    double face = pixels(image);  // in two dimensions: the shorter side; in one: a pixel
    for (std::size_t axis = 0; axis < 3; ++axis)
      if (cuts(image, axis)) face = std::min(face, pixels(image) / double(lengths(image)[axis]));
    INFO(name_of(image) << ", lambda " << lambda << ", " << box);
    REQUIRE(error <= 0.5 * face + 1e-6);
  }
}

TEST_CASE("inside law: no box with sides rounded down or up has a nearer area") {
  const std::uint32_t seed = 33;
  INFO("seed " << seed);
  Dice dice(seed);
  for (int i = 0; i < 20000; ++i) {
    const ImageSize image = random_image(dice, 90);
    const double lambda = gen_cutmix_lambda(1, dice.engine());
    const BBox box = InsideLaw{}(image, lambda, dice.engine());
    const double wanted = (1 - lambda) * pixels(image),
                 error = std::abs(double(box.volume()) - wanted);
    const double cut = root(1 - lambda, dimensions(image));
    INFO(name_of(image) << ", lambda " << lambda << ", " << box);
    REQUIRE(error <= wanted + 1e-6);  // no worse than no box
    for (unsigned up = 0; up < 8; ++up) {
      double area = 1;
      for (std::size_t axis = 0; axis < 3; ++axis) {
        const Index length = lengths(image)[axis];
        if (cuts(image, axis))
          area *= double(std::min(Index(double(length) * cut) + Index(up >> axis & 1), length));
      }
      REQUIRE(error <= std::abs(area - wanted) + 1e-6);
    }
  }
}

TEST_CASE("inside law: lambda really is Beta, to half a pixel of a signal") {
  Philox4x32 engine(23);
  for (const ImageSize& image : {ImageSize{2000, 1, 1}, {1, 2000, 1}, {1, 1, 2000}})
    for (int i = 0; i < 20000; ++i) {
      const double lambda = gen_cutmix_lambda(0.5, engine);
      const BBox box = InsideLaw{}(image, lambda, engine);
      REQUIRE(std::abs(1 - covered_share(box, image) - lambda) <= 0.5001 / 2000);
    }
}

TEST_CASE("inside law: the kept share follows Beta(alpha, alpha) in every dimension") {
  // Images so large that whole pixels do not show: the law is within 5e-6 of lambda.
  const Index k = Index{1} << 17;
  for (const ImageSize& image : {ImageSize{Index{1} << 50, 1, 1},
                                 {1, 1, Index{1} << 40},
                                 {k * 256, k * 256, 1},
                                 {k * 64, 1, k * 256},
                                 {k, k, k}})
    for (const double alpha : {0.5, 1.0, 3.0}) {
      Philox4x32 engine(34);
      std::vector<double> sample(20000);
      for (double& kept : sample)
        kept =
            1 - covered_share(InsideLaw{}(image, gen_cutmix_lambda(alpha, engine), engine), image);
      INFO(name_of(image) << ", alpha " << alpha);  // 15 tests at false_alarm each
      CHECK(kolmogorov_smirnov_p(sample, [a = alpha](long double x) { return beta_cdf(a, x); }) >
            false_alarm);
      CHECK(kolmogorov_smirnov_p(sample, [a = alpha](long double x) {
              return beta_cdf(a * 1.2L, x);
            }) < false_alarm);
    }
}

// ---- the min-max law ----

TEST_CASE("min-max law: shares uniform, the last row, column and slice reached") {
  // Axes of 12, 8 and 16: sides of 3..9, 2..6 and 4..12.
  const auto check = [](const ImageSize& image) {
    INFO(name_of(image));
    const MinMaxLaw law(0.25, 0.75);
    Philox4x32 engine(24);
    std::map<std::size_t, std::vector<double>> sides, places;
    for (int i = 0; i < 100000; ++i) {
      const auto box = intervals(law(image, 0.5, engine));
      for (std::size_t axis = 0; axis < 3; ++axis) {
        const Index length = lengths(image)[axis], side = box[axis][1] - box[axis][0];
        if (length == 1) continue;
        sides[axis].resize(nth(length / 2 + 1));
        ++sides[axis].at(nth(side - length / 4));
        places[axis].resize(nth(length - length / 4 + 1));
        if (side == length / 4) ++places[axis].at(nth(box[axis][0]));
      }
    }
    for (auto& [axis, counts] : sides) {  // 24 tests at false_alarm each
      INFO("axis " << axis);
      CHECK(uniform_p(counts) > false_alarm);
      CHECK(uniform_p(places[axis]) > false_alarm);
    }
  };
  for (const ImageSize& image : {ImageSize{12, 1, 1},
                                 {1, 8, 1},
                                 {1, 1, 16},
                                 {12, 8, 1},
                                 {12, 1, 16},
                                 {1, 8, 16},
                                 {12, 8, 16}})
    check(image);
}

TEST_CASE("min-max law: lambda plays no part") {
  Philox4x32 engine(35), twin(35);
  for (const double lambda : {0.0, 0.3, 1.0})
    CHECK(MinMaxLaw(0.1, 0.9)(ImageSize{30, 20, 10}, lambda, engine) ==
          MinMaxLaw(0.1, 0.9)(ImageSize{30, 20, 10}, 0.5, twin));
}

TEST_CASE("min-max law: sides to the nearest pixel, ties up") {
  Philox4x32 engine(36);
  CHECK(MinMaxLaw(0.5, 0.5)(ImageSize{5, 7}, 0.5, engine).volume() == 3 * 4);
  CHECK(MinMaxLaw(0.49, 0.49)(ImageSize{5, 7}, 0.5, engine).volume() == 2 * 3);
  CHECK(MinMaxLaw(0.51, 0.51)(ImageSize{5, 7, 3}, 0.5, engine).volume() == 3 * 4 * 2);
  CHECK(MinMaxLaw(0.75, 0.75)(ImageSize{2, 1}, 0.5, engine).volume() == 2);
}

TEST_CASE("min-max law: from nothing to the whole image") {
  Philox4x32 engine(37);
  CHECK(MinMaxLaw(1, 1)(ImageSize{5, 3}, 0.5, engine) == BBox{0, 0, 5, 3});
  CHECK(MinMaxLaw(1, 1)(ImageSize{5, 3, 2}, 0.5, engine) == BBox{0, 0, 5, 3, 0, 2});
  CHECK(MinMaxLaw(0, 0)(ImageSize{5, 3, 2}, 0.5, engine).empty());
}

TEST_CASE("min-max law: nothing vanishes where sides are long enough") {
  const MinMaxLaw law(0.2, 0.8);
  Philox4x32 engine(38);
  for (const ImageSize& image : {ImageSize{3, 1, 1}, {3, 3, 1}, {1, 3, 1}, {3, 5, 4}})
    for (int i = 0; i < 1000; ++i) {
      const double share = covered_share(law(image, 0.5, engine), image);
      CHECK((share > 0 && share < 1));
    }
}

TEST_CASE("min-max law: its ends are checked") {
  CHECK(error_of([] { MinMaxLaw(0.5, 0.2); }) == "cutmix: max = 0.2, must be in [0.5, 1]");
  CHECK(error_of([] { MinMaxLaw(0, 1.5); }) == "cutmix: max = 1.5, must be in [0, 1]");
  CHECK(error_of([] { MinMaxLaw(0, quiet_nan); }) == "cutmix: max = nan, must be in [0, 1]");
  CHECK(error_of([] { MinMaxLaw(-0.5, 0.2); }) == "cutmix: min = -0.5, must be in [0, 1]");
  CHECK(error_of([] { MinMaxLaw(1.5, 2); }) == "cutmix: min = 1.5, must be in [0, 1]");
  CHECK(error_of([] { MinMaxLaw(quiet_nan, 1); }) == "cutmix: min = nan, must be in [0, 1]");
}

// ---- small boxes and small images ----

TEST_CASE("small boxes vanish under the reference law alone") {
  // Fault: sides are always even, so small boxes vanish. Kept in the reference, absent elsewhere.
  for (const ImageSize& image : {ImageSize{1024, 1, 1}, {32, 32, 1}, {16, 8, 8}}) {
    Philox4x32 engine(25);
    const double lambda = 1 - 1.5 / pixels(image);  // a pixel and a half
    int reference = 0, uniform = 0, inside = 0;
    for (int i = 0; i < 10000; ++i) {
      reference += ReferenceLaw{}(image, lambda, engine).empty();
      uniform += UniformLaw{}(image, lambda, engine).empty();
      inside += InsideLaw{}(image, lambda, engine).empty();
    }
    INFO(name_of(image));
    CHECK(reference == 10000);
    CHECK(uniform == 0);
    CHECK(inside == 0);
  }
}

TEST_CASE("the inside law has odd and even sides") {
  Philox4x32 engine(39);
  std::set<Index> remainders;
  for (int i = 0; i < 2000; ++i)
    remainders.insert(InsideLaw{}(ImageSize{32, 32}, gen_cutmix_lambda(1, engine), engine).width() %
                      2);
  CHECK(remainders.size() == 2);
}

TEST_CASE("in an image of one pixel the box is all or nothing") {
  Philox4x32 engine(40);
  const ImageSize pixel{1, 1, 1};
  for (int i = 0; i < 100; ++i) {
    CHECK(ReferenceLaw{}(pixel, 0.2, engine).empty());  // its sides are even
    CHECK(UniformLaw{}(pixel, 0.6, engine).empty());
    CHECK(UniformLaw{}(pixel, 0.4, engine) == BBox{0, 0, 1, 1});
    CHECK(InsideLaw{}(pixel, 0.6, engine).empty());
    CHECK(InsideLaw{}(pixel, 0.4, engine) == BBox{0, 0, 1, 1});
  }
  double whole = 0;
  for (int i = 0; i < 10000; ++i) whole += double(MinMaxLaw(0, 1)(pixel, 0.5, engine).volume());
  CHECK(binomial_p(whole, 10000, 0.5) > false_alarm);
}
