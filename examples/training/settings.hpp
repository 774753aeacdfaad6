// What both training programs can be told, with the defaults of the study.
#ifndef CUTMIX_EXAMPLES_TRAINING_SETTINGS_HPP
#define CUTMIX_EXAMPLES_TRAINING_SETTINGS_HPP

#include <algorithm>
#include <cstdint>
#include <cutmix/cutmix.hpp>
#include <string>
#include <thread>

#include "../common/dataset.hpp"
#include "../common/fashion_mnist.hpp"
#include "../common/mixing_options.hpp"
#include "loss.hpp"

namespace examples {

struct TrainingSettings {
  cutmix::Options mixing;
  Loss loss = Loss::soft;
  Index epochs = 40;
  Index images = 2000;
  Index test_images = 10000;
  Index batch = 64;
  double learning_rate = 0.05;
  std::uint32_t seed = 1;
  Index seeds = 1;
  Index threads = std::max(1u, std::thread::hardware_concurrency());
  std::string data = fashion_mnist_directory;
};

inline void add_training_options(CLI::App& app, TrainingSettings& settings) {
  app.option_defaults()->always_capture_default();
  add_mixing_options(app, settings.mixing);
  add_choice<Loss>(app, "--loss", settings.loss, {{"soft", Loss::soft}, {"bce", Loss::bce}},
                   "cross-entropy against mixed targets, or binary for each class");
  const auto count = [&app](const char* name, Index& target, Index most, const char* help) {
    return app.add_option(name, target, help)->check(CLI::Range(Index(1), most));
  };
  const auto* epochs =
      count("--epochs", settings.epochs, 100000, "passes over the training images");
  const auto* images = count("--images", settings.images, 60000, "how many training images to use");
  count("--batch", settings.batch, 10000, "images a step");
  app.add_option("--seed", settings.seed, "of weights, shuffles and mixing");
  count("--seeds", settings.seeds, 10000, "repeat with this many seeds, counting up");
  count("--threads", settings.threads, 1024, "how many to use");
  app.add_option("--data", settings.data, "where the IDX files are")->type_name("DIR");
  const auto* quick =
      app.add_flag("--quick", "a run of seconds on 1000 images, too short for CutMix to gain");
  app.callback([&settings, epochs, images, quick] {
    if (quick->empty()) return;
    if (epochs->empty()) settings.epochs = 8;
    if (images->empty()) settings.images = 1000;
    settings.test_images = 1000;
  });
}

// The options that make a training what it is, on one line, and its data: what a checkpoint goes on
// with. How many threads there are and where files lie is no part of it.
inline std::string told_options(const CLI::App& app, const Dataset& data) {
  std::string told = "data=" + data.name;
  for (const CLI::Option* option : app.get_options()) {
    const std::string name = option->get_single_name();
    const bool apart = name == "help" || name == "threads" || name == "data" || name == "out" ||
                       name.rfind("checkpoint", 0) == 0 || name == "resume";
    if (apart) continue;
    const std::string value =
        option->count() == 0 ? option->get_default_str() : CLI::detail::join(option->results());
    told += " " + name + "=" + value;
  }
  return told;
}

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_TRAINING_SETTINGS_HPP
