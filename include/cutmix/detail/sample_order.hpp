#ifndef CUTMIX_DETAIL_SAMPLE_ORDER_HPP
#define CUTMIX_DETAIL_SAMPLE_ORDER_HPP

#include <cstdlib>
#include <string>

#include "../view.hpp"
#include "kernels/layout.hpp"

namespace cutmix {
namespace detail {

// The axes of a sample in the order of the output's memory, and where in each view they stand.
class SampleOrder {
 public:
  CUTMIX_ONCE SampleOrder(const ConstBatchView& out, std::string_view letters, const char* name) {
    const Sizes axes = axes_in_order(out, letters, name);
    axes_.scalar = static_cast<std::size_t>(out.scalar_bytes());
    for (int i = 0; i < axes.rank(); ++i) {
      const char letter = letters[static_cast<std::size_t>(i)];
      const auto axis = static_cast<int>(axes[i]);
      if (letter == 'B') {
        batch_ = i;
      } else if (out.size(axis) != 1) {
        int place = axes_.rank++;
        const auto stride_at = [&](int k) { return std::abs(out.stride(out_axis_[k])); };
        for (; place > 0 && stride_at(place - 1) < std::abs(out.stride(axis)); --place) {
          order_[place] = order_[place - 1], out_axis_[place] = out_axis_[place - 1];
          axes_.size[place] = axes_.size[place - 1], axes_.side[place] = axes_.side[place - 1];
        }
        order_[place] = i, out_axis_[place] = axis;
        axes_.size[place] = out.size(axis);
        axes_.side[place] = side_of(letter);
      }
    }
  }

  const SampleAxes& axes() const { return axes_; }
  // Where among them the axis at a position of the letters stands; -1: nowhere, its size is 1.
  int place_of(int position) const {
    for (int k = 0; k < axes_.rank; ++k)
      if (order_[k] == position) return k;
    return -1;
  }

  CUTMIX_ONCE Strides strides(const ConstBatchView& view, const Sizes& axes) const {
    Strides strides{};
    for (int k = 0; k < axes_.rank; ++k)
      strides.axis[k] = view.stride(static_cast<int>(axes[order_[k]])) * view.scalar_bytes();
    return strides;
  }
  // Of steps that are given letter by letter.
  Strides in_order(const Index* steps) const {
    Strides strides{};
    for (int k = 0; k < axes_.rank; ++k) strides.axis[k] = steps[order_[k]];
    return strides;
  }
  Samples samples(const ConstBatchView& view, const Sizes& axes) const {
    return {static_cast<const Byte*>(view.data()), step_of(view, static_cast<int>(axes[batch_])),
            strides(view, axes), nullptr};
  }
  Output output(const BatchView& view, const Sizes& axes) const {
    return {static_cast<Byte*>(view.data()), step_of(view, static_cast<int>(axes[batch_])),
            strides(view, axes)};
  }

 private:
  static Side side_of(char letter) {
    return letter == 'W' ? side_x : letter == 'H' ? side_y : letter == 'D' ? side_z : no_side;
  }

  SampleAxes axes_;
  int batch_ = 0;
  int order_[most_axes] = {};     // positions in the letters
  int out_axis_[most_axes] = {};  // axes of the output
};

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_SAMPLE_ORDER_HPP
