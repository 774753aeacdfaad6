// A tensor type of your own: ten lines teach it to the library, and everything works on it.
#include <cstddef>
#include <cstdint>
#include <cutmix/mixer.hpp>
#include <cutmix/view.hpp>
#include <iostream>
#include <vector>

// Images as a video decoder leaves them: rows of bytes, channels last.
struct Frames {
  std::size_t count, height, width;
  std::vector<std::uint8_t> rgb = std::vector<std::uint8_t>(3 * count * height * width);
};

template <>
struct cutmix::TensorTraits<Frames> {
  static BatchView view(Frames& f) {
    return cutmix::view(f.rgb.data(), {f.count, f.height, f.width, 3}, "BHWC");
  }
  static ConstBatchView view(const Frames& f) {
    return cutmix::view(f.rgb.data(), {f.count, f.height, f.width, 3}, "BHWC");
  }
};

int main() {
  Frames frames{8, 12, 16}, mixed = frames;
  const std::size_t bytes = 12 * 16 * 3;  // of a frame
  for (std::size_t i = 0; i < 8 * bytes; ++i) frames.rgb[i] = static_cast<std::uint8_t>(i / bytes);
  const std::vector<int> labels{0, 1, 2, 0, 1, 2, 0, 1};
  std::vector<float> targets(8 * 3);

  cutmix::CutMix mixer(1.0, 3, cutmix::Philox4x32(42));
  mixer(frames, labels, mixed, cutmix::view(targets.data(), {8, 3}));

  int replaced = 0;
  for (std::size_t i = 0; i < bytes; i += 3) replaced += mixed.rgb[i] != 0;
  std::cout << mixer.plan() << '\n' << replaced << " pixels of frame 0 are its partner's\n";
  const cutmix::BBox& box = mixer.bbox();
  return mixer.indices()[0] == 0 || replaced == box.width() * box.height() ? 0 : 1;
}
