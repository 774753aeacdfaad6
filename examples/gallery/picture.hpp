// A picture drawn with Cairo and written as PNG or SVG.
#ifndef CUTMIX_EXAMPLES_GALLERY_PICTURE_HPP
#define CUTMIX_EXAMPLES_GALLERY_PICTURE_HPP

#include <cairo-svg.h>
#include <cairo.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace examples {

struct Color {
  double red, green, blue;
};

namespace colors {
constexpr Color white{1, 1, 1};
constexpr Color ink{0.13, 0.13, 0.14};
constexpr Color faint{0.85, 0.86, 0.88};
constexpr Color gray{0.43, 0.45, 0.47};
constexpr Color blue{0.04, 0.38, 0.70};
constexpr Color orange{0.85, 0.37, 0.01};
}  // namespace colors

enum class Align { left, center, right };

// Sizes and positions are in pixels, from the top left. What falls outside is cut off.
class Picture {
 public:
  // `path` ends in .png or .svg; its directory is made if it is not there.
  Picture(const std::filesystem::path& path, double width, double height)
      : path_(path), surface_(nullptr, &cairo_surface_destroy), context_(nullptr, &cairo_destroy) {
    if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path());
    if (path.extension() == ".svg") {
      surface_.reset(cairo_svg_surface_create(path.c_str(), width, height));
      cairo_svg_surface_set_document_unit(surface_.get(), CAIRO_SVG_UNIT_PX);
    } else {
      surface_.reset(cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(width),
                                                static_cast<int>(height)));
    }
    context_.reset(cairo_create(surface_.get()));
    cairo_select_font_face(context_.get(), "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                           CAIRO_FONT_WEIGHT_NORMAL);
    fill(0, 0, width, height, colors::white);
  }

  void fill(double x, double y, double width, double height, Color color) {
    use(color);
    cairo_rectangle(context_.get(), x, y, width, height);
    cairo_fill(context_.get());
  }

  // The outline of a rectangle, drawn inside it.
  void frame(double x, double y, double width, double height, double thickness, Color color) {
    use(color);
    cairo_rectangle(context_.get(), x + thickness / 2, y + thickness / 2, width - thickness,
                    height - thickness);
    cairo_set_line_width(context_.get(), thickness);
    cairo_stroke(context_.get());
  }

  using Points = std::vector<std::pair<double, double>>;

  void line(const Points& points, double thickness, Color color) {
    follow(points, color);
    cairo_set_line_width(context_.get(), thickness);
    cairo_stroke(context_.get());
  }

  void polygon(const Points& points, Color color) {
    follow(points, color);
    cairo_fill(context_.get());
  }

  // A raster of columns x rows squares; color_at(column, row) gives their colours.
  template <class ColorAt>
  void raster(double x, double y, double scale, int columns, int rows, const ColorAt& color_at) {
    for (int row = 0; row < rows; ++row) {
      for (int column = 0; column < columns; ++column) {
        fill(x + column * scale, y + row * scale, scale, scale, color_at(column, row));
      }
    }
  }

  // One line of UTF-8; y is its baseline.
  void text(double x, double y, const std::string& words, Color color, Align align = Align::left,
            double size = 16) {
    use(color);
    cairo_set_font_size(context_.get(), size);
    cairo_text_extents_t extents;
    cairo_text_extents(context_.get(), words.c_str(), &extents);
    const double before = align == Align::left     ? 0
                          : align == Align::center ? extents.x_advance / 2
                                                   : extents.x_advance;
    cairo_move_to(context_.get(), x - before, y);
    cairo_show_text(context_.get(), words.c_str());
  }

  void write() {
    if (path_.extension() == ".svg") {
      cairo_surface_finish(surface_.get());
      check(cairo_surface_status(surface_.get()));
    } else {
      check(cairo_surface_write_to_png(surface_.get(), path_.c_str()));
    }
    check(cairo_status(context_.get()));
    std::cout << "Wrote " << path_.string() << std::endl;
  }

 private:
  void use(Color color) {
    cairo_set_source_rgb(context_.get(), color.red, color.green, color.blue);
  }

  void follow(const Points& points, Color color) {
    use(color);
    cairo_new_path(context_.get());  // text leaves a point behind
    for (const auto& [x, y] : points) cairo_line_to(context_.get(), x, y);
  }

  void check(cairo_status_t status) const {
    if (status != CAIRO_STATUS_SUCCESS) {
      throw std::runtime_error(path_.string() + ": " + cairo_status_to_string(status));
    }
  }

  std::filesystem::path path_;
  std::unique_ptr<cairo_surface_t, void (*)(cairo_surface_t*)> surface_;
  std::unique_ptr<cairo_t, void (*)(cairo_t*)> context_;
};

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_GALLERY_PICTURE_HPP
