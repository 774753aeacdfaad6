// Scenes of several objects and their boxes, mixed: which objects are kept, and how much of each.
#ifndef CUTMIX_EXAMPLES_GALLERY_DETECTION_SHEET_HPP
#define CUTMIX_EXAMPLES_GALLERY_DETECTION_SHEET_HPP

#include <algorithm>
#include <cstdint>
#include <cutmix/cutmix.hpp>
#include <string>
#include <vector>

#include "../common/dataset.hpp"
#include "../common/draws.hpp"
#include "contact_sheet.hpp"
#include "tile.hpp"

namespace examples {

struct Scenes {
  Eigen::Tensor<std::uint8_t, 3, Eigen::RowMajor> images;  // (scene, row, column)
  std::vector<std::vector<cutmix::Detection>> objects;
};

// Objects of the data set in some of the six cells of each scene, anywhere in the cell.
inline Scenes random_scenes(const Dataset& data, Index count, Index height, Index width,
                            std::uint32_t seed) {
  Scenes scenes{{count, height, width},
                std::vector<std::vector<cutmix::Detection>>(static_cast<std::size_t>(count))};
  scenes.images.setConstant(24);
  auto rng = make_engine(seed, Stream::drawing);
  const Index size = data.train.images.dimension(2);
  const Index free_columns = width / 3 - size, free_rows = height / 2 - size;
  for (Index scene = 0; scene < count; ++scene) {
    std::vector<Index> cells = {0, 1, 2, 3, 4, 5};
    shuffle(cells, rng);
    for (std::size_t i = 0; i < 4; ++i) {
      const Index thing = draw_below(data.train.size(), rng);
      const Index left = cells[i] % 3 * (width / 3) + draw_below(free_columns + 1, rng);
      const Index top = cells[i] / 3 * (height / 2) + draw_below(free_rows + 1, rng);
      Index x1 = size, y1 = size, x2 = 0, y2 = 0;  // the box around what is bright
      for (Index row = 0; row < size; ++row)
        for (Index column = 0; column < size; ++column) {
          const std::uint8_t value = data.train.images(thing, 0, row, column);
          std::uint8_t& pixel = scenes.images(scene, top + row, left + column);
          pixel = std::max(pixel, value);
          if (value < 48) continue;
          x1 = std::min(x1, column), x2 = std::max(x2, column + 1);
          y1 = std::min(y1, row), y2 = std::max(y2, row + 1);
        }
      if (x2 == 0) continue;  // nothing is
      scenes.objects[static_cast<std::size_t>(scene)].push_back(
          {static_cast<float>(left + x1), static_cast<float>(top + y1),
           static_cast<float>(left + x2), static_cast<float>(top + y2), data.train.labels(thing)});
    }
  }
  return scenes;
}

inline void write_detection_sheet(const std::string& path, const Dataset& data,
                                  std::uint32_t seed) {
  const Index count = 3, height = 64, width = 99;
  const Scenes scenes = random_scenes(data, count, height, width, seed);
  cutmix::Options options;
  options.scope = cutmix::Scope::sample;
  options.pairing = cutmix::Pairing::rolled;
  options.box_law = cutmix::MinMaxLaw(0.4, 0.7);
  auto rng = make_engine(seed, Stream::pictures);
  const cutmix::Plan plan = cutmix::make_plan(scenes.images, options, rng);
  Scenes mixed{scenes.images, {}};
  std::vector<std::vector<cutmix::DetectionOrigin>> origins;
  cutmix::mix_images(plan, scenes.images, mixed.images);
  cutmix::mix_detections(plan, scenes.objects, mixed.objects, origins);

  const int scale = 4, gap = 24, margin = 24, heading = 100, line = 22;
  const int top = margin + 4 * line;
  const int pitch_x = static_cast<int>(width) * scale + gap;
  const int pitch_y = static_cast<int>(height) * scale + gap;
  Picture picture(path, 2 * margin + heading + static_cast<int>(count) * pitch_x - gap,
                  top + 3 * pitch_y - gap + margin);
  picture.text(margin, margin + 16, "CutMix on " + data.name + " for detection", colors::ink,
               Align::left, 18);
  picture.text(margin, margin + 16 + line,
               "Kept is what shows by 0.1 at least, the number in front: an image's own objects in "
               "whole boxes,",
               colors::gray);
  picture.text(margin, margin + 16 + 2 * line,
               "its partner's clipped to the patch. Thin and gray: what is dropped.", colors::gray);

  const auto draw_object = [&](const Tile& tile, const cutmix::Detection& object, Color color,
                               const std::string& words) {
    const bool is_kept = !words.empty();
    tile.outline(static_cast<double>(object.x1), static_cast<double>(object.y1),
                 static_cast<double>(object.x2), static_cast<double>(object.y2), color,
                 is_kept ? 3 : 1);
    if (is_kept)
      tile.label(static_cast<double>(object.x1), static_cast<double>(object.y1), words, color);
  };
  const auto name = [&](const cutmix::Detection& object) {
    return data.classes[static_cast<std::size_t>(object.id)];
  };
  const std::vector<std::string> headings = {"image", "partner", "mixed"};
  const std::vector<Color> heading_colors = {colors::blue, colors::orange, colors::ink};
  for (int row = 0; row < 3; ++row) {
    const int y = top + row * pitch_y;
    const auto r = static_cast<std::size_t>(row);
    picture.text(margin, y + static_cast<int>(height) * scale / 2 + 6, headings[r],
                 heading_colors[r]);
    for (int column = 0; column < count; ++column) {
      const auto b = static_cast<std::size_t>(column);
      const Index sample = row == 1 ? plan.indices[b] : column;
      const auto& images = row == 2 ? mixed.images : scenes.images;
      const Tile tile(picture, margin + heading + column * pitch_x, y, scale, width, height);
      tile.draw([&](int v, int u) { return images(sample, v, u) / 255.0; });
      if (row > 0) tile.outline(plan.box(column), colors::ink, 2);
      if (row < 2) {
        for (const auto& object : scenes.objects[static_cast<std::size_t>(sample)])
          draw_object(tile, object, heading_colors[r], name(object));
        continue;
      }
      for (const auto& object : scenes.objects[b]) {
        const auto& kept = mixed.objects[b];
        if (std::find(kept.begin(), kept.end(), object) == kept.end())
          draw_object(tile, object, colors::gray, "");
      }
      for (std::size_t i = 0; i < mixed.objects[b].size(); ++i) {
        const cutmix::Detection& object = mixed.objects[b][i];
        draw_object(tile, object, origins[b][i].from_partner ? colors::orange : colors::blue,
                    weighted(origins[b][i].share, name(object)));
      }
    }
  }
  picture.write();
}

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_GALLERY_DETECTION_SHEET_HPP
