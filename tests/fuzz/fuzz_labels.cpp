// Labels, losses, objects and batches that are spread over ranks: bytes become shapes, strides,
// scalars, ids, plans and options.

#include <cutmix/exchange.hpp>
#include <cutmix/labels.hpp>
#include <cutmix/loss.hpp>
#include <limits>
#include <optional>
#include <utility>

#include "../random_detections.hpp"
#include "../random_labels.hpp"
#include "../random_logits.hpp"
#include "../simulated_ranks.hpp"
#include "faults.hpp"

using namespace testing;
using cutmix::BatchView;
using cutmix::ConstBatchView;
using cutmix::mix_labels;
using cutmix::partner_labels;

namespace {

// Accuracy by its definition: the first of the best scores is each sample's guess.
void check_accuracy(Dice& dice) {
  const Index n = random_columns(dice);
  const BatchShape shape = random_batch(dice, 6);
  const Plan plan = random_plan(dice, shape, true);
  LabelOptions options;
  if (dice.coin()) options.ignore_id = dice.coin() ? -1 : 0;
  Matrix scores = random_matrix(dice, shape.batch, n, random_type(dice), false);
  fill(dice, scores, -2, 2);
  const auto random_ids = [&](Index count) {
    std::vector<std::int32_t> ids;
    for (Index i = 0; i < count; ++i)
      ids.push_back(static_cast<std::int32_t>(
          options.ignore_id && dice.roll(0, 3) == 0 ? *options.ignore_id : dice.roll(0, n - 1)));
    return ids;
  };
  const auto ids = random_ids(shape.batch), source = random_ids(std::max(shape.source, Index{1}));
  double hit = 0, counted = 0;
  for (Index b = 0; b < shape.batch; ++b) {
    Index best = 0;
    for (Index j = 0; j < n; ++j)
      if (scores(b, j) > scores(b, best)) best = j;
    const auto count = [&](Index id, double weight) {
      if (options.ignore_id && id == *options.ignore_id) return;
      counted += weight;
      hit += id == best ? weight : 0;
    };
    count(ids[nth(b)], kept_share(plan, b));
    count((shape.source < 0 ? ids : source)[nth(plan.indices[nth(b)])], 1 - kept_share(plan, b));
  }
  const double found = shape.source < 0
                           ? cutmix::mixed_accuracy(scores.view(), ids, plan, options)
                           : cutmix::mixed_accuracy(scores.view(), ids, source, plan, options);
  const double expected = counted > 0 ? hit / counted : 0;
  REQUIRE(std::abs(found - expected) <= 1e-12);
}

// Boxes of any finite numbers in images of any size: what is kept has a share, a box that is in
// order, and what comes with a patch lies in it.
void check_any_boxes(Dice& dice) {
  BatchShape shape{dice.roll(1, 3), dice.roll(1, 9), dice.roll(1, 9)};
  if (dice.coin()) shape.width = Index{1} << dice.roll(0, 26), shape.height = Index{1} << 26;
  const Plan plan = random_plan(dice, shape, true);
  const auto number = [&]() -> float {
    using Limits = std::numeric_limits<float>;
    const float nasty[] = {0,
                           -0.0f,
                           Limits::denorm_min(),
                           Limits::min(),
                           Limits::max(),
                           Limits::lowest(),
                           static_cast<float>(shape.width),
                           static_cast<float>(shape.height),
                           0.1f,
                           1e-30f,
                           1e30f};
    if (dice.coin()) return pick(dice, nasty);
    return static_cast<float>(dice.roll(-40, 80)) / 8;
  };
  Lists objects(nth(shape.batch));
  for (auto& list : objects)
    for (Index n = dice.roll(0, 5); n > 0; --n) {
      Detection object{number(), number(), number(), number(), n};
      if (object.x1 > object.x2) std::swap(object.x1, object.x2);
      if (object.y1 > object.y2) std::swap(object.y1, object.y2);
      list.push_back(object);
    }
  const double threshold = random_threshold(dice);
  const Mixed result = mixed(plan, objects, threshold);
  Detections flat;
  mix_detections(plan, flattened(objects).see(), flat, threshold);
  REQUIRE(same(flat, result));
  for (Index b = 0; b < shape.batch; ++b)
    for (std::size_t i = 0; i < result.objects[nth(b)].size(); ++i) {
      const Detection& object = result.objects[nth(b)][i];
      const DetectionOrigin& origin = result.origins[nth(b)][i];
      const Detection& from = objects[nth(origin.sample)][nth(origin.index)];
      REQUIRE((origin.share > 0 && origin.share <= 1 && origin.share >= threshold));
      REQUIRE((object.x1 <= object.x2 && object.y1 <= object.y2 && object.id == from.id));
      if (!origin.from_partner) {
        REQUIRE(object == from);
        continue;
      }
      const BBox& box = box_of(plan, b);
      const auto lies = [](float first, float last, Index begin, Index end) {
        return first >= static_cast<float>(begin) && last <= static_cast<float>(end);
      };
      REQUIRE(lies(object.x1, object.x2, box.x1, box.x2));
      REQUIRE(lies(object.y1, object.y2, box.y1, box.y2));
    }
}

// Labels without a scalar, whatever their other sizes are: nothing is done, in no time.
void check_empty(Dice& dice) {
  const Index batch = dice.roll(0, 3), large = Index{1} << dice.roll(0, 28);
  const Plan plan = random_plan(dice, {batch, 3, 4}, true);
  const std::vector<Indices> all{
      {batch, large, 0}, {batch, 0, large}, {batch, 0}, {batch, large, 0, large}};
  const Indices& sizes = all[nth(dice.roll(0, 3))];
  Block block({"", sizes, Indices(sizes.size(), 0), 0, 1}, ScalarKind::float32, 4);
  const std::vector<Byte> before = block.memory();
  std::vector<Byte> other(64, 1);
  const BatchView out(other.data(), ScalarKind::float32, 4, sizes);
  mix_labels(plan, block.view(false), out);
  partner_labels(plan, block.view(false), out);
  const BatchView z(block.at(0), ScalarKind::float32, 4, {large, Index{0}});
  const BatchView g(other.data(), ScalarKind::float32, 4, {large, Index{0}});
  REQUIRE(cutmix::soft_cross_entropy(z, z, g) == 0);
  REQUIRE(cutmix::binary_cross_entropy(z, z, g) == 0);
  const Exchange exchange(plan, {batch, 0}, 0);
  Bytes sent(3);
  exchange.pack_labels(block.view(false), sent);
  REQUIRE(sent.empty());
  exchange.unpack_labels(block.view(false), sent, out);
  REQUIRE((block.memory() == before && other == std::vector<Byte>(64, 1)));
}

// ---- what is wrong ----

// A view of the same memory whose first axis of more than one position stands still.
std::optional<BatchView> folded(Block& block) {
  const Placement& placement = block.placement();
  Indices strides = placement.strides;
  for (std::size_t axis = 0; axis < strides.size() && !placement.empty(); ++axis)
    if (placement.sizes[axis] > 1) {
      strides[axis] = 0;
      return BatchView(block.at(0), block.kind(), static_cast<Index>(block.scalar_bytes()),
                       placement.sizes, {}, strides);
    }
  return std::nullopt;
}

// One position less on one axis, or one where there was none.
BatchView shorter(const BatchView& view, Index axis) {
  Indices sizes, strides;
  for (int i = 0; i < view.rank(); ++i)
    sizes.push_back(view.size(i)), strides.push_back(view.stride(i));
  sizes[nth(axis)] = sizes[nth(axis)] == 0 ? 1 : sizes[nth(axis)] - 1;
  return {view.data(), view.kind(), view.scalar_bytes(), sizes, view.letters(), strides};
}
BatchView shorter(Dice& dice, const BatchView& view) {
  return shorter(view, dice.roll(0, view.rank() - 1));
}

// Class ids: into targets, into a loss, into an accuracy.
void check_wrong_ids(Dice& dice) {
  const BatchShape shape = random_batch(dice, 8);
  Plan plan = random_plan(dice, shape, true);
  const Index n = dice.roll(1, 12);
  LabelOptions options;
  if (dice.coin()) options.smoothing = dice.share();
  if (dice.coin()) options.ignore_id = -7;
  const ScalarType type = integer_types[dice.roll(1, 8)];
  Block ids = random_block(dice, "B", {shape.batch}, type, false);
  Block source = random_block(dice, "B", {std::max(shape.source, Index{1})}, type, false);
  fill_with_ids(dice, ids, n, options), fill_with_ids(dice, source, n, options);
  Block out = random_block(dice, "BN", {shape.batch, n}, pick(dice, floating_types), true);
  Block logits = random_block(dice, "BN", {shape.batch, n}, pick(dice, floating_types), false);
  logits.fill_with_numbers(dice);
  const bool has_source = shape.source >= 0;
  std::optional<BatchView> y(ids.view(false)), from(source.view(false)), scores(logits.view(false)),
      to(out.view(false));
  Index classes = n;
  const Index loss = dice.roll(0, 2);  // targets, a loss and its gradient, or an accuracy
  switch (dice.roll(0, 9)) {
    case 0:
    case 1:
      spoil(dice, plan);
      break;
    case 2: {
      if (shape.batch == 0) return;
      Block& wrong = has_source && dice.coin() ? source : ids;
      const Index beyond[] = {n, n + 1, 127};
      const Index id = dice.coin() && type.kind != ScalarKind::uint8 &&
                               type.kind != ScalarKind::uint16 && type.kind != ScalarKind::uint32 &&
                               type.kind != ScalarKind::uint64
                           ? -1
                           : pick(dice, beyond);
      put_id(wrong, wrong.at(0), id);
      break;
    }
    case 3:
      y.emplace(shorter(dice, *y));
      break;
    case 4: {
      if (loss != 0) return;
      const Index wrong[] = {0, -1, n + 1, most, least};
      classes = pick(dice, wrong);
      break;
    }
    case 5:
      options.smoothing = no_share(dice);
      break;
    case 6:
      if (loss == 2) return;
      to.emplace(shorter(dice, *to));
      break;
    case 7: {
      if (loss == 2) return;
      const auto still = folded(out);
      if (!still) return;
      to.emplace(*still);
      break;
    }
    case 8: {  // ids in the output's memory
      if (loss == 2 || out.placement().empty()) return;
      y.emplace(out.at(0), ScalarKind::uint8, 1, cutmix::Sizes{shape.batch}, "", cutmix::Sizes{0});
      *out.at(0) = 0;
      break;
    }
    default:
      if (loss == 0) return;
      scores.emplace(loss == 1 ? shorter(dice, *scores) : shorter(*scores, 0));
  }
  check_refused({&ids, &source, &out, &logits}, [&] {
    if (loss == 0 && has_source)
      mix_labels(plan, *y, *from, classes, *to, options);
    else if (loss == 0)
      mix_labels(plan, *y, classes, *to, options);
    else if (loss == 1 && has_source)
      cutmix::mixed_cross_entropy(*scores, *y, *from, plan, *to, options);
    else if (loss == 1)
      cutmix::mixed_cross_entropy(*scores, *y, plan, *to, options);
    else if (has_source)
      cutmix::mixed_accuracy(*scores, *y, *from, plan, options);
    else
      cutmix::mixed_accuracy(*scores, *y, plan, options);
  });
}

// Dense targets, and partners of anything.
void check_wrong_targets(Dice& dice) {
  const bool partners = dice.coin();
  ScalarType in = pick(dice, all_scalars), to = pick(dice, floating_types);
  while (!partners && !has_numbers(in.kind)) in = pick(dice, all_scalars);
  if (partners) to = in;
  const bool floating = in.kind >= ScalarKind::half;
  DenseCase labels = random_dense(dice, floating || partners ? 1 : 2, in, to);
  Block &y = labels.y, &source = labels.source, &out = labels.out;
  std::optional<BatchView> y_view(y.view(labels.y_letters)),
      from(source.view(labels.source_letters)), out_view(out.view(labels.out_letters));
  switch (dice.roll(0, 6)) {
    case 0:
    case 1:
      spoil(dice, labels.plan);
      break;
    case 2:
      y_view.emplace(shorter(dice, *y_view));
      break;
    case 3:
      if (!labels.has_source()) return;
      from.emplace(shorter(dice, *from));
      break;
    case 4: {
      const auto still = folded(out);
      if (!still) return;
      out_view.emplace(*still);
      break;
    }
    case 5:
      if (out.placement().empty()) return;
      y_view.emplace(*out_view);
      break;
    default:
      out_view.emplace(shorter(dice, *out_view));
  }
  check_refused({&y, &source, &out}, [&] {
    if (partners && labels.has_source())
      partner_labels(labels.plan, *y_view, *from, *out_view);
    else if (partners)
      partner_labels(labels.plan, *y_view, *out_view);
    else if (labels.has_source())
      mix_labels(labels.plan, *y_view, *from, *out_view);
    else
      mix_labels(labels.plan, *y_view, *out_view);
  });
}

// Losses of dense targets.
void check_wrong_losses(Dice& dice) {
  const Index rows = dice.roll(0, 5), columns = dice.roll(1, 7);
  const auto matrix = [&](bool is_output) {
    return random_block(dice, "BN", {rows, columns}, pick(dice, floating_types), is_output);
  };
  Block logits = matrix(false), targets = matrix(false), gradient = matrix(true);
  logits.fill_with_numbers(dice), targets.fill_with_numbers(dice);
  std::optional<BatchView> z(logits.view(false)), t(targets.view(false)), g(gradient.view(false));
  bool with_gradient = dice.coin();
  bool binary = dice.coin();
  cutmix::BinaryOptions options;
  switch (dice.roll(0, 6)) {
    case 0:
      z.emplace(shorter(dice, *z));
      break;
    case 1:
      t.emplace(shorter(dice, *t));
      break;
    case 2:
      with_gradient = true;
      g.emplace(shorter(dice, *g));
      break;
    case 3: {
      const auto still = folded(gradient);
      if (!still) return;
      with_gradient = true;
      g.emplace(*still);
      break;
    }
    case 4:
      if (gradient.placement().empty()) return;
      with_gradient = true;
      t.emplace(*g);
      break;
    case 5: {  // logits whose gradient lies over them the other way round
      if (columns < 2 || rows == 0) return;
      with_gradient = true;
      const Indices& strides = gradient.placement().strides;
      z.emplace(gradient.at((columns - 1) * strides[1]), gradient.kind(),
                static_cast<Index>(gradient.scalar_bytes()), cutmix::Sizes{rows, columns}, "",
                cutmix::Sizes{strides[0], -strides[1]});
      break;
    }
    default:
      binary = true;
      options.positive_weights.assign(nth(columns + (dice.coin() ? 1 : -1)), 1);
      if (options.positive_weights.empty()) return;
  }
  check_refused({&logits, &targets, &gradient}, [&] {
    if (binary && with_gradient)
      cutmix::binary_cross_entropy(*z, *t, *g, options);
    else if (binary)
      cutmix::binary_cross_entropy(*z, *t, options);
    else if (with_gradient)
      cutmix::soft_cross_entropy(*z, *t, *g);
    else
      cutmix::soft_cross_entropy(*z, *t);
  });
}

void check_wrong_detections(Dice& dice) {
  BatchShape shape{dice.roll(1, 5), dice.roll(1, 14), dice.roll(1, 18)};
  if (dice.coin()) shape.source = dice.roll(1, 6);
  const bool has_source = shape.source >= 0;
  Plan plan = random_plan(dice, shape, true);
  Lists objects = random_objects(dice, shape.batch, shape);
  Lists source = random_objects(dice, std::max(shape.source, Index{1}), shape);
  double threshold = random_threshold(dice);
  Lists& wrong_lists = has_source && dice.coin() ? source : objects;
  // 0 to 3: wrong in lists as well as in arrays.
  const Index fault = dice.roll(0, 8);
  switch (fault) {
    case 0:
      spoil(dice, plan);
      break;
    case 1:
      threshold = no_share(dice);
      break;
    case 2: {
      auto& list = wrong_lists[nth(dice.roll(0, static_cast<Index>(wrong_lists.size()) - 1))];
      if (list.empty()) return;
      Detection& object = list[nth(dice.roll(0, static_cast<Index>(list.size()) - 1))];
      float* const sides[] = {&object.x1, &object.y1, &object.x2, &object.y2};
      const float none[] = {std::nanf(""), HUGE_VALF, -HUGE_VALF};
      if (dice.coin())
        *pick(dice, sides) = pick(dice, none);
      else
        std::swap(object.x1, object.x2);
      break;
    }
    case 3:
      wrong_lists.emplace_back();
      break;
    case 4:
      plan.shape.depth = 2;
      break;
    default:
      break;
  }
  Flat own = flattened(objects), from = flattened(source);
  Flat& wrong = has_source && dice.coin() ? from : own;
  const std::size_t which = nth(dice.roll(0, static_cast<Index>(wrong.offsets.size()) - 1));
  const int count = static_cast<int>(wrong.ids.size());
  std::optional<DetectionsView> damaged_view;
  switch (fault) {
    case 5:
      wrong.offsets[which] = which + 1 < wrong.offsets.size() && dice.coin() ? count + 1 : -1;
      break;
    case 6:
      if (count == 0) return;
      ++wrong.offsets[which % 2 == 0 ? 0 : wrong.offsets.size() - 1];
      break;
    case 7:
      wrong.ids.push_back(1);
      damaged_view.emplace(view(wrong.boxes.data(), {count, 4}), wrong.ids, wrong.offsets);
      break;
    case 8:
      damaged_view.emplace(view(wrong.boxes.data(), {count, 3}, {}, {4, 1}), wrong.ids,
                           wrong.offsets);
      break;
    default:
      break;
  }
  const auto see = [&](const Flat& flat) {
    return damaged_view && &flat == &wrong ? *damaged_view : flat.see();
  };
  Detections flat;
  flat.boxes.assign(3, 7.0f), flat.ids.assign(2, 5);
  const Detections flat_before = flat;
  check_refused({}, [&] {
    if (has_source)
      mix_detections(plan, see(own), see(from), flat, threshold);
    else
      mix_detections(plan, see(own), flat, threshold);
  });
  REQUIRE((same_bytes(flat.boxes, flat_before.boxes) && flat.ids == flat_before.ids &&
           flat.offsets == flat_before.offsets && flat.origins.empty()));
  if (fault > 4) return;
  Mixed lists;
  lists.objects.resize(2, {Detection{9, 9, 9, 9, 9}});
  const Mixed before = lists;
  check_refused({}, [&] {
    if (has_source)
      mix_detections(plan, objects, source, lists.objects, lists.origins, threshold);
    else
      mix_detections(plan, objects, lists.objects, lists.origins, threshold);
  });
  REQUIRE((lists.objects == before.objects && lists.origins.empty()));
}

void check_wrong_exchange(Dice& dice) {
  const Index batch = dice.roll(0, 9), ranks = dice.roll(1, 5);
  const BatchShape shape{batch, dice.roll(1, 6), dice.roll(1, 7)};
  Plan plan = random_plan(dice, shape, false);
  Indices shards = random_shards(dice, batch, ranks);
  Index rank = dice.roll(0, ranks - 1);
  const Index wrong_ranks[] = {-1, ranks, most, least};
  const Index fault = dice.roll(0, 9);
  switch (fault) {
    case 0:
      spoil(dice, plan);
      break;
    case 1:
      plan.shape.source = std::max(batch, Index{1});
      break;
    case 2:
      rank = pick(dice, wrong_ranks);
      break;
    case 3:
      ++shards[nth(dice.roll(0, ranks - 1))];
      break;
    case 4:
      shards[nth(dice.roll(0, ranks - 1))] = dice.coin() ? most : least;
      break;
    default:
      break;
  }
  if (fault <= 4) return check_refused({}, [&] { Exchange(plan, shards, rank); });
  const Exchange exchange(plan, shards, rank);
  const Indices sizes{shards[nth(rank)], shape.height, shape.width};
  const ScalarType scalar = pick(dice, all_scalars);
  Block x(random_placement(dice, "BHW", sizes, random_style(dice, false)), scalar.kind,
          scalar.bytes);
  Block out(random_placement(dice, "BHW", sizes, random_style(dice, true)), scalar.kind,
            scalar.bytes);
  x.fill_with_bytes(dice), out.fill_with_bytes(dice);
  Bytes received(nth(exchange.received_bytes(x.view())), 1);
  std::optional<BatchView> from(x.view()), to(out.view());
  switch (fault) {
    case 5:
      received.push_back(1);
      break;
    case 6:
      if (received.empty()) return;
      received.pop_back();
      break;
    case 7:
      from.emplace(shorter(dice, *from));
      break;
    case 8:
      to.emplace(shorter(dice, *to));
      break;
    default:
      if (out.placement().empty()) return;
      from.emplace(out.view());
  }
  const Bytes before = received;
  Bytes sent(3, 9);
  if (fault == 7) {
    check_refused({&x}, [&] { exchange.pack(*from, sent); });
    check_refused({&x}, [&] { exchange.sends(*from); });
    REQUIRE(sent == Bytes(3, 9));
  }
  check_refused({&x, &out}, [&] { exchange.mix_images(*from, received, *to); });
  REQUIRE(received == before);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Dice dice(data, size);
  Index kept = 0, dropped = 0;
  switch (dice.roll(0, 15)) {
    case 0:
      check_wrong_ids(dice);
      break;
    case 1:
      check_wrong_targets(dice);
      break;
    case 2:
      check_wrong_losses(dice);
      break;
    case 3:
      check_wrong_detections(dice);
      break;
    case 4:
      check_wrong_exchange(dice);
      break;
    case 5:
      dice.roll(0, 3) == 0 ? check_empty(dice) : check_accuracy(dice);
      break;
    case 6:
      check_soft_loss(dice);
      break;
    case 7:
      check_binary_loss(dice);
      break;
    case 8:
      check_loss_of_ids(dice);
      break;
    case 9:
      dice.coin() ? check_detections(dice, kept, dropped) : check_any_boxes(dice);
      break;
    case 10:
      check_ranks(dice);
      break;
    case 11:
      check_labels_of_ranks(dice);
      break;
    case 12:
      check_partners(dice);
      break;
    case 13:
      check_dense(dice);
      break;
    default:
      check_ids(dice);
  }
  return 0;
}
