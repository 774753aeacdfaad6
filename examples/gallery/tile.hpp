// One image of a sheet: its pixels, and boxes around parts of it.
#ifndef CUTMIX_EXAMPLES_GALLERY_TILE_HPP
#define CUTMIX_EXAMPLES_GALLERY_TILE_HPP

#include <cutmix/cutmix.hpp>

#include "picture.hpp"

namespace examples {

// `scale` is the width of a pixel.
class Tile {
 public:
  Tile(Picture& picture, int x, int y, int scale, cutmix::Index width, cutmix::Index height)
      : picture_(picture),
        x_(x),
        y_(y),
        scale_(scale),
        width_(static_cast<int>(width)),
        height_(static_cast<int>(height)) {}

  // brightness(row, column) is in [0, 1]; 0 is drawn white.
  template <class Brightness>
  void draw(const Brightness& brightness) const {
    picture_.raster(x_, y_, scale_, width_, height_, [&](int column, int row) {
      const double value = 1 - brightness(row, column);
      return Color{value, value, value};
    });
    picture_.frame(x_ - 1, y_ - 1, width_ * scale_ + 2, height_ * scale_ + 2, 1, colors::faint);
  }

  // The patch of a plan, if it has pixels.
  void outline(const cutmix::BBox& box, Color color, double thickness = 2) const {
    if (box.empty()) return;
    outline(static_cast<double>(box.x1), static_cast<double>(box.y1), static_cast<double>(box.x2),
            static_cast<double>(box.y2), color, thickness);
  }
  void outline(double x1, double y1, double x2, double y2, Color color,
               double thickness = 2) const {
    picture_.frame(x_ + x1 * scale_, y_ + y1 * scale_, (x2 - x1) * scale_, (y2 - y1) * scale_,
                   thickness, color);
  }

  // Words inside the corner at the top left of a box.
  void label(double x1, double y1, const std::string& words, Color color) const {
    picture_.text(x_ + x1 * scale_ + 5, y_ + y1 * scale_ + 15, words, color, Align::left, 13);
  }

 private:
  Picture& picture_;
  int x_, y_, scale_, width_, height_;
};

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_GALLERY_TILE_HPP
