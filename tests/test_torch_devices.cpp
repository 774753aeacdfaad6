// LibTorch's tensors where the processor cannot read them: the operations that then do the work are
// the same on every device, so here they are given the CPU's tensors, and must leave the library's
// own bytes.

#include <functional>
#include <limits>
#include <tuple>
#include <utility>

#include "torch_support.hpp"

namespace {

using namespace testing;
using cutmix::CutMix;

// A device whose tensors are all elsewhere. Nothing may run on it.
struct Aten {
  void operator()(Index, const cutmix::Part&) const { FAIL("the processor was asked to mix"); }
};
// One that has no double.
struct AtenInFloat : Aten {};

class WorkInFloat : public cutmix::detail::TorchWork {
 public:
  WorkInFloat() : TorchWork(false) {}
};

}  // namespace

template <>
struct cutmix::detail::Elsewhere<Aten> {
  using Work = TorchWork;
  template <class X>
  static bool holds(const X&) {
    return true;
  }
};
template <>
struct cutmix::detail::Elsewhere<AtenInFloat> : Elsewhere<Aten> {
  using Work = WorkInFloat;
};

namespace {

const Aten aten;

const std::vector<torch::ScalarType> all_dtypes = {
    torch::kFloat, torch::kDouble, torch::kHalf,         torch::kBFloat16,
    torch::kByte,  torch::kChar,   torch::kShort,        torch::kInt,
    torch::kLong,  torch::kBool,   torch::kComplexFloat, torch::kComplexDouble};
const std::vector<torch::ScalarType> floating = {torch::kFloat, torch::kDouble, torch::kHalf,
                                                 torch::kBFloat16};
// What has at most 24 significant bits.
const std::vector<torch::ScalarType> narrow = {torch::kFloat, torch::kHalf, torch::kBFloat16,
                                               torch::kByte,  torch::kChar, torch::kShort};
const std::vector<torch::ScalarType> wide = {torch::kDouble, torch::kInt, torch::kLong};

// Numbers of many bits, some of them large and small; never NaN, whose bits no law fixes.
Tensor any_numbers(const Shape& shape, torch::ScalarType dtype) {
  if (!at::isFloatingType(dtype)) return random_values(shape, dtype);
  const auto numbers = torch::randn(shape, torch::kDouble);
  const auto powers = torch::randint(-20, 16, shape).to(torch::kDouble);
  return (numbers * torch::exp2(powers)).to(dtype);
}

// The same numbers in memory of their own, that lies in any way.
Tensor anyhow(const Tensor& values, Dice& dice, bool is_output = false) {
  return arranged(values, all_forms[nth(dice.roll(0, is_output ? 3 : 4))], dice);
}

// What an output is made of for two calls that must do the same, and nothing beside it.
struct Twins {
  Tensor expected, got;
  Twins(const Tensor& like, Dice& dice) : expected(anyhow(like, dice, true)) {
    got = memory_of(expected).clone().as_strided(expected.sizes(), expected.strides(),
                                                 expected.storage_offset());
  }
  bool are_same() const { return same_bytes(memory_of(expected), memory_of(got)); }
};

// Whether two differ by no more than so much of the larger of the numbers that were mixed.
bool within(const Tensor& a, const Tensor& b, const Tensor& larger, double unit) {
  const auto apart = (a.to(torch::kDouble) - b.to(torch::kDouble)).abs();
  return apart.le(larger.to(torch::kDouble).abs() * unit).all().item<bool>();
}

Options any_options(Dice& dice) {
  Options options = with_scope(dice.coin() ? Scope::sample : Scope::batch);
  options.prob = dice.coin() ? 1 : 0.6;
  options.labels.smoothing = dice.coin() ? 0 : dice.share();
  if (dice.coin()) options.labels.ignore_id = dice.coin() ? 3 : -1;
  return options;
}

// A plan with a permutation.
Plan with_permutation(Plan plan, Dice& dice) {
  for (std::size_t b = 0; b < plan.indices.size(); ++b) {
    plan.indices[b] = static_cast<Index>(b);
    std::swap(plan.indices[b], plan.indices[nth(dice.roll(0, static_cast<Index>(b)))]);
  }
  return plan;
}

Tensor any_ids(Index count, Index classes, const LabelOptions& options, Dice& dice) {
  auto ids = torch::randint(0, classes, {count});
  if (options.ignore_id && dice.coin())
    ids = ids.masked_fill(torch::rand({count}).lt(0.3), *options.ignore_id);
  return ids.to(any_of({torch::kLong, torch::kInt, torch::kShort, torch::kChar}, dice));
}

}  // namespace

TEST_CASE("torch devices: the functor's forms, with the bytes and draws of the CPU") {
  torch::manual_seed(1);
  Dice dice(2);
  for (int i = 0; i < 400; ++i) {
    const auto dtype = any_of(all_dtypes, dice);
    auto shape = random_shape(dice.roll(3, 6), dice);
    const Index n_classes = dice.roll(1, 9);
    const Options options = any_options(dice);
    const auto x = anyhow(any_numbers(shape, dtype), dice);
    const Index batch = shape[0];
    shape[0] = dice.roll(1, 9);
    const auto source = anyhow(any_numbers(shape, dtype), dice);
    const bool dense = dice.coin();
    const auto labels = [&](Index count) {
      if (dense) return anyhow(any_numbers({count, n_classes}, torch::kFloat), dice);
      return any_ids(count, n_classes, {options.labels.smoothing, std::nullopt}, dice);
    };
    const auto y = labels(batch), source_y = labels(shape[0]);
    CAPTURE(i, torch::toString(dtype), Shape(x.sizes().vec()), dense, n_classes);
    const Twins images(x, dice), targets(torch::rand({batch, n_classes}), dice);
    CutMix here(options, n_classes, Philox4x32(dice.engine()())), there(here);
    const auto same = [&] {
      INFO("plan: " << here.plan());
      REQUIRE(there.plan() == here.plan());
      REQUIRE(there.rng() == here.rng());
      REQUIRE(images.are_same());
      REQUIRE(targets.are_same());
    };
    here(x, y, images.expected, targets.expected);
    there(aten, x, y, images.got, targets.got);
    same();
    here(x, y, source, source_y, images.expected, targets.expected);
    there(aten, x, y, source, source_y, images.got, targets.got);
    same();
    here.in_place(images.expected, y, targets.expected);
    there.in_place(aten, images.got, y, targets.got);
    same();
    here.in_place(images.expected, y, source, source_y, targets.expected);
    there.in_place(aten, images.got, y, source, source_y, targets.got);
    same();
    here.enabled = there.enabled = false;
    here(x, y, images.expected, targets.expected);
    there(aten, x, y, images.got, targets.got);
    same();
  }
}

TEST_CASE("torch devices: images by their letters, cut and blended") {
  torch::manual_seed(3);
  Dice dice(4);
  int blended = 0;
  for (int i = 0; i < 600; ++i) {
    const bool blends = dice.coin();
    const auto dtype = any_of(blends ? narrow : all_dtypes, dice);
    const std::vector<std::string> usual{"BW", "BCW", "BHW", "BCHW", "BDHW", "BCDHW", "BCTHW"};
    std::string letters = usual[nth(dice.roll(0, 6))];
    const auto shuffled = [&dice](std::string text) {
      for (std::size_t k = text.size(); k-- > 1;)
        std::swap(text[k], text[nth(dice.roll(0, static_cast<Index>(k)))]);
      return text;
    };
    letters = shuffled(letters);
    Shape sizes;
    for (std::size_t k = 0; k < letters.size(); ++k) sizes.push_back(dice.roll(1, 9));
    const auto size = [&](char letter) {
      const auto axis = letters.find(letter);
      return axis == letters.npos ? Index{1} : sizes[axis];
    };
    const bool has_source = dice.coin();
    BatchShape batch{size('B'), size('H'), size('W'), size('D'), has_source ? dice.roll(1, 9) : -1};
    // The same axes in another order, or without letters of its own in the same.
    const auto reordered = [&](const Tensor& tensor, const std::string& order) {
      Shape axes;
      for (const char letter : order)
        axes.push_back(static_cast<std::int64_t>(letters.find(letter)));
      return tensor.permute(axes);
    };
    const auto x = any_numbers(sizes, dtype);
    Shape source_sizes = sizes;
    source_sizes[letters.find('B')] = std::max(batch.source, Index{1});
    const auto source = any_numbers(source_sizes, dtype);
    Plan plan = random_plan(dice, batch, blends);
    CAPTURE(i, letters, sizes, torch::toString(dtype), has_source);
    INFO("plan: " << plan);
    const std::string x_letters = shuffled(letters), source_letters = shuffled(letters),
                      out_letters = shuffled(letters);
    const auto seen = cutmix::view(anyhow(reordered(x, x_letters), dice), x_letters);
    const auto from = cutmix::view(anyhow(reordered(source, source_letters), dice), source_letters);
    const Twins out(reordered(x, out_letters), dice);
    const auto to = cutmix::view(out.expected, out_letters),
               it = cutmix::view(out.got, out_letters);
    if (has_source) {
      cutmix::mix_images(plan, seen, from, to);
      cutmix::mix_images(aten, plan, seen, from, it);
    } else {
      cutmix::mix_images(plan, seen, to);
      cutmix::mix_images(aten, plan, seen, it);
    }
    REQUIRE(out.are_same());
    // Letters of the input alone name the axes of the output too.
    const Twins plain(reordered(x, x_letters), dice);
    if (!has_source) {
      cutmix::mix_images(plan, seen, plain.expected);
      cutmix::mix_images(aten, plan, seen, plain.got);
      REQUIRE(plain.are_same());
      plan = with_permutation(plan, dice);
      cutmix::mix_images_in_place(plan, to);
      cutmix::mix_images_in_place(aten, plan, it);
      REQUIRE(out.are_same());
    }
    for (const auto& patch : plan.patches) blended += patch.blend != 1 && !patch.box.empty();
  }
  REQUIRE(blended > 100);
}

TEST_CASE("torch devices: blends of doubles and long integers are the CPU's to a last bit") {
  torch::manual_seed(5);
  Dice dice(6);
  for (const auto dtype : wide)
    for (int i = 0; i < 40; ++i) {
      const auto shape = random_shape(4, dice);
      const auto x = any_numbers(shape, dtype) * (dtype == torch::kLong ? 7654321 : 1);
      const BatchShape batch{shape[0], shape[2], shape[3]};
      Plan plan = random_plan(dice, batch, true);
      CAPTURE(torch::toString(dtype), shape);
      INFO("plan: " << plan);
      const auto expected = torch::empty_like(x), got = torch::empty_like(x);
      const auto larger = torch::max(x.abs(), x.index_select(0, indices_of(plan)).abs());
      cutmix::mix_images(plan, x, expected);
      cutmix::mix_images(aten, plan, x, got);
      if (dtype == torch::kInt)  // what is halfway between two falls to either side
        REQUIRE((got - expected).abs().le(1).all().item<bool>());
      else
        REQUIRE(within(got, expected, larger, 0x1p-52));
      // Where the weights are exact, so are the products.
      plan = random_torch_plan(dice, batch, true);
      const auto whole = random_values(shape, dtype);
      cutmix::mix_images(plan, whole, expected);
      cutmix::mix_images(aten, plan, whole, got);
      REQUIRE(same_bytes(got, expected));
    }
}

TEST_CASE("torch devices: the ends of integers and of small floats") {
  Plan plan{{2, 1, 64}, {1, 0}, {{BBox{0, 0, 64, 1}, 0}}};
  Dice dice(7);
  const auto check = [&](const Tensor& x) {
    for (int i = 0; i < 60; ++i) {
      plan.patches[0].blend = dice.share();
      const auto expected = torch::empty_like(x), got = torch::empty_like(x);
      cutmix::mix_images(plan, x, expected);
      cutmix::mix_images(aten, plan, x, got);
      CAPTURE(torch::toString(x.scalar_type()), plan.patches[0].blend);
      REQUIRE(same_bytes(got, expected));
    }
  };
  for (const auto dtype : {torch::kByte, torch::kChar, torch::kShort, torch::kInt}) {
    const double bits = 8 * static_cast<double>(torch::elementSize(dtype));
    const bool is_signed = dtype != torch::kByte;
    const double top = std::exp2(is_signed ? bits - 1 : bits) - 1, low = is_signed ? -top - 1 : 0;
    auto ends = torch::full({2, 1, 64}, top, torch::kDouble);
    ends.select(0, 1).slice(1, 0, 32).fill_(low);
    ends.select(0, 0).slice(1, 16, 40).fill_(low);
    check(ends.to(dtype));
  }
  for (const auto dtype : {torch::kHalf, torch::kBFloat16}) {
    // Every exponent, infinities among them; sums that no float holds exactly.
    const auto bits = torch::randint(0, 0x7F80, {2, 1, 64}).to(torch::kShort);
    const auto any = bits.view(dtype);
    check(torch::where(any.isnan(), torch::zeros_like(any), any));
    check(torch::arange(128, torch::kFloat).mul(6e-8).view({2, 1, 64}).to(dtype));
  }
}

TEST_CASE("torch devices: class ids of every kind, smoothed and ignored") {
  torch::manual_seed(9);
  Dice dice(10);
  for (int i = 0; i < 600; ++i) {
    const Index batch = dice.roll(0, 9), classes = dice.roll(1, 12);
    const bool has_source = dice.coin(), in_columns = dice.coin();
    const BatchShape shape{batch, 5, 7, 1, has_source ? dice.roll(1, 9) : -1};
    const LabelOptions options = any_options(dice).labels;
    const auto y = any_ids(batch, classes, options, dice);
    const auto dtype = any_of(floating, dice);
    // Where they are of one type with the source's.
    const auto source_y =
        any_ids(std::max(shape.source, Index{1}), classes, options, dice).to(y.scalar_type());
    const Plan plan = random_plan(dice, shape, dice.coin());
    CAPTURE(i, batch, classes, torch::toString(dtype), has_source, in_columns, options.smoothing);
    INFO("plan: " << plan);
    const Twins out(
        in_columns ? any_numbers({classes, batch}, dtype) : any_numbers({batch, classes}, dtype),
        dice);
    const auto mix = [&](const auto& device, const auto& rows) {
      using cutmix::detail::mix_ids_with;
      if (has_source)
        mix_ids_with(device, plan, y, &source_y, classes, rows, options);
      else
        mix_ids_with(device, plan, y, cutmix::detail::no_source<Tensor>, classes, rows, options);
    };
    const std::string letters = in_columns ? "WB" : "BW";
    mix(cutmix::TensorTraits<Tensor>::device(), cutmix::view(out.expected, letters));
    mix(aten, cutmix::view(out.got, letters));
    if (dtype == torch::kDouble)
      REQUIRE(within(out.got, out.expected, torch::ones({1}), 0x1p-52));
    else
      REQUIRE(out.are_same());
  }
}

TEST_CASE("torch devices: an id that is no class has no peak, for nobody can look at it before") {
  const auto ids = torch::tensor({0, 7, -3}), out = torch::empty({3, 2});
  cutmix::detail::mix_ids_with(aten, Plan::identity({3, 4, 4}), ids,
                               cutmix::detail::no_source<Tensor>, 2, out, {});
  REQUIRE(out.equal(torch::tensor({{1.0f, 0.0f}, {0.0f, 0.0f}, {0.0f, 0.0f}})));
}

TEST_CASE("torch devices: dense labels and partners' labels of every kind and rank") {
  torch::manual_seed(11);
  Dice dice(12);
  for (int i = 0; i < 600; ++i) {
    const auto dtype = any_of(all_dtypes, dice), out_dtype = any_of(floating, dice);
    Shape shape{dice.roll(0, 7)};
    const Index rank = dice.roll(at::isFloatingType(dtype) ? 1 : 2, 4);
    while (static_cast<Index>(shape.size()) < rank) shape.push_back(dice.roll(1, 7));
    const bool has_source = dice.coin();
    const auto y = anyhow(any_numbers(shape, dtype), dice);
    Shape source_shape = shape;
    source_shape[0] = dice.roll(1, 7);
    const auto source = anyhow(any_numbers(source_shape, dtype), dice);
    const Plan plan = random_plan(
        dice, BatchShape{shape[0], 5, 7, 1, has_source ? source_shape[0] : -1}, dice.coin());
    CAPTURE(i, torch::toString(dtype), torch::toString(out_dtype), shape, has_source);
    INFO("plan: " << plan);
    const auto no_source = cutmix::detail::no_source<Tensor>;
    const auto cpu = cutmix::TensorTraits<Tensor>::device();
    const Twins partners(any_numbers(shape, dtype), dice);
    const auto gather = [&](const auto& device, const Tensor& out) {
      if (has_source)
        cutmix::detail::gather_labels_with(device, plan, y, &source, out);
      else
        cutmix::detail::gather_labels_with(device, plan, y, no_source, out);
    };
    gather(cpu, partners.expected);
    gather(aten, partners.got);
    REQUIRE(partners.are_same());
    if (at::isComplexType(dtype)) continue;
    const Twins out(any_numbers(shape, out_dtype), dice);
    const auto mix = [&](const auto& device, const Tensor& to) {
      if (has_source)
        cutmix::detail::mix_dense_with(device, plan, y, &source, to);
      else
        cutmix::detail::mix_dense_with(device, plan, y, no_source, to);
    };
    mix(cpu, out.expected);
    mix(aten, out.got);
    const double largest =
        torch::cat({y.flatten(), source.flatten()}).to(torch::kDouble).abs().max().item<double>();
    const bool is_wide = dtype == torch::kDouble || dtype == torch::kInt || dtype == torch::kLong;
    if (!is_wide && out_dtype != torch::kDouble)
      REQUIRE(out.are_same());
    else if (out_dtype == torch::kDouble)
      REQUIRE(within(out.got, out.expected, torch::full({1}, largest), 0x1p-52));
  }
}

TEST_CASE("torch devices: without double, within 3 x 2^-24 of the larger number") {
  torch::manual_seed(13);
  Dice dice(14);
  const AtenInFloat in_float;
  for (int i = 0; i < 200; ++i) {
    const auto dtype = any_of({torch::kFloat, torch::kByte, torch::kShort, torch::kInt}, dice);
    const auto shape = random_shape(4, dice);
    const auto x = any_numbers(shape, dtype);
    const Plan plan = random_plan(dice, {shape[0], shape[2], shape[3]}, true);
    CAPTURE(i, torch::toString(dtype), shape);
    INFO("plan: " << plan);
    const auto expected = torch::empty_like(x), got = torch::empty_like(x);
    cutmix::mix_images(plan, x, expected);
    cutmix::mix_images(in_float, plan, x, got);
    const auto larger = torch::max(x.abs(), x.index_select(0, indices_of(plan)).abs());
    if (dtype == torch::kFloat)
      REQUIRE(within(got, expected, larger, 3 * 0x1p-24));
    else
      REQUIRE((got.to(torch::kDouble) - expected.to(torch::kDouble))
                  .abs()
                  .le(larger.to(torch::kDouble).mul(3 * 0x1p-24).add(1))
                  .all()
                  .item<bool>());
    const auto ids = torch::randint(0, 10, {shape[0]});
    const Tensor rows = torch::empty({shape[0], 10}), targets = torch::empty_like(rows);
    cutmix::mix_labels(plan, ids, 10, rows, {0.1, 3});
    cutmix::detail::mix_ids_with(in_float, plan, ids, cutmix::detail::no_source<Tensor>, 10,
                                 targets, {0.1, 3});
    REQUIRE(within(targets, rows, torch::ones({1}), 3 * 0x1p-24));
  }
  // The ends of integers that float does not hold.
  auto ends = torch::full({2, 1, 8}, std::numeric_limits<std::int32_t>::max(), torch::kInt);
  const auto out = torch::empty_like(ends);
  cutmix::mix_images(in_float, Plan{{2, 1, 8}, {1, 0}, {{BBox{0, 0, 8, 1}, 0.3}}}, ends, out);
  REQUIRE(within(out, ends, ends, 3 * 0x1p-24));
}

TEST_CASE("torch devices: pixels are copied bit for bit, and unread targets stay away") {
  auto bits = torch::full({4, 3, 6, 7}, 0x7FA12345, torch::kInt);  // a NaN with a message
  bits.select(0, 0).fill_(0x3F800000);
  const auto x = bits.view(torch::kFloat), y = torch::eye(4);
  y.select(0, 1).fill_(std::numeric_limits<float>::quiet_NaN());
  CutMix here(with_scope(Scope::sample), 4, Philox4x32(5)), there(here);
  const auto [x_out, y_out] = here(x, y);
  const auto mixed = torch::empty_like(x), targets = torch::empty_like(y);
  there(aten, x, y, mixed, targets);
  REQUIRE(same_bytes(mixed, x_out));
  REQUIRE(targets.isnan().equal(y_out.isnan()));
  // So are those whose share is nothing, or all, beside others that are blended.
  bits.select(0, 3).fill_(0x40000000);
  const BBox box{1, 1, 6, 5};
  const Plan plan{{4, 6, 7}, {3, 0, 1, 0}, {{box, 0.5}, {box, 0}, {box, 1}, {box, 0.25}}};
  cutmix::mix_images(plan, x, x_out);
  cutmix::mix_images(aten, plan, x, mixed);
  REQUIRE(same_bytes(mixed, x_out));
}

TEST_CASE("torch devices: of the box's pixels alone, with one copy of the plan") {
  const auto x = torch::rand({16, 3, 64, 64});
  const auto out = torch::empty_like(x), y = torch::empty({16, 10});
  const auto ids = torch::randint(0, 10, {16});
  const Plan plan{{16, 64, 64}, Indices(16, 0), {{BBox{8, 8, 24, 16}, 1}}};
  const std::int64_t patch = 16 * 3 * 16 * 8 * 4, numbers = 11 * 16 * 8;
  {
    const AllocationCounter counter;
    cutmix::mix_images(aten, plan, x, out);
    REQUIRE(counter.bytes() <= patch + numbers + 1024);
  }
  {
    const AllocationCounter counter;
    cutmix::mix_images_in_place(aten, Plan::identity({16, 64, 64}), x);
    REQUIRE(counter.bytes() <= numbers + 1024);
  }
}

TEST_CASE("torch devices: what is written is marked, in inference mode and outside") {
  const auto x = torch::rand({4, 3, 6, 7}), y = torch::rand({4, 4});
  const auto x_out = torch::empty_like(x), y_out = torch::empty_like(y);
  CutMix mixer(1.0, 4, Philox4x32(5));
  mixer(aten, x, y, x_out, y_out);
  REQUIRE(x_out._version() == 1);
  REQUIRE(y_out._version() == 1);
  mixer.in_place(aten, x_out, y, y_out);
  cutmix::mix_images(aten, mixer.plan(), x, cutmix::view(x_out, "BCHW"));
  REQUIRE(x_out._version() == 3);
  REQUIRE(x._version() == 0);
  REQUIRE(y._version() == 0);
  Tensor inference;
  {
    const c10::InferenceMode mode;
    inference = torch::zeros({4, 3, 6, 7});
  }
  cutmix::mix_images(aten, mixer.plan(), x, inference);
  REQUIRE(same_bytes(inference, x_out));
}

TEST_CASE("torch devices: an empty batch, and images without a pixel") {
  CutMix mixer(with_scope(Scope::sample), 10, Philox4x32(1));
  for (const Shape& shape : {Shape{0, 3, 4, 5}, Shape{2, 0, 4, 5}}) {
    const auto x = torch::empty(shape), out = torch::empty(shape);
    const auto y = torch::zeros({shape[0]}, torch::kLong), rows = torch::empty({shape[0], 10});
    mixer(aten, x, y, out, rows);
    mixer.in_place(aten, out, y, rows);
    REQUIRE(rows.sum().item<double>() == static_cast<double>(shape[0]));
  }
}

// ---- errors ----

namespace {

// A tensor that says it is on a GPU, whether or not this LibTorch knows any.
Tensor on_gpu(const Shape& shape, std::int64_t which = 0) {
  static float memory[1] = {};
  const torch::Device gpu(torch::kCUDA, static_cast<c10::DeviceIndex>(which));
  return at::for_blob(memory, shape)
      .options(torch::TensorOptions(gpu))
      .target_device(gpu)
      .make_tensor();
}

}  // namespace

TEST_CASE("torch devices: plans are drawn for tensors on any device, with letters too") {
  const auto x = on_gpu({6, 3, 5, 8});
  REQUIRE(cutmix::batch_shape(x) == BatchShape{6, 5, 8});
  REQUIRE(cutmix::batch_shape(cutmix::view(x, "BDHW")) == BatchShape{6, 5, 8, 3});
  Philox4x32 rng(21), same(21);
  REQUIRE(cutmix::make_plan(x, {}, rng) == cutmix::make_plan({6, 5, 8}, {}, same));
}

TEST_CASE("torch devices: tensors of a call lie on one device; the rest reads the CPU's") {
  const Shape images{4, 3, 6, 8}, rows{4, 10};
  const auto x = on_gpu(images), x_out = on_gpu(images), y = on_gpu(rows), y_out = on_gpu(rows);
  const auto other = on_gpu(images, 1), here = torch::rand(images), here_y = torch::rand(rows);
  CutMix mixer(1.0, 10, Philox4x32(5));
  const Plan plan = Plan::identity({4, 6, 8});
  const auto message = [](const char* shape, const char* is, const char* rule) {
    return std::string("cutmix: device of the torch tensor ") + shape + " = " + is + ", " + rule;
  };
  const std::string image = "[4, 3, 6, 8]", row = "[4, 10]";
  const std::string as_others = "must be cuda:0, as of the other tensors";
  const std::string here_alone = "must be cpu; call .cpu()";
  const auto says = [&](const std::string& shape, const std::string& is, const std::string& rule,
                        const auto& call) {
    REQUIRE(error_of(call) == message(shape.c_str(), is.c_str(), rule.c_str()));
  };
  says(row, "cpu", as_others, [&] { mixer(x, here_y, x_out, y_out); });
  says(image, "cuda:1", as_others, [&] { mixer(x, y, other, y_out); });
  says(image, "cpu", as_others, [&] { mixer(x, y, here, y, x_out, y_out); });
  says(row, "cpu", as_others, [&] { mixer.in_place(x, y, here_y); });
  says(image, "cpu", as_others, [&] { cutmix::mix_images(plan, x, here); });
  says(image, "cpu", as_others, [&] { cutmix::mix_images(plan, x, here, x_out); });
  says(image, "cpu", as_others, [&] { cutmix::mix_masks(plan, cutmix::view(x, "BCHW"), here); });
  says(row, "cpu", as_others, [&] { cutmix::mix_labels(plan, y, here_y); });
  says(row, "cpu", as_others, [&] { cutmix::partner_labels(plan, y, here_y); });
  // The CPU's images decide that all is the CPU's.
  says(image, "cuda:0", here_alone, [&] { mixer(here, here_y, x_out, here_y); });
  says(row, "cuda:0", here_alone, [&] { mixer(here, y); });
  says(image, "cuda:0", here_alone, [&] { cutmix::mix_images(plan, here, x_out); });
  says(row, "cuda:0", here_alone, [&] { cutmix::mix_labels(plan, here_y, y_out); });
  // Threads of the processor, asked for.
  const auto threads = [](Index parts, const cutmix::Part& part) {
    while (parts-- > 0) part(parts);
  };
  says(image, "cuda:0", here_alone, [&] { mixer(threads, x, y, x_out, y_out); });
  says(image, "cuda:0", here_alone, [&] { cutmix::mix_images(threads, plan, x, x_out); });
  // What reads the processor's memory alone.
  says(row, "cuda:0", here_alone, [&] { cutmix::soft_cross_entropy(y, here_y); });
  says(row, "cuda:0", here_alone, [&] { cutmix::mixed_accuracy(y, torch::arange(4), plan); });
  says(image, "cuda:0", here_alone,
       [&] { cutmix::collate(plan, std::vector<Tensor>(4, here[0]), x_out); });
  says(image, "cuda:0", here_alone,
       [&] { static_cast<void>(cutmix::BatchView(cutmix::view(x, "BCHW"))); });
  // Memory that is no tensor's.
  std::vector<float> memory(4 * 3 * 6 * 8);
  REQUIRE(error_of([&] {
            mixer(x, y, cutmix::view(memory.data(), {4, 3, 6, 8}), y_out);
          }) ==
          "cutmix: memory of a tensor = the processor's, must be that of a torch tensor on cuda:0");
  REQUIRE(mixer.plan() == Plan());
  REQUIRE(mixer.rng() == Philox4x32(5));
}

TEST_CASE("torch devices: checks are the CPU's, before anything is written or drawn") {
  const auto x = torch::rand({4, 3, 6, 8}), y = torch::rand({4, 10});
  const auto x_out = torch::full_like(x, -1), y_out = torch::full_like(y, -1);
  CutMix mixer(1.0, 10, Philox4x32(5));
  const auto says = [&](const std::string& message, const auto& call) {
    REQUIRE(error_of(call) == "cutmix: " + message);
  };
  says(
      "distance in bytes from x to x_out = 0, must leave no overlap; use mix_images_in_place to "
      "write over images",
      [&] { mixer(aten, x, y, x, y_out); });
  says("distance in bytes from y_out to x_out = -20, must leave no overlap", [&] {
    mixer(aten, x, y, x_out, x_out.view({-1}).slice(0, 5, 45).view({4, 10}));
  });
  says("strides of x_out = 0, 48, 8, 1, must not fold memory onto itself: each position is written",
       [&] {
         mixer(aten, x, y, x_out.narrow(0, 0, 1).expand({4, 3, 6, 8}), y_out);
       });
  says("width of y = 7, must be 10, the number of classes; class ids have rank 1", [&] {
    mixer(aten, x, torch::rand({4, 7}), x_out, y_out);
  });
  says("indices[1] = 0, must stand there once: in place needs a permutation", [&] {
    cutmix::mix_images_in_place(aten, Plan{{4, 6, 8}, {0, 0, 1, 2}, {{BBox{}, 1}}}, x_out);
  });
  says("scalar of x = opaque, must be floating or integer where a plan blends", [&] {
    cutmix::mix_images(aten, Plan{{4, 6, 8}, {0, 1, 2, 3}, {{BBox{0, 0, 2, 2}, 0.5}}},
                       x.to(torch::kComplexFloat), x.to(torch::kComplexFloat));
  });
  for (const Tensor& bad : {torch::empty({4, 3, 6, 8}, torch::kMeta), x.to_sparse(),
                            x.clone().requires_grad_(), Tensor()}) {
    std::string expected;
    try {
      mixer(bad, y);
    } catch (const std::invalid_argument& error) {
      expected = error.what();
    }
    REQUIRE(expected.find("torch tensor") != expected.npos);
    REQUIRE(error_of([&] { mixer(aten, bad, y, x_out, y_out); }) == expected);
    REQUIRE(error_of([&] { mixer(aten, x, y, bad, y_out); }) == expected);
  }
  REQUIRE(x_out.eq(-1).all().item<bool>());
  REQUIRE(y_out.eq(-1).all().item<bool>());
  REQUIRE(mixer.plan() == Plan());
  REQUIRE(mixer.rng() == Philox4x32(5));
}
