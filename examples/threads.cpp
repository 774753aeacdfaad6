// Threads: an Eigen device or anything that runs n parts; the result is the same, byte for byte.
#define EIGEN_USE_THREADS
#include <cutmix/cutmix.hpp>
#include <iostream>
#include <thread>
#include <vector>

int main() {
  Eigen::Tensor<float, 4, Eigen::RowMajor> images(64, 3, 128, 128);
  for (Eigen::Index i = 0; i < images.size(); ++i) images.data()[i] = static_cast<float>(i % 1000);
  cutmix::Philox4x32 rng(42);
  const cutmix::Plan plan = cutmix::make_plan(images, cutmix::Options{}, rng);
  auto alone = images, pooled = images, own = images;
  cutmix::mix_images(plan, images, alone);

  Eigen::ThreadPool pool(4);
  cutmix::mix_images(Eigen::ThreadPoolDevice(&pool, 4), plan, images, pooled);

  const auto run_parts = [](cutmix::Index parts, cutmix::Part part) {
    std::vector<std::thread> threads;
    for (cutmix::Index i = 0; i < parts; ++i) threads.emplace_back(part, i);
    for (std::thread& thread : threads) thread.join();
  };
  cutmix::mix_images(run_parts, plan, images, own);

  const Eigen::Tensor<bool, 0, Eigen::RowMajor> equal =
      (alone == pooled).all() && (alone == own).all();
  std::cout << "on one thread, on a pool of four, on threads of our own: "
            << (equal() ? "the same batch\n" : "different batches\n");
  return equal() ? 0 : 1;
}
