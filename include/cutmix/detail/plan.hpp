#ifndef CUTMIX_DETAIL_PLAN_HPP
#define CUTMIX_DETAIL_PLAN_HPP

// What plan.hpp declares, and the checks of a plan that applications share.

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string>
#include <utility>

#include "../plan.hpp"
#include "math.hpp"

namespace cutmix {
namespace detail {

inline ImageSize image_size(const BatchShape& shape) {
  return {shape.width, shape.height, shape.depth};
}

inline Index partner_count(const BatchShape& shape) {
  return shape.source < 0 ? shape.batch : shape.source;
}

// ---- checks ----

CUTMIX_ONCE inline void check_shape(const BatchShape& shape) {
  if (shape.batch < 0) fail("batch = %, must be at least 0", {shape.batch});
  if (shape.height < 0) fail("height = %, must be at least 0", {shape.height});
  if (shape.width < 0) fail("width = %, must be at least 0", {shape.width});
  if (shape.depth < 0) fail("depth = %, must be at least 0", {shape.depth});
  check_pixels(image_size(shape));
  if (shape.source < -1)
    fail("source = %, must be at least 0, or -1 for the batch itself", {shape.source});
  if (shape.source == 0 && shape.batch > 0)
    fail("source = %, must be at least 1 where a batch needs partners", {shape.source});
}

CUTMIX_ONCE inline void check_indices(const Indices& indices, const BatchShape& shape) {
  if (static_cast<Index>(indices.size()) != shape.batch)
    fail("size of indices = %, must be %, the batch size", {indices.size(), shape.batch});
  const Index count = partner_count(shape);
  for (std::size_t i = 0; i < indices.size(); ++i)
    if (indices[i] < 0 || indices[i] >= count)
      fail("indices[%] = %, must be in [0, %)", {i, indices[i], count});
}

inline void check_involution(const Indices& indices) {
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const auto back = indices[static_cast<std::size_t>(indices[i])];
    if (back != static_cast<Index>(i))
      fail("indices[%] = %, must be a sample whose partner is %: pairs share a patch",
           {i, indices[i], i});
  }
}

// A plan may come from anywhere: everything that an application relies on.
inline void check_plan(const Plan& plan) {
  check_shape(plan.shape);
  check_indices(plan.indices, plan.shape);
  const std::size_t patches = plan.patches.size();
  if (patches != 1 && static_cast<Index>(patches) != plan.shape.batch)
    fail("size of patches = %, must be 1 or %, the batch size", {patches, plan.shape.batch});
  for (std::size_t i = 0; i < patches; ++i) {
    const Patch& patch = plan.patches[i];
    if (!lies_in_image(patch.box, image_size(plan.shape)))
      fail_box(text_of("patches[%].box", {i}), patch.box, image_size(plan.shape));
    if (!(patch.blend >= 0 && patch.blend <= 1))
      fail("patches[%].blend = %, must be in [0, 1]", {i, patch.blend});
  }
}

CUTMIX_ONCE inline void check_same(const char* field, Index value, Index expected,
                                   const char* name) {
  if (value != expected)
    fail("plan.shape.% = %, must be %, as of %", {field, value, expected, name});
}

// For what has a batch and nothing else that a plan knows, such as labels. A source of -1: none.
inline void check_plan(const Plan& plan, Index batch, Index source, const char* name) {
  check_plan(plan);
  check_same("batch", plan.shape.batch, batch, name);
  if (source < 0 && plan.shape.source >= 0)
    fail("plan.shape.source = %, needs a source: its partners are not of the batch itself",
         {plan.shape.source});
  if (source >= 0 && plan.shape.source != source)
    check_same("source", plan.shape.source, source, "source");
}

inline void check_plan(const Plan& plan, const BatchShape& shape, const char* name) {
  check_plan(plan, shape.batch, shape.source, name);
  check_same("height", plan.shape.height, shape.height, name);
  check_same("width", plan.shape.width, shape.width, name);
  check_same("depth", plan.shape.depth, shape.depth, name);
}

inline void check_options(const Options& options) {
  check_alpha("alpha", options.alpha);
  check_unit("prob", options.prob);
  check_unit("mixup_prob", options.mixup_prob);
  check_alpha("mixup_alpha", options.mixup_alpha);
  if (!options.box_law) fail("box_law = nullptr, must be callable");
  const int scope = static_cast<int>(options.scope), pairing = static_cast<int>(options.pairing);
  if (scope < 0 || scope > static_cast<int>(Scope::pair))
    fail("scope = %, must be one of the enumerators of cutmix::Scope", {scope});
  if (pairing < 0 || pairing > static_cast<int>(Pairing::rolled))
    fail("pairing = %, must be one of the enumerators of cutmix::Pairing", {pairing});
}

// Whether options can be drawn for a shape.
inline void check_draw(const BatchShape& shape, const Options& options) {
  check_options(options);
  check_shape(shape);
  check_image_size(image_size(shape));
  const bool pairs = options.scope == Scope::pair;
  const bool own = partner_count(shape) == shape.batch;
  if (!own && pairs) fail("source = %, must be the batch itself where pairs share", {shape.source});
  if (options.indices) {
    check_indices(*options.indices, shape);
    if (pairs) check_involution(*options.indices);
    return;
  }
  if (!own && options.pairing != Pairing::random)
    fail("source = %, must be %, the batch size, unless the pairing is random",
         {shape.source, shape.batch});
  if (pairs && options.pairing != Pairing::reversed)
    fail("pairing = %, must be reversed where pairs share a patch, or indices given",
         {static_cast<int>(options.pairing)});
}

// ---- draws ----

template <class Urbg>
void draw_indices(const BatchShape& shape, const Options& options, Urbg& rng, Index* out) {
  const Index B = shape.batch, count = partner_count(shape);
  if (options.indices) {
    std::copy(options.indices->begin(), options.indices->end(), out);
  } else if (count != B) {
    for (Index b = 0; b < B; ++b) out[b] = draw_index(count, rng);
  } else if (options.pairing == Pairing::random) {
    permute(out, B, rng);
  } else if (options.pairing == Pairing::derangement) {
    derange(out, B, rng);
  } else {
    const bool reversed = options.pairing == Pairing::reversed;
    for (Index b = 0; b < B; ++b) out[b] = reversed ? B - 1 - b : (b == 0 ? B : b) - 1;
  }
}

template <class Urbg>
bool toss(double prob, Urbg& rng) {
  return open_unit(bits64(rng)) < prob;
}

// The coins are tossed before the rest and looked at after it: a patch that does not mix spends the
// same draws as one that does.
template <class Urbg>
Patch draw_patch(const ImageSize& image, const Options& options, Urbg& rng, UrbgRef& ref) {
  const bool mixed = options.prob >= 1 || toss(options.prob, rng);
  const double lambda = draw_lambda(options.alpha, rng);
  Patch patch{options.box_law(image, lambda, ref), 1};
  check_box("bbox", patch.box, image);
  if (options.mixup_prob > 0) {
    const bool mixup = toss(options.mixup_prob, rng);
    const double blend = 1 - draw_lambda(options.mixup_alpha, rng);
    if (mixup && blend > 0)
      patch = {{0, 0, image.width, image.height, 0, image.depth}, blend};
    else if (mixup)
      patch = {};
  }
  return mixed ? patch : Patch{};
}

// New draws stand behind the old plan until they are complete, so that an error leaves it alone and
// kept memory is enough.
class PlanDraw {
 public:
  explicit PlanDraw(Plan& plan)
      : plan_(plan), indices_(plan.indices.size()), patches_(plan.patches.size()) {}
  PlanDraw(const PlanDraw&) = delete;
  PlanDraw& operator=(const PlanDraw&) = delete;
  ~PlanDraw() {
    if (done_) return;
    plan_.indices.resize(indices_);
    plan_.patches.resize(patches_);
  }

  Index* add_indices(Index count) { return add(plan_.indices, indices_, count); }
  Patch* add_patches(Index count) { return add(plan_.patches, patches_, count); }
  void finish(const BatchShape& shape) {
    drop(plan_.indices, indices_);
    drop(plan_.patches, patches_);
    plan_.shape = shape;
    done_ = true;
  }

 private:
  template <class T>
  static T* add(std::vector<T>& list, std::size_t kept, Index count) {
    check_length<T>("batch", count, kept);
    list.resize(kept + static_cast<std::size_t>(count));
    return list.data() + kept;
  }
  // The first ones. Not by vector::erase, which is much to compile.
  template <class T>
  static void drop(std::vector<T>& list, std::size_t count) {
    std::copy(list.data() + count, list.data() + list.size(), list.data());
    list.resize(list.size() - count);
  }

  Plan& plan_;
  std::size_t indices_, patches_;
  bool done_ = false;
};

template <class Urbg>
void draw_plan(const BatchShape& shape, const Options& options, Urbg& rng, Plan& plan) {
  check_draw(shape, options);
  PlanDraw draw(plan);
  // At least one patch, so that a plan has a first one even for an empty batch.
  const Index count = options.scope == Scope::batch ? 1 : std::max(shape.batch, Index{1});
  // Memory before draws: where it runs out the engine has not moved.
  Index* const indices = draw.add_indices(shape.batch);
  Patch* const patches = draw.add_patches(count);
  draw_indices(shape, options, rng, indices);
  UrbgRef ref(rng);
  for (Index i = 0; i < count; ++i) {
    const bool drawn = options.scope == Scope::pair && shape.batch > 0 && indices[i] < i;
    patches[i] = drawn ? patches[indices[i]] : draw_patch(image_size(shape), options, rng, ref);
  }
  draw.finish(shape);
}

// It lies in every image, in one without slices too.
inline BBox empty_box(const BatchShape& shape) {
  return {0, 0, 0, 0, 0, std::min(shape.depth, Index{1})};
}

// Makes a plan the one that changes nothing, in memory that is kept.
inline void assign_identity(const BatchShape& shape, Plan& plan) {
  check_shape(shape);
  check_length<Index>("batch", shape.batch);
  plan.indices.resize(static_cast<std::size_t>(shape.batch));
  for (Index b = 0; b < shape.batch; ++b)
    plan.indices[static_cast<std::size_t>(b)] = std::min(b, partner_count(shape) - 1);
  plan.patches.resize(1);
  plan.patches[0] = {empty_box(shape), 1};
  plan.shape = shape;
}

// ---- another resolution ----

// The edges of boxes along one axis, from pixels of one size to those of another.
class EdgeScale {
 public:
  EdgeScale(const char* name, Index from, Index to) : name_(name), from_(from), to_(to) {
    if ((from == 0) != (to == 0)) check_same(name, from, to, "shape");
    if (from == to) return;
    const Index common = std::gcd(from, to);
    old_ = from / common, new_ = to / common;
  }

  // Both edges of the box of the i-th patch.
  void apply(std::size_t i, const char* first, Index& begin, const char* last, Index& end) const {
    scale(i, first, begin);
    scale(i, last, end);
  }

 private:
  void scale(std::size_t i, const char* side, Index& edge) const {
    if (edge % old_ != 0)
      fail("patches[%].box.% = %, must be a multiple of % for a % of % instead of %",
           {i, side, edge, old_, name_, to_, from_});
    edge = edge / old_ * new_;
  }

  const char* name_;
  Index from_, to_;
  Index old_ = 1, new_ = 1;  // so many old pixels are so many new ones
};

// ---- text ----

inline void read_double(std::istream& in, double& value) {
  if (in && !parse_double(read_word(in), value) && in) in.setstate(std::ios_base::failbit);
}

}  // namespace detail

inline Plan Plan::identity(const BatchShape& shape) {
  Plan plan;
  detail::assign_identity(shape, plan);
  return plan;
}

inline const Patch& Plan::patch(Index sample) const {
  static const Patch none{};
  if (patches.empty()) return none;
  return patches[patches.size() == 1 ? 0 : static_cast<std::size_t>(sample)];
}

inline double Plan::lambda(Index sample) const {
  const Patch& mixed = patch(sample);
  // Fused, whatever a compiler makes of 1 - a * b: double targets show the last bit.
  return detail::math::fma(-mixed.blend, detail::share_inside(mixed.box, detail::image_size(shape)),
                           1.0);
}

template <class Urbg>
void make_plan(const BatchShape& shape, const Options& options, Urbg& rng, Plan& plan) {
  if constexpr (detail::accepts_engine<Urbg>()) detail::draw_plan(shape, options, rng, plan);
}

template <class Urbg>
Plan make_plan(const BatchShape& shape, const Options& options, Urbg& rng) {
  Plan plan;
  make_plan(shape, options, rng, plan);
  return plan;
}

inline Plan scaled(const Plan& plan, const BatchShape& shape) {
  detail::check_plan(plan);
  detail::check_shape(shape);
  detail::check_same("batch", plan.shape.batch, shape.batch, "shape");
  detail::check_same("source", plan.shape.source, shape.source, "shape");
  if (shape == plan.shape) return plan;
  const detail::EdgeScale x("width", plan.shape.width, shape.width);
  const detail::EdgeScale y("height", plan.shape.height, shape.height);
  const detail::EdgeScale z("depth", plan.shape.depth, shape.depth);
  Plan result{shape, plan.indices, plan.patches};
  for (std::size_t i = 0; i < result.patches.size(); ++i) {
    BBox& box = result.patches[i].box;
    if (box.empty()) {
      box = detail::empty_box(shape);
      continue;
    }
    x.apply(i, "x1", box.x1, "x2", box.x2);
    y.apply(i, "y1", box.y1, "y2", box.y2);
    z.apply(i, "z1", box.z1, "z2", box.z2);
  }
  return result;
}

inline std::ostream& operator<<(std::ostream& out, const Plan& plan) {
  const BatchShape& shape = plan.shape;
  std::string text =
      detail::text_of("cutmix-plan 1 batch % height % width % depth % source % indices",
                      {shape.batch, shape.height, shape.width, shape.depth, shape.source});
  for (const Index index : plan.indices) detail::append_text(text, " %", {index});
  detail::append_text(text, " patches %", {plan.patches.size()});
  for (const Patch& patch : plan.patches) {
    const BBox& box = patch.box;
    detail::append_text(text, " box % % % % % % blend %",
                        {box.x1, box.y1, box.x2, box.y2, box.z1, box.z2, patch.blend});
  }
  detail::write_text(out, text);
  return out;
}

inline std::istream& operator>>(std::istream& in, Plan& plan) {
  Plan read;
  const auto read_field = [&in](const char* name, Index& value) {
    detail::expect_word(in, name);
    detail::read_integer(in, value);
  };
  detail::expect_word(in, "cutmix-plan");
  detail::expect_word(in, "1");
  read_field("batch", read.shape.batch);
  read_field("height", read.shape.height);
  read_field("width", read.shape.width);
  read_field("depth", read.shape.depth);
  read_field("source", read.shape.source);
  detail::expect_word(in, "indices");
  // Both lists grow as they are read: a count in a damaged text must not be believed with memory.
  // By resize(), which is compiled for plans that are drawn anyway.
  while (in && static_cast<Index>(read.indices.size()) < read.shape.batch) {
    read.indices.resize(read.indices.size() + 1);
    detail::read_integer(in, read.indices.back());
  }
  Index patches = 0;
  read_field("patches", patches);
  while (in && static_cast<Index>(read.patches.size()) < patches) {
    read.patches.resize(read.patches.size() + 1);
    BBox& box = read.patches.back().box;
    read_field("box", box.x1);
    for (Index* side : {&box.y1, &box.x2, &box.y2, &box.z1, &box.z2})
      detail::read_integer(in, *side);
    detail::expect_word(in, "blend");
    detail::read_double(in, read.patches.back().blend);
  }
  if (in && patches < 0) in.setstate(std::ios_base::failbit);
  if (!in) return in;
  try {
    detail::check_plan(read);
    plan = std::move(read);
  } catch (const std::invalid_argument&) {
    in.setstate(std::ios_base::failbit);
  }
  return in;
}

}  // namespace cutmix

#endif  // CUTMIX_DETAIL_PLAN_HPP
