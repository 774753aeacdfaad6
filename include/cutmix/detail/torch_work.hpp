#ifndef CUTMIX_DETAIL_TORCH_WORK_HPP
#define CUTMIX_DETAIL_TORCH_WORK_HPP

// Plans applied to LibTorch's tensors wherever they lie, by operations that ATen has on every
// device. None takes an at::Scalar that is made for the call: whoever includes this header compiles
// it, and what destroys one takes as long to compile as all of this.

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/empty.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>
#include <vector>

#include "../images.hpp"
#include "../labels.hpp"
#include "torch_tensor.hpp"

namespace cutmix {

class TorchView;

namespace detail {

// ---- arithmetic ----

// A number for each sample of tensors (B, ...) with so many axes.
inline at::Tensor beside_samples(at::Tensor numbers, std::int64_t axes) {
  while (numbers.dim() < axes) numbers = numbers.unsqueeze(-1);
  return numbers;
}

CUTMIX_OUT_OF_LINE inline at::Tensor sum_of(const at::Tensor& a, const at::Tensor& b) {
  static const at::Scalar& once = *new at::Scalar(1);  // never destroyed
  return a.add(b, once);
}

// Double to 16 bits, rounded once: by way of the float next to it on either side whose last bit is
// set, which stands for what was cut off.
CUTMIX_OUT_OF_LINE inline at::Tensor to_small_float(const at::Tensor& value, at::ScalarType type) {
  const at::Tensor nearest = value.to(at::kFloat), back = nearest.to(at::kDouble);
  const at::Tensor one = value.new_ones({}), infinity = one.div(one.logical_not());
  const at::Tensor beyond = infinity.where(value.gt(back), infinity.neg());
  const at::Tensor odd = nearest.nextafter(beyond.to(at::kFloat));
  const at::Tensor ends_in_1 = nearest.view(at::kInt).bitwise_and(one.to(at::kInt)).to(at::kBool);
  return nearest.where(back.eq(value).logical_or(ends_in_1), odd).to(type);
}

// ---- work ----

// Views that it makes serve the checks alone: its addresses say which tensors share a storage.
class TorchWork {
 public:
  static constexpr bool reads_labels = false;

  explicit TorchWork(bool has_double = true) : has_double_(has_double) {}

  BatchView operator()(Role role, const at::Tensor& tensor) { return add(role, tensor, {}); }
  BatchView operator()(Role role, const TorchView& view);
  // Whatever else can be viewed lies where the processor can read it.
  template <class T>
  BatchView operator()(Role, const T&) {
    fail("memory of a tensor = the processor's, must be that of a torch tensor on %",
         {tensors_[0].tensor.device().str()});
  }

  void begin(const Plan& plan, bool follows_cycles);
  void images(const ImageViews&) const;
  void in_place(const InPlaceViews&) const;
  void ids(const ConstBatchView&, const ConstBatchView*, Index n_classes, const BatchView&,
           const LabelOptions& options) const;
  void dense(const DenseViews& labels) const;
  void gather(const DenseViews&) const;
  void end() {}

 private:
  // A tensor, and the letters of its axes where they have any.
  struct Seen {
    Role role;
    at::Tensor tensor;
    ConstBatchView view;
  };
  // A batch and where its partners come from, with axes in one order: B, those that boxes go
  // through, and D, H, W, of size 1 where there is none.
  struct Batch {
    at::Tensor own, source, out;
  };
  // The numbers that there are of each sample: a row of the plan for each.
  enum PlanRow {
    partner,
    begin_x,
    end_x,
    begin_y,
    end_y,
    begin_z,
    end_z,
    image_own,
    image_partner,
    label_own,
    label_partner,
    plan_rows
  };

  BatchView add(Role role, const at::Tensor& tensor, std::string_view letters);
  const Seen* find(Role role) const;
  Batch in_order(Role own, Role source, Role out) const;
  at::Tensor in_order(Role role, std::string_view letters) const;
  void mix_patch(const Batch& images) const;
  at::Tensor mixed(const at::Tensor& own, const at::Tensor& other, PlanRow shares, bool wide,
                   at::ScalarType type) const;
  // Numbers on their way to the device, and as they are there.
  std::int64_t packed(double number) const;
  at::Tensor room_for(std::int64_t rows, std::int64_t columns) const;
  at::Tensor copied(const at::Tensor& numbers) const;
  at::Tensor unpacked(const at::Tensor& numbers) const;
  at::Tensor rounded_to(const at::Tensor& value, at::ScalarType type) const;
  at::Tensor row(PlanRow i) const { return plan_there_.select(0, i); }
  at::Tensor share(int i, std::int64_t axes, bool wide) const;
  at::Tensor partners_of(const at::Tensor& source) const {
    return source.index_select(0, row(partner));
  }

  bool has_double_;
  std::vector<Seen> tensors_;
  const Plan* plan_ = nullptr;
  at::Tensor plan_there_;
};

// ---- tensors ----

inline BatchView TorchWork::add(Role role, const at::Tensor& tensor, std::string_view letters) {
  check_torch_tensor(tensor);
  if (!tensors_.empty() && tensor.device() != tensors_[0].tensor.device())
    fail_torch("device", tensor, tensor.device().str(),
               "must be " + tensors_[0].tensor.device().str() + ", as of the other tensors");
  if (tensor.device().type() == at::kMPS) has_double_ = false;
  const auto storage_of = [](const at::Tensor& any) -> const void* {
    if (!any.has_storage()) return any.unsafeGetTensorImpl();
    return any.storage().unsafeGetStorageImpl();
  };
  std::uintptr_t place = 1;
  for (const Seen& seen : tensors_) {
    if (storage_of(seen.tensor) == storage_of(tensor)) break;
    ++place;
  }
  const std::int64_t offset = tensor.has_storage() ? tensor.storage_offset() : 0;
  const std::uintptr_t address =
      (place << 59) + static_cast<std::uintptr_t>(offset * tensor.element_size());
  const BatchView view =
      view_torch_at(reinterpret_cast<void*>(address), tensor)  // NOLINT: nothing is there
          .with_letters(letters);
  tensors_.push_back({role, tensor, view});
  return view;
}

inline const TorchWork::Seen* TorchWork::find(Role role) const {
  for (const Seen& seen : tensors_)
    if (seen.role == role) return &seen;
  return nullptr;
}

inline at::Tensor TorchWork::in_order(Role role, std::string_view letters) const {
  const Seen* const seen = find(role);
  if (seen == nullptr) return {};
  const Sizes axes = axes_in_order(seen->view, letters, "x");
  std::vector<std::int64_t> order;
  const auto add_axis = [&](int position) {
    if (position >= 0) order.push_back(axes[position]);
  };
  const std::string_view cut = "BDHW";
  add_axis(batch_position(letters));
  for (const char letter : letters)
    if (position_of(letter, cut) < 0) add_axis(position_of(letter, letters));
  for (const char letter : cut.substr(1)) add_axis(position_of(letter, letters));
  at::Tensor tensor = seen->tensor.permute(order);
  if (position_of('W', letters) < 0) tensor = tensor.unsqueeze(-1);
  if (position_of('H', letters) < 0) tensor = tensor.unsqueeze(-2);
  if (position_of('D', letters) < 0) tensor = tensor.unsqueeze(-3);
  return tensor;
}

inline TorchWork::Batch TorchWork::in_order(Role own, Role source, Role out) const {
  const Seen* const from = find(source);
  const ConstBatchView* const from_view = from ? &from->view : nullptr;
  const ConstBatchView &x = find(own)->view, &x_out = find(out)->view;
  const std::string_view letters = own == Role::x ? shared_image_letters(x, x_out, from_view)
                                                  : shared_label_letters(x, x_out, from_view);
  Batch batch{in_order(own, letters), in_order(source, letters), in_order(out, letters)};
  if (!batch.source.defined()) batch.source = batch.own;
  return batch;
}

// ---- numbers ----

// As the bits of a double, or of a float where there is no double.
inline std::int64_t TorchWork::packed(double number) const {
  std::int64_t bits = 0;
  if (has_double_) {
    std::memcpy(&bits, &number, sizeof number);
  } else {
    const auto small = static_cast<float>(number);
    std::int32_t small_bits = 0;
    std::memcpy(&small_bits, &small, sizeof small);
    bits = small_bits;
  }
  return bits;
}

inline at::Tensor TorchWork::unpacked(const at::Tensor& numbers) const {
  return has_double_ ? numbers.view(at::kDouble) : numbers.to(at::kInt).view(at::kFloat);
}

// Out of pinned memory, which room_for makes for CUDA, a copy goes by itself.
CUTMIX_OUT_OF_LINE inline at::Tensor TorchWork::copied(const at::Tensor& numbers) const {
  const at::Device device = tensors_[0].tensor.device();
  return numbers.to(device, numbers.scalar_type(), /*non_blocking=*/device.is_cuda());
}
CUTMIX_OUT_OF_LINE inline at::Tensor TorchWork::room_for(std::int64_t rows,
                                                         std::int64_t columns) const {
  const bool pinned = tensors_[0].tensor.device().is_cuda();
  return at::empty({rows, columns}, at::TensorOptions(at::kLong).pinned_memory(pinned));
}

// ---- the plan ----

CUTMIX_OUT_OF_LINE inline void TorchWork::begin(const Plan& plan, bool follows_cycles) {
  if (follows_cycles) Cycles().find(plan.indices, true);  // says what is wrong
  plan_ = &plan;
  const auto batch = static_cast<std::int64_t>(plan.shape.batch);
  const at::Tensor here = room_for(plan_rows, batch);
  auto* const numbers = static_cast<std::int64_t*>(here.data_ptr());
  const PlanCuts cuts(plan);
  for (Index b = 0; b < batch; ++b) {
    const auto put = [&](int i, std::int64_t number) { numbers[i * batch + b] = number; };
    const Cut cut = cuts(b);
    put(partner, plan.indices[static_cast<std::size_t>(b)]);
    for (const Side side : {side_x, side_y, side_z}) {
      const Interval& part = cut.side[side];
      const int i = begin_x + 2 * (side - side_x);
      put(i, part.begin);
      put(i + 1, part.end);
    }
    put(image_own, packed(1 - plan.blend(b)));
    put(image_partner, packed(plan.blend(b)));
    put(label_own, packed(plan.lambda(b)));
    put(label_partner, packed(1 - plan.lambda(b)));
  }
  plan_there_ = copied(here);
}

// ---- arithmetic of what belongs to a plan ----

// Rounded to float as Weights are, unless wide.
inline at::Tensor TorchWork::share(int i, std::int64_t axes, bool wide) const {
  const at::Tensor share = unpacked(plan_there_.select(0, i));
  return beside_samples(wide ? share : share.to(at::kFloat).to(share.scalar_type()), axes);
}

// To any dtype that is a number: rounded to nearest, ties to even. A mix leaves the range of
// integers where their ends are no numbers of value's dtype.
CUTMIX_OUT_OF_LINE inline at::Tensor TorchWork::rounded_to(const at::Tensor& value,
                                                           at::ScalarType type) const {
  const ScalarKind kind = kind_of(type);
  if (has_double_ && (kind == ScalarKind::half || kind == ScalarKind::bfloat16))
    return to_small_float(value, type);
  if (is_floating(kind)) return value.to(type);
  const at::Tensor whole = value.round();
  if (bytes_of(kind) < (has_double_ ? 8 : 4)) return whole.to(type);
  const bool is_unsigned = kind == ScalarKind::uint32 || kind == ScalarKind::uint64;
  const double beyond = std::ldexp(1.0, 8 * bytes_of(kind) - (is_unsigned ? 0 : 1));
  const at::Tensor below = room_for(1, 1);
  *static_cast<std::int64_t*>(below.data_ptr()) =
      packed(beyond - std::ldexp(beyond, has_double_ ? -53 : -24));
  return whole.minimum(unpacked(copied(below)).squeeze()).to(type);
}

// What has all of the share is copied, never computed with.
CUTMIX_OUT_OF_LINE inline at::Tensor TorchWork::mixed(const at::Tensor& own,
                                                      const at::Tensor& other, PlanRow shares,
                                                      bool wide, at::ScalarType type) const {
  const at::Tensor own_share = share(shares, own.dim(), wide);
  const at::Tensor other_share = share(shares + 1, own.dim(), wide);
  const at::ScalarType compute = own_share.scalar_type();
  const at::Tensor a = own.to(compute), b = other.to(compute);
  const auto as_is = [&](const at::Tensor& tensor, const at::Tensor& number) {
    return tensor.scalar_type() == type ? tensor : rounded_to(number, type);
  };
  const at::Tensor sum = rounded_to(sum_of(a.mul(own_share), b.mul(other_share)), type);
  const at::Tensor partners = as_is(other, b).where(own_share.logical_not(), sum);
  return as_is(own, a).where(other_share.logical_not(), partners);
}

// ---- images ----

// Partners are gathered before anything is written.
CUTMIX_OUT_OF_LINE inline void TorchWork::mix_patch(const Batch& images) const {
  const PlanCuts cuts(*plan_);
  const Cut all = cuts.bounds();
  if (all.empty || images.out.numel() == 0) return;
  const auto patch_of = [&all](at::Tensor tensor) {
    for (const Side side : {side_x, side_y, side_z}) {
      const Interval& part = all.side[side];
      tensor = tensor.narrow(-1 - (side - side_x), part.begin, part.end - part.begin);
    }
    return tensor;
  };
  const at::Tensor own = patch_of(images.own), to = patch_of(images.out);
  at::Tensor patch = partners_of(patch_of(images.source));
  const at::ScalarType type = own.scalar_type();
  if (cuts.blends()) patch = mixed(own, patch, image_own, is_wide(kind_of(type)), type);
  if (!cuts.one()) {
    at::Tensor is_inside;
    for (const Side side : {side_x, side_y, side_z}) {
      const Interval& part = all.side[side];
      const auto i = static_cast<PlanRow>(begin_x + 2 * (side - side_x));
      // Counted from 1.
      at::Tensor places =
          plan_there_.new_ones({part.end}).cumsum(0).narrow(0, part.begin, part.end - part.begin);
      for (int inner = side_x; inner < side; ++inner) places = places.unsqueeze(-1);
      const at::Tensor begin = beside_samples(row(i), own.dim());
      const at::Tensor end = beside_samples(row(static_cast<PlanRow>(i + 1)), own.dim());
      const at::Tensor is_between = places.gt(begin).logical_and(places.le(end));
      is_inside = is_inside.defined() ? is_inside.logical_and(is_between) : is_between;
    }
    patch = patch.where(is_inside, own);
  }
  to.copy_(patch);
}

inline void TorchWork::images(const ImageViews&) const {
  const at::AutoDispatchBelowADInplaceOrView bytes_alone;
  const Batch images = in_order(Role::x, Role::source, Role::x_out);
  images.out.copy_(images.own);
  mix_patch(images);
}

inline void TorchWork::in_place(const InPlaceViews&) const {
  const at::AutoDispatchBelowADInplaceOrView bytes_alone;
  mix_patch(in_order(Role::x, Role::source, Role::x));
}

// ---- labels ----

CUTMIX_OUT_OF_LINE inline void TorchWork::ids(const ConstBatchView&, const ConstBatchView*,
                                              Index n_classes, const BatchView&,
                                              const LabelOptions& options) const {
  const at::AutoDispatchBelowADInplaceOrView bytes_alone;
  const Seen *const own = find(Role::y), *const source = find(Role::source_y),
                    *const to = find(Role::y_out);
  const at::ScalarType type = to->tensor.scalar_type();
  const bool wide = is_wide(kind_of(type));
  const LabelValues label = label_values(options, n_classes, wide);
  const at::Tensor here = room_for(3, 1);
  auto* const numbers = static_cast<std::int64_t*>(here.data_ptr());
  numbers[0] = packed(label.on), numbers[1] = packed(label.off);
  numbers[2] = static_cast<std::int64_t>(options.ignore_id.value_or(0));
  const at::Tensor there = copied(here).squeeze(1);
  const at::Tensor on = unpacked(there.select(0, 0)), off = unpacked(there.select(0, 1));
  // Counted from 1, as the ids then are.
  const at::Tensor classes = plan_there_.new_ones({static_cast<std::int64_t>(n_classes)}).cumsum(0);
  const at::Tensor one = classes.narrow(0, 0, 1);
  const auto rows_of = [&](const at::Tensor& ids) {
    const at::Tensor column = ids.to(at::kLong).unsqueeze(1);
    const at::Tensor rows = on.where(sum_of(column, one).eq(classes), off);
    return options.ignore_id ? rows.mul(column.ne(there.select(0, 2))) : rows;
  };
  const at::Tensor partners = partners_of(source ? source->tensor : own->tensor);
  const at::Tensor rows = mixed(rows_of(own->tensor), rows_of(partners), label_own, wide, type);
  (to->view.letters() == "WB" ? to->tensor.t() : to->tensor).copy_(rows);
}

CUTMIX_OUT_OF_LINE inline void TorchWork::dense(const DenseViews& labels) const {
  const at::AutoDispatchBelowADInplaceOrView bytes_alone;
  const Batch y = in_order(Role::y, Role::source_y, Role::y_out);
  y.out.copy_(mixed(y.own, partners_of(y.source), label_own,
                    is_wide(labels.kind) || is_wide(labels.out_kind), y.out.scalar_type()));
}

inline void TorchWork::gather(const DenseViews&) const {
  const at::AutoDispatchBelowADInplaceOrView bytes_alone;
  const Batch y = in_order(Role::y, Role::source_y, Role::y_out);
  y.out.copy_(partners_of(y.source));
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_TORCH_WORK_HPP
