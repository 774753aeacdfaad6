#ifndef CUTMIX_DETAIL_BBOX_HPP
#define CUTMIX_DETAIL_BBOX_HPP

// What bbox.hpp declares.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

#include "../bbox.hpp"
#include "math.hpp"

namespace cutmix {

namespace detail {

inline std::string text_of(const BBox& box) {
  const bool flat = box.z1 == 0 && box.z2 == 1;
  return text_of(flat ? "(%, %, %, %)" : "(%, %, %, %, %, %)",
                 {box.x1, box.y1, box.x2, box.y2, box.z1, box.z2});
}

}  // namespace detail

inline std::ostream& operator<<(std::ostream& out, const BBox& box) {
  detail::write_text(out, detail::text_of(box));
  return out;
}

namespace detail {

// Within this many pixels every area and every position below is exact in double and in Index;
// positions reach twice as far, of boxes that hang over an edge.
constexpr Index most_pixels = static_cast<Index>(std::int64_t{1} << (index_has_64_bits ? 53 : 30));

// Sides are at least 0.
CUTMIX_ONCE inline void check_pixels(const ImageSize& image) {
  const Index W = image.width, H = image.height, D = image.depth;
  if (W == 0 || H == 0 || D == 0) return;
  constexpr Index usual = 1 << (index_has_64_bits ? 17 : 10);  // its cube is below most_pixels
  if (W < usual && H < usual && D < usual) return;             // without a division
  if (W > most_pixels / H || W * H > most_pixels / D)
    fail("W x H x D = % x % x %, must be at most % pixels",
         {W, H, D, index_has_64_bits ? "2^53" : "2^30"});
}

CUTMIX_ONCE inline void check_image_size(const ImageSize& image) {
  const Index W = image.width, H = image.height, D = image.depth;
  if (W < 1) fail("W = %, must be at least 1 where a box is drawn", {W});
  if (H < 1) fail("H = %, must be at least 1 where a box is drawn", {H});
  if (D < 1) fail("D = %, must be at least 1 where a box is drawn", {D});
  check_pixels(image);
}

inline bool lies_in_image(const BBox& box, const ImageSize& image) {
  const auto lies = [](Index begin, Index end, Index size) {
    return 0 <= begin && begin <= end && end <= size;
  };
  return lies(box.x1, box.x2, image.width) && lies(box.y1, box.y2, image.height) &&
         lies(box.z1, box.z2, image.depth);
}

[[noreturn]] CUTMIX_OUT_OF_LINE inline void fail_box(const Piece& name, const BBox& box,
                                                     const ImageSize& image) {
  const bool flat = image.depth == 1 && box.z1 == 0 && box.z2 == 1;
  fail(flat
           ? "% = %, must satisfy 0 <= x1 <= x2 <= % and 0 <= y1 <= y2 <= %"
           : "% = %, must satisfy 0 <= x1 <= x2 <= % and 0 <= y1 <= y2 <= % and 0 <= z1 <= z2 <= %",
       {name, text_of(box), image.width, image.height, image.depth});
}

inline void check_box(const char* name, const BBox& box, const ImageSize& image) {
  if (!lies_in_image(box, image)) fail_box(name, box, image);
}

// area/(W H D) of a box in an image. An image without pixels has nothing inside.
inline double share_inside(const BBox& box, const ImageSize& image) {
  const Index inside = box.volume();
  if (inside == 0) return 0;
  return static_cast<double>(inside) /
         (static_cast<double>(image.width) * static_cast<double>(image.height) *
          static_cast<double>(image.depth));
}

// A length times a share in [0, 1], to the nearest whole pixel, ties up. Not floor(length + 0.5):
// that sum is rounded itself, to a pixel too many where lengths reach 2^52.
inline Index nearest(double length) {
  const double down = math::floor(length);
  return static_cast<Index>(down) + (length - down < 0.5 ? 0 : 1);
}

// Which axes of an image a law cuts, and by how much. The others have size 1 and are cut whole.
struct CutAxes {
  explicit CutAxes(const ImageSize& image)
      : y(image.height > 1), z(image.depth > 1), x(image.width > 1 || (!y && !z)) {}

  // share^(1/d): what each cut side is of the image's.
  double ratio(double share) const {
    const int d = (x ? 1 : 0) + (y ? 1 : 0) + (z ? 1 : 0);
    return d == 1 ? share : d == 2 ? math::sqrt(share) : math::cbrt(share);
  }

  bool y, z, x;
};

inline BBox box_of(const Interval& x, const Interval& y, const Interval& z) {
  return {x.begin, y.begin, x.end, y.end, z.begin, z.end};
}

// Places an interval on each axis, x first; z is not drawn for an image of one slice.
template <class Place>
BBox place_on_axes(const ImageSize& image, const CutAxes& axes, const Place& place) {
  const Interval x = place(image.width, axes.x);
  const Interval y = place(image.height, axes.y);
  const Interval z = image.depth > 1 ? place(image.depth, axes.z) : Interval{0, 1};
  return box_of(x, y, z);
}

// The reference's interval on one axis: around a centre, clipped.
inline Interval around(Index centre, Index length, double cut) {
  const Index half = static_cast<Index>(static_cast<double>(length) * cut) / 2;
  return {std::max(centre - half, Index{0}), std::min(centre + half, length)};
}

inline void check_law(const ImageSize& image, double lambda) {
  check_image_size(image);
  check_unit("lambda", lambda);
}

// A box of the given sides wholly inside the image, all places equally likely.
template <class Urbg>
BBox place_inside(const ImageSize& image, const ImageSize& side, Urbg& rng) {
  const auto place = [&rng](Index length, Index size) {
    const Index begin = draw_index(length - size + 1, rng);
    return Interval{begin, begin + size};
  };
  const Interval x = place(image.width, side.width);
  const Interval y = place(image.height, side.height);
  const Interval z = image.depth > 1 ? place(image.depth, side.depth) : Interval{0, 1};
  return box_of(x, y, z);
}

// Sides of a box of nearly the given share and the image's proportions.
inline ImageSize inside_sides(const ImageSize& image, double lambda) {
  const CutAxes axes(image);
  const Index size[3] = {image.width, image.height, image.depth};
  const bool is_cut[3] = {axes.x, axes.y, axes.z};
  const double area = (1 - lambda) * static_cast<double>(size[0]) * static_cast<double>(size[1]) *
                      static_cast<double>(size[2]);
  const double cut =
      axes.ratio(area / (static_cast<double>(size[0]) * static_cast<double>(size[1]) *
                         static_cast<double>(size[2])));
  Index low[3];
  for (int i = 0; i < 3; ++i)
    low[i] = is_cut[i] ? static_cast<Index>(static_cast<double>(size[i]) * cut) : size[i];
  ImageSize best{0, 0, 0};
  double best_error = area;  // of the empty box
  // One axis is free; the others, as bits of `up` say, are rounded down or up.
  for (int free = 2; free >= 0; --free) {
    if (!is_cut[free]) continue;
    for (unsigned up = 0; up < 8; ++up) {
      if ((up >> free & 1) != 0) continue;
      Index side[3] = {1, 1, 1};
      double others = 1;
      bool valid = true;
      for (int i = 0; i < 3; ++i) {
        if (i == free) continue;
        const Index rounded = low[i] + static_cast<Index>(up >> i & 1);
        valid = valid && (is_cut[i] || (up >> i & 1) == 0);
        side[i] = std::clamp(rounded, Index{1}, size[i]);
        others *= static_cast<double>(side[i]);
      }
      if (!valid) continue;
      side[free] = std::min(nearest(area / others), size[free]);
      const double error = math::abs(others * static_cast<double>(side[free]) - area);
      if (error < best_error) best = {side[0], side[1], side[2]}, best_error = error;
    }
  }
  return best;
}

}  // namespace detail

template <class Urbg>
BBox rand_bbox(Index W, Index H, double cutmix_lambda, Urbg& rng, std::optional<Index> cx,
               std::optional<Index> cy) {
  if constexpr (detail::accepts_engine<Urbg>()) {
    detail::check_image_size({W, H, 1});
    detail::check_unit("cutmix_lambda", cutmix_lambda);
    if (cx && !(0 <= *cx && *cx < W)) detail::fail("cx = %, must be in [0, %)", {*cx, W});
    if (cy && !(0 <= *cy && *cy < H)) detail::fail("cy = %, must be in [0, %)", {*cy, H});
    const double cut = detail::math::sqrt(1 - cutmix_lambda);
    const Index x = cx ? *cx : detail::draw_index(W, rng);
    const Index y = cy ? *cy : detail::draw_index(H, rng);
    return detail::box_of(detail::around(x, W, cut), detail::around(y, H, cut), {0, 1});
  } else {
    return {};
  }
}

template <class Urbg>
BBox ReferenceLaw::operator()(const ImageSize& image, double lambda, Urbg& rng) const {
  BBox box;
  if constexpr (detail::accepts_engine<Urbg>()) {
    detail::check_law(image, lambda);
    const detail::CutAxes axes(image);
    const double cut = axes.ratio(1 - lambda);
    box = detail::place_on_axes(image, axes, [&](Index length, bool is_cut) {
      const Index centre = detail::draw_index(length, rng);
      return is_cut ? detail::around(centre, length, cut) : detail::Interval{0, length};
    });
  }
  return box;
}

template <class Urbg>
BBox UniformLaw::operator()(const ImageSize& image, double lambda, Urbg& rng) const {
  BBox box;
  if constexpr (detail::accepts_engine<Urbg>()) {
    detail::check_law(image, lambda);
    const detail::CutAxes axes(image);
    const double cut = axes.ratio(1 - lambda);
    bool vanishes = false;
    box = detail::place_on_axes(image, axes, [&](Index length, bool is_cut) {
      const Index side = is_cut ? detail::nearest(static_cast<double>(length) * cut) : length;
      // First pixels -(side - 1) .. length - 1: each pixel is covered by exactly `side` of these.
      const Index places = length + std::max(side, Index{1}) - 1;
      const Index begin = detail::draw_index(places, rng) - (side - 1);
      vanishes = vanishes || side == 0;
      return detail::Interval{std::max(begin, Index{0}), std::min(begin + side, length)};
    });
    if (vanishes) box = {};
  }
  return box;
}

template <class Urbg>
BBox InsideLaw::operator()(const ImageSize& image, double lambda, Urbg& rng) const {
  BBox box;
  if constexpr (detail::accepts_engine<Urbg>()) {
    detail::check_law(image, lambda);
    const ImageSize side = detail::inside_sides(image, lambda);
    const BBox placed = detail::place_inside(image, side, rng);
    if (side.width != 0) box = placed;
  }
  return box;
}

inline MinMaxLaw::MinMaxLaw(double min, double max) : min_(min), max_(max) {
  detail::check_unit("min", min);
  if (!(max >= min && max <= 1)) detail::fail("max = %, must be in [%, 1]", {max, min});
}

template <class Urbg>
BBox MinMaxLaw::operator()(const ImageSize& image, double lambda, Urbg& rng) const {
  BBox box;
  if constexpr (detail::accepts_engine<Urbg>()) {
    detail::check_law(image, lambda);
    const detail::CutAxes axes(image);
    const BBox sides = detail::place_on_axes(image, axes, [&](Index length, bool is_cut) {
      const Index low = detail::nearest(min_ * static_cast<double>(length));
      const Index high = detail::nearest(max_ * static_cast<double>(length));
      const Index side = low + detail::draw_index(high - low + 1, rng);
      return detail::Interval{0, is_cut ? side : length};
    });
    box = detail::place_inside(image, {sides.x2, sides.y2, sides.z2}, rng);
  }
  return box;
}

}  // namespace cutmix

#endif  // CUTMIX_DETAIL_BBOX_HPP
