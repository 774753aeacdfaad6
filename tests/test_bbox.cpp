// Boxes and their laws: where they may lie, and how often.

#include <cutmix/bbox.hpp>
#include <cutmix/philox.hpp>
#include <set>

#include "statistics.hpp"
#include "support.hpp"

using namespace testing;
using cutmix::InsideLaw;
using cutmix::MinMaxLaw;
using cutmix::Philox4x32;
using cutmix::rand_bbox;
using cutmix::ReferenceLaw;
using cutmix::UniformLaw;

namespace {

bool lies_inside(const BBox& box, Index W, Index H) {
  return 0 <= box.x1 && box.x1 <= box.x2 && box.x2 <= W && 0 <= box.y1 && box.y1 <= box.y2 &&
         box.y2 <= H;
}

std::size_t at(Index i) { return static_cast<std::size_t>(i); }

}  // namespace

TEST_CASE("a box knows its size") {
  const BBox box{1, 2, 5, 4};
  CHECK((box.width() == 4 && box.height() == 2 && box.area() == 8 && !box.empty()));
  const BBox flat{3, 2, 3, 9};
  CHECK((flat.area() == 0 && flat.empty()));
  CHECK(box != flat);
  std::ostringstream text;
  text << box;
  CHECK(text.str() == "(1, 2, 5, 4)");
}

TEST_CASE("rand_bbox is the formula of the reference") {
  const std::uint32_t seed = 17;
  INFO("seed " << seed);
  Dice dice(seed);
  for (int i = 0; i < 20000; ++i) {
    const Index W = dice.roll(1, 70), H = dice.roll(1, 70);
    const Index cx = dice.roll(0, W - 1), cy = dice.roll(0, H - 1);
    const double lambda = static_cast<double>(dice.roll(0, 1000)) / 1000;
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
  std::vector<double> columns(at(W)), rows(at(H)), cells(at(W * H));
  for (int i = 0; i < 300000; ++i) {
    const BBox box = rand_bbox(W, H, 0.99, engine);
    REQUIRE(lies_inside(box, W, H));
    const Index cx = box.x1 > 0 ? box.x1 + 2 : box.x2 - 2;
    const Index cy = box.y1 > 0 ? box.y1 + 1 : box.y2 - 1;
    ++columns[at(cx)];
    ++rows[at(cy)];
    ++cells[at(cy * W + cx)];
  }
  CHECK(uniform_p(columns) > false_alarm);
  CHECK(uniform_p(rows) > false_alarm);
  CHECK(uniform_p(cells) > false_alarm);
  for (int i = 0; i < 100; ++i) {
    const BBox full = rand_bbox(W, H, 0, engine);
    CHECK(lies_inside(full, W, H));
  }
}

TEST_CASE("every law stays inside every image") {
  const std::uint32_t seed = 19;
  INFO("seed " << seed);
  Dice dice(seed);
  for (int i = 0; i < 20000; ++i) {
    // Fault: tiny images throw, or a full cut starts at -1.
    const Index W = dice.roll(1, i % 2 ? 4 : 60), H = dice.roll(1, i % 3 ? 60 : 3);
    const double lambda = i % 5 == 0 ? i % 2 : cutmix::gen_cutmix_lambda(0.3, dice.engine());
    INFO("W " << W << " H " << H << " lambda " << lambda);
    auto& rng = dice.engine();
    REQUIRE(lies_inside(ReferenceLaw{}(W, H, lambda, rng), W, H));
    REQUIRE(lies_inside(UniformLaw{}(W, H, lambda, rng), W, H));
    REQUIRE(lies_inside(InsideLaw{}(W, H, lambda, rng), W, H));
    const double low = static_cast<double>(dice.roll(0, 100)) / 100;
    const double high = low + (1 - low) * static_cast<double>(dice.roll(0, 100)) / 100;
    REQUIRE(lies_inside(MinMaxLaw(low, high)(W, H, lambda, rng), W, H));
  }
}

TEST_CASE("uniform law: every pixel is equally likely to be replaced") {
  for (const double lambda : {0.95, 0.6, 0.1}) {
    Philox4x32 engine(20);
    const Index W = 13, H = 7;
    // Pixels of one box are not independent, so one random pixel of each draw is looked at: then
    // the hits over the pixels are one multinomial sample.
    std::vector<double> hits(at(W * H));
    for (int i = 0; i < 300000; ++i) {
      const BBox box = UniformLaw{}(W, H, lambda, engine);
      const Index x = cutmix::detail::uniform_index(W, engine);
      const Index y = cutmix::detail::uniform_index(H, engine);
      if (covers(box, x, y)) ++hits[at(y * W + x)];
    }
    INFO("lambda " << lambda);  // three tests at false_alarm each
    CHECK(uniform_p(hits) > false_alarm);
    // The reference law fails the same test: it has a bias to the middle.
    std::vector<double> biased(at(W * H));
    for (int i = 0; i < 300000; ++i) {
      const BBox box = ReferenceLaw{}(W, H, lambda, engine);
      const Index x = cutmix::detail::uniform_index(W, engine);
      const Index y = cutmix::detail::uniform_index(H, engine);
      if (covers(box, x, y)) ++biased[at(y * W + x)];
    }
    if (lambda < 0.9) CHECK(uniform_p(biased) < false_alarm);
  }
}

TEST_CASE("inside law: all places equally likely, area as drawn") {
  Philox4x32 engine(21);
  const Index W = 17, H = 9;
  std::vector<double> places;
  BBox first = InsideLaw{}(W, H, 0.7, engine);
  const Index w = first.width(), h = first.height();
  places.resize(at((W - w + 1) * (H - h + 1)));
  for (int i = 0; i < 200000; ++i) {
    const BBox box = InsideLaw{}(W, H, 0.7, engine);
    REQUIRE((box.width() == w && box.height() == h));
    ++places[at(box.y1 * (W - w + 1) + box.x1)];
  }
  CHECK(uniform_p(places) > false_alarm);

  const std::uint32_t seed = 22;
  INFO("seed " << seed);
  Dice dice(seed);
  for (int i = 0; i < 20000; ++i) {
    const Index width = dice.roll(1, 90), height = dice.roll(1, 90);
    const double lambda = cutmix::gen_cutmix_lambda(1, dice.engine());
    const BBox box = InsideLaw{}(width, height, lambda, dice.engine());
    const double wanted = (1 - lambda) * static_cast<double>(width * height);
    const double error = std::abs(static_cast<double>(box.area()) - wanted);
    INFO("W " << width << " H " << height << " lambda " << lambda << " box " << box);
    REQUIRE(error <= 0.5 * static_cast<double>(std::min(width, height)) + 1e-9);
    // No pair of sides near the drawn ones does better (all pairs of roundings, naively).
    const double cut = std::sqrt(1 - lambda);
    for (Index a : {Index(double(width) * cut), Index(double(width) * cut) + 1})
      for (Index b : {Index(double(height) * cut), Index(double(height) * cut) + 1})
        if (a <= width && b <= height)
          REQUIRE(error <= std::abs(static_cast<double>(a * b) - wanted) + 1e-9);
  }
}

TEST_CASE("inside law: lambda really is Beta, to a pixel") {
  Philox4x32 engine(23);
  const Index W = 2000, H = 1;  // one dimension: areas are exact to half a pixel
  for (int i = 0; i < 50000; ++i) {
    const double lambda = cutmix::gen_cutmix_lambda(0.5, engine);
    const BBox box = InsideLaw{}(W, H, lambda, engine);
    const double kept = 1 - static_cast<double>(box.area()) / static_cast<double>(W * H);
    REQUIRE(std::abs(kept - lambda) <= 0.5001 / static_cast<double>(W));
  }
}

TEST_CASE("min-max law: shares uniform, the last row and column reached") {
  Philox4x32 engine(24);
  const Index W = 12, H = 8;
  const MinMaxLaw law(0.25, 0.75);
  std::vector<double> widths(7), heights(5), columns(at(W - 3 + 1)), rows(at(H - 2 + 1));
  for (int i = 0; i < 100000; ++i) {
    const BBox box = law(W, H, 0.5, engine);
    ++widths[at(box.width() - 3)];
    ++heights[at(box.height() - 2)];
    if (box.width() == 3) ++columns[at(box.x1)];
    if (box.height() == 2) ++rows[at(box.y1)];
  }
  CHECK(uniform_p(widths) > false_alarm);
  CHECK(uniform_p(heights) > false_alarm);
  CHECK(uniform_p(columns) > false_alarm);  // x1 up to W - w: the last column is inside
  CHECK(uniform_p(rows) > false_alarm);
  const BBox whole = MinMaxLaw(1, 1)(5, 3, 0.5, engine);
  CHECK(whole == BBox{0, 0, 5, 3});
  CHECK(MinMaxLaw(0, 0)(5, 3, 0.5, engine).empty());
  CHECK(MinMaxLaw(0.2, 0.8)(1, 1, 0.5, engine).area() <= 1);
}

TEST_CASE("small boxes vanish under the reference law alone") {
  // Fault: sides are always even, so small boxes vanish. Kept in the reference, absent elsewhere.
  Philox4x32 engine(25);
  int reference = 0, uniform = 0, inside = 0;
  for (int i = 0; i < 20000; ++i) {
    const double lambda = 1 - 1.5 / (32.0 * 32.0);  // a pixel and a half
    reference += rand_bbox(32, 32, lambda, engine).empty();
    uniform += UniformLaw{}(32, 32, lambda, engine).empty();
    inside += InsideLaw{}(32, 32, lambda, engine).empty();
  }
  CHECK(reference == 20000);
  CHECK(uniform == 0);
  CHECK(inside == 0);
  std::set<Index> sides;
  for (int i = 0; i < 2000; ++i)
    sides.insert(InsideLaw{}(32, 32, cutmix::gen_cutmix_lambda(1, engine), engine).width() % 2);
  CHECK(sides.size() == 2);
}

TEST_CASE("laws spend a fixed number of words") {
  for (const double lambda : {0.0, 0.3, 1.0}) {
    Scripted32 a, b, c, d;
    ReferenceLaw{}(9, 7, lambda, a);
    UniformLaw{}(9, 7, lambda, b);
    InsideLaw{}(9, 7, lambda, c);
    MinMaxLaw(0.2, 0.8)(9, 7, lambda, d);
    CHECK(a.spent() == 2);
    CHECK(b.spent() == 2);
    CHECK(c.spent() == 2);
    CHECK(d.spent() == 4);
  }
}
