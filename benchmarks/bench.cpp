// The benchmark: `bench [--out DIR] [--quick] [--bytes]`.
//
// Prints one table in Markdown, split by kind so that it can be read: each row a shape, each column
// a contender, each number the ratio of its median time to the row's base. Writes the same to
// DIR/bench.json, and a chart to DIR/bench.svg.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "contenders.hpp"
#include "machine.hpp"
#include "report.hpp"

namespace {

using namespace bench;

struct Arguments {
  std::filesystem::path out = ".";
  bool quick = false, bytes = false;
};

constexpr const char* usage =
    "usage: bench [--out DIR] [--quick] [--bytes]\n"
    "  --out DIR  where to write bench.json and bench.svg; the working directory if not given\n"
    "  --quick    a third of the rounds\n"
    "  --bytes    the tables \"From bytes to batch\" alone\n";

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--quick") {
      arguments.quick = true;
    } else if (argument == "--bytes") {
      arguments.bytes = true;
    } else if (argument == "--out" && i + 1 < argc) {
      arguments.out = argv[++i];
    } else {
      std::cerr << usage;
      std::exit(argument == "--help" ? 0 : 2);
    }
  }
  return arguments;
}

void append(std::vector<Contender>& all, std::vector<Contender> more) {
  for (Contender& contender : more) all.push_back(std::move(contender));
}

template <class Scalar>
RowResult measure_images(const std::string& name, const Shape& shape, bool with_variants,
                         int rounds) {
  const Images<Scalar> images(shape);
  const Plans plans = make_plans(shape);
  Row row{name, image_contenders(images, plans)};
  append(row.contenders, torch_image_contenders(images, plans));
  if constexpr (std::is_same_v<Scalar, float>) {
    append(row.contenders, mixup_contenders(images, plans));
    append(row.contenders, torch_mixup_contenders(images, plans));
    if (with_variants) append(row.contenders, variant_contenders(images, plans));
  }
  return measure(row, rounds);
}

RowResult measure_bytes(const std::string& name, const Shape& shape, int rounds) {
  const Decoded decoded(shape);
  const Plans plans = make_plans(shape);
  Row row{name, bytes_contenders(decoded, plans)};
  append(row.contenders, torch_bytes_contenders(decoded, plans));
  return measure(row, rounds);
}

RowResult measure_labels(int rounds) {
  const Labels labels(1024, 1000);
  const Plans plans = make_plans({1024, 3, 32, 32});
  Row row{"1024x1000", label_contenders(labels, plans)};
  append(row.contenders, torch_label_contenders(labels, plans));
  return measure(row, rounds);
}

Report run(const Arguments& arguments) {
  Report report{describe_machine(), {}};
  const auto keep = [&report](RowResult row) {
    std::cerr << "measured " << row.name << '\n';
    report.rows.push_back(std::move(row));
  };
  // Small rows are over in a moment, so they get more rounds.
  const int few = arguments.quick ? 5 : 15, many = arguments.quick ? 11 : 33;
  const Shape batch_64{64, 3, 224, 224}, batch_256{256, 3, 224, 224};
  keep(measure_bytes("64x224x224x3 u8 to f32", batch_64, few));
  keep(measure_bytes("256x32x32x3 u8 to f32", {256, 3, 32, 32}, many));
  if (arguments.bytes) return report;
  const Shape small_128{128, 3, 32, 32}, small_1024{1024, 3, 32, 32};
  keep(measure_images<float>("64x3x224x224 f32", batch_64, true, few));
  keep(measure_images<Eigen::bfloat16>("64x3x224x224 bf16", batch_64, false, few));
  keep(measure_images<std::uint8_t>("64x3x224x224 u8", batch_64, false, few));
  keep(measure_images<float>("256x3x224x224 f32", batch_256, false, few));
  keep(measure_images<Eigen::bfloat16>("256x3x224x224 bf16", batch_256, false, few));
  keep(measure_images<std::uint8_t>("256x3x224x224 u8", batch_256, false, few));
  keep(measure_images<float>("128x3x32x32 f32", small_128, true, many));
  keep(measure_images<std::uint8_t>("128x3x32x32 u8", small_128, false, many));
  keep(measure_images<float>("1024x3x32x32 f32", small_1024, false, many));
  keep(measure_images<std::uint8_t>("1024x3x32x32 u8", small_1024, false, many));
  keep(measure_labels(many));
  keep(measure({"B = 256", drawing_contenders()}, many));
  return report;
}

// Google Benchmark takes its options from a command line; ours are no business of its.
void initialize_benchmark(char* program) {
  std::string interleave = "--benchmark_enable_random_interleaving=true";
  char* arguments[] = {program, interleave.data(), nullptr};
  int count = 2;
  benchmark::Initialize(&count, arguments);
}

std::ofstream open(const std::filesystem::path& path) {
  std::ofstream file(path);
  if (!file) throw std::runtime_error(path.string() + ": cannot be written");
  return file;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Arguments arguments = parse(argc, argv);
    std::filesystem::create_directories(arguments.out);
    std::ofstream json = open(arguments.out / "bench.json");
    std::ofstream svg = open(arguments.out / "bench.svg");
    initialize_benchmark(argv[0]);
    const Report report = run(arguments);
    write_markdown(std::cout, report);
    write_json(json, report);
    write_svg(svg, report);
  } catch (const std::exception& error) {
    std::cerr << "bench: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
