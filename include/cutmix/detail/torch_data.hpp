#ifndef CUTMIX_DETAIL_TORCH_DATA_HPP
#define CUTMIX_DETAIL_TORCH_DATA_HPP

// What torch_data.hpp declares.

#include <ATen/ops/stack.h>
#include <torch/serialize/archive.h>

#include <utility>

#include "../torch_data.hpp"
#include "executor.hpp"

namespace cutmix {
namespace detail {

using Examples = std::vector<torch::data::Example<>>;

inline void check_loader_mixing(const LoaderMixing& mixing) {
  check_options(mixing.options);
  if (mixing.n_classes < 0) fail("n_classes = %, must be at least 0", {mixing.n_classes});
}

// The data of examples as samples: with letters where their axes are not the batch's.
class SampleViews {
 public:
  SampleViews(const Examples& examples, bool channels_last)
      : examples_(examples), channels_last_(channels_last) {}

  std::size_t size() const { return examples_.size(); }
  ConstBatchView operator[](std::size_t i) const {
    const at::Tensor& sample = examples_[i].data;
    return channels_last_ ? view(sample.unsqueeze(0), "BHWC") : view(sample);
  }

 private:
  const Examples& examples_;
  bool channels_last_;
};

// (B, C, H, W), or B and the axes of the first sample.
inline std::vector<std::int64_t> batch_sizes(const Examples& examples, bool channels_last) {
  const at::Tensor& first = examples[0].data;
  check_torch_on_cpu(first);
  std::vector<std::int64_t> sizes{static_cast<std::int64_t>(examples.size())};
  if (channels_last) {
    if (first.dim() != 3) fail("rank of samples[0] = %, must be 3: (H, W, C)", {first.dim()});
    sizes.insert(sizes.end(), {first.size(2), first.size(0), first.size(1)});
  } else {
    sizes.insert(sizes.end(), first.sizes().begin(), first.sizes().end());
  }
  return sizes;
}

inline at::Tensor mixed_targets(const Plan& plan, const Examples& examples,
                                const LoaderMixing& mixing) {
  for (const auto& example : examples) check_torch_on_cpu(example.target);
  const at::Tensor& first = examples[0].target;
  std::vector<at::Tensor> list;
  list.reserve(examples.size());
  for (const auto& example : examples) {
    if (example.target.sizes() != first.sizes())
      fail_torch("size", example.target, sizes_text(example.target),
                 "must be that of all targets of the batch");
    list.push_back(example.target);
  }
  const at::Tensor labels = at::stack(list);
  at::Tensor targets = TensorTraits<at::Tensor>::targets(labels, mixing.n_classes);
  if (labels.dim() == 1 && !at::isFloatingType(labels.scalar_type()))
    mix_labels(plan, labels, mixing.n_classes, targets, mixing.options.labels);
  else
    mix_labels(plan, labels, targets);
  return targets;
}

inline MixedBatch mix_examples(const LoaderMixing& mixing, const BatchRequest& request,
                               const Examples& examples) {
  if (examples.empty()) fail("size of the request = 0, must be at least 1");
  const bool channels_last = mixing.channels_last_samples;
  const at::ScalarType dtype = mixing.conversion ? mixing.dtype : examples[0].data.scalar_type();
  MixedBatch batch;
  batch.data = at::empty(batch_sizes(examples, channels_last), dtype);
  Philox4x32 rng = philox_stream(mixing.seed, request.epoch, request.step, mixing.rank);
  make_plan(batch.data, mixing.options, rng, batch.plan);
  const SampleViews samples(examples, channels_last);
  if (mixing.conversion)
    collate(CallerThread(), batch.plan, samples, batch.data, *mixing.conversion);
  else
    collate(CallerThread(), batch.plan, samples, batch.data);
  batch.target = mixed_targets(batch.plan, examples, mixing);
  return batch;
}

template <class Dataset>
constexpr bool yields_examples() {
  constexpr bool yields = std::is_same_v<typename Dataset::BatchType, Examples>;
  static_assert(yields,
                "cutmix: the dataset must yield a std::vector of torch::data::Example<>, a tensor "
                "and its label each; leave out .map(Stack<>()), which this replaces");
  return yields;
}

template <class Sampler, class = void>
constexpr bool knows_epochs = false;
template <class Sampler>
constexpr bool knows_epochs<
    Sampler, std::void_t<decltype(std::declval<Sampler&>().set_epoch(std::size_t{}))>> = true;

}  // namespace detail

template <class Dataset>
MixedDataset<Dataset>::MixedDataset(Dataset dataset, LoaderMixing mixing)
    : dataset_(std::move(dataset)), mixing_(std::move(mixing)) {
  detail::check_loader_mixing(mixing_);
}

template <class Dataset>
MixedBatch MixedDataset<Dataset>::get_batch(BatchRequest request) {
  if constexpr (detail::yields_examples<Dataset>())
    return detail::mix_examples(mixing_, request, dataset_.get_batch(request.indices));
  else
    return {};
}

template <class Inner>
NumberedSampler<Inner>::NumberedSampler(Inner sampler, std::uint32_t first_epoch,
                                        std::uint32_t first_step)
    : sampler_(std::move(sampler)), epoch_(first_epoch), first_step_(first_step) {}

template <class Inner>
void NumberedSampler<Inner>::reset(NewSize new_size) {
  const std::uint32_t epoch = begun_ ? epoch_ + 1 : epoch_;
  if constexpr (detail::knows_epochs<Inner>) sampler_.set_epoch(epoch);
  sampler_.reset(new_size);
  // Nothing throws from here on.
  if (begun_) first_step_ = 0;
  epoch_ = epoch;
  begun_ = true;
  step_ = 0;
}

template <class Inner>
typename NumberedSampler<Inner>::NextRequest NumberedSampler<Inner>::next(std::size_t batch_size) {
  begun_ = true;
  // A step counts once its batch is there, so that one can be asked for again where that throws.
  for (; step_ < first_step_; ++step_)
    if (!sampler_.next(batch_size)) return {};
  auto indices = sampler_.next(batch_size);
  if (!indices) return {};
  return BatchRequest{std::move(*indices), epoch_, step_++};
}

template <class Inner>
void NumberedSampler<Inner>::save(torch::serialize::OutputArchive& archive) const {
  torch::serialize::OutputArchive sampler;
  sampler_.save(sampler);
  archive.write("sampler", sampler);
  const auto number = [](std::uint32_t value) {
    return at::empty({1}, at::kLong).fill_(static_cast<std::int64_t>(value));
  };
  archive.write("epoch", number(epoch_));
  archive.write("step", number(step_));
}

template <class Inner>
void NumberedSampler<Inner>::load(torch::serialize::InputArchive& archive) {
  torch::serialize::InputArchive sampler;
  archive.read("sampler", sampler);
  const auto number = [&archive](const char* name) {
    at::Tensor value;
    archive.read(name, value);
    return static_cast<std::uint32_t>(value.item<std::int64_t>());
  };
  const std::uint32_t epoch = number("epoch"), step = number("step");
  sampler_.load(sampler);
  epoch_ = epoch, step_ = step;
  first_step_ = 0;
  begun_ = true;
}

template <class Dataset, class Sampler>
auto make_data_loader(Dataset dataset, Sampler sampler, LoaderMixing mixing,
                      torch::data::DataLoaderOptions loader_options) {
  NumberedSampler<Sampler> numbered(std::move(sampler), mixing.first_epoch, mixing.first_step);
  return torch::data::make_data_loader(MixedDataset<Dataset>(std::move(dataset), std::move(mixing)),
                                       std::move(numbered), loader_options);
}

}  // namespace cutmix

#endif  // CUTMIX_DETAIL_TORCH_DATA_HPP
