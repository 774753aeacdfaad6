// DLPack: memory that another framework hands over is mixed where it lies, without dlpack.h.
#include <cstdint>
#include <cutmix/dlpack.hpp>
#include <cutmix/mixer.hpp>
#include <iostream>
#include <vector>

// What dlpack.h declares; include it instead where you have it.
struct DLTensor {
  void* data;
  struct {
    std::int32_t device_type, device_id;
  } device;
  std::int32_t ndim;
  struct {
    std::uint8_t code, bits;
    std::uint16_t lanes;
  } dtype;
  std::int64_t* shape;
  std::int64_t* strides;
  std::uint64_t byte_offset;
};

int main() {
  // Every second row of somebody's images, as (B, C, H, W) of float on the CPU.
  const int B = 4, C = 3, H = 10, W = 12;
  std::vector<float> theirs(B * C * 2 * H * W), mixed(B * C * H * W), targets(B * 5);
  for (std::size_t i = 0; i < theirs.size(); ++i) theirs[i] = static_cast<float>(i);
  std::int64_t shape[] = {B, C, H, W}, strides[] = {C * 2 * H * W, 2 * H * W, 2 * W, 1};
  const DLTensor images{theirs.data(), {1, 0}, 4, {2, 32, 1}, shape, strides, 0};
  DLTensor out{mixed.data(), {1, 0}, 4, {2, 32, 1}, shape, nullptr, 0};

  cutmix::CutMix mixer(1.0, 5, cutmix::Philox4x32(42));
  mixer(images, std::vector<int>{0, 1, 2, 3}, out, cutmix::view(targets.data(), {B, 5}));
  std::cout << mixer.plan() << '\n';

  int wrong = 0;
  for (int b = 0, i = 0; b < B; ++b)
    for (int c = 0; c < C; ++c)
      for (int y = 0; y < H; ++y)
        for (int x = 0; x < W; ++x, ++i) {
          const auto& box = mixer.bbox();
          const bool inside = x >= box.x1 && x < box.x2 && y >= box.y1 && y < box.y2;
          const auto from = inside ? mixer.indices().data()[b] : b;
          const float expected = theirs.data()[((from * C + c) * 2 * H + 2 * y) * W + x];
          wrong += mixed.data()[i] != expected;
        }

  // What cannot be mixed here is told so.
  out.device.device_type = 2;  // CUDA
  try {
    cutmix::mix_images(mixer.plan(), images, out);
  } catch (const std::invalid_argument& error) {
    std::cout << error.what() << '\n';
    return wrong == 0 ? 0 : 1;
  }
  return 1;
}
