// What CutMix does to a network: trains it many times, by method, options, number of images and
// seed, and measures more than its accuracy. README.md beside this file says what came out.

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <cutmix/cutmix.hpp>
#include <filesystem>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../common/available_data.hpp"
#include "../common/command_line.hpp"
#include "../common/dataset.hpp"
#include "../common/draws.hpp"
#include "../common/mixing_options.hpp"
#include "cnn.hpp"
#include "disturbances.hpp"
#include "learner.hpp"
#include "metrics.hpp"
#include "settings.hpp"
#include "sgd.hpp"
#include "study_report.hpp"
#include "study_results.hpp"
#include "train.hpp"

namespace examples {
namespace {

// ---- what is compared ----

struct Method {
  std::string name;
  bool mixes = false;
  cutmix::Options mixing;
  bool cuts_out = false;
};

std::vector<Method> all_methods() {
  std::vector<Method> methods;
  const auto add = [&](const std::string& name, bool mixes) -> Method& {
    methods.emplace_back();
    methods.back().name = name;
    methods.back().mixes = mixes;
    return methods.back();
  };
  const double smoothing = 0.1;
  add("none", false);
  add("smoothing", false).mixing.labels.smoothing = smoothing;
  add("CutOut", false).cuts_out = true;
  add("MixUp", true).mixing.mixup_prob = 1;
  add("CutMix", true);
  add("CutMix+smoothing", true).mixing.labels.smoothing = smoothing;
  add("CutMix+CutOut", true).cuts_out = true;
  add("MixUp/CutMix", true).mixing.mixup_prob = 0.5;
  // CutMix with one option or two that are not the default.
  add("CutMix:prob=0.5", true).mixing.prob = 0.5;
  add("CutMix:sample", true).mixing.scope = cutmix::Scope::sample;
  for (const auto& [name, law] : box_laws()) {
    for (const double alpha : {1.0, 0.2, 2.5}) {
      const bool is_reference = name == "reference", is_min_max = name == "min-max";
      // CutMix itself; and alpha plays no part in a law that bounds the sides.
      if (alpha == 1.0 ? is_reference : is_min_max) continue;
      char suffix[32] = "";
      if (alpha != 1.0) std::snprintf(suffix, sizeof suffix, ":alpha=%g", alpha);
      Method& method = add("CutMix" + (is_reference ? "" : ":" + name) + suffix, true);
      method.mixing.box_law = law;
      method.mixing.alpha = alpha;
    }
  }
  return methods;
}

// CutOut (DeVries, Taylor 2017): a square of half the image's side, its centre on any pixel, is set
// to the mean, which is 0. Labels stay, whatever mixing made of them.
class CutOut {
 public:
  explicit CutOut(std::uint32_t seed) : rng_(make_engine(seed, Stream::cut_out)) {}

  void operator()(ImageMap& images) {
    const Index height = images.dimension(2), width = images.dimension(3);
    for (Index i = 0; i < images.dimension(0); ++i) {
      const Index y = draw_below(height, rng_), x = draw_below(width, rng_);
      const Index top = std::max<Index>(0, y - height / 4),
                  left = std::max<Index>(0, x - width / 4);
      const Index bottom = std::min(height, y + height / 4), right = std::min(width, x + width / 4);
      const Eigen::array<Index, 4> corner{i, 0, top, left}, size{1, 1, bottom - top, right - left};
      images.slice(corner, size).setZero();
    }
  }

 private:
  cutmix::Philox4x32 rng_;
};

// ---- one training and its measures ----

// The test images as they are and disturbed, the same for all trainings.
struct TestImages {
  explicit TestImages(const LabelledImages& test) : bytes(test), clean(normalized(test)) {
    auto occlusion_rng = make_engine(0, Stream::occlusion),
         noise_rng = make_engine(0, Stream::noise);
    half = occluded(clean, test.images.dimension(2), test.images.dimension(3), occlusion_rng);
    grainy = noisy(clean, 0.2, noise_rng);
  }

  const LabelledImages& bytes;
  Matrix<float> clean, half, grainy;
};

// Gradients cost more than answers: the first so many images are enough.
constexpr Index images_with_gradients = 2000;
constexpr double fgsm_step = 8.0 / 255;

Matrix<float> logits_of(Cnn<float>& network, const Vector<float>& parameters,
                        const Matrix<float>& images) {
  Matrix<float> result(network.shape().classes, images.cols());
  for_each_piece(network, parameters, images,
                 [&](Index first, Index count, const ConstMatrixMap<float>& logits) {
                   result.middleCols(first, count) = logits;
                 });
  return result;
}

// The mean of numbers; what is not a number is left out.
class Mean {
 public:
  void add(double value) {
    if (std::isnan(value)) return;
    sum_ += value;
    ++count_;
  }
  double get() const { return sum_ / count_; }

 private:
  double sum_ = 0, count_ = 0;
};

// How much of what speaks for the true class lies on the object: of the activations of the last
// feature maps, and of the sizes of the gradient with respect to the pixels.
std::pair<double, double> localization(Cnn<float>& network, const Vector<float>& parameters,
                                       const Matrix<float>& images, const LabelledImages& bytes) {
  const CnnShape& shape = network.shape();
  Vector<float> unused(parameters.size());
  Mean activation, saliency;
  for_each_piece(
      network, parameters, images, [&](Index first, Index count, const ConstMatrixMap<float>&) {
        Matrix<float> wanted = Matrix<float>::Zero(shape.classes, count);
        for (Index i = 0; i < count; ++i) wanted(bytes.labels(first + i), i) = 1;
        network.backward(parameters, {wanted.data(), shape.classes, count}, unused);
        const Matrix<float> maps = network.activation_maps(count);
        Matrix<float> gradient(shape.pixels(), count);
        network.backward_images(parameters, {gradient.data(), gradient.rows(), count});
        gradient = gradient.cwiseAbs();
        for (Index i = 0; i < count; ++i) {
          const std::uint8_t* image = bytes.images.data() + (first + i) * shape.pixels();
          activation.add(mass_on_object(maps.col(i), 4, image, shape.height, shape.width));
          saliency.add(mass_on_object(gradient.col(i), 1, image, shape.height, shape.width));
        }
      });
  return {activation.get(), saliency.get()};
}

Scores measure(const Dataset& data, const TestImages& test, const Method& method, Index epochs,
               std::uint32_t seed) {
  TrainingSettings settings;
  settings.mixing = method.mixing;
  settings.epochs = epochs;
  settings.threads = 1;
  EigenLearner learner(data, settings, seed, method.mixes);
  if (method.cuts_out) learner.after_mixing = CutOut(seed);
  TrainingState state = initial_state(data.train.size(), seed);
  train(learner, settings, state, [](const TrainingState&, Index, Index) {});

  Cnn<float> network(learner.shape(), 16);
  const Vector<float>& parameters = learner.parameters();
  const int* labels = test.bytes.labels.data();
  const auto accuracy_on = [&](const Matrix<float>& images) {
    return accuracy(logits_of(network, parameters, images), labels);
  };
  const Matrix<float> clean_logits = logits_of(network, parameters, test.clean);
  const Matrix<double> probabilities = softmax(clean_logits);
  const Matrix<float> some =
      test.clean.leftCols(std::min(images_with_gradients, test.clean.cols()));
  const auto [activation, saliency] = localization(network, parameters, some, test.bytes);
  return {accuracy(clean_logits, labels),
          accuracy_on(test.half),
          accuracy_on(test.grainy),
          accuracy_on(against(network, parameters, some, labels, fgsm_step)),
          expected_calibration_error(probabilities, labels),
          negative_log_likelihood(probabilities, labels),
          activation,
          saliency};
}

// ---- the study ----

struct StudySettings {
  std::string data = fashion_mnist_directory, out = ".";
  Index threads = 2, seeds = 5;
  std::vector<std::string> methods;
  std::vector<Index> images;
  bool resume = false, report = false, quick = false;

  std::string file() const { return out + "/study.csv"; }
};

// The trainings of each number of images and epochs, the most telling first.
std::vector<StudyGroup> all_groups(const std::vector<Method>& methods, bool quick) {
  std::vector<std::string> main, options, crossed;
  for (const Method& method : methods) {
    const auto colons = std::count(method.name.begin(), method.name.end(), ':');
    (colons == 0 ? main : colons == 1 ? options : crossed).push_back(method.name);
  }
  const std::vector<std::string> ends = {"none", "CutMix"};
  if (quick) return {{64, 2, main}, {128, 1, main}, {64, 2, options}, {64, 1, ends}};
  return {{2000, 40, main}, {500, 120, main}, {8000, 16, main},    {2000, 40, options},
          {2000, 10, ends}, {2000, 80, ends}, {2000, 40, crossed}, {8000, 40, ends}};
}

// The first images of a data set.
Dataset beginning(const Dataset& data, Index count) {
  Dataset result{data.name, data.classes, {}, {}};
  auto sizes = data.train.images.dimensions();
  count = std::min(count, sizes[0]);
  sizes[0] = count;
  result.train.images = data.train.images.slice(Eigen::array<Index, 4>{0, 0, 0, 0}, sizes);
  result.train.labels =
      data.train.labels.slice(Eigen::array<Index, 1>{0}, Eigen::array<Index, 1>{count});
  return result;
}

void run_study(const StudySettings& settings, const std::vector<Method>& methods,
               const std::vector<StudyGroup>& groups, StudyResults& results) {
  const Dataset data =
      load_available_data(settings.data, settings.quick ? 128 : 8000, settings.quick ? 100 : 10000);
  const TestImages test(data.test);
  std::map<Index, Dataset> beginnings;
  std::vector<Cell> cells;
  double work = 0;  // in images seen
  const auto work_of = [](const Cell& cell) {
    return static_cast<double>(cell.images * cell.epochs);
  };
  for (const StudyGroup& group : groups) {
    if (!settings.images.empty() &&
        std::count(settings.images.begin(), settings.images.end(), group.images) == 0)
      continue;
    beginnings.emplace(group.images, beginning(data, group.images));
    for (Index i = 0; i < settings.seeds; ++i)
      for (const std::string& method : group.methods) {
        if (!settings.methods.empty() &&
            std::count(settings.methods.begin(), settings.methods.end(), method) == 0)
          continue;
        const Cell cell{data.name,    data.test.size(), group.images,
                        group.epochs, method,           static_cast<std::uint32_t>(i + 1)};
        if (results.has(cell)) continue;
        cells.push_back(cell);
        work += work_of(cell);
      }
  }
  std::printf("%td trainings, %s\n", static_cast<Index>(cells.size()), settings.file().c_str());

  // A thread takes the next training whenever it has done one.
  std::atomic<std::size_t> next{0};
  std::mutex done;
  double work_done = 0;
  Index trained = 0;
  const Index threads = std::min(settings.threads, static_cast<Index>(cells.size()));
  const std::clock_t start = std::clock();
  parallel_for(threads, threads, [&](Index) {
    for (std::size_t i = next++; i < cells.size(); i = next++) {
      const Cell& cell = cells[i];
      const Method& method = *std::find_if(methods.begin(), methods.end(), [&](const Method& one) {
        return one.name == cell.method;
      });
      const Scores scores =
          measure(beginnings.at(cell.images), test, method, cell.epochs, cell.seed);
      const std::lock_guard<std::mutex> lock(done);
      results.add(cell, scores);
      results.write(settings.file());
      work_done += work_of(cell);
      // By the time that processors took, which stands still while the program is stopped.
      const double spent = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
      const double left = spent * (work / work_done - 1) / static_cast<double>(threads);
      std::printf("%td/%td %s, %td images, %td epochs, seed %u: %.2f %%; %.1f min left\n",
                  ++trained, static_cast<Index>(cells.size()), cell.method.c_str(), cell.images,
                  cell.epochs, cell.seed, 100 * scores[0], left / 60);
      std::fflush(stdout);
    }
  });
}

}  // namespace
}  // namespace examples

int main(int argc, char** argv) {
  using examples::Index;
  CLI::App app(
      "Trains a small network on Fashion-MNIST without and with CutMix, its options, and what it "
      "is\n"
      "combined with; writes a row for each training to study.csv, prints tables and draws "
      "pictures.",
      "study");
  app.option_defaults()->always_capture_default();
  const std::vector<examples::Method> methods = examples::all_methods();
  std::vector<std::string> names;
  for (const examples::Method& method : methods) names.push_back(method.name);
  examples::StudySettings settings;
  app.add_option("--methods", settings.methods, "these alone, separated by commas")
      ->delimiter(',')
      ->check(CLI::IsMember(names));
  app.add_option("--images", settings.images, "these numbers of training images alone")
      ->delimiter(',')
      ->check(CLI::Range(Index(1), Index(60000)));
  app.add_option("--seeds", settings.seeds, "of each training")
      ->check(CLI::Range(Index(2), Index(10000)));
  app.add_option("--threads", settings.threads, "trainings at the same time")
      ->check(CLI::Range(Index(1), Index(1024)));
  app.add_option("--data", settings.data, "where the IDX files are")->type_name("DIR");
  app.add_option("--out", settings.out, "where study.csv and the pictures go")->type_name("DIR");
  app.add_flag("--resume", settings.resume, "keep the rows of study.csv and train what is missing");
  app.add_flag("--report", settings.report,
               "train nothing: tables and pictures of study.csv alone");
  app.add_flag("--quick", settings.quick, "seconds, to see that everything works");
  return examples::parse_and_run(app, argc, argv, [&] {
    const std::vector<examples::StudyGroup> groups = examples::all_groups(methods, settings.quick);
    if (settings.quick) settings.seeds = std::min<Index>(settings.seeds, 2);
    examples::StudyResults results;
    const bool is_there = std::filesystem::exists(settings.file());
    if (is_there && !settings.resume && !settings.report)
      throw std::invalid_argument(settings.file() +
                                  " is there: --resume, --report or another --out");
    if (is_there || settings.report) results.read(settings.file());
    std::filesystem::create_directories(settings.out);
    if (!settings.report) examples::run_study(settings, methods, groups, results);
    examples::print_study(results, groups);
    examples::draw_study(settings.out, results, groups);
  });
}
