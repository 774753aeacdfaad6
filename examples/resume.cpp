// The same batches again: an engine for each (seed, epoch, step, rank), and plans kept as text.
#include <cutmix/cutmix.hpp>
#include <iostream>
#include <sstream>
#include <vector>

int main() {
  const std::uint32_t seed = 7, epochs = 2, steps = 5;
  const cutmix::BatchShape shape{16, 28, 28};
  cutmix::CutMix mixer(1.0, 10, cutmix::Philox4x32(seed));
  std::vector<cutmix::Plan> run;
  for (std::uint32_t epoch = 0; epoch < epochs; ++epoch)
    for (std::uint32_t step = 0; step < steps; ++step) {
      mixer.rng() = cutmix::philox_stream(seed, epoch, step);  // and a rank, where there are many
      run.push_back(mixer.draw(shape));
    }

  // Another process goes on in the middle of the second epoch, without replaying what came before.
  cutmix::CutMix resumed(1.0, 10, cutmix::philox_stream(seed, 1, 3));
  const bool same = resumed.draw(shape) == run[1 * steps + 3];
  std::cout << "resumed at epoch 1, step 3: " << (same ? "the same plan\n" : "another plan\n");

  // A plan is plain data: print it, store it, send it, read it back.
  std::stringstream text;
  text << run.front();
  cutmix::Plan again;
  text >> again;
  std::cout << again << '\n';
  return same && text && again == run.front() && run[0] != run[1] ? 0 : 1;
}
