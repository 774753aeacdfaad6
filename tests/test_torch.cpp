#include <cmath>
#include <cutmix/cutmix.hpp>
#include <cutmix/torch.hpp>
#include <limits>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// A LibTorch that logs with glog defines this macro too.
#undef CHECK
#include "catch.hpp"

namespace {

using cutmix::BBox;
using cutmix::Index;
using cutmix::Indices;
using cutmix::Options;
using cutmix::Philox4x32;
using cutmix::Plan;
using cutmix::Scope;
using cutmix::TorchCutMix;
using torch::MemoryFormat;
using torch::Tensor;

const auto contiguous = MemoryFormat::Contiguous;
const auto channels_last = MemoryFormat::ChannelsLast;
const auto channels_last_3d = MemoryFormat::ChannelsLast3d;

// ---- the formula in ATen operations, with nothing of the library ----

Tensor partners(const Tensor& tensor, const Plan& plan) {
  std::vector<std::int64_t> indices(plan.indices.begin(), plan.indices.end());
  return tensor.index_select(0, torch::tensor(indices, torch::kLong));
}

// (B, H, W), true where a sample shows its partner.
Tensor mask_of(const Plan& plan, Index height, Index width) {
  auto mask = torch::zeros({plan.batch(), height, width}, torch::kBool);
  for (Index b = 0; b < plan.batch(); ++b) {
    const BBox box = plan.boxes[plan.boxes.size() == 1 ? 0 : static_cast<std::size_t>(b)];
    mask.select(0, b).slice(0, box.y1, box.y2).slice(1, box.x1, box.x2).fill_(true);
  }
  return mask;
}

// A tensor (B) with axes of size 1 behind it, up to a rank.
Tensor along_batch(const Tensor& tensor, Index rank) {
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(rank), 1);
  sizes[0] = tensor.size(0);
  return tensor.view(sizes);
}

Tensor reference_images(const Tensor& x, const Plan& plan) {
  auto mask = mask_of(plan, x.size(-2), x.size(-1));
  while (mask.dim() < x.dim()) mask = mask.unsqueeze(1);
  return torch::where(mask, partners(x, plan), x);
}

// In double; the weight is counted in the mask.
Tensor reference_targets(const Tensor& y, const Plan& plan, Index height, Index width,
                         Index n_classes) {
  const bool ids = y.dim() == 1 && !y.is_floating_point();
  const Tensor dense =
      ids ? torch::one_hot(y.to(torch::kLong), n_classes).to(torch::kDouble) : y.to(torch::kDouble);
  const auto replaced = mask_of(plan, height, width).to(torch::kDouble).mean({1, 2});
  const auto lambda = along_batch(1 - replaced, dense.dim());
  return lambda * dense + (1 - lambda) * partners(dense, plan);
}

// ---- random batches ----

Index draw(Index low, Index high, Philox4x32& rng) {
  return low + static_cast<Index>(rng() % static_cast<unsigned>(high - low + 1));
}

struct Layout {
  Index rank;
  MemoryFormat format;
};

// Height and width always differ.
std::vector<std::int64_t> random_shape(Index rank, Philox4x32& rng) {
  std::vector<std::int64_t> shape{draw(1, 7, rng)};
  while (static_cast<Index>(shape.size()) < rank - 2) shape.push_back(draw(1, 4, rng));
  const Index height = draw(2, 12, rng);
  shape.push_back(height);
  shape.push_back(height + draw(1, 9, rng));
  return shape;
}

Tensor random_images(const std::vector<std::int64_t>& shape, torch::ScalarType dtype,
                     MemoryFormat format) {
  return torch::randint(0, dtype == torch::kBool ? 2 : 256, shape).to(dtype).contiguous(format);
}

Tensor random_labels(Index rank, Index batch, Index n_classes, torch::ScalarType dtype) {
  const bool floating = torch::isFloatingType(dtype);
  if (rank == 1 && !floating) return torch::randint(0, n_classes, {batch}).to(dtype);
  std::vector<std::int64_t> shape{batch};
  if (rank >= 2) shape.push_back(n_classes);
  while (static_cast<Index>(shape.size()) < rank) shape.push_back(3);
  return floating ? torch::rand(shape).to(dtype) : torch::randint(0, 2, shape).to(dtype);
}

double rounding_of(torch::ScalarType dtype) {
  if (dtype == torch::kDouble) return 1e-14;
  if (dtype == torch::kHalf) return 1e-3;
  return dtype == torch::kBFloat16 ? 8e-3 : 1e-6;
}

bool near(const Tensor& targets, const Tensor& expected) {
  const double rounding = rounding_of(targets.scalar_type());
  return targets.sizes() == expected.sizes() &&
         torch::allclose(targets.to(torch::kDouble), expected, rounding, rounding);
}

bool same(const Tensor& a, const Tensor& b) {
  return a.scalar_type() == b.scalar_type() && torch::equal(a, b);
}

Options with_scope(Scope scope) {
  Options options;
  options.scope = scope;
  return options;
}

// What torch's allocator gave this thread while this lives.
class AllocationCounter {
 public:
  AllocationCounter() : guard_(c10::DebugInfoKind::PROFILER_STATE, reporter_) {}
  std::int64_t bytes() const { return reporter_->bytes; }

 private:
  // The sizes' type is not the same in every version of LibTorch.
  template <class Total>
  static Total total_of(void (c10::MemoryReportingInfoBase::*)(void*, std::int64_t, Total, Total,
                                                               c10::Device));
  using Total = decltype(total_of(&c10::MemoryReportingInfoBase::reportMemoryUsage));

  struct Reporter : c10::MemoryReportingInfoBase {
    void reportMemoryUsage(void*, std::int64_t size, Total, Total, c10::Device) override {
      if (size > 0) bytes += size;
    }
    bool memoryProfilingEnabled() const override { return true; }
    std::int64_t bytes = 0;
  };

  std::shared_ptr<Reporter> reporter_ = std::make_shared<Reporter>();
  c10::DebugInfoGuard guard_;
};

template <class Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("torch: images and targets follow the formula in ATen operations") {
  torch::manual_seed(1);
  Philox4x32 rng(2);
  const Index n_classes = 5;
  int mixed = 0;
  for (const auto dtype :
       {torch::kFloat, torch::kDouble, torch::kHalf, torch::kBFloat16, torch::kByte, torch::kChar,
        torch::kShort, torch::kInt, torch::kLong, torch::kBool})
    for (const Layout layout :
         {Layout{3, contiguous}, Layout{4, contiguous}, Layout{4, channels_last},
          Layout{5, contiguous}, Layout{5, channels_last_3d}, Layout{6, contiguous}})
      for (const Scope scope : {Scope::batch, Scope::sample})
        for (int repeat = 0; repeat < 4; ++repeat) {
          const auto shape = random_shape(layout.rank, rng);
          const auto x = random_images(shape, dtype, layout.format);
          const auto y = random_labels(1, shape[0], n_classes, torch::kLong);
          const auto x_before = x.clone(), y_before = y.clone();
          const void* const memory = x.data_ptr();
          CAPTURE(torch::toString(dtype), layout.rank, static_cast<int>(layout.format), shape);
          TorchCutMix mixer(with_scope(scope), n_classes, Philox4x32(rng()));
          const auto [x_out, y_out] = mixer(x, y);

          INFO("plan: " << mixer.plan());
          REQUIRE(mixer.plan().boxes.size() ==
                  static_cast<std::size_t>(scope == Scope::sample ? shape[0] : 1));
          for (const BBox& box : mixer.plan().boxes) mixed += box.empty() ? 0 : 1;
          REQUIRE(same(x_out, reference_images(x, mixer.plan())));
          REQUIRE(y_out.scalar_type() == torch::kFloat);
          REQUIRE(
              near(y_out, reference_targets(y, mixer.plan(), x.size(-2), x.size(-1), n_classes)));
          REQUIRE(same(cutmix::mix_images(mixer.plan(), x), x_out));
          // The input is as it was, and the output lies in memory as the input does.
          REQUIRE(same(x, x_before));
          REQUIRE(same(y, y_before));
          REQUIRE(x.data_ptr() == memory);
          REQUIRE(x_out.data_ptr() != memory);
          REQUIRE(bool(x_out.strides() == x.strides()));
          REQUIRE(x_out.is_contiguous(layout.format));
        }
  REQUIRE(mixed > 100);
}

TEST_CASE("torch: labels of every kind follow the formula in ATen operations") {
  torch::manual_seed(3);
  Philox4x32 rng(4);
  const Index n_classes = 4;
  for (const auto dtype :
       {torch::kLong, torch::kInt, torch::kShort, torch::kChar, torch::kByte, torch::kBool,
        torch::kFloat, torch::kDouble, torch::kHalf, torch::kBFloat16})
    for (const Index rank : {1, 2, 3, 4})
      for (const Scope scope : {Scope::batch, Scope::sample}) {
        const auto shape = random_shape(4, rng);
        const auto x = random_images(shape, torch::kFloat, contiguous);
        // Booleans of rank 1 are class ids too, of which there are two.
        const Index ids = dtype == torch::kBool && rank == 1 ? 2 : n_classes;
        auto y = random_labels(rank, shape[0], ids, dtype);
        if (rank == 4) y = y.contiguous(channels_last);
        TorchCutMix mixer(with_scope(scope), n_classes, Philox4x32(rng()));
        const auto [x_out, y_out] = mixer(x, y);
        CAPTURE(torch::toString(dtype), rank);
        INFO("plan: " << mixer.plan());
        REQUIRE(y_out.scalar_type() == (torch::isFloatingType(dtype) ? dtype : torch::kFloat));
        REQUIRE(near(y_out, reference_targets(y, mixer.plan(), x.size(-2), x.size(-1), n_classes)));
        if (rank == 4) REQUIRE(bool(y_out.strides() == y.strides()));

        // Into the caller's memory, of any floating dtype.
        for (const auto wanted : {torch::kFloat, torch::kDouble, torch::kHalf, torch::kBFloat16}) {
          const auto targets = torch::full_like(y_out, NAN, wanted);
          TorchCutMix again(with_scope(scope), n_classes, Philox4x32(7));
          again(x, y, torch::empty_like(x), targets);
          CAPTURE(torch::toString(wanted), again.plan());
          REQUIRE(
              near(targets, reference_targets(y, again.plan(), x.size(-2), x.size(-1), n_classes)));
        }
      }
}

TEST_CASE("torch: the same numbers as CutMix on Eigen tensors") {
  torch::manual_seed(5);
  const auto x = torch::rand({6, 3, 5, 8});
  const auto y = torch::randint(0, 10, {6});
  using Images = Eigen::Tensor<float, 4, Eigen::RowMajor>;
  using Ids = Eigen::Tensor<std::int64_t, 1, Eigen::RowMajor>;
  const Eigen::TensorMap<Images> eigen_x(x.data_ptr<float>(), 6, 3, 5, 8);
  const Eigen::TensorMap<Ids> eigen_y(y.data_ptr<std::int64_t>(), 6);
  TorchCutMix mixer(1.0, 10, Philox4x32(42));
  cutmix::CutMix eigen_mixer(1.0, 10, Philox4x32(42));
  for (int step = 0; step < 5; ++step) {
    const auto [x_out, y_out] = mixer(x, y);
    auto [eigen_x_out, eigen_y_out] = eigen_mixer(eigen_x, eigen_y);
    REQUIRE(mixer.plan() == eigen_mixer.plan());
    REQUIRE(mixer.rng() == eigen_mixer.rng());
    REQUIRE(mixer.indices() == eigen_mixer.indices());
    REQUIRE(mixer.cutmix_lambda() == eigen_mixer.cutmix_lambda());
    REQUIRE(mixer.bbox() == eigen_mixer.bbox());
    REQUIRE(same(x_out, torch::from_blob(eigen_x_out.data(), x.sizes())));
    REQUIRE(same(y_out, torch::from_blob(eigen_y_out.data(), {6, 10})));
  }
  REQUIRE(mixer.n_classes() == 10);
}

TEST_CASE("torch: pixels and labels come from the same partner, not from its inverse") {
  // The inverse of a 3-cycle is another permutation.
  const Indices cycle{1, 2, 0};
  Options options;
  options.indices = cycle;
  options.box_law = [](Index, Index, double, cutmix::AnyUrbg&) { return BBox{1, 0, 3, 2}; };
  for (const auto format : {contiguous, channels_last}) {
    const auto x =
        torch::arange(3, torch::kFloat).view({3, 1, 1, 1}).expand({3, 2, 4, 5}).contiguous(format);
    TorchCutMix mixer(options, 3, Philox4x32(1));
    const auto [x_out, y_out] = mixer(x, torch::arange(3));
    for (Index b = 0; b < 3; ++b) {
      const Index partner = cycle[static_cast<std::size_t>(b)];
      REQUIRE(x_out[b][1][1][2].item<double>() == static_cast<double>(partner));  // row 1, column 2
      REQUIRE(x_out[b][1][2][1].item<double>() == static_cast<double>(b));        // row 2, column 1
      REQUIRE(y_out[b][partner].item<double>() == Approx(0.2));
      REQUIRE(y_out[b][b].item<double>() == Approx(0.8));
    }
    auto in_place = x.clone();
    TorchCutMix again(options, 3, Philox4x32(1));
    REQUIRE(same(again.in_place(in_place, torch::arange(3)), y_out));
    REQUIRE(same(in_place, x_out));
  }
}

TEST_CASE("torch: into the caller's tensors, slices among them, and in place") {
  torch::manual_seed(6);
  Philox4x32 rng(7);
  for (const Layout layout : {Layout{3, contiguous}, Layout{4, contiguous},
                              Layout{4, channels_last}, Layout{5, channels_last_3d}})
    for (const Scope scope : {Scope::batch, Scope::sample}) {
      // A batch inside a larger tensor, into another batch inside a larger tensor.
      const auto shape = random_shape(layout.rank, rng);
      auto larger = shape;
      larger[0] += 3;
      const auto source = random_images(larger, torch::kFloat, layout.format);
      const auto target = torch::full_like(source, -1);
      const auto x = source.narrow(0, 1, shape[0]);
      const auto y = torch::randint(0, 10, {shape[0]});
      const auto targets = torch::full({larger[0], 10}, -1.0f);

      TorchCutMix mixer(with_scope(scope), 10, Philox4x32(9)), copy(mixer), third(mixer);
      const auto [x_out, y_out] = mixer(x, y);
      copy(x, y, target.narrow(0, 2, shape[0]), targets.narrow(0, 2, shape[0]));
      REQUIRE(copy.plan() == mixer.plan());
      REQUIRE(same(target.narrow(0, 2, shape[0]), x_out));
      REQUIRE(same(targets.narrow(0, 2, shape[0]), y_out));
      for (const Tensor& around : {target.narrow(0, 0, 2), target.narrow(0, shape[0] + 2, 1),
                                   targets.narrow(0, 0, 2), targets.narrow(0, shape[0] + 2, 1)})
        REQUIRE(around.eq(-1).all().item<bool>());

      const auto before = source.clone();
      REQUIRE(same(third.in_place(x, y), y_out));
      REQUIRE(same(x, x_out));
      REQUIRE(same(source.narrow(0, 0, 1), before.narrow(0, 0, 1)));
      REQUIRE(same(source.narrow(0, shape[0] + 1, 2), before.narrow(0, shape[0] + 1, 2)));
    }
}

TEST_CASE("torch: nothing is allocated but the results") {
  const auto x = torch::rand({8, 3, 16, 24});
  const auto x_last = x.contiguous(channels_last);
  const auto y = torch::randint(0, 10, {8});
  const auto x_out = torch::empty_like(x), x_last_out = torch::empty_like(x_last);
  const auto y_out = torch::empty({8, 10});
  TorchCutMix mixer(1.0, 10, Philox4x32(1));
  const std::int64_t images = x.numel() * 4, targets = y_out.numel() * 4;
  {
    const AllocationCounter counter;
    mixer(x, y, x_out, y_out);
    mixer(x_last, y, x_last_out, y_out);
    REQUIRE(counter.bytes() == 0);
    mixer.in_place(x_last_out, y);
    REQUIRE(counter.bytes() == targets);
  }
  for (const Tensor& input : {x, x_last}) {
    const AllocationCounter counter;
    const auto results = mixer(input, y);
    REQUIRE(counter.bytes() == images + targets);
    cutmix::mix_images(mixer.plan(), input);
    REQUIRE(counter.bytes() == 2 * images + targets);
  }
}

TEST_CASE("torch: an empty batch, a batch of one, images without channels") {
  for (const Scope scope : {Scope::batch, Scope::sample}) {
    TorchCutMix mixer(with_scope(scope), 10, Philox4x32(1));
    const auto [none, no_targets] =
        mixer(torch::empty({0, 3, 4, 5}), torch::empty({0}, torch::kLong));
    REQUIRE(bool(none.sizes() == torch::IntArrayRef({0, 3, 4, 5})));
    REQUIRE(bool(no_targets.sizes() == torch::IntArrayRef({0, 10})));
    REQUIRE(mixer(torch::empty({2, 0, 4, 5}), torch::zeros({2, 10})).first.numel() == 0);

    const auto x = torch::rand({1, 3, 4, 5});
    const auto [same_x, one_hot] = mixer(x, torch::tensor({7}));
    REQUIRE(same(same_x, x));
    REQUIRE(same(one_hot, torch::one_hot(torch::tensor({7}), 10).to(torch::kFloat)));
  }
}

TEST_CASE("torch: where a tensor has both memory formats its strides are kept") {
  torch::manual_seed(8);
  for (const Tensor& x : {torch::rand({4, 1, 5, 6}).contiguous(channels_last),
                          torch::rand({4, 5, 6, 1}).permute({0, 3, 1, 2}),
                          torch::rand({4, 3, 1, 1}).contiguous(channels_last)}) {
    TorchCutMix mixer(1.0, 10, Philox4x32(3));
    const auto y = torch::arange(4);
    const auto [x_out, y_out] = mixer(x, y);
    REQUIRE(same(x_out, reference_images(x, mixer.plan())));
    REQUIRE(bool(x_out.strides() == x.strides()));
    const auto plain = torch::empty(x.sizes());
    mixer(x, y, plain, y_out);
    REQUIRE(same(plain, reference_images(x, mixer.plan())));
  }
}

TEST_CASE("torch: pixels are copied bit for bit, and unread targets stay away") {
  auto x = torch::rand({4, 3, 6, 7});
  const float nan = std::numeric_limits<float>::quiet_NaN();
  x.select(0, 1).fill_(nan);
  x.select(0, 2).fill_(-std::numeric_limits<float>::infinity());
  auto y = torch::eye(4);
  y.select(0, 1).fill_(nan);
  TorchCutMix mixer(with_scope(Scope::sample), 4, Philox4x32(5));
  const auto [x_out, y_out] = mixer(x, y);
  REQUIRE(
      torch::equal(x_out.view(torch::kInt), reference_images(x.view(torch::kInt), mixer.plan())));
  for (Index b = 0; b < 4; ++b) {
    const bool poisoned =
        b == 1 || (mixer.indices()[static_cast<std::size_t>(b)] == 1 && mixer.plan().lambda(b) < 1);
    REQUIRE(y_out[b].isnan().any().item<bool>() == poisoned);
  }
}

TEST_CASE("torch: evaluation off spends no draws") {
  const auto x = torch::rand({4, 3, 6, 7});
  const auto y = torch::tensor({3, 1, 0, 2});
  TorchCutMix mixer(1.0, 4, Philox4x32(5));
  mixer.enabled = false;
  const auto [x_out, y_out] = mixer(x, y);
  REQUIRE(same(x_out, x));
  REQUIRE(same(y_out, torch::one_hot(y, 4).to(torch::kFloat)));
  auto in_place = x.clone();
  REQUIRE(same(mixer.in_place(in_place, y), y_out));
  REQUIRE(same(in_place, x));
  REQUIRE(mixer.rng() == Philox4x32(5));
  mixer.enabled = true;
  mixer(x, y);
  REQUIRE(mixer.rng() != Philox4x32(5));
}

TEST_CASE("torch: autograd notices that a saved batch was overwritten") {
  const auto x = torch::rand({4, 3, 6, 7});
  const auto y = torch::arange(4);
  const auto x_out = torch::empty_like(x), y_out = torch::empty({4, 4});
  TorchCutMix mixer(1.0, 4, Philox4x32(5));
  mixer(x, y, x_out, y_out);
  const auto weight = torch::ones({3, 6, 7}, torch::requires_grad());
  (x_out * weight).sum().backward();
  REQUIRE(weight.grad().defined());

  const auto out_of_date = (x_out * weight).sum();
  mixer(x, y, x_out, y_out);
  REQUIRE_THROWS_AS(out_of_date.backward(), c10::Error);
  const auto in_place_too = (x_out * weight).sum();
  mixer.in_place(x_out, y);
  REQUIRE_THROWS_AS(in_place_too.backward(), c10::Error);

  const c10::InferenceMode inference;
  REQUIRE_NOTHROW(mixer(x, y, torch::empty_like(x), torch::empty({4, 4})));
}

TEST_CASE("torch: errors say what to do, before anything is written or drawn") {
  const auto x = torch::rand({4, 3, 6, 8});
  const auto y = torch::arange(4);
  const auto x_out = torch::full_like(x, -1), y_out = torch::full({4, 10}, -1.0f);
  TorchCutMix mixer(1.0, 10, Philox4x32(5));

  struct Case {
    Tensor images, labels, images_out, targets_out;
    std::string message;
  };
  const auto images = [&](const Tensor& bad, const std::string& message) {
    return Case{bad, y, x_out, y_out, message};
  };
  const auto labels = [&](const Tensor& bad, const std::string& message) {
    return Case{x, bad, x_out, y_out, message};
  };
  const auto outputs = [&](const Tensor& bad_x, const Tensor& bad_y, const std::string& message) {
    return Case{x, y, bad_x, bad_y, message};
  };
  // A tensor that says it is on a GPU, whether or not this LibTorch knows any.
  float memory[1] = {};
  const auto on_gpu = [&](torch::IntArrayRef shape) {
    const torch::Device gpu(torch::kCUDA, 0);
    return at::for_blob(memory, shape)
        .options(torch::TensorOptions(gpu))
        .target_device(gpu)
        .make_tensor();
  };
  const std::string device_rule =
      " = cuda:0, must be cpu; call .cpu() before mixing, or mix on the loader's side";
  const std::string grad_rule =
      " = true, must be false, gradients do not pass through mixing; call .detach() before mixing";
  const std::string sparse_rule = " = Sparse, must be Strided; call .to_dense() before mixing";
  const std::string strides_rule =
      ", must be those of a contiguous or channels_last tensor; call .contiguous() before mixing";

  const std::vector<Case> cases = {
      images(Tensor(), "images = undefined, must be a tensor"),
      labels(Tensor(), "labels = undefined, must be a tensor"),
      outputs(Tensor(), y_out, "images_out = undefined, must be a tensor"),
      outputs(x_out, Tensor(), "targets_out = undefined, must be a tensor"),
      images(on_gpu({1, 1, 1, 1}), "device of images" + device_rule),
      labels(on_gpu({1}), "device of labels" + device_rule),
      outputs(on_gpu({1, 1, 1, 1}), y_out, "device of images_out" + device_rule),
      images(torch::empty({4, 3, 6, 8}, torch::kMeta),
             "device of images = meta, must be cpu; call .cpu() before mixing, or mix on the "
             "loader's side"),
      images(x.to_sparse(), "layout of images" + sparse_rule),
      labels(torch::eye(4).to_sparse(), "layout of labels" + sparse_rule),
      images(x.clone().requires_grad_(), "requires_grad of images" + grad_rule),
      labels(torch::rand({4, 10}).requires_grad_(), "requires_grad of labels" + grad_rule),
      outputs(x_out.clone().requires_grad_(), y_out, "requires_grad of images_out" + grad_rule),
      images(x.to(torch::kComplexFloat),
             "dtype of images = ComplexFloat, must be floating, integer or bool"),
      images(torch::_neg_view(x),
             "is_neg of images = true, must be false; call .resolve_neg() before mixing"),
      images(x.transpose(2, 3), "strides of images = [144, 48, 1, 8]" + strides_rule),
      images(x.slice(3, 0, 8, 2), "strides of images = [144, 48, 8, 2]" + strides_rule),
      images(torch::rand({1, 3, 6, 8}).expand({4, 3, 6, 8}),
             "strides of images = [0, 48, 8, 1]" + strides_rule),
      labels(torch::arange(8).slice(0, 0, 8, 2), "strides of labels = [2]" + strides_rule),
      images(torch::rand({6, 8}),
             "rank of images = 2, must be at least 3: (B, ..., H, W); give a single image an axis "
             "of size 1"),
      labels(torch::tensor(3),
             "rank of labels = 0, must be at least 1: (B) class ids or (B, ...) dense targets"),
      labels(torch::arange(3), "size of labels along the batch = 3, must be 4, as of images"),
      labels(torch::rand({4, 7}),
             "width of labels = 7, must be 10, the number of classes; class ids have rank 1"),
      labels(y.unsqueeze(1),
             "width of labels = 1, must be 10, the number of classes; class ids have rank 1"),
      labels(torch::tensor({0, 1, 10, 2}), "y[2] = 10, must be in [0, 10)"),
      labels(torch::tensor({0, 1, 2, -1}, torch::kInt), "y[3] = -1, must be in [0, 10)"),
      images(torch::empty({4, 3, 0, 8}), ""),
      outputs(torch::empty({4, 3, 6, 7}), y_out,
              "shape of images_out = [4, 3, 6, 7], must be [4, 3, 6, 8]"),
      outputs(x_out.to(torch::kDouble), y_out,
              "dtype of images_out = Double, must be Float, as of images"),
      outputs(x_out.contiguous(channels_last), y_out,
              "strides of images_out = [144, 1, 24, 3], must be in the memory format Contiguous, "
              "as of images"),
      outputs(x_out, torch::empty({4, 9}), "shape of targets_out = [4, 9], must be [4, 10]"),
      outputs(x_out, torch::empty({4, 10}, torch::kLong),
              "dtype of targets_out = Long, must be Float, Double, Half or BFloat16"),
      outputs(x_out, torch::empty({10, 4}).t(),
              "strides of targets_out = [1, 4], must be in the memory format Contiguous, as of "
              "labels"),
      outputs(x, y_out,
              "distance in bytes from x to x_out = 0, must leave no overlap; use "
              "mix_images_in_place to write over images"),
  };
  for (const Case& c : cases) {
    CAPTURE(c.message);
    const auto message =
        message_of([&] { mixer(c.images, c.labels, c.images_out, c.targets_out); });
    if (c.message.empty())
      REQUIRE(message != "no error");
    else
      REQUIRE(message == "cutmix: " + c.message);
    // Where only the inputs are wrong the other forms say the same.
    const bool inputs = !c.images.is_same(x) || !c.labels.is_same(y);
    if (inputs && !c.message.empty()) {
      REQUIRE(message_of([&] { mixer(c.images, c.labels); }) == message);
      REQUIRE(message_of([&] { mixer.in_place(c.images, c.labels); }) == message);
    }
    if (inputs && c.labels.is_same(y) && c.message.find("images") != std::string::npos)
      REQUIRE(message_of([&] { cutmix::mix_images(mixer.plan(), c.images); }) == message);
  }
  REQUIRE(x_out.eq(-1).all().item<bool>());
  REQUIRE(y_out.eq(-1).all().item<bool>());
  REQUIRE(mixer.rng() == Philox4x32(5));

  // The channels_last twin of the wrong memory format.
  const auto x_last = x.contiguous(channels_last);
  REQUIRE(message_of([&] { mixer(x_last, y, x_out, y_out); }) ==
          "cutmix: strides of images_out = [144, 48, 8, 1], must be in the memory format "
          "ChannelsLast, as of images");
  REQUIRE(message_of([&] {
            cutmix::mix_images(Plan{{0, 1, 2}, {BBox{}}, {1}}, x);
          }) == "cutmix: size of indices = 3, must be 4, the batch size");

  REQUIRE(message_of([] { TorchCutMix(-1.0, 10, Philox4x32(5)); }) ==
          "cutmix: alpha = -1, must satisfy alpha >= 0");
  REQUIRE(message_of([] { TorchCutMix(1.0, 0, Philox4x32(5)); }) ==
          "cutmix: n_classes = 0, must be at least 1");
  Options options;
  options.axes = cutmix::Axes::bhwc;
  REQUIRE(
      message_of([&] { TorchCutMix(options, 10, Philox4x32(5)); }) ==
      "cutmix: axes = 1, must be Axes::bchw for torch tensors; call .permute() on other images");
}
