#include <ATen/DLConvertor.h>

#include <cutmix/dlpack.hpp>
#include <functional>
#include <limits>
#include <memory>
#include <set>
#include <thread>
#include <tuple>
#include <utility>

#include "torch_support.hpp"

namespace {

using cutmix::CutMix;
using testing::AllocationCounter;
using testing::any_form_but_expanded;
using testing::any_of;
using testing::arranged;
using testing::BatchShape;
using testing::BBox;
using testing::channels_last;
using testing::channels_last_3d;
using testing::Dice;
using testing::error_of;
using testing::Form;
using testing::Index;
using testing::Indices;
using testing::memory_of;
using testing::memory_with;
using testing::near;
using testing::nth;
using testing::Options;
using testing::Philox4x32;
using testing::Plan;
using testing::random_shape;
using testing::random_torch_plan;
using testing::random_values;
using testing::reference_images;
using testing::reference_targets;
using testing::same_bytes;
using testing::Scope;
using testing::Shape;
using testing::Tensor;
using testing::with_scope;

const std::vector<torch::ScalarType> all_dtypes = {
    torch::kFloat, torch::kDouble, torch::kHalf,         torch::kBFloat16,
    torch::kByte,  torch::kChar,   torch::kShort,        torch::kInt,
    torch::kLong,  torch::kBool,   torch::kComplexFloat, torch::kComplexDouble};

BatchShape shape_of(const Tensor& x) { return {x.size(0), x.size(-2), x.size(-1)}; }

// Sets the number of LibTorch's threads, and back.
class ThreadCount {
 public:
  explicit ThreadCount(int count) { at::set_num_threads(count); }
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;
  ~ThreadCount() { at::set_num_threads(before_); }

 private:
  int before_ = at::get_num_threads();
};

Tensor without_storage(const Shape& shape) {
  const auto tensor = at::detail::make_tensor<c10::TensorImpl>(
      c10::DispatchKeySet(c10::DispatchKey::CPU), caffe2::TypeMeta::Make<float>(),
      c10::Device(torch::kCPU));
  tensor.unsafeGetTensorImpl()->set_sizes_contiguous(shape);
  return tensor;
}

// The parts one after another, the last first.
const auto backwards = [](Index parts, const cutmix::Part& part) {
  while (parts-- > 0) part(parts);
};

}  // namespace

// ---- images ----

TEST_CASE("torch: images and targets follow the formula in ATen operations") {
  torch::manual_seed(1);
  Dice dice(2);
  const Index n_classes = 5;
  int mixed = 0;
  for (const auto dtype : all_dtypes)
    for (const Form form : testing::all_forms)
      for (const Scope scope : {Scope::batch, Scope::sample})
        for (int repeat = 0; repeat < 3; ++repeat) {
          const Index rank = form == Form::nhwc ? dice.roll(4, 5) : dice.roll(3, 6);
          const auto x = arranged(random_values(random_shape(rank, dice), dtype), form, dice);
          const auto y = torch::randint(0, n_classes, {x.size(0)});
          const auto x_before = x.clone(), y_before = y.clone();
          const auto x_version = x._version(), y_version = y._version();
          CAPTURE(torch::toString(dtype), static_cast<int>(form), Shape(x.sizes().vec()));
          CutMix mixer(with_scope(scope), n_classes, Philox4x32(dice.engine()()));
          CutMix again(mixer);
          const auto [x_out, y_out] = mixer(x, y);

          const Plan& plan = mixer.plan();
          INFO("plan: " << plan);
          REQUIRE(plan.patches.size() == (scope == Scope::sample ? nth(x.size(0)) : 1));
          for (const auto& patch : plan.patches) mixed += patch.box.empty() ? 0 : 1;
          const auto expected = reference_images(plan, x);
          REQUIRE(same_bytes(x_out, expected));
          REQUIRE(y_out.scalar_type() == torch::kFloat);
          REQUIRE(near(y_out, reference_targets(plan, y, n_classes)));
          // A new tensor lies in memory as the input does, where that leaves no gaps.
          if (form != Form::sliced && form != Form::expanded)
            REQUIRE(bool(x_out.strides() == x.strides()));
          REQUIRE(x_out.is_non_overlapping_and_dense());

          // Into memory that lies otherwise, and nothing beside it.
          const auto other = arranged(random_values(Shape(x.sizes().vec()), dtype),
                                      any_form_but_expanded(dice), dice);
          const auto targets =
              arranged(torch::rand({x.size(0), n_classes}), any_form_but_expanded(dice), dice);
          const auto memory = memory_with(other, expected);
          const auto target_memory = memory_with(targets, y_out);
          again(x, y, other, targets);
          REQUIRE(again.plan() == plan);
          REQUIRE(same_bytes(memory_of(other), memory));
          REQUIRE(same_bytes(memory_of(targets), target_memory));
          const auto third = torch::empty_like(x_out);
          cutmix::mix_images(plan, x, third);
          REQUIRE(same_bytes(third, expected));

          // The input is as it was.
          REQUIRE(same_bytes(x, x_before));
          REQUIRE(same_bytes(y, y_before));
          REQUIRE(x._version() == x_version);
          REQUIRE(y._version() == y_version);
        }
  REQUIRE(mixed > 100);
}

TEST_CASE("torch: in place, in slices of larger tensors too") {
  torch::manual_seed(3);
  Dice dice(4);
  for (const auto dtype : all_dtypes)
    for (const Form form : {Form::contiguous, Form::nhwc, Form::permuted, Form::sliced})
      for (const Scope scope : {Scope::batch, Scope::sample}) {
        const Index rank = form == Form::nhwc ? dice.roll(4, 5) : dice.roll(3, 6);
        const auto x = arranged(random_values(random_shape(rank, dice), dtype), form, dice);
        const auto y = torch::randint(0, 10, {x.size(0)});
        CAPTURE(torch::toString(dtype), static_cast<int>(form), Shape(x.sizes().vec()));
        CutMix mixer(with_scope(scope), 10, Philox4x32(dice.engine()()));
        CutMix in_place(mixer), on_device(mixer);
        const auto [x_out, y_out] = mixer(x, y);
        INFO("plan: " << mixer.plan());
        const auto twin = arranged(x, form, dice), third = x.clone();
        const auto memory = memory_with(twin, x_out);
        const auto targets = torch::empty_like(y_out);
        in_place.in_place(twin, y, targets);
        REQUIRE(in_place.plan() == mixer.plan());
        REQUIRE(same_bytes(memory_of(twin), memory));
        REQUIRE(same_bytes(targets, y_out));
        on_device.in_place(backwards, third, y, targets.zero_());
        REQUIRE(same_bytes(third, x_out));
        REQUIRE(same_bytes(targets, y_out));
        cutmix::mix_images_in_place(mixer.plan(), x);
        REQUIRE(same_bytes(x, x_out));
      }
}

TEST_CASE("torch: slices of larger tensors are outputs, without a name too") {
  torch::manual_seed(5);
  Dice dice(6);
  for (const auto format : {torch::MemoryFormat::Contiguous, channels_last}) {
    auto shape = random_shape(4, dice);
    const auto larger = random_values(shape, torch::kFloat).contiguous(format);
    const auto batch = shape[0];
    shape[0] += 3;
    const auto target = torch::full(shape, -1.0f).contiguous(format);
    const auto targets = torch::full({shape[0], 10}, -1.0f);
    const auto y = torch::randint(0, 10, {batch});
    CutMix mixer(1.0, 10, Philox4x32(9)), copy(mixer);
    const auto [x_out, y_out] = mixer(larger, y);
    copy(larger, y, target.narrow(0, 2, batch), targets.narrow(0, 2, batch));
    REQUIRE(same_bytes(target.narrow(0, 2, batch), x_out));
    REQUIRE(same_bytes(targets.narrow(0, 2, batch), y_out));
    for (const Tensor& around : {target.narrow(0, 0, 2), target.narrow(0, batch + 2, 1),
                                 targets.narrow(0, 0, 2), targets.narrow(0, batch + 2, 1)})
      REQUIRE(around.eq(-1).all().item<bool>());
  }
}

TEST_CASE("torch: the same plans and bytes as views of raw memory") {
  torch::manual_seed(7);
  Dice dice(8);
  const auto sized = [](const Tensor& t, auto* pointer) {
    return cutmix::view(pointer, t.sizes(), {}, t.strides());
  };
  const auto check = [&](const Options& options, auto scalar, bool from_source) {
    using Scalar = decltype(scalar);
    const auto raw = [&](const Tensor& t) { return sized(t, t.data_ptr<Scalar>()); };
    const auto ids = [&](const Tensor& t) { return sized(t, t.data_ptr<std::int64_t>()); };
    const auto shape = random_shape(4, dice);
    auto source_shape = shape;
    source_shape[0] = dice.roll(1, 9);
    const auto dtype = c10::CppTypeToScalarType<Scalar>::value;
    const auto x = random_values(shape, dtype), source = random_values(source_shape, dtype);
    const auto y = torch::randint(0, 10, {x.size(0)});
    const auto source_y = torch::randint(0, 10, {source.size(0)});
    const auto seed = dice.engine()();
    CutMix mixer(options, 10, Philox4x32(seed)), raw_mixer(options, 10, Philox4x32(seed));
    for (int step = 0; step < 5; ++step) {
      const auto x_out = torch::empty_like(x), raw_x_out = torch::empty_like(x);
      const Tensor y_out = torch::empty({x.size(0), 10}), raw_y_out = torch::empty_like(y_out);
      const auto raw_targets = sized(raw_y_out, raw_y_out.data_ptr<float>());
      if (from_source) {
        mixer(x, y, source, source_y, x_out, y_out);
        raw_mixer(raw(x), ids(y), raw(source), ids(source_y), raw(raw_x_out), raw_targets);
      } else {
        mixer(x, y, x_out, y_out);
        raw_mixer(raw(x), ids(y), raw(raw_x_out), raw_targets);
      }
      INFO("plan: " << mixer.plan());
      REQUIRE(mixer.plan() == raw_mixer.plan());
      REQUIRE(mixer.rng() == raw_mixer.rng());
      REQUIRE(mixer.indices() == raw_mixer.indices());
      REQUIRE(mixer.cutmix_lambda() == raw_mixer.cutmix_lambda());
      REQUIRE(mixer.bbox() == raw_mixer.bbox());
      REQUIRE(same_bytes(x_out, raw_x_out));
      REQUIRE(same_bytes(y_out, raw_y_out));
    }
    REQUIRE(mixer.n_classes() == 10);
  };
  for (const Scope scope : {Scope::batch, Scope::sample})
    for (const double mixup_prob : {0.0, 0.5, 1.0})
      for (const bool from_source : {false, true}) {
        Options options = with_scope(scope);
        options.prob = 0.8;
        options.mixup_prob = mixup_prob;
        options.mixup_alpha = 0.4;
        options.labels.smoothing = 0.1;
        options.labels.ignore_id = 3;
        CAPTURE(static_cast<int>(scope), mixup_prob, from_source);
        check(options, float{}, from_source);
        check(options, double{}, from_source);
        check(options, at::Half{}, from_source);
        check(options, at::BFloat16{}, from_source);
        check(options, std::uint8_t{}, from_source);
        check(options, std::int8_t{}, from_source);
        check(options, std::int16_t{}, from_source);
        check(options, std::int32_t{}, from_source);
        check(options, std::int64_t{}, from_source);
      }
}

TEST_CASE("torch: partners come from another batch") {
  torch::manual_seed(9);
  Dice dice(10);
  for (int repeat = 0; repeat < 40; ++repeat) {
    const auto dtype = any_of(all_dtypes, dice);
    auto shape = random_shape(dice.roll(3, 5), dice);
    const auto x = arranged(random_values(shape, dtype), any_form_but_expanded(dice), dice);
    shape[0] = dice.roll(1, 9);
    const auto source = arranged(random_values(shape, dtype), any_form_but_expanded(dice), dice);
    const auto y = torch::randint(0, 10, {x.size(0)});
    const auto source_y = torch::randint(0, 10, {source.size(0)});
    CAPTURE(torch::toString(dtype), Shape(x.sizes().vec()), source.size(0));
    const auto x_out = torch::empty_like(x), y_out = torch::empty({x.size(0), 10});
    CutMix mixer(with_scope(dice.coin() ? Scope::sample : Scope::batch), 10,
                 Philox4x32(dice.engine()()));
    CutMix on_device(mixer), in_place(mixer), in_place_on_device(mixer);
    mixer(x, y, source, source_y, x_out, y_out);
    const Plan& plan = mixer.plan();
    INFO("plan: " << plan);
    const auto expected = reference_images(plan, x, source);
    REQUIRE(plan.shape == BatchShape{x.size(0), x.size(-2), x.size(-1), 1, source.size(0)});
    REQUIRE(same_bytes(x_out, expected));
    REQUIRE(near(y_out, reference_targets(plan, y, source_y, 10)));

    const auto third = torch::zeros_like(x), targets = torch::zeros_like(y_out);
    on_device(backwards, x, y, source, source_y, third, targets);
    REQUIRE(same_bytes(third, expected));
    REQUIRE(same_bytes(targets, y_out));
    cutmix::mix_images(plan, x, source, third.zero_());
    REQUIRE(same_bytes(third, expected));
    cutmix::mix_masks(backwards, plan, x, source, third.zero_());
    REQUIRE(same_bytes(third, expected));
    const auto a = x.clone(), b = x.clone();
    in_place.in_place(a, y, source, source_y, targets.zero_());
    REQUIRE(same_bytes(a, expected));
    REQUIRE(same_bytes(targets, y_out));
    in_place_on_device.in_place(backwards, b, y, source, source_y, targets.zero_());
    REQUIRE(same_bytes(b, expected));
    REQUIRE(same_bytes(targets, y_out));
  }
}

TEST_CASE("torch: blends of every dtype that is a number") {
  torch::manual_seed(11);
  Dice dice(12);
  int blended = 0;
  for (const auto dtype : all_dtypes)
    for (int repeat = 0; repeat < 8; ++repeat) {
      const auto x = arranged(random_values(random_shape(dice.roll(3, 5), dice), dtype),
                              any_form_but_expanded(dice), dice);
      const Plan plan = random_torch_plan(dice, shape_of(x), true);
      CAPTURE(torch::toString(dtype), Shape(x.sizes().vec()));
      INFO("plan: " << plan);
      bool blends = false;
      for (const auto& patch : plan.patches) blends |= patch.blend != 1 && !patch.box.empty();
      const auto x_out = torch::empty_like(x);
      if (blends && (dtype == torch::kBool || torch::isComplexType(dtype))) {
        const std::string name = dtype == torch::kBool ? "boolean" : "opaque";
        REQUIRE(error_of([&] { cutmix::mix_images(plan, x, x_out); }) ==
                "cutmix: scalar of x = " + name +
                    ", must be floating or integer where a plan blends");
        continue;
      }
      blended += blends ? 1 : 0;
      cutmix::mix_images(plan, x, x_out);
      if (dtype == torch::kComplexFloat || dtype == torch::kComplexDouble) continue;
      REQUIRE(same_bytes(x_out, reference_images(plan, x)));
    }
  REQUIRE(blended > 20);
}

TEST_CASE("torch: volumes, signals and channels that come last, by the letters of the input") {
  torch::manual_seed(13);
  Dice dice(14);
  for (const std::string letters : {"BCDHW", "BDHWC", "DBWCH", "BCW", "BWC", "WB", "BHWC", "HWCB"})
    for (const Form form : {Form::contiguous, Form::permuted, Form::sliced, Form::expanded}) {
      Shape shape;
      for (std::size_t axis = 0; axis < letters.size(); ++axis) shape.push_back(dice.roll(2, 9));
      const auto x = arranged(random_values(shape, torch::kFloat), form, dice);
      const auto size = [&](char letter) {
        const auto axis = letters.find(letter);
        return axis == letters.npos ? Index{1} : x.size(static_cast<std::int64_t>(axis));
      };
      const BatchShape batch{size('B'), size('H'), size('W'), size('D')};
      CAPTURE(letters, shape);
      REQUIRE(cutmix::batch_shape(cutmix::view(x, letters)) == batch);
      const auto y = torch::randint(0, 10, {batch.batch});
      const auto x_out = torch::empty_like(x), y_out = torch::empty({batch.batch, 10});
      CutMix mixer(with_scope(Scope::sample), 10, Philox4x32(dice.engine()()));
      mixer(cutmix::view(x, letters), y, x_out, y_out);
      INFO("plan: " << mixer.plan());
      REQUIRE(same_bytes(x_out, reference_images(mixer.plan(), x, x, letters)));
      REQUIRE(near(y_out, reference_targets(mixer.plan(), y, 10)));
      REQUIRE(x_out._version() == 1);
    }
}

TEST_CASE("torch: pixels and labels come from the same partner, not from its inverse") {
  // The inverse of a 3-cycle is another permutation.
  const Indices cycle{1, 2, 0};
  Options options;
  options.indices = cycle;
  options.box_law = [](const cutmix::ImageSize&, double, cutmix::UrbgRef&) {
    return BBox{1, 0, 3, 2};
  };
  for (const auto format : {torch::MemoryFormat::Contiguous, channels_last}) {
    const auto x =
        torch::arange(3, torch::kFloat).view({3, 1, 1, 1}).expand({3, 2, 4, 5}).contiguous(format);
    CutMix mixer(options, 3, Philox4x32(1));
    const auto [x_out, y_out] = mixer(x, torch::arange(3));
    for (Index b = 0; b < 3; ++b) {
      const Index partner = cycle[nth(b)];
      REQUIRE(x_out[b][1][1][2].item<double>() == static_cast<double>(partner));  // row 1, column 2
      REQUIRE(x_out[b][1][2][1].item<double>() == static_cast<double>(b));        // row 2, column 1
      REQUIRE(y_out[b][partner].item<double>() == Approx(0.2));
      REQUIRE(y_out[b][b].item<double>() == Approx(0.8));
    }
    const auto in_place = x.clone(), targets = torch::empty_like(y_out);
    CutMix again(options, 3, Philox4x32(1));
    again.in_place(in_place, torch::arange(3), targets);
    REQUIRE(same_bytes(targets, y_out));
    REQUIRE(same_bytes(in_place, x_out));
  }
}

TEST_CASE("torch: an empty batch, a batch of one, images without channels") {
  for (const Scope scope : {Scope::batch, Scope::sample}) {
    CutMix mixer(with_scope(scope), 10, Philox4x32(1));
    const auto no_images = torch::empty({0, 3, 4, 5});
    const auto [none, no_targets] = mixer(no_images, torch::empty({0}, torch::kLong));
    REQUIRE(bool(none.sizes() == torch::IntArrayRef({0, 3, 4, 5})));
    REQUIRE(bool(no_targets.sizes() == torch::IntArrayRef({0, 10})));
    for (const Shape& shape : {Shape{0}, Shape{0, 10}, Shape{0, 10, 2}, Shape{0, 0, 2}}) {
      const auto dense = torch::empty(shape);
      REQUIRE(bool(mixer(no_images, dense).second.sizes() == dense.sizes()));
      const auto x = no_images.clone();
      mixer.in_place(x, dense, torch::empty(shape));
      cutmix::mix_labels(Plan::identity({0, 4, 5}), dense, torch::empty(shape));
      cutmix::partner_labels(Plan::identity({0, 4, 5}), dense, torch::empty(shape));
    }
    REQUIRE(mixer(torch::empty({2, 0, 4, 5}), torch::zeros({2, 10})).first.numel() == 0);
    REQUIRE(mixer(without_storage({0, 3, 4, 5}), torch::zeros({0, 10})).first.numel() == 0);

    const auto x = torch::rand({1, 3, 4, 5});
    const auto [same_x, one_hot] = mixer(x, torch::tensor({7}));
    REQUIRE(same_bytes(same_x, x));
    REQUIRE(same_bytes(one_hot, torch::one_hot(torch::tensor({7}), 10).to(torch::kFloat)));
    // A batch of one mixes with a source of three.
    const auto source = torch::rand({3, 3, 4, 5});
    mixer(x, torch::tensor({7}), source, torch::arange(3), same_x, one_hot);
    REQUIRE(same_bytes(same_x, reference_images(mixer.plan(), x, source)));
    REQUIRE(
        near(one_hot, reference_targets(mixer.plan(), torch::tensor({7}), torch::arange(3), 10)));
  }
}

TEST_CASE("torch: where a tensor has both memory formats its strides are kept") {
  torch::manual_seed(15);
  for (const Tensor& x : {torch::rand({4, 1, 5, 6}).contiguous(channels_last),
                          torch::rand({4, 5, 6, 1}).permute({0, 3, 1, 2}),
                          torch::rand({4, 3, 1, 1}).contiguous(channels_last)}) {
    CutMix mixer(1.0, 10, Philox4x32(3));
    const auto y = torch::arange(4);
    const auto [x_out, y_out] = mixer(x, y);
    REQUIRE(same_bytes(x_out, reference_images(mixer.plan(), x)));
    REQUIRE(bool(x_out.strides() == x.strides()));
    const auto plain = torch::empty(x.sizes());
    mixer(x, y, plain, y_out);
    REQUIRE(same_bytes(plain, reference_images(mixer.plan(), x)));
  }
}

TEST_CASE("torch: pixels are copied bit for bit, and unread targets stay away") {
  auto x = torch::rand({4, 3, 6, 7});
  const float nan = std::numeric_limits<float>::quiet_NaN();
  x.select(0, 1).fill_(nan);
  x.select(0, 2).fill_(-std::numeric_limits<float>::infinity());
  auto y = torch::eye(4);
  y.select(0, 1).fill_(nan);
  CutMix mixer(with_scope(Scope::sample), 4, Philox4x32(5));
  const auto [x_out, y_out] = mixer(x, y);
  REQUIRE(same_bytes(x_out, reference_images(mixer.plan(), x)));
  for (Index b = 0; b < 4; ++b) {
    const bool poisoned = b == 1 || (mixer.indices()[nth(b)] == 1 && mixer.plan().lambda(b) < 1);
    REQUIRE(y_out[b].isnan().any().item<bool>() == poisoned);
  }
}

// ---- masks, collate, plans ----

TEST_CASE("torch: masks are cut where images are") {
  torch::manual_seed(17);
  Dice dice(18);
  for (const auto dtype : all_dtypes)
    for (const Index rank : {3, 4}) {
      const auto masks = arranged(random_values(random_shape(rank, dice), dtype),
                                  testing::all_forms[nth(dice.roll(0, 4))], dice);
      const Plan plan = random_torch_plan(dice, shape_of(masks), false);
      const auto out = torch::empty_like(masks);
      cutmix::mix_masks(plan, masks, out);
      REQUIRE(same_bytes(out, reference_images(plan, masks)));
      cutmix::mix_masks(backwards, plan, masks, out.zero_());
      REQUIRE(same_bytes(out, reference_images(plan, masks)));
    }
  Plan plan = Plan::identity({2, 3, 4});
  plan.patches[0] = {{0, 0, 4, 3}, 0.5};
  const auto masks = torch::zeros({2, 3, 4}, torch::kLong);
  REQUIRE(error_of([&] { cutmix::mix_masks(plan, masks, torch::empty_like(masks)); }) ==
          "cutmix: patches[0].blend = 0.5, must be 1 for masks, which cannot be blended");
}

TEST_CASE("torch: samples are collated from a vector, and from a container that returns values") {
  // Like a data set: every sample is a new tensor, which nobody else keeps.
  struct DataSet {
    std::vector<Tensor> samples;
    mutable std::size_t made = 0;
    std::size_t size() const { return samples.size(); }
    Tensor operator[](std::size_t i) const {
      ++made;
      return samples[i].clone();
    }
  };
  torch::manual_seed(19);
  Dice dice(20);
  for (int repeat = 0; repeat < 60; ++repeat) {
    const auto dtype = any_of(all_dtypes, dice);
    const auto shape = random_shape(dice.roll(3, 5), dice);
    const auto stacked = random_values(shape, dtype);
    CAPTURE(torch::toString(dtype), shape);
    DataSet data;
    for (Index b = 0; b < shape[0]; ++b)
      data.samples.push_back(arranged(stacked[b], testing::all_forms[nth(dice.roll(0, 3))], dice));
    const auto out = arranged(random_values(shape, dtype), any_form_but_expanded(dice), dice);
    const bool number = dtype != torch::kBool && !torch::isComplexType(dtype);
    const Plan plan = random_torch_plan(dice, shape_of(stacked), number);
    INFO("plan: " << plan);
    const auto expected = memory_with(out, reference_images(plan, stacked));
    cutmix::collate(plan, data.samples, out);
    REQUIRE(same_bytes(memory_of(out), expected));
    out.zero_();
    cutmix::collate(plan, data, out);
    REQUIRE(same_bytes(memory_of(out), expected));
    REQUIRE(data.made == data.size());
    out.zero_();
    cutmix::collate(backwards, plan, data, out);
    REQUIRE(same_bytes(memory_of(out), expected));
  }

  const Plan plan = Plan::identity({2, 4, 5});
  const auto out = torch::full({2, 3, 4, 5}, -1.0f);
  const auto right = torch::rand({3, 4, 5});
  const auto message = [&](const Tensor& sample) {
    return error_of([&] { cutmix::collate(plan, std::vector<Tensor>{right, sample}, out); });
  };
  REQUIRE(message(torch::rand({3, 5, 4})) ==
          "cutmix: samples[1].size(1) = 5, must be 4, as of x_out");
  REQUIRE(message(torch::rand({1, 3, 4, 5})) ==
          "cutmix: rank of samples[1] = 4, must be 3, as of x_out");
  REQUIRE(message(right.to(torch::kInt)) ==
          "cutmix: scalar of samples[1] = int32, must be float32, as of x_out");
  REQUIRE(message(Tensor()) == "cutmix: torch tensor = undefined, must be a tensor");
  REQUIRE(message(out[0]) ==
          "cutmix: distance in bytes from samples[1] to x_out = 0, must leave no overlap");
  REQUIRE(error_of([&] { cutmix::collate(plan, std::vector<Tensor>{right}, out); }) ==
          "cutmix: size of samples = 1, must be 2, as of x_out");
  REQUIRE(out.eq(-1).all().item<bool>());
  REQUIRE(out._version() == 0);
}

TEST_CASE("torch: plans are drawn for tensors") {
  const auto x = torch::rand({6, 3, 5, 8});
  REQUIRE(cutmix::batch_shape(x) == BatchShape{6, 5, 8});
  Philox4x32 rng(21), same_rng(21);
  const Options options = with_scope(Scope::sample);
  const Plan plan = cutmix::make_plan(x, options, rng);
  REQUIRE(plan == cutmix::make_plan({6, 5, 8}, options, same_rng));
  REQUIRE(rng == same_rng);
  CutMix mixer(options, 10, Philox4x32(21));
  REQUIRE(mixer.draw(cutmix::batch_shape(x)) == plan);
}

// ---- devices, memory, autograd ----

TEST_CASE("torch: LibTorch's threads run every part once") {
  const auto device = cutmix::TensorTraits<Tensor>::device();
  using Traits = cutmix::DeviceTraits<std::decay_t<decltype(device)>>;
  for (const int threads : {1, 2, 3}) {
    const ThreadCount count(threads);
    REQUIRE(Traits::parts(device) == threads);
    for (const Index parts : {1, 2, 3, 7, 64}) {
      std::vector<int> runs(nth(parts));
      std::vector<std::thread::id> threads_of(nth(parts));
      const auto run = [&](Index part) {
        ++runs.at(nth(part));
        threads_of.at(nth(part)) = std::this_thread::get_id();
      };
      Traits::run(device, parts, cutmix::Part(run));
      CAPTURE(threads, parts);
      REQUIRE(runs == std::vector<int>(nth(parts), 1));
      // As many as there are, in a program that was not compiled with -fopenmp too.
      const std::set<std::thread::id> distinct(threads_of.begin(), threads_of.end());
      REQUIRE(distinct.size() == nth(parts < threads ? parts : threads));
    }
  }
}

TEST_CASE("torch: results do not depend on threads or devices") {
  torch::manual_seed(22);
  Dice dice(23);
  for (const Scope scope : {Scope::batch, Scope::sample})
    for (const bool blends : {false, true})
      for (const auto format : {torch::MemoryFormat::Contiguous, channels_last}) {
        // Enough bytes for six parts.
        const auto x = torch::rand({6, 3, 301, 310}).contiguous(format);
        const auto y = torch::randint(0, 10, {6});
        Options options = with_scope(scope);
        options.mixup_prob = blends ? 1 : 0;
        const auto seed = dice.engine()();
        CutMix serial(options, 10, Philox4x32(seed));
        Tensor x_out, y_out;
        {
          const ThreadCount one(1);
          std::tie(x_out, y_out) = serial(x, y);
        }
        CAPTURE(static_cast<int>(scope), blends, static_cast<int>(format));
        INFO("plan: " << serial.plan());
        if (!blends) REQUIRE(same_bytes(x_out, reference_images(serial.plan(), x)));
        const auto other = torch::empty_like(x), targets = torch::empty_like(y_out);
        const auto check = [&](const auto& call) {
          other.fill_(-1);
          targets.fill_(-1);
          CutMix mixer(options, 10, Philox4x32(seed));
          call(mixer);
          REQUIRE(mixer.plan() == serial.plan());
          REQUIRE(same_bytes(other, x_out));
          REQUIRE(same_bytes(targets, y_out));
        };
        for (const int threads : {1, 2, 3}) {
          const ThreadCount count(threads);
          CAPTURE(threads);
          check([&](auto& mixer) { mixer(x, y, other, targets); });
          check([&](auto& mixer) { mixer.in_place(other.copy_(x), y, targets); });
        }
        check([&](auto& mixer) { mixer(backwards, x, y, other, targets); });
        check([&](auto& mixer) { mixer.in_place(backwards, other.copy_(x), y, targets); });
        cutmix::mix_images(backwards, serial.plan(), x, other.fill_(-1));
        REQUIRE(same_bytes(other, x_out));
        cutmix::mix_images_in_place(backwards, serial.plan(), other.copy_(x));
        REQUIRE(same_bytes(other, x_out));
      }
}

TEST_CASE("torch: nothing is allocated but the results") {
  const auto x = torch::rand({8, 3, 16, 24});
  const auto x_last = x.contiguous(channels_last),
             sliced = torch::rand({8, 3, 16, 48}).slice(3, 0, 48, 2);
  const auto y = torch::randint(0, 10, {8}), dense = torch::rand({8, 10});
  const auto x_out = torch::empty_like(x), x_last_out = torch::empty_like(x_last);
  const auto y_out = torch::empty({8, 10}), ids_out = torch::empty_like(y);
  CutMix mixer(1.0, 10, Philox4x32(1));
  const std::int64_t images = x.numel() * 4, targets = y_out.numel() * 4;
  const auto logits = torch::rand({8, 10}), gradient = torch::empty({8, 10});
  {
    const AllocationCounter counter;
    mixer(x, y, x_out, y_out);
    mixer(x, y, x_last, y, x_out, y_out);
    mixer(x_last, dense, x_last_out, y_out);
    mixer(sliced, y, x_out, y_out);
    mixer.in_place(x_last_out, y, y_out);
    cutmix::mix_images(mixer.plan(), x, x_out);
    cutmix::partner_labels(mixer.plan(), y, ids_out);
    cutmix::soft_cross_entropy(logits, y_out, gradient);
    cutmix::mixed_cross_entropy(logits, y, mixer.plan(), gradient);
    cutmix::binary_cross_entropy(logits, y_out, gradient);
    cutmix::mixed_accuracy(logits, y, mixer.plan());
    REQUIRE(counter.bytes() == 0);
  }
  for (const Tensor& input : {x, x_last, sliced}) {
    const AllocationCounter counter;
    const auto results = mixer(input, y);
    REQUIRE(counter.bytes() == images + targets);
  }
}

TEST_CASE("torch: evaluation off spends no draws") {
  const auto x = torch::rand({4, 3, 6, 7});
  const auto y = torch::tensor({3, 1, 0, 2});
  const auto one_hot = torch::one_hot(y, 4).to(torch::kFloat);
  for (const bool in_place_first : {false, true}) {
    CutMix mixer(1.0, 4, Philox4x32(5));
    mixer.enabled = false;
    if (!in_place_first) {
      const auto [x_out, y_out] = mixer(x, y);
      REQUIRE(same_bytes(x_out, x));
      REQUIRE(same_bytes(y_out, one_hot));
    }
    const auto in_place = x.clone(), targets = torch::empty({4, 4});
    mixer.in_place(in_place, y, targets);
    REQUIRE(same_bytes(targets, one_hot));
    REQUIRE(same_bytes(in_place, x));
    REQUIRE(mixer.plan() == Plan::identity({4, 6, 7}));
    REQUIRE(mixer.rng() == Philox4x32(5));
    mixer.enabled = true;
    mixer(x, y);
    REQUIRE(mixer.rng() != Philox4x32(5));
    // Nothing of that draw is left once it is off again.
    const auto rng = mixer.rng();
    mixer.enabled = false;
    const auto [x_out, y_out] = mixer(x, y);
    REQUIRE(same_bytes(x_out, x));
    REQUIRE(same_bytes(y_out, one_hot));
    REQUIRE(mixer.plan() == Plan::identity({4, 6, 7}));
    REQUIRE(mixer.rng() == rng);
  }
}

TEST_CASE("torch: autograd notices that a saved tensor was overwritten") {
  const auto x = torch::rand({4, 3, 6, 7}), source = torch::rand({4, 3, 6, 7});
  const auto x_out = torch::empty_like(x);
  const auto y = torch::arange(4), y_out = torch::empty({4, 4});
  const auto dense = torch::rand({4, 4}), logits = torch::rand({4, 4});
  const std::vector<Tensor> samples{x[0], x[1], x[2], x[3]};
  CutMix mixer(1.0, 4, Philox4x32(5));
  mixer(x, y, x_out, y_out);
  const Plan plan = mixer.plan();
  Plan elsewhere = plan;
  elsewhere.shape.source = 4;

  struct Writer {
    Tensor output;
    std::string name;
    std::function<void()> write;
  };
  const std::vector<Writer> writers = {
      {x_out, "functor", [&] { mixer(x, y, x_out, y_out); }},
      {y_out, "functor", [&] { mixer(x, y, x_out, y_out); }},
      {y_out, "functor, dense", [&] { mixer(x, dense, x_out, y_out); }},
      {x_out, "functor, device", [&] { mixer(backwards, x, y, x_out, y_out); }},
      {y_out, "functor, device", [&] { mixer(backwards, x, y, x_out, y_out); }},
      {x_out, "functor, source", [&] { mixer(x, y, source, y, x_out, y_out); }},
      {y_out, "functor, source", [&] { mixer(x, y, source, y, x_out, y_out); }},
      {x_out, "in place", [&] { mixer.in_place(x_out, y, y_out); }},
      {y_out, "in place", [&] { mixer.in_place(x_out, y, y_out); }},
      {x_out, "in place, source", [&] { mixer.in_place(x_out, y, source, y, y_out); }},
      {y_out, "in place, source", [&] { mixer.in_place(x_out, y, source, y, y_out); }},
      {x_out, "mix_images", [&] { cutmix::mix_images(plan, x, x_out); }},
      {x_out, "mix_images, source", [&] { cutmix::mix_images(elsewhere, x, source, x_out); }},
      {x_out, "mix_images_in_place", [&] { cutmix::mix_images_in_place(plan, x_out); }},
      {x_out, "mix_masks", [&] { cutmix::mix_masks(plan, x, x_out); }},
      {x_out, "collate", [&] { cutmix::collate(plan, samples, x_out); }},
      {y_out, "mix_labels, ids", [&] { cutmix::mix_labels(plan, y, 4, y_out); }},
      {y_out, "mix_labels, ids, source", [&] { cutmix::mix_labels(elsewhere, y, y, 4, y_out); }},
      {y_out, "mix_labels, dense", [&] { cutmix::mix_labels(plan, dense, y_out); }},
      {y_out, "mix_labels, dense, source",
       [&] { cutmix::mix_labels(elsewhere, dense, dense, y_out); }},
      {y_out, "partner_labels", [&] { cutmix::partner_labels(plan, dense, y_out); }},
      {y_out, "partner_labels, source",
       [&] { cutmix::partner_labels(elsewhere, dense, dense, y_out); }},
      {y_out, "soft_cross_entropy", [&] { cutmix::soft_cross_entropy(logits, dense, y_out); }},
      {y_out, "binary_cross_entropy", [&] { cutmix::binary_cross_entropy(logits, dense, y_out); }},
      {y_out, "mixed_cross_entropy", [&] { cutmix::mixed_cross_entropy(logits, y, plan, y_out); }},
      {y_out, "mixed_cross_entropy, source",
       [&] { cutmix::mixed_cross_entropy(logits, y, y, elsewhere, y_out); }},
      {x_out, "a view of it",
       [&] {
         cutmix::mix_images(plan, x, x_out.permute({0, 1, 2, 3}));
       }},
  };
  for (const Writer& writer : writers) {
    CAPTURE(writer.name, writer.output.dim());
    const auto weight = torch::ones_like(writer.output).requires_grad_();
    (writer.output * weight).sum().backward();
    REQUIRE(weight.grad().defined());
    const auto out_of_date = (writer.output * weight).sum();
    const auto version = writer.output._version();
    writer.write();
    REQUIRE(writer.output._version() > version);
    std::string message;
    try {
      out_of_date.backward();
    } catch (const c10::Error& error) {
      message = error.what();
    }
    REQUIRE(message.find("has been modified by an inplace operation") != message.npos);
  }
  for (const Tensor& input : {x, source, y, dense, logits}) REQUIRE(input._version() == 0);
}

TEST_CASE("torch: tensors of inference mode, in that mode and outside") {
  const auto x = torch::rand({4, 3, 6, 7});
  const auto y = torch::arange(4);
  CutMix mixer(1.0, 4, Philox4x32(5)), twin(mixer), third(mixer);
  const auto [x_out, y_out] = mixer(x, y);
  Tensor inference_x, inference_x_out, inference_y_out, ordinary_out = torch::empty_like(x);
  {
    const c10::InferenceMode inference;
    inference_x = x.clone();
    std::tie(inference_x_out, inference_y_out) = twin(x, y);
    REQUIRE(inference_x_out.is_inference());
    REQUIRE(same_bytes(inference_x_out, x_out));
    cutmix::mix_images(mixer.plan(), inference_x, ordinary_out);
    REQUIRE(same_bytes(ordinary_out, x_out));
    cutmix::mix_images(mixer.plan(), x, inference_x_out.zero_());
    REQUIRE(same_bytes(inference_x_out, x_out));
    inference_x_out.zero_();
    inference_y_out.zero_();
  }
  third(inference_x, y, inference_x_out, inference_y_out);
  REQUIRE(same_bytes(inference_x_out, x_out));
  REQUIRE(same_bytes(inference_y_out, y_out));
  cutmix::mix_images_in_place(mixer.plan(), inference_x);
  REQUIRE(same_bytes(inference_x, x_out));
}

// ---- errors ----

TEST_CASE("torch: tensors whose bytes cannot be used are refused, before anything is written") {
  struct Refused {
    std::string what, rest;
    std::function<Tensor(const Shape&)> make;
  };
  const std::vector<Refused> all_refused = {
      {"device", "= meta, must be one that holds numbers",
       [](const Shape& shape) { return torch::empty(shape, torch::kMeta); }},
      {"layout", "= Sparse, must be Strided; call .to_dense()",
       [](const Shape& shape) { return torch::ones(shape).to_sparse(); }},
      {"requires_grad", "= true, must be false, gradients do not pass through; call .detach()",
       [](const Shape& shape) { return torch::ones(shape).requires_grad_(); }},
      {"requires_grad", "= true, must be false, gradients do not pass through; call .detach()",
       [](const Shape& shape) { return torch::ones(shape).requires_grad_() * 2; }},
      {"is_neg", "= true, must be false; call .resolve_neg()",
       [](const Shape& shape) { return torch::_neg_view(torch::ones(shape)); }},
      {"is_conj", "= true, must be false; call .resolve_conj()",
       [](const Shape& shape) { return torch::ones(shape, torch::kComplexFloat).conj(); }},
      {"dtype", "= QUInt8, must be floating, integer, bool or complex",
       [](const Shape& shape) {
         return torch::quantize_per_tensor(torch::ones(shape), 0.1, 0, torch::kQUInt8);
       }},
      {"storage", "= too small, must hold every element",
       [](Shape shape) {  // freed memory, as shards do with parameters: here all but a scalar
         ++shape[0];
         const auto tensor = torch::ones(shape).narrow(0, 1, shape[0] - 1);
         auto* const storage = tensor.storage().unsafeGetStorageImpl();
         storage->set_nbytes(storage->nbytes() - 4);
         return tensor;
       }},
      {"storage", "= too small, must hold every element",
       [](const Shape& shape) {
         const auto tensor = torch::ones(shape);
         tensor.storage().set_data_ptr(at::DataPtr());
         return tensor;
       }},
      {"storage", "= too small, must hold every element",
       [](const Shape& shape) { return torch::_efficientzerotensor(shape); }},
      {"storage", "= too small, must hold every element", without_storage},
  };

  const auto x = torch::rand({4, 3, 6, 8}), source = torch::rand({4, 3, 6, 8});
  const auto y = torch::arange(4), dense = torch::rand({4, 10});
  const auto x_out = torch::full_like(x, -1), y_out = torch::full({4, 10}, -1.0f);
  const auto versions = [&] { return Shape{x._version(), x_out._version(), y_out._version()}; };
  const auto before = versions();
  const auto x_before = x.clone();
  CutMix mixer(1.0, 10, Philox4x32(5));
  const Plan plan = Plan::identity({4, 6, 8});
  Plan elsewhere = plan;
  elsewhere.shape.source = 4;
  const std::vector<Tensor> samples{x[0], x[1], x[2], x[3]};

  const auto check_images = [&](const std::string& message, const Tensor& bad) {
    const auto refused = [&](const auto& call) { REQUIRE(error_of(call) == message); };
    refused([&] { mixer(bad, y); });
    refused([&] { mixer(bad, y, x_out, y_out); });
    refused([&] { mixer(x, y, bad, y_out); });
    refused([&] { mixer(x, y, bad, y, x_out, y_out); });
    refused([&] { mixer.in_place(bad, y, y_out); });
    refused([&] { mixer.in_place(x, y, bad, y, y_out); });
    refused([&] { cutmix::mix_images(plan, bad, x_out); });
    refused([&] { cutmix::mix_images(plan, x, bad); });
    refused([&] { cutmix::mix_images(elsewhere, x, bad, x_out); });
    refused([&] { cutmix::mix_images_in_place(plan, bad); });
    refused([&] { cutmix::mix_masks(plan, bad, x_out); });
    refused([&] { cutmix::collate(plan, samples, bad); });
    refused([&] { cutmix::batch_shape(bad); });
    refused([&] { cutmix::view(bad, "BCHW"); });
  };
  const auto check_labels = [&](const std::string& message, const Tensor& bad) {
    const auto refused = [&](const auto& call) { REQUIRE(error_of(call) == message); };
    refused([&] { mixer(x, bad); });
    refused([&] { mixer(x, bad, x_out, y_out); });
    refused([&] { mixer(x, y, x_out, bad); });
    refused([&] { mixer(x, dense, source, bad, x_out, y_out); });
    refused([&] { mixer.in_place(x, bad, y_out); });
    refused([&] { mixer.in_place(x, y, bad); });
    refused([&] { cutmix::mix_labels(plan, bad, y_out); });
    refused([&] { cutmix::mix_labels(plan, dense, bad); });
    refused([&] { cutmix::mix_labels(elsewhere, dense, bad, y_out); });
    refused([&] { cutmix::mix_labels(plan, bad, 10, y_out); });
    refused([&] { cutmix::mix_labels(plan, y, 10, bad); });
    refused([&] { cutmix::partner_labels(plan, bad, y_out); });
    refused([&] { cutmix::partner_labels(plan, dense, bad); });
    refused([&] { cutmix::soft_cross_entropy(bad, dense); });
    refused([&] { cutmix::soft_cross_entropy(dense, bad); });
    refused([&] { cutmix::soft_cross_entropy(dense, dense, bad); });
    refused([&] { cutmix::binary_cross_entropy(bad, dense); });
    refused([&] { cutmix::binary_cross_entropy(dense, dense, bad); });
    refused([&] { cutmix::mixed_cross_entropy(bad, y, plan); });
    refused([&] { cutmix::mixed_cross_entropy(dense, y, plan, bad); });
    refused([&] { cutmix::mixed_accuracy(bad, y, plan); });
  };
  for (const Refused& refused : all_refused) {
    const auto message = [&](const std::string& shape) {
      return "cutmix: " + refused.what + " of the torch tensor " + shape + " " + refused.rest;
    };
    check_images(message("[4, 3, 6, 8]"), refused.make({4, 3, 6, 8}));
    check_labels(message("[4, 10]"), refused.make({4, 10}));
    REQUIRE(error_of([&] {
              auto bad = samples;
              bad[2] = refused.make({3, 6, 8});
              cutmix::collate(plan, bad, x_out);
            }) == message("[3, 6, 8]"));
  }
  const std::string undefined = "cutmix: torch tensor = undefined, must be a tensor";
  check_images(undefined, Tensor());
  check_labels(undefined, Tensor());
  const auto nested =
      at::_nested_tensor_from_tensor_list({torch::ones({2, 3}), torch::ones({1, 3})});
  const std::string is_nested = "cutmix: torch tensor = nested, must have one size for each axis";
  check_images(is_nested, nested);
  check_labels(is_nested, nested);

  REQUIRE(versions() == before);
  REQUIRE(same_bytes(x, x_before));
  REQUIRE(x_out.eq(-1).all().item<bool>());
  REQUIRE(y_out.eq(-1).all().item<bool>());
  REQUIRE(mixer.plan() == Plan());
  REQUIRE(mixer.rng() == Philox4x32(5));
}

TEST_CASE("torch: errors say what to do, before anything is written or drawn") {
  const auto x = torch::rand({4, 3, 6, 8});
  const auto y = torch::arange(4);
  const auto x_out = torch::full_like(x, -1), y_out = torch::full({4, 10}, -1.0f);
  CutMix mixer(1.0, 10, Philox4x32(5));

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
  const std::string two_dimensions =
      "rank of x = 2, must be at least 3: (B, ..., H, W); name other axes: cutmix::view(x, "
      "\"BCW\")";
  const std::string folds = ", must not fold memory onto itself: each position is written";
  const std::string width = ", must be 10, the number of classes; class ids have rank 1";
  const std::vector<Case> cases = {
      images(torch::rand({6, 8}), two_dimensions),
      images(torch::rand({1, 1, 1, 1, 1, 1, 1, 6, 8}), "rank = 9, must be at most 8"),
      labels(torch::tensor(3),
             "rank of y = 0, must be at least 1: (B) class ids or (B, ...) dense targets"),
      labels(torch::arange(3), "size of y along the batch = 3, must be 4, as of x"),
      labels(torch::rand({4, 7}), "width of y = 7" + width),
      labels(y.unsqueeze(1), "width of y = 1" + width),
      labels(torch::tensor({0, 1, 10, 2}), "y[2] = 10, must be in [0, 10)"),
      labels(torch::tensor({0, 1, 2, -1}, torch::kInt), "y[3] = -1, must be in [0, 10)"),
      labels(torch::rand({4, 10}).to(torch::kComplexFloat),
             "scalar of y = opaque, must be a number"),
      outputs(torch::empty({4, 3, 6, 7}), y_out, "x_out.size(3) = 7, must be 8, as of x"),
      outputs(torch::empty({3, 3, 6, 8}), y_out, "x_out.size(0) = 3, must be 4, as of x"),
      outputs(torch::empty({4, 3, 48}), y_out, "rank of x_out = 3, must be 4"),
      outputs(x_out.to(torch::kDouble), y_out,
              "scalar of x_out = float64, must be float32, as of x"),
      outputs(x_out.to(torch::kInt), y_out, "scalar of x_out = int32, must be float32, as of x"),
      outputs(torch::rand({1, 3, 6, 8}).expand({4, 3, 6, 8}), y_out,
              "strides of x_out = 0, 48, 8, 1" + folds),
      outputs(x_out, torch::empty({4, 9}), "width of y_out = 9, must be 10, the number of classes"),
      outputs(x_out, torch::empty({3, 10}),
              "size of y_out along the batch = 3, must be 4, as of y"),
      outputs(x_out, torch::empty({4}), "rank of y_out = 1, must be 2: (B, n_classes)"),
      outputs(x_out, torch::empty({4, 10}, torch::kLong),
              "scalar of y_out = int64, must be float32, float64, half or bfloat16"),
      outputs(x_out, torch::rand({1, 10}).expand({4, 10}), "strides of y_out = 0, 1" + folds),
      outputs(y_out, x_out, "rank of x_out = 2, must be 4"),
      outputs(x, y_out,
              "distance in bytes from x to x_out = 0, must leave no overlap; use "
              "mix_images_in_place to write over images"),
      outputs(x_out, x_out.view({-1}).slice(0, 5, 45).view({4, 10}),
              "distance in bytes from y_out to x_out = -20, must leave no overlap"),
      outputs(x_out, x.view({-1}).slice(0, 5, 45).view({4, 10}),
              "distance in bytes from x to y_out = 20, must leave no overlap"),
  };
  for (const Case& c : cases) {
    CAPTURE(c.message);
    const auto message = error_of([&] { mixer(c.images, c.labels, c.images_out, c.targets_out); });
    REQUIRE(message == "cutmix: " + c.message);
    // Where only the inputs are wrong the other forms say the same.
    const bool inputs = !c.images.is_same(x) || !c.labels.is_same(y);
    if (inputs) {
      REQUIRE(error_of([&] { mixer(c.images, c.labels); }) == message);
      REQUIRE(error_of([&] { mixer.in_place(c.images, c.labels, c.targets_out); }) == message);
    }
  }
  REQUIRE(error_of([&] {
            mixer.in_place(x[0].unsqueeze(0).expand({4, 3, 6, 8}), y, y_out);
          }) == "cutmix: strides of x = 0, 48, 8, 1" + folds);
  REQUIRE(error_of([&] {
            mixer(torch::empty({4, 3, 0, 8}), y);
          }) == "cutmix: H = 0, must be at least 1 where a box is drawn");
  // Outputs over labels and over sources: labels are longs in the outputs' memory.
  const auto zeros = torch::zeros_like(x), rows = torch::zeros({4, 10});
  const auto ids_in = [](const Tensor& t) {
    return t.view({-1}).slice(0, 0, 8).view(torch::kLong);
  };
  const auto overlap = [](const std::string& from, const std::string& to) {
    return "cutmix: distance in bytes from " + from + " to " + to + " = 0, must leave no overlap";
  };
  REQUIRE(error_of([&] { mixer(x, ids_in(zeros), zeros, y_out); }) == overlap("y", "x_out"));
  REQUIRE(error_of([&] { mixer(x, ids_in(rows), x_out, rows); }) == overlap("y", "y_out"));
  REQUIRE(error_of([&] { mixer.in_place(zeros, ids_in(zeros), y_out); }) == overlap("y", "x"));
  REQUIRE(error_of([&] { mixer(x, y, zeros, y, zeros, y_out); }) == overlap("source", "x_out"));
  REQUIRE(error_of([&] { mixer(x, y, x, ids_in(zeros), zeros, y_out); }) ==
          overlap("source_y", "x_out"));
  REQUIRE(error_of([&] { mixer(x, y, x, ids_in(rows), x_out, rows); }) ==
          overlap("source_y", "y_out"));
  REQUIRE(error_of([&] { mixer.in_place(zeros, y, zeros, y, y_out); }) == overlap("source", "x"));
  REQUIRE(zeros.eq(0).all().item<bool>());
  REQUIRE(rows.eq(0).all().item<bool>());
  // Sizes that overflow are no torch errors.
  CutMix wide(1.0, Index{1} << 62, Philox4x32(5));
  REQUIRE(error_of([&] { wide(x, y); }) ==
          "cutmix: size in bytes = 16 x 4611686018427387904, must be at most 2^63 - 1");
  REQUIRE(x_out.eq(-1).all().item<bool>());
  REQUIRE(y_out.eq(-1).all().item<bool>());
  REQUIRE(x_out._version() == 0);
  REQUIRE(y_out._version() == 0);
  REQUIRE(mixer.plan() == Plan());
  REQUIRE(mixer.rng() == Philox4x32(5));

  REQUIRE(error_of([&] {
            cutmix::mix_images(Plan{{4, 6, 8}, {0, 1, 2}, {{BBox{}, 1}}}, x, x_out);
          }) == "cutmix: size of indices = 3, must be 4, the batch size");
  REQUIRE(error_of([&] {
            cutmix::mix_images(Plan::identity({4, 8, 6}), x, x_out);
          }) == "cutmix: plan.shape.height = 8, must be 6, as of x");
  REQUIRE(error_of([] { CutMix(-1.0, 10, Philox4x32(5)); }) ==
          "cutmix: alpha = -1, must satisfy alpha >= 0");
  REQUIRE(error_of([] { CutMix(1.0, 0, Philox4x32(5)); }) ==
          "cutmix: n_classes = 0, must be at least 1");
}

TEST_CASE("torch: tensors that LibTorch hands over as DLPack's mix where they lie") {
  struct Free {
    void operator()(DLManagedTensor* tensor) const { tensor->deleter(tensor); }
  };
  using Handed = std::unique_ptr<DLManagedTensor, Free>;
  const auto base = torch::arange(4 * 6 * 10 * 16).remainder(120).view({4, 6, 10, 16});
  Philox4x32 rng(3);
  for (const auto dtype : {torch::kByte, torch::kShort, torch::kLong, torch::kHalf,
                           torch::kBFloat16, torch::kFloat, torch::kDouble, torch::kComplexFloat})
    for (const auto& whole : {base, base.contiguous(torch::MemoryFormat::ChannelsLast)}) {
      CAPTURE(torch::toString(dtype));
      const Tensor all = whole.to(dtype);
      // A slice: it begins behind its memory's first byte, and has gaps on every axis but B.
      const Tensor x = all.slice(1, 1, 6, 2).slice(2, 3).slice(3, 2, 14, 3);
      const Handed from(at::toDLPack(x));
      const cutmix::ConstBatchView view = cutmix::view(std::as_const(from->dl_tensor));
      REQUIRE(view.data() == x.data_ptr());
      REQUIRE(view.scalar_bytes() == static_cast<Index>(x.element_size()));
      REQUIRE(view.rank() == 4);
      for (int axis = 0; axis < 4; ++axis) {
        REQUIRE(view.size(axis) == x.size(axis));
        REQUIRE(view.stride(axis) == x.stride(axis));
      }
      const Plan plan = cutmix::make_plan(x, Options{}, rng);
      Tensor expected = torch::empty_like(x), out = torch::zeros_like(all);
      cutmix::mix_images(plan, x, expected);
      const Handed to(at::toDLPack(out.slice(1, 0, 5, 2).slice(2, 0, 7).slice(3, 4, 16, 3)));
      cutmix::mix_images(plan, from->dl_tensor, to->dl_tensor);
      REQUIRE(out.slice(1, 0, 5, 2).slice(2, 0, 7).slice(3, 4, 16, 3).equal(expected));
      REQUIRE(out.ne(0).sum().item<std::int64_t>() == expected.ne(0).sum().item<std::int64_t>());
    }
  const Handed bytes(at::toDLPack(base.to(torch::kByte))), longs(at::toDLPack(base));
  REQUIRE(error_of([&] {
            cutmix::mix_images(Plan::identity({4, 10, 16}), bytes->dl_tensor, longs->dl_tensor);
          }) == "cutmix: scalar of x_out = int64, must be uint8, as of x");
}
