// Tokens: the share of each that is the partner's, for labels of tokens, as in TransMix.
#include <cutmix/philox.hpp>
#include <cutmix/region_masks.hpp>
#include <iomanip>
#include <iostream>
#include <vector>

int main() {
  const std::size_t B = 2, H = 64, W = 96, p = 16;  // images whose tokens are 16 x 16 pixels
  const std::size_t rows = H / p, columns = W / p, tokens = rows * columns;
  cutmix::Options options;
  options.box_law = cutmix::InsideLaw{};
  cutmix::Philox4x32 rng(3);
  const cutmix::Plan plan = cutmix::make_plan({B, H, W}, options, rng);

  std::vector<float> shares(B * tokens);
  cutmix::partner_mask(plan, cutmix::view(shares.data(), {B, rows, columns}));
  std::cout << "box " << plan.box(0) << "\n" << std::fixed << std::setprecision(2);
  for (std::size_t row = 0; row < rows; ++row, std::cout << '\n')
    for (std::size_t column = 0; column < columns; ++column)
      std::cout << ' ' << shares[row * columns + column];

  // TransMix: each token counts by the attention that it gets, here more in the middle.
  double all = 0, partners = 0, mean = 0;
  for (std::size_t t = 0; t < tokens; ++t) {
    const std::size_t row = t / columns, column = t % columns;
    const bool middle = 0 < row && row < rows - 1 && 0 < column && column < columns - 1;
    const double attention = middle ? 3 : 1, share = static_cast<double>(shares[t]);
    all += attention;
    partners += attention * share;
    mean += share / static_cast<double>(tokens);
  }
  std::cout << "the partner's label weighs " << 1 - plan.lambda(0) << " by pixels, "
            << partners / all << " by attention\n";

  // Pixels: an ignore map, or weights of a loss.
  std::vector<unsigned char> mask(B * H * W);
  cutmix::partner_mask(plan, cutmix::view(mask.data(), {B, H, W}));
  int pixels = 0;
  for (std::size_t i = 0; i < H * W; ++i) pixels += mask[i];
  std::cout << pixels << " pixels are the partner's\n";
  const double difference = mean - (1 - plan.lambda(0));
  return pixels == plan.box(0).volume() && -1e-6 < difference && difference < 1e-6 ? 0 : 1;
}
