// Trains the network of train_fashion_mnist.cpp on many processes. Each rank has a part of every
// batch; patches travel to the ranks that mix them in; gradients are summed over all.
//
//   mpirun -n 4 train_mpi --epochs 10

#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cutmix/cutmix.hpp>
#include <cutmix/exchange.hpp>
#include <iostream>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../common/available_data.hpp"
#include "../common/command_line.hpp"
#include "../common/dataset.hpp"
#include "checkpoint.hpp"
#include "cnn.hpp"
#include "metrics.hpp"
#include "settings.hpp"
#include "sgd.hpp"

namespace examples {
namespace {

struct MpiSettings : TrainingSettings {
  bool local = false, check = false, trace = false;
  std::string checkpoint, resume;
  Index every = 0;  // steps; 0: an epoch
};

int rank_here() {
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  return rank;
}
int rank_count() {
  int count = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &count);
  return count;
}

// Messages of several kinds on their ways at once.
class Mail {
 public:
  void send(const std::vector<cutmix::Message>& messages, const cutmix::Bytes& bytes, int kind) {
    for (const cutmix::Message& message : messages) {
      requests_.emplace_back();
      MPI_Isend(bytes.data() + message.first, count(message), MPI_BYTE,
                static_cast<int>(message.rank), kind, MPI_COMM_WORLD, &requests_.back());
    }
  }
  void receive(const std::vector<cutmix::Message>& messages, cutmix::Bytes& bytes, int kind) {
    for (const cutmix::Message& message : messages) {
      requests_.emplace_back();
      MPI_Irecv(bytes.data() + message.first, count(message), MPI_BYTE,
                static_cast<int>(message.rank), kind, MPI_COMM_WORLD, &requests_.back());
    }
  }
  void wait() {
    MPI_Waitall(static_cast<int>(requests_.size()), requests_.data(), MPI_STATUSES_IGNORE);
    requests_.clear();
  }

 private:
  static int count(const cutmix::Message& message) {
    if (message.bytes > std::numeric_limits<int>::max())
      throw std::runtime_error("a message of more than 2^31 - 1 bytes, which MPI cannot count");
    return static_cast<int>(message.bytes);
  }

  std::vector<MPI_Request> requests_;
};

// What a rank sent, and how long that took.
struct Traffic {
  double patch_messages = 0, patch_bytes = 0, patch_seconds = 0, gradient_bytes = 0,
         gradient_seconds = 0;
};

// Samples that are mixed: bytes of images (n, H, W), targets (n, classes).
struct MixedBatch {
  std::vector<std::uint8_t> images;
  std::vector<float> targets;
};

class MpiLearner {
 public:
  MpiLearner(const Dataset& data, const MpiSettings& settings)
      : data_(data),
        settings_(settings),
        rank_(rank_here()),
        ranks_(rank_count()),
        shape_{data.train.images.dimension(2), data.train.images.dimension(3),
               static_cast<Index>(data.classes.size())},
        mixer_(settings.mixing, shape_.classes, cutmix::Philox4x32(settings.seed)),
        trainer_(shape_, make_parameters(), (settings.batch + ranks_ - 1) / ranks_,
                 settings.threads, sgd_options()) {}

  // One step on a batch of all ranks; returns this rank's share of its mean loss.
  double step(Index epoch, Index step, const Index* chosen, Index n, double learning_rate) {
    Indices shards;
    for (Index r = 0; r < ranks_; ++r) shards.push_back(n * (r + 1) / ranks_ - n * r / ranks_);
    const Index count = shards[static_cast<std::size_t>(rank_)], first = n * rank_ / ranks_;
    load(chosen + first, count, bytes_, ids_);
    if (settings_.local)
      mix_alone(mixer_.at(epoch, step, rank_).draw({count, shape_.height, shape_.width}), count);
    else
      mix_together(mixer_.at(epoch, step).draw({n, shape_.height, shape_.width}), shards);
    if (settings_.check && !settings_.local) check(chosen, n, first, count);

    const Index pixels = shape_.pixels();
    images_.resize(mixed_.images.size());
    std::transform(mixed_.images.begin(), mixed_.images.end(), images_.begin(),
                   [](std::uint8_t value) {
                     return (static_cast<float>(value) / 255.0f - 0.2860f) / 0.3530f;
                   });
    const double share = static_cast<double>(count) / static_cast<double>(n);
    const auto sum = [&](Vector<float>& gradient) {
      const double start = MPI_Wtime();
      gradient *= static_cast<float>(share);
      MPI_Allreduce(MPI_IN_PLACE, gradient.data(), static_cast<int>(gradient.size()), MPI_FLOAT,
                    MPI_SUM, MPI_COMM_WORLD);
      traffic_.gradient_seconds += MPI_Wtime() - start;
      traffic_.gradient_bytes += static_cast<double>(gradient.size()) * sizeof(float);
    };
    return share * trainer_.step({images_.data(), pixels, count},
                                 {mixed_.targets.data(), shape_.classes, count}, learning_rate,
                                 sum);
  }

  // On the test images, which the ranks share out; the same on all of them.
  double accuracy() {
    const LabelledImages& test = data_.test;
    const Index first = test.size() * rank_ / ranks_;
    const Index count = test.size() * (rank_ + 1) / ranks_ - first;
    Matrix<float> images(shape_.pixels(), count);
    std::transform(test.images.data() + first * shape_.pixels(),
                   test.images.data() + (first + count) * shape_.pixels(), images.data(),
                   [](std::uint8_t value) {
                     return (static_cast<float>(value) / 255.0f - 0.2860f) / 0.3530f;
                   });
    long long right = count_right(trainer_.logits({images.data(), images.rows(), images.cols()}),
                                  test.labels.data() + first);
    MPI_Allreduce(MPI_IN_PLACE, &right, 1, MPI_LONG_LONG, MPI_SUM, MPI_COMM_WORLD);
    return static_cast<double>(right) / static_cast<double>(test.size());
  }

  // Since the last call.
  Traffic take_traffic() { return std::exchange(traffic_, Traffic()); }

  Vector<float>& weights() { return trainer_.parameters(); }
  Vector<float>& momentum() { return trainer_.velocity(); }
  // Of all batches so far, bytes and targets, as one process mixes them; 0 without --check.
  std::uint64_t& batches() { return batches_; }

 private:
  using Indices = cutmix::Indices;

  SgdOptions sgd_options() const {
    SgdOptions options;
    options.loss = settings_.loss;
    return options;
  }
  Vector<float> make_parameters() const {
    auto rng = cutmix::philox_stream(settings_.seed, 0, 0, 0, cutmix::Purpose::weights);
    return init_parameters<float>(shape_, rng);
  }

  cutmix::BatchView images_in(std::vector<std::uint8_t>& memory, Index n) const {
    return cutmix::view(memory.data(), {n, shape_.height, shape_.width}, "BHW");
  }
  cutmix::BatchView targets_in(std::vector<float>& memory, Index n) const {
    return cutmix::view(memory.data(), {n, shape_.classes});
  }
  void reserve(MixedBatch& mixed, Index n) const {
    mixed.images.resize(static_cast<std::size_t>(n * shape_.pixels()));
    mixed.targets.resize(static_cast<std::size_t>(n * shape_.classes));
  }

  // The chosen samples as they are.
  void load(const Index* chosen, Index n, std::vector<std::uint8_t>& bytes,
            std::vector<int>& ids) const {
    const Index pixels = shape_.pixels();
    bytes.resize(static_cast<std::size_t>(n * pixels));
    ids.resize(static_cast<std::size_t>(n));
    for (Index i = 0; i < n; ++i) {
      std::copy_n(data_.train.images.data() + chosen[i] * pixels, pixels,
                  bytes.data() + i * pixels);
      ids[static_cast<std::size_t>(i)] = data_.train.labels(chosen[i]);
    }
  }

  // Within this rank: nothing travels.
  void mix_alone(const cutmix::Plan& plan, Index n) {
    reserve(mixed_, n);
    cutmix::mix_images(plan, images_in(bytes_, n), images_in(mixed_.images, n));
    cutmix::mix_labels(plan, ids_, shape_.classes, targets_in(mixed_.targets, n),
                       mixer_.options().labels);
  }

  // With partners of all ranks.
  void mix_together(const cutmix::Plan& plan, const Indices& shards) {
    const double start = MPI_Wtime();
    const cutmix::Exchange exchange(plan, shards, rank_);
    const Index n = shards[static_cast<std::size_t>(rank_)];
    const auto own = images_in(bytes_, n);
    exchange.pack(own, sent_);
    exchange.pack_labels(ids_, sent_ids_);
    received_.resize(static_cast<std::size_t>(exchange.received_bytes(own)));
    received_ids_.resize(static_cast<std::size_t>(exchange.received_label_bytes(ids_)));
    const auto sends = exchange.sends(own);
    mail_.receive(exchange.receives(own), received_, 0);
    mail_.receive(exchange.label_receives(ids_), received_ids_, 1);
    mail_.send(sends, sent_, 0);
    mail_.send(exchange.label_sends(ids_), sent_ids_, 1);
    mail_.wait();

    reserve(mixed_, n);
    all_ids_.resize(static_cast<std::size_t>(exchange.plan().shape.source));
    exchange.mix_images(own, received_, images_in(mixed_.images, n));
    exchange.unpack_labels(ids_, received_ids_, all_ids_);
    cutmix::mix_labels(exchange.plan(), ids_, all_ids_, shape_.classes,
                       targets_in(mixed_.targets, n), mixer_.options().labels);
    traffic_.patch_seconds += MPI_Wtime() - start;
    traffic_.patch_messages += static_cast<double>(sends.size());
    traffic_.patch_bytes += static_cast<double>(sent_.size());
  }

  // The whole batch as one process mixes it, and this rank's part of it.
  void check(const Index* chosen, Index n, Index first, Index count) {
    load(chosen, n, whole_bytes_, whole_ids_);
    reserve(whole_, n);
    cutmix::mix_images(mixer_.plan(), images_in(whole_bytes_, n), images_in(whole_.images, n));
    cutmix::mix_labels(mixer_.plan(), whole_ids_, shape_.classes, targets_in(whole_.targets, n),
                       mixer_.options().labels);
    const auto same = [first, count](const auto& part, const auto& whole, Index row) {
      return std::equal(part.begin(), part.end(), whole.begin() + first * row,
                        whole.begin() + (first + count) * row);
    };
    if (!same(mixed_.images, whole_.images, shape_.pixels()) ||
        !same(mixed_.targets, whole_.targets, shape_.classes))
      throw std::runtime_error("this rank's part of a batch is not what one process mixes");
    batches_ = digest_of(whole_.images.data(), whole_.images.size(), batches_);
    batches_ = digest_of(whole_.targets.data(), whole_.targets.size() * sizeof(float), batches_);
  }

  const Dataset& data_;
  const MpiSettings& settings_;
  Index rank_, ranks_;
  CnnShape shape_;
  cutmix::CutMix<cutmix::Philox4x32> mixer_;
  Trainer<float> trainer_;
  Mail mail_;
  Traffic traffic_;
  std::uint64_t batches_ = 0;
  std::vector<std::uint8_t> bytes_, whole_bytes_;
  std::vector<int> ids_, all_ids_, whole_ids_;
  cutmix::Bytes sent_, received_, sent_ids_, received_ids_;
  MixedBatch mixed_, whole_;
  std::vector<float> images_;
};

// ---- what is printed, by the first rank ----

// The mean over ranks of what they sent, the longest of their times.
void print_traffic(const char* what, Index number, Index all, double loss, Traffic traffic,
                   double steps) {
  double sums[] = {loss, traffic.patch_messages, traffic.patch_bytes, traffic.gradient_bytes};
  double longest[] = {traffic.patch_seconds, traffic.gradient_seconds};
  const bool is_first = rank_here() == 0;
  MPI_Reduce(is_first ? MPI_IN_PLACE : sums, sums, 4, MPI_DOUBLE, MPI_SUM, 0, MPI_COMM_WORLD);
  MPI_Reduce(is_first ? MPI_IN_PLACE : longest, longest, 2, MPI_DOUBLE, MPI_MAX, 0, MPI_COMM_WORLD);
  if (!is_first) return;
  const double each = rank_count() * steps;
  std::printf(
      "%s %td/%td, loss %.4f; a step and rank: patches %.0f bytes in %.2f messages, %.2f ms; "
      "gradients %.0f bytes, %.2f ms\n",
      what, number, all, sums[0], sums[2] / each, sums[1] / each, 1e3 * longest[0] / steps,
      sums[3] / each, 1e3 * longest[1] / steps);
  std::fflush(stdout);
}

// Gradients are summed in an order of MPI's own; all ranks must have got the same.
void check_weights(MpiLearner& learner) {
  const Vector<float>& weights = learner.weights();
  std::uint64_t digest =
      digest_of(weights.data(), static_cast<std::size_t>(weights.size()) * sizeof(float));
  std::uint64_t first = digest;
  MPI_Bcast(&first, 1, MPI_UINT64_T, 0, MPI_COMM_WORLD);
  if (first != digest) throw std::runtime_error("the weights are not those of rank 0");
}

// ---- the training ----

struct Position {
  Index epoch = 0, step = 0;  // step: of the epoch
};

void save(const MpiSettings& settings, const std::string& told, MpiLearner& learner,
          const Position& next) {
  if (rank_here() != 0) return;
  CheckpointText text;
  text.line("cutmix-train-mpi", 1);
  text.line("options", told);
  text.line("epoch", next.epoch);
  text.line("step", next.step);
  text.line("batches", learner.batches());
  text.floats("weights", learner.weights().data(), learner.weights().size());
  text.floats("momentum", learner.momentum().data(), learner.momentum().size());
  text.write(settings.checkpoint);
}

// The first rank reads, however many there were when it was written.
Position resume(const MpiSettings& settings, const std::string& told, MpiLearner& learner) {
  Position position;
  if (settings.resume.empty()) return position;
  Vector<float>&weights = learner.weights(), &momentum = learner.momentum();
  if (rank_here() == 0) {
    CheckpointReader reader(settings.resume);
    reader.expect("cutmix-train-mpi", "1");
    reader.expect("options", told);
    reader.line("epoch", position.epoch);
    reader.line("step", position.step);
    reader.line("batches", learner.batches());
    reader.floats("weights", weights.data(), weights.size());
    reader.floats("momentum", momentum.data(), momentum.size());
  }
  std::int64_t places[] = {position.epoch, position.step};
  MPI_Bcast(places, 2, MPI_INT64_T, 0, MPI_COMM_WORLD);
  MPI_Bcast(&learner.batches(), 1, MPI_UINT64_T, 0, MPI_COMM_WORLD);
  MPI_Bcast(weights.data(), static_cast<int>(weights.size()), MPI_FLOAT, 0, MPI_COMM_WORLD);
  MPI_Bcast(momentum.data(), static_cast<int>(momentum.size()), MPI_FLOAT, 0, MPI_COMM_WORLD);
  return {static_cast<Index>(places[0]), static_cast<Index>(places[1])};
}

void train(const Dataset& data, const MpiSettings& settings, const std::string& told) {
  MpiLearner learner(data, settings);
  const Index count = data.train.size();
  const Index steps = (count + settings.batch - 1) / settings.batch;
  const Index all_steps = settings.epochs * steps;
  const Index every = settings.every == 0 ? steps : settings.every;
  const double pi = std::acos(-1.0);
  Position position = resume(settings, told, learner);
  for (; position.epoch < settings.epochs; ++position.epoch, position.step = 0) {
    // Nobody has to be told the order: it is a stream of the epoch's own.
    auto shuffles =
        cutmix::philox_stream(settings.seed, position.epoch, 0, 0, cutmix::Purpose::shuffle);
    const cutmix::Indices order = cutmix::random_permutation(count, shuffles);
    double loss_sum = 0, seen = 0;
    Traffic sum;
    while (position.step < steps) {
      const Index first = position.step * settings.batch;
      const Index n = std::min(settings.batch, count - first);
      const Index done = position.epoch * steps + position.step;
      const double rate =
          settings.learning_rate *
          (1 + std::cos(pi * static_cast<double>(done) / static_cast<double>(all_steps))) / 2;
      const double loss =
          learner.step(position.epoch, position.step, order.data() + first, n, rate);
      loss_sum += loss * static_cast<double>(n);
      seen += static_cast<double>(n);
      const Traffic traffic = learner.take_traffic();
      if (settings.trace) print_traffic("step", done + 1, all_steps, loss, traffic, 1);
      sum.patch_messages += traffic.patch_messages;
      sum.patch_bytes += traffic.patch_bytes;
      sum.patch_seconds += traffic.patch_seconds;
      sum.gradient_bytes += traffic.gradient_bytes;
      sum.gradient_seconds += traffic.gradient_seconds;
      ++position.step;
      const bool due = (done + 1) % every == 0 || done + 1 == all_steps;
      if (due && settings.check) check_weights(learner);
      if (due && !settings.checkpoint.empty()) save(settings, told, learner, position);
    }
    if (seen > 0)
      print_traffic("epoch", position.epoch + 1, settings.epochs, loss_sum / seen, sum,
                    std::ceil(seen / static_cast<double>(settings.batch)));
  }
  const double accuracy = learner.accuracy();
  if (rank_here() != 0) return;
  if (settings.check)
    std::printf("batches %016llx\n", static_cast<unsigned long long>(learner.batches()));
  std::printf("%d ranks, %s: %.2f %% of %td test images of %s\n", rank_count(),
              settings.local ? "each mixes its own" : "partners of all ranks", 100 * accuracy,
              data.test.size(), data.name.c_str());
}

}  // namespace
}  // namespace examples

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  const int rank = examples::rank_here();
  CLI::App app(
      "Trains a small network on Fashion-MNIST with CutMix on many processes: mpirun -n 4 "
      "train_mpi.\n"
      "The data is Debian's package dataset-fashion-mnist.",
      "train_mpi");
  examples::MpiSettings settings;
  settings.threads = 1;
  examples::add_training_options(app, settings);
  app.add_flag("--local", settings.local, "mix within each rank: nothing travels but gradients");
  app.add_flag("--check", settings.check,
               "compare every batch with what one process mixes, and the ranks' weights");
  app.add_flag("--trace", settings.trace, "a line for every step");
  app.add_option("--checkpoint", settings.checkpoint, "what to write all that goes on to")
      ->type_name("FILE");
  app.add_option("--checkpoint-every", settings.every, "steps; 0: an epoch")
      ->check(CLI::Range(examples::Index(0), examples::Index(1000000000)));
  app.add_option("--resume", settings.resume, "a checkpoint to go on from, on any number of ranks")
      ->type_name("FILE");

  // What all ranks have to say the first says.
  std::streambuf* const errors = std::cerr.rdbuf();
  if (rank != 0) {
    std::cerr.rdbuf(nullptr);
    std::cout.rdbuf(nullptr);
  }
  const int code = examples::parse_and_run(app, argc, argv, [&] {
    cutmix::CutMix(settings.mixing, 2, cutmix::Philox4x32());  // are options in order?
    try {
      const examples::Dataset data =
          examples::load_available_data(settings.data, settings.images, settings.test_images);
      examples::train(data, settings, examples::told_options(app, data));
    } catch (const std::exception& error) {
      std::cerr.rdbuf(errors);
      std::cerr << "train_mpi: rank " << rank << ": " << error.what() << std::endl;
      MPI_Abort(MPI_COMM_WORLD, 1);  // or the others would wait for ever
    }
  });
  MPI_Finalize();
  return code;
}
