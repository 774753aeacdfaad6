#ifndef CUTMIX_TESTS_SOAK_LAWS_HPP
#define CUTMIX_TESTS_SOAK_LAWS_HPP

// How likely each box is, by the laws as bbox.hpp states them. Shares nothing with the library but
// plain data.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cutmix/bbox.hpp>
#include <functional>
#include <map>
#include <vector>

#include "../statistics.hpp"

namespace soak {

using cutmix::BBox;
using cutmix::ImageSize;
using cutmix::Index;

using Sides = std::array<Index, 3>;  // along x, y, z

inline Sides sizes_of(const ImageSize& image) { return {image.width, image.height, image.depth}; }

// Which axes a law cuts: those longer than 1, or x where there is none.
inline std::array<bool, 3> cut_axes(const ImageSize& image) {
  const Sides size = sizes_of(image);
  return {size[0] > 1 || (size[1] == 1 && size[2] == 1), size[1] > 1, size[2] > 1};
}

// The root of the share that each side is of its axis.
inline double cut_of(const ImageSize& image, double share) {
  const auto cut = cut_axes(image);
  return std::pow(share, 1.0 / (int{cut[0]} + int{cut[1]} + int{cut[2]}));
}

inline Index rounded(double length) { return static_cast<Index>(std::floor(length + 0.5)); }

// Half of the reference law's sides, which it places around a centre.
inline Sides reference_halves(const ImageSize& image, double share) {
  Sides half = sizes_of(image);
  for (std::size_t i = 0; i < 3; ++i)
    if (cut_axes(image)[i])
      half[i] =
          static_cast<Index>(std::floor(static_cast<double>(half[i]) * cut_of(image, share))) / 2;
  return half;
}

inline Sides uniform_sides(const ImageSize& image, double share) {
  Sides side = sizes_of(image);
  for (std::size_t i = 0; i < 3; ++i)
    if (cut_axes(image)[i]) side[i] = rounded(static_cast<double>(side[i]) * cut_of(image, share));
  return side;
}

// All sides but one are rounded down or up, and the last is what the area asks for; the nearest
// area wins. Of equals any would be right: it is the first one found from z to x, down before up.
inline Sides inside_sides(const ImageSize& image, double share) {
  const Sides size = sizes_of(image);
  const auto is_cut = cut_axes(image);
  const double pixels = static_cast<double>(size[0] * size[1] * size[2]), area = share * pixels;
  Sides best{0, 0, 0};
  double nearest = area;
  for (std::size_t last = 3; last-- > 0;)
    for (unsigned ups = 0; is_cut[last] && ups < 8; ++ups) {
      Sides side = size;
      double others = 1;
      bool counts = (ups >> last & 1) == 0;
      for (std::size_t i = 0; i < 3; ++i) {
        if (i == last) continue;
        const Index up = ups >> i & 1;
        if (is_cut[i])
          side[i] = std::clamp(
              static_cast<Index>(static_cast<double>(size[i]) * cut_of(image, share)) + up,
              Index{1}, size[i]);
        else
          counts = counts && up == 0;
        others *= static_cast<double>(side[i]);
      }
      if (!counts) continue;
      side[last] = std::min(rounded(area / others), size[last]);
      const double error = std::abs(others * static_cast<double>(side[last]) - area);
      if (error < nearest) nearest = error, best = side;
    }
  if (best[0] == 0 || best[1] == 0 || best[2] == 0) best = {0, 0, 0};
  return best;
}

// How likely sides are that follow from a share of Beta(alpha, alpha): between two shares at which
// they change, what the law has there.
inline std::map<Sides, double> likely_sides(double alpha,
                                            const std::function<Sides(double)>& sides_of) {
  std::map<Sides, double> likely;
  const auto law = [alpha](double share) {
    return static_cast<double>(testing::beta_cdf(alpha, share));
  };
  constexpr int steps = 1 << 16;
  double begin = 0;
  Sides now = sides_of(0);
  for (int i = 1; i <= steps; ++i) {
    const double until = static_cast<double>(i) / steps;
    while (sides_of(until) != now) {  // one change after another, each found by halving
      double low = std::max(begin, until - 1.0 / steps), high = until;
      while (high - low > 1e-15) {
        const double middle = (low + high) / 2;
        (sides_of(middle) == now ? low : high) = middle;
      }
      likely[now] += law(high) - law(begin);
      begin = high;
      now = sides_of(high);
    }
  }
  likely[now] += 1 - law(begin);
  return likely;
}

// Boxes as numbers: the borders on each axis.
class BoxCells {
 public:
  explicit BoxCells(const ImageSize& image) : size_(sizes_of(image)) {}

  std::size_t count() const { return axis(0) * axis(1) * axis(2); }
  std::size_t cell(const BBox& box) const {
    if (box.empty()) return cell({0, 0, 0}, {0, 0, 0});
    return cell({box.x1, box.y1, box.z1}, {box.x2, box.y2, box.z2});
  }
  // Boxes without pixels are one.
  std::size_t cell(const Sides& begin, const Sides& end) const {
    std::size_t number = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      if (begin[i] >= end[i]) return 0;
      number = number * axis(i) + static_cast<std::size_t>(begin[i] * (size_[i] + 1) + end[i]);
    }
    return number;
  }

 private:
  std::size_t axis(std::size_t i) const {
    return static_cast<std::size_t>((size_[i] + 1) * (size_[i] + 1));
  }
  Sides size_;
};

// Where an interval may lie on an axis, each place as likely as any other.
struct Place {
  Index begin, end;
};
using Places = std::vector<Place>;

inline Places around_centres(Index size, Index half) {
  Places places;
  for (Index c = 0; c < size; ++c)
    places.push_back({std::max(c - half, Index{0}), std::min(c + half, size)});
  return places;
}
inline Places overhanging(Index size, Index side) {
  Places places;
  for (Index begin = 1 - side; begin < size; ++begin)
    places.push_back({std::max(begin, Index{0}), std::min(begin + side, size)});
  return places;
}
inline Places inside(Index size, Index side) {
  Places places;
  for (Index begin = 0; begin + side <= size; ++begin) places.push_back({begin, begin + side});
  return places;
}

// The probabilities of all boxes, of those of their sides and of the places that each has.
inline std::vector<double> box_probabilities(
    const ImageSize& image, const std::map<Sides, double>& likely,
    const std::function<Places(Index size, Index side)>& places_of) {
  const BoxCells cells(image);
  const Sides size = sizes_of(image);
  std::vector<double> probabilities(cells.count());
  for (const auto& [sides, probability] : likely) {
    Places places[3];
    for (std::size_t i = 0; i < 3; ++i)
      places[i] = cut_axes(image)[i] ? places_of(size[i], sides[i]) : Places{{0, size[i]}};
    bool vanishes = false;
    for (std::size_t i = 0; i < 3; ++i) vanishes = vanishes || places[i].empty();
    if (vanishes) {
      probabilities[0] += probability;
      continue;
    }
    const double each =
        probability / static_cast<double>(places[0].size() * places[1].size() * places[2].size());
    for (const Place& x : places[0])
      for (const Place& y : places[1])
        for (const Place& z : places[2])
          probabilities[cells.cell({x.begin, y.begin, z.begin}, {x.end, y.end, z.end})] += each;
  }
  return probabilities;
}

inline std::vector<double> reference_probabilities(const ImageSize& image, double alpha) {
  return box_probabilities(
      image, likely_sides(alpha, [&](double share) { return reference_halves(image, share); }),
      around_centres);
}
inline std::vector<double> uniform_probabilities(const ImageSize& image, double alpha) {
  return box_probabilities(
      image, likely_sides(alpha, [&](double share) { return uniform_sides(image, share); }),
      overhanging);
}
inline std::vector<double> inside_probabilities(const ImageSize& image, double alpha) {
  return box_probabilities(
      image, likely_sides(alpha, [&](double share) { return inside_sides(image, share); }), inside);
}
inline std::vector<double> min_max_probabilities(const ImageSize& image, double min, double max) {
  std::map<Sides, double> likely;
  Sides low = sizes_of(image), high = low;
  for (std::size_t i = 0; i < 3; ++i)
    if (cut_axes(image)[i]) {
      low[i] = rounded(min * static_cast<double>(low[i]));
      high[i] = rounded(max * static_cast<double>(high[i]));
    }
  const auto count =
      static_cast<double>((high[0] - low[0] + 1) * (high[1] - low[1] + 1) * (high[2] - low[2] + 1));
  for (Index x = low[0]; x <= high[0]; ++x)
    for (Index y = low[1]; y <= high[1]; ++y)
      for (Index z = low[2]; z <= high[2]; ++z) likely[{x, y, z}] = 1 / count;
  return box_probabilities(image, likely, inside);
}

}  // namespace soak

#endif  // CUTMIX_TESTS_SOAK_LAWS_HPP
