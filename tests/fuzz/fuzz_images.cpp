// Images, masks, collate and the functor: bytes become shapes, letters, strides, scalars, plans,
// options and devices.

#include <cutmix/collate.hpp>
#include <cutmix/dlpack.hpp>
#include <cutmix/images.hpp>
#include <cutmix/mixer.hpp>
#include <cutmix/region_masks.hpp>
#include <deque>
#include <utility>

#include "../dlpack_tensor.hpp"
#include "../random_batches.hpp"
#include "../random_calls.hpp"
#include "../random_masks.hpp"
#include "../random_samples.hpp"
#include "any_view.hpp"
#include "faults.hpp"

using namespace testing;
using cutmix::BatchView;
using cutmix::ConstBatchView;
using cutmix::mix_images;
using cutmix::mix_images_in_place;
using cutmix::mix_masks;

namespace {

constexpr auto no_more_devices = [](const auto&) {};

// ---- what is right ----

// A few scalars of many bytes, so that it is worth several parts.
Sort sort_of_large_scalars(Dice& dice) {
  const char* const all[] = {"BHW", "BCHW", "WHB", "BWC"};
  Sort sort{pick(dice, all), {}};
  Index rest = dice.roll(700, 900);
  for (std::size_t axis = 1; axis < sort.letters.size(); ++axis) {
    sort.sizes.push_back(dice.roll(3, 8));
    rest /= sort.sizes.back();
  }
  sort.sizes.push_back(rest);
  return sort;
}

void check_images(Dice& dice) {
  ScalarType scalar = pick(dice, all_scalars);
  const bool many_bytes = dice.roll(0, 255) == 0;
  if (many_bytes) scalar = {ScalarKind::opaque, 4096};
  Case images =
      random_case(dice, many_bytes ? sort_of_large_scalars(dice) : small_sort(dice), scalar);
  const bool blends = has_numbers(scalar.kind) && dice.coin();
  INFO(described(images));
  if (dice.coin())
    check_out_of_place(dice, images, blends, no_more_devices);
  else
    check_in_place(dice, images, blends, no_more_devices);
}

// Past the cache, as outputs of 32 MiB and more are written: here of any size, by the kernel
// itself.
void check_past_cache(Dice& dice) {
  namespace detail = cutmix::detail;
  const ScalarType scalar = pick(dice, all_scalars);
  const Sort sort = small_sort(dice);
  const Placement laid = random_placement(dice, sort.letters, sort.sizes, {});
  const auto block = [&](const Placement& placement) {
    return Block(placement, scalar.kind, scalar.bytes, nth(dice.roll(0, 63)));
  };
  const bool has_source = dice.coin(), blends = has_numbers(scalar.kind) && dice.coin();
  BatchShape shape = laid.shape();
  Block x = block(laid), out = block(laid);
  if (has_source) shape.source = dice.roll(1, 5);
  Block source = block(random_placement(
      dice, sort.letters, sort.with_batch(std::max(shape.source, Index{0})).sizes, {}));
  fill(dice, x, blends), fill(dice, source, blends), out.fill_with_bytes(dice);
  const Plan plan = any_plan(dice, shape, blends);
  const ConstBatchView from = source.view();
  const detail::ImageViews images =
      detail::check_images(x.view(), has_source ? &from : nullptr, out.view());
  const detail::Dense dense =
      detail::make_dense(images.order.axes(), images.out.strides, scalar.bytes);
  if (laid.empty() || !images.inputs.alike || !dense.fits) return;
  detail::StreamWidth width = detail::stream_width();
  if (width == detail::StreamWidth::avx512 && dice.coin()) width = detail::StreamWidth::avx2;
  const Expected expected = mixed_naively(plan, x, has_source ? source : x, out);
  const Index units = shape.batch * dense.planes, half = dice.roll(0, units);
  for (const auto& [first, last] : {std::pair{half, units}, std::pair{Index{0}, half}})
    detail::mix_dense(dense, scalar.kind, detail::PlanCuts(plan), images.own, images.partners,
                      images.out, first, last, width);
  REQUIRE(expected.is(out));
}

// Batches without a scalar, whatever their other sizes are: nothing is done, in no time.
void check_empty(Dice& dice) {
  const char* const all[] = {"BHW", "BCHW", "BDHW", "WHCB", "BHWC"};
  const std::string letters = pick(dice, all);
  const std::size_t none = nth(dice.roll(0, static_cast<Index>(letters.size()) - 1));
  const ScalarType scalar = pick(dice, all_scalars);
  Index left = 53;  // bits, of pixels that a plan may have
  Indices sizes;
  for (std::size_t axis = 0; axis < letters.size(); ++axis) {
    const Index bits = letters[axis] == 'B' ? dice.roll(0, 2) : dice.roll(0, left);
    left -= bits;
    sizes.push_back(axis == none ? 0 : Index{1} << bits);
  }
  const Placement placed{letters, sizes, Indices(sizes.size(), 0), 0, 1};
  Plan plan{placed.shape(), Indices(nth(placed.size('B')), 0), {{{0, 0, 0, 0, 0, 0}, 1}}};
  if (dice.coin()) plan.patches[0].box = whole(plan.shape);
  Block x(placed, scalar.kind, scalar.bytes), out = x;
  x.fill_with_bytes(dice), out.fill_with_bytes(dice);
  const std::vector<Byte> before = out.memory();
  mix_images(plan, x.view(), out.view());
  mix_images(Backwards(), plan, std::as_const(x).view(), out.view());
  mix_masks(plan, x.view(), out.view());
  if (plan.indices.size() < 2) mix_images_in_place(plan, out.view());
  if (scalar.kind != ScalarKind::opaque) cutmix::partner_mask(plan, out.view());
  Placement one = placed;
  one.sizes[letters.find('B')] = 1;
  const ConstBatchView sample(x.at(0), scalar.kind, static_cast<Index>(scalar.bytes), one.sizes,
                              letters);
  const ConstBatchView bytes(x.at(0), ScalarKind::uint8, 1, one.sizes, letters);
  const bool fits = letters[none] != 'B' || plan.indices.empty();
  const std::vector<ConstBatchView> samples(plan.indices.size(), sample),
      byte_samples(plan.indices.size(), bytes);
  if (fits) cutmix::collate(plan, samples, out.view());
  const cutmix::ByteConversion conversion(1, [](std::uint8_t byte, Index) { return byte; });
  if (fits && has_numbers(scalar.kind)) cutmix::collate(plan, byte_samples, out.view(), conversion);
  REQUIRE(out.memory() == before);
}

void check_masks(Dice& dice) {
  Case masks = random_case(dice, small_sort(dice), pick(dice, all_scalars));
  masks.x.fill_with_bytes(dice), masks.source.fill_with_bytes(dice);
  BatchShape shape = masks.out.placement().shape();
  if (masks.has_source) shape.source = masks.source.placement().size('B');
  Plan plan = any_plan(dice, shape, false);
  const Block& source = masks.has_source ? masks.source : masks.x;
  const Expected expected = mixed_naively(plan, masks.x, source, masks.out);
  const auto mix = [&] {
    if (masks.has_source)
      mix_masks(Backwards(), plan, masks.x.view(), masks.source.view(), masks.out.view());
    else
      mix_masks(plan, masks.x.view(), masks.out.view());
  };
  mix();
  REQUIRE(expected.is(masks.out));
  for (Patch& patch : plan.patches)
    if (!patch.box.empty()) {
      patch.blend = 0.5;
      check_refused({&masks.x, &masks.source, &masks.out}, mix);
      return;
    }
}

// Crops and flips of a view: its scalars lie where they lay.
void check_other_views(Dice& dice) {
  const Sort sort = small_sort(dice);
  const ScalarType scalar = pick(dice, all_scalars);
  Block block(random_placement(dice, sort.letters, sort.sizes, random_style(dice, false)),
              scalar.kind, scalar.bytes);
  Placement placed = block.placement();
  BatchView view = block.view();
  for (Index steps = dice.roll(1, 3); steps > 0; --steps) {
    const std::size_t axis = nth(dice.roll(0, static_cast<Index>(sort.letters.size()) - 1));
    const char letter = sort.letters[axis];
    Index& size = placed.sizes[axis];
    Index first = dice.roll(0, size), last = dice.roll(0, size);
    if (dice.roll(0, 3) == 0) {
      const char other = dice.coin() ? 'Z' : 'w';
      const Index wrong[] = {-1, most, least};
      const Index beyond[] = {size + 1, most, least};
      check_refused({&block}, [&] {
        switch (dice.roll(0, 2)) {
          case 0:
            return void(cutmix::flipped(view, other));
          case 1:
            return void(cutmix::cropped(view, letter, pick(dice, wrong), size));
          default:
            return void(cutmix::cropped(view, letter, 0, pick(dice, beyond)));
        }
      });
    }
    if (dice.coin()) {
      view = cutmix::flipped(view, letter);
      if (size > 0) placed.first += (size - 1) * placed.strides[axis];
      placed.strides[axis] = -placed.strides[axis];
    } else {
      if (first > last) std::swap(first, last);
      view = cutmix::cropped(view, letter, first, last);
      if (first < last) placed.first += first * placed.strides[axis];
      size = last - first;
    }
  }
  REQUIRE(view.letters() == sort.letters);
  for (int axis = 0; axis < view.rank(); ++axis)
    REQUIRE(view.size(axis) == placed.sizes[static_cast<std::size_t>(axis)]);
  if (placed.empty()) return;
  REQUIRE(view.data() == block.at(placed.first - block.placement().first));
  for (int axis = 0; axis < view.rank(); ++axis)
    REQUIRE(view.stride(axis) == placed.strides[static_cast<std::size_t>(axis)]);
}

// ---- DLPack ----

bool has_no_gaps(const Placement& placement) {
  Index expected = 1;
  for (std::size_t axis = placement.sizes.size(); axis-- > 0; expected *= placement.sizes[axis])
    if (placement.sizes[axis] != 1 && placement.strides[axis] != expected) return false;
  return true;
}

bool number_is_signed(ScalarKind kind) {
  return kind == ScalarKind::int8 || kind == ScalarKind::int16 || kind == ScalarKind::int32 ||
         kind == ScalarKind::int64;
}

DLDataType dtype_of(const ScalarType& scalar) {
  const auto bits = static_cast<std::uint8_t>(8 * scalar.bytes);
  switch (scalar.kind) {
    case ScalarKind::opaque:
      return {5, bits, 1};
    case ScalarKind::boolean:
      return {6, bits, 1};
    case ScalarKind::bfloat16:
      return {4, bits, 1};
    case ScalarKind::half:
    case ScalarKind::float32:
    case ScalarKind::float64:
      return {2, bits, 1};
    default:
      return {number_is_signed(scalar.kind) ? std::uint8_t{0} : std::uint8_t{1}, bits, 1};
  }
}

// A tensor of a block's memory. Where it is empty its offset may be any number.
Owner tensor_of(Dice& dice, Block& block) {
  const Placement& placed = block.placement();
  const std::uint64_t offset =
      placed.empty() ? static_cast<std::uint64_t>(dice.coin() ? most : dice.roll(0, 99))
                     : block.offset(0);
  const DLDeviceType devices[] = {kDLCPU, kDLCUDAHost, kDLROCMHost};
  Owner owner(block.memory().data(), {placed.sizes.begin(), placed.sizes.end()},
              dtype_of({block.kind(), block.scalar_bytes()}),
              {placed.strides.begin(), placed.strides.end()}, offset);
  owner.tensor.device.device_type = pick(dice, devices);
  if (has_no_gaps(placed) && dice.coin()) owner.tensor.strides = nullptr;
  return owner;
}

void check_dlpack(Dice& dice) {
  ScalarType scalar = pick(dice, all_scalars);
  if (scalar.kind == ScalarKind::opaque) scalar.bytes = 16;
  const bool blends = has_numbers(scalar.kind) && dice.coin();
  Case images = random_case(dice, small_sort(dice), scalar);
  fill(dice, images.x, blends), fill(dice, images.source, blends);
  BatchShape shape = images.out.placement().shape();
  if (images.has_source) shape.source = images.source.placement().size('B');
  const Plan plan = any_plan(dice, shape, blends);
  const Owner x = tensor_of(dice, images.x), source = tensor_of(dice, images.source);
  Owner out = tensor_of(dice, images.out);
  const Expected expected =
      mixed_naively(plan, images.x, images.has_source ? images.source : images.x, images.out);
  const std::string &x_letters = images.x.placement().letters,
                    &out_letters = images.out.placement().letters;
  if (images.has_source)
    mix_images(plan, cutmix::view(x.tensor, x_letters),
               cutmix::view(source.tensor, images.source.placement().letters),
               cutmix::view(out.tensor, out_letters));
  else if (x_letters == out_letters && are_the_usual(out_letters))
    mix_images(plan, x.tensor, out.tensor);
  else
    mix_images(Backwards(), plan, cutmix::view(x.tensor, x_letters),
               cutmix::view(out.tensor, out_letters));
  REQUIRE(expected.is(images.out));

  DLTensor& wrong = out.tensor;
  const std::int32_t devices[] = {0, 2, 4, -1, 12};
  const std::uint8_t codes[] = {3, 7, 255}, bits[] = {0, 1, 4, 24, 255};
  switch (dice.roll(0, 7)) {
    case 0:
      wrong.ndim = dice.coin() ? 9 : -1;
      break;
    case 1:
      wrong.shape = nullptr;
      break;
    case 2:
      wrong.device.device_type = static_cast<DLDeviceType>(pick(dice, devices));
      break;
    case 3:
      wrong.dtype.lanes = dice.coin() ? 0 : 4;
      break;
    case 4:
      wrong.dtype.code = pick(dice, codes);
      break;
    case 5:
      wrong.dtype.bits = pick(dice, bits);
      break;
    case 6:
      if (images.out.placement().empty()) return;
      wrong.data = nullptr;
      break;
    default:
      wrong.shape[dice.roll(0, wrong.ndim - 1)] = dice.coin() ? -1 : least;
  }
  check_refused({&images.out}, [&] { cutmix::view(wrong); });
}

// ---- views that overlap, or fold ----

// Strides of any kind: positions may share memory, or lie between those of others.
Placement wild_placement(Dice& dice, const std::string& letters, const Indices& sizes) {
  if (dice.roll(0, 2) == 0)
    return random_placement(dice, letters, sizes, random_style(dice, false));
  Placement placement{letters, sizes, {}, 0, 1};
  for (const Index size : sizes) {
    placement.strides.push_back(dice.roll(-4, 12));
    const Index reach = placement.strides.back() * (std::max(size, Index{1}) - 1);
    if (reach < 0) placement.first -= reach;
    placement.scalars += std::abs(reach);
  }
  return placement;
}

// How many positions lie on each byte.
std::vector<int> bytes_of(const Block& block) {
  std::vector<int> times(block.memory().size(), 0);
  for_each_place(block.placement().sizes, [&](const Indices& at) {
    const std::size_t first = block.offset(dot(block.placement().strides, at));
    for (std::size_t i = 0; i < block.scalar_bytes(); ++i) ++times[first + i];
  });
  return times;
}

// Input and output in one memory: refused where they share a byte, mixed else.
void check_one_memory(Dice& dice) {
  const ScalarType scalar = pick(dice, all_scalars);
  const char* const all[] = {"BHW", "BW", "BCHW", "HBW", "WHB"};
  const std::string letters = pick(dice, all);
  Indices sizes;
  for (std::size_t axis = 0; axis < letters.size(); ++axis) sizes.push_back(dice.roll(0, 9) % 5);
  Placement in = wild_placement(dice, letters, sizes);
  const bool alike = dice.coin();
  Placement to = alike ? in : wild_placement(dice, letters, sizes);
  const Index room = in.scalars + to.scalars + dice.roll(0, 9);
  in.first += dice.roll(0, room - in.scalars), to.first += dice.roll(0, room - to.scalars);
  in.scalars = to.scalars = room;
  const std::size_t slip = dice.coin() ? 0 : nth(dice.roll(0, 15));
  Block x(in, scalar.kind, scalar.bytes), out(to, scalar.kind, scalar.bytes, slip);
  out.fill_with_bytes(dice);
  x.memory() = out.memory();  // what lies behind the slip is of no account
  const Plan plan = random_plan(dice, in.shape(), false);

  const std::vector<int> read = bytes_of(x), written = bytes_of(out);
  bool folds = false, shared = false;
  for (std::size_t i = 0; i < read.size(); ++i) {
    folds = folds || written[i] > 1;
    shared = shared || (written[i] > 0 && read[i] > 0);
  }
  const Expected expected = mixed_naively(plan, x, x, out);
  Block memory = out;
  const BatchView to_view = memory.view();
  const ConstBatchView from(memory.memory().data() + x.offset(0), scalar.kind,
                            static_cast<Index>(scalar.bytes), sizes, letters, in.strides);
  INFO(described(in) << " at " << x.offset(0) << ", " << described(to) << " at " << out.offset(0)
                     << ", bytes " << scalar.bytes);
  bool refused = false;
  try {
    mix_images(plan, from, to_view);
  } catch (const std::invalid_argument&) {
    refused = true;
  }
  if (!refused) {
    REQUIRE((!folds && !shared));
    REQUIRE(expected.is(memory));
    return;
  }
  REQUIRE(memory.memory() == out.memory());
  if (has_no_gaps(in) && has_no_gaps(to)) REQUIRE(shared);
}

// ---- what is wrong ----

void check_wrong_images(Dice& dice) {
  const ScalarType& scalar = pick(dice, all_scalars);
  Case images = random_case(dice, small_sort(dice), scalar);
  Block &x = images.x, &source = images.source, &out = images.out;
  x.fill_with_bytes(dice), source.fill_with_bytes(dice), out.fill_with_bytes(dice);
  INFO(described(images));
  BatchShape shape = out.placement().shape();
  if (images.has_source) shape.source = source.placement().size('B');
  Plan plan = any_plan(dice, shape, false);
  std::optional<ConstBatchView> x_view(std::as_const(x).view()), from(std::as_const(source).view());
  std::optional<BatchView> to(out.view());
  const bool masks = dice.roll(0, 3) == 0;
  bool in_place = false;
  switch (dice.roll(0, 9)) {
    case 0:
    case 1:
    case 2:
      spoil_for_images(dice, plan);
      in_place = !images.has_source && dice.coin();
      break;
    case 3:
      x_view.emplace(damaged(dice, *x_view));
      break;
    case 4:
      if (!images.has_source) return;
      from.emplace(damaged(dice, *from));
      break;
    case 5:
      to.emplace(damaged(dice, *to));
      break;
    case 6: {  // an output that is the input
      if (out.placement().empty()) return;
      x_view.emplace(out.view());
      break;
    }
    case 7: {  // strides that fold
      Indices strides = out.placement().strides;
      const std::size_t axis = nth(dice.roll(0, static_cast<Index>(strides.size()) - 1));
      if (out.placement().empty() || out.placement().sizes[axis] < 2) return;
      strides[axis] = 0;
      to.emplace(out.at(0), out.kind(), static_cast<Index>(out.scalar_bytes()),
                 out.placement().sizes, out.placement().letters, strides);
      in_place = !images.has_source && dice.coin();
      break;
    }
    case 8: {  // a blend of what has no numbers
      if (has_numbers(scalar.kind) || plan.patches[0].box.empty()) return;
      plan.patches[0].blend = 0.25;
      in_place = !images.has_source && dice.coin();
      break;
    }
    default:  // partners that are no permutation, or that come from elsewhere
      in_place = true;
      if (!images.has_source) {
        if (plan.indices.size() < 2) return;
        plan.indices[0] = plan.indices[1];
      }
  }
  const Plan before = plan;
  check_refused({&x, &source, &out}, [&] {
    if (in_place)
      mix_images_in_place(plan, *to);
    else if (images.has_source && masks)
      mix_masks(plan, *x_view, *from, *to);
    else if (images.has_source)
      mix_images(Backwards(), plan, *x_view, *from, *to);
    else if (masks)
      mix_masks(Backwards(), plan, *x_view, *to);
    else
      mix_images(plan, *x_view, *to);
  });
}

void check_wrong_masks(Dice& dice) {
  MaskCase mask = random_mask(dice, dice.coin());
  Block& out = mask.out;
  std::optional<BatchView> to(out.view());
  if (dice.coin()) {
    spoil(dice, mask.plan);
  } else {
    Indices strides = out.placement().strides;
    const std::size_t axis = nth(dice.roll(0, static_cast<Index>(strides.size()) - 1));
    if (out.placement().empty() || out.placement().sizes[axis] < 2) return;
    strides[axis] = 0;
    to.emplace(out.at(0), out.kind(), static_cast<Index>(out.scalar_bytes()), out.placement().sizes,
               out.placement().letters, strides);
  }
  check_refused({&out}, [&] { cutmix::partner_mask(mask.plan, *to); });
}

void check_wrong_samples(Dice& dice) {
  const bool converts = dice.coin();
  const ScalarType scalar = converts ? ScalarType{ScalarKind::uint8, 1} : pick(dice, all_scalars);
  Kit kit = random_kit(dice, scalar, false, dice.coin(), 6);
  const Placement& placement = kit.out.placement();
  ScalarType to = scalar;
  while (converts && (to.kind == ScalarKind::uint8 || !has_numbers(to.kind)))
    to = pick(dice, all_scalars);
  Block out(placement, to.kind, to.bytes);
  out.fill_with_bytes(dice);
  std::vector<ConstBatchView> views;
  for (const Block& sample : kit.samples) views.push_back(sample_view(sample, placement.letters));
  Index channels = 1;
  bool has_nan = false;
  const std::size_t which =
      views.empty() ? 0 : nth(dice.roll(0, static_cast<Index>(views.size()) - 1));
  switch (dice.roll(0, 6)) {
    case 0:
    case 1:
      spoil_for_images(dice, kit.plan);
      break;
    case 2:
      if (views.empty() || dice.coin())
        views.push_back(cutmix::view(placement.letters.data(), {1, 1, 1}));
      else
        views.pop_back();
      break;
    case 3:
      if (views.empty() || views[which].letters().empty()) return;
      views[which] = damaged(dice, views[which]);
      break;
    case 4: {  // a sample in the output
      if (placement.empty() || converts) return;
      views[which] = cutmix::cropped(out.view(), 'B', 0, 1);
      break;
    }
    case 5:
      if (!converts) return;
      channels = placement.size('C') + 1 + dice.roll(0, 2);
      if (placement.size('C') == 0) return;
      break;
    default:  // a number that integers do not have
      if (!converts || to.kind >= ScalarKind::half) return;
      has_nan = true;
  }
  const cutmix::ByteConversion conversion(channels, [has_nan](std::uint8_t byte, Index) {
    return has_nan && byte == 77 ? std::nan("") : byte * 0.5;
  });
  check_refused({&out}, [&] {
    if (converts && dice.coin())
      cutmix::collate(kit.plan, views, out.view(), conversion);
    else if (converts)
      cutmix::collate(Backwards(), kit.plan, views, out.view(), conversion);
    else
      cutmix::collate(kit.plan, views, out.view());
  });
}

// One thing of a functor's call: nothing is written or drawn, and its plan stays.
void check_wrong_calls(Dice& dice) {
  BatchShape shape{dice.roll(1, 6), dice.roll(1, 7), dice.roll(1, 8), 1, -1};
  if (dice.coin()) shape.source = dice.roll(1, 9);
  const bool in_place_options = dice.coin();
  cutmix::Options options = options_of_call(dice, shape, in_place_options);
  Call call = random_call(dice, shape, options.mixup_prob > 0);
  if (!in_place_options) call.in_place = false;
  const auto shrink = [&](Block& block, bool only_batch) {
    Placement placement = block.placement();
    const auto axis = only_batch
                          ? placement.letters.find('B')
                          : nth(dice.roll(0, static_cast<Index>(placement.sizes.size()) - 1));
    Index& size = placement.sizes[axis];
    size = size == 0 ? 1 : size - 1;
    Block other(placement, block.kind(), block.scalar_bytes());
    other.memory() = block.memory();
    block = other;
  };
  const Index partners = shape.source < 0 ? shape.batch : shape.source;
  switch (dice.roll(0, 5)) {
    case 0:  // alone images may have any other size
      shrink(call.x, call.in_place && !call.has_source);
      break;
    case 1:
      if (!call.has_source) return;
      shrink(call.source, false);
      break;
    case 2:
      shrink(call.y_out, false);
      break;
    case 3:
      if (call.labels != Labels::ids) return;
      options.labels.ignore_id.reset();
      put_number(call.y.kind(), dice.coin() ? static_cast<double>(n_classes) : -1, call.y.at(0));
      break;
    case 4: {
      options.scope = cutmix::Scope::batch;
      options.indices.emplace(nth(shape.batch), 0);
      const Index wrong[] = {-1, partners, most, least};
      options.indices->back() = pick(dice, wrong);
      break;
    }
    default:
      if (!call.in_place || call.has_source || shape.batch < 2) return;
      options.scope = cutmix::Scope::batch;
      options.indices.emplace(nth(shape.batch), 0);  // no permutation
  }
  cutmix::Philox4x32 rng(dice.engine()());
  cutmix::CutMix mixer(options, n_classes, rng);
  const Call before = call;
  check_refused({}, [&] { run(mixer, call); });
  REQUIRE(call == before);
  REQUIRE(mixer.rng() == rng);
  REQUIRE(mixer.plan() == Plan{});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Dice dice(data, size);
  switch (dice.roll(0, 31)) {
    case 0:
    case 1:
    case 2:
      check_wrong_images(dice);
      break;
    case 3:
      check_wrong_masks(dice);
      break;
    case 4:
    case 5:
      check_wrong_samples(dice);
      break;
    case 6:
      check_wrong_calls(dice);
      break;
    case 7:
    case 8:
      check_any_view(dice);
      break;
    case 9:
    case 10:
    case 11:
      check_one_memory(dice);
      break;
    case 12:
      check_other_views(dice);
      break;
    case 28:
      check_empty(dice);
      break;
    case 26:
    case 27:
      check_past_cache(dice);
      break;
    case 13:
      check_masks(dice);
      break;
    case 14:
    case 15:
      check_mask(dice, dice.coin());
      break;
    case 16:
    case 17:
    case 18:
      check_collate(dice, pick(dice, all_scalars), 6, no_more_devices);
      break;
    case 19:
    case 20:
    case 21:
      check_conversion(dice, 6, no_more_devices);
      break;
    case 22:
    case 23:
      check_dlpack(dice);
      break;
    case 24:
    case 25:
      check_calls(dice, dice.engine()());
      break;
    default:
      check_images(dice);
  }
  return 0;
}
