// What a rank sends in a step where a batch is spread over many: patches, counted from plans,
// beside the gradients of ResNet-50. Prints the table of README.md.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cutmix/exchange.hpp>
#include <cutmix/mixer.hpp>
#include <vector>

int main() {
  using cutmix::Index;
  constexpr Index samples = 32, side = 224, channels = 3, steps = 100;
  constexpr double gradients = 25557032 * 4.0;  // bytes: torchvision's resnet50, float
  std::vector<std::uint8_t> shard(samples * side * side * channels);
  const auto images = cutmix::view(shard.data(), {samples, side, side, channels}, "BHWC");

  std::printf(
      "| ranks | messages | u8 patches | f32 patches | most in a step (f32) | gradients | u8 / "
      "gradients | f32 / gradients |\n| --: | --: | --: | --: | --: | --: | --: | --: |\n");
  for (const Index ranks : {8, 64, 512, 1024, 4096, 8192}) {
    const cutmix::Indices shards(static_cast<std::size_t>(ranks), samples);
    const Index asked = std::min<Index>(ranks, 8);  // as many ranks are counted
    cutmix::CutMix mixer(1.0, 1000, cutmix::Philox4x32(42));
    double messages = 0, bytes = 0, most = 0;
    for (Index step = 0; step < steps; ++step) {
      const cutmix::Plan& plan = mixer.at(0, step).draw({ranks * samples, side, side});
      for (Index i = 0; i < asked; ++i) {
        const cutmix::Exchange exchange(plan, shards, ranks / asked * i);
        double sent = 0;
        for (const cutmix::Message& message : exchange.sends(images)) {
          ++messages;
          sent += static_cast<double>(message.bytes);
        }
        bytes += sent;
        most = std::max(most, sent);
      }
    }
    const double each = static_cast<double>(steps * asked), mega = 1e6;
    // A ring sends every part of the gradient twice, but for the rank's own.
    const double ring = 2 * gradients * static_cast<double>(ranks - 1) / static_cast<double>(ranks);
    std::printf("| %td | %.1f | %.2f MB | %.2f MB | %.1f MB | %.0f MB | %.1f %% | %.1f %% |\n",
                ranks, messages / each, bytes / each / mega, 4 * bytes / each / mega,
                4 * most / mega, ring / mega, 100 * bytes / each / ring, 400 * bytes / each / ring);
  }
}
