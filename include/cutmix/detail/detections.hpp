#ifndef CUTMIX_DETAIL_DETECTIONS_HPP
#define CUTMIX_DETAIL_DETECTIONS_HPP

// What detections.hpp declares.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

#include "../detections.hpp"
#include "kernels/labels.hpp"

namespace cutmix {
namespace detail {

// ---- what can be known when compiling ----

template <class Boxes>
constexpr bool accepts_boxes() {
  if constexpr (accepts_view<Boxes>()) {
    constexpr bool boxes = (rank_of<Boxes> < 0 || rank_of<Boxes> == 2) &&
                           (!is_known<Boxes> || static_kind<Boxes> == ScalarKind::float32);
    static_assert(boxes,
                  "cutmix: boxes must be floats of rank 2: (N, 4); view a list: "
                  "cutmix::view(list.data(), {n, 4})");
    return boxes;
  }
  return false;
}

template <class List>
constexpr bool accepts_integers() {
  if constexpr (accepts_view<List>()) {
    constexpr bool integers = (rank_of<List> < 0 || rank_of<List> == 1) &&
                              (!is_known<List> || is_integer(static_kind<List>));
    static_assert(integers, "cutmix: ids and offsets of objects must be integers of rank 1");
    return integers;
  }
  return false;
}

// A view, or one of nothing where an assertion has failed.
template <bool accepted, class T>
ConstBatchView view_if(const T& tensor) {
  if constexpr (accepted)
    return view(tensor);
  else
    return {nullptr, ScalarKind::uint8, 1, {0}};
}

template <class Object, class = void>
constexpr bool has_corners = false;
template <class Object>
constexpr bool has_corners<Object, std::void_t<decltype(Object::x1), decltype(Object::y1),
                                               decltype(Object::x2), decltype(Object::y2)>> =
    std::is_arithmetic_v<decltype(Object::x1)>&& std::is_arithmetic_v<decltype(Object::y1)>&&
        std::is_arithmetic_v<decltype(Object::x2)>&& std::is_arithmetic_v<decltype(Object::y2)>;

template <class Object>
constexpr bool accepts_objects() {
  static_assert(has_corners<Object>,
                "cutmix: an object must have numbers x1, y1, x2, y2, as cutmix::Detection has");
  return has_corners<Object>;
}

// ---- one object ----

// A box of any numbers, in pixels.
struct Corners {
  double x1, y1, x2, y2;
};

// How long an object is along one axis, and how much of that lies in a patch.
struct Extent {
  double inside, whole;
};

// Sides that are shorter have no length: an area of two would round to 0.
constexpr double least_length = 0x1p-500;

inline Extent extent_of(double from, double to, const Interval& patch, Index size) {
  const auto begin = static_cast<double>(patch.begin), end = static_cast<double>(patch.end);
  if (to - from < least_length) return {begin <= from && from < end ? 1.0 : 0.0, 1};
  const double first = std::max(from, 0.0), last = std::min(to, static_cast<double>(size));
  if (last - first < least_length) return {0, 1};  // beyond the image
  return {std::max(std::min(last, end) - std::max(first, begin), 0.0), last - first};
}

// What a patch does to objects: their shares, and their boxes where they come with it.
class PatchOnObjects {
 public:
  PatchOnObjects(const Plan& plan, Index b)
      : box_(plan.box(b)), width_(plan.shape.width), height_(plan.shape.height) {
    const bool is_own = plan.shape.source < 0 && plan.indices[static_cast<std::size_t>(b)] == b;
    blend_ = is_own || box_.empty() ? 0 : plan.blend(b);
  }

  bool changes() const { return blend_ > 0; }

  double own_share(const Corners& object) const {
    const Extent area = area_of(object);
    return (area.whole - blend_ * area.inside) / area.whole;
  }
  double partner_share(const Corners& object) const {
    const Extent area = area_of(object);
    return blend_ * area.inside / area.whole;
  }

  Corners clip(const Corners& object) const {
    return {std::max(object.x1, static_cast<double>(box_.x1)),
            std::max(object.y1, static_cast<double>(box_.y1)),
            std::min(object.x2, static_cast<double>(box_.x2)),
            std::min(object.y2, static_cast<double>(box_.y2))};
  }

 private:
  Extent area_of(const Corners& object) const {
    const Extent x = extent_of(object.x1, object.x2, {box_.x1, box_.x2}, width_);
    const Extent y = extent_of(object.y1, object.y2, {box_.y1, box_.y2}, height_);
    return {x.inside * y.inside, x.whole * y.whole};
  }

  BBox box_;
  Index width_, height_;
  double blend_;
};

inline bool is_in_order(const Corners& box) {
  return std::isfinite(box.x1) && std::isfinite(box.y1) && std::isfinite(box.x2) &&
         std::isfinite(box.y2) && box.x1 <= box.x2 && box.y1 <= box.y2;
}

// ---- lists of objects ----
// Each kind has batch(), count(b), corners(b, i), and name(b, i) for messages.

// In flat arrays.
class FlatObjects {
 public:
  // Checks all but the boxes.
  FlatObjects(const DetectionsView& objects, const char* name)
      : boxes_(objects.boxes()), ids_(objects.ids()), offsets_(objects.offsets()), name_(name) {
    if (boxes_.kind() != ScalarKind::float32)
      fail("scalar of %.boxes = %, must be float32", {name, name_of(boxes_.kind())});
    if (boxes_.rank() != 2) fail("rank of %.boxes = %, must be 2: (N, 4)", {name, boxes_.rank()});
    if (boxes_.size(1) != 4)
      fail("width of %.boxes = %, must be 4: x1, y1, x2, y2", {name, boxes_.size(1)});
    check_list("ids", ids_);
    check_list("offsets", offsets_);
    if (ids_.size(0) != boxes_.size(0))
      fail("size of %.ids = %, must be %, the number of boxes",
           {name, ids_.size(0), boxes_.size(0)});
    check_offsets();
    for (Index i = 0; i < ids_.size(0); ++i) {
      const ClassId id = load_id(ids_.kind(), at(ids_, i));
      if (!id.negative && id.magnitude > most_id)
        fail("%.ids[%] = %, must be at most %", {name, i, id.magnitude, largest_index});
    }
  }

  Index batch() const { return offsets_.size(0) - 1; }
  Index count(Index b) const { return offset(b + 1) - offset(b); }
  Corners corners(Index b, Index i) const {
    const auto value = [&](Index side) {
      float number;
      std::memcpy(&number, at(boxes_, offset(b) + i, side), sizeof number);
      return static_cast<double>(number);
    };
    return {value(0), value(1), value(2), value(3)};
  }
  Index id(Index b, Index i) const {
    const ClassId id = load_id(ids_.kind(), at(ids_, offset(b) + i));
    return static_cast<Index>(id.negative ? 0 - id.magnitude : id.magnitude);
  }
  std::string name(Index b, Index i) const {
    return text_of("%[%]", {part("boxes"), offset(b) + i});
  }
  std::string part(const char* array) const { return std::string(name_) + "." + array; }

 private:
  static const Byte* at(const ConstBatchView& view, Index i, Index j = 0) {
    const Index scalars = i * view.stride(0) + (j == 0 ? 0 : j * view.stride(1));
    return static_cast<const Byte*>(view.data()) + scalars * view.scalar_bytes();
  }
  Index offset(Index b) const {
    return static_cast<Index>(load_id(offsets_.kind(), at(offsets_, b)).magnitude);
  }

  void check_list(const char* array, const ConstBatchView& list) const {
    if (!is_integer(list.kind()))
      fail("scalar of %.% = %, must be an integer", {name_, array, name_of(list.kind())});
    if (list.rank() != 1) fail("rank of %.% = %, must be 1", {name_, array, list.rank()});
  }

  void check_offsets() const {
    const Index count = boxes_.size(0);
    if (offsets_.size(0) < 1)
      fail("size of %.offsets = 0, must be one more than there are samples", {name_});
    Index least = 0, most = 0;  // the first is 0
    for (Index b = 0; b < offsets_.size(0); ++b, most = count) {
      const ClassId value = load_id(offsets_.kind(), at(offsets_, b));
      if (value.negative || value.magnitude < static_cast<std::uint64_t>(least) ||
          value.magnitude > static_cast<std::uint64_t>(most))
        fail("%.offsets[%] = %%, must be in [%, %]",
             {name_, b, value.negative ? "-" : "", value.magnitude, least, most});
      least = static_cast<Index>(value.magnitude);
    }
    if (least != count)
      fail("%.offsets[%] = %, must be %, the number of boxes", {name_, batch(), least, count});
  }

  static constexpr auto most_id = static_cast<std::uint64_t>(std::numeric_limits<Index>::max());

  ConstBatchView boxes_, ids_, offsets_;
  const char* name_;
};

// In a vector of vectors.
template <class Object>
class NestedObjects {
 public:
  NestedObjects(const std::vector<std::vector<Object>>& lists, const char* name)
      : lists_(lists), name_(name) {}

  Index batch() const { return static_cast<Index>(lists_.size()); }
  Index count(Index b) const { return static_cast<Index>(list(b).size()); }
  const Object& operator()(Index b, Index i) const { return list(b)[static_cast<std::size_t>(i)]; }
  Corners corners(Index b, Index i) const {
    const Object& object = (*this)(b, i);
    return {static_cast<double>(object.x1), static_cast<double>(object.y1),
            static_cast<double>(object.x2), static_cast<double>(object.y2)};
  }
  std::string name(Index b, Index i) const { return text_of("%[%][%]", {name_, b, i}); }

 private:
  const std::vector<Object>& list(Index b) const { return lists_[static_cast<std::size_t>(b)]; }

  const std::vector<std::vector<Object>>& lists_;
  const char* name_;
};

template <class Objects>
void check_boxes(const Objects& objects) {
  for (Index b = 0; b < objects.batch(); ++b)
    for (Index i = 0; i < objects.count(b); ++i) {
      const Corners box = objects.corners(b, i);
      if (!is_in_order(box))
        fail("% = (%, %, %, %), must be finite and satisfy x1 <= x2 and y1 <= y2",
             {objects.name(b, i), box.x1, box.y1, box.x2, box.y2});
    }
}

// Everything that can be wrong but for overlaps. Without a source, partners are the objects.
template <class Objects>
void check_detections(const Plan& plan, const Objects& objects, const Objects* source,
                      double threshold) {
  check_unit("threshold", threshold);
  check_plan(plan, objects.batch(), source ? source->batch() : -1, "objects");
  if (plan.shape.depth != 1)
    fail("plan.shape.depth = %, must be 1: boxes of objects have no depth", {plan.shape.depth});
  check_boxes(objects);
  if (source) check_boxes(*source);
}

// Calls keep(origin, corners) for each object that a mixed sample has.
template <class Objects, class Keep>
void mix_objects(const Plan& plan, Index b, const Objects& objects, const Objects& partners,
                 double threshold, const Keep& keep) {
  const PatchOnObjects patch(plan, b);
  const auto is_kept = [threshold](double share) { return share > 0 && share >= threshold; };
  for (Index i = 0; i < objects.count(b); ++i) {
    const Corners box = objects.corners(b, i);
    const double share = patch.own_share(box);
    if (is_kept(share)) keep(DetectionOrigin{b, i, false, share}, box);
  }
  if (!patch.changes()) return;
  const Index partner = plan.indices[static_cast<std::size_t>(b)];
  for (Index i = 0; i < partners.count(partner); ++i) {
    const Corners box = partners.corners(partner, i);
    const double share = patch.partner_share(box);
    if (is_kept(share)) keep(DetectionOrigin{partner, i, true, share}, patch.clip(box));
  }
}

// ---- flat arrays ----

inline void check_apart(const Detections& out, const DetectionsView& in, const FlatObjects& name) {
  const auto check = [](const char* out_name, const auto& list, const std::string& in_name,
                        const ConstBatchView& array) {
    detail::check_apart(out_name, view(list), in_name.c_str(), array);
  };
  check("out.boxes", out.boxes, name.part("boxes"), in.boxes());
  check("out.ids", out.ids, name.part("ids"), in.ids());
  check("out.ids", out.ids, name.part("offsets"), in.offsets());
  check("out.offsets", out.offsets, name.part("ids"), in.ids());
  check("out.offsets", out.offsets, name.part("offsets"), in.offsets());
}

// All that a plan could keep.
inline Index most_objects(const Plan& plan, const FlatObjects& objects,
                          const FlatObjects& partners) {
  constexpr Index most =
      std::numeric_limits<Index>::max() / static_cast<Index>(sizeof(DetectionOrigin));
  Index count = 0;
  for (Index b = 0; b < plan.shape.batch; ++b)
    for (const Index more :
         {objects.count(b), partners.count(plan.indices[static_cast<std::size_t>(b)])}) {
      if (more > most - count)
        fail("objects of all samples and their partners = more than %, must be addressable",
             {most});
      count += more;
    }
  return count;
}

// Memory runs out here, before anything is overwritten.
inline void reserve_objects(Detections& out, Index batch, Index count) {
  const auto objects = static_cast<std::size_t>(count);
  out.offsets.reserve(static_cast<std::size_t>(batch) + 1);
  out.boxes.reserve(4 * objects);
  out.ids.reserve(objects);
  out.origins.reserve(objects);
}

inline void mix_flat(const Plan& plan, const DetectionsView& objects, const DetectionsView* source,
                     Detections& out, double threshold) {
  const FlatObjects own(objects, "objects");
  const FlatObjects partners = source ? FlatObjects(*source, "source") : own;
  check_detections(plan, own, source ? &partners : nullptr, threshold);
  check_apart(out, objects, own);
  if (source) check_apart(out, *source, partners);
  reserve_objects(out, plan.shape.batch, most_objects(plan, own, partners));
  out.boxes.clear();
  out.ids.clear();
  out.offsets.assign(1, 0);
  out.origins.clear();
  for (Index b = 0; b < plan.shape.batch; ++b) {
    mix_objects(plan, b, own, partners, threshold,
                [&](const DetectionOrigin& origin, const Corners& box) {
                  for (const double side : {box.x1, box.y1, box.x2, box.y2})
                    out.boxes.push_back(static_cast<float>(side));
                  const FlatObjects& from = origin.from_partner ? partners : own;
                  out.ids.push_back(from.id(origin.sample, origin.index));
                  out.origins.push_back(origin);
                });
    out.offsets.push_back(static_cast<Index>(out.ids.size()));
  }
}

inline ConstBatchView boxes_of(const Detections& objects) {
  if (objects.boxes.size() % 4 != 0)
    fail("size of boxes = %, must be 4 times the number of objects", {objects.boxes.size()});
  return view(objects.boxes.data(), {objects.boxes.size() / 4, 4});
}

// ---- vectors of vectors ----

template <class Lists>
void check_other(const char* name, const Lists& out, const Lists& in) {
  if (&out == &in) fail("out = %, must be another list: its own is still to be read", {name});
}

template <class Object>
void mix_nested(const Plan& plan, const std::vector<std::vector<Object>>& objects,
                const std::vector<std::vector<Object>>* source,
                std::vector<std::vector<Object>>& out,
                std::vector<std::vector<DetectionOrigin>>& origins, double threshold) {
  const auto set = [](auto& side, double value) {
    side = static_cast<std::remove_reference_t<decltype(side)>>(value);
  };
  const NestedObjects<Object> own(objects, "objects");
  const NestedObjects<Object> partners(source ? *source : objects, "source");
  check_detections(plan, own, source ? &partners : nullptr, threshold);
  check_other("objects", out, objects);
  if (source) check_other("source", out, *source);
  out.resize(objects.size());
  origins.resize(objects.size());
  for (Index b = 0; b < plan.shape.batch; ++b) {
    std::vector<Object>& list = out[static_cast<std::size_t>(b)];
    std::vector<DetectionOrigin>& list_origins = origins[static_cast<std::size_t>(b)];
    list.clear();
    list_origins.clear();
    mix_objects(
        plan, b, own, partners, threshold, [&](const DetectionOrigin& origin, const Corners& box) {
          list_origins.push_back(origin);
          list.push_back((origin.from_partner ? partners : own)(origin.sample, origin.index));
          if (!origin.from_partner) return;
          Object& object = list.back();
          set(object.x1, box.x1), set(object.y1, box.y1);
          set(object.x2, box.x2), set(object.y2, box.y2);
        });
  }
}

}  // namespace detail

template <class Boxes, class Ids, class Offsets>
DetectionsView::DetectionsView(const Boxes& boxes, const Ids& ids, const Offsets& offsets)
    : boxes_(detail::view_if<detail::accepts_boxes<Boxes>()>(boxes)),
      ids_(detail::view_if<detail::accepts_integers<Ids>()>(ids)),
      offsets_(detail::view_if<detail::accepts_integers<Offsets>()>(offsets)) {}

inline DetectionsView::DetectionsView(const Detections& objects)
    : boxes_(detail::boxes_of(objects)), ids_(view(objects.ids)), offsets_(view(objects.offsets)) {}

inline void mix_detections(const Plan& plan, const DetectionsView& objects, Detections& out,
                           double threshold) {
  detail::mix_flat(plan, objects, nullptr, out, threshold);
}

inline void mix_detections(const Plan& plan, const DetectionsView& objects,
                           const DetectionsView& source, Detections& out, double threshold) {
  detail::mix_flat(plan, objects, &source, out, threshold);
}

template <class Object>
void mix_detections(const Plan& plan, const std::vector<std::vector<Object>>& objects,
                    std::vector<std::vector<Object>>& out,
                    std::vector<std::vector<DetectionOrigin>>& origins, double threshold) {
  if constexpr (detail::accepts_objects<Object>())
    detail::mix_nested<Object>(plan, objects, nullptr, out, origins, threshold);
}

template <class Object>
void mix_detections(const Plan& plan, const std::vector<std::vector<Object>>& objects,
                    const std::vector<std::vector<Object>>& source,
                    std::vector<std::vector<Object>>& out,
                    std::vector<std::vector<DetectionOrigin>>& origins, double threshold) {
  if constexpr (detail::accepts_objects<Object>())
    detail::mix_nested(plan, objects, &source, out, origins, threshold);
}

}  // namespace cutmix

#endif  // CUTMIX_DETAIL_DETECTIONS_HPP
