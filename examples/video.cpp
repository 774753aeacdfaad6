// Video: "BCTHW" cuts the same box out of all frames, "BCDHW" limits it to a stretch of time too.
#include <cutmix/images.hpp>
#include <cutmix/philox.hpp>
#include <cutmix/view.hpp>
#include <iostream>
#include <vector>

int main() {
  const std::size_t B = 4, C = 3, T = 16, H = 24, W = 32;  // 4 clips of 16 frames
  std::vector<float> clips(B * C * T * H * W), mixed(clips.size());
  for (std::size_t i = 0; i < clips.size(); ++i) clips[i] = static_cast<float>(i / (C * T * H * W));
  // How many pixels of each frame of clip 0 are its partner's, and of what share its label is left.
  const auto mix = [&](const char* letters) {
    const auto images = cutmix::view(clips.data(), {B, C, T, H, W}, letters);
    cutmix::Options options;
    options.pairing = cutmix::Pairing::rolled;  // none is its own partner
    cutmix::Philox4x32 rng(8);
    const cutmix::Plan plan = cutmix::make_plan(images, options, rng);
    cutmix::mix_images(plan, images, cutmix::view(mixed.data(), {B, C, T, H, W}, letters));
    std::vector<int> replaced(T);
    for (std::size_t i = 0; i < T * H * W; ++i) replaced[i / (H * W)] += mixed[i] != 0;
    std::cout << letters << ": box " << plan.box(0) << ", label weight " << plan.lambda(0)
              << "\n  pixels replaced in each frame:";
    for (const int pixels : replaced) std::cout << ' ' << pixels;
    std::cout << '\n';
    return replaced;
  };

  const std::vector<int> all = mix("BCTHW");   // a box of width and height
  const std::vector<int> some = mix("BCDHW");  // and of depth, which is time: a tube
  std::size_t with_box = 0, whole = 0;
  for (std::size_t t = 0; t < T; ++t) {
    with_box += all[t] == all[0] && all[t] > 0;
    whole += some[t] == 0;
  }
  std::cout << with_box << " frames of " << T << " are cut by the first, " << T - whole
            << " by the second\n";
  return with_box == T && 0 < whole && whole < T ? 0 : 1;
}
