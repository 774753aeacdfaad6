#ifndef CUTMIX_TORCH_DATA_HPP
#define CUTMIX_TORCH_DATA_HPP

/// @file torch_data.hpp
/// LibTorch's DataLoader: batches that are mixed while they are put together, the same for any
/// number of workers. Optional: no other header includes it.
///
/// @code
/// cutmix::LoaderMixing mixing;  // options, n_classes, seed, rank
/// mixing.n_classes = 10;
/// auto loader = cutmix::make_data_loader(dataset, sampler, mixing, loader_options);
/// for (cutmix::MixedBatch& batch : *loader) train(batch.data, batch.target);
/// @endcode
/// It takes the place of `.map(Stack<>())` and torch::data::make_data_loader. A mixer in `.map()`
/// would be copied into every worker, where all copies draw the same numbers, and which batch gets
/// which of them would depend on the workers' pace. Here the sampler says of each request which
/// batch of which epoch it is, and a plan is drawn from philox_stream(seed, epoch, step, rank) by
/// whoever puts the batch together.

#include <torch/data/dataloader.h>
#include <torch/data/datasets/base.h>
#include <torch/data/example.h>
#include <torch/data/samplers/base.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <vector>

#include "collate.hpp"
#include "philox.hpp"
#include "torch.hpp"

namespace cutmix {

/// How a loader mixes.
struct LoaderMixing {
  /// What is drawn, and how labels are smoothed. A box law of the caller's own is copied into every
  /// worker, and must not change what the copies share.
  Options options;
  /// The width of targets that are made of class ids; at least 1 where labels are.
  Index n_classes = 0;
  /// Names the run: another seed, other plans; any, as philox_stream's.
  std::uint64_t seed = 0;
  /// The process, of those that train together; each has plans of its own.
  std::uint32_t rank = 0;
  /// The epoch that the loader begins with: above 0 for a run that goes on.
  std::uint32_t first_epoch = 0;
  /// The batch of that epoch which it begins with; no sample of those before it is read.
  std::uint32_t first_step = 0;
  /// Where it is given, samples are of std::uint8_t and converted on the way.
  std::optional<ByteConversion> conversion = std::nullopt;
  /// The scalar of batches that are converted.
  at::ScalarType dtype = at::kFloat;
  /// Whether samples are (H, W, C), as decoders leave them; batches are (B, C, H, W) all the same.
  bool channels_last_samples = false;
};

/// What a loader hands out: mixed images and targets, and the plan that mixed them.
struct MixedBatch : torch::data::Example<> {
  /// Applies to whatever else belongs to the batch.
  Plan plan;
};

/// The samples that make a batch, and which batch it is.
struct BatchRequest {
  /// Where the samples are in the dataset.
  std::vector<std::size_t> indices;
  /// Counted from the loader's first.
  std::uint32_t epoch = 0;
  /// Counted from 0 in each epoch.
  std::uint32_t step = 0;

  /// The number of samples.
  std::size_t size() const { return indices.size(); }
};

/// A dataset that yields mixed batches.
///
/// @code
/// cutmix::MixedDataset<MyDataset> mixed(dataset, mixing);
/// cutmix::MixedBatch batch = mixed.get_batch({{5, 2, 7}, epoch, step});
/// @endcode
/// @tparam Dataset  any of LibTorch's that yields a std::vector of Example<>: a tensor and its
/// label,
///                  without Stack; a MapDataset too
///
/// A batch is a function of the request alone. Samples are tensors of one shape, (C, H, W) and the
/// like, and go straight into the batch; labels are integers of no axis, or targets of one shape.
/// Works on the caller's thread, for the workers are the threads. Errors: those of make_plan,
/// collate and mix_labels, as std::invalid_argument, which a worker's loader wraps into
/// torch::data::WorkerException.
template <class Dataset>
class MixedDataset
    : public torch::data::datasets::BatchDataset<MixedDataset<Dataset>, MixedBatch, BatchRequest> {
 public:
  /// Errors: options out of range, as make_plan's; n_classes below 0.
  MixedDataset(Dataset dataset, LoaderMixing mixing);

  /// One batch.
  MixedBatch get_batch(BatchRequest request) override;
  /// The number of samples.
  decltype(std::declval<const Dataset&>().size()) size() const override { return dataset_.size(); }

 private:
  Dataset dataset_;
  LoaderMixing mixing_;
};

/// A sampler of LibTorch's whose requests say which batch of which epoch they are.
///
/// @code
/// cutmix::NumberedSampler sampler(torch::data::samplers::RandomSampler(dataset.size().value()));
/// @endcode
/// @tparam Inner  any whose requests are a std::vector of indices: random, sequential,
/// distributed
///
/// An epoch begins with reset(), which a loader calls at begin(). A distributed sampler is told of
/// it by set_epoch(), so that it shuffles each epoch anew. The order of samples is the sampler's
/// own business: torch::manual_seed makes a random one repeat, and must do so before an epoch that
/// goes on at a later step. What the sampler throws comes through; the numbers stand where they
/// stood, and the call may be made again.
template <class Inner>
class NumberedSampler : public torch::data::samplers::Sampler<BatchRequest> {
  using Base = torch::data::samplers::Sampler<BatchRequest>;
  // The optional of this version of LibTorch, c10's or the standard library's.
  using NextRequest = decltype(std::declval<Base&>().next(std::size_t{}));
  using NewSize = decltype(std::declval<const torch::data::datasets::Dataset<void>&>().size());

 public:
  /// Counts epochs from `first_epoch` on; its first one passes over `first_step` batches.
  explicit NumberedSampler(Inner sampler, std::uint32_t first_epoch = 0,
                           std::uint32_t first_step = 0);

  /// Begins the next epoch, its steps with 0.
  void reset(NewSize new_size = {}) override;
  /// The next batch of the epoch, if there is one.
  NextRequest next(std::size_t batch_size) override;
  /// Writes the sampler and the numbers of the next batch.
  void save(torch::serialize::OutputArchive& archive) const override;
  /// Reads what save() wrote.
  void load(torch::serialize::InputArchive& archive) override;

 private:
  Inner sampler_;
  std::uint32_t epoch_, step_ = 0, first_step_;
  bool begun_ = false;
};

/// LibTorch's loader over a dataset and a sampler, its batches mixed.
///
/// @code
/// auto loader = cutmix::make_data_loader(
///     dataset, torch::data::samplers::RandomSampler(size), mixing, /*batch_size=*/64);
/// @endcode
/// @param dataset         as for MixedDataset; copied into every worker
/// @param sampler         as for NumberedSampler
/// @param mixing          how batches are mixed
/// @param loader_options  LibTorch's; batches come in order with enforce_ordering(true), which is
/// its
///                        default
/// @return                a std::unique_ptr of a torch::data::StatelessDataLoader of MixedBatch
///
/// With enforce_ordering an epoch has the same bytes for any number of workers. Errors: as for
/// MixedDataset.
template <class Dataset, class Sampler>
auto make_data_loader(Dataset dataset, Sampler sampler, LoaderMixing mixing,
                      torch::data::DataLoaderOptions loader_options);

}  // namespace cutmix

#include "detail/torch_data.hpp"

#endif  // CUTMIX_TORCH_DATA_HPP
