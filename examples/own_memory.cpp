// Memory of your own, without Eigen: a view says where the batch lies and what its axes are.
#include <cstddef>
#include <cutmix/mixer.hpp>
#include <cutmix/view.hpp>
#include <iostream>
#include <vector>

int main() {
  const std::size_t B = 16, C = 3, H = 24, W = 32, classes = 10;
  std::vector<float> images(B * C * H * W), mixed(images.size()), targets(B * classes);
  std::vector<std::size_t> labels(B);
  for (std::size_t b = 0; b < B; ++b) labels[b] = b % classes;
  for (std::size_t i = 0; i < images.size(); ++i) images[i] = static_cast<float>(i);

  cutmix::CutMix mixer(1.0, classes, cutmix::Philox4x32(42));
  mixer(cutmix::view(images.data(), {B, C, H, W}, "BCHW"), labels,
        cutmix::view(mixed.data(), {B, C, H, W}, "BCHW"),
        cutmix::view(targets.data(), {B, classes}));
  std::cout << mixer.plan() << '\n';

  // The same batch with channels last, in rows of 40 pixels of which the last 8 are padding.
  const std::size_t pitch = 40;
  std::vector<float> padded(B * H * pitch * C), padded_mixed(padded.size());
  const auto at = [&](auto b, auto c, auto y, auto x) { return ((b * H + y) * pitch + x) * C + c; };
  for (std::size_t b = 0, i = 0; b < B; ++b)
    for (std::size_t c = 0; c < C; ++c)
      for (std::size_t y = 0; y < H; ++y)
        for (std::size_t x = 0; x < W; ++x, ++i) padded[at(b, c, y, x)] = images[i];
  const auto lay = [&](std::vector<float>& memory) {
    return cutmix::view(memory.data(), {B, H, W, C}, "BHWC", {H * pitch * C, pitch * C, C, 1});
  };
  cutmix::mix_images(mixer.plan(), lay(padded), lay(padded_mixed));

  int differing = 0;
  for (std::size_t b = 0, i = 0; b < B; ++b)
    for (std::size_t c = 0; c < C; ++c)
      for (std::size_t y = 0; y < H; ++y)
        for (std::size_t x = 0; x < W; ++x, ++i)
          differing += padded_mixed[at(b, c, y, x)] != mixed[i];
  std::cout << differing << " pixels differ between the two layouts\n";
  return differing;
}
