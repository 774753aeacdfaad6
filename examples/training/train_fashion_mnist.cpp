// Trains a small network on Fashion-MNIST twice from the same start, without and with CutMix.

#include <string>

#include "../common/available_data.hpp"
#include "../common/command_line.hpp"
#include "../common/dataset.hpp"
#include "../gallery/contact_sheet.hpp"
#include "checkpoint.hpp"
#include "compare.hpp"
#include "learner.hpp"
#include "settings.hpp"

int main(int argc, char** argv) {
  CLI::App app(
      "Trains a small network on Fashion-MNIST without and with CutMix, compares their accuracies\n"
      "and draws contact_sheet.png. The data is Debian's package dataset-fashion-mnist.",
      "train_fashion_mnist");
  examples::TrainingSettings settings;
  std::string out = ".", checkpoint, resume;
  examples::Index every = 0;
  examples::add_training_options(app, settings);
  app.add_option("--checkpoint", checkpoint, "what to write all that goes on to")
      ->type_name("FILE");
  app.add_option("--checkpoint-every", every, "steps; 0: an epoch")
      ->check(CLI::Range(examples::Index(0), examples::Index(1000000000)));
  app.add_option("--resume", resume, "a checkpoint to go on from, with the same options")
      ->type_name("FILE");
  app.add_option("--out", out, "where the contact sheet goes")->type_name("DIR");
  return examples::parse_and_run(app, argc, argv, [&] {
    const examples::Dataset data =
        examples::load_available_data(settings.data, settings.images, settings.test_images);
    examples::write_contact_sheet(out + "/contact_sheet.png", "CutMix on " + data.name, data,
                                  settings.mixing, settings.seed);
    const examples::Index epoch = (data.train.size() + settings.batch - 1) / settings.batch;
    examples::compare<examples::EigenLearner>(
        data, settings,
        examples::Checkpoints(checkpoint, resume, every == 0 ? epoch : every,
                              examples::told_options(app, data)));
  });
}
