// An epoch whose last batch is smaller: views of the beginning of the same memory.
#include <algorithm>
#include <cmath>
#include <cutmix/mixer.hpp>
#include <cutmix/view.hpp>
#include <iostream>
#include <numeric>
#include <vector>

int main() {
  const int samples = 100, batch = 32, C = 3, H = 16, W = 16, classes = 10;
  // Room for a full batch, made once.
  std::vector<float> images(batch * C * H * W), mixed(images.size()), targets(batch * classes);
  std::vector<int> ids(batch);

  cutmix::CutMix mixer(1.0, classes, cutmix::Philox4x32(42));
  int seen = 0;
  double weights = 0;
  for (int first = 0; first < samples; first += batch) {
    const int n = std::min(batch, samples - first);  // 32, 32, 32, 4
    std::generate_n(ids.begin(), n, [i = first]() mutable { return i++ % classes; });
    mixer(cutmix::view(images.data(), {n, C, H, W}, "BCHW"), cutmix::view(ids.data(), {n}),
          cutmix::view(mixed.data(), {n, C, H, W}, "BCHW"),
          cutmix::view(targets.data(), {n, classes}));
    seen += static_cast<int>(mixer.indices().size());
    weights += std::accumulate(targets.begin(), targets.begin() + n * classes, 0.0);
    std::cout << "a batch of " << n << ", box " << mixer.bbox() << '\n';
  }
  std::cout << seen << " samples, whose labels weigh " << weights << '\n';
  return seen == samples && std::abs(weights - samples) < 1e-3 ? 0 : 1;
}
