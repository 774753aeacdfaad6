// Draws pictures of what the library does to images, video, volumes and detections, and of the box
// laws: coverage maps and label weights.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cutmix/cutmix.hpp>
#include <iomanip>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "../common/available_data.hpp"
#include "../common/command_line.hpp"
#include "../common/dataset.hpp"
#include "../common/draws.hpp"
#include "../common/mixing_options.hpp"
#include "contact_sheet.hpp"
#include "detection_sheet.hpp"
#include "picture.hpp"
#include "video_strip.hpp"
#include "volume_sheet.hpp"

namespace examples {
namespace {

struct Settings {
  double alpha = 1;
  Index draws = 200000;
  std::uint32_t seed = 5;
  std::string data = fashion_mnist_directory;
  std::string out = ".";
};

std::string as_text(double value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

std::string percent(double share) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(share > 0 && share < 0.1 ? 1 : 0) << 100 * share << " %";
  return out.str();
}

// A colour for a share in [0, 1], from dark to bright: readable in print and by the colour-blind.
Color heat(double share) {
  static const std::array<Color, 6> stops = {{{0.15, 0.05, 0.23},
                                              {0.27, 0.20, 0.49},
                                              {0.17, 0.44, 0.56},
                                              {0.13, 0.64, 0.53},
                                              {0.48, 0.82, 0.32},
                                              {0.99, 0.91, 0.15}}};
  const double position = std::clamp(share, 0.0, 1.0) * (stops.size() - 1);
  const auto left = std::min(static_cast<std::size_t>(position), stops.size() - 2);
  const double t = position - static_cast<double>(left);
  const Color& a = stops[left];
  const Color& b = stops[left + 1];
  return {a.red + t * (b.red - a.red), a.green + t * (b.green - a.green),
          a.blue + t * (b.blue - a.blue)};
}

// Calls visit(box, label weight) for many plans of one image.
template <class Visit>
void draw_plans(const cutmix::BoxLaw& law, double alpha, Index side, const Settings& settings,
                const Visit& visit) {
  cutmix::Options options;
  options.alpha = alpha;
  options.box_law = law;
  auto rng = make_engine(settings.seed, Stream::pictures);
  cutmix::Plan plan;
  for (Index i = 0; i < settings.draws; ++i) {
    cutmix::make_plan({1, side, side}, options, rng, plan);
    visit(plan.box(0), plan.lambda(0));
  }
}

// The share of draws that replace each pixel; rows of a square image.
std::vector<double> coverage(const cutmix::BoxLaw& law, Index side, const Settings& settings) {
  // A box adds 1 to its pixels: noted at its corners, spread by the sums over rows and columns.
  const Index stride = side + 1;
  std::vector<double> map(static_cast<std::size_t>(stride * stride));
  const auto at = [&](Index x, Index y) -> double& {
    return map[static_cast<std::size_t>(y * stride + x)];
  };
  draw_plans(law, settings.alpha, side, settings, [&](const cutmix::BBox& box, double) {
    ++at(box.x1, box.y1);
    ++at(box.x2, box.y2);
    --at(box.x2, box.y1);
    --at(box.x1, box.y2);
  });
  for (Index y = 0; y < stride; ++y) {
    for (Index x = 1; x < stride; ++x) at(x, y) += at(x - 1, y);
  }
  for (Index y = 1; y < stride; ++y) {
    for (Index x = 0; x < stride; ++x) at(x, y) += at(x, y - 1);
  }
  std::vector<double> shares;
  for (Index y = 0; y < side; ++y) {
    for (Index x = 0; x < side; ++x) {
      shares.push_back(at(x, y) / static_cast<double>(settings.draws));
    }
  }
  return shares;
}

void draw_coverage(const Settings& settings) {
  const Index side = 64;
  const int scale = 5, gap = 24, margin = 24, line = 24;
  const int panel = static_cast<int>(side) * scale;
  const Named<cutmix::BoxLaw> laws = box_laws();
  std::vector<std::vector<double>> maps;
  double largest = 0;
  for (const auto& law : laws) {
    maps.push_back(coverage(law.second, side, settings));
    largest = std::max(largest, *std::max_element(maps.back().begin(), maps.back().end()));
  }
  // The scale ends at a round share, and so do its quarters.
  largest = std::max(0.2, std::ceil(largest * 5) / 5);

  const auto count = static_cast<int>(laws.size());
  const int bar = 20, ticks = 64;
  const int top = margin + 4 * line;
  Picture picture(settings.out + "/coverage.png", 2 * margin + count * (panel + gap) + bar + ticks,
                  top + panel + line + margin);
  picture.text(margin, margin + 16,
               "How often each pixel of an image is replaced, alpha = " + as_text(settings.alpha),
               colors::ink, Align::left, 18);
  picture.text(margin, margin + 16 + line,
               "The same for one box a batch and a box for each image: here, " +
                   std::to_string(settings.draws) + " boxes a law.",
               colors::gray);
  for (int i = 0; i < count; ++i) {
    const auto& map = maps[static_cast<std::size_t>(i)];
    const int x = margin + i * (panel + gap);
    picture.text(x, top - 8, laws[static_cast<std::size_t>(i)].first, colors::ink);
    picture.raster(
        x, top, scale, static_cast<int>(side), static_cast<int>(side),
        [&](int u, int v) { return heat(map[static_cast<std::size_t>(v * side + u)] / largest); });
    const auto [least, most] = std::minmax_element(map.begin(), map.end());
    picture.text(x, top + panel + line, percent(*least) + " to " + percent(*most), colors::gray);
  }
  const int x = margin + count * (panel + gap);
  for (int y = 0; y < panel; ++y) picture.fill(x, top + y, bar, 1, heat(1 - (y + 0.5) / panel));
  for (int tick = 0; tick <= 4; ++tick) {
    const int y = top + (panel - 2) * (4 - tick) / 4;
    picture.fill(x + bar, y, 6, 2, colors::gray);
    picture.text(x + bar + 10, y + 7, percent(largest * tick / 4), colors::gray);
  }
  picture.write();
}

// The share of draws in each of the bins of [0, 1].
class Histogram {
 public:
  explicit Histogram(int bins) : counts_(static_cast<std::size_t>(bins)) {}

  void add(double value) {
    const auto bins = static_cast<double>(counts_.size());
    ++counts_[static_cast<std::size_t>(std::min(value * bins, bins - 1))];
    ++total_;
  }
  int bins() const { return static_cast<int>(counts_.size()); }
  double share(int bin) const { return counts_[static_cast<std::size_t>(bin)] / total_; }
  double largest_share() const {
    return *std::max_element(counts_.begin(), counts_.end()) / total_;
  }

 private:
  std::vector<double> counts_;
  double total_ = 0;
};

// An area for the label weights, a line for the lambdas drawn, in a box of the given size.
void draw_histogram(Picture& picture, double x, double y, double width, double height,
                    const Histogram& weights, const Histogram& lambdas, double top_share) {
  const auto outline = [&](const Histogram& histogram) {
    Picture::Points points;
    const double bar = width / histogram.bins();
    for (int bin = 0; bin < histogram.bins(); ++bin) {
      const double level = y + height * (1 - histogram.share(bin) / top_share);
      points.insert(points.end(), {{x + bin * bar, level}, {x + (bin + 1) * bar, level}});
    }
    return points;
  };
  Picture::Points area = outline(weights);
  area.insert(area.end(), {{x + width, y + height}, {x, y + height}});
  picture.polygon(area, colors::blue);
  picture.line(outline(lambdas), 2, colors::orange);
  picture.fill(x, y + height, width, 2, colors::gray);
}

void draw_weights(const Settings& settings) {
  const Index side = 224;
  const int bins = 40, gap = 32, margin = 24, line = 24, heading = 110;
  const int width = 320, height = 150;
  const std::vector<double> alphas = {0.3, 1, 3};
  const Named<cutmix::BoxLaw> laws = box_laws();
  const int top = margin + 5 * line;
  const int pitch_x = width + gap;
  const int pitch_y = height + 60;
  Picture picture(settings.out + "/weights.svg",
                  2 * margin + heading + static_cast<int>(laws.size()) * pitch_x - gap,
                  top + static_cast<int>(alphas.size()) * pitch_y - 30 + margin);
  picture.text(margin, margin + 16,
               "The label weight that an image keeps: share of draws in each of 40 bins",
               colors::ink, Align::left, 18);
  picture.text(margin, margin + 16 + line,
               "The same for one box a batch and a box for each image: here, " +
                   std::to_string(settings.draws) + " boxes a histogram.",
               colors::gray);
  picture.text(margin, margin + 16 + 2 * line, "area: label weights", colors::blue);
  picture.text(margin + 180, margin + 16 + 2 * line, "line: the drawn lambda", colors::orange);

  for (std::size_t row = 0; row < alphas.size(); ++row) {
    const double alpha = alphas[row];
    Histogram lambdas(bins);
    auto rng = make_engine(settings.seed, Stream::mixing);
    for (Index i = 0; i < settings.draws; ++i) lambdas.add(cutmix::gen_cutmix_lambda(alpha, rng));
    std::vector<Histogram> weights(laws.size(), Histogram(bins));
    double top_share = lambdas.largest_share();
    for (std::size_t i = 0; i < laws.size(); ++i) {
      draw_plans(laws[i].second, alpha, side, settings,
                 [&](const cutmix::BBox&, double weight) { weights[i].add(weight); });
      top_share = std::max(top_share, weights[i].largest_share());
    }

    const int y = top + static_cast<int>(row) * pitch_y;
    picture.text(margin, y + height / 2 + 6, "alpha " + as_text(alpha), colors::ink);
    picture.text(margin, y + 12, "top " + percent(top_share), colors::gray);
    for (std::size_t i = 0; i < laws.size(); ++i) {
      const int x = margin + heading + static_cast<int>(i) * pitch_x;
      if (row == 0) picture.text(x, top - 12, laws[i].first, colors::ink);
      draw_histogram(picture, x, y, width, height, weights[i], lambdas, top_share);
      picture.text(x, y + height + 22, "0", colors::gray);
      picture.text(x + width / 2, y + height + 22, "0.5", colors::gray, Align::center);
      picture.text(x + width, y + height + 22, "1", colors::gray, Align::right);
    }
  }
  picture.write();
}

// The reference law in both scopes, then each of the other laws with a box for each image. Every
// image has a partner other than itself, so that a small sheet shows as much as it can.
void draw_contact_sheets(const Dataset& data, const Settings& settings) {
  cutmix::Options options;
  options.alpha = settings.alpha;
  options.pairing = cutmix::Pairing::derangement;
  const auto draw = [&](const std::string& name, const std::string& law) {
    write_contact_sheet(settings.out + "/" + name + ".png",
                        "CutMix on " + data.name + ", box law: " + law, data, options,
                        settings.seed);
  };
  const Named<cutmix::BoxLaw> laws = box_laws();
  draw("contact_sheet_batch", laws.front().first);
  options.scope = cutmix::Scope::sample;
  for (const auto& [name, law] : laws) {
    options.box_law = law;
    draw(name == laws.front().first ? "contact_sheet" : "contact_sheet_" + name, name);
  }
}

}  // namespace
}  // namespace examples

int main(int argc, char** argv) {
  CLI::App app(
      "Draws pictures: contact_sheet*.png (what CutMix does, by scope and box law),\n"
      "video_strip.png, volume_sheet.png and detection_sheet.png (the same elsewhere), "
      "coverage.png\n"
      "(how often each pixel is replaced) and weights.svg (how the label weights are distributed).",
      "gallery");
  app.option_defaults()->always_capture_default();
  examples::Settings settings;
  app.add_option("--alpha", settings.alpha,
                 "lambda is drawn from Beta(alpha, alpha), in contact_sheet*.png and coverage.png");
  app.add_option("--draws", settings.draws, "boxes drawn for each map and histogram")
      ->check(CLI::Range(cutmix::Index(1), cutmix::Index(1000000000)));
  app.add_option("--seed", settings.seed, "of all draws");
  app.add_option("--data", settings.data, "where the IDX files of Fashion-MNIST are")
      ->type_name("DIR");
  app.add_option("--out", settings.out, "where the pictures go")->type_name("DIR");
  return examples::parse_and_run(app, argc, argv, [&] {
    const examples::Dataset data = examples::load_available_data(settings.data, 200, 1);
    examples::draw_contact_sheets(data, settings);
    examples::write_video_strip(settings.out + "/video_strip.png", data, settings.seed);
    examples::write_volume_sheet(settings.out + "/volume_sheet.png", settings.seed);
    examples::write_detection_sheet(settings.out + "/detection_sheet.png", data, settings.seed);
    examples::draw_coverage(settings);
    examples::draw_weights(settings);
  });
}
