#ifndef CUTMIX_BBOX_HPP
#define CUTMIX_BBOX_HPP

/// @file bbox.hpp
/// Boxes, and the laws that place one: integer geometry only.

#include <functional>
#include <optional>
#include <ostream>

#include "detail/error.hpp"
#include "detail/text.hpp"
#include "random.hpp"

namespace cutmix {

/// A box of pixels, half-open: columns [x1, x2) of the width, rows [y1, y2) of the height, slices
/// [z1, z2) of the depth. An image is a volume of depth 1.
///
/// @code
/// cutmix::BBox box{8, 4, 24, 12};  // 16 x 8 pixels
/// @endcode
struct BBox {
  /// @{
  /// The first column, row and slice inside, and the first beyond.
  Index x1 = 0, y1 = 0, x2 = 0, y2 = 0, z1 = 0, z2 = 1;
  /// @}

  /// The number of columns.
  Index width() const { return x2 - x1; }
  /// The number of rows.
  Index height() const { return y2 - y1; }
  /// The number of slices.
  Index depth() const { return z2 - z1; }
  /// Whether no pixel is inside.
  bool empty() const { return x1 >= x2 || y1 >= y2 || z1 >= z2; }
  /// The number of pixels inside, of a box that lies in an image.
  Index volume() const { return empty() ? 0 : width() * height() * depth(); }

  /// Whether all six sides are the same.
  friend bool operator==(const BBox& a, const BBox& b) {
    return a.x1 == b.x1 && a.y1 == b.y1 && a.x2 == b.x2 && a.y2 == b.y2 &&  //
           a.z1 == b.z1 && a.z2 == b.z2;
  }
  /// The opposite.
  friend bool operator!=(const BBox& a, const BBox& b) { return !(a == b); }
  /// Prints `(x1, y1, x2, y2)`, or `(x1, y1, x2, y2, z1, z2)` where the slices are not just [0, 1).
  friend std::ostream& operator<<(std::ostream& out, const BBox& box);
};

/// The sides of an image, in pixels: each at least 1, and their product at most 2^53, up to which a
/// double counts exactly.
struct ImageSize {
  /// @{
  /// Columns, rows, slices.
  Index width = 1, height = 1, depth = 1;
  /// @}
};

/// Where a box comes from: any callable that is given the image, lambda in [0, 1] (the share of its
/// pixels that the image should keep) and an engine.
///
/// @code
/// options.box_law = [](const cutmix::ImageSize& image, double, cutmix::UrbgRef& rng) {
///   const cutmix::Index x = cutmix::uniform_index(image.width, rng);  // one random column
///   return cutmix::BBox{x, 0, x + 1, image.height, 0, image.depth};
/// };
/// @endcode
/// The box must lie in the image, 0 <= x1 <= x2 <= width and so on, or make_plan throws. The laws
/// below are such callables. They cut the axes that are longer than 1, d of them: each side is
/// the image's times the root (1 - lambda)^(1/d). An axis of size 1 is cut whole (in an image of a
/// single pixel, the width counts as the one axis). Draws for x and y are always spent, those for z
/// only where the depth is more than 1.
using BoxLaw = std::function<BBox(const ImageSize& image, double lambda, UrbgRef& rng)>;

/// Draws a box of the reference law in two dimensions: its centre uniform over the pixels, clipped
/// to the image.
///
/// @code
/// cutmix::BBox box = cutmix::rand_bbox(32, 24, 0.75, rng);  // at most 16 x 12 pixels
/// @endcode
/// @param W, H           the image, in pixels, each at least 1
/// @param cutmix_lambda  in [0, 1]; the box's sides before clipping are floor(W cut), floor(H cut)
///                       with cut = sqrt(1 - cutmix_lambda)
/// @param rng            any uniform random bit generator
/// @param cx, cy         the centre, in [0, W) and [0, H); drawn where not given
/// @return               [cx - w/2, cx + w/2) x [cy - h/2, cy + h/2), halves rounded down, clipped
///
/// Sides are even before clipping, so boxes below 2 pixels vanish; the other laws have no such gap.
/// Errors: W or H below 1, W H above 2^53, cutmix_lambda outside [0, 1] or NaN, a centre outside
/// the image. Draws: one word of 32 bits for each coordinate not given, cx first. Never allocates.
/// Source: the method card's rand_bbox; Yun et al. 2019, equation 2.
template <class Urbg>
BBox rand_bbox(Index W, Index H, double cutmix_lambda, Urbg& rng,
               std::optional<Index> cx = std::nullopt, std::optional<Index> cy = std::nullopt);

/// The law of the paper and of rand_bbox: pixels near the middle are replaced more often, and the
/// clipped box is smaller than the drawn share.
///
/// @code
/// options.box_law = cutmix::ReferenceLaw{};  // the default
/// @endcode
/// Draws: the centre, a word of 32 bits a coordinate.
struct ReferenceLaw {
  /// Draws a box.
  template <class Urbg>
  BBox operator()(const ImageSize& image, double lambda, Urbg& rng) const;
};

/// Every pixel is equally likely to be replaced: the box may hang over every edge by all but one
/// row or column, all such places equally likely, and is clipped.
///
/// @code
/// options.box_law = cutmix::UniformLaw{};
/// @endcode
/// Sides are rounded to the nearest pixel. Draws: the place, a word of 32 bits a coordinate.
/// Source: Composer's uniform_sampling, exact in integers.
struct UniformLaw {
  /// Draws a box.
  template <class Urbg>
  BBox operator()(const ImageSize& image, double lambda, Urbg& rng) const;
};

/// The box lies wholly inside the image, all places equally likely, so the share that is kept
/// really is the drawn lambda, to the pixels that whole sides leave.
///
/// @code
/// options.box_law = cutmix::InsideLaw{};
/// @endcode
/// All sides but one are rounded down or up and the last is what the area then asks for, to the
/// nearest pixel; the choice whose area is nearest wins. So the area is off by at most half of the
/// image's shorter side (in three dimensions, half of its smallest face). Draws: the place, a word
/// of 32 bits a coordinate.
struct InsideLaw {
  /// Draws a box.
  template <class Urbg>
  BBox operator()(const ImageSize& image, double lambda, Urbg& rng) const;
};

/// Each side's share of the image is uniform in [min, max], to the nearest pixel, whatever lambda;
/// the box lies wholly inside, all places equally likely, the last row and column among them.
///
/// @code
/// options.box_law = cutmix::MinMaxLaw(0.2, 0.8);
/// @endcode
/// 0 <= min <= max <= 1, or the constructor throws. With min above 0 and max below 1 no box
/// vanishes and no image does, where sides are long enough: min W at least 1/2, (1 - max) W more.
/// The label weight follows the box. Draws: the sides, then the place, a word of 32 bits each.
/// Source: timm's and darknet's CutMix, any image size.
class MinMaxLaw {
 public:
  /// The smallest and the largest share of a side.
  MinMaxLaw(double min, double max);

  /// Draws a box.
  template <class Urbg>
  BBox operator()(const ImageSize& image, double lambda, Urbg& rng) const;

 private:
  double min_, max_;
};

}  // namespace cutmix

#include "detail/bbox.hpp"

#endif  // CUTMIX_BBOX_HPP
