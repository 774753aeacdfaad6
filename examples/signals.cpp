// Signals: "BCW" is a batch in one dimension, whose boxes are stretches of time.
#include <cutmix/mixer.hpp>
#include <cutmix/view.hpp>
#include <iostream>
#include <vector>

int main() {
  const std::size_t B = 8, C = 2, W = 16000, classes = 4;  // 8 recordings of two channels
  std::vector<float> signals(B * C * W), mixed(signals.size()), targets(B * classes);
  std::vector<int> labels(B);
  for (std::size_t b = 0; b < B; ++b) labels[b] = static_cast<int>(b % classes);
  for (std::size_t i = 0; i < signals.size(); ++i)
    signals[i] = static_cast<float>(i / (C * W));  // its number

  cutmix::Options options;
  options.scope = cutmix::Scope::sample;
  options.box_law = cutmix::InsideLaw{};  // stretches of just 1 - lambda of the time
  cutmix::CutMix mixer(options, classes, cutmix::Philox4x32(42));
  mixer(cutmix::view(signals.data(), {B, C, W}, "BCW"), labels,
        cutmix::view(mixed.data(), {B, C, W}, "BCW"), cutmix::view(targets.data(), {B, classes}));

  int wrong = 0;
  for (std::size_t b = 0; b < B; ++b) {
    const cutmix::BBox& box = mixer.plan().patches[b].box;
    const auto partner = static_cast<float>(mixer.indices()[b]);
    std::cout << "signal " << b << ": samples " << box.x1 << " to " << box.x2 << " of signal "
              << partner << ", label weight " << mixer.plan().lambda(static_cast<cutmix::Index>(b))
              << '\n';
    for (std::size_t i = 0; i < C * W; ++i) {  // both channels are cut alike
      const auto time = static_cast<cutmix::Index>(i % W);
      const bool inside = box.x1 <= time && time < box.x2;
      wrong += mixed[b * C * W + i] != (inside ? partner : static_cast<float>(b));
    }
  }
  std::cout << wrong << " samples are not where they should be\n";
  return wrong;
}
