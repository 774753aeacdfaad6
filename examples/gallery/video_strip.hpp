// Frames of two clips, mixed by a box through all frames and by a tube that is limited in time.
#ifndef CUTMIX_EXAMPLES_GALLERY_VIDEO_STRIP_HPP
#define CUTMIX_EXAMPLES_GALLERY_VIDEO_STRIP_HPP

#include <cstdint>
#include <cutmix/cutmix.hpp>
#include <string>
#include <vector>

#include "../common/dataset.hpp"
#include "../common/draws.hpp"
#include "contact_sheet.hpp"
#include "tile.hpp"

namespace examples {

using Clips = Eigen::Tensor<std::uint8_t, 4, Eigen::RowMajor>;  // (clip, frame, row, column)

// Two things that move over a background, one to the right and one up.
inline Clips moving_things(const Dataset& data, Index frames, Index side) {
  const LabelledImages things = one_of_each_class(data.train, 2);
  const Index size = things.images.dimension(2);
  Clips clips(2, frames, side, side);
  clips.setConstant(24);
  for (Index clip = 0; clip < 2; ++clip)
    for (Index t = 0; t < frames; ++t) {
      const Index far = (side - size) * t / (frames - 1);
      const Index left = clip == 0 ? far : (side - size) / 2;
      const Index top = clip == 0 ? (side - size) / 2 : side - size - far;
      for (Index row = 0; row < size; ++row)
        for (Index column = 0; column < size; ++column) {
          std::uint8_t& pixel = clips(clip, t, top + row, left + column);
          pixel = std::max(pixel, things.images(clip % things.size(), 0, row, column));
        }
    }
  return clips;
}

inline void write_video_strip(const std::string& path, const Dataset& data, std::uint32_t seed) {
  const Index frames = 8, side = 44;
  const Clips clips = moving_things(data, frames, side);
  cutmix::Options options;
  options.pairing = cutmix::Pairing::reversed;
  options.box_law = cutmix::MinMaxLaw(0.4, 0.6);

  const int scale = 3, gap = 10, margin = 24, heading = 130, line = 22;
  const int top = margin + 3 * line, pitch = static_cast<int>(side) * scale + gap;
  Picture picture(path, 2 * margin + heading + static_cast<int>(frames) * pitch - gap,
                  top + 4 * pitch - gap + margin);
  picture.text(margin, margin + 16, "CutMix on video, frame by frame", colors::ink, Align::left,
               18);
  picture.text(
      margin, margin + 16 + line,
      "The letters of a view say what is cut: T is cut through, D is limited like a depth. "
      "Sides of 0.4 to 0.6.",
      colors::gray);

  const auto draw_row = [&](int row, const std::string& name, const std::string& note, Color color,
                            const Clips& shown, Index clip, const cutmix::Plan* plan) {
    const int y = top + row * pitch;
    picture.text(margin, y + pitch / 2, name, color);
    picture.text(margin, y + pitch / 2 + line, note, colors::gray);
    for (int t = 0; t < frames; ++t) {
      const Tile tile(picture, margin + heading + t * pitch, y, scale, side, side);
      tile.draw([&](int v, int u) { return shown(clip, t, v, u) / 255.0; });
      if (plan == nullptr) continue;
      const cutmix::BBox& box = plan->box(clip);
      const bool is_cut = plan->shape.depth == 1 || (box.z1 <= t && t < box.z2);
      if (is_cut) tile.outline(box, colors::orange);
    }
  };
  draw_row(0, "clip", "", colors::blue, clips, 0, nullptr);
  draw_row(1, "partner", "", colors::orange, clips, 1, nullptr);
  int row = 2;
  for (const char* letters : {"BTHW", "BDHW"}) {
    auto rng = make_engine(seed, Stream::pictures);
    const cutmix::Plan plan = cutmix::make_plan(cutmix::view(clips, letters), options, rng);
    Clips mixed(clips.dimensions());
    cutmix::mix_images(plan, cutmix::view(clips, letters), cutmix::view(mixed, letters));
    draw_row(row++, std::string("view \"") + letters + "\"",
             "keeps " + weighted(plan.lambda(0), ""), colors::ink, mixed, 0, &plan);
  }
  picture.write();
}

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_GALLERY_VIDEO_STRIP_HPP
