#ifndef CUTMIX_DETAIL_IN_PLACE_HPP
#define CUTMIX_DETAIL_IN_PLACE_HPP

// Moves pixels in place, where samples lie one by one: along the cycles of the permutation.

#include <algorithm>
#include <vector>

#include "raster.hpp"
#include "rows.hpp"

namespace cutmix {
namespace detail {

// Finds the cycles of a permutation, each named by one of its samples; fixed points are left out.
// Indices are in range; where one stands twice there is no permutation, which is an error.
inline void check_permutation(const Indices& indices, std::vector<Byte>& marks, Indices& starts) {
  marks.assign(indices.size(), 0);
  starts.clear();
  for (std::size_t start = 0; start < indices.size(); ++start) {
    if (marks[start]) continue;
    std::size_t b = start;
    do {
      marks[b] = 1;
      const auto next = static_cast<std::size_t>(indices[b]);
      if (next != start && marks[next])
        fail(element("indices", b), indices[b],
             "must stand there once: in place needs a permutation");
      b = next;
    } while (b != start);
    if (static_cast<std::size_t>(indices[start]) != start)
      starts.push_back(static_cast<Index>(start));
  }
}

// What all boxes together cover, in rows and columns: the work of the in-place form.
inline BBox united_cut(const Raster& raster, const Plan& plan) {
  BBox all;
  for (const BBox& box : plan.boxes) {
    if (box.empty()) continue;
    const BBox cut = raster.turn(box);
    if (all.empty()) all = cut;
    all = {std::min(all.x1, cut.x1), std::min(all.y1, cut.y1), std::max(all.x2, cut.x2),
           std::max(all.y2, cut.y2)};
  }
  return all;
}

// Rows [first, last) of the united box, counted through all planes. Along a cycle every sample
// takes its patch from the next, which is still untouched; the first one's is kept for the last.
// The next patch written is the one just read, so it is in the cache.
class CycleMixer {
 public:
  CycleMixer(const Raster& raster, const Plan& plan, const BBox& united, Byte* x, Byte* scratch,
             Index first, Index last)
      : raster_(raster),
        plan_(plan),
        united_(united),
        x_(x),
        scratch_(scratch),
        first_(first),
        last_(last) {}

  void mix(Index start) const {
    Index previous = start;  // the sample whose partner is `start`
    while (partner(previous) != start) previous = partner(previous);
    for_each_patch(
        plan_.box(previous), [&](std::size_t at, std::size_t kept, std::size_t wide, Index rows) {
          copy_rows(scratch_ + kept, wide, sample(start) + at, raster_.row_bytes(), wide, rows);
        });
    for (Index b = start; b != previous; b = partner(b))
      for_each_patch(plan_.box(b), [&](std::size_t at, std::size_t, std::size_t wide, Index rows) {
        copy_rows(sample(b) + at, raster_.row_bytes(), sample(partner(b)) + at, raster_.row_bytes(),
                  wide, rows);
      });
    for_each_patch(
        plan_.box(previous), [&](std::size_t at, std::size_t kept, std::size_t wide, Index rows) {
          copy_rows(sample(previous) + at, raster_.row_bytes(), scratch_ + kept, wide, wide, rows);
        });
  }

 private:
  Index partner(Index b) const { return plan_.indices[static_cast<std::size_t>(b)]; }
  Byte* sample(Index b) const { return x_ + static_cast<std::size_t>(b) * raster_.sample_bytes(); }

  // Calls visit(offset in the sample, offset in the scratch, bytes per row, rows) for the part of a
  // box that lies in each plane of our rows.
  template <class Visit>
  void for_each_patch(const BBox& box, const Visit& visit) const {
    if (box.empty()) return;
    const BBox cut = raster_.turn(box);
    const std::size_t wide = static_cast<std::size_t>(cut.width()) * raster_.pixel_bytes();
    std::size_t kept = 0;
    for (Index unit = first_; unit < last_;) {
      const Index plane = unit / united_.height();
      const Index top = united_.y1 + unit % united_.height();
      const Index bottom = std::min(united_.y2, top + last_ - unit);
      const Index y1 = std::max(top, cut.y1), y2 = std::min(bottom, cut.y2);
      if (y1 < y2) {
        const std::size_t at = static_cast<std::size_t>(plane) * raster_.plane_bytes() +
                               static_cast<std::size_t>(y1) * raster_.row_bytes() +
                               static_cast<std::size_t>(cut.x1) * raster_.pixel_bytes();
        visit(at, kept, wide, y2 - y1);
        kept += static_cast<std::size_t>(y2 - y1) * wide;
      }
      unit += bottom - top;
    }
  }

  const Raster& raster_;
  const Plan& plan_;
  const BBox& united_;
  Byte* x_;
  Byte* scratch_;
  Index first_, last_;
};

inline void mix_in_place(const Raster& raster, const Plan& plan, const BBox& united,
                         const Indices& starts, Byte* x, Byte* scratch, Index first, Index last) {
  const CycleMixer mixer(raster, plan, united, x, scratch, first, last);
  for (const Index start : starts) mixer.mix(start);
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_IN_PLACE_HPP
