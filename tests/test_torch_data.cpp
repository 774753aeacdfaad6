// LibTorch's DataLoader: mixed batches are a function of seed, epoch and step, whoever makes them.

#include <torch/data.h>
#include <torch/serialize.h>
#include <torch/utils.h>

#include <condition_variable>
#include <cutmix/torch_data.hpp>
#include <memory>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "torch_support.hpp"

namespace {

using cutmix::BatchRequest;
using cutmix::ByteConversion;
using cutmix::CutMix;
using cutmix::LoaderMixing;
using cutmix::MixedBatch;
using cutmix::MixedDataset;
using cutmix::NumberedSampler;
using testing::AllocationCounter;
using testing::error_of;
using testing::Index;
using testing::memory_of;
using testing::nth;
using testing::Options;
using testing::Philox4x32;
using testing::Plan;
using testing::Scope;
using testing::Tensor;
using Example = torch::data::Example<>;
using torch::data::DataLoaderOptions;
using torch::data::samplers::DistributedRandomSampler;
using torch::data::samplers::DistributedSequentialSampler;
using torch::data::samplers::RandomSampler;
using torch::data::samplers::SequentialSampler;

// Images in memory, of which each has its own number in every pixel's neighbourhood.
class Numbers : public torch::data::datasets::Dataset<Numbers> {
 public:
  Numbers(std::int64_t count, torch::IntArrayRef sizes, torch::ScalarType dtype = torch::kFloat) {
    testing::Shape all{count};
    all.insert(all.end(), sizes.begin(), sizes.end());
    images_ = torch::arange(count * torch::zeros(sizes).numel()).fmod(251).view(all).to(dtype);
    labels_ = torch::arange(count).fmod(5);
  }
  Example get(std::size_t index) override {
    const auto i = static_cast<std::int64_t>(index);
    return {images_[i], labels_[i]};
  }
  torch::optional<std::size_t> size() const override { return labels_.size(0); }
  const Tensor& images() const { return images_; }
  const Tensor& labels() const { return labels_; }

 private:
  Tensor images_, labels_;
};

LoaderMixing mixing_of(std::uint64_t seed) {
  LoaderMixing mixing;
  mixing.n_classes = 5;
  mixing.seed = seed;
  mixing.options.mixup_prob = 0.3;
  mixing.options.scope = Scope::sample;
  return mixing;
}

DataLoaderOptions options_of(std::size_t batch, std::size_t workers) {
  return DataLoaderOptions(batch).workers(workers).enforce_ordering(true);
}

// All of some epochs, as bytes and text.
struct Epoch {
  std::vector<std::string> plans;
  std::string bytes;
};

template <class Loader>
std::vector<Epoch> epochs_of(Loader& loader, int count) {
  std::vector<Epoch> epochs;
  for (int epoch = 0; epoch < count; ++epoch) {
    epochs.emplace_back();
    for (const MixedBatch& batch : loader) {
      std::ostringstream text;
      text << batch.plan;
      epochs.back().plans.push_back(text.str());
      for (const Tensor& tensor : {batch.data, batch.target})
        epochs.back().bytes.append(static_cast<const char*>(tensor.data_ptr()), tensor.nbytes());
    }
  }
  return epochs;
}

template <class Sampler>
std::vector<Epoch> epochs_with(std::size_t workers, const Numbers& numbers, Sampler sampler,
                               const LoaderMixing& mixing, int count) {
  torch::manual_seed(11);  // the random sampler's
  const auto loader = cutmix::make_data_loader(numbers, sampler, mixing, options_of(16, workers));
  return epochs_of(*loader, count);
}

bool same(const std::vector<Epoch>& a, const std::vector<Epoch>& b) {
  bool equal = a.size() == b.size();
  for (std::size_t i = 0; equal && i < a.size(); ++i)
    equal = a[i].plans == b[i].plans && a[i].bytes == b[i].bytes;
  return equal;
}

// A mixer as one would capture it at first: copied with the dataset into every worker. The first
// batches wait until as many workers are at it, so that none does all the work.
struct Gate {
  std::mutex mutex;
  std::condition_variable everybody;
  int waiting;
  explicit Gate(int workers) : waiting(workers) {}
  void pass() {
    std::unique_lock<std::mutex> lock(mutex);
    if (waiting == 0) return;
    if (--waiting == 0) everybody.notify_all();
    everybody.wait(lock, [this] { return waiting == 0; });
  }
};
struct CapturedMixer : torch::data::transforms::BatchTransform<std::vector<Example>, MixedBatch> {
  std::optional<CutMix<>> own;
  std::shared_ptr<Gate> gate;
  explicit CapturedMixer(std::shared_ptr<Gate> g)
      : own(CutMix<>(1.0, 5, Philox4x32(3))), gate(std::move(g)) {}
  MixedBatch apply_batch(std::vector<Example> examples) override {
    gate->pass();
    const Example stacked = torch::data::transforms::Stack<>().apply_batch(std::move(examples));
    MixedBatch batch;
    std::tie(batch.data, batch.target) = (*own)(stacked.data, stacked.target);
    batch.plan = own->plan();
    return batch;
  }
};

std::size_t repeats(const std::vector<Epoch>& epochs) {
  std::set<std::string> seen;
  std::size_t count = 0;
  for (const Epoch& epoch : epochs)
    for (const std::string& plan : epoch.plans) count += seen.insert(plan).second ? 0 : 1;
  return count;
}

}  // namespace

TEST_CASE("loader: epochs have the same bytes for any number of workers, and differ") {
  const Numbers numbers(200, {3, 20, 24});
  const LoaderMixing mixing = mixing_of(42);
  const auto expected = epochs_with(0, numbers, RandomSampler(200), mixing, 3);
  REQUIRE(expected[0].plans.size() == 13);  // the last of 8 samples
  for (const std::size_t workers : {0U, 1U, 2U, 4U, 8U}) {
    CAPTURE(workers);
    CHECK(same(epochs_with(workers, numbers, RandomSampler(200), mixing, 3), expected));
  }
  // In the same order of samples: it is the mixing that differs.
  const auto ordered = epochs_with(2, numbers, SequentialSampler(200), mixing, 3);
  CHECK(same(epochs_with(4, numbers, SequentialSampler(200), mixing, 3), ordered));
  CHECK(ordered[0].bytes != ordered[1].bytes);
  CHECK(ordered[1].bytes != ordered[2].bytes);
  CHECK(repeats(ordered) == 0);
  CHECK(!same(epochs_with(0, numbers, SequentialSampler(200), mixing_of(43), 3), ordered));
  // A run that goes on with the third epoch.
  LoaderMixing later = mixing;
  later.first_epoch = 2;
  CHECK(same(epochs_with(2, numbers, SequentialSampler(200), later, 1), {ordered[2]}));
}

TEST_CASE("loader: all 64 bits of a seed name other epochs") {
  const Numbers numbers(64, {1, 9, 11});
  std::set<std::string> epochs;
  const std::uint64_t one = 1;
  for (const std::uint64_t seed : {one, one + (one << 32), one + (one << 63), one << 32})
    epochs.insert(epochs_with(1, numbers, SequentialSampler(64), mixing_of(seed), 1)[0].bytes);
  CHECK(epochs.size() == 4);
}

TEST_CASE("loader: a run goes on in the middle of an epoch") {
  const Numbers numbers(200, {1, 9, 11});
  LoaderMixing mixing = mixing_of(42);
  for (const std::size_t workers : {0U, 2U}) {
    const auto all = [&](auto sampler) {
      return epochs_with(workers, numbers, sampler, mixing, 3);
    };
    mixing.first_epoch = mixing.first_step = 0;
    const auto expected = all(SequentialSampler(200));
    const auto random = all(RandomSampler(200));
    REQUIRE(expected[1].plans.size() == 13);
    mixing.first_epoch = 1, mixing.first_step = 10;
    const auto rest = all(SequentialSampler(200));
    REQUIRE(rest[0].plans ==
            std::vector<std::string>(expected[1].plans.end() - 3, expected[1].plans.end()));
    const std::string& bytes = expected[1].bytes;
    CHECK(rest[0].bytes == bytes.substr(bytes.size() - rest[0].bytes.size()));
    CHECK(rest[1].bytes == expected[2].bytes);  // whole
    // A random order repeats where its generator does.
    mixing.first_epoch = 0;
    const auto rest_of_random = all(RandomSampler(200));
    const std::string& first = random[0].bytes;
    CHECK(rest_of_random[0].bytes == first.substr(first.size() - rest_of_random[0].bytes.size()));
    CHECK(rest_of_random[1].bytes == random[1].bytes);
    mixing.first_step = 13;  // as many as there are, and more than that
    CHECK(all(SequentialSampler(200))[0].plans.empty());
    mixing.first_step = 20;
    CHECK(all(SequentialSampler(200))[0].plans.empty());
    CHECK(all(SequentialSampler(200))[1].bytes == expected[1].bytes);
  }
}

TEST_CASE("loader: no plan repeats in 1,000 batches; with a captured mixer plans do") {
  const Numbers numbers(80, {1, 32, 32});
  LoaderMixing mixing = mixing_of(1);
  mixing.options = Options{};
  const auto loader =
      cutmix::make_data_loader(numbers, SequentialSampler(80), mixing, options_of(8, 2));
  const auto epochs = epochs_of(*loader, 100);
  std::size_t batches = 0;
  for (const Epoch& epoch : epochs) batches += epoch.plans.size();
  CHECK(batches == 1000);
  CHECK(repeats(epochs) == 0);

  const int workers = 2;
  auto mapped = Numbers(80, {1, 32, 32}).map(CapturedMixer(std::make_shared<Gate>(workers)));
  const auto naive = torch::data::make_data_loader(std::move(mapped), SequentialSampler(80),
                                                   options_of(8, workers));
  CHECK(repeats(epochs_of(*naive, 1)) > 0);
}

TEST_CASE("loader: a batch is the mix of its samples with the plan of its stream") {
  const Numbers numbers(50, {2, 9, 13});
  const LoaderMixing mixing = mixing_of(7);
  MixedDataset<Numbers> mixed(numbers, mixing);
  CHECK(mixed.size().value() == 50);
  for (std::uint32_t step = 0; step < 40; ++step) {
    CAPTURE(step);
    std::vector<std::size_t> indices;
    testing::Dice dice(step + 1);
    for (Index i = dice.roll(1, 8); i > 0; --i) indices.push_back(nth(dice.roll(0, 49)));
    const MixedBatch batch = mixed.get_batch({indices, 3, step});
    const std::vector<std::int64_t> chosen(indices.begin(), indices.end());
    const Tensor x = numbers.images().index_select(0, torch::tensor(chosen));
    const Tensor y = numbers.labels().index_select(0, torch::tensor(chosen));
    Philox4x32 rng = cutmix::philox_stream(7, 3, step);
    const Plan plan = cutmix::make_plan(x, mixing.options, rng);
    REQUIRE(batch.plan == plan);
    Tensor expected = torch::empty_like(x), targets = torch::empty({x.size(0), 5});
    cutmix::mix_images(plan, x, expected);
    cutmix::mix_labels(plan, y, 5, targets);
    REQUIRE(batch.data.equal(expected));
    REQUIRE(batch.target.equal(targets));
    // Again, from another copy.
    MixedDataset<Numbers> copy = mixed;
    REQUIRE(copy.get_batch({indices, 3, step}).data.equal(batch.data));
  }
}

TEST_CASE("loader: mixing takes the place of Stack, and allocates no more than it") {
  const Numbers numbers(64, {3, 40, 50});
  MixedDataset<Numbers> mixed(numbers, mixing_of(7));
  auto stacked = Numbers(numbers).map(torch::data::transforms::Stack<>());
  std::vector<std::size_t> indices(32);
  for (std::size_t i = 0; i < 32; ++i) indices[i] = 2 * i;
  const AllocationCounter of_stack;
  const auto plain = stacked.get_batch(indices);
  const std::int64_t stack_bytes = of_stack.bytes();
  const AllocationCounter of_mixing;
  const auto batch = mixed.get_batch({indices, 0, 0});
  CHECK(of_mixing.bytes() <= stack_bytes + static_cast<std::int64_t>(batch.target.nbytes()) + 1024);
  CHECK(plain.data.sizes() == batch.data.sizes());
}

TEST_CASE("loader: bytes are converted on the way, HWC or CHW, to any dtype") {
  const auto conversion = ByteConversion::normalized({0.4, 0.5, 0.6}, {0.2, 0.25, 0.3});
  for (const auto dtype : {torch::kFloat, torch::kHalf, torch::kBFloat16, torch::kDouble})
    for (const bool channels_last : {false, true}) {
      CAPTURE(torch::toString(dtype), channels_last);
      const Numbers numbers(
          20, channels_last ? testing::Shape{11, 14, 3} : testing::Shape{3, 11, 14}, torch::kByte);
      LoaderMixing mixing = mixing_of(5);
      mixing.conversion = conversion;
      mixing.dtype = dtype;
      mixing.channels_last_samples = channels_last;
      MixedDataset<Numbers> mixed(numbers, mixing);
      const MixedBatch batch = mixed.get_batch({{4, 0, 19, 7, 7}, 1, 2});
      REQUIRE(batch.data.scalar_type() == dtype);
      REQUIRE(batch.data.sizes() == torch::IntArrayRef({5, 3, 11, 14}));
      Tensor bytes = numbers.images().index_select(0, torch::tensor({4, 0, 19, 7, 7}));
      if (channels_last) bytes = bytes.permute({0, 3, 1, 2});
      Tensor converted = torch::empty({5, 3, 11, 14}, torch::kDouble);
      for (int b = 0; b < 5; ++b)
        for (int c = 0; c < 3; ++c)
          for (int y = 0; y < 11; ++y)
            for (int x = 0; x < 14; ++x)
              converted[b][c][y][x] = conversion(bytes[b][c][y][x].item<std::uint8_t>(), c);
      converted = converted.to(dtype);
      Tensor expected = torch::empty_like(converted);
      cutmix::mix_images(batch.plan, converted, expected);
      REQUIRE(batch.data.equal(expected));
    }
}

TEST_CASE("loader: samplers of all kinds, one process and several") {
  const Numbers numbers(60, {1, 8, 9});
  LoaderMixing mixing = mixing_of(3);
  // Two processes share the samples; their plans are not the same.
  std::set<std::string> plans;
  std::vector<Epoch> of_rank[2];
  for (const std::uint32_t rank : {0u, 1u}) {
    mixing.rank = rank;
    const DistributedRandomSampler random(60, 2, rank);
    of_rank[rank] = epochs_with(0, numbers, random, mixing, 2);
    CHECK(same(epochs_with(3, numbers, random, mixing, 2), of_rank[rank]));
    const DistributedSequentialSampler sequential(60, 2, rank);
    CHECK(same(epochs_with(3, numbers, sequential, mixing, 2),
               epochs_with(0, numbers, sequential, mixing, 2)));
    CHECK(repeats(of_rank[rank]) == 0);
    for (const Epoch& epoch : of_rank[rank]) plans.insert(epoch.plans.begin(), epoch.plans.end());
  }
  CHECK(plans.size() == 8);  // 30 samples a rank in batches of 16, two epochs, two ranks

  // A distributed sampler is told of the epoch, so that each is shuffled anew; a loader hides it.
  const auto order_of = [](NumberedSampler<DistributedRandomSampler>& sampler) {
    std::vector<std::size_t> order;
    sampler.reset();
    while (const auto request = sampler.next(7))
      order.insert(order.end(), request->indices.begin(), request->indices.end());
    return order;
  };
  NumberedSampler<DistributedRandomSampler> sampler(DistributedRandomSampler(60, 2, 0));
  const auto first = order_of(sampler), second = order_of(sampler);
  CHECK(first.size() == 30);
  CHECK(first != second);
  NumberedSampler<DistributedRandomSampler> later(DistributedRandomSampler(60, 2, 0), 1);
  CHECK(order_of(later) == second);
}

TEST_CASE("loader: requests are numbered, through epochs, and after they were saved") {
  NumberedSampler<SequentialSampler> sampler(SequentialSampler(10), 5);
  const auto numbers_of = [](const auto& request) {
    return std::vector<std::size_t>{request->epoch, request->step, request->indices.at(0),
                                    request->size()};
  };
  using Numbers4 = std::vector<std::size_t>;
  sampler.reset();
  CHECK(numbers_of(sampler.next(4)) == Numbers4{5, 0, 0, 4});
  CHECK(numbers_of(sampler.next(4)) == Numbers4{5, 1, 4, 4});
  torch::serialize::OutputArchive out;
  sampler.save(out);
  std::stringstream file;
  out.save_to(file);
  CHECK(numbers_of(sampler.next(4)) == Numbers4{5, 2, 8, 2});
  CHECK(!sampler.next(4).has_value());
  sampler.reset();
  CHECK(numbers_of(sampler.next(4)) == Numbers4{6, 0, 0, 4});

  NumberedSampler<SequentialSampler> restored(SequentialSampler(10));
  torch::serialize::InputArchive in;
  in.load_from(file);
  restored.load(in);
  CHECK(numbers_of(restored.next(4)) == Numbers4{5, 2, 8, 2});
  restored.reset(6);
  CHECK(numbers_of(restored.next(4)) == Numbers4{6, 0, 0, 4});
  CHECK(numbers_of(restored.next(4)) == Numbers4{6, 1, 4, 2});
  // Without a reset.
  NumberedSampler<SequentialSampler> at_once(SequentialSampler(10));
  CHECK(numbers_of(at_once.next(3)) == Numbers4{0, 0, 0, 3});
}

namespace {

// Fails where it is told to, having done nothing.
class FailingSampler : public torch::data::samplers::Sampler<std::vector<std::size_t>> {
 public:
  void reset(torch::optional<std::size_t> = torch::nullopt) override {
    fail_if(reset_fails);
    at_ = 0;
  }
  torch::optional<std::vector<std::size_t>> next(std::size_t batch_size) override {
    fail_if(calls_to_fail-- == 0);
    std::vector<std::size_t> indices;
    for (; indices.size() < batch_size && at_ < 12; ++at_) indices.push_back(at_);
    if (indices.empty()) return torch::nullopt;
    return indices;
  }
  void save(torch::serialize::OutputArchive&) const override {}
  void load(torch::serialize::InputArchive&) override { fail_if(load_fails); }

  static inline bool reset_fails = false, load_fails = false;
  static inline int calls_to_fail = -1;

 private:
  static void fail_if(bool fails) {
    if (fails) throw std::runtime_error("told to");
  }
  std::size_t at_ = 0;
};

}  // namespace

TEST_CASE("loader: a sampler that throws may be asked again") {
  using Numbers3 = std::vector<std::size_t>;
  const auto numbers_of = [](const auto& request) {
    return request ? Numbers3{request->epoch, request->step, request->indices.at(0)} : Numbers3{};
  };
  // At each of its calls in turn, those for the batches that are passed over among them.
  for (int at = 0; at < 8; ++at) {
    INFO("call " << at);
    NumberedSampler<FailingSampler> sampler(FailingSampler(), 7, 2);
    int failed = 0;
    const auto again = [&](const auto& call) {
      try {
        return call();
      } catch (const std::runtime_error&) {
        ++failed;
        return call();
      }
    };
    const auto next = [&] { return numbers_of(sampler.next(3)); };
    const auto reset = [&] {
      FailingSampler::reset_fails = false;
      sampler.reset();
      return 0;
    };
    FailingSampler::calls_to_fail = at;
    reset();
    CHECK(again(next) == Numbers3{7, 2, 6});
    CHECK(again(next) == Numbers3{7, 3, 9});
    CHECK(again(next) == Numbers3{});
    FailingSampler::reset_fails = true;
    CHECK_THROWS_AS(sampler.reset(), std::runtime_error);
    reset();
    CHECK(again(next) == Numbers3{8, 0, 0});
    CHECK(failed == (at < 6 ? 1 : 0));
    FailingSampler::calls_to_fail = -1;
    // What cannot be loaded leaves the numbers.
    torch::serialize::OutputArchive out;
    NumberedSampler<FailingSampler>(FailingSampler(), 40).save(out);
    std::stringstream file;
    out.save_to(file);
    torch::serialize::InputArchive in;
    in.load_from(file);
    FailingSampler::load_fails = true;
    CHECK_THROWS_AS(sampler.load(in), std::runtime_error);
    FailingSampler::load_fails = false;
    CHECK(next() == Numbers3{8, 1, 3});
    sampler.load(in);
    CHECK(next() == Numbers3{40, 0, 6});
  }
}

TEST_CASE("loader: transforms before it, dense targets, floating targets") {
  // Normalize, as the examples of LibTorch have it.
  const Numbers numbers(30, {1, 8, 9});
  auto normalized = Numbers(numbers).map(torch::data::transforms::Normalize<>(100.0, 50.0));
  LoaderMixing mixing = mixing_of(3);
  MixedDataset<decltype(normalized)> mixed(normalized, mixing);
  const auto batch = mixed.get_batch({{3, 1, 2}, 0, 0});
  const Tensor x = (numbers.images().index_select(0, torch::tensor({3, 1, 2})) - 100.0) / 50.0;
  Tensor expected = torch::empty_like(x);
  cutmix::mix_images(batch.plan, x, expected);
  CHECK(batch.data.allclose(expected));

  struct Dense : torch::data::datasets::Dataset<Dense> {
    Tensor targets;
    Example get(std::size_t index) override {
      const auto i = static_cast<std::int64_t>(index);
      return {torch::full({1, 6, 7}, i, torch::kFloat), targets[i]};
    }
    torch::optional<std::size_t> size() const override { return targets.size(0); }
  };
  for (const auto& targets :
       {torch::rand({9, 4}), torch::rand({9}), torch::rand({9, 2, 3}).to(torch::kHalf)}) {
    Dense dense;
    dense.targets = targets;
    const auto one = MixedDataset<Dense>(dense, mixing).get_batch({{8, 4, 5, 0}, 0, 1});
    const Tensor y = targets.index_select(0, torch::tensor({8, 4, 5, 0}));
    Tensor mixed_y = torch::empty_like(y);
    cutmix::mix_labels(one.plan, y, mixed_y);
    CHECK(one.target.equal(mixed_y));
  }
}

TEST_CASE("loader: what does not fit") {
  const Numbers numbers(10, {3, 6, 7});
  LoaderMixing mixing = mixing_of(1);
  const auto error = [&](const LoaderMixing& wrong) {
    return error_of([&] { MixedDataset<Numbers>(numbers, wrong).get_batch({{1, 2}, 0, 0}); });
  };
  CHECK(error(mixing) == "no error");
  LoaderMixing wrong = mixing;
  wrong.options.alpha = -1;
  CHECK(error_of([&] { MixedDataset<Numbers>(numbers, wrong); }) ==
        "cutmix: alpha = -1, must satisfy alpha >= 0");
  wrong = mixing;
  wrong.n_classes = -1;
  CHECK(error_of([&] { MixedDataset<Numbers>(numbers, wrong); }) ==
        "cutmix: n_classes = -1, must be at least 0");
  wrong.n_classes = 0;
  CHECK(error(wrong) == "cutmix: n_classes = 0, must be at least 1");
  wrong.n_classes = 2;
  CHECK(error(wrong) == "cutmix: y[1] = 2, must be in [0, 2)");
  wrong = mixing;
  wrong.conversion = ByteConversion::normalized({0}, {1});
  CHECK(error(wrong) ==
        "cutmix: scalar of samples[0] = float32, must be uint8 where a conversion is given");
  CHECK(error_of([&] {
          MixedDataset<Numbers>(numbers, mixing).get_batch({{}, 0, 0});
        }) == "cutmix: size of the request = 0, must be at least 1");
  struct Uneven : torch::data::datasets::Dataset<Uneven> {
    bool of_target = false;
    Example get(std::size_t index) override {
      const auto i = static_cast<std::int64_t>(index);
      if (of_target) return {torch::zeros({1, 5, 5}), torch::zeros({1 + i})};
      return {torch::zeros({1, 5, 5 + i}), torch::tensor(0)};
    }
    torch::optional<std::size_t> size() const override { return 4; }
  };
  Uneven uneven;
  CHECK(error_of([&] {
          MixedDataset<Uneven>(uneven, mixing).get_batch({{0, 2}, 0, 0});
        }) == "cutmix: samples[1].size(2) = 7, must be 5, as of x_out");
  // In a worker, LibTorch hands the error on.
  const auto loader =
      cutmix::make_data_loader(uneven, SequentialSampler(4), mixing, options_of(4, 1));
  std::string said;
  try {
    for (const MixedBatch& batch : *loader) said += batch.data.defined() ? "a batch" : "nothing";
  } catch (const std::exception& e) {
    said = e.what();
  }
  CHECK(said.find("samples[1].size(2) = 6, must be 5, as of x_out") != said.npos);
  uneven.of_target = true;
  CHECK(error_of([&] {
          MixedDataset<Uneven>(uneven, mixing).get_batch({{0, 2}, 0, 0});
        }) ==
        "cutmix: size of the torch tensor [3] = [3], must be that of all targets of the batch");
}
