// Slices of two volumes, and of one mixed with the other in a box of three dimensions.
#ifndef CUTMIX_EXAMPLES_GALLERY_VOLUME_SHEET_HPP
#define CUTMIX_EXAMPLES_GALLERY_VOLUME_SHEET_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cutmix/cutmix.hpp>
#include <string>
#include <vector>

#include "../common/draws.hpp"
#include "contact_sheet.hpp"
#include "tile.hpp"

namespace examples {

using Volumes = Eigen::Tensor<float, 4, Eigen::RowMajor>;  // (volume, slice, row, column)

// Shells of a ball, and a lattice of tubes inside one.
inline Volumes ball_and_lattice(Index depth, Index side) {
  Volumes volumes(2, depth, side, side);
  const auto centred = [](Index i, Index size) {
    return (2 * static_cast<double>(i) + 1) / static_cast<double>(size) - 1;
  };
  for (Index slice = 0; slice < depth; ++slice)
    for (Index row = 0; row < side; ++row)
      for (Index column = 0; column < side; ++column) {
        const double x = centred(column, side), y = centred(row, side), z = centred(slice, depth);
        const double r = std::sqrt(x * x + y * y + z * z);
        const double shells = r < 0.95 ? 0.55 + 0.4 * std::cos(16 * r) : 0.06;
        const double waves = std::sin(7 * x) * std::cos(7 * y) + std::sin(7 * y) * std::cos(7 * z) +
                             std::sin(7 * z) * std::cos(7 * x);
        const double lattice = r < 0.95 ? std::clamp(0.4 + 0.5 * waves, 0.1, 1.0) : 0.06;
        volumes(0, slice, row, column) = static_cast<float>(shells);
        volumes(1, slice, row, column) = static_cast<float>(lattice);
      }
  return volumes;
}

inline void write_volume_sheet(const std::string& path, std::uint32_t seed) {
  const Index depth = 32, side = 44;
  const int shown = 8;  // slices
  const Volumes volumes = ball_and_lattice(depth, side);
  cutmix::Options options;
  options.pairing = cutmix::Pairing::reversed;
  options.box_law = cutmix::MinMaxLaw(0.4, 0.7);
  auto rng = make_engine(seed, Stream::pictures);
  const auto images = cutmix::view(volumes, "BDHW");
  const cutmix::Plan plan = cutmix::make_plan(images, options, rng);
  Volumes mixed(volumes.dimensions());
  cutmix::mix_images(plan, images, cutmix::view(mixed, "BDHW"));

  const int scale = 3, gap = 10, margin = 24, heading = 130, line = 22;
  const int top = margin + 4 * line, pitch = static_cast<int>(side) * scale + gap;
  Picture picture(path, 2 * margin + heading + shown * pitch - gap, top + 3 * pitch - gap + margin);
  const cutmix::BBox& box = plan.box(0);
  picture.text(margin, margin + 16, "CutMix on volumes, slice by slice", colors::ink, Align::left,
               18);
  picture.text(margin, margin + 16 + line,
               "One box in three dimensions, slices " + std::to_string(box.z1) + " to " +
                   std::to_string(box.z2 - 1) + " of " + std::to_string(depth) +
                   ". Sides of 0.4 to 0.7.",
               colors::gray);
  const std::vector<std::string> headings = {"volume", "partner", "mixed"};
  const std::vector<Color> heading_colors = {colors::blue, colors::orange, colors::ink};
  for (int row = 0; row < 3; ++row) {
    const int y = top + row * pitch;
    const auto i = static_cast<std::size_t>(row);
    picture.text(margin, y + pitch / 2, headings[i], heading_colors[i]);
    if (row == 2)
      picture.text(margin, y + pitch / 2 + line, "keeps " + weighted(plan.lambda(0), ""),
                   colors::gray);
    for (int column = 0; column < shown; ++column) {
      const Index slice = (2 * column + 1) * depth / (2 * shown);
      const int x = margin + heading + column * pitch;
      if (row == 0) picture.text(x, top - 8, "slice " + std::to_string(slice), colors::gray);
      const Tile tile(picture, x, y, scale, side, side);
      const Volumes& source = row == 2 ? mixed : volumes;
      tile.draw(
          [&](int v, int u) { return static_cast<double>(source(row == 1 ? 1 : 0, slice, v, u)); });
      if (row > 0 && box.z1 <= slice && slice < box.z2) tile.outline(box, colors::orange);
    }
  }
  picture.write();
}

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_GALLERY_VOLUME_SHEET_HPP
