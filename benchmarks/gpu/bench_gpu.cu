// How long a batch on the GPU takes, next to a copy from the GPU to itself of the same bytes.
// Prints one line of JSON a row.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cutmix/cuda.hpp>
#include <functional>
#include <string>
#include <vector>

namespace {

using cutmix::Index;
using cutmix::ScalarKind;

void check(cudaError_t error) {
  if (error == cudaSuccess) return;
  std::fprintf(stderr, "%s\n", cudaGetErrorString(error));
  std::exit(1);
}

double median(std::vector<double> times) {
  std::nth_element(times.begin(), times.begin() + static_cast<Index>(times.size() / 2),
                   times.end());
  return times[times.size() / 2];
}

constexpr int rounds = 15, calls = 20;

// Microseconds of one call on the GPU: the median over rounds, each of some calls.
double on_gpu(cudaStream_t stream, const std::function<void()>& call) {
  cudaEvent_t begin = nullptr, end = nullptr;
  check(cudaEventCreate(&begin));
  check(cudaEventCreate(&end));
  std::vector<double> times;
  call();
  for (int round = 0; round < rounds; ++round) {
    check(cudaEventRecord(begin, stream));
    for (int i = 0; i < calls; ++i) call();
    check(cudaEventRecord(end, stream));
    check(cudaEventSynchronize(end));
    float ms = 0;
    check(cudaEventElapsedTime(&ms, begin, end));
    times.push_back(1000.0 * static_cast<double>(ms) / calls);
  }
  check(cudaEventDestroy(begin));
  check(cudaEventDestroy(end));
  return median(times);
}

// Microseconds until a call returns.
double on_host(cudaStream_t stream, const std::function<void()>& call) {
  std::vector<double> times;
  for (int i = 0; i < 200; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    call();
    const auto end = std::chrono::steady_clock::now();
    times.push_back(std::chrono::duration<double, std::micro>(end - begin).count());
    check(cudaStreamSynchronize(stream));
  }
  return median(times);
}

struct Scalar {
  const char* name;
  ScalarKind kind;
  Index bytes;
};

struct Memory {
  explicit Memory(Index bytes) { check(cudaMalloc(&data, static_cast<std::size_t>(bytes))); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory() { cudaFree(data); }
  void* data = nullptr;
};

void run(cudaStream_t stream, Index batch, Index side, const Scalar& scalar, cutmix::Scope scope) {
  const Index count = batch * 3 * side * side, bytes = count * scalar.bytes;
  const Memory x(bytes), out(bytes), ids(batch * 8), targets(batch * 1000 * 4);
  check(cudaMemset(x.data, 1, static_cast<std::size_t>(bytes)));
  check(cudaMemset(ids.data, 0, static_cast<std::size_t>(batch * 8)));
  const auto images = [&](void* data) {
    return cutmix::BatchView(data, scalar.kind, scalar.bytes, {batch, 3, side, side});
  };
  // Boxes of half the area, the left edge at an odd column.
  cutmix::Options options;
  options.scope = scope;
  options.box_law = [](const cutmix::ImageSize& image, double, cutmix::UrbgRef&) {
    const Index wide = image.width * 7 / 10, high = image.height * 7 / 10;
    const Index left = image.width / 8 | 1, top = image.height / 9;
    return cutmix::BBox{left, top, left + wide, top + high};
  };
  cutmix::Philox4x32 rng(3);
  const cutmix::Plan plan = cutmix::make_plan({batch, side, side}, options, rng);
  const cutmix::BBox& box = plan.box(0);
  const Index patch = batch * 3 * (box.x2 - box.x1) * (box.y2 - box.y1) * scalar.bytes;
  const auto row = [&](const char* what, double time, double base) {
    std::printf(
        "{\"batch\": %td, \"side\": %td, \"scalar\": \"%s\", \"scope\": \"%s\", \"what\": \"%s\", "
        "\"us\": %.2f, \"ratio\": %.3f}\n",
        batch, side, scalar.name, scope == cutmix::Scope::batch ? "batch" : "sample", what, time,
        time / base);
  };
  const auto copy = [&](Index n) {
    return on_gpu(stream, [&, n] {
      check(cudaMemcpyAsync(out.data, x.data, static_cast<std::size_t>(n), cudaMemcpyDeviceToDevice,
                            stream));
    });
  };
  const double whole = copy(bytes), part = copy(patch);
  row("copy of the batch", whole, whole);
  row("copy of the patch", part, part);
  const cutmix::CudaPlan there(stream, plan);
  row("out of place",
      on_gpu(stream, [&] { cutmix::mix_images(stream, there, images(x.data), images(out.data)); }),
      whole);
  row("in place",
      on_gpu(stream, [&] { cutmix::mix_images_in_place(stream, there, images(x.data)); }), part);
  cutmix::CutMix mixer(options, 1000, rng);
  const auto labels = cutmix::view(static_cast<const std::int64_t*>(ids.data), {batch});
  const auto rows = cutmix::view(static_cast<float*>(targets.data), {batch, 1000});
  const auto functor = [&] { mixer(stream, images(x.data), labels, images(out.data), rows); };
  row("functor with targets", on_gpu(stream, functor), whole);
  const double host = on_host(stream, functor);
  row("functor until it returns", host, host);
}

}  // namespace

int main() {
  int count = 0;
  if (cudaGetDeviceCount(&count) != cudaSuccess || count == 0) {
    std::fprintf(stderr, "skipped: there is no GPU\n");
    return 77;
  }
  cudaStream_t stream = nullptr;
  check(cudaStreamCreate(&stream));
  const Scalar scalars[] = {{"f32", ScalarKind::float32, 4},
                            {"bf16", ScalarKind::bfloat16, 2},
                            {"u8", ScalarKind::uint8, 1}};
  for (const auto& scalar : scalars)
    for (const auto scope : {cutmix::Scope::batch, cutmix::Scope::sample}) {
      run(stream, 256, 224, scalar, scope);
      run(stream, 1024, 32, scalar, scope);
    }
  check(cudaStreamDestroy(stream));
}
