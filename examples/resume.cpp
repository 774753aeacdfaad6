// The same batches again: from (seed, epoch, step, rank) in any order, or from text.
#include <cutmix/cutmix.hpp>
#include <iostream>
#include <sstream>
#include <vector>

int main() {
  const int epochs = 2, steps = 5;
  const cutmix::BatchShape shape{16, 28, 28};
  cutmix::CutMix mixer(1.0, 10, cutmix::Philox4x32(7));
  std::vector<cutmix::Plan> run;
  for (int epoch = 0; epoch < epochs; ++epoch)
    for (int step = 0; step < steps; ++step)
      run.push_back(mixer.at(epoch, step).draw(shape));  // and a rank, where there are many

  // Another process goes on in the middle of the second epoch, without replaying what came before.
  cutmix::CutMix resumed(1.0, 10, cutmix::Philox4x32(7));
  const bool same = resumed.at(1, 3).draw(shape) == run[1 * steps + 3];
  std::cout << "resumed at epoch 1, step 3: " << (same ? "the same plan\n" : "another plan\n");

  // What else befalls a batch has streams of its own, which never meet the mixer's.
  cutmix::Philox4x32 order = cutmix::philox_stream(7, 1, 0, 0, cutmix::Purpose::shuffle);
  std::cout << "the second epoch begins with sample " << cutmix::random_permutation(50000, order)[0]
            << '\n';

  // A functor that walks on by itself is saved and restored as text, and so are plans and engines.
  std::stringstream checkpoint;
  checkpoint << mixer << '\n' << run.front() << '\n' << order << '\n';
  std::cout << checkpoint.str();
  cutmix::CutMix again(1.0, 10, cutmix::Philox4x32());
  cutmix::Plan plan;
  cutmix::Philox4x32 rng;
  checkpoint >> again >> plan >> rng;
  const bool goes_on = checkpoint && again.draw(shape) == mixer.draw(shape);
  return same && goes_on && plan == run.front() && rng == order && run[0] != run[1] ? 0 : 1;
}
