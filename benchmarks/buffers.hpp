// Memory that the contenders share, and the naive loops that they are compared with.
#ifndef CUTMIX_BENCHMARKS_BUFFERS_HPP
#define CUTMIX_BENCHMARKS_BUFFERS_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <cutmix/cutmix.hpp>
#include <memory>
#include <new>
#include <vector>

namespace bench {

using cutmix::Index;

// Scalars on a cache line's boundary. Written once when made, so that no page is fresh when time is
// taken.
template <class Scalar>
class Buffer {
 public:
  explicit Buffer(Index size) : size_(static_cast<std::size_t>(size)) {
    const std::size_t lines = (bytes() + 63) / 64;
    data_.reset(static_cast<Scalar*>(std::aligned_alloc(64, lines * 64)));
    if (!data_) throw std::bad_alloc();
    fill(0xa5);
  }

  Scalar* data() const { return data_.get(); }
  std::size_t bytes() const { return size_ * sizeof(Scalar); }
  void fill(int byte) const { std::memset(static_cast<void*>(data()), byte, bytes()); }
  void copy(const Buffer& other) const {
    std::memcpy(static_cast<void*>(data()), other.data(), bytes());
  }

 private:
  struct Free {
    void operator()(Scalar* data) const { std::free(data); }
  };
  std::size_t size_;
  std::unique_ptr<Scalar, Free> data_;
};

struct Shape {
  Index batch, channels, height, width;

  Index sample() const { return channels * height * width; }
  Index size() const { return batch * sample(); }
};

// Distances between neighbours along each axis, in scalars.
struct Strides {
  Index batch, channel, row, column;
};

inline Strides nchw(const Shape& s) { return {s.sample(), s.height * s.width, s.width, 1}; }
inline Strides nhwc(const Shape& s) { return {s.sample(), 1, s.width * s.channels, s.channels}; }
inline Strides column_major_nchw(const Shape& s) {
  return {1, s.batch, s.batch * s.channels, s.batch * s.channels * s.height};
}

// Images of one shape: what to read, what to write, and what to mix in place.
template <class Scalar>
struct Images {
  Shape shape;
  Buffer<Scalar> x, out, work;

  explicit Images(const Shape& s) : shape(s), x(s.size()), out(s.size()), work(s.size()) {
    // Values that differ from one pixel, plane and image to the next: a small number in any scalar.
    for (Index i = 0; i < s.size(); ++i) {
      const auto hash = static_cast<std::uint32_t>(i) * 2654435761u;
      x.data()[i] = static_cast<Scalar>(static_cast<float>(hash >> 24));
    }
  }
};

// The naive loop: whether `result` is x with each sample's box from its partner.
template <class Scalar>
bool is_mixed(const Scalar* result, const Scalar* x, const Shape& shape, const Strides& strides,
              const cutmix::Plan& plan) {
  for (Index b = 0; b < shape.batch; ++b) {
    const cutmix::BBox& box = plan.box(b);
    const Index partner = plan.indices[static_cast<std::size_t>(b)];
    for (Index c = 0; c < shape.channels; ++c)
      for (Index h = 0; h < shape.height; ++h)
        for (Index w = 0; w < shape.width; ++w) {
          const bool inside = w >= box.x1 && w < box.x2 && h >= box.y1 && h < box.y2;
          const Index from = inside ? partner : b;
          const Index rest = c * strides.channel + h * strides.row + w * strides.column;
          if (result[b * strides.batch + rest] != x[from * strides.batch + rest]) return false;
        }
  }
  return true;
}

// The naive loop for blends of whole images.
inline bool is_blended(const float* result, const Images<float>& images, const cutmix::Plan& plan) {
  const Index sample = images.shape.sample();
  for (Index b = 0; b < images.shape.batch; ++b)
    for (Index i = 0; i < sample; ++i) {
      const Index partner = plan.indices[static_cast<std::size_t>(b)];
      const double own = static_cast<double>(images.x.data()[b * sample + i]);
      const double other = static_cast<double>(images.x.data()[partner * sample + i]);
      const double expected = plan.lambda(b) * own + (1 - plan.lambda(b)) * other;
      if (!(std::abs(static_cast<double>(result[b * sample + i]) - expected) < 1e-4)) return false;
    }
  return true;
}

// Decoded images, (H, W, C) of bytes, and where the batch goes: (B, C, H, W) of float, normalised.
struct Decoded {
  Shape shape;
  Buffer<std::uint8_t> bytes;
  Buffer<float> out, copy;  // copy: the batch, not mixed
  std::vector<double> means{0.485, 0.456, 0.406}, deviations{0.229, 0.224, 0.225};

  explicit Decoded(const Shape& s) : shape(s), bytes(s.size()), out(s.size()), copy(s.size()) {
    for (Index i = 0; i < s.size(); ++i)
      bytes.data()[i] =
          static_cast<std::uint8_t>(static_cast<std::uint32_t>(i) * 2654435761u >> 24);
    for (Index b = 0, i = 0; b < s.batch; ++b)
      for (Index c = 0; c < s.channels; ++c)
        for (Index at = 0; at < s.height * s.width; ++at, ++i)
          copy.data()[i] = static_cast<float>(normalized(b, c, at));
  }

  // A channel of the pixel at this place of an image.
  double normalized(Index image, Index c, Index at) const {
    const auto channel = static_cast<std::size_t>(c);
    const std::uint8_t byte = bytes.data()[image * shape.sample() + at * shape.channels + c];
    return (byte / 255.0 - means[channel]) / deviations[channel];
  }
};

// The naive loop for conversions; float arithmetic of other orders is allowed for.
inline bool is_converted(const float* result, const Decoded& decoded, const cutmix::Plan& plan) {
  const Shape& s = decoded.shape;
  for (Index b = 0; b < s.batch; ++b) {
    const cutmix::BBox& box = plan.box(b);
    for (Index c = 0; c < s.channels; ++c)
      for (Index h = 0; h < s.height; ++h)
        for (Index w = 0; w < s.width; ++w) {
          const bool inside = w >= box.x1 && w < box.x2 && h >= box.y1 && h < box.y2;
          const Index from = inside ? plan.indices[static_cast<std::size_t>(b)] : b;
          const double expected = decoded.normalized(from, c, h * s.width + w);
          const auto got =
              static_cast<double>(result[((b * s.channels + c) * s.height + h) * s.width + w]);
          if (!(std::abs(got - expected) < 1e-4)) return false;
        }
  }
  return true;
}

// Class ids and where their mix goes.
struct Labels {
  Index batch, classes;
  std::vector<std::int64_t> ids;
  Buffer<float> out;

  Labels(Index b, Index n) : batch(b), classes(n), out(b * n) {
    for (Index i = 0; i < b; ++i) ids.push_back((i * 37 + 11) % n);
  }
};

// The naive loop for labels.
inline bool is_mixed(const float* result, const Labels& labels, const cutmix::Plan& plan) {
  for (Index b = 0; b < labels.batch; ++b)
    for (Index c = 0; c < labels.classes; ++c) {
      const auto partner = static_cast<std::size_t>(plan.indices[static_cast<std::size_t>(b)]);
      const double own = labels.ids[static_cast<std::size_t>(b)] == c ? plan.lambda(b) : 0;
      const double other = labels.ids[partner] == c ? 1 - plan.lambda(b) : 0;
      const double got = static_cast<double>(result[b * labels.classes + c]);
      if (!(std::abs(got - own - other) < 1e-6)) return false;
    }
  return true;
}

}  // namespace bench

#endif  // CUTMIX_BENCHMARKS_BUFFERS_HPP
