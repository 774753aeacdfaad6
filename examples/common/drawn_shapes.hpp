// Ten classes of simple shapes, drawn with noise: a data set for machines that have none.
#ifndef CUTMIX_EXAMPLES_COMMON_DRAWN_SHAPES_HPP
#define CUTMIX_EXAMPLES_COMMON_DRAWN_SHAPES_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "dataset.hpp"
#include "draws.hpp"

namespace examples {

// How far (x, y) lies inside shape `id`, whose half size is r; negative outside. Pixels.
inline double shape_depth(int id, double x, double y, double r) {
  const double ax = std::abs(x);
  const double ay = std::abs(y);
  const double square = r - std::max(ax, ay);
  const double disc = r - std::sqrt(x * x + y * y);
  const double bar = r / 3;
  // Stripes of equal width and spacing, inside the square.
  const auto stripes = [&](double t) {
    const double period = 4 * bar;
    return std::abs(t - period * std::floor(t / period + 0.5)) - bar;
  };
  switch (id) {
    case 0:
      return disc;
    case 1:
      return bar / 2 - std::abs(disc - bar / 2);  // ring
    case 2:
      return square;
    case 3:
      return bar / 2 - std::abs(square - bar / 2);  // frame
    case 4:
      return r - (ax + ay);  // diamond
    case 5:
      return std::min(r - y, (r + y) / 2 - ax);  // triangle
    case 6:
      return std::min(square, bar / 1.5 - std::min(ax, ay));  // plus
    case 7:
      return std::min(disc, bar / 1.5 - std::abs(ax - ay) / 1.4);  // cross
    case 8:
      return std::min(square, stripes(y));
    default:
      return std::min(square, stripes(x));
  }
}

template <class Urbg>
LabelledImages draw_shapes(Index count, Urbg& rng) {
  const Index side = 28;
  LabelledImages result{ByteImages(count, 1, side, side), Labels(count)};
  for (Index i = 0; i < count; ++i) {
    const auto id = static_cast<int>(draw_below(10, rng));
    const double r = draw_between(6, 11, rng);
    const double center_x = 13.5 + draw_between(-4, 4, rng);
    const double center_y = 13.5 + draw_between(-4, 4, rng);
    const double slant = draw_between(-0.35, 0.35, rng);
    const double brightness = draw_between(90, 255, rng);
    const double noise = draw_between(20, 110, rng);
    result.labels(i) = id;
    for (Index row = 0; row < side; ++row) {
      for (Index column = 0; column < side; ++column) {
        const double y = static_cast<double>(row) - center_y;
        const double x = static_cast<double>(column) - center_x + slant * y;
        const double cover = std::clamp(shape_depth(id, x, y, r) + 0.5, 0.0, 1.0);
        const double value = brightness * cover + noise * (draw_uniform(rng) - 0.5);
        result.images(i, 0, row, column) = static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0));
      }
    }
  }
  return result;
}

inline Dataset make_drawn_dataset(Index train_count, Index test_count) {
  auto rng = make_engine(0, Stream::drawing);
  Dataset data;
  data.name = "drawn shapes";
  data.classes = {"Disc",     "Ring", "Square", "Frame", "Diamond",
                  "Triangle", "Plus", "Cross",  "Rows",  "Columns"};
  data.train = draw_shapes(train_count, rng);
  data.test = draw_shapes(test_count, rng);
  return data;
}

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_COMMON_DRAWN_SHAPES_HPP
