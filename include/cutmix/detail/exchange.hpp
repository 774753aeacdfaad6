#ifndef CUTMIX_DETAIL_EXCHANGE_HPP
#define CUTMIX_DETAIL_EXCHANGE_HPP

// What exchange.hpp declares.

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

#include "../exchange.hpp"
#include "images.hpp"
#include "labels.hpp"

namespace cutmix {
namespace detail {

// How the samples of a shard lie in memory, and in the bytes that travel: the axes in the order of
// their letters, so that it does not depend on a rank's strides.
class TravelLayout {
 public:
  // Of images boxes travel, of labels whole rows.
  TravelLayout(const ConstBatchView& view, std::string_view letters, bool whole, const char* name)
      : letters_(letters),
        whole_(whole),
        kind_(view.kind()),
        axes_in_view_(axes_in_order(view, letters, name)),
        order_(view, letters, name),
        samples_(order_.samples(view, axes_in_view_)),
        shape_(shape_of(view, letters, axes_in_view_)) {
    for (int i = 0; i < axes_in_view_.rank(); ++i)
      sizes_[i] = view.size(static_cast<int>(axes_in_view_[i]));
  }

  const SampleAxes& axes() const { return order_.axes(); }
  const Samples& samples() const { return samples_; }
  const BatchShape& shape() const { return shape_; }
  Index batch() const { return sizes_[batch_position(letters_)]; }
  ScalarKind kind() const { return kind_; }
  // Another view with the same axes, which is written.
  Output output(const BatchView& out, const char* name) const {
    return order_.output(out, axes_in_order(out, letters_, name));
  }

  // The part of a sample that travels.
  Region region(const Patch& patch) const {
    const Region all = whole_region(axes());
    return whole_ ? all : cut_region(axes(), all, PlanCuts::cut_of(patch));
  }
  Index bytes(const Patch& patch) const {
    auto bytes = static_cast<Index>(axes().scalar);
    const Region part = region(patch);
    for (int axis = 0; axis < axes().rank; ++axis)
      bytes *= std::max(part.axis[axis].end - part.axis[axis].begin, Index{0});
    return bytes;
  }

  // The strides of that part where it travels.
  Strides travel_strides(const Patch& patch) const {
    Index reversed[Sizes::most] = {};
    auto stride = static_cast<Index>(axes().scalar);
    for (int i = axes_in_view_.rank() - 1; i >= 0; --i) {
      reversed[i] = stride;
      stride *= size_of(i, patch.box);
    }
    return order_.in_order(reversed);
  }

  // Puts the part of a sample into bytes that travel.
  void pack(Index sample, const Patch& patch, Byte* bytes) const {
    const Region part = region(patch);
    const SampleRef from = samples_(sample);
    copy_region(axes(), from_zero(part), bytes, travel_strides(patch),
                {from.data + offset_of(axes(), part, *from.strides), from.strides});
  }

  // The region of so many positions from 0 on: in the bytes that travel there is nothing else.
  Region from_zero(Region part) const {
    for (int axis = 0; axis < axes().rank; ++axis)
      part.axis[axis] = {0, part.axis[axis].end - part.axis[axis].begin};
    return part;
  }

 private:
  Index size_of(int i, const BBox& box) const {
    const char letter = letters_[static_cast<std::size_t>(i)];
    if (letter == 'B') return 1;
    if (whole_) return sizes_[i];
    return letter == 'W'   ? box.x2 - box.x1
           : letter == 'H' ? box.y2 - box.y1
           : letter == 'D' ? box.z2 - box.z1
                           : sizes_[i];
  }

  std::string_view letters_;
  bool whole_;
  ScalarKind kind_;
  Sizes axes_in_view_;
  SampleOrder order_;
  Samples samples_;
  BatchShape shape_;
  Index sizes_[Sizes::most] = {};
};

inline Index total_bytes(const std::vector<Message>& messages) {
  return messages.empty() ? 0 : messages.back().first + messages.back().bytes;
}

inline void check_received(const Bytes& received, Index expected) {
  if (static_cast<Index>(received.size()) != expected)
    fail("size of received = %, must be %, the bytes that come", {received.size(), expected});
}

// A rank's travels, whatever they are of.
inline std::vector<Message> messages_of(const std::vector<Travel>& travels,
                                        const TravelLayout& layout) {
  std::vector<Message> messages;
  Index end = 0;
  for (const Travel& travel : travels) {
    const Index bytes = layout.bytes(travel.patch);
    if (bytes == 0) continue;
    if (bytes > std::numeric_limits<Index>::max() - end)
      fail("bytes that travel = more than %, must be addressable", {largest_index});
    if (messages.empty() || messages.back().rank != travel.rank)
      messages.push_back({travel.rank, end, 0});
    messages.back().bytes += bytes;
    end += bytes;
  }
  return messages;
}

inline void pack_travels(const std::vector<Travel>& travels, const TravelLayout& layout,
                         Bytes& sent) {
  sent.resize(static_cast<std::size_t>(total_bytes(messages_of(travels, layout))));
  Byte* to = sent.data();
  for (const Travel& travel : travels) {
    const Index bytes = layout.bytes(travel.patch);
    if (bytes == 0) continue;
    layout.pack(travel.sample, travel.patch, to);
    to += bytes;
  }
}

// The view lives as long as the letters that it names.
inline TravelLayout image_layout(const Plan& plan, const ConstBatchView& x) {
  TravelLayout layout(x, image_letters(x, "x"), false, "x");
  const BatchShape& shape = layout.shape();
  check_same("batch", plan.shape.batch, shape.batch, "x");
  check_same("height", plan.shape.height, shape.height, "x");
  check_same("width", plan.shape.width, shape.width, "x");
  check_same("depth", plan.shape.depth, shape.depth, "x");
  return layout;
}

inline TravelLayout label_layout(const Plan& plan, const ConstBatchView& labels) {
  TravelLayout layout(labels, label_letters(labels, "labels"), true, "labels");
  check_same("batch", plan.shape.batch, layout.batch(), "labels");
  return layout;
}

// Labels of the rank and of all that it has after the exchange.
inline void check_label_output(const Plan& plan, const ConstBatchView& labels,
                               const BatchView& all) {
  const std::string_view letters = label_letters(labels, "labels");
  const Sizes axes = axes_in_order(labels, letters, "labels");
  const Sizes all_axes = axes_in_order(all, letters, "all");
  check_kind("all", all, "labels", labels);
  for (int i = 0; i < axes.rank(); ++i) {
    const int axis = static_cast<int>(all_axes[i]);
    const bool batch = letters[static_cast<std::size_t>(i)] == 'B';
    const Index expected = batch ? plan.shape.source : labels.size(static_cast<int>(axes[i]));
    if (all.size(axis) != expected)
      fail("all.size(%) = %, must be %%",
           {axis, all.size(axis), expected,
            batch ? ", the labels and those that come" : ", as of labels"});
  }
  check_unfolded("all", all);
  check_apart("all", all, "labels", labels);
}

// Where each patch that came lies.
inline std::vector<const Byte*> places_of(const std::vector<Travel>& travels,
                                          const TravelLayout& layout, const Bytes& received) {
  std::vector<const Byte*> places;
  places.reserve(travels.size());
  const Byte* next = received.data();
  for (const Travel& travel : travels) {
    places.push_back(next);
    next += layout.bytes(travel.patch);
  }
  return places;
}

// The patches that came, over what mix_images made of the rank's own samples.
inline void mix_travels(const Executor& device, const std::vector<Travel>& travels,
                        const TravelLayout& layout, const std::vector<const Byte*>& places,
                        std::size_t bytes, const Output& out) {
  const SampleAxes& axes = layout.axes();
  const auto count = static_cast<Index>(travels.size());
  device.for_parts(count, bytes, [&](Index first, Index last) {
    for (Index i = first; i < last; ++i) {
      const Travel& travel = travels[static_cast<std::size_t>(i)];
      const Region part = layout.region(travel.patch), moved = layout.from_zero(part);
      const Strides strides = layout.travel_strides(travel.patch);
      const SampleRef partner{places[static_cast<std::size_t>(i)], &strides};
      Byte* const to = out(travel.sample) + offset_of(axes, part, out.strides);
      const Weights weights(layout.kind(), travel.patch.blend);
      // What is there is the sample's own.
      mix_region(axes, moved, layout.kind(), weights, to, out.strides, {to, &out.strides}, partner);
    }
  });
}

inline void unpack_rows(const std::vector<Travel>& travels, const TravelLayout& layout,
                        const Bytes& received, const Output& all) {
  const SampleAxes& axes = layout.axes();
  const Region row = whole_region(axes);
  if (axes.bytes() == 0) return;
  const Strides strides = layout.travel_strides({});
  for (Index b = 0; b < layout.batch(); ++b)
    copy_region(axes, row, all(b), all.strides, layout.samples()(b));
  const Byte* from = received.data();
  for (std::size_t i = 0; i < travels.size(); ++i, from += axes.bytes())
    copy_region(axes, row, all(layout.batch() + static_cast<Index>(i)), all.strides,
                {from, &strides});
}

}  // namespace detail

inline Exchange::Exchange(const Plan& plan, const Indices& shards, Index rank) {
  detail::check_plan(plan);
  if (plan.shape.source >= 0)
    detail::fail("plan.shape.source = %, must be -1: partners are in the global batch itself",
                 {plan.shape.source});
  const auto ranks = static_cast<Index>(shards.size());
  if (rank < 0 || rank >= ranks)
    detail::fail("rank = %, must be in [0, %), as there are shards", {rank, ranks});
  Indices starts{0};  // of each rank, and the end
  for (std::size_t r = 0; r < shards.size(); ++r) {
    if (shards[r] < 0 || shards[r] > plan.shape.batch - starts.back())
      detail::fail("shards[%] = %, must be in [0, %]: shards together are the batch",
                   {r, shards[r], plan.shape.batch - starts.back()});
    starts.push_back(starts.back() + shards[r]);
  }
  if (starts.back() != plan.shape.batch)
    detail::fail("sum of shards = %, must be %, the batch", {starts.back(), plan.shape.batch});

  const auto rank_of = [&starts](Index sample) {
    return std::upper_bound(starts.begin(), starts.end(), sample) - starts.begin() - 1;
  };
  const auto nth = [](Index i) { return static_cast<std::size_t>(i); };
  const auto is_empty = [](const Patch& patch) { return patch.box.empty() || patch.blend == 0; };
  first_ = starts[nth(rank)];
  const Index end = starts[nth(rank) + 1], count = end - first_;
  const auto is_own = [this, end](Index sample) { return sample >= first_ && sample < end; };

  for (Index b = 0; b < plan.shape.batch; ++b) {
    const Index partner = plan.indices[nth(b)];
    if (is_own(b) == is_own(partner) || is_empty(plan.patch(b))) continue;
    if (is_own(partner))
      out_.push_back({rank_of(b), partner - first_, plan.patch(b)});
    else
      in_.push_back({rank_of(partner), b - first_, plan.patch(b)});
  }
  // The sender goes by samples too, so only ranks need an order.
  std::stable_sort(in_.begin(), in_.end(), [](const detail::Travel& a, const detail::Travel& b) {
    return a.rank < b.rank;
  });

  plan_.shape = own_.shape = plan.shape;
  plan_.shape.batch = own_.shape.batch = count;
  plan_.shape.source = count + static_cast<Index>(in_.size());
  for (Index b = first_; b < end; ++b) {
    const Index partner = plan.indices[nth(b)];
    own_.indices.push_back(is_own(partner) ? partner - first_ : b - first_);
    if (plan.patches.size() > 1) plan_.patches.push_back(plan.patch(b));
  }
  if (plan.patches.size() == 1) plan_.patches = plan.patches;
  plan_.indices = own_.indices;
  own_.patches = plan_.patches;
  if (!in_.empty() && own_.patches.size() == 1) own_.patches.assign(nth(count), plan.patches[0]);
  for (std::size_t i = 0; i < in_.size(); ++i) {
    plan_.indices[nth(in_[i].sample)] = count + static_cast<Index>(i);
    own_.patches[nth(in_[i].sample)] = {detail::empty_box(plan.shape), 1};
  }
}

template <class X>
std::vector<Message> Exchange::sends(const X& x) const {
  if constexpr (detail::accepts_images<const X>()) {
    const ConstBatchView view = cutmix::view(x);
    return detail::messages_of(out_, detail::image_layout(plan_, view));
  }
  return {};
}

template <class X>
std::vector<Message> Exchange::receives(const X& x) const {
  if constexpr (detail::accepts_images<const X>()) {
    const ConstBatchView view = cutmix::view(x);
    return detail::messages_of(in_, detail::image_layout(plan_, view));
  }
  return {};
}

template <class X>
Index Exchange::received_bytes(const X& x) const {
  return detail::total_bytes(receives(x));
}

template <class X>
void Exchange::pack(const X& x, Bytes& sent) const {
  if constexpr (detail::accepts_images<const X>()) {
    const ConstBatchView view = cutmix::view(x);
    detail::pack_travels(out_, detail::image_layout(plan_, view), sent);
  }
}

template <class Device, class X, class Out>
void Exchange::mix_images(const Device& device, const X& x, const Bytes& received,
                          Out&& x_out) const {
  if constexpr (detail::accepts_device<Device>())
    if constexpr (detail::accepts_images_and_output<X, Out>()) {
      const ConstBatchView seen = view(x);
      const BatchView out = view(x_out);
      const detail::ImageViews views = detail::check_images(seen, nullptr, out);
      detail::check_plan_of_images(own_, views.shape, views.kind);
      if (detail::PlanCuts(plan_).blends()) detail::check_blendable(views.kind);
      if (seen.letters().empty() && !out.letters().empty())
        detail::fail(
            "letters of x_out = \"%\", must be none, as of x: bytes travel in the order of the "
            "letters of x",
            {out.letters()});
      const detail::TravelLayout layout(out, detail::image_letters(seen, "x"), false, "x_out");
      detail::check_received(received, detail::total_bytes(detail::messages_of(in_, layout)));
      const auto places = detail::places_of(in_, layout, received);
      const detail::Executor executor(device);
      detail::mix_images_by(executor, own_, views);
      detail::mix_travels(executor, in_, layout, places, received.size(), views.out);
      detail::mark_written(x_out);
    }
}

template <class X, class Out>
void Exchange::mix_images(const X& x, const Bytes& received, Out&& x_out) const {
  mix_images(detail::default_device<X>(), x, received, std::forward<Out>(x_out));
}

template <class Y>
std::vector<Message> Exchange::label_sends(const Y& labels) const {
  if constexpr (detail::accepts_view<const Y>()) {
    const ConstBatchView view = cutmix::view(labels);
    return detail::messages_of(out_, detail::label_layout(plan_, view));
  }
  return {};
}

template <class Y>
std::vector<Message> Exchange::label_receives(const Y& labels) const {
  if constexpr (detail::accepts_view<const Y>()) {
    const ConstBatchView view = cutmix::view(labels);
    return detail::messages_of(in_, detail::label_layout(plan_, view));
  }
  return {};
}

template <class Y>
Index Exchange::received_label_bytes(const Y& labels) const {
  return detail::total_bytes(label_receives(labels));
}

template <class Y>
void Exchange::pack_labels(const Y& labels, Bytes& sent) const {
  if constexpr (detail::accepts_view<const Y>()) {
    const ConstBatchView view = cutmix::view(labels);
    detail::pack_travels(out_, detail::label_layout(plan_, view), sent);
  }
}

template <class Y, class Out>
void Exchange::unpack_labels(const Y& labels, const Bytes& received, Out&& all) const {
  if constexpr (detail::accepts_partner_labels<Y, Out>()) {
    const ConstBatchView y = view(labels);
    const BatchView out = view(all);
    const detail::TravelLayout layout = detail::label_layout(plan_, y);
    detail::check_label_output(plan_, y, out);
    detail::check_received(received, detail::total_bytes(detail::messages_of(in_, layout)));
    detail::unpack_rows(in_, layout, received, layout.output(out, "all"));
    detail::mark_written(all);
  }
}

}  // namespace cutmix

#endif  // CUTMIX_DETAIL_EXCHANGE_HPP
