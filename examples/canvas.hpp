// A picture to draw on, with a small built-in font, written as PNG.
#ifndef CUTMIX_EXAMPLES_CANVAS_HPP
#define CUTMIX_EXAMPLES_CANVAS_HPP

#include <png.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "font.hpp"

namespace examples {

struct Color {
  std::uint8_t red, green, blue;
};

namespace colors {
constexpr Color white{255, 255, 255};
constexpr Color ink{32, 33, 36};
constexpr Color faint{218, 220, 224};
constexpr Color gray{110, 114, 120};
constexpr Color blue{11, 98, 178};
constexpr Color orange{217, 95, 2};
}  // namespace colors

inline Color gray_level(std::uint8_t value) { return {value, value, value}; }

// A colour for a share in [0, 1], from dark to bright: readable in print and by the colour-blind.
inline Color heat(double share) {
  static const std::array<Color, 6> stops = {{{38, 12, 58},
                                              {70, 50, 126},
                                              {44, 113, 142},
                                              {32, 163, 134},
                                              {122, 209, 81},
                                              {253, 231, 37}}};
  const double position = std::clamp(share, 0.0, 1.0) * (stops.size() - 1);
  const auto left = std::min(static_cast<std::size_t>(position), stops.size() - 2);
  const double t = position - static_cast<double>(left);
  const auto mix = [t](std::uint8_t a, std::uint8_t b) {
    return static_cast<std::uint8_t>(a + t * (b - a) + 0.5);
  };
  const Color& a = stops[left];
  const Color& b = stops[left + 1];
  return {mix(a.red, b.red), mix(a.green, b.green), mix(a.blue, b.blue)};
}

// Sizes and positions are in pixels, from the top left. What falls outside is cut off.
class Canvas {
 public:
  Canvas(int width, int height, Color background = colors::white)
      : width_(width),
        height_(height),
        pixels_(static_cast<std::size_t>(width) * static_cast<std::size_t>(height), background) {}

  int width() const { return width_; }
  int height() const { return height_; }

  void fill(int x, int y, int width, int height, Color color) {
    for (int row = std::max(y, 0); row < std::min(y + height, height_); ++row) {
      for (int column = std::max(x, 0); column < std::min(x + width, width_); ++column) {
        pixels_[static_cast<std::size_t>(row) * static_cast<std::size_t>(width_) +
                static_cast<std::size_t>(column)] = color;
      }
    }
  }

  // The outline of a rectangle, drawn inside it.
  void frame(int x, int y, int width, int height, int thickness, Color color) {
    fill(x, y, width, thickness, color);
    fill(x, y + height - thickness, width, thickness, color);
    fill(x, y, thickness, height, color);
    fill(x + width - thickness, y, thickness, height, color);
  }

  // A raster of columns x rows squares; color_at(column, row) gives their colours.
  template <class ColorAt>
  void raster(int x, int y, int scale, int columns, int rows, const ColorAt& color_at) {
    for (int row = 0; row < rows; ++row) {
      for (int column = 0; column < columns; ++column) {
        fill(x + column * scale, y + row * scale, scale, scale, color_at(column, row));
      }
    }
  }

  // ASCII text; (x, y) is its top left corner.
  void text(int x, int y, const std::string& line, Color color, int scale = 2) {
    for (const char character : line) {
      const auto& glyph = glyph_of(character);
      for (int row = 0; row < glyph_height; ++row) {
        for (int column = 0; column < glyph_width; ++column) {
          const int bit = glyph_width - 1 - column;
          if (glyph[static_cast<std::size_t>(row)] >> bit & 1) {
            fill(x + column * scale, y + row * scale, scale, scale, color);
          }
        }
      }
      x += glyph_advance * scale;
    }
  }

  void centered_text(int center, int y, const std::string& line, Color color, int scale = 2) {
    text(center - text_width(line, scale) / 2, y, line, color, scale);
  }

  static int text_width(const std::string& line, int scale = 2) {
    return (static_cast<int>(line.size()) * glyph_advance - 1) * scale;
  }

  void write_png(const std::string& path) const {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = static_cast<png_uint_32>(width_);
    image.height = static_cast<png_uint_32>(height_);
    image.format = PNG_FORMAT_RGB;
    static_assert(sizeof(Color) == 3, "the pixels go to libpng as they are");
    if (png_image_write_to_file(&image, path.c_str(), 0, pixels_.data(), 0, nullptr) == 0) {
      throw UserError(path + ": cannot be written: " + image.message);
    }
  }

 private:
  int width_;
  int height_;
  std::vector<Color> pixels_;
};

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_CANVAS_HPP
