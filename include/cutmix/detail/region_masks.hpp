#ifndef CUTMIX_DETAIL_REGION_MASKS_HPP
#define CUTMIX_DETAIL_REGION_MASKS_HPP

// What region_masks.hpp declares.

#include <algorithm>
#include <string_view>

#include "../region_masks.hpp"
#include "kernels/fill.hpp"
#include "sample_order.hpp"

namespace cutmix {
namespace detail {

template <class Out>
constexpr bool accepts_mask() {
  if constexpr (accepts_images<Out>()) {
    if constexpr (accepts_output<Out>()) {
      constexpr bool numbers = !is_known<Out> || static_kind<Out> != ScalarKind::opaque;
      static_assert(numbers,
                    "cutmix: a mask must be of bool, integers, float, double, half or "
                    "bfloat16");
      return numbers;
    }
  }
  return false;
}

// ---- checks ----

// The pixels of a plan that are one token of a mask, along one axis.
inline Index token_side(const char* field, char letter, std::string_view letters, Index pixels,
                        Index tokens, ScalarKind kind) {
  if (tokens == pixels) return 1;
  if (position_of(letter, letters) < 0) check_same(field, pixels, 1, "out, which lacks it");
  const bool divides = tokens > 0 && tokens < pixels && pixels % tokens == 0;
  if (!divides || is_integer(kind))
    fail("% of out = %, must be %, as of plan%",
         {field, tokens, pixels, divides ? ", in a mask of integers" : ", or divide it"});
  return pixels / tokens;
}

inline void check_mask_blends(const Plan& plan) {
  for (std::size_t i = 0; i < plan.patches.size(); ++i) {
    const Patch& patch = plan.patches[i];
    if (patch.blend != 0 && patch.blend != 1 && !patch.box.empty())
      fail("patches[%].blend = %, must be 0 or 1 in a mask of integers", {i, patch.blend});
  }
}

// ---- writing ----

// Calls visit(tokens, pixels) for the stretches of an axis of `count` tokens, in order: intervals
// in whose tokens the same number of pixels, out of `side`, lies in the box. At most five.
template <class Visit>
void for_each_stretch(const Interval& box, Index side, Index count, const Visit& visit) {
  const Index first = box.begin / side, last = box.end / side;
  Index begin = 0;
  for (const Index border : {first, first + 1, last, last + 1, count}) {
    const Index end = std::clamp(border, begin, count);
    if (begin == end) continue;
    const Index from = std::max(box.begin, begin * side);
    const Index to = std::min(box.end, (begin + 1) * side);
    visit(Interval{begin, end}, std::max(to - from, Index{0}));
    begin = end;
  }
}

// Writes the mask of one sample after another: the stretches of all axes make blocks of one value.
class MaskWriter {
 public:
  MaskWriter(const SampleOrder& order, const Output& out, ScalarKind kind, const Index* sides)
      : axes_(order.axes()),
        out_(out),
        kind_(kind),
        side_{sides[0], sides[1], sides[2]},
        region_(whole_region(axes_)) {}

  void write(Index b, const Patch& patch) {
    const BBox& box = patch.box;
    box_[side_x] = {box.x1, box.x2};
    box_[side_y] = {box.y1, box.y2};
    box_[side_z] = {box.z1, box.z2};
    blend_ = patch.blend;
    sample_ = out_(b);
    fill(0, static_cast<double>(lone_pixels()));
  }

 private:
  // Of the axes that are one token long, which are none of a sample's.
  Index lone_pixels() const {
    Index pixels = 1;
    for (int i = 0; i < 3; ++i) {
      bool lone = true;
      for (int axis = 0; axis < axes_.rank; ++axis) lone = lone && axes_.side[axis] != i;
      if (lone) pixels *= box_[i].end - box_[i].begin;
    }
    return pixels;
  }

  // The axes from this one on, where so many pixels of each token lie in the box along those
  // before.
  void fill(int axis, double pixels) {
    if (axis == axes_.rank || !(pixels > 0)) return store(pixels);
    const Side side = axes_.side[axis];
    if (side == no_side) return fill(axis + 1, pixels);
    for_each_stretch(box_[side], side_[side], axes_.size[axis],
                     [&](const Interval& tokens, Index inside) {
                       region_.axis[axis] = tokens;
                       fill(axis + 1, pixels * static_cast<double>(inside));
                     });
    region_.axis[axis] = {0, axes_.size[axis]};
  }

  void store(double pixels) const {
    const double token = static_cast<double>(side_[0]) * static_cast<double>(side_[1]) *
                         static_cast<double>(side_[2]);
    // Rounded like the weight of the images' own pixels.
    const double share = Weights(kind_, blend_ * (pixels / token)).partner;
    Byte value[8];
    store_run(kind_, &share, 1, value, sizeof value);
    fill_region(axes_, region_, sample_, out_.strides, value);
  }

  const SampleAxes& axes_;
  Output out_;
  ScalarKind kind_;
  Index side_[3];      // pixels of a token, by Side
  Interval box_[3]{};  // by Side
  double blend_ = 0;
  Byte* sample_ = nullptr;
  Region region_;
};

inline void write_partner_mask(const Plan& plan, const BatchView& out) {
  const std::string_view letters = image_letters(out, "out");
  const Sizes axes = axes_in_order(out, letters, "out");
  const BatchShape shape = shape_of(out, letters, axes);
  if (out.kind() == ScalarKind::opaque)
    fail("scalar of out = %, must be a number or bool", {name_of(out.kind())});
  check_unfolded("out", out);
  check_plan(plan);
  check_same("batch", plan.shape.batch, shape.batch, "out");
  const auto side = [&](const char* field, char letter, Index pixels, Index tokens) {
    return token_side(field, letter, letters, pixels, tokens, out.kind());
  };
  const Index sides[3] = {side("width", 'W', plan.shape.width, shape.width),
                          side("height", 'H', plan.shape.height, shape.height),
                          side("depth", 'D', plan.shape.depth, shape.depth)};
  if (is_integer(out.kind())) check_mask_blends(plan);
  if (is_empty(out)) return;
  const SampleOrder order(out, letters, "out");
  MaskWriter writer(order, order.output(out, axes), out.kind(), sides);
  for (Index b = 0; b < shape.batch; ++b) writer.write(b, plan.patch(b));
}

}  // namespace detail

template <class Out>
void partner_mask(const Plan& plan, Out&& out) {
  if constexpr (detail::accepts_mask<Out>()) {
    detail::write_partner_mask(plan, view(out));
    detail::mark_written(out);
  }
}

}  // namespace cutmix

#endif  // CUTMIX_DETAIL_REGION_MASKS_HPP
