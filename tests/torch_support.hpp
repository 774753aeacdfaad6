#ifndef CUTMIX_TESTS_TORCH_SUPPORT_HPP
#define CUTMIX_TESTS_TORCH_SUPPORT_HPP

// What the tests of torch tensors share: the formula in ATen operations, which use nothing of the
// library but the plain data of a plan; and tensors that lie in memory in every way there is.

#include <torch/types.h>
#include <torch/version.h>

#include <cstdint>
#include <cstring>
#include <cutmix/torch.hpp>
#include <memory>
#include <string>
#include <vector>

// A LibTorch that logs with glog defines this macro too.
#undef CHECK
#include "support.hpp"

namespace testing {

using cutmix::LabelOptions;
using cutmix::Options;
using cutmix::Philox4x32;
using cutmix::Scope;
using torch::Tensor;
using Shape = std::vector<std::int64_t>;

const auto channels_last = torch::MemoryFormat::ChannelsLast;
const auto channels_last_3d = torch::MemoryFormat::ChannelsLast3d;

// ---- memory ----

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

// ---- the formula ----

inline Tensor indices_of(const Plan& plan) {
  const std::vector<std::int64_t> indices(plan.indices.begin(), plan.indices.end());
  return torch::tensor(indices, torch::kLong);
}

// (B), in double.
inline Tensor blends_of(const Plan& plan) {
  const auto blends = torch::empty({plan.shape.batch}, torch::kDouble);
  for (Index b = 0; b < plan.shape.batch; ++b) blends[b] = patch_of(plan, b).blend;
  return blends;
}

// (B, D, H, W), true inside the boxes.
inline Tensor inside_of(const Plan& plan) {
  const auto& shape = plan.shape;
  const auto mask =
      torch::zeros({shape.batch, shape.depth, shape.height, shape.width}, torch::kBool);
  for (Index b = 0; b < shape.batch; ++b) {
    const BBox& box = box_of(plan, b);
    const auto slices = mask.select(0, b).slice(0, box.z1, box.z2);
    slices.slice(1, box.y1, box.y2).slice(2, box.x1, box.x2).fill_(true);
  }
  return mask;
}

// The partner's share of each sample, counted: (B), in double.
inline Tensor shares_of(const Plan& plan) {
  return inside_of(plan).to(torch::kDouble).mean({1, 2, 3}) * blends_of(plan);
}

// A tensor (B) with axes of size 1 around it, so that it stands on an axis of so many.
inline Tensor along(const Tensor& tensor, std::int64_t axis, std::int64_t rank) {
  Shape sizes(nth(rank), 1);
  sizes[nth(axis)] = tensor.size(0);
  return tensor.view(sizes);
}

// Partners come from source; small letters are axes that boxes go through.
inline Tensor reference_images(const Plan& plan, const Tensor& x, const Tensor& source,
                               std::string letters = "") {
  if (letters.empty()) letters = "B" + std::string("cdefgh").substr(0, nth(x.dim() - 3)) + "HW";
  auto inside = inside_of(plan);
  std::string axes = "BDHW";
  for (std::size_t axis = axes.size(); axis-- > 1;)
    if (letters.find(axes[axis]) == letters.npos) {
      inside = inside.select(static_cast<std::int64_t>(axis), 0);
      axes.erase(axis, 1);
    }
  Shape order;
  for (const char letter : letters)
    if (axes.find(letter) != axes.npos)
      order.push_back(static_cast<std::int64_t>(axes.find(letter)));
  inside = inside.permute(order);
  for (std::size_t axis = 0; axis < letters.size(); ++axis)
    if (axes.find(letters[axis]) == axes.npos)
      inside = inside.unsqueeze(static_cast<std::int64_t>(axis));

  const auto batch = static_cast<std::int64_t>(letters.find('B'));
  const auto partner = source.index_select(batch, indices_of(plan));
  const auto blend = along(blends_of(plan), batch, x.dim());
  if (blend.eq(1).all().item<bool>()) return torch::where(inside, partner, x);
  auto blended = (1 - blend) * x.to(torch::kDouble) + blend * partner.to(torch::kDouble);
  if (!x.is_floating_point()) blended = blended.round();  // ties to even
  return torch::where(inside, torch::where(blend.eq(1), partner, blended.to(x.scalar_type())), x);
}
inline Tensor reference_images(const Plan& plan, const Tensor& x) {
  return reference_images(plan, x, x);
}

inline bool are_ids(const Tensor& y) { return y.dim() == 1 && !y.is_floating_point(); }

// Labels as dense rows, in double.
inline Tensor dense_of(const Tensor& y, Index n_classes, const LabelOptions& options = {}) {
  if (!are_ids(y)) return y.to(torch::kDouble);
  const auto ids = y.to(torch::kLong);
  const auto counts = options.ignore_id ? ids.ne(*options.ignore_id) : torch::ones_like(ids);
  const auto one_hot = torch::one_hot(ids * counts, n_classes).to(torch::kDouble);
  const double spread = options.smoothing / static_cast<double>(n_classes);
  return ((1 - options.smoothing) * one_hot + spread) * counts.unsqueeze(1);
}

// In double; the weights are counted.
inline Tensor reference_targets(const Plan& plan, const Tensor& y, const Tensor& source,
                                Index n_classes, const LabelOptions& options = {}) {
  const auto own = dense_of(y, n_classes, options);
  const auto partner = dense_of(source, n_classes, options).index_select(0, indices_of(plan));
  const auto share = along(shares_of(plan), 0, own.dim());
  return (1 - share) * own + share * partner;
}
inline Tensor reference_targets(const Plan& plan, const Tensor& y, Index n_classes,
                                const LabelOptions& options = {}) {
  return reference_targets(plan, y, y, n_classes, options);
}

// ---- comparing ----

inline bool same_bytes(const Tensor& a, const Tensor& b) {
  if (a.scalar_type() != b.scalar_type() || a.sizes() != b.sizes()) return false;
  const auto x = a.contiguous(), y = b.contiguous();
  const auto bytes = nth(x.numel()) * nth(static_cast<Index>(x.element_size()));
  return bytes == 0 || std::memcmp(x.data_ptr(), y.data_ptr(), bytes) == 0;
}

// Within two roundings of the targets' dtype, of the largest number that is mixed.
inline bool near(const Tensor& targets, const Tensor& expected, double largest = 1) {
  double rounding = 1.2e-7;
  if (targets.scalar_type() == torch::kDouble) rounding = 2.3e-16;
  if (targets.scalar_type() == torch::kHalf) rounding = 4.9e-4;
  if (targets.scalar_type() == torch::kBFloat16) rounding = 4e-3;
  return targets.sizes() == expected.sizes() &&
         torch::allclose(targets.to(torch::kDouble), expected, 0, 2 * rounding * largest);
}

// ---- random batches ----

inline torch::ScalarType any_of(const std::vector<torch::ScalarType>& types, Dice& dice) {
  return types[nth(dice.roll(0, static_cast<Index>(types.size()) - 1))];
}

// Height and width always differ.
inline Shape random_shape(Index rank, Dice& dice) {
  Shape shape{dice.roll(1, 7)};
  while (static_cast<Index>(shape.size()) < rank - 2) shape.push_back(dice.roll(1, 4));
  const Index height = dice.roll(2, 12);
  shape.push_back(height);
  shape.push_back(height + dice.roll(1, 9));
  return shape;
}

// Any value of small dtypes, whole numbers that every other one holds.
inline Tensor random_values(Shape shape, torch::ScalarType dtype) {
  if (torch::isComplexType(dtype)) {
    shape.push_back(2);
    return torch::view_as_complex(torch::randint(-99, 100, shape).to(torch::kDouble)).to(dtype);
  }
  if (dtype == torch::kBool) return torch::randint(0, 2, shape).to(dtype);
  if (dtype == torch::kByte) return torch::randint(0, 256, shape).to(dtype);
  return torch::randint(-128, 128, shape).to(dtype);
}

enum class Form { contiguous, nhwc, permuted, sliced, expanded };
const std::vector<Form> all_forms = {Form::contiguous, Form::nhwc, Form::permuted, Form::sliced,
                                     Form::expanded};
inline Form any_form_but_expanded(Dice& dice) { return all_forms[nth(dice.roll(0, 3))]; }

// The same values (but where expanding repeats some) in memory of their own.
inline Tensor arranged(const Tensor& values, Form form, Dice& dice) {
  const std::int64_t rank = values.dim();
  if (form == Form::nhwc && (rank == 4 || rank == 5))
    return values.clone().contiguous(rank == 4 ? channels_last : channels_last_3d);
  if (form == Form::permuted) {
    Shape order, back(nth(rank));
    for (std::int64_t axis = 0; axis < rank; ++axis)
      order.insert(order.begin() + dice.roll(0, axis), axis);
    for (std::int64_t axis = 0; axis < rank; ++axis) back[nth(order[nth(axis)])] = axis;
    return values.permute(order).clone(torch::MemoryFormat::Contiguous).permute(back);
  }
  if (form == Form::sliced) {
    Shape sizes;
    for (const auto size : values.sizes()) sizes.push_back(2 * size + 3);
    auto slice = torch::ones(sizes, values.options());
    for (std::int64_t axis = 0; axis < rank; ++axis) {
      const Index first = dice.roll(0, 2), step = dice.roll(1, 2);
      slice = slice.slice(axis, first, first + step * values.size(axis), step);
    }
    slice.copy_(values);
    return slice;
  }
  if (form == Form::expanded) {
    auto narrow = values;
    for (std::int64_t axis = 0; axis < rank; ++axis)
      if (values.size(axis) > 1 && dice.coin()) narrow = narrow.narrow(axis, 0, 1);
    return narrow.clone().expand(values.sizes());
  }
  return values.clone(torch::MemoryFormat::Contiguous);
}

// All of the memory that a tensor is a part of.
inline Tensor memory_of(const Tensor& tensor) {
  return torch::empty({0}, tensor.options()).set_(tensor.storage());
}

// What that memory must hold once the tensor, and nothing else in it, has new values.
inline Tensor memory_with(const Tensor& tensor, const Tensor& values) {
  const auto memory = memory_of(tensor).clone();
  memory.as_strided(tensor.sizes(), tensor.strides(), tensor.storage_offset()).copy_(values);
  return memory;
}

// ---- plans ----

inline Options with_scope(Scope scope) {
  Options options;
  options.scope = scope;
  return options;
}

// Blends that any weight holds exactly, so that the formula's double has the library's bits.
inline Plan random_torch_plan(Dice& dice, const BatchShape& shape, bool blends) {
  Plan plan = random_plan(dice, shape, false);
  for (Patch& patch : plan.patches)
    if (blends && dice.coin()) patch.blend = static_cast<double>(dice.roll(0, 64)) / 64;
  return plan;
}

}  // namespace testing

#endif  // CUTMIX_TESTS_TORCH_SUPPORT_HPP
