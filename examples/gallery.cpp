// Draws pictures of the box laws: contact sheets, coverage maps and label weights.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cutmix/cutmix.hpp>
#include <iomanip>
#include <iostream>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "available_data.hpp"
#include "canvas.hpp"
#include "command_line.hpp"
#include "contact_sheet.hpp"
#include "dataset.hpp"
#include "draws.hpp"
#include "mixing_options.hpp"

namespace examples {
namespace {

struct Settings {
  double alpha = 1;
  Index draws = 200000;
  std::uint32_t seed = 1;
  std::string data = fashion_mnist_directory;
  std::string out = ".";
};

// Nothing where only the help was asked for.
std::optional<Settings> parse_settings(int argc, char** argv) {
  Settings settings;
  CommandLine line(
      "Draws pictures of the box laws: a contact sheet for each, coverage.png (how often each\n"
      "pixel is replaced) and weights.png (how the label weights are distributed).");
  line.number("alpha", "lambda is drawn from Beta(alpha, alpha), in all but weights.png",
              settings.alpha, 0, std::numeric_limits<double>::infinity());
  line.number("draws", "boxes drawn for each map and histogram", settings.draws, 1, 1e9);
  line.number("seed", "of all draws", settings.seed, 0, 4294967295.0);
  line.text("data", "DIR", "where the IDX files of Fashion-MNIST are", settings.data);
  line.text("out", "DIR", "where the pictures go", settings.out);
  if (!line.parse(argc, argv)) return std::nullopt;
  return settings;
}

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

void save(const Canvas& canvas, const std::string& path) {
  canvas.write_png(path);
  std::cout << "Wrote " << path << std::endl;
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
    cutmix::make_plan(1, side, side, options, rng, plan);
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
  const int scale = 5, gap = 24, margin = 24, line = 26;
  const auto panel = static_cast<int>(side) * scale;
  const NamedLaws laws = box_laws();
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
  const int top = margin + 3 * line;
  Canvas canvas(2 * margin + count * (panel + gap) + bar + ticks, top + panel + line + margin);
  canvas.text(margin, margin,
              "How often each pixel is replaced, alpha = " + as_text(settings.alpha), colors::ink);
  for (int i = 0; i < count; ++i) {
    const auto& map = maps[static_cast<std::size_t>(i)];
    const int x = margin + i * (panel + gap);
    canvas.text(x, top - line, laws[static_cast<std::size_t>(i)].first, colors::ink);
    canvas.raster(x, top, scale, static_cast<int>(side), static_cast<int>(side), [&](int u, int v) {
      return heat(map[static_cast<std::size_t>(v * side + u)] / largest);
    });
    const auto [least, most] = std::minmax_element(map.begin(), map.end());
    canvas.text(x, top + panel + 12, percent(*least) + " to " + percent(*most), colors::gray);
  }
  const int x = margin + count * (panel + gap);
  for (int y = 0; y < panel; ++y) {
    canvas.fill(x, top + y, bar, 1, heat(1 - (y + 0.5) / panel));
  }
  for (int tick = 0; tick <= 4; ++tick) {
    const int y = top + (panel - 1) * (4 - tick) / 4;
    canvas.fill(x + bar, y, 6, 2, colors::gray);
    canvas.text(x + bar + 10, std::max(top, y - 7), percent(largest * tick / 4), colors::gray);
  }
  save(canvas, path_in(settings.out, "coverage.png"));
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

// Bars for the label weights, a line for the lambdas drawn, in a box of the given size.
void draw_histogram(Canvas& canvas, int x, int y, int width, int height, const Histogram& weights,
                    const Histogram& lambdas, double top_share) {
  const int bar = width / weights.bins();
  const auto length = [&](double share) {
    return static_cast<int>(std::lround(std::min(1.0, share / top_share) * height));
  };
  int previous = 0;
  for (int bin = 0; bin < weights.bins(); ++bin) {
    const int left = x + bin * bar;
    const int weight = length(weights.share(bin));
    canvas.fill(left, y + height - weight, bar - 1, weight, colors::blue);
    const int lambda = length(lambdas.share(bin));
    if (bin > 0) {
      canvas.fill(left - 1, y + height - std::max(lambda, previous), 2,
                  std::abs(lambda - previous) + 2, colors::orange);
    }
    canvas.fill(left, y + height - lambda, bar, 2, colors::orange);
    previous = lambda;
  }
  canvas.fill(x, y + height, width, 2, colors::gray);
}

void draw_weights(const Settings& settings) {
  const Index side = 224;
  const int bins = 40, bar = 8, gap = 32, margin = 24, line = 26, heading = 150;
  const int width = bins * bar, height = 150;
  const std::vector<double> alphas = {0.3, 1, 3};
  const NamedLaws laws = box_laws();
  const int top = margin + 4 * line;
  const int pitch_x = width + gap;
  const int pitch_y = height + 60;
  Canvas canvas(2 * margin + heading + static_cast<int>(laws.size()) * pitch_x - gap,
                top + static_cast<int>(alphas.size()) * pitch_y - 20 + margin);
  canvas.text(margin, margin,
              "The label weight that an image keeps: share of draws in each of 40 bins",
              colors::ink);
  canvas.text(margin, margin + line, "bars: label weights", colors::blue);
  canvas.text(margin + 260, margin + line, "line: the drawn lambda", colors::orange);

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
    canvas.text(margin, y + height / 2 - 7, "alpha " + as_text(alpha), colors::ink);
    canvas.text(margin, y, "top " + percent(top_share), colors::gray);
    for (std::size_t i = 0; i < laws.size(); ++i) {
      const int x = margin + heading + static_cast<int>(i) * pitch_x;
      if (row == 0) canvas.text(x, top - line - 8, laws[i].first, colors::ink);
      draw_histogram(canvas, x, y, width, height, weights[i], lambdas, top_share);
      canvas.text(x, y + height + 10, "0", colors::gray);
      canvas.centered_text(x + width / 2, y + height + 10, "0.5", colors::gray);
      canvas.text(x + width - 10, y + height + 10, "1", colors::gray);
    }
  }
  save(canvas, path_in(settings.out, "weights.png"));
}

void draw_contact_sheets(const Settings& settings) {
  const Dataset data = load_available_data(settings.data, 200, 1);
  for (const auto& law : box_laws()) {
    cutmix::Options options;
    options.alpha = settings.alpha;
    options.box_law = law.second;
    const std::string path = path_in(settings.out, "contact_sheet_" + law.first + ".png");
    write_contact_sheet(path, "CutMix on " + data.name + ", box law: " + law.first, data.train,
                        data.classes, options, settings.seed);
    std::cout << "Wrote " << path << std::endl;
  }
}

}  // namespace
}  // namespace examples

int main(int argc, char** argv) {
  return examples::guarded("gallery", [&] {
    const auto settings = examples::parse_settings(argc, argv);
    if (!settings) return;
    examples::draw_contact_sheets(*settings);
    examples::draw_coverage(*settings);
    examples::draw_weights(*settings);
  });
}
