#ifndef CUTMIX_BBOX_HPP
#define CUTMIX_BBOX_HPP

/// @file bbox.hpp
/// Boxes, and the laws that place one: integer geometry only.

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <ostream>
#include <string>

#include "random.hpp"

namespace cutmix {

/// A box of pixels, half-open: columns [x1, x2) of the width, rows [y1, y2) of the height.
struct BBox {
  /// @{
  /// The first column and row inside, and the first beyond.
  Index x1 = 0, y1 = 0, x2 = 0, y2 = 0;
  /// @}

  /// The number of columns.
  Index width() const { return x2 - x1; }
  /// The number of rows.
  Index height() const { return y2 - y1; }
  /// Whether no pixel is inside.
  bool empty() const { return x1 >= x2 || y1 >= y2; }
  /// The number of pixels inside.
  Index area() const { return empty() ? 0 : width() * height(); }

  /// Whether all four sides are the same.
  friend bool operator==(const BBox& a, const BBox& b) {
    return a.x1 == b.x1 && a.y1 == b.y1 && a.x2 == b.x2 && a.y2 == b.y2;
  }
  /// The opposite.
  friend bool operator!=(const BBox& a, const BBox& b) { return !(a == b); }
  /// Prints `(x1, y1, x2, y2)`.
  friend std::ostream& operator<<(std::ostream& out, const BBox& box) {
    return out << '(' << box.x1 << ", " << box.y1 << ", " << box.x2 << ", " << box.y2 << ')';
  }
};

/// Where a box comes from: any callable `BBox(Index W, Index H, double lambda, AnyUrbg& rng)`.
///
/// W, H >= 1 is the image, lambda in [0, 1] the share that it should keep. The box must satisfy
/// 0 <= x1 <= x2 <= W and 0 <= y1 <= y2 <= H, or make_plan throws. The laws of this header are such
/// callables; so is a lambda of the caller's own.
using BoxLaw = std::function<BBox(Index, Index, double, AnyUrbg&)>;

namespace detail {

inline void check_image_size(Index W, Index H) {
  if (W < 1) fail("W", W, "must be at least 1 where a box is drawn");
  if (H < 1) fail("H", H, "must be at least 1 where a box is drawn");
}

inline bool lies_in_image(const BBox& box, Index W, Index H) {
  return 0 <= box.x1 && box.x1 <= box.x2 && box.x2 <= W &&  //
         0 <= box.y1 && box.y1 <= box.y2 && box.y2 <= H;
}

[[noreturn]] inline void fail_box(const std::string& name, const BBox& box, Index W, Index H) {
  fail(name, box,
       "must satisfy 0 <= x1 <= x2 <= " + to_text(W) + " and 0 <= y1 <= y2 <= " + to_text(H));
}

inline void check_box(const BBox& box, Index W, Index H) {
  if (!lies_in_image(box, W, H)) fail_box("bbox", box, W, H);
}

// 1 - area/(W H): the one place where a label weight is made. An image without pixels keeps all.
inline double kept_share(const BBox& box, Index W, Index H) {
  const Index area = box.area();
  if (area == 0) return 1;
  return 1 - static_cast<double>(area) / (static_cast<double>(W) * static_cast<double>(H));
}

// A length times a share in [0, 1], to the nearest whole pixel.
inline Index nearest(double length) { return static_cast<Index>(std::floor(length + 0.5)); }

}  // namespace detail

/// Draws a box of the reference law: its centre uniform over the pixels, clipped to the image.
///
/// @param W, H           the image, in pixels, each at least 1
/// @param cutmix_lambda  in [0, 1]; the box's sides before clipping are floor(W cut), floor(H cut)
///                       with cut = sqrt(1 - cutmix_lambda)
/// @param rng            any uniform random bit generator
/// @param cx, cy         the centre, in [0, W) and [0, H); drawn where not given
/// @return               [cx - w/2, cx + w/2) x [cy - h/2, cy + h/2), halves rounded down, clipped
///
/// Sides are even before clipping, so boxes below 2 pixels vanish; the other laws have no such gap.
/// Errors: W or H below 1, cutmix_lambda outside [0, 1] or NaN, a centre outside the image.
/// Draws: one word of 32 bits for each coordinate not given, cx first. Never allocates.
/// Source: the method card's rand_bbox; Yun et al. 2019, equation 2.
template <class Urbg>
BBox rand_bbox(Index W, Index H, double cutmix_lambda, Urbg& rng,
               std::optional<Index> cx = std::nullopt, std::optional<Index> cy = std::nullopt) {
  detail::check_image_size(W, H);
  detail::check_lambda(cutmix_lambda);
  if (cx && !(0 <= *cx && *cx < W))
    detail::fail("cx", *cx, "must be in [0, " + detail::to_text(W) + ")");
  if (cy && !(0 <= *cy && *cy < H))
    detail::fail("cy", *cy, "must be in [0, " + detail::to_text(H) + ")");
  const double cut = std::sqrt(1 - cutmix_lambda);
  const Index half_w = static_cast<Index>(static_cast<double>(W) * cut) / 2;
  const Index half_h = static_cast<Index>(static_cast<double>(H) * cut) / 2;
  const Index x = cx ? *cx : detail::uniform_index(W, rng);
  const Index y = cy ? *cy : detail::uniform_index(H, rng);
  return {std::max(x - half_w, Index{0}), std::max(y - half_h, Index{0}),  //
          std::min(x + half_w, W), std::min(y + half_h, H)};
}

/// The law of the paper and of rand_bbox: pixels near the middle are replaced more often, and the
/// clipped box is smaller than the drawn share. Draws: two words of 32 bits.
struct ReferenceLaw {
  /// Draws a box.
  template <class Urbg>
  BBox operator()(Index W, Index H, double lambda, Urbg& rng) const {
    return rand_bbox(W, H, lambda, rng);
  }
};

/// Every pixel is equally likely to be replaced: the box may hang over every edge by all but one
/// row or column, all such places equally likely, and is clipped. Sides are W cut and H cut to the
/// nearest pixel. Draws: two words of 32 bits. Source: Composer's uniform_sampling, exact in
/// integers.
struct UniformLaw {
  /// Draws a box.
  template <class Urbg>
  BBox operator()(Index W, Index H, double lambda, Urbg& rng) const {
    const double cut = std::sqrt(1 - lambda);
    const Index w = detail::nearest(static_cast<double>(W) * cut);
    const Index h = detail::nearest(static_cast<double>(H) * cut);
    // First columns -(w - 1) .. W - 1: each pixel is covered by exactly w of these W + w - 1
    // places.
    const Index x = detail::uniform_index(W + std::max(w, Index{1}) - 1, rng) - (w - 1);
    const Index y = detail::uniform_index(H + std::max(h, Index{1}) - 1, rng) - (h - 1);
    if (w == 0 || h == 0) return {};
    return {std::max(x, Index{0}), std::max(y, Index{0}), std::min(x + w, W), std::min(y + h, H)};
  }
};

/// The box lies wholly inside the image, all places equally likely, so the share that is kept
/// really is the drawn lambda, to the pixels that whole sides leave.
///
/// The sides start from W cut and H cut. One of them is rounded down or up and the other is what
/// the area then asks for, to the nearest pixel; the pair whose area is nearest wins, so the area
/// is off by at most half of the shorter side. An image of one row is cut in one dimension. Draws:
/// two words of 32 bits.
struct InsideLaw {
  /// Draws a box.
  template <class Urbg>
  BBox operator()(Index W, Index H, double lambda, Urbg& rng) const {
    const BBox size = sides(W, H, (1 - lambda) * static_cast<double>(W) * static_cast<double>(H));
    const Index x = detail::uniform_index(W - size.x2 + 1, rng);
    const Index y = detail::uniform_index(H - size.y2 + 1, rng);
    return size.empty() ? BBox{} : BBox{x, y, x + size.x2, y + size.y2};
  }

 private:
  // A box at the origin, of nearly the given area and the image's proportions.
  static BBox sides(Index W, Index H, double area) {
    const double cut = std::sqrt(area / (static_cast<double>(W) * static_cast<double>(H)));
    const auto w = static_cast<Index>(static_cast<double>(W) * cut);
    const auto h = static_cast<Index>(static_cast<double>(H) * cut);
    BBox best;
    double best_error = area;  // of the empty box
    const auto consider = [&](Index width, Index height) {
      const BBox box{0, 0, width, height};
      const double error = std::abs(static_cast<double>(box.area()) - area);
      if (error < best_error) best = box, best_error = error;
    };
    const auto other = [area](Index side, Index limit) {
      return std::min(detail::nearest(area / static_cast<double>(side)), limit);
    };
    for (Index width : {w, w + 1}) {
      width = std::clamp(width, Index{1}, W);
      consider(width, other(width, H));
    }
    for (Index height : {h, h + 1}) {
      height = std::clamp(height, Index{1}, H);
      consider(other(height, W), height);
    }
    return best;
  }
};

/// Each side's share of the image is uniform in [min, max], whatever lambda; the box lies wholly
/// inside, all places equally likely, the last row and column among them.
///
/// 0 <= min <= max <= 1, or the constructor throws. The label weight follows the box. Draws: four
/// words of 32 bits (width, height, x1, y1). Source: timm's and darknet's CutMix, any image size.
class MinMaxLaw {
 public:
  /// The smallest and the largest share of a side.
  MinMaxLaw(double min, double max) : min_(min), max_(max) {
    if (!(min >= 0 && min <= 1)) detail::fail("min", min, "must be in [0, 1]");
    if (!(max >= min && max <= 1))
      detail::fail("max", max, "must be in [" + detail::to_text(min) + ", 1]");
  }

  /// Draws a box.
  template <class Urbg>
  BBox operator()(Index W, Index H, double /*lambda*/, Urbg& rng) const {
    const Index w = side(W, rng);
    const Index h = side(H, rng);
    const Index x = detail::uniform_index(W - w + 1, rng);
    const Index y = detail::uniform_index(H - h + 1, rng);
    return {x, y, x + w, y + h};
  }

 private:
  template <class Urbg>
  Index side(Index length, Urbg& rng) const {
    const Index low = detail::nearest(min_ * static_cast<double>(length));
    const Index high = detail::nearest(max_ * static_cast<double>(length));
    return low + detail::uniform_index(high - low + 1, rng);
  }

  double min_, max_;
};

}  // namespace cutmix

#endif  // CUTMIX_BBOX_HPP
