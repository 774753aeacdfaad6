#ifndef CUTMIX_DETAIL_COLLATE_HPP
#define CUTMIX_DETAIL_COLLATE_HPP

// What collate.hpp declares.

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "../collate.hpp"
#include "images.hpp"

namespace cutmix {
namespace detail {

template <class Samples, class = void>
constexpr bool is_list_of_samples = false;
template <class Samples>
constexpr bool
    is_list_of_samples<Samples, std::void_t<decltype(std::declval<const Samples&>().size()),
                                            decltype(std::declval<const Samples&>()[0])>> =
        !std::is_pointer_v<Samples>;

template <class Samples>
using SampleOf = Bare<decltype(std::declval<const Samples&>()[0])>;

template <class Sample>
struct ScalarOfSample {
  using Type = ScalarOf<Sample>;
};
template <class T>
struct ScalarOfSample<T*> {
  using Type = std::remove_cv_t<T>;
};

template <class Samples, class Out>
constexpr bool accepts_samples() {
  if constexpr (accepts_images<Out>() && accepts_output<Out>()) {
    constexpr bool list = is_list_of_samples<Samples>;
    static_assert(list,
                  "cutmix: samples must be in something with size() and "
                  "operator[], such as a "
                  "std::vector of tensors, views or pointers");
    if constexpr (list) {
      using Sample = SampleOf<Samples>;
      constexpr bool pointers = std::is_pointer_v<Sample>;
      constexpr bool seen = pointers || has_view<Sample>;
      static_assert(seen, "cutmix: samples must be tensors, views or pointers to scalars");
      if constexpr (seen) {
        using Scalar = typename ScalarOfSample<Sample>::Type;
        constexpr bool same_scalar = std::is_void_v<Scalar> || std::is_void_v<ScalarOf<Out>> ||
                                     std::is_same_v<Scalar, ScalarOf<Out>>;
        static_assert(same_scalar, "cutmix: samples must have the scalar of x_out");
        constexpr bool same_rank =
            rank_of<Sample> < 0 || rank_of<Out> < 0 || rank_of<Sample> + 1 == rank_of<Out>;
        static_assert(!same_scalar || same_rank,
                      "cutmix: samples must have the rank of x_out less one");
        return same_scalar && same_rank;
      }
    }
  }
  return false;
}

// A batch that is put together: where each sample lies, next to where it goes.
class CollateJob {
 public:
  CollateJob(const Plan& plan, std::size_t count, const BatchView& out)
      : plan_(plan),
        out_(out),
        letters_(image_letters(out_, "x_out")),  // of the copy, which lasts
        axes_(axes_in_order(out, letters_, "x_out")),
        order_(out, letters_, "x_out"),
        output_(order_.output(out, axes_)) {
    const BatchShape shape = shape_of(out, letters_, axes_);
    if (static_cast<Index>(count) != shape.batch)
      fail("size of samples", count, {"must be ", shape.batch, ", as of x_out"});
    check_unfolded("x_out", out);
    check_plan(plan, shape, "x_out");
    if (PlanCuts(plan).blends()) check_blendable(out.kind());
    packed_ = packed_strides(order_.axes(), whole_region(order_.axes()));
    packed_alike_ = same_strides(order_.axes(), packed_, output_.strides);
    strides_.reserve(count);
    samples_.reserve(count);
  }

  // A sample without the batch's axis, in the order of the output's axes; or, with letters, with
  // it.
  void add(const ConstBatchView& sample) {
    if (sample.kind() != out_.kind() || sample.scalar_bytes() != out_.scalar_bytes())
      check_kind(name().c_str(), sample, "x_out", out_);
    const int batch = batch_position(letters_);
    const bool lettered = !sample.letters().empty();
    const int rank = out_.rank() - (lettered ? 0 : 1);
    if (sample.rank() != rank)
      fail({"rank of ", name()}, sample.rank(), {"must be ", rank, ", as of x_out"});
    Index axes[Sizes::most] = {};
    const Sizes by_letters = lettered ? axes_in_order(sample, letters_, name().c_str()) : Sizes();
    for (int i = 0; i < out_.rank(); ++i) {
      axes[i] = lettered ? by_letters[i] : i - (i > batch ? 1 : 0);
      if (i == batch && !lettered) continue;
      const Index expected = i == batch ? 1 : out_.size(static_cast<int>(axes_[i]));
      const Index size = sample.size(static_cast<int>(axes[i]));
      if (size != expected)
        fail({name(), ".size(", axes[i], ")"}, size, {"must be ", expected, ", as of x_out"});
    }
    strides_.push_back(order_.strides(sample, Sizes(Span{axes, out_.rank()})));
    const InputLayout layout = layout_of(order_.axes(), strides_.back(), output_.strides);
    inputs_ = {inputs_.alike && layout.alike, inputs_.packed && layout.packed};
    add(sample, strides_.back());
  }

  // As many scalars as a sample has, in the order of the output's memory.
  template <class T>
  void add(T* pointer) {
    const std::size_t bytes = order_.axes().bytes();
    if (pointer == nullptr && bytes != 0) fail(name(), "nullptr", "must point at a sample");
    const ConstBatchView memory = cutmix::view(static_cast<const T*>(pointer), {bytes / sizeof(T)});
    if (memory.kind() != out_.kind() || memory.scalar_bytes() != out_.scalar_bytes())
      check_kind(name().c_str(), memory, "x_out", out_);
    inputs_.alike = inputs_.alike && packed_alike_;
    add(memory, packed_);
  }

  void run(const Executor& device) const {
    Samples samples;
    samples.list = samples_.data();
    mix_samples(device, PlanCuts(plan_), order_.axes(), out_.kind(), samples, samples, output_,
                inputs_);
  }

 private:
  std::string name() const { return "samples[" + std::to_string(samples_.size()) + "]"; }

  void add(const ConstBatchView& sample, const Strides& strides) {
    if (views_overlap(out_, sample)) check_apart("x_out", out_, name().c_str(), sample);
    samples_.push_back({static_cast<const Byte*>(sample.data()), &strides});
  }

  const Plan& plan_;
  BatchView out_;
  std::string_view letters_;
  Sizes axes_;
  SampleOrder order_;
  Output output_;
  std::vector<Strides> strides_;
  std::vector<SampleRef> samples_;
  InputLayout inputs_{true, true};
  Strides packed_;  // of samples that are given by a pointer
  bool packed_alike_ = false;
};

// A sample that a container makes anew on each call lives here until it is copied.
template <class Samples>
constexpr bool returns_values = !std::is_reference_v<decltype(std::declval<const Samples&>()[0])> &&
                                !std::is_pointer_v<SampleOf<Samples>>;

template <class Device, class Samples, class Out>
void collate_with(const Device& device, const Plan& plan, const Samples& samples, Out& x_out) {
  using Sample = SampleOf<Samples>;
  CollateJob job(plan, static_cast<std::size_t>(samples.size()), view(x_out));
  const auto add = [&job](const Sample& sample) {
    if constexpr (std::is_pointer_v<Sample>)
      job.add(sample);
    else
      job.add(static_cast<const ConstBatchView&>(view(sample)));
  };
  std::vector<std::conditional_t<returns_values<Samples>, Sample, char>> kept;
  const auto count = samples.size();
  if constexpr (returns_values<Samples>) kept.reserve(static_cast<std::size_t>(count));
  for (std::decay_t<decltype(count)> b = 0; b < count; ++b) {
    if constexpr (returns_values<Samples>) {
      kept.push_back(samples[b]);
      add(kept.back());
    } else {
      add(samples[b]);
    }
  }
  job.run(Executor(device));
  mark_written(x_out);
}

}  // namespace detail

template <class Device, class Samples, class Out>
void collate(const Device& device, const Plan& plan, const Samples& samples, Out&& x_out) {
  if constexpr (detail::accepts_device<Device>())
    if constexpr (detail::accepts_samples<Samples, Out>())
      detail::collate_with(device, plan, samples, x_out);
}

template <class Samples, class Out>
void collate(const Plan& plan, const Samples& samples, Out&& x_out) {
  collate(detail::default_device<Out>(), plan, samples, std::forward<Out>(x_out));
}

/// @cond
// What meets a call that no other takes.
template <class... Arguments>
std::enable_if_t<detail::plan_stands_late<3, Arguments...>> collate(Arguments&&...) {
  static_assert(sizeof...(Arguments) == 0, "cutmix: the plan stands before the samples");
}
/// @endcond

}  // namespace cutmix

#endif  // CUTMIX_DETAIL_COLLATE_HPP
