// DLPack's tensors: what their fields mean, what is refused, and that other people's memory is
// mixed where it lies.

#include <array>
#include <atomic>
#include <cstdint>
#include <cutmix/collate.hpp>
#include <cutmix/dlpack.hpp>
#include <cutmix/images.hpp>
#include <cutmix/labels.hpp>
#include <cutmix/mixer.hpp>
#include <numeric>
#include <type_traits>
#include <vector>

#include "dlpack_tensor.hpp"
#include "naive.hpp"

extern std::atomic<long> allocations, allocated_bytes;

using namespace testing;
using cutmix::BatchView;
using cutmix::ByteConversion;
using cutmix::collate;
using cutmix::ConstBatchView;
using cutmix::Options;
using cutmix::view;

TEST_CASE("a DLTensor is a view of its memory") {
  std::vector<float> memory(2 * 3 * 4 * 5 + 7);
  Owner plain(memory.data(), {2, 3, 4, 5}, of_float);
  const BatchView v = view(plain.tensor);
  CHECK(v.data() == memory.data());
  CHECK(v.kind() == ScalarKind::float32);
  CHECK(v.rank() == 4);
  CHECK(v.size(2) == 4);
  CHECK(v.stride(0) == 60);
  CHECK(v.stride(3) == 1);
  CHECK(v.letters().empty());
  CHECK(view(plain.tensor, "BHWC").letters() == "BHWC");
  Owner slice(memory.data(), {2, 4}, of_float, {30, -1}, 5 * sizeof(float));
  CHECK(view(slice.tensor).data() == memory.data() + 5);
  CHECK(view(slice.tensor).stride(1) == -1);
  // One that is const is an input, and any struct with such fields will do.
  static_assert(std::is_same_v<decltype(view(std::declval<const DLTensor&>())), ConstBatchView>);
  static_assert(std::is_same_v<decltype(view(std::declval<DLTensor&>())), BatchView>);
  struct Other {
    DLTensor tensor;
  };
  static_assert(cutmix::detail::is_dlpack_tensor<DLTensor>);
  static_assert(!cutmix::detail::is_dlpack_tensor<Other>);
  static_assert(!cutmix::detail::is_dlpack_tensor<int>);
  static_assert(!cutmix::detail::is_dlpack_tensor<std::vector<float>>);
  // Memory that is pinned to the CPU's.
  for (const DLDeviceType type : {kDLCUDAHost, kDLROCMHost}) {
    plain.tensor.device.device_type = type;
    CHECK(view(plain.tensor).data() == memory.data());
  }
  // Nothing at all.
  Owner empty(nullptr, {0, 3}, of_float);
  empty.tensor.byte_offset = 64;
  CHECK(view(empty.tensor).data() == nullptr);
  DLTensor number{memory.data(), {kDLCPU, 0}, 0, of_float, nullptr, nullptr, 0};
  CHECK(view(number).rank() == 0);
}

TEST_CASE("dtypes of DLPack") {
  std::vector<double> memory(64);
  const auto view_of = [&](std::uint8_t code, std::uint8_t bits) {
    Owner owner(memory.data(), {2, 2}, {code, bits, 1});
    return view(owner.tensor);
  };
  struct Case {
    std::uint8_t code, bits;
    ScalarKind kind;
  };
  const Case cases[] = {
      {0, 8, ScalarKind::int8},     {0, 16, ScalarKind::int16},   {0, 32, ScalarKind::int32},
      {0, 64, ScalarKind::int64},   {1, 8, ScalarKind::uint8},    {1, 16, ScalarKind::uint16},
      {1, 32, ScalarKind::uint32},  {1, 64, ScalarKind::uint64},  {2, 16, ScalarKind::half},
      {2, 32, ScalarKind::float32}, {2, 64, ScalarKind::float64}, {4, 16, ScalarKind::bfloat16},
      {5, 32, ScalarKind::opaque},  {5, 64, ScalarKind::opaque},  {5, 128, ScalarKind::opaque},
      {6, 8, ScalarKind::boolean}};
  int seen = 0;
  for (int code = 0; code < 256; ++code)
    for (int bits = 0; bits < 256; ++bits) {
      const auto known = std::find_if(std::begin(cases), std::end(cases), [&](const Case& one) {
        return one.code == code && one.bits == bits;
      });
      const auto dtype = [&] {
        return view_of(static_cast<std::uint8_t>(code), static_cast<std::uint8_t>(bits));
      };
      if (known == std::end(cases)) {
        REQUIRE(error_of(dtype) != "no error");
        continue;
      }
      ++seen;
      const BatchView v = dtype();
      REQUIRE(v.kind() == known->kind);
      REQUIRE(v.scalar_bytes() == bits / 8);
    }
  CHECK(seen == 16);
}

TEST_CASE("DLPack tensors that cannot be mixed here") {
  std::vector<float> memory(120);
  const auto error = [&](const auto& change) {
    Owner owner(memory.data(), {2, 3, 4, 5}, of_float);
    change(owner.tensor);
    return error_of([&] { view(owner.tensor); });
  };
  CHECK(error([](DLTensor&) {}) == "no error");
  CHECK(error([](DLTensor& t) { t.device.device_type = kDLCUDA; }) ==
        "cutmix: device_type of the DLPack tensor (2, 3, 4, 5) = 2, must be 1, the CPU, or memory "
        "that is pinned to it, 3 or 11");
  CHECK(error([](DLTensor& t) { t.dtype.lanes = 4; }) ==
        "cutmix: lanes of the DLPack tensor (2, 3, 4, 5) = 4, must be 1");
  CHECK(error([](DLTensor& t) { t.dtype.bits = 4; }) ==
        "cutmix: dtype.bits of the DLPack tensor (2, 3, 4, 5) = 4, must be a size that its "
        "dtype.code has in C++");
  CHECK(
      error([](DLTensor& t) { t.dtype.code = 3; }) ==
      "cutmix: dtype.code of the DLPack tensor (2, 3, 4, 5) = 3, must be one of 0, 1, 2, 4, 5 and "
      "6: integers, floats, bfloat16, complex, bool");
  CHECK(error([](DLTensor& t) { t.ndim = 9; }) ==
        "cutmix: ndim of the DLPack tensor = 9, must be in [0, 8]");
  CHECK(error([](DLTensor& t) { t.ndim = -1; }) ==
        "cutmix: ndim of the DLPack tensor = -1, must be in [0, 8]");
  CHECK(error([](DLTensor& t) { t.shape = nullptr; }) ==
        "cutmix: shape of the DLPack tensor = nullptr, must have 4 sizes");
  CHECK(error([](DLTensor& t) { t.data = nullptr; }) ==
        "cutmix: data = nullptr, must point at the scalars");
  CHECK(error([](DLTensor& t) { t.shape[1] = -3; }) == "cutmix: sizes[1] = -3, must be at least 0");
  // What fits as a tensor and not as a batch.
  Owner x(memory.data(), {2, 3, 2, 5}, of_float), out(memory.data() + 60, {2, 3, 2, 5}, {0, 32, 1});
  const Plan plan{{2, 2, 5}, {1, 0}, {{{1, 0, 3, 2}, 1}}};
  CHECK(error_of([&] { cutmix::mix_images(plan, x.tensor, out.tensor); }) ==
        "cutmix: scalar of x_out = int32, must be float32, as of x");
}

TEST_CASE("DLPack tensors mix as raw memory does, labels and samples too") {
  const std::uint32_t seed = 700;
  Dice dice(seed);
  for (int i = 0; i < 50; ++i) {
    INFO("seed " << seed << " case " << i);
    const Index B = dice.roll(1, 5), C = dice.roll(1, 3), H = dice.roll(1, 9), W = dice.roll(1, 9);
    // Every second image, row and column of a larger batch, columns backwards.
    const Indices strides{2 * C * 4 * H * W, 4 * H * W, 4 * W, -2};
    std::vector<float> memory(nth(2 * B * C * 4 * H * W)), out(nth(B * C * H * W)), expected = out;
    std::iota(memory.begin(), memory.end(), 0.0f);
    const Index first = 2 * W - 2;
    Owner x(memory.data(), {B, C, H, W}, of_float, {strides.begin(), strides.end()},
            static_cast<std::uint64_t>(first) * sizeof(float));
    Owner to(out.data(), {B, C, H, W}, of_float);
    Options options;
    options.scope = cutmix::Scope::sample;
    const Plan plan = make_plan(x.tensor, options, dice.engine());
    cutmix::mix_images(plan, x.tensor, to.tensor);
    cutmix::mix_images(plan, view(memory.data() + first, {B, C, H, W}, "", strides),
                       view(expected.data(), {B, C, H, W}));
    REQUIRE(out == expected);
    const std::vector<float> naive = [&] {
      std::vector<float> mixed;
      for_each_place({B, C, H, W}, [&](const Indices& at) {
        const Index from =
            covers(box_of(plan, at[0]), at[3], at[2]) ? plan.indices[nth(at[0])] : at[0];
        mixed.push_back(memory[nth(first + from * strides[0] + at[1] * strides[1] +
                                   at[2] * strides[2] + at[3] * strides[3])]);
      });
      return mixed;
    }();
    REQUIRE(out == naive);

    std::vector<std::int64_t> ids(nth(B));
    for (auto& id : ids) id = dice.roll(0, 6);
    std::vector<float> targets(nth(B * 7)), targets_expected = targets;
    Owner labels(ids.data(), {B}, {0, 64, 1}), rows(targets.data(), {B, 7}, of_float);
    cutmix::mix_labels(plan, labels.tensor, 7, rows.tensor);
    cutmix::mix_labels(plan, ids, 7, view(targets_expected.data(), {B, Index{7}}));
    REQUIRE(targets == targets_expected);

    // The functor, and a managed tensor's part.
    DLManagedTensor managed{to.tensor, nullptr, nullptr};
    cutmix::CutMix mixer(1.0, 7, cutmix::Philox4x32(9));
    mixer(x.tensor, labels.tensor, managed.dl_tensor, rows.tensor);
    REQUIRE(mixer.plan().shape == BatchShape{B, H, W});
  }
}

TEST_CASE("a padded Mat, a crop, a mirrored image and a slice of a DLTensor mix without a copy") {
  // As OpenCV keeps images: BGR in rows of `step` bytes.
  struct Mat {
    int rows, cols;
    std::uint8_t* data;
    std::size_t step;
  };
  const auto run = [](Index side, bool compare) {
    const Index step = 3 * side + 13, all_rows = side + 5;
    std::vector<std::vector<std::uint8_t>> memory(4,
                                                  std::vector<std::uint8_t>(nth(step * all_rows)));
    Dice dice(static_cast<std::uint32_t>(side));
    for (auto& image : memory)
      for (auto& byte : image) byte = static_cast<std::uint8_t>(dice.engine()());
    const Mat padded{static_cast<int>(side), static_cast<int>(side), memory[0].data(), nth(step)};
    const auto mat_view = [](const Mat& mat) {
      return view(static_cast<const std::uint8_t*>(mat.data), {1, mat.rows, mat.cols, 3}, "BHWC",
                  {0, static_cast<int>(mat.step), 3, 1});
    };
    const Mat large{static_cast<int>(all_rows), static_cast<int>(side + 3), memory[1].data(),
                    nth(step)};
    const Mat mirror{static_cast<int>(side), static_cast<int>(side), memory[2].data(), nth(step)};
    Owner slice(memory[3].data(), {1, side, side, 3}, of_bytes, {0, step, 3, 1}, nth(2 * step));
    std::vector<float> out(nth(4 * 3 * side * side));
    const auto conversion = ByteConversion::normalized({0.4, 0.5, 0.6}, {0.2, 0.3, 0.4});
    cutmix::Philox4x32 rng(5);
    Options options;
    options.mixup_prob = compare ? 0.5 : 0;
    const Plan plan = cutmix::make_plan({4, side, side}, options, rng);
    const long before = allocations, bytes_before = allocated_bytes;
    const std::array<ConstBatchView, 4> samples{
        cutmix::flipped(mat_view(padded), 'C'),
        cutmix::cropped(cutmix::cropped(mat_view(large), 'H', 2, side + 2), 'W', 3, side + 3),
        cutmix::flipped(mat_view(mirror), 'W'), view(slice.tensor, "BHWC")};
    collate(plan, samples, view(out.data(), {Index{4}, Index{3}, side, side}, "BCHW"), conversion);
    const std::pair<long, long> counted{allocations - before, allocated_bytes - bytes_before};
    if (!compare) return counted;

    Index wrong = 0;
    for_each_place({4, 3, side, side}, [&](const Indices& at) {
      const Index c = at[1], y = at[2], x = at[3];
      const auto byte = [&](Index sample) {
        const Index row = sample == 1 ? y + 2 : sample == 3 ? y + 2 : y;
        const Index column = sample == 1 ? x + 3 : sample == 2 ? side - 1 - x : x;
        const Index channel = sample == 0 ? 2 - c : c;
        return memory[nth(sample)][nth(row * step + 3 * column + channel)];
      };
      const auto value = [&](Index sample) {
        const auto number = static_cast<float>(conversion(byte(sample), c));
        std::array<Byte, 4> scalar;
        std::memcpy(scalar.data(), &number, 4);
        return scalar;
      };
      const Patch& patch = patch_of(plan, at[0]);
      std::array<Byte, 4> expected = value(at[0]);
      if (covers(patch.box, x, y))
        mix_scalar_naively(ScalarKind::float32, 4, patch.blend, value(at[0]).data(),
                           value(plan.indices[nth(at[0])]).data(), expected.data());
      wrong +=
          std::memcmp(&out[nth(((at[0] * 3 + c) * side + y) * side + x)], expected.data(), 4) != 0;
    });
    CHECK(wrong == 0);
    return counted;
  };
  for (const Index side : {1, 7, 24, 61}) run(side, true);
  // What is allocated does not depend on how many pixels there are.
  const auto small = run(8, false), large = run(200, false);
  CHECK(small == large);
  CHECK(large.second <
        20000);  // the table, 3 x 256 floats, and strides; a batch has 480,000 floats
}
