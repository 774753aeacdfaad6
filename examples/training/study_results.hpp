// What a study measured: a row for each training, in a CSV file that is whole or not there.
#ifndef CUTMIX_EXAMPLES_TRAINING_STUDY_RESULTS_HPP
#define CUTMIX_EXAMPLES_TRAINING_STUDY_RESULTS_HPP

#include <array>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <locale>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "../common/dataset.hpp"
#include "checkpoint.hpp"

namespace examples {

// One training: a cell of the study's tables. What is measured depends on nothing else.
struct Cell {
  std::string data;
  Index tested, images, epochs;
  std::string method;
  std::uint32_t seed;

  friend bool operator<(const Cell& a, const Cell& b) {
    return std::tie(a.data, a.tested, a.images, a.epochs, a.method, a.seed) <
           std::tie(b.data, b.tested, b.images, b.epochs, b.method, b.seed);
  }
};

struct Metric {
  const char* name;   // in the file
  const char* title;  // in tables
  bool is_percent;
  bool less_is_better;
};
inline constexpr std::array<Metric, 8> metrics = {
    {{"accuracy", "accuracy", true, false},
     {"occluded", "half occluded", true, false},
     {"noisy", "noisy", true, false},
     {"fgsm", "FGSM", true, false},
     {"ece", "calibration error", true, true},
     {"nll", "negative log-likelihood", false, true},
     {"activation", "activation on the object", true, false},
     {"saliency", "saliency on the object", true, false}}};
using Scores = std::array<double, metrics.size()>;

class StudyResults {
 public:
  // Takes the rows of a file that write() made.
  void read(const std::string& path) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error(path + ": cannot be read");
    std::string line;
    const auto fail = [&] { throw std::runtime_error(path + ": is no row of a study: " + line); };
    if (!std::getline(file, line) || line + '\n' != header()) fail();
    while (std::getline(file, line)) {
      std::istringstream text(line);
      text.imbue(std::locale::classic());
      Cell cell;
      Scores scores;
      char comma = 0;
      std::getline(text, cell.data, ',');
      text >> cell.tested >> comma >> cell.images >> comma >> cell.epochs >> comma;
      std::getline(text, cell.method, ',');
      text >> cell.seed;
      for (double& score : scores) text >> comma >> score;
      if (!text) fail();
      add(cell, scores);
    }
  }

  void write(const std::string& path) const {
    std::string text = header();
    for (const auto& [cell, scores] : rows_) {
      text += cell.data + ',' + std::to_string(cell.tested) + ',' + std::to_string(cell.images) +
              ',' + std::to_string(cell.epochs) + ',' + cell.method + ',' +
              std::to_string(cell.seed);
      for (const double score : scores) {
        char number[32];
        std::snprintf(number, sizeof number, ",%.6f", score);
        text += number;
      }
      text += '\n';
    }
    write_atomically(path, text);
  }

  void add(const Cell& cell, const Scores& scores) { rows_[cell] = scores; }
  bool has(const Cell& cell) const { return rows_.count(cell) != 0; }
  const std::map<Cell, Scores>& rows() const { return rows_; }

  // The scores of a method for each seed.
  using BySeed = std::map<std::uint32_t, Scores>;
  BySeed of(Index images, Index epochs, const std::string& method) const {
    BySeed result;
    for (const auto& [cell, scores] : rows_)
      if (cell.images == images && cell.epochs == epochs && cell.method == method)
        result[cell.seed] = scores;
    return result;
  }

 private:
  static std::string header() {
    std::string line = "data,tested,images,epochs,method,seed";
    for (const Metric& metric : metrics) line += std::string(",") + metric.name;
    return line + '\n';
  }

  std::map<Cell, Scores> rows_;
};

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_TRAINING_STUDY_RESULTS_HPP
