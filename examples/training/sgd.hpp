// Stochastic gradient descent with Nesterov momentum and weight decay, on several threads.
#ifndef CUTMIX_EXAMPLES_TRAINING_SGD_HPP
#define CUTMIX_EXAMPLES_TRAINING_SGD_HPP

#include <algorithm>
#include <array>
#include <cutmix/cutmix.hpp>
#include <thread>
#include <vector>

#include "cnn.hpp"
#include "loss.hpp"

namespace examples {

// Calls f(0) ... f(n - 1), spread over up to this many threads.
template <class Function>
void parallel_for(Index n, Index threads, const Function& f) {
  threads = std::min(threads, n);
  const auto work = [&](Index thread) {
    for (Index i = thread; i < n; i += threads) f(i);
  };
  std::vector<std::thread> helpers;
  for (Index thread = 1; thread < threads; ++thread) helpers.emplace_back(work, thread);
  work(0);
  for (std::thread& helper : helpers) helper.join();
}

struct SgdOptions {
  double momentum = 0.9;
  double weight_decay = 5e-4;
  Loss loss = Loss::soft;
};

// A network in training. Each batch is cut into a fixed number of shards whose gradients are
// summed in a fixed order, so the result does not depend on the number of threads.
template <class Scalar>
class Trainer {
 public:
  static constexpr Index shards = 4;

  Trainer(const CnnShape& shape, Vector<Scalar> parameters, Index max_batch, Index threads,
          const SgdOptions& options = {})
      : shape_(shape),
        options_(options),
        threads_(threads),
        parameters_(std::move(parameters)),
        velocity_(Vector<Scalar>::Zero(parameters_.size())) {
    const Index max_images = (max_batch + shards - 1) / shards;
    for (Index i = 0; i < shards; ++i) workers_.emplace_back(shape, max_images);
  }

  // All that a step changes.
  const Vector<Scalar>& parameters() const { return parameters_; }
  const Vector<Scalar>& velocity() const { return velocity_; }
  Vector<Scalar>& parameters() { return parameters_; }
  Vector<Scalar>& velocity() { return velocity_; }

  // One step on a batch. images: pixels x images; targets: classes x images. Returns the loss.
  double step(const ConstMatrixMap<Scalar>& images, const ConstMatrixMap<Scalar>& targets,
              double learning_rate) {
    return step(images, targets, learning_rate, [](Vector<Scalar>&) {});
  }
  // reduce(gradient) may change the gradient of the batch's mean loss before it is used: the sum
  // over many processes, say.
  template <class Reduce>
  double step(const ConstMatrixMap<Scalar>& images, const ConstMatrixMap<Scalar>& targets,
              double learning_rate, const Reduce& reduce) {
    const Index n = images.cols();
    parallel_for(shards, threads_, [&](Index shard) {
      const Index first = n * shard / shards;
      const Index count = n * (shard + 1) / shards - first;
      workers_[static_cast<std::size_t>(shard)].run(parameters_, images, targets, first, count,
                                                    options_.loss);
    });
    sum_gradients();
    reduce(workers_[0].gradient);
    update(static_cast<Scalar>(learning_rate));
    double loss = 0;
    for (const Worker& worker : workers_) loss += worker.loss;
    return loss;
  }

  // The logits, classes x images, of any number of images, pixels x images.
  Matrix<Scalar> logits(const ConstMatrixMap<Scalar>& images) {
    Matrix<Scalar> result(shape_.classes, images.cols());
    parallel_for(shards, threads_, [&](Index shard) {
      Cnn<Scalar>& network = workers_[static_cast<std::size_t>(shard)].network;
      const Index last = images.cols() * (shard + 1) / shards;
      for (Index first = images.cols() * shard / shards; first < last;) {
        const Index count = std::min(network.max_images(), last - first);
        result.middleCols(first, count) = network.forward(
            parameters_, {images.data() + first * images.rows(), images.rows(), count});
        first += count;
      }
    });
    return result;
  }

 private:
  struct Worker {
    Worker(const CnnShape& shape, Index max_images)
        : network(shape, max_images),
          logits_gradient(shape.classes, max_images),
          gradient(shape.parameters()) {}

    // The gradient of this shard's part of the batch's mean loss.
    void run(const Vector<Scalar>& parameters, const ConstMatrixMap<Scalar>& images,
             const ConstMatrixMap<Scalar>& targets, Index first, Index count, Loss kind) {
      loss = 0;
      gradient.setZero();
      if (count == 0) return;
      const auto logits = network.forward(
          parameters, {images.data() + first * images.rows(), images.rows(), count});
      // The library's loss has one row per sample: the same memory, seen row by row.
      using RowMajor = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
      const Index classes = logits.rows();
      const Eigen::Map<const RowMajor> scores(logits.data(), count, classes);
      const Eigen::Map<const RowMajor> wanted(targets.data() + first * classes, count, classes);
      Eigen::Map<RowMajor> scores_gradient(logits_gradient.data(), count, classes);
      loss = kind == Loss::soft ? cutmix::soft_cross_entropy(scores, wanted, scores_gradient)
                                : cutmix::binary_cross_entropy(scores, wanted, scores_gradient);
      const double share = static_cast<double>(count) / static_cast<double>(images.cols());
      loss *= share;
      scores_gradient *= static_cast<Scalar>(share);
      network.backward(parameters, {logits_gradient.data(), classes, count}, gradient);
    }

    Cnn<Scalar> network;
    Matrix<Scalar> logits_gradient;
    Vector<Scalar> gradient;
    double loss = 0;
  };

  void sum_gradients() {
    // In pieces that stay in the cache.
    for_each_piece([this](Index first, Index count) {
      auto gradient = workers_[0].gradient.segment(first, count);
      for (std::size_t i = 1; i < workers_.size(); ++i) {
        gradient += workers_[i].gradient.segment(first, count);
      }
    });
  }

  void update(Scalar learning_rate) {
    const auto decay = static_cast<Scalar>(options_.weight_decay);
    const auto momentum = static_cast<Scalar>(options_.momentum);
    for_each_piece([&](Index first, Index count) {
      auto parameters = parameters_.segment(first, count);
      auto velocity = velocity_.segment(first, count);
      auto gradient = workers_[0].gradient.segment(first, count);
      gradient += decay * parameters;
      velocity = momentum * velocity + gradient;
      parameters -= learning_rate * (gradient + momentum * velocity);
    });
  }

  template <class Visit>
  void for_each_piece(const Visit& visit) const {
    const Index piece = 4096;
    for (Index first = 0; first < parameters_.size(); first += piece) {
      visit(first, std::min(piece, parameters_.size() - first));
    }
  }

  CnnShape shape_;
  SgdOptions options_;
  Index threads_;
  Vector<Scalar> parameters_;
  Vector<Scalar> velocity_;
  std::vector<Worker> workers_;
};

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_TRAINING_SGD_HPP
