// An Eigen::GpuDevice stands where a stream does. Compiled, and run by test_cuda where there is a
// GPU.

#define EIGEN_USE_GPU
#include <cutmix/cuda.hpp>
#include <cutmix/eigen.hpp>

#include "eigen_device.hpp"

void mix_on_eigen_device(cudaStream_t stream, const Batches& there) {
  const Eigen::GpuStreamDevice on_stream(&stream);
  const Eigen::GpuDevice device(&on_stream);
  const auto map = [](float* data) {
    return Eigen::TensorMap<Eigen::Tensor<float, 4, Eigen::RowMajor>>(data, 8, 3, 17, 23);
  };
  const auto rows = [](float* data) {
    return Eigen::TensorMap<Eigen::Tensor<float, 2, Eigen::RowMajor>>(data, 8, 10);
  };
  const Eigen::TensorMap<Eigen::Tensor<int, 1, Eigen::RowMajor>> ids(there.ids, 8);
  cutmix::CutMix mixer(1.0, 10, cutmix::Philox4x32(7));
  mixer(device, map(there.x), ids, map(there.out), rows(there.targets));
  mixer.in_place(device, map(there.x), ids, rows(there.targets));
  cutmix::mix_images_in_place(device, mixer.plan(), map(there.x));
  cutmix::mix_images(device, mixer.plan(), map(there.x), map(there.out));
  cutmix::mix_masks(device, mixer.plan(), map(there.x), map(there.out));
  cutmix::mix_labels(device, mixer.plan(), ids, 10, rows(there.targets));
}
