// A stereo pair and its depth: whatever belongs to the batch follows the plan of its images.
#include <cstdint>
#include <cutmix/cutmix.hpp>
#include <iostream>

int main() {
  const int batch = 4, side = 16;
  Eigen::Tensor<std::uint8_t, 4, Eigen::RowMajor> left(batch, 3, side, side), right = left;
  Eigen::Tensor<double, 3, Eigen::RowMajor> depth(batch, side, side);
  for (int b = 0; b < batch; ++b) {
    left.chip(b, 0).setConstant(static_cast<std::uint8_t>(b));
    right.chip(b, 0).setConstant(static_cast<std::uint8_t>(100 + b));
    depth.chip(b, 0).setConstant(b / 10.0);
  }

  cutmix::CutMix mixer(1.0, 10, cutmix::Philox4x32(42));
  const cutmix::Plan& plan = mixer.draw({batch, side, side});
  auto left_mixed = left, right_mixed = right;
  auto depth_mixed = depth;
  cutmix::mix_images(plan, left, left_mixed);
  cutmix::mix_images(plan, right, right_mixed);
  cutmix::mix_images(plan, depth, depth_mixed);

  int apart = 0;
  for (int b = 0; b < batch; ++b)
    for (int y = 0; y < side; ++y)
      for (int x = 0; x < side; ++x) {
        const int owner = left_mixed(b, 0, y, x);
        apart += right_mixed(b, 0, y, x) != 100 + owner || depth_mixed(b, y, x) != owner / 10.0;
      }
  std::cout << plan << '\n' << apart << " pixels have come apart\n";
  return apart;
}
