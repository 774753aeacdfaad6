#ifndef CUTMIX_DETAIL_COLLATE_HPP
#define CUTMIX_DETAIL_COLLATE_HPP

// What collate.hpp declares.

#include <cmath>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "../collate.hpp"
#include "images.hpp"
#include "kernels/convert.hpp"

namespace cutmix {
namespace detail {

// ---- what can be known when compiling ----

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

template <bool converted, class Sample, class Out>
constexpr bool accepts_scalars() {
  using Scalar = typename ScalarOfSample<Sample>::Type;
  if constexpr (converted) {
    constexpr bool bytes = std::is_void_v<Scalar> || std::is_same_v<Scalar, std::uint8_t>;
    static_assert(bytes, "cutmix: samples must be of std::uint8_t where a conversion is given");
    constexpr bool numbers = !is_known<Out> || is_blendable(static_kind<Out>);
    static_assert(!bytes || numbers,
                  "cutmix: x_out must be floating or integer where a conversion is given");
    return bytes && numbers;
  } else {
    constexpr bool same = std::is_void_v<Scalar> || std::is_void_v<ScalarOf<Out>> ||
                          std::is_same_v<Scalar, ScalarOf<Out>>;
    static_assert(same, "cutmix: samples must have the scalar of x_out");
    return same;
  }
}

template <bool converted, class Samples, class Out>
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
        constexpr bool scalars = accepts_scalars<converted, Sample, Out>();
        constexpr bool same_rank =
            rank_of<Sample> < 0 || rank_of<Out> < 0 || rank_of<Sample> + 1 == rank_of<Out>;
        static_assert(!scalars || same_rank,
                      "cutmix: samples must have the rank of x_out less one");
        return scalars && same_rank;
      }
    }
  }
  return false;
}

// ---- bytes to scalars ----

// What is written at a time of samples that lie side by side.
constexpr Index convert_tile_bytes = Index{1} << 16;

// A conversion's numbers as scalars of a batch. A template, as CollateJob is.
template <class Conversion>
class ScalarTables {
 public:
  ScalarTables(const Conversion& conversion, ScalarKind kind)
      : kind_(kind),
        scalar_(static_cast<std::size_t>(bytes_of(kind))),
        channels_(conversion.channels()),
        words_((static_cast<std::size_t>(channels_) * 256 * scalar_ + 7) / 8) {
    Byte* out = reinterpret_cast<Byte*>(words_.data());
    for (Index channel = 0; channel < channels_; ++channel, out += 256 * scalar_) {
      double values[256];
      for (int byte = 0; byte < 256; ++byte) {
        values[byte] = conversion(static_cast<std::uint8_t>(byte), channel);
        if (std::isnan(values[byte]) && is_integer(kind))
          fail("conversion(%, %) = nan, must be a number for x_out of %",
               {byte, channel, name_of(kind)});
      }
      store_run(kind, values, 256, out, static_cast<Index>(scalar_));
    }
    if (scalar_ == look_up_planes && can_look_up()) make_planes();
  }

  // For an output of so many bytes.
  ByteTables get(std::size_t bytes) const {
    const auto* planes = reinterpret_cast<const Byte*>(planes_.data());
    return {kind_, reinterpret_cast<const Byte*>(words_.data()), channels_ == 1 ? 0 : 256 * scalar_,
            planes_.empty() ? nullptr : planes,
            !planes_.empty() && choose_stream(bytes) != StreamWidth::none};
  }

 private:
  void make_planes() {
    planes_.resize(words_.size());
    const auto* const words = reinterpret_cast<const Byte*>(words_.data());
    auto* const planes = reinterpret_cast<Byte*>(planes_.data());
    for (std::size_t i = 0; i < static_cast<std::size_t>(channels_) * 256; ++i)
      for (std::size_t byte = 0; byte < scalar_; ++byte)
        planes[i / 256 * 256 * scalar_ + byte * 256 + i % 256] = words[i * scalar_ + byte];
  }

  ScalarKind kind_;
  std::size_t scalar_;
  Index channels_;
  std::vector<std::uint64_t> words_, planes_;
};

// The position of the channels' letter: C, or, where images have no letters, what follows B.
inline int channel_position(std::string_view letters) {
  const int channel = position_of('C', letters);
  return channel >= 0 ? channel : position_of('c', letters);
}

// ---- a batch that is put together ----

// Axes have letters wherever it is clear which, so that samples can be matched by theirs.
inline BatchView lettered_batch(const BatchView& out) {
  return out.letters().empty() && out.rank() == 4 ? out.with_letters("BCHW") : out;
}

// Where each sample lies, next to where it goes. A template, so that what converts is compiled for
// those who do.
template <bool converts>
class CollateJob {
 public:
  // Without a conversion, which is null then, samples have the output's scalar.
  CollateJob(const Plan& plan, std::size_t count, const BatchView& out,
             const ByteConversion* conversion)
      : plan_(plan),
        conversion_(conversion),
        out_(lettered_batch(out)),
        letters_(image_letters(out_, "x_out")),  // of the copy, which lasts
        axes_(axes_in_order(out, letters_, "x_out")),
        order_(out, letters_, "x_out"),
        output_(order_.output(out, axes_)) {
    const BatchShape shape = shape_of(out, letters_, axes_);
    if (static_cast<Index>(count) != shape.batch)
      fail("size of samples = %, must be %, as of x_out", {count, shape.batch});
    check_unfolded("x_out", out);
    check_plan(plan, shape, "x_out");
    if constexpr (converts) check_conversion();
    if (PlanCuts(plan).blends()) check_blendable(out.kind());
    sample_axes_ = order_.axes();
    if constexpr (converts) sample_axes_.scalar = 1;
    packed_ = packed_strides(sample_axes_, whole_region(sample_axes_));
    sample_bytes_ = sample_axes_.bytes();
    written_ = addresses_of(out_);
    packed_alike_ = same_strides(order_.axes(), packed_, output_.strides);
    strides_.reserve(count);
    samples_.reserve(count);
  }

  // A sample without the batch's axis, in the order of the output's axes; or, with letters, with
  // it.
  void add(const ConstBatchView& sample) {
    check_scalar(sample);
    const int batch = batch_position(letters_);
    const bool lettered = !sample.letters().empty();
    const int rank = out_.rank() - (lettered ? 0 : 1);
    if (sample.rank() != rank)
      fail("rank of % = %, must be %, as of x_out", {name(), sample.rank(), rank});
    Index axes[Sizes::most] = {};
    const Sizes by_letters =
        lettered ? axes_in_order(sample, letters_, "samples", static_cast<Index>(samples_.size()))
                 : Sizes();
    for (int i = 0; i < out_.rank(); ++i) {
      axes[i] = lettered ? by_letters[i] : i - (i > batch ? 1 : 0);
      if (i == batch && !lettered) continue;
      const Index expected = i == batch ? 1 : out_.size(static_cast<int>(axes_[i]));
      const Index size = sample.size(static_cast<int>(axes[i]));
      if (size != expected)
        fail("%.size(%) = %, must be %, as of x_out", {name(), axes[i], size, expected});
    }
    strides_.push_back(order_.strides(sample, Sizes(Span{axes, out_.rank()})));
    const InputLayout layout = layout_of(order_.axes(), strides_.back(), output_.strides);
    inputs_ = {inputs_.alike && layout.alike, inputs_.packed && layout.packed};
    check_apart_from(sample);
    samples_.push_back({static_cast<const Byte*>(sample.data()), &strides_.back()});
  }

  // As many scalars as a sample has, in the order of the output's memory.
  template <class T>
  void add(T* pointer) {
    if (pointer == nullptr && sample_bytes_ != 0)
      fail("% = nullptr, must point at a sample", {name()});
    const auto begin = reinterpret_cast<std::uintptr_t>(pointer);
    const bool apart = begin + sample_bytes_ <= written_.begin || begin >= written_.end;
    if (!apart || samples_.empty()) {  // a view of each would cost a tenth of small samples
      const ConstBatchView memory =
          cutmix::view(static_cast<const T*>(pointer), {sample_bytes_ / sizeof(T)});
      check_scalar(memory);
      check_apart_from(memory);
    }
    inputs_.alike = inputs_.alike && packed_alike_;
    samples_.push_back({reinterpret_cast<const Byte*>(pointer), &packed_});
  }

  void run(const Executor& device) const {
    Samples samples;
    samples.list = samples_.data();
    if constexpr (converts)
      convert(device, samples);
    else
      mix_samples(device, PlanCuts(plan_), order_.axes(), out_.kind(), samples, samples, output_,
                  inputs_, dense_of(order_.axes(), output_, inputs_));
  }

 private:
  void check_conversion() const {
    if (!is_blendable(out_.kind()))
      fail("scalar of x_out = %, must be floating or integer where a conversion is given",
           {name_of(out_.kind())});
    const int position = channel_position(letters_);
    const Index channels = conversion_->channels();
    const Index expected = position < 0 ? 1 : out_.size(static_cast<int>(axes_[position]));
    if (channels == 1 || channels == expected) return;
    if (position < 0)
      fail("channels of the conversion = %, must be 1: x_out has no axis C", {channels});
    fail("channels of the conversion = %, must be 1 or %, as of x_out", {channels, expected});
  }

  void check_scalar(const ConstBatchView& sample) const {
    if constexpr (converts) {
      if (sample.kind() != ScalarKind::uint8)
        fail("scalar of % = %, must be uint8 where a conversion is given",
             {name(), name_of(sample.kind())});
    } else if (sample.kind() != out_.kind() || sample.scalar_bytes() != out_.scalar_bytes()) {
      check_kind(name().c_str(), sample, "x_out", out_);
    }
  }

  void convert(const Executor& device, const Samples& samples) const {
    const ScalarTables scalars(*conversion_, out_.kind());
    const SampleAxes& axes = order_.axes();
    const PlanCuts cuts(plan_);
    const Index batch = cuts.batch();
    const std::size_t bytes = static_cast<std::size_t>(batch) * axes.bytes();
    if (bytes == 0) return;
    const ByteTables tables = scalars.get(bytes);
    const ConvertAxes lines(axes, order_.place_of(channel_position(letters_)));
    const Index all = lines.all_lines();
    // Where samples lie side by side, a little of all of them at a time, so that a line of the
    // cache is filled while it is there.
    const int outermost = lines.plane_rank > 0 ? lines.plane[lines.plane_rank - 1] : lines.line;
    if (outermost >= 0 && std::abs(output_.stride) < std::abs(output_.strides.axis[outermost])) {
      const auto line_of_all = static_cast<Index>(bytes / static_cast<std::size_t>(all));
      const Index tile = std::max(convert_tile_bytes / line_of_all, Index{1});
      return device.for_parts(all, bytes, [&](Index first, Index last) {
        convert_samples(axes, lines, tables, cuts, samples, output_, [&](const auto& convert) {
          for (; first < last; first += tile)
            for (Index b = 0; b < batch; ++b) convert(b, first, std::min(first + tile, last));
        });
      });
    }
    device.for_parts(batch * all, bytes, [&](Index first, Index last) {
      convert_samples(axes, lines, tables, cuts, samples, output_, [&](const auto& convert) {
        while (first < last) {
          const Index b = first / all, begin = first % all;
          const Index end = std::min(all, begin + last - first);
          convert(b, begin, end);
          first += end - begin;
        }
      });
    });
  }

  void check_apart_from(const ConstBatchView& sample) const {
    if (views_overlap(out_, sample)) check_apart("x_out", out_, name().c_str(), sample);
  }

  std::string name() const { return text_of("samples[%]", {samples_.size()}); }

  const Plan& plan_;
  const ByteConversion* conversion_;
  BatchView out_;
  std::string_view letters_;
  Sizes axes_;
  SampleOrder order_;
  Output output_;
  AddressRange written_;
  SampleAxes sample_axes_;  // order_'s, of the samples' scalar
  std::size_t sample_bytes_;
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

template <bool converts, class Device, class Samples, class Out>
void collate_with(const Device& device, const Plan& plan, const Samples& samples, Out& x_out,
                  const ByteConversion* conversion) {
  using Sample = SampleOf<Samples>;
  const auto count = samples.size();
  CollateJob<converts> job(plan, static_cast<std::size_t>(count), view(x_out), conversion);
  const auto add = [&job](const Sample& sample) {
    if constexpr (std::is_pointer_v<Sample>)
      job.add(sample);
    else
      job.add(static_cast<const ConstBatchView&>(view(sample)));
  };
  std::vector<std::conditional_t<returns_values<Samples>, Sample, char>> kept;
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

inline void check_statistics(const std::vector<double>& means,
                             const std::vector<double>& deviations) {
  if (means.empty()) fail("size of means = 0, must be at least 1");
  if (deviations.size() != means.size())
    fail("size of deviations = %, must be %, as of means", {deviations.size(), means.size()});
  for (std::size_t i = 0; i < means.size(); ++i) {
    if (!std::isfinite(means[i])) fail("means[%] = %, must be finite", {i, means[i]});
    if (!(std::isfinite(deviations[i]) && deviations[i] > 0))
      fail("deviations[%] = %, must be finite and above 0", {i, deviations[i]});
  }
}

}  // namespace detail

inline ByteConversion ByteConversion::normalized(const std::vector<double>& means,
                                                 const std::vector<double>& deviations) {
  detail::check_statistics(means, deviations);
  return ByteConversion(static_cast<Index>(means.size()), [&](std::uint8_t byte, Index channel) {
    const auto c = static_cast<std::size_t>(channel);
    return (byte / 255.0 - means[c]) / deviations[c];
  });
}

template <class Function, class>
ByteConversion::ByteConversion(Index channels, const Function& function) {
  if (channels < 1) detail::fail("channels = %, must be at least 1", {channels});
  detail::check_length<double[256]>("channels", channels);
  table_.reserve(static_cast<std::size_t>(channels) * 256);
  for (Index channel = 0; channel < channels; ++channel)
    for (int byte = 0; byte < 256; ++byte)
      table_.push_back(static_cast<double>(function(static_cast<std::uint8_t>(byte), channel)));
}

template <class Device, class Samples, class Out>
void collate(const Device& device, const Plan& plan, const Samples& samples, Out&& x_out) {
  if constexpr (detail::accepts_device<Device>())
    if constexpr (detail::accepts_samples<false, Samples, Out>())
      detail::collate_with<false>(device, plan, samples, x_out, nullptr);
}

template <class Samples, class Out>
void collate(const Plan& plan, const Samples& samples, Out&& x_out) {
  collate(detail::default_device<Out>(), plan, samples, std::forward<Out>(x_out));
}

template <class Device, class Samples, class Out>
void collate(const Device& device, const Plan& plan, const Samples& samples, Out&& x_out,
             const ByteConversion& conversion) {
  if constexpr (detail::accepts_device<Device>())
    if constexpr (detail::accepts_samples<true, Samples, Out>())
      detail::collate_with<true>(device, plan, samples, x_out, &conversion);
}

template <class Samples, class Out>
void collate(const Plan& plan, const Samples& samples, Out&& x_out,
             const ByteConversion& conversion) {
  collate(detail::default_device<Out>(), plan, samples, std::forward<Out>(x_out), conversion);
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
