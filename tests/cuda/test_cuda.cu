// The kernels on a GPU: the bytes of the processor, on streams, in a graph. Without a GPU it is
// skipped, with a line that says so. What one thread does is tested everywhere, in test_gpu.cpp.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cutmix/cuda.hpp>
#include <vector>

#include "eigen_device.hpp"

namespace {

using cutmix::Index;
using cutmix::view;

void require(bool right, const char* what) {
  if (right) return;
  std::printf("FAILED: %s\n", what);
  std::exit(1);
}
void require(cudaError_t error, const char* what) {
  if (error != cudaSuccess) std::printf("%s\n", cudaGetErrorString(error));
  require(error == cudaSuccess, what);
}

// The same numbers here and on the GPU.
template <class T>
class Both {
 public:
  explicit Both(Index count) : here(static_cast<std::size_t>(count)) {
    void* memory = nullptr;
    require(cudaMalloc(&memory, here.size() * sizeof(T)), "cudaMalloc");
    there = static_cast<T*>(memory);
  }
  Both(const Both&) = delete;
  Both& operator=(const Both&) = delete;
  ~Both() { cudaFree(there); }

  void to_gpu() { copy(there, here.data(), cudaMemcpyHostToDevice); }
  bool is_same() const {
    std::vector<T> back(here.size());
    copy(back.data(), there, cudaMemcpyDeviceToHost);
    return std::memcmp(back.data(), here.data(), here.size() * sizeof(T)) == 0;
  }

  std::vector<T> here;
  T* there = nullptr;

 private:
  void copy(void* to, const void* from, cudaMemcpyKind kind) const {
    require(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
    require(cudaMemcpy(to, from, here.size() * sizeof(T), kind), "cudaMemcpy");
  }
};

struct Batch {
  Index batch, channels, height, width;
  const char* letters;
  cutmix::Sizes sizes() const {
    return letters[1] == 'C' ? cutmix::Sizes{batch, channels, height, width}
                             : cutmix::Sizes{batch, height, width, channels};
  }
  Index count() const { return batch * channels * height * width; }
};

// Out of place, in place and labels by one functor here and one there.
template <class T>
void check_functor(cudaStream_t stream, const Batch& shape, const cutmix::Options& options) {
  cutmix::CutMix here(options, 10, cutmix::Philox4x32(7)), there = here;
  cutmix::Philox4x32 numbers(11);
  Both<T> x(shape.count()), out(shape.count());
  Both<int> ids(shape.batch);
  Both<float> targets(shape.batch * 10);
  for (T& one : x.here) one = static_cast<T>(numbers() % 251);
  for (int& id : ids.here) id = static_cast<int>(numbers() % 10);
  x.to_gpu(), out.to_gpu(), ids.to_gpu(), targets.to_gpu();
  const auto images = [&](T* data) { return view(data, shape.sizes(), shape.letters); };
  const auto rows = [&](float* data) { return view(data, {shape.batch, 10}); };
  for (int round = 0; round < 4; ++round) {
    here(images(x.here.data()), ids.here, images(out.here.data()), rows(targets.here.data()));
    there(stream, images(x.there), view(ids.there, {shape.batch}), images(out.there),
          rows(targets.there));
    require(out.is_same(), "out of place");
    require(targets.is_same(), "targets of ids");
    here.in_place(images(x.here.data()), ids.here, rows(targets.here.data()));
    there.in_place(stream, images(x.there), view(ids.there, {shape.batch}), rows(targets.there));
    require(x.is_same(), "in place");
    require(targets.is_same(), "targets of ids, in place");
    require(here.plan() == there.plan(), "the same plan");
  }
}

// Replays of one graph, each with a plan of its own.
void check_graph(cudaStream_t stream) {
  const cutmix::BatchShape shape{16, 24, 40};
  const Index count = 16 * 3 * 24 * 40;
  cutmix::Options options;
  options.scope = cutmix::Scope::sample;
  options.mixup_prob = 0.3;
  cutmix::Philox4x32 rng(5);
  Both<float> x(count), out(count), written(count);
  for (float& one : x.here) one = static_cast<float>(rng() % 1000);
  written.here = x.here;
  x.to_gpu(), out.to_gpu(), written.to_gpu();
  const auto images = [](float* data) { return view(data, {16, 3, 24, 40}); };
  cutmix::CudaPlan plan(stream, cutmix::make_plan(shape, options, rng));
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t replay = nullptr;
  require(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "capture");
  cutmix::mix_images(stream, plan, images(x.there), images(out.there));
  cutmix::mix_images_in_place(stream, plan, images(written.there));
  bool refused = false;
  try {
    cutmix::mix_images(stream, plan.plan(), images(x.there), images(out.there));
  } catch (const std::invalid_argument&) {
    refused = true;
  }
  require(refused, "a plan that would be copied once and for all is refused");
  require(cudaStreamEndCapture(stream, &graph), "end of capture");
  require(cudaGraphInstantiate(&replay, graph, 0), "instantiate");
  for (int round = 0; round < 200; ++round) {  // more than there is pinned memory for
    plan.update(stream, cutmix::make_plan(shape, options, rng));
    require(cudaGraphLaunch(replay, stream), "launch");
    cutmix::mix_images_in_place(plan.plan(), images(written.here.data()));
  }
  cutmix::mix_images(plan.plan(), images(x.here.data()), images(out.here.data()));
  require(out.is_same(), "a graph out of place");
  require(written.is_same(), "a graph in place");
  cudaGraphExecDestroy(replay);
  cudaGraphDestroy(graph);
}

// What a functor does on an Eigen::GpuDevice is what one does here.
[[maybe_unused]] void check_eigen_device(cudaStream_t stream,
                                         void (*mix)(cudaStream_t, const Batches&)) {
  Both<float> x(8 * 3 * 17 * 23), out(8 * 3 * 17 * 23), targets(80);
  Both<int> ids(8);
  cutmix::Philox4x32 numbers(13);
  for (float& one : x.here) one = static_cast<float>(numbers() % 251);
  for (int& id : ids.here) id = static_cast<int>(numbers() % 10);
  x.to_gpu(), out.to_gpu(), ids.to_gpu(), targets.to_gpu();
  const auto images = [](float* data) { return view(data, {8, 3, 17, 23}); };
  const auto rows = view(targets.here.data(), {8, 10});
  cutmix::CutMix mixer(1.0, 10, cutmix::Philox4x32(7));
  mixer(images(x.here.data()), ids.here, images(out.here.data()), rows);
  mixer.in_place(images(x.here.data()), ids.here, rows);
  cutmix::mix_images_in_place(mixer.plan(), images(x.here.data()));
  cutmix::mix_images(mixer.plan(), images(x.here.data()), images(out.here.data()));
  mix(stream, {x.there, out.there, targets.there, ids.there});
  require(x.is_same(), "Eigen::GpuDevice, in place");
  require(out.is_same(), "Eigen::GpuDevice, out of place");
  require(targets.is_same(), "Eigen::GpuDevice, targets");
}

}  // namespace

int main() {
  int count = 0;
  if (cudaGetDeviceCount(&count) != cudaSuccess || count == 0) {
    std::printf("skipped: there is no GPU\n");
    return 77;
  }
  cudaStream_t stream = nullptr, other = nullptr;
  require(cudaStreamCreate(&stream), "cudaStreamCreate");
  require(cudaStreamCreateWithFlags(&other, cudaStreamNonBlocking), "cudaStreamCreate");
  const Batch batches[] = {
      {256, 3, 32, 32, "BCHW"}, {17, 3, 33, 65, "BHWC"}, {2, 1, 224, 224, "BCHW"}};
  for (const Batch& batch : batches)
    for (const auto scope : {cutmix::Scope::batch, cutmix::Scope::sample})
      for (const double mixup : {0.0, 0.5}) {
        cutmix::Options options;
        options.scope = scope;
        options.mixup_prob = mixup;
        check_functor<float>(stream, batch, options);
        check_functor<unsigned char>(other, batch, options);
        check_functor<double>(stream, batch, options);
        check_functor<short>(nullptr, batch, options);
      }
  check_graph(stream);
#ifdef CUTMIX_TEST_EIGEN_DEVICE
  check_eigen_device(stream, mix_on_eigen_device);
#endif
  cudaStreamDestroy(stream);
  cudaStreamDestroy(other);
  std::printf("all bytes are the processor's\n");
}
