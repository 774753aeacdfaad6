#ifndef CUTMIX_TESTS_CUDA_EIGEN_DEVICE_HPP
#define CUTMIX_TESTS_CUDA_EIGEN_DEVICE_HPP

#include <cuda_runtime.h>

// A batch of 8 x 3 x 17 x 23 pixels and of 8 labels among 10, on a GPU.
struct Batches {
  float *x, *out, *targets;
  int* ids;
};

// Mixes it on an Eigen::GpuDevice, in every form.
void mix_on_eigen_device(cudaStream_t stream, const Batches& there);

#endif  // CUTMIX_TESTS_CUDA_EIGEN_DEVICE_HPP
