// From decoded bytes to a normalised, mixed batch of floats in one pass: BGR in rows with padding,
// a crop, a mirrored image, to (B, C, H, W).
#include <cstdint>
#include <cutmix/collate.hpp>
#include <cutmix/mixer.hpp>
#include <iostream>
#include <vector>

int main() {
  // What a decoder leaves: 30 x 40 pixels of 3 bytes, blue first, in rows of 128 bytes.
  const int batch = 6, rows = 30, columns = 40, pitch = 128, height = 24, width = 32;
  std::vector<std::vector<std::uint8_t>> decoded(batch);
  std::vector<cutmix::ConstBatchView> samples;
  for (int b = 0; b < batch; ++b) {
    std::vector<std::uint8_t>& bytes = decoded.data()[b];
    for (int i = 0; i < rows * pitch; ++i)
      bytes.push_back(static_cast<std::uint8_t>(i * 7 + b * 31));
    const auto bgr = cutmix::view(bytes.data(), {1, rows, columns, 3}, "BHWC", {0, pitch, 3, 1});
    auto image = cutmix::cropped(cutmix::cropped(bgr, 'H', 3, 3 + height), 'W', 5, 5 + width);
    if (b % 2 == 1) image = cutmix::flipped(image, 'W');
    samples.push_back(cutmix::flipped(image, 'C'));  // RGB; nothing was copied so far
  }

  const auto imagenet =
      cutmix::ByteConversion::normalized({0.485, 0.456, 0.406}, {0.229, 0.224, 0.225});
  cutmix::CutMix mixer(1.0, 10, cutmix::Philox4x32(42));
  std::vector<float> mixed(batch * 3 * height * width);
  cutmix::collate(mixer.draw({batch, height, width}), samples,
                  cutmix::view(mixed.data(), {batch, 3, height, width}, "BCHW"), imagenet);
  std::cout << mixer.plan() << '\n';

  // Pixel by pixel.
  int wrong = 0;
  for (int b = 0, i = 0; b < batch; ++b)
    for (int c = 0; c < 3; ++c)
      for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x, ++i) {
          const auto& box = mixer.bbox();
          const bool inside = x >= box.x1 && x < box.x2 && y >= box.y1 && y < box.y2;
          const auto from = inside ? mixer.indices().data()[b] : b;
          const int column = 5 + (from % 2 == 1 ? width - 1 - x : x);
          const std::uint8_t* const bytes = decoded.data()[from].data();
          const std::uint8_t byte = bytes[(3 + y) * pitch + column * 3 + (2 - c)];
          wrong += mixed.data()[i] != static_cast<float>(imagenet(byte, c));
        }
  std::cout << wrong << " of " << mixed.size() << " values are wrong\n";
  return wrong == 0 ? 0 : 1;
}
