// A picture of what CutMix does: images, their partners and the mixed images with their labels.
#ifndef CUTMIX_EXAMPLES_GALLERY_CONTACT_SHEET_HPP
#define CUTMIX_EXAMPLES_GALLERY_CONTACT_SHEET_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cutmix/cutmix.hpp>
#include <string>
#include <vector>

#include "../common/dataset.hpp"
#include "../common/draws.hpp"
#include "picture.hpp"
#include "tile.hpp"

namespace examples {

// The first image of each of the classes that come first.
inline LabelledImages one_of_each_class(const LabelledImages& source, Index most) {
  std::vector<Index> picked;
  std::vector<int> seen;
  for (Index i = 0; i < source.size() && static_cast<Index>(picked.size()) < most; ++i) {
    if (std::find(seen.begin(), seen.end(), source.labels(i)) != seen.end()) continue;
    seen.push_back(source.labels(i));
    picked.push_back(i);
  }
  const auto count = static_cast<Index>(picked.size());
  LabelledImages result{
      ByteImages(count, 1, source.images.dimension(2), source.images.dimension(3)), Labels(count)};
  for (Index i = 0; i < count; ++i)
    copy_sample(source, picked[static_cast<std::size_t>(i)], result, i);
  return result;
}

// "0.62 Sandal". The weights of one image are rounded so that they add up to 1.
inline std::string weighted(double share, const std::string& name) {
  char digits[16];
  std::snprintf(digits, sizeof digits, "%.2f ", share);
  return digits + name;
}

// Six images as the options mix them.
inline void write_contact_sheet(const std::string& path, const std::string& title,
                                const Dataset& data, const cutmix::Options& options,
                                std::uint32_t seed) {
  const LabelledImages samples = one_of_each_class(data.train, 6);
  const ByteImages& images = samples.images;
  auto rng = make_engine(seed, Stream::pictures);
  const cutmix::Plan plan = cutmix::make_plan(images, options, rng);
  ByteImages mixed(images.dimensions());
  cutmix::mix_images(plan, images, mixed);

  const auto count = static_cast<int>(samples.size());
  const auto width = static_cast<int>(images.dimension(3));
  const auto height = static_cast<int>(images.dimension(2));
  const int scale = 7, gap = 28, margin = 24, heading = 100, line = 22;
  const int top = margin + 3 * line;
  const int pitch_x = width * scale + gap;
  const int pitch_y = height * scale + line + gap;
  Picture picture(path, 2 * margin + heading + count * pitch_x - gap,
                  top + 3 * pitch_y + line - gap + margin);
  picture.text(margin, margin + 16, title, colors::ink, Align::left, 18);
  picture.text(margin, margin + 16 + line,
               options.scope == cutmix::Scope::batch
                   ? "One box for the whole batch: Scope::batch, the default."
                   : "A box for each image: Scope::sample. The default is one for the whole batch.",
               colors::gray);

  const std::vector<std::string> headings = {"image", "partner", "mixed"};
  const std::vector<Color> heading_colors = {colors::blue, colors::orange, colors::ink};
  for (int row = 0; row < 3; ++row) {
    const int y = top + row * pitch_y;
    picture.text(margin, y + height * scale / 2 + 6, headings[static_cast<std::size_t>(row)],
                 heading_colors[static_cast<std::size_t>(row)]);
    for (int column = 0; column < count; ++column) {
      const int x = margin + heading + column * pitch_x;
      const Index partner = plan.indices[static_cast<std::size_t>(column)];
      const ByteImages& shown = row == 2 ? mixed : images;
      const Index sample = row == 1 ? partner : column;
      const Tile tile(picture, x, y, scale, width, height);
      tile.draw([&](int v, int u) { return shown(sample, 0, v, u) / 255.0; });
      if (row > 0) tile.outline(plan.box(column), colors::orange);
      const auto name = [&](Index i) {
        return data.classes[static_cast<std::size_t>(samples.labels(i))];
      };
      const int below = y + height * scale + 20;
      if (row < 2) {
        picture.text(x, below, name(sample), row == 0 ? colors::blue : colors::orange);
      } else {
        const double kept = std::round(100 * plan.lambda(column)) / 100;
        picture.text(x + 16, below, weighted(kept, name(column)), colors::blue);
        picture.text(x, below + line, "+", colors::orange);
        picture.text(x + 16, below + line, weighted(1 - kept, name(partner)), colors::orange);
      }
    }
  }
  picture.write();
}

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_GALLERY_CONTACT_SHEET_HPP
