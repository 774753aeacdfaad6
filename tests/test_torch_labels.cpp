#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "torch_support.hpp"

namespace {

using cutmix::BinaryOptions;
using cutmix::CutMix;
using testing::any_form_but_expanded;
using testing::any_of;
using testing::arranged;
using testing::dense_of;
using testing::Dice;
using testing::error_of;
using testing::Form;
using testing::Index;
using testing::indices_of;
using testing::LabelOptions;
using testing::memory_of;
using testing::memory_with;
using testing::near;
using testing::nth;
using testing::Options;
using testing::Philox4x32;
using testing::Plan;
using testing::random_torch_plan;
using testing::random_values;
using testing::reference_targets;
using testing::same_bytes;
using testing::Scope;
using testing::Shape;
using testing::shares_of;
using testing::Tensor;
using testing::with_scope;

const std::vector<torch::ScalarType> integers = {torch::kLong, torch::kInt,  torch::kShort,
                                                 torch::kChar, torch::kByte, torch::kBool};
const std::vector<torch::ScalarType> floats = {torch::kFloat, torch::kDouble, torch::kHalf,
                                               torch::kBFloat16};
const std::vector<torch::ScalarType> numbers = {
    torch::kLong, torch::kInt,   torch::kShort,  torch::kChar, torch::kByte,
    torch::kBool, torch::kFloat, torch::kDouble, torch::kHalf, torch::kBFloat16};

// How many classes ids of a dtype can name, to its last value where it has few.
Index most_classes(torch::ScalarType dtype) {
  if (dtype == torch::kBool) return 2;
  return dtype == torch::kChar ? 128 : dtype == torch::kByte ? 256 : 300;
}

Tensor random_ids(Index batch, Index n_classes, torch::ScalarType dtype) {
  return torch::randint(0, n_classes, {batch}).to(dtype);
}

// (B), (B, 7), (B, 7, ...): whole numbers of any sign, a few whole units apart.
Tensor random_dense(Index rank, Index batch, torch::ScalarType dtype, Dice& dice) {
  Shape shape{batch};
  while (static_cast<Index>(shape.size()) < rank) shape.push_back(dice.roll(1, 9));
  return random_values(shape, dtype);
}

double largest_of(const Tensor& y) {
  return y.numel() == 0 ? 1 : y.to(torch::kDouble).abs().max().clamp_min(1).item<double>();
}

// Logits of any dtype as double, and as a leaf that wants gradients.
Tensor leaf_of(const Tensor& logits) { return logits.to(torch::kDouble).clone().requires_grad_(); }

}  // namespace

TEST_CASE("torch: labels of every kind through the functor") {
  torch::manual_seed(1);
  Dice dice(2);
  for (const auto dtype : numbers)
    for (const Index rank : {1, 2, 3, 4})
      for (const Form form : testing::all_forms)
        for (const Scope scope : {Scope::batch, Scope::sample}) {
          const auto x = torch::rand({dice.roll(1, 7), 2, 5, 8});
          const bool ids = rank == 1 && !torch::isFloatingType(dtype);
          const auto dense = random_dense(rank, x.size(0), dtype, dice);
          Index n_classes = rank == 2 ? dense.size(1) : dice.roll(1, 9);
          if (ids) n_classes = most_classes(dtype);
          const auto y =
              arranged(ids ? random_ids(x.size(0), n_classes, dtype) : dense, form, dice);
          const auto before = y.clone();
          const auto version = y._version();
          CAPTURE(torch::toString(dtype), rank, static_cast<int>(form), n_classes);
          CutMix mixer(with_scope(scope), n_classes, Philox4x32(dice.engine()()));
          const CutMix start(mixer);
          const auto [x_out, y_out] = mixer(x, y);
          INFO("plan: " << mixer.plan());
          const double largest = ids ? 1 : largest_of(y);
          const auto expected = reference_targets(mixer.plan(), y, n_classes);
          REQUIRE(y_out.scalar_type() == (torch::isFloatingType(dtype) ? dtype : torch::kFloat));
          REQUIRE(near(y_out, expected, largest));
          if (!ids && form != Form::sliced && form != Form::expanded)
            REQUIRE(bool(y_out.strides() == y.strides()));

          // Into the caller's memory, of any floating dtype.
          for (const auto wanted : floats) {
            CAPTURE(torch::toString(wanted));
            const auto targets = arranged(torch::full(expected.sizes(), NAN, wanted),
                                          any_form_but_expanded(dice), dice);
            CutMix again(start);
            again(x, y, torch::empty_like(x), targets);
            REQUIRE(near(targets, expected, largest));
            const auto in_place = arranged(torch::full(expected.sizes(), NAN, wanted),
                                           any_form_but_expanded(dice), dice);
            const auto memory = memory_with(in_place, targets);
            CutMix third(start);
            third.in_place(x.clone(), y, in_place);
            REQUIRE(same_bytes(memory_of(in_place), memory));
          }
          REQUIRE(same_bytes(y, before));
          REQUIRE(y._version() == version);
        }
}

TEST_CASE("torch: a list of labels beside torch images gives torch targets") {
  const auto x = torch::rand({4, 3, 5, 8});
  const std::vector<std::int64_t> ids{3, 1, 0, 2};
  const std::array<double, 4> weights{0.5, 2, 1, 0.25};
  const std::vector<float> floats_of_weights{0.5f, 2, 1, 0.25f};
  CutMix mixer(with_scope(Scope::sample), 5, Philox4x32(3));
  const auto [x_out, y_out] = mixer(x, ids);
  REQUIRE(y_out.scalar_type() == torch::kFloat);
  REQUIRE(near(y_out, reference_targets(mixer.plan(), torch::tensor(ids), 5)));
  const auto targets = mixer(x, weights).second;
  REQUIRE(targets.scalar_type() == torch::kDouble);
  const auto tensor = torch::tensor({0.5, 2.0, 1.0, 0.25}, torch::kDouble);
  REQUIRE(near(targets, reference_targets(mixer.plan(), tensor, 5), 2));
  REQUIRE(mixer(x, floats_of_weights).second.scalar_type() == torch::kFloat);
}

TEST_CASE("torch: mix_labels of class ids, smoothed and ignored, from a source too") {
  torch::manual_seed(4);
  Dice dice(5);
  for (const auto dtype : integers)
    for (const auto wanted : floats)
      for (int repeat = 0; repeat < 4; ++repeat) {
        const Index n_classes = dtype == torch::kBool ? 2 : dice.roll(1, most_classes(dtype));
        const Index batch = dice.roll(1, 8), source_batch = dice.roll(1, 8);
        const auto y = arranged(random_ids(batch, n_classes, dtype),
                                testing::all_forms[nth(dice.roll(0, 4))], dice);
        const auto source = arranged(random_ids(source_batch, n_classes, dtype),
                                     testing::all_forms[nth(dice.roll(0, 4))], dice);
        LabelOptions options;
        options.smoothing = dice.coin() ? dice.share() : 0;
        if (dice.coin()) options.ignore_id = dice.roll(0, n_classes - 1);
        CAPTURE(torch::toString(dtype), torch::toString(wanted), n_classes, options.smoothing,
                options.ignore_id.value_or(-1));
        const auto out = arranged(torch::full({batch, n_classes}, NAN, wanted),
                                  any_form_but_expanded(dice), dice);
        const Plan plan = random_torch_plan(dice, {batch, 6, 9}, true);
        INFO("plan: " << plan);
        cutmix::mix_labels(plan, y, n_classes, out, options);
        REQUIRE(near(out, reference_targets(plan, y, n_classes, options)));
        const Plan elsewhere = random_torch_plan(dice, {batch, 6, 9, 1, source_batch}, true);
        INFO("elsewhere: " << elsewhere);
        cutmix::mix_labels(elsewhere, y, source, n_classes, out, options);
        REQUIRE(near(out, reference_targets(elsewhere, y, source, n_classes, options)));
      }
}

TEST_CASE("torch: mix_labels of dense targets, from a source too") {
  torch::manual_seed(6);
  Dice dice(7);
  for (const auto dtype : numbers)
    for (const auto wanted : floats)
      for (int repeat = 0; repeat < 4; ++repeat) {
        const Index rank = dice.roll(torch::isFloatingType(dtype) ? 1 : 2, 5);
        const Index batch = dice.roll(1, 8), source_batch = dice.roll(1, 8);
        const auto y = arranged(random_dense(rank, batch, dtype, dice),
                                testing::all_forms[nth(dice.roll(0, 4))], dice);
        Shape source_shape = y.sizes().vec();
        source_shape[0] = source_batch;
        const auto source = arranged(random_values(source_shape, dtype),
                                     testing::all_forms[nth(dice.roll(0, 4))], dice);
        CAPTURE(torch::toString(dtype), torch::toString(wanted), source_shape);
        const auto out =
            arranged(torch::full(y.sizes(), NAN, wanted), any_form_but_expanded(dice), dice);
        const Plan plan = random_torch_plan(dice, {batch, 6, 9}, true);
        INFO("plan: " << plan);
        cutmix::mix_labels(plan, y, out);
        REQUIRE(near(out, reference_targets(plan, y, 0), largest_of(y)));
        const Plan elsewhere = random_torch_plan(dice, {batch, 6, 9, 1, source_batch}, true);
        INFO("elsewhere: " << elsewhere);
        cutmix::mix_labels(elsewhere, y, source, out);
        REQUIRE(near(out, reference_targets(elsewhere, y, source, 0),
                     std::max(largest_of(y), largest_of(source))));
      }
}

TEST_CASE("torch: partners' labels are gathered, bit for bit") {
  torch::manual_seed(8);
  Dice dice(9);
  std::vector<torch::ScalarType> dtypes = numbers;
  dtypes.insert(dtypes.end(), {torch::kComplexFloat, torch::kComplexDouble});
  for (const auto dtype : dtypes)
    for (const Index rank : {1, 2, 3, 4}) {
      const Index batch = dice.roll(1, 8), source_batch = dice.roll(1, 8);
      const auto y = arranged(random_dense(rank, batch, dtype, dice),
                              testing::all_forms[nth(dice.roll(0, 4))], dice);
      Shape source_shape = y.sizes().vec();
      source_shape[0] = source_batch;
      const auto source = random_values(source_shape, dtype);
      const auto out = arranged(y, any_form_but_expanded(dice), dice);
      CAPTURE(torch::toString(dtype), source_shape);
      const Plan plan = random_torch_plan(dice, {batch, 6, 9}, true);
      INFO("plan: " << plan);
      const auto memory = memory_with(out, y.index_select(0, indices_of(plan)));
      cutmix::partner_labels(plan, y, out);
      REQUIRE(same_bytes(memory_of(out), memory));
      const Plan elsewhere = random_torch_plan(dice, {batch, 6, 9, 1, source_batch}, true);
      cutmix::partner_labels(elsewhere, y, source, out);
      REQUIRE(same_bytes(out, source.index_select(0, indices_of(elsewhere))));
    }
}

TEST_CASE("torch: labels that do not fit are refused, before anything is written") {
  const Plan plan = Plan::identity({4, 6, 8});
  const auto y = torch::arange(4), y_out = torch::full({4, 10}, -1.0f);
  const auto dense = torch::rand({4, 10});
  const auto message = [](const auto& call) { return error_of(call); };
  REQUIRE(message([&] { cutmix::mix_labels(plan, y.unsqueeze(1), 10, y_out); }) ==
          "cutmix: rank of y = 2, must be 1: class ids have rank 1, dense targets take no number "
          "of classes");
  REQUIRE(message([&] { cutmix::mix_labels(plan, dense, 10, y_out); }) ==
          "cutmix: scalar of y = float32, must be an integer: class ids; dense targets take no "
          "number of classes");
  REQUIRE(message([&] { cutmix::mix_labels(plan, y, y_out); }) ==
          "cutmix: rank of y = 1, must be at least 2 for integers: class ids need the number of "
          "classes: mix_labels(plan, ids, n_classes, out)");
  REQUIRE(message([&] {
            cutmix::mix_labels(plan, torch::rand({4, 9}), y_out);
          }) == "cutmix: shape of y_out = 4 x 10, must be 4 x 9, as of y");
  REQUIRE(message([&] { cutmix::mix_labels(plan, dense, y_out.to(torch::kInt)); }) ==
          "cutmix: scalar of y_out = int32, must be float32, float64, half or bfloat16");
  REQUIRE(message([&] {
            cutmix::mix_labels(plan, torch::rand({3, 10}), y_out.narrow(0, 0, 3));
          }) == "cutmix: plan.shape.batch = 4, must be 3, as of y");
  REQUIRE(message([&] { cutmix::mix_labels(plan, y, 0, y_out); }) ==
          "cutmix: n_classes = 0, must be at least 1");
  REQUIRE(message([&] {
            cutmix::mix_labels(plan, torch::tensor({0, 128, 2, 3}).to(torch::kChar), 10, y_out);
          }) == "cutmix: y[1] = -128, must be in [0, 10)");
  REQUIRE(message([&] {
            cutmix::mix_labels(plan, torch::tensor({0, 255, 2, 3}).to(torch::kByte), 10, y_out);
          }) == "cutmix: y[1] = 255, must be in [0, 10)");
  REQUIRE(message([&] { cutmix::partner_labels(plan, dense, y_out.to(torch::kDouble)); }) ==
          "cutmix: scalar of y_out = float64, must be float32, as of y");
  REQUIRE(message([&] { cutmix::partner_labels(plan, dense, dense); }) ==
          "cutmix: distance in bytes from y to y_out = 0, must leave no overlap");
  const auto logits = torch::rand({4, 10});
  REQUIRE(message([&] {
            cutmix::soft_cross_entropy(logits, torch::rand({4, 9}));
          }) == "cutmix: shape of targets = 4 x 9, must be 4 x 10");
  REQUIRE(message([&] { cutmix::soft_cross_entropy(logits, dense, logits.t()); }) ==
          "cutmix: shape of gradient = 10 x 4, must be 4 x 10");
  REQUIRE(message([&] { cutmix::soft_cross_entropy(logits, y); }) ==
          "cutmix: scalar of targets = int64, must be float32, float64, half or bfloat16");
  REQUIRE(message([&] { cutmix::mixed_cross_entropy(logits, y.unsqueeze(1), plan); }) ==
          "cutmix: rank of y = 2, must be 1: class ids have rank 1, dense targets take no number "
          "of classes");
  REQUIRE(message([&] { cutmix::mixed_accuracy(logits, y + 8, plan); }) ==
          "cutmix: y[2] = 10, must be in [0, 10)");
  REQUIRE(message([&] { cutmix::soft_cross_entropy(leaf_of(logits), dense); }) ==
          "cutmix: requires_grad of the torch tensor [4, 10] = true, must be false, gradients do "
          "not pass through; call .detach()");
  REQUIRE_NOTHROW(cutmix::soft_cross_entropy(leaf_of(logits).detach(), dense));
  REQUIRE(y_out.eq(-1).all().item<bool>());
  REQUIRE(y_out._version() == 0);
}

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 3)
TEST_CASE("torch: unsigned integers of newer versions are numbers, eight bits that float are not") {
  torch::manual_seed(14);
  Dice dice(15);
  for (const auto dtype : {torch::kUInt16, torch::kUInt32, torch::kUInt64})
    for (int repeat = 0; repeat < 8; ++repeat) {
      const Index batch = dice.roll(1, 8);
      const Plan plan = random_torch_plan(dice, {batch, 6, 9}, true);
      CAPTURE(torch::toString(dtype), plan);
      const auto x = torch::randint(0, 40000, {batch, 6, 9}), x_out = torch::empty_like(x);
      const auto narrow_out = torch::empty_like(x, dtype);
      cutmix::mix_images(plan, x, x_out);
      cutmix::mix_images(plan, x.to(dtype), narrow_out);
      REQUIRE(same_bytes(narrow_out.to(torch::kLong), x_out));
      const auto y = random_ids(batch, 300, torch::kLong);
      const auto y_out = torch::empty({batch, 300}), twin = torch::empty({batch, 300});
      cutmix::mix_labels(plan, y, 300, y_out);
      cutmix::mix_labels(plan, y.to(dtype), 300, twin);
      REQUIRE(same_bytes(twin, y_out));
    }
  const auto small = torch::zeros({2, 6, 9}).to(torch::kFloat8_e5m2);
  REQUIRE(error_of([&] { cutmix::view(small); }) ==
          "cutmix: dtype of the torch tensor [2, 6, 9] = Float8_e5m2, must be floating, integer, "
          "bool or complex");
}
#endif

// ---- losses: LibTorch's own, in double ----

TEST_CASE("torch: losses and gradients are LibTorch's own") {
  torch::manual_seed(10);
  Dice dice(11);
  for (const auto dtype : floats)
    for (int repeat = 0; repeat < 12; ++repeat) {
      const Index batch = dice.roll(1, 8), n_classes = dice.roll(1, 300);
      const auto targets_dtype = any_of(floats, dice);
      const auto logits = arranged((torch::randn({batch, n_classes}) * dice.roll(1, 30)).to(dtype),
                                   any_form_but_expanded(dice), dice);
      const auto targets = arranged(torch::rand({batch, n_classes}).to(targets_dtype),
                                    testing::all_forms[nth(dice.roll(0, 4))], dice);
      const auto y = random_ids(batch, n_classes, torch::kLong);
      const auto source_y = random_ids(batch + 1, n_classes, torch::kLong);
      LabelOptions options;
      options.smoothing = dice.coin() ? dice.share() : 0;
      if (dice.coin()) options.ignore_id = dice.roll(0, n_classes - 1);
      BinaryOptions binary, weighted;
      binary.threshold = dice.share();
      const auto weights = torch::rand({n_classes}, torch::kDouble) * 3;
      weighted.positive_weights.assign(weights.data_ptr<double>(),
                                       weights.data_ptr<double>() + n_classes);
      const Plan plan = random_torch_plan(dice, {batch, 6, 9}, true);
      const Plan elsewhere = random_torch_plan(dice, {batch, 6, 9, 1, batch + 1}, true);
      CAPTURE(torch::toString(dtype), torch::toString(targets_dtype), batch, n_classes,
              options.smoothing, options.ignore_id.value_or(-1));
      INFO("plan: " << plan);
      INFO("elsewhere: " << elsewhere);

      // `loss` without a gradient and with one, against `expected` of a leaf in double.
      const auto check = [&](const auto& expected, const auto& loss,
                             const auto& loss_and_gradient) {
        const auto leaf = leaf_of(logits);
        const auto value = expected(leaf);
        value.backward();
        const double wanted = value.template item<double>();
        REQUIRE(loss() == Approx(wanted).epsilon(1e-12).margin(1e-12));
        for (const auto gradient_dtype : floats) {
          const auto gradient = arranged(torch::full_like(logits, NAN, gradient_dtype),
                                         any_form_but_expanded(dice), dice);
          REQUIRE(loss_and_gradient(gradient) == loss());
          CAPTURE(torch::toString(gradient_dtype));
          const double largest = leaf.grad().abs().max().template item<double>();
          if (gradient_dtype == torch::kDouble)
            REQUIRE(torch::allclose(gradient, leaf.grad(), 1e-12, 1e-12));
          else if (gradient_dtype != torch::kHalf || largest > 1e-3)  // below, half has fewer bits
            REQUIRE(near(gradient, leaf.grad(), largest));
        }
        // Over the logits themselves.
        const auto in_place = arranged(logits, any_form_but_expanded(dice), dice);
        const auto gradient = torch::empty_like(logits);
        loss_and_gradient(gradient);
        return std::pair{in_place, gradient};
      };
      const auto cross_entropy = [](const Tensor& leaf, const Tensor& wanted) {
        return at::cross_entropy_loss(leaf, wanted.to(torch::kDouble));
      };
      {
        const auto [over, gradient] = check(
            [&](const Tensor& leaf) { return cross_entropy(leaf, targets); },
            [&] { return cutmix::soft_cross_entropy(logits, targets); },
            [&](const Tensor& out) { return cutmix::soft_cross_entropy(logits, targets, out); });
        cutmix::soft_cross_entropy(over, targets, over);
        REQUIRE(same_bytes(over, gradient));
      }
      {
        const auto wanted = reference_targets(plan, y, n_classes, options);
        const auto [over, gradient] =
            check([&](const Tensor& leaf) { return cross_entropy(leaf, wanted); },
                  [&] { return cutmix::mixed_cross_entropy(logits, y, plan, options); },
                  [&](const Tensor& out) {
                    return cutmix::mixed_cross_entropy(logits, y, plan, out, options);
                  });
        cutmix::mixed_cross_entropy(over, y, plan, over, options);
        REQUIRE(same_bytes(over, gradient));
      }
      {
        const auto wanted = reference_targets(elsewhere, y, source_y, n_classes, options);
        const auto [over, gradient] = check(
            [&](const Tensor& leaf) { return cross_entropy(leaf, wanted); },
            [&] { return cutmix::mixed_cross_entropy(logits, y, source_y, elsewhere, options); },
            [&](const Tensor& out) {
              return cutmix::mixed_cross_entropy(logits, y, source_y, elsewhere, out, options);
            });
        cutmix::mixed_cross_entropy(over, y, source_y, elsewhere, over, options);
        REQUIRE(same_bytes(over, gradient));
      }
      const auto binary_cross_entropy = [](const Tensor& leaf, const Tensor& wanted,
                                           const Tensor& positive) {
        return at::binary_cross_entropy_with_logits(leaf, wanted.to(torch::kDouble), {}, positive);
      };
      {
        const auto [over, gradient] = check(
            [&](const Tensor& leaf) { return binary_cross_entropy(leaf, targets, {}); },
            [&] { return cutmix::binary_cross_entropy(logits, targets); },
            [&](const Tensor& out) { return cutmix::binary_cross_entropy(logits, targets, out); });
        cutmix::binary_cross_entropy(over, targets, over);
        REQUIRE(same_bytes(over, gradient));
      }
      {
        const auto wanted = targets.to(torch::kDouble).gt(*binary.threshold);
        const auto [over, gradient] =
            check([&](const Tensor& leaf) { return binary_cross_entropy(leaf, wanted, {}); },
                  [&] { return cutmix::binary_cross_entropy(logits, targets, binary); },
                  [&](const Tensor& out) {
                    return cutmix::binary_cross_entropy(logits, targets, out, binary);
                  });
        cutmix::binary_cross_entropy(over, targets, over, binary);
        REQUIRE(same_bytes(over, gradient));
      }
      {
        const auto [over, gradient] =
            check([&](const Tensor& leaf) { return binary_cross_entropy(leaf, targets, weights); },
                  [&] { return cutmix::binary_cross_entropy(logits, targets, weighted); },
                  [&](const Tensor& out) {
                    return cutmix::binary_cross_entropy(logits, targets, out, weighted);
                  });
        cutmix::binary_cross_entropy(over, targets, over, weighted);
        REQUIRE(same_bytes(over, gradient));
      }
    }
}

TEST_CASE("torch: accuracy counts shares, as LibTorch's argmax does") {
  torch::manual_seed(12);
  Dice dice(13);
  for (const auto dtype : floats)
    for (const auto id_dtype : integers)
      for (int repeat = 0; repeat < 6; ++repeat) {
        const Index batch = dice.roll(1, 8), source_batch = dice.roll(1, 8);
        const Index n_classes = id_dtype == torch::kBool ? 2 : dice.roll(1, 9);
        const auto scores = arranged(torch::randn({batch, n_classes}).to(dtype),
                                     testing::all_forms[nth(dice.roll(0, 3))], dice);
        const auto y = random_ids(batch, n_classes, id_dtype);
        const auto source_y = random_ids(source_batch, n_classes, id_dtype);
        LabelOptions options;
        if (dice.coin()) options.ignore_id = dice.roll(0, n_classes - 1);
        const auto expected = [&](const Plan& plan, const Tensor& source) {
          const auto best = scores.to(torch::kDouble).argmax(1);
          const auto share = shares_of(plan);
          double hit = 0, counted = 0;
          const auto count = [&](const Tensor& ids, const Tensor& weight) {
            const auto kept = options.ignore_id ? ids.to(torch::kLong).ne(*options.ignore_id)
                                                : torch::ones_like(ids, torch::kBool);
            counted += (weight * kept).sum().item<double>();
            hit += (weight * kept * best.eq(ids.to(torch::kLong))).sum().item<double>();
          };
          count(y, 1 - share);
          count(source.index_select(0, indices_of(plan)), share);
          return counted > 0 ? hit / counted : 0;
        };
        CAPTURE(torch::toString(dtype), torch::toString(id_dtype), batch, n_classes,
                options.ignore_id.value_or(-1));
        const Plan plan = random_torch_plan(dice, {batch, 6, 9}, true);
        INFO("plan: " << plan);
        REQUIRE(cutmix::mixed_accuracy(scores, y, plan, options) ==
                Approx(expected(plan, y)).epsilon(1e-12).margin(1e-12));
        const Plan elsewhere = random_torch_plan(dice, {batch, 6, 9, 1, source_batch}, true);
        INFO("elsewhere: " << elsewhere);
        REQUIRE(cutmix::mixed_accuracy(scores, y, source_y, elsewhere, options) ==
                Approx(expected(elsewhere, source_y)).epsilon(1e-12).margin(1e-12));
      }
}
