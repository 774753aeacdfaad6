// A picture of what CutMix does: images, their partners and the mixed images with their labels.
#ifndef CUTMIX_EXAMPLES_CONTACT_SHEET_HPP
#define CUTMIX_EXAMPLES_CONTACT_SHEET_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cutmix/cutmix.hpp>
#include <string>
#include <vector>

#include "canvas.hpp"
#include "dataset.hpp"
#include "draws.hpp"

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

// "0.62": two digits of a weight, rounded so that the weights of one image add up to 1.
inline std::string weight_text(int hundredths) {
  const std::string digits = std::to_string(hundredths % 100);
  return std::to_string(hundredths / 100) + (digits.size() < 2 ? ".0" : ".") + digits;
}

// Every image gets a box and a partner of its own, whatever the scope and the pairing in training,
// so that a small sheet shows several.
inline void write_contact_sheet(const std::string& path, const std::string& title,
                                const LabelledImages& source,
                                const std::vector<std::string>& classes, cutmix::Options options,
                                std::uint32_t seed) {
  const LabelledImages samples = one_of_each_class(source, 6);
  const auto& images = samples.images;
  options.scope = cutmix::Scope::sample;
  options.pairing = cutmix::Pairing::derangement;
  auto rng = make_engine(seed, Stream::pictures);
  const cutmix::Plan plan = cutmix::make_plan(images, options, rng);
  ByteImages mixed(images.dimensions());
  cutmix::mix_images(plan, images, mixed);

  const auto count = static_cast<int>(samples.size());
  const auto width = static_cast<int>(images.dimension(3));
  const auto height = static_cast<int>(images.dimension(2));
  const int scale = 7, gap = 28, margin = 24, heading = 108, line = 22;
  const int top = margin + 2 * line;
  const int pitch_x = width * scale + gap;
  const int pitch_y = height * scale + line + gap;
  Canvas canvas(2 * margin + heading + count * pitch_x - gap,
                top + 3 * pitch_y + line - gap + margin);
  canvas.text(margin, margin, title, colors::ink);

  const std::vector<std::string> headings = {"image", "partner", "mixed"};
  for (int row = 0; row < 3; ++row) {
    const int y = top + row * pitch_y;
    canvas.text(margin, y + height * scale / 2 - 7, headings[static_cast<std::size_t>(row)],
                row == 0   ? colors::blue
                : row == 1 ? colors::orange
                           : colors::ink);
    for (int column = 0; column < count; ++column) {
      const int x = margin + heading + column * pitch_x;
      const Index partner = plan.indices[static_cast<std::size_t>(column)];
      const ByteImages& shown = row == 2 ? mixed : images;
      const Index sample = row == 1 ? partner : column;
      canvas.raster(x, y, scale, width, height, [&](int u, int v) {
        return gray_level(static_cast<std::uint8_t>(255 - shown(sample, 0, v, u)));
      });
      canvas.frame(x - 1, y - 1, width * scale + 2, height * scale + 2, 1, colors::faint);

      const cutmix::BBox& box = plan.box(column);
      if (row > 0 && box.x1 < box.x2 && box.y1 < box.y2) {
        canvas.frame(x + static_cast<int>(box.x1) * scale, y + static_cast<int>(box.y1) * scale,
                     static_cast<int>(box.x2 - box.x1) * scale,
                     static_cast<int>(box.y2 - box.y1) * scale, 2, colors::orange);
      }
      const auto name = [&](Index i) {
        return classes[static_cast<std::size_t>(samples.labels(i))];
      };
      const int below = y + height * scale + 8;
      const auto kept = static_cast<int>(std::lround(100 * plan.lambda(column)));
      if (row < 2) {
        canvas.text(x, below, name(sample), row == 0 ? colors::blue : colors::orange);
      } else {
        canvas.text(x, below, "  " + weight_text(kept) + " " + name(column), colors::blue);
        canvas.text(x, below + line, "+ " + weight_text(100 - kept) + " " + name(partner),
                    colors::orange);
      }
    }
  }
  canvas.write_png(path);
}

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_CONTACT_SHEET_HPP
