// What both training programs can be told, with the defaults that the README's table was made with.
#ifndef CUTMIX_EXAMPLES_TRAINING_SETTINGS_HPP
#define CUTMIX_EXAMPLES_TRAINING_SETTINGS_HPP

#include <algorithm>
#include <cstdint>
#include <cutmix/cutmix.hpp>
#include <string>
#include <thread>

#include "command_line.hpp"
#include "dataset.hpp"
#include "fashion_mnist.hpp"
#include "mixing_options.hpp"

namespace examples {

struct TrainingSettings {
  cutmix::Options mixing;
  Index epochs = 40;
  Index images = 2000;
  Index test_images = 10000;
  Index batch = 64;
  double learning_rate = 0.05;
  std::uint32_t seed = 1;
  Index seeds = 1;
  Index threads = std::max(1u, std::thread::hardware_concurrency());
  std::string data = fashion_mnist_directory;
  std::string out = ".";
};

// Adds the options to those that the program has added itself. False where only the help was asked
// for.
inline bool parse_training_settings(CommandLine& line, int argc, char** argv,
                                    TrainingSettings& settings) {
  bool quick = false;
  add_mixing_options(line, settings.mixing);
  line.number("epochs", "passes over the training images", settings.epochs, 1, 100000);
  line.number("images", "how many training images to use", settings.images, 1, 60000);
  line.number("batch", "images per step", settings.batch, 1, 10000);
  line.number("seed", "of weights, shuffles and mixing", settings.seed, 0, 4294967295.0);
  line.number("seeds", "repeat with this many seeds, counting up", settings.seeds, 1, 10000);
  line.number("threads", "how many to use", settings.threads, 1, 1024);
  line.text("data", "DIR", "where the IDX files are", settings.data);
  line.flag("quick", "a run of seconds on 1000 images, too short for CutMix to gain", quick);
  if (!line.parse(argc, argv)) return false;
  if (quick) {
    if (!line.given("epochs")) settings.epochs = 8;
    if (!line.given("images")) settings.images = 1000;
    settings.test_images = 1000;
  }
  return true;
}

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_TRAINING_SETTINGS_HPP
