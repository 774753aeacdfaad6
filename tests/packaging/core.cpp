// What every consumer of cutmix::core builds: batches in raw memory, without another library.
#include <cmath>
#include <cstdint>
#include <cutmix/collate.hpp>
#include <cutmix/exchange.hpp>
#include <cutmix/images.hpp>
#include <cutmix/labels.hpp>
#include <cutmix/loss.hpp>
#include <cutmix/mixer.hpp>
#include <cutmix/plan.hpp>
#include <cutmix/version.hpp>
#include <cutmix/view.hpp>
#include <iostream>
#include <vector>

namespace {

constexpr int B = 6, C = 3, H = 8, W = 10, classes = 4;

auto images_in(std::vector<std::uint8_t>& memory) {
  return cutmix::view(memory.data(), {B, H, W, C}, "BHWC");
}

// The share of its own pixels that a sample kept, where every pixel says whose it is.
double own_share(const std::vector<std::uint8_t>& mixed, std::size_t sample) {
  constexpr std::size_t pixels = H * W * C;
  double own = 0;
  for (std::size_t i = 0; i < pixels; ++i) own += mixed[sample * pixels + i] == sample ? 1 : 0;
  return own / pixels;
}

}  // namespace

int main() {
  std::vector<std::uint8_t> images(B * H * W * C), mixed(images.size()), again(images.size());
  std::vector<int> ids(B);
  std::vector<float> targets(B * classes), logits(targets.size());
  for (std::size_t i = 0; i < images.size(); ++i)
    images[i] = static_cast<std::uint8_t>(i / (H * W * C));
  for (std::size_t b = 0; b < B; ++b) ids[b] = static_cast<int>(b) % classes;
  const auto rows = [](std::vector<float>& memory) {
    return cutmix::view(memory.data(), {B, classes});
  };

  cutmix::Options options;
  options.scope = cutmix::Scope::sample;
  options.pairing = cutmix::Pairing::derangement;
  cutmix::CutMix mixer(options, classes, cutmix::Philox4x32(42));
  mixer(images_in(images), ids, images_in(mixed), rows(targets));
  const cutmix::Plan& plan = mixer.plan();
  std::cout << "cutmix " << CUTMIX_VERSION_MAJOR << ": " << plan << '\n';

  int faults = 0;
  for (std::size_t b = 0; b < B; ++b) {
    const double kept = own_share(mixed, b);
    const double lambda = plan.lambda(static_cast<cutmix::Index>(b));
    faults += std::abs(kept - lambda) > 1e-12;
    faults += std::abs(targets[b * classes + b % classes] - lambda) > 1e-6 &&
              plan.indices[b] % classes != static_cast<cutmix::Index>(b) % classes;
  }

  // The same plan, applied by itself and to samples one by one.
  cutmix::mix_images(plan, images_in(images), images_in(again));
  faults += again != mixed;
  std::vector<const std::uint8_t*> samples;
  for (std::size_t b = 0; b < B; ++b) samples.push_back(images.data() + b * H * W * C);
  again.assign(again.size(), 255);
  cutmix::collate(plan, samples, images_in(again));
  faults += again != mixed;

  // Spread over ranks, of which this process is the only one.
  again.assign(again.size(), 255);
  const cutmix::Exchange exchange(plan, {B}, 0);
  exchange.mix_images(images_in(images), cutmix::Bytes(), images_in(again));
  faults += again != mixed;

  const double loss = cutmix::soft_cross_entropy(rows(logits), rows(targets));
  faults += std::abs(loss - std::log(double{classes})) > 1e-6;
  std::cout << "loss " << loss << ", " << faults << " faults\n";
  return faults;
}
