// Tables in Markdown and pictures of what a study measured.
#ifndef CUTMIX_EXAMPLES_TRAINING_STUDY_REPORT_HPP
#define CUTMIX_EXAMPLES_TRAINING_STUDY_REPORT_HPP

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../gallery/picture.hpp"
#include "statistics.hpp"
#include "study_results.hpp"

namespace examples {

// Trainings of the same number of steps.
struct StudyGroup {
  Index images, epochs;
  std::vector<std::string> methods;
};

namespace study_report {

template <class... Values>
std::string format(const char* pattern, Values... values) {
  char text[256];
  std::snprintf(text, sizeof text, pattern, values...);
  return text;
}

inline double scaled(const Metric& metric, double value) {
  return metric.is_percent ? 100 * value : value;
}
inline int decimals(const Metric& metric) { return metric.is_percent ? 2 : 3; }

// Whose scores are added, and how often.
using Weighted = std::vector<std::pair<std::string, double>>;

// The sum of scores for each seed that all of them have, better being more; nothing where fewer
// than two have.
inline std::optional<PairedGain> contrast(const StudyResults& results, Index images, Index epochs,
                                          std::size_t metric, const Weighted& methods) {
  std::vector<StudyResults::BySeed> scores;
  for (const auto& method : methods) scores.push_back(results.of(images, epochs, method.first));
  const double sign = metrics[metric].less_is_better ? -1 : 1;
  std::vector<double> sums;
  for (const auto& of_first : scores.front()) {
    double sum = 0;
    bool has_all = true;
    for (std::size_t i = 0; i < methods.size() && has_all; ++i) {
      const auto found = scores[i].find(of_first.first);
      has_all = found != scores[i].end();
      if (has_all) sum += methods[i].second * sign * scaled(metrics[metric], found->second[metric]);
    }
    if (has_all) sums.push_back(sum);
  }
  if (sums.size() < 2) return std::nullopt;
  return paired_gain(sums);
}

inline std::string gain_text(const std::optional<PairedGain>& gain, std::size_t metric) {
  if (!gain) return "";
  const int places = decimals(metrics[metric]);
  const std::string text = format("%+.*f ± %.*f", places, gain->mean, places, gain->margin);
  const bool is_clear = gain->is_above_noise() || gain->is_below_noise();
  return is_clear ? "**" + text + "**" : text;
}

inline std::string level_text(const StudyResults::BySeed& scores, std::size_t metric) {
  std::vector<double> values;
  for (const auto& of_seed : scores)
    values.push_back(scaled(metrics[metric], of_seed.second[metric]));
  if (values.empty()) return "";
  const auto [mean, spread] = mean_and_spread(values);
  const int places = decimals(metrics[metric]);
  return format("%.*f (%.*f)", places, mean, places, spread);
}

inline void print_row(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (const std::string& cell : cells) line += " " + cell + " |";
  std::puts(line.c_str());
}

// The first columns are words, the others numbers.
inline void print_head(const std::vector<std::string>& titles, std::size_t words = 1) {
  print_row(titles);
  std::string rule = "|";
  for (std::size_t i = 0; i < titles.size(); ++i) rule += i < words ? "---|" : "--:|";
  std::puts(rule.c_str());
}

inline void print_group(const StudyResults& results, const StudyGroup& group) {
  std::vector<std::string> titles = {"method"};
  for (const Metric& metric : metrics) titles.push_back(metric.title);
  for (const bool gains : {false, true}) {
    std::printf("\n%td images, %td epochs: %s\n\n", group.images, group.epochs,
                gains ? "gain over none" : "mean (standard deviation)");
    print_head(titles);
    for (const std::string& method : group.methods) {
      if (gains && method == "none") continue;
      std::vector<std::string> cells = {method};
      const auto scores = results.of(group.images, group.epochs, method);
      for (std::size_t m = 0; m < metrics.size(); ++m)
        cells.push_back(gains ? gain_text(contrast(results, group.images, group.epochs, m,
                                                   {{method, 1}, {"none", -1}}),
                                          m)
                              : level_text(scores, m));
      print_row(cells);
    }
  }
}

// All that have one option or more that are not the default.
inline void print_options(const StudyResults& results, const std::vector<StudyGroup>& groups) {
  std::puts("\nOptions: accuracy\n");
  print_head({"method", "images", "epochs", "accuracy", "gain over none", "gain over CutMix"});
  for (const StudyGroup& group : groups) {
    for (const std::string& method : group.methods) {
      if (method.find(':') == method.npos) continue;
      std::vector<std::string> cells = {
          method, std::to_string(group.images), std::to_string(group.epochs),
          level_text(results.of(group.images, group.epochs, method), 0)};
      for (const char* base : {"none", "CutMix"})
        cells.push_back(gain_text(
            contrast(results, group.images, group.epochs, 0, {{method, 1}, {base, -1}}), 0));
      print_row(cells);
    }
  }
}

inline void print_lengths(const StudyResults& results, std::vector<StudyGroup> groups) {
  std::puts("\nLength of training: accuracy\n");
  print_head({"images", "epochs", "none", "CutMix", "gain"});
  std::sort(groups.begin(), groups.end(), [](const StudyGroup& a, const StudyGroup& b) {
    return std::make_pair(a.images, a.epochs) < std::make_pair(b.images, b.epochs);
  });
  for (const auto& [images, epochs, methods] : groups)
    if (methods.front() == "none")
      print_row(
          {std::to_string(images), std::to_string(epochs),
           level_text(results.of(images, epochs, "none"), 0),
           level_text(results.of(images, epochs, "CutMix"), 0),
           gain_text(contrast(results, images, epochs, 0, {{"CutMix", 1}, {"none", -1}}), 0)});
}

// ---- the method card's claims ----

struct Claim {
  const char* claim;
  const char* measure;
  std::size_t metric;
  Weighted methods;
};

inline void print_claims(const StudyResults& results, const std::vector<StudyGroup>& columns) {
  // One column for each group of all methods.
  const Weighted gain = {{"CutMix", 1}, {"none", -1}};
  const std::vector<Claim> claims = {
      {"it improves generalization", "accuracy: CutMix − none", 0, gain},
      {"it improves generalization", "negative log-likelihood: CutMix − none", 5, gain},
      {"it improves robustness", "accuracy, half of the image occluded: CutMix − none", 1, gain},
      {"it improves robustness", "accuracy, Gaussian noise: CutMix − none", 2, gain},
      {"it improves robustness", "accuracy under FGSM: CutMix − none", 3, gain},
      {"it improves localization", "activation on the object: CutMix − none", 6, gain},
      {"it improves localization", "saliency on the object: CutMix − none", 7, gain},
      {"its confidence can be trusted more (not in the card)", "calibration error: CutMix − none",
       4, gain},
      {"it composes with label smoothing",
       "accuracy: CutMix+smoothing − CutMix",
       0,
       {{"CutMix+smoothing", 1}, {"CutMix", -1}}},
      {"it composes with label smoothing",
       "accuracy: CutMix+smoothing − smoothing",
       0,
       {{"CutMix+smoothing", 1}, {"smoothing", -1}}},
      {"it composes with CutOut",
       "accuracy: CutMix+CutOut − CutMix",
       0,
       {{"CutMix+CutOut", 1}, {"CutMix", -1}}},
      {"it composes with CutOut",
       "accuracy: CutMix+CutOut − CutOut",
       0,
       {{"CutMix+CutOut", 1}, {"CutOut", -1}}},
      {"combined gains add up to less than their sum",
       "accuracy: gain of CutMix + gain of smoothing − gain of both",
       0,
       {{"CutMix", 1}, {"smoothing", 1}, {"none", -1}, {"CutMix+smoothing", -1}}},
      {"combined gains add up to less than their sum",
       "accuracy: gain of CutMix + gain of CutOut − gain of both",
       0,
       {{"CutMix", 1}, {"CutOut", 1}, {"none", -1}, {"CutMix+CutOut", -1}}},
      {"alpha = 1 is a good choice",
       "accuracy: alpha 1 − alpha 0.2",
       0,
       {{"CutMix", 1}, {"CutMix:alpha=0.2", -1}}},
      {"alpha = 1 is a good choice",
       "accuracy: alpha 1 − alpha 2.5",
       0,
       {{"CutMix", 1}, {"CutMix:alpha=2.5", -1}}},
      {"one lambda and box serve the whole batch",
       "accuracy: a box a batch − a box a sample",
       0,
       {{"CutMix", 1}, {"CutMix:sample", -1}}}};
  std::puts("\nClaims\n");
  std::vector<std::string> titles = {"claim", "measure, + is better"};
  for (const StudyGroup& column : columns)
    titles.push_back(format("%td images, %td epochs", column.images, column.epochs));
  print_head(titles, 2);
  for (const Claim& claim : claims) {
    std::vector<std::string> cells = {claim.claim, claim.measure};
    for (const StudyGroup& column : columns) {
      const auto value =
          contrast(results, column.images, column.epochs, claim.metric, claim.methods);
      const char* verdict = !value                    ? "not measured"
                            : value->is_above_noise() ? "yes: "
                            : value->is_below_noise() ? "no: "
                                                      : "within noise: ";
      cells.push_back(verdict + gain_text(value, claim.metric));
    }
    print_row(cells);
  }
}

// ---- pictures ----

// An axis from a value to a value, over pixels.
struct Axis {
  double low, high, from, to;

  double at(double value) const { return from + (value - low) / (high - low) * (to - from); }
};

// Round steps, about five of them.
inline double tick_of(double low, double high) {
  const double rough = (high - low) / 5, power = std::pow(10, std::floor(std::log10(rough)));
  for (const double step : {1.0, 2.0, 5.0})
    if (step * power >= rough) return step * power;
  return 10 * power;
}

inline void draw_point(Picture& picture, double x, double y, Color color) {
  picture.fill(x - 4, y - 4, 8, 8, color);
}

// A panel for each number of images; a line for each method.
inline void draw_accuracy(const std::string& path, const StudyResults& results,
                          const std::vector<StudyGroup>& columns) {
  const double left = 170, width = 230, gap = 50, top = 90, row = 26, margin = 20;
  const auto& methods = columns.front().methods;
  const double height = row * static_cast<double>(methods.size());
  Picture picture(path, left + (width + gap) * static_cast<double>(columns.size()),
                  top + height + 60);
  picture.text(margin, 30, "Accuracy on the test images, %", colors::ink, Align::left, 18);
  picture.text(margin, 52, "Squares: mean of the seeds; bars: plus and minus a standard deviation.",
               colors::gray, Align::left, 13);
  for (std::size_t i = 0; i < methods.size(); ++i)
    picture.text(left - 12, top + row * (static_cast<double>(i) + 0.5) + 5, methods[i], colors::ink,
                 Align::right, 14);
  for (std::size_t c = 0; c < columns.size(); ++c) {
    std::vector<std::pair<double, double>> points;
    double low = 100, high = 0;
    for (const std::string& method : methods) {
      std::vector<double> values;
      for (const auto& of_seed : results.of(columns[c].images, columns[c].epochs, method))
        values.push_back(100 * of_seed.second[0]);
      if (values.empty()) return;
      points.push_back(mean_and_spread(values));
      low = std::min(low, points.back().first - points.back().second);
      high = std::max(high, points.back().first + points.back().second);
    }
    const double tick = tick_of(low, high + 0.1), x = left + (width + gap) * static_cast<double>(c);
    const Axis axis{std::floor(low / tick) * tick, std::ceil(high / tick) * tick, x, x + width};
    picture.text(x, top - 12,
                 format("%td images, %td epochs", columns[c].images, columns[c].epochs),
                 colors::ink, Align::left, 14);
    for (double value = axis.low; value < axis.high + tick / 2; value += tick) {
      picture.fill(axis.at(value), top, 1, height, colors::faint);
      picture.text(axis.at(value), top + height + 20, format("%g", value), colors::gray,
                   Align::center, 13);
    }
    for (std::size_t i = 0; i < points.size(); ++i) {
      const auto [mean, spread] = points[i];
      const double y = top + row * (static_cast<double>(i) + 0.5);
      const Color color = i == 0 ? colors::gray : colors::blue;
      picture.line({{axis.at(mean - spread), y}, {axis.at(mean + spread), y}}, 2, color);
      draw_point(picture, axis.at(mean), y, color);
    }
    picture.fill(axis.at(points[0].first), top, 1, height, colors::gray);
    picture.text(x + width / 2, top + height + 42, "accuracy, %", colors::gray, Align::center, 13);
  }
  picture.write();
}

// A panel for each method, all with the same axes.
inline void draw_gain(const std::string& path, const StudyResults& results,
                      const std::vector<StudyGroup>& columns) {
  const double left = 70, width = 190, height = 150, gap = 24, top = 110, pitch = height + 70;
  const int across = 4;
  std::vector<std::string> methods = columns.front().methods;
  methods.erase(std::remove(methods.begin(), methods.end(), "none"), methods.end());
  const auto gain_of = [&](const StudyGroup& column, const std::string& method) {
    return contrast(results, column.images, column.epochs, 0, {{method, 1}, {"none", -1}});
  };
  double low = 0, high = 0;
  for (const StudyGroup& column : columns)
    for (const std::string& method : methods) {
      const auto gain = gain_of(column, method);
      if (!gain) return;
      low = std::min(low, gain->mean - gain->margin);
      high = std::max(high, gain->mean + gain->margin);
    }
  const double tick = tick_of(low, high + 0.1);
  low = std::floor(low / tick) * tick;
  high = std::ceil(high / tick) * tick;
  const auto rows = static_cast<double>((methods.size() + across - 1) / across);
  Picture picture(path, left + across * (width + gap), top + rows * pitch - 10);
  picture.text(20, 30, "Gain in accuracy over none against the number of training images",
               colors::ink, Align::left, 18);
  picture.text(
      20, 52,
      "Percentage points; bars: 95 % confidence interval of the mean, paired by seed. Where "
      "a bar crosses the dark line the gain is within noise.",
      colors::gray, Align::left, 13);
  for (std::size_t i = 0; i < methods.size(); ++i) {
    const double x = left + (width + gap) * static_cast<double>(i % across);
    const double y = top + pitch * static_cast<double>(i / across);
    const Axis level{low, high, y + height, y};
    const Axis count{std::log(static_cast<double>(columns.front().images)),
                     std::log(static_cast<double>(columns.back().images)), x + 22, x + width - 22};
    picture.text(x, y - 12, methods[i], colors::ink, Align::left, 14);
    if (i % across == 0) picture.text(x - 8, y - 12, "points", colors::gray, Align::right, 12);
    for (double value = low; value < high + tick / 2; value += tick) {
      const bool is_zero = std::abs(value) < tick / 2;
      picture.fill(x, level.at(value), width, 1, is_zero ? colors::gray : colors::faint);
      if (i % across == 0)
        picture.text(x - 8, level.at(value) + 5, is_zero ? "0" : format("%+g", value), colors::gray,
                     Align::right, 13);
    }
    Picture::Points line;
    for (const StudyGroup& column : columns) {
      const PairedGain gain = *gain_of(column, methods[i]);
      const double at = count.at(std::log(static_cast<double>(column.images)));
      line.emplace_back(at, level.at(gain.mean));
      picture.line(
          {{at, level.at(gain.mean - gain.margin)}, {at, level.at(gain.mean + gain.margin)}}, 2,
          colors::blue);
      draw_point(picture, at, level.at(gain.mean), colors::blue);
      picture.text(at, y + height + 18, std::to_string(column.images), colors::gray, Align::center,
                   13);
    }
    picture.line(line, 1, colors::blue);
    picture.text(x + width / 2, y + height + 36, "training images", colors::gray, Align::center,
                 12);
  }
  picture.write();
}

// The groups that have all methods, by their number of images.
inline std::vector<StudyGroup> groups_of_all(const std::vector<StudyGroup>& groups) {
  std::vector<StudyGroup> result;
  for (const StudyGroup& group : groups)
    if (std::count(group.methods.begin(), group.methods.end(), "CutMix+CutOut") != 0)
      result.push_back(group);
  std::sort(result.begin(), result.end(),
            [](const StudyGroup& a, const StudyGroup& b) { return a.images < b.images; });
  return result;
}

}  // namespace study_report

inline void print_study(const StudyResults& results, const std::vector<StudyGroup>& groups) {
  namespace report = study_report;
  const auto columns = report::groups_of_all(groups);
  report::print_claims(results, columns);
  for (const StudyGroup& column : columns) report::print_group(results, column);
  report::print_options(results, groups);
  report::print_lengths(results, groups);
}

inline void draw_study(const std::string& folder, const StudyResults& results,
                       const std::vector<StudyGroup>& groups) {
  const auto columns = study_report::groups_of_all(groups);
  study_report::draw_accuracy(folder + "/study_accuracy.png", results, columns);
  study_report::draw_gain(folder + "/study_gain.png", results, columns);
}

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_TRAINING_STUDY_REPORT_HPP
