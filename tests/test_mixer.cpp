// The functor: what it draws and applies in all of its forms, and what it is after an error.

// Eigen's check for allocations is an assertion.
#undef NDEBUG
#define EIGEN_RUNTIME_NO_MALLOC
#define EIGEN_USE_THREADS

#include <array>
#include <atomic>
#include <cutmix/eigen.hpp>
#include <cutmix/mixer.hpp>
#include <iomanip>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "random_calls.hpp"

using namespace testing;
using cutmix::BatchView;
using cutmix::CutMix;
using cutmix::LabelOptions;
using cutmix::make_plan;
using cutmix::mix_images;
using cutmix::mix_labels;
using cutmix::Options;
using cutmix::Pairing;
using cutmix::Philox4x32;
using cutmix::Scope;
using cutmix::view;

extern std::atomic<long> allocations;  // counted in counting_malloc.cpp

namespace {

// ---- a plain batch, for all else ----

constexpr Index B = 6, H = 7, W = 9;

// Rows of H x W bytes, their ids, and room for what comes of them.
struct Bytes {
  std::vector<unsigned char> x = std::vector<unsigned char>(nth(B * H * W));
  std::vector<unsigned char> x_out = std::vector<unsigned char>(nth(B * H * W), 0xEE);
  std::vector<int> y = std::vector<int>(nth(B));
  std::vector<float> y_out = std::vector<float>(nth(B * n_classes), -7.0f);

  Bytes() {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<unsigned char>(i * 7);
    for (std::size_t b = 0; b < y.size(); ++b) y[b] = static_cast<int>(b * 3 % nth(n_classes));
  }
  bool operator==(const Bytes& other) const {
    return x == other.x && x_out == other.x_out && y == other.y && y_out == other.y_out;
  }
  BatchView images() { return view(x.data(), {B, H, W}); }
  BatchView mixed() { return view(x_out.data(), {B, H, W}); }
  BatchView targets() { return view(y_out.data(), {B, n_classes}); }
};

// Calls one functor in each form on data of its own.
constexpr int forms = 8;
template <class Mixer>
void run_form(int form, Mixer& mixer, Bytes& data, const Bytes& source) {
  const auto serial = [](Index parts, cutmix::Part part) {
    for (Index i = 0; i < parts; ++i) part(i);
  };
  const auto from = view(source.x.data(), {B, H, W});
  switch (form) {
    case 0:
      return mixer(data.images(), data.y, data.mixed(), data.targets());
    case 1:
      return mixer(serial, data.images(), data.y, data.mixed(), data.targets());
    case 2:
      return mixer(data.images(), data.y, from, source.y, data.mixed(), data.targets());
    case 3:
      return mixer(serial, data.images(), data.y, from, source.y, data.mixed(), data.targets());
    case 4:
      return mixer.in_place(data.images(), data.y, data.targets());
    case 5:
      return mixer.in_place(serial, data.images(), data.y, data.targets());
    case 6:
      return mixer.in_place(data.images(), data.y, from, source.y, data.targets());
    default:
      return mixer.in_place(serial, data.images(), data.y, from, source.y, data.targets());
  }
}

bool has_source(int form) { return form == 2 || form == 3 || form == 6 || form == 7; }
bool is_in_place(int form) { return form >= 4; }

BatchShape shape_of_form(int form) { return {B, H, W, 1, has_source(form) ? B : -1}; }

// What a form should leave behind.
Bytes expected_of(int form, const Plan& plan, const LabelOptions& options, Bytes data,
                  const Bytes& source) {
  std::vector<unsigned char> mixed(data.x.size());
  const auto out = view(mixed.data(), {B, H, W});
  if (has_source(form)) {
    mix_images(plan, data.images(), view(source.x.data(), {B, H, W}), out);
    mix_labels(plan, data.y, source.y, n_classes, data.targets(), options);
  } else {
    mix_images(plan, data.images(), out);
    mix_labels(plan, data.y, n_classes, data.targets(), options);
  }
  (is_in_place(form) ? data.x : data.x_out) = mixed;
  return data;
}

}  // namespace

TEST_CASE("the functor is make_plan, mix_images and mix_labels") {
  for (std::uint32_t seed = 3000; seed < 3800; ++seed) {
    INFO("seed " << seed);
    Dice dice(seed);
    check_calls(dice, seed);
  }
}

TEST_CASE("every form uses the options of labels") {
  Options options;
  options.scope = Scope::sample;
  options.box_law = cutmix::MinMaxLaw(0.3, 0.8);
  options.labels.smoothing = 0.2;
  options.labels.ignore_id = 3;
  for (int form = 0; form < forms; ++form)
    for (const bool enabled : {true, false}) {
      INFO("form " << form);
      Bytes data, source;
      for (auto& value : source.x) value = static_cast<unsigned char>(255 - value);
      for (auto& id : source.y) id = (id + 1) % static_cast<int>(n_classes);
      Philox4x32 rng(11);
      CutMix mixer(options, n_classes, rng);
      mixer.enabled = enabled;
      const BatchShape shape = shape_of_form(form);
      const Plan plan = enabled ? make_plan(shape, options, rng) : Plan::identity(shape);
      const Bytes expected = expected_of(form, plan, options.labels, data, source);
      run_form(form, mixer, data, source);
      CHECK(data == expected);
      CHECK(data.y_out != expected_of(form, plan, {}, data, source).y_out);
    }
  Eigen::Tensor<float, 4, Eigen::RowMajor> x(2, 1, 3, 4);
  x.setZero();
  const std::vector<int> ids{0, 3};
  CutMix mixer(options, n_classes, Philox4x32(1));
  mixer.enabled = false;
  const auto targets = mixer(x, ids).second;
  CHECK(targets(0, 0) == Approx(0.84));
  CHECK(targets(0, 1) == Approx(0.04));
  CHECK(targets(1, 3) == 0);
}

TEST_CASE("enabled switches mixing off and spends nothing, in every form, from the first call on") {
  for (int form = 0; form < forms; ++form) {
    INFO("form " << form);
    Bytes data;
    Bytes source;
    for (auto& value : source.x) value = 1;
    const Bytes before = data;
    Options options;
    options.scope = Scope::sample;
    options.indices = Indices(nth(B), 2);  // what is no permutation matters only when it is used
    CutMix mixer(options, n_classes, Philox4x32(7));
    mixer.enabled = false;
    run_form(form, mixer, data, source);
    CHECK(mixer.rng() == Philox4x32(7));
    CHECK(data.x == before.x);
    if (!is_in_place(form)) CHECK(data.x_out == before.x);
    for (Index b = 0; b < B; ++b)
      for (Index j = 0; j < n_classes; ++j)
        CHECK(data.y_out[nth(b * n_classes + j)] == (data.y[nth(b)] == j ? 1.0f : 0.0f));
    CHECK(mixer.plan() == Plan::identity(shape_of_form(form)));
    CHECK(mixer.cutmix_lambda() == 1);
    CHECK(mixer.bbox().empty());
    if (!has_source(form)) CHECK(mixer.indices() == Indices{0, 1, 2, 3, 4, 5});
  }
  CutMix mixer(1.0, n_classes, Philox4x32(7));
  mixer.enabled = false;
  CHECK(mixer.draw({3, 4, 5}) == Plan::identity({3, 4, 5}));
  CHECK(mixer.rng() == Philox4x32(7));
  // Training goes on as if nothing had been evaluated.
  CutMix other(1.0, n_classes, Philox4x32(7));
  mixer.enabled = true;
  CHECK(mixer.draw({3, 4, 5}) == other.draw({3, 4, 5}));
}

TEST_CASE("forms agree on every device, and the device is used", "[threads]") {
  using Images = Eigen::Tensor<float, 4, Eigen::RowMajor>;
  const Index batch = 9, channels = 2, height = 300, width = 310;
  Images x(batch, channels, height, width), mixed(batch, channels, height, width);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i % 10007);
  std::vector<int> y;
  for (int b = 0; b < 9; ++b) y.push_back(b % 5);
  Eigen::Tensor<float, 2, Eigen::RowMajor> targets(batch, n_classes);
  Eigen::ThreadPool pool(3);
  const Eigen::ThreadPoolDevice threads(&pool, 3);
  const Eigen::DefaultDevice one;
  std::atomic<int> parts_run{0};
  const auto backwards = [&](Index parts, cutmix::Part part) {
    for (Index i = parts; i-- > 0; ++parts_run) part(i);
  };
  for (const Scope scope : {Scope::batch, Scope::sample}) {
    Options options;
    options.scope = scope;
    options.box_law = cutmix::MinMaxLaw(0.8, 1);
    const CutMix<> start(options, n_classes, Philox4x32(5));
    CutMix<> reference = start;
    Images expected_x = x;
    Eigen::Tensor<float, 2, Eigen::RowMajor> expected_y(batch, n_classes);
    reference(x, y, expected_x, expected_y);
    Plan drawn = reference.plan();
    const auto check = [&](const auto& call) {
      CutMix<> mixer = start;
      mixed.setZero(), targets.setZero();
      call(mixer);
      CHECK(same_bytes(mixed, expected_x));
      CHECK(same_bytes(targets, expected_y));
      CHECK(mixer.plan() == drawn);
      CHECK(mixer.rng() == reference.rng());
    };
    check([&](auto& mixer) { mixer(x, y, mixed, targets); });
    check([&](auto& mixer) { mixer(one, x, y, mixed, targets); });
    check([&](auto& mixer) { mixer(threads, x, y, mixed, targets); });
    parts_run = 0;
    check([&](auto& mixer) { mixer(backwards, x, y, mixed, targets); });
    CHECK(parts_run > 1);
    check([&](auto& mixer) { mixed = x, mixer.in_place(mixed, y, targets); });
    check([&](auto& mixer) { mixed = x, mixer.in_place(one, mixed, y, targets); });
    check([&](auto& mixer) { mixed = x, mixer.in_place(threads, mixed, y, targets); });
    parts_run = 0;
    check([&](auto& mixer) { mixed = x, mixer.in_place(backwards, mixed, y, targets); });
    CHECK(parts_run > 1);
    // The same batch again, as the source of its own partners.
    const Images same = x;
    drawn.shape.source = batch;
    check([&](auto& mixer) { mixer(x, y, same, y, mixed, targets); });
    parts_run = 0;
    check([&](auto& mixer) { mixer(backwards, x, y, same, y, mixed, targets); });
    CHECK(parts_run > 1);
    check([&](auto& mixer) { mixed = x, mixer.in_place(mixed, y, same, y, targets); });
    check([&](auto& mixer) { mixed = x, mixer.in_place(threads, mixed, y, same, y, targets); });
    parts_run = 0;
    check([&](auto& mixer) { mixed = x, mixer.in_place(backwards, mixed, y, same, y, targets); });
    CHECK(parts_run > 1);
  }
}

TEST_CASE("a source of another size: a batch of one mixes with eight") {
  std::vector<unsigned char> x(nth(H * W), 1), out(nth(H * W)), pool(nth(8 * H * W));
  std::vector<int> pool_ids;
  for (int s = 0; s < 8; ++s) {
    std::fill_n(pool.begin() + s * H * W, H * W, static_cast<unsigned char>(10 + s));
    pool_ids.push_back(s);
  }
  const std::array<int, 1> id{8};
  std::array<float, 9> targets{};
  const auto images = view(x.data(), {1, H, W}), mixed = view(out.data(), {1, H, W});
  const auto source = view(pool.data(), {8, H, W});
  CutMix mixer(1.0, 9, Philox4x32(12));
  std::array<int, 8> met{};
  for (int step = 0; step < 200; ++step) {
    mixer(images, id, source, pool_ids, mixed, view(targets.data(), {1, 9}));
    const Index partner = mixer.indices()[0];
    REQUIRE((partner >= 0 && partner < 8));
    ++met[nth(partner)];
    Index inside = 0;
    for (const auto pixel : out) {
      REQUIRE((pixel == 1 || pixel == 10 + partner));
      inside += pixel != 1 ? 1 : 0;
    }
    const auto share = static_cast<double>(inside) / static_cast<double>(H * W);
    CHECK(mixer.cutmix_lambda() == 1 - share);
    CHECK(targets[nth(partner)] == static_cast<float>(share));
    CHECK(targets[8] == static_cast<float>(1 - share));
    auto in_place = x;
    CutMix again = mixer;
    again.rng() = Philox4x32(static_cast<std::uint32_t>(step));
    CutMix other = again;
    again(images, id, source, pool_ids, mixed, view(targets.data(), {1, 9}));
    other.in_place(view(in_place.data(), {1, H, W}), id, source, pool_ids,
                   view(targets.data(), {1, 9}));
    CHECK(in_place == out);
  }
  for (const int count : met) CHECK(count > 5);  // of 25 on average
}

TEST_CASE("half of the samples as the partners of the other half") {
  // timm's `half`: a loader's 2 B samples become B, each with its mirror image in the list.
  std::vector<unsigned char> loaded(nth(2 * B * H * W)), out(nth(B * H * W));
  for (Index b = 0; b < 2 * B; ++b)
    std::fill_n(loaded.begin() + b * H * W, H * W, static_cast<unsigned char>(b));
  std::vector<int> ids;
  for (int b = 0; b < 2 * B; ++b) ids.push_back(b);
  std::vector<float> targets(nth(B * 2 * B));
  Options options;
  options.pairing = Pairing::reversed;
  options.box_law = cutmix::MinMaxLaw(0.3, 0.7);
  CutMix mixer(options, 2 * B, Philox4x32(13));
  mixer(view(loaded.data(), {B, H, W}), view(ids.data(), {B}),
        view(loaded.data() + B * H * W, {B, H, W}), view(ids.data() + B, {B}),
        view(out.data(), {B, H, W}), view(targets.data(), {B, 2 * B}));
  const BBox& box = mixer.bbox();
  for (Index b = 0; b < B; ++b) {
    const Index mirrored = 2 * B - 1 - b;
    for (Index row = 0; row < H; ++row)
      for (Index column = 0; column < W; ++column)
        CHECK(out[nth((b * H + row) * W + column)] == (covers(box, column, row) ? mirrored : b));
    for (Index j = 0; j < 2 * B; ++j) {
      const double kept = mixer.cutmix_lambda();
      const double expected = j == b ? kept : j == mirrored ? 1 - kept : 0;
      CHECK(targets[nth(b * 2 * B + j)] == static_cast<float>(expected));
    }
  }
}

TEST_CASE("labels whose letters say that the batch is their second axis") {
  Bytes data, turned_data;
  CutMix mixer(1.0, n_classes, Philox4x32(16));
  CutMix turned = mixer;
  std::vector<float> rows(nth(B * n_classes)), columns(rows.size()), out(rows.size());
  for (Index b = 0; b < B; ++b)
    for (Index j = 0; j < n_classes; ++j)
      rows[nth(b * n_classes + j)] = columns[nth(j * B + b)] = static_cast<float>(b * 10 + j);
  const auto check = [&] {
    CHECK(turned_data.x_out == data.x_out);
    CHECK(turned.plan() == mixer.plan());
    for (Index b = 0; b < B; ++b)
      for (Index j = 0; j < n_classes; ++j)
        CHECK(out[nth(j * B + b)] == data.y_out[nth(b * n_classes + j)]);
  };
  const auto wb = [](std::vector<float>& values) {
    return view(values.data(), {n_classes, B}, "WB");
  };
  mixer(data.images(), data.y, data.mixed(), data.targets());
  turned(turned_data.images(), turned_data.y, turned_data.mixed(), wb(out));
  check();
  mixer(data.images(), view(rows.data(), {B, n_classes}), data.mixed(), data.targets());
  turned(turned_data.images(), wb(columns), turned_data.mixed(), wb(out));
  check();
  // The letters of one of two views name the axes of both.
  mixer(data.images(), view(rows.data(), {B, n_classes}), data.mixed(), data.targets());
  turned(turned_data.images(), view(columns.data(), {n_classes, B}), turned_data.mixed(), wb(out));
  check();
}

// ---- errors ----

namespace {

// Views of all that a call is given, in one block of memory, far from each other until moved.
struct Arena {
  struct Item {
    const char* name;
    ScalarKind kind;
    Index bytes;
    Indices sizes;
    Index offset;
    Index length() const {
      Index product = bytes;
      for (const Index size : sizes) product *= size;
      return product;
    }
  };
  std::vector<Byte> memory = std::vector<Byte>(4096);
  std::vector<Item> items;  // x, x_out, y, y_out, source, source_y

  explicit Arena(bool dense) {
    Dice dice(1);
    for (Byte& byte : memory) byte = static_cast<Byte>(dice.roll(0, 1));  // ids of two classes
    items = {{"x", ScalarKind::uint8, 1, {3, 4, 5}, 400},
             {"x_out", ScalarKind::uint8, 1, {3, 4, 5}, 800},
             {"y", ScalarKind::int8, 1, {3}, 1200},
             {"y_out", ScalarKind::half, 2, {3, 2}, 1600},
             {"source", ScalarKind::uint8, 1, {2, 4, 5}, 2000},
             {"source_y", ScalarKind::int8, 1, {2}, 2400}};
    if (!dense) return;
    items[2] = {"y", ScalarKind::float32, 4, {3, 2}, 1200};
    items[5] = {"source_y", ScalarKind::float32, 4, {2, 2}, 2400};
  }

  BatchView at(int i) {
    const Item& item = items[nth(i)];
    return BatchView(memory.data() + item.offset, item.kind, item.bytes, item.sizes);
  }
};

template <class Mixer>
void run(Mixer& mixer, Arena& arena, bool source, bool in_place) {
  const auto x = arena.at(0), y = arena.at(2), y_out = arena.at(3);
  if (in_place && source)
    mixer.in_place(x, y, arena.at(4), arena.at(5), y_out);
  else if (in_place)
    mixer.in_place(x, y, y_out);
  else if (source)
    mixer(x, y, arena.at(4), arena.at(5), arena.at(1), y_out);
  else
    mixer(x, y, arena.at(1), y_out);
}

}  // namespace

TEST_CASE("no output may overlap anything else, by as little as a byte") {
  // Faults: x_out over y, y_out over x or x_out, in place with y or y_out over x wrote garbage.
  int refused = 0;
  for (const bool dense : {false, true})
    for (const bool source : {false, true})
      for (const bool in_place : {false, true}) {
        const Arena apart(dense);
        std::vector<int> used{0, 2, 3};
        if (!in_place) used.push_back(1);
        if (source) used.push_back(4), used.push_back(5);
        for (const int out : {in_place ? 0 : 1, 3})
          for (const int other : used) {
            if (other == out) continue;
            const auto& fixed = apart.items[nth(out)];
            const auto& moved = apart.items[nth(other)];
            for (const auto& [offset, overlaps] :
                 {std::pair{fixed.offset + fixed.length() - 1, true},
                  std::pair{fixed.offset - moved.length() + 1, true}, std::pair{fixed.offset, true},
                  std::pair{fixed.offset + fixed.length(), false},
                  std::pair{fixed.offset - moved.length(), false}}) {
              Arena arena = apart;
              arena.items[nth(other)].offset = offset;
              CutMix mixer(1.0, 2, Philox4x32(3));
              mixer.draw({2, 3, 3});
              const Plan plan = mixer.plan();
              const Philox4x32 rng = mixer.rng();
              const std::string error = error_of([&] { run(mixer, arena, source, in_place); });
              const bool turned = out == 3 && other == (in_place ? 0 : 1);  // images come first
              const auto& to = arena.items[nth(turned ? other : out)];
              const auto& from = arena.items[nth(turned ? out : other)];
              const bool advised = out == 1 && other == 0;
              INFO(from.name << " and " << to.name << " at " << offset);
              if (!overlaps) {
                CHECK(error == "no error");
                continue;
              }
              CHECK(error == std::string("cutmix: distance in bytes from ") + from.name + " to " +
                                 to.name + " = " + std::to_string(to.offset - from.offset) +
                                 ", must leave no overlap" +
                                 (advised ? "; use mix_images_in_place to write over images" : ""));
              CHECK(arena.memory == apart.memory);
              CHECK(mixer.plan() == plan);
              CHECK(mixer.rng() == rng);
              ++refused;
            }
          }
      }
  CHECK(refused == 2 * 3 * (6 + 4 + 10 + 8));
}

TEST_CASE("in place, indices that are no permutation are refused before anything is drawn") {
  // Fault: it threw after drawing and after plan() was overwritten.
  for (const auto& [indices, message] :
       {std::pair{Indices{1, 1, 2, 3, 4, 5},
                  "cutmix: indices[1] = 1, must stand there once: in place needs a permutation"},
        std::pair{Indices{1, 2, 1, 3, 4, 5},
                  "cutmix: indices[2] = 1, must stand there once: in place needs a permutation"},
        std::pair{Indices{0, 1, 2, 3, 5, 4}, "no error"}})
    for (int form = 0; form < forms; ++form) {
      INFO("form " << form);
      Options options;
      options.indices = indices;
      CutMix mixer(options, n_classes, Philox4x32(4));
      mixer.draw({6, 5, 5});
      const Plan plan = mixer.plan();
      const Philox4x32 rng = mixer.rng();
      Bytes data;
      const Bytes before = data, source;
      const bool refused = (form == 4 || form == 5) && std::string(message) != "no error";
      CHECK(error_of([&] { run_form(form, mixer, data, source); }) ==
            (refused ? message : "no error"));
      if (!refused) continue;
      CHECK(data == before);
      CHECK(mixer.plan() == plan);
      CHECK(mixer.rng() == rng);
    }
}

TEST_CASE("a law that throws: nothing is written, the last good plan stays, the functor goes on") {
  for (const Scope scope : {Scope::batch, Scope::sample})
    for (int form = 0; form < forms; ++form) {
      INFO("form " << form);
      int left = 1000;
      Options options;
      options.scope = scope;
      options.box_law = [&left](const cutmix::ImageSize& image, double lambda,
                                cutmix::UrbgRef& rng) {
        if (--left == 0) throw Thrown{};
        return cutmix::UniformLaw{}(image, lambda, rng);
      };
      CutMix mixer(options, n_classes, Philox4x32(5));
      Bytes data;
      const Bytes source;
      run_form(form, mixer, data, source);
      const Plan plan = mixer.plan();
      const Bytes before = data;
      for (const int at : {1, scope == Scope::batch ? 1 : 4}) {
        left = at;
        CHECK(throws([&] { run_form(form, mixer, data, source); }));
        CHECK(data == before);
        CHECK(mixer.plan() == plan);
        left = at;
        CHECK(throws([&] { mixer.draw(shape_of_form(form)); }));
        CHECK(mixer.plan() == plan);
      }
      left = 1000;
      Philox4x32 rng = mixer.rng();
      const Plan next = make_plan(shape_of_form(form), options, rng);
      const Bytes expected = expected_of(form, next, {}, data, source);
      run_form(form, mixer, data, source);
      CHECK(mixer.plan() == next);
      CHECK(data == expected);
    }
}

TEST_CASE("a law whose box leaves the image is no better") {
  for (int form = 0; form < forms; ++form) {
    INFO("form " << form);
    bool wrong = false;
    Options options;
    options.box_law = [&wrong](const cutmix::ImageSize& image, double, cutmix::UrbgRef&) {
      return BBox{0, 0, image.width + (wrong ? 1 : 0), 2};
    };
    CutMix mixer(options, n_classes, Philox4x32(5));
    Bytes data;
    const Bytes source;
    run_form(form, mixer, data, source);
    const Plan plan = mixer.plan();
    const Bytes before = data;
    wrong = true;
    CHECK(error_of([&] { run_form(form, mixer, data, source); }) ==
          "cutmix: bbox = (0, 0, 10, 2), must satisfy 0 <= x1 <= x2 <= 9 and 0 <= y1 <= y2 <= 7");
    CHECK(data == before);
    CHECK(mixer.plan() == plan);
    wrong = false;
    run_form(form, mixer, data, source);
    CHECK(mixer.bbox() == BBox{0, 0, 9, 2});
  }
}

TEST_CASE("an engine that throws at any word") {
  struct Engine {
    using result_type = std::uint32_t;
    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return 0xFFFFFFFFu; }
    result_type operator()() {
      if (left-- == 0) throw Thrown{};
      return inner();
    }
    Philox4x32 inner{6};
    int left = 1000;
  };
  for (int form = 0; form < forms; ++form) {
    INFO("form " << form);
    Options options;
    options.mixup_prob = 0.5;
    options.prob = 0.5;
    CutMix mixer(options, n_classes, Engine{});
    Bytes data;
    const Bytes source;
    run_form(form, mixer, data, source);
    const Plan plan = mixer.plan();
    const Bytes before = data;
    // 5 words for the partners, 2 for the coin, 4 for lambda, 2 for the box, 2 and 4 for MixUp
    int words = 0;
    for (; words < 100; ++words) {
      mixer.rng().left = words;
      if (!throws([&] { run_form(form, mixer, data, source); })) break;
      CHECK(data == before);
      CHECK(mixer.plan() == plan);
    }
    CHECK(words == 19);
    CHECK(mixer.plan() != plan);
    CHECK(data == expected_of(form, mixer.plan(), {}, before, source));
  }
}

TEST_CASE("a device that throws: the last good plan stays, and the functor goes on") {
  const Index batch = 8, side = 600;  // enough for several parts
  const BatchShape shape{batch, side, side};
  std::vector<float> x(nth(batch * side * side)), out(x.size());
  std::vector<int> y{0, 1, 2, 3, 4, 0, 1, 2};
  std::vector<float> targets(nth(batch * n_classes));
  const auto images = view(x.data(), {batch, side, side}),
             mixed = view(out.data(), {batch, side, side});
  const auto labels = view(targets.data(), {batch, n_classes});
  for (const bool source : {false, true})
    for (const bool in_place : {false, true}) {
      bool fails = false;
      const auto device = [&fails](Index parts, cutmix::Part part) {
        for (Index i = 0; i < parts; ++i) {
          if (fails && i == 1) throw Thrown{};
          part(i);
        }
      };
      Options options;
      options.box_law = cutmix::MinMaxLaw(0.9, 1);
      CutMix mixer(options, n_classes, Philox4x32(7));
      const std::vector<float> other(x.size(), 3.0f);
      const auto from = view(other.data(), {batch, side, side});
      const auto call = [&] {
        if (in_place && source)
          mixer.in_place(device, images, y, from, y, labels);
        else if (in_place)
          mixer.in_place(device, images, y, labels);
        else if (source)
          mixer(device, images, y, from, y, mixed, labels);
        else
          mixer(device, images, y, mixed, labels);
      };
      call();
      const Plan plan = mixer.plan();
      fails = true;
      CHECK(throws(call));
      CHECK(mixer.plan() == plan);
      fails = false;
      Philox4x32 rng = mixer.rng();
      BatchShape drawn = shape;
      if (source) drawn.source = batch;
      const Plan next = make_plan(drawn, options, rng);
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 1009);
      std::vector<float> expected(x.size());
      const auto to = view(expected.data(), {batch, side, side});
      if (source)
        mix_images(next, images, from, to);
      else
        mix_images(next, images, to);
      call();
      CHECK(mixer.plan() == next);
      CHECK((in_place ? x : out) == expected);
    }
}

TEST_CASE("errors of any call come before draws and writes, and the plan stays") {
  for (int form = 0; form < forms; ++form) {
    INFO("form " << form);
    const auto check = [form](const Options& options, const std::string& message,
                              const auto& damage) {
      CutMix mixer(options, n_classes, Philox4x32(8));
      Bytes data, source;
      damage(data, source);
      const Bytes before = data;
      CHECK(error_of([&] { run_form(form, mixer, data, source); }) == message);
      CHECK(data == before);
      CHECK(mixer.plan() == Plan{});
      CHECK(mixer.rng() == Philox4x32(8));
    };
    const auto nothing = [](Bytes&, Bytes&) {};
    Options options;
    options.indices = Indices{0, 1, 2, 3, 4, 6};
    check(options, "cutmix: indices[5] = 6, must be in [0, 6)", nothing);
    options.indices = Indices{0, 1, 2, 3, 4};
    check(options, "cutmix: size of indices = 5, must be 6, the batch size", nothing);
    options.indices = Indices{1, 2, 0, 3, 4, 5};
    options.scope = Scope::pair;
    check(options,
          "cutmix: indices[0] = 1, must be a sample whose partner is 0: pairs share a patch",
          nothing);
    check({}, "cutmix: y[2] = 5, must be in [0, 5)", [](Bytes& data, Bytes&) { data.y[2] = 5; });
    check({}, "cutmix: size of y along the batch = 5, must be 6, as of x",
          [](Bytes& data, Bytes&) { data.y.pop_back(); });
    if (!has_source(form)) continue;
    check({}, "cutmix: source_y[3] = -1, must be in [0, 5)",
          [](Bytes&, Bytes& source) { source.y[3] = -1; });
    check({}, "cutmix: size of source_y along the batch = 7, must be 6, as of source",
          [](Bytes&, Bytes& source) { source.y.push_back(0); });
  }
  CutMix mixer(1.0, n_classes, Philox4x32(8));
  const Plan plan = mixer.draw({4, 5, 6});
  const Philox4x32 rng = mixer.rng();
  CHECK(error_of([&] { mixer.draw({-1, 5, 6}); }) == "cutmix: batch = -1, must be at least 0");
  CHECK(error_of([&] {
          mixer.draw({4, 5, 0});
        }) == "cutmix: W = 0, must be at least 1 where a box is drawn");
  CHECK(error_of([&] {
          mixer.draw({4, 5, 6, 1, 0});
        }) == "cutmix: source = 0, must be at least 1 where a batch needs partners");
  CHECK(mixer.plan() == plan);
  CHECK(mixer.rng() == rng);
  // Scalars that cannot be blended are refused whether or not this batch would be.
  Options blends;
  blends.mixup_prob = 1e-9;
  CutMix blending(blends, n_classes, Philox4x32(8));
  const std::array<bool, 24> flags{};
  std::array<bool, 24> flags_out{};
  std::array<float, 2 * n_classes> targets{};
  const std::array<int, 2> ids{0, 1};
  CHECK(error_of([&] {
          blending(view(flags.data(), {2, 3, 4}), ids, view(flags_out.data(), {2, 3, 4}),
                   view(targets.data(), {2, n_classes}));
        }) == "cutmix: scalar of x = boolean, must be floating or integer where a plan blends");
  CHECK(blending.rng() == Philox4x32(8));
}

// ---- construction, copies, engines ----

TEST_CASE("what a functor is made of") {
  using Rng = Philox4x32;
  STATIC_REQUIRE(std::is_constructible_v<CutMix<>, double, int, Rng>);
  STATIC_REQUIRE(std::is_constructible_v<CutMix<>, int, std::size_t, Rng>);
  STATIC_REQUIRE(std::is_constructible_v<CutMix<>, float, std::uint8_t, Rng>);
  STATIC_REQUIRE(std::is_constructible_v<CutMix<>, Options, int, Rng>);
  STATIC_REQUIRE(std::is_constructible_v<CutMix<>, Options, std::size_t, Rng>);
  // A number of classes that is none: alpha and n_classes stand the wrong way round.
  STATIC_REQUIRE(!std::is_constructible_v<CutMix<>, int, double, Rng>);
  STATIC_REQUIRE(!std::is_constructible_v<CutMix<>, double, float, Rng>);
  STATIC_REQUIRE(!std::is_constructible_v<CutMix<>, double, double, Rng>);
  STATIC_REQUIRE(!std::is_constructible_v<CutMix<>, Options, double, Rng>);
  STATIC_REQUIRE(!std::is_constructible_v<CutMix<>, Options, float, Rng>);
  // Without an alpha or options there is nothing to draw from.
  STATIC_REQUIRE(!std::is_constructible_v<CutMix<>, int, Rng>);
  STATIC_REQUIRE(!std::is_constructible_v<CutMix<>, Rng, double, int>);

  const Rng rng(1);
  CutMix defaults({}, 4, rng);
  STATIC_REQUIRE(std::is_same_v<decltype(defaults), CutMix<Rng>>);
  CHECK(defaults.options().alpha == 1);
  CHECK(defaults.n_classes() == 4);
  CHECK(CutMix(0, 4u, rng).options().alpha == 0);
  CHECK(CutMix(0.25f, std::size_t{7}, rng).options().alpha == 0.25);
  CHECK(CutMix(0.25f, std::size_t{7}, rng).n_classes() == 7);
  Options options;
  options.alpha = 3;
  CHECK(CutMix(options, 4, rng).options().alpha == 3);
  CutMix a({}, 4, rng), b(1.0, 4, rng);
  CHECK(a.draw({5, 20, 30}) == b.draw({5, 20, 30}));
}

TEST_CASE("before the first call the plan is empty") {
  const CutMix<> mixer(1.0, 4, Philox4x32(8));
  CHECK(mixer.plan() == Plan{});
  CHECK(mixer.indices().empty());
  CHECK(mixer.bbox() == BBox{});
  CHECK(mixer.cutmix_lambda() == 1);
}

TEST_CASE("a copy goes on by itself from the same state") {
  Options options;
  options.scope = Scope::sample;
  CutMix mixer(options, 4, Philox4x32(6));
  mixer.draw({4, 5, 6});
  CutMix copy = mixer;
  CHECK(copy.plan() == mixer.plan());
  const Plan after = mixer.draw({4, 5, 6});
  CHECK(copy.plan() != after);
  CHECK(copy.draw({4, 5, 6}) == after);
  CutMix moved = std::move(copy);
  CHECK(moved.plan() == after);
  CHECK(moved.draw({4, 5, 6}) == mixer.draw({4, 5, 6}));
  mixer.enabled = false;
  const CutMix off = mixer;
  CHECK(!off.enabled);
  moved = mixer;
  CHECK(moved.plan() == mixer.plan());
}

TEST_CASE("draw is make_plan, whatever the shape") {
  Options options;
  options.scope = Scope::sample;
  options.mixup_prob = 0.3;
  CutMix mixer(options, 4, Philox4x32(14));
  Philox4x32 rng(14);
  for (const BatchShape& shape :
       {BatchShape{64, 24, 32}, BatchShape{8, 1, 500}, BatchShape{3, 6, 7, 5}, BatchShape{0, 2, 2},
        BatchShape{5, 9, 9, 1, 17}, BatchShape{1, 9, 9, 1, 3}}) {
    const Plan& plan = mixer.draw(shape);
    CHECK(plan == make_plan(shape, options, rng));
    CHECK(&plan == &mixer.plan());
    CHECK(mixer.rng() == rng);
  }
}

TEST_CASE("one engine serves all draws, and streams keyed by step repeat nothing") {
  // Faults: two engines in one call; every worker or epoch draws the same.
  CutMix mixer(1.0, 4, Philox4x32(9));
  const BatchShape shape{8, 30, 40};
  std::vector<Plan> plans;
  for (int epoch = 0; epoch < 3; ++epoch)
    for (int step = 0; step < 5; ++step)
      for (int rank = 0; rank < 2; ++rank) plans.push_back(mixer.at(epoch, step, rank).draw(shape));
  for (std::size_t i = 0; i < plans.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) CHECK(plans[i] != plans[j]);
}

// ---- batches by epoch, step and rank ----

TEST_CASE("at() is the stream of the engine's own seed, in any order, however far it has walked") {
  for (std::uint32_t seed = 900; seed < 960; ++seed) {
    INFO("seed " << seed);
    Dice dice(seed);
    const std::uint64_t key = std::uint64_t{dice.engine()()} << 32 | seed;
    const BatchShape shape{dice.roll(0, 9), dice.roll(1, 20), dice.roll(1, 20)};
    Options options;
    options.scope = Scope::sample;
    options.mixup_prob = 0.3;
    CutMix mixer(options, 4, cutmix::philox_stream(key, 77, 77));
    for (int i = 0; i < 20; ++i) {
      for (Index walked = dice.roll(0, 2); walked > 0; --walked) mixer.draw(shape);
      const Index epoch = dice.roll(0, 3), step = dice.roll(0, 3), rank = dice.roll(0, 2);
      Philox4x32 rng = cutmix::philox_stream(key, epoch, step, rank);
      mixer.at(epoch, step, rank);
      REQUIRE(mixer.rng() == rng);
      // And walks on from there by itself.
      for (int call = 0; call < 2; ++call)
        REQUIRE(mixer.draw(shape) == make_plan(shape, options, rng));
      REQUIRE(mixer.rng() == rng);
    }
  }
}

TEST_CASE("at() out of range changes nothing") {
  CutMix mixer(1.0, 4, Philox4x32(9));
  mixer.draw({4, 5, 6});
  const Philox4x32 rng = mixer.rng();
  const Plan plan = mixer.plan();
  CHECK(error_of([&] { mixer.at(-1, 0); }) == "cutmix: epoch = -1, must be in [0, 2^32)");
  CHECK(error_of([&] { mixer.at(0, -1); }) == "cutmix: step = -1, must be in [0, 2^32)");
  CHECK(error_of([&] { mixer.at(0, 0, 1 << 24); }) ==
        "cutmix: rank = 16777216, must be in [0, 2^24)");
  CHECK(mixer.rng() == rng);
  CHECK(mixer.plan() == plan);
  mixer.enabled = false;
  mixer.at(1, 2);
  CHECK(mixer.rng() == cutmix::philox_stream(9, 1, 2));
}

// ---- text ----

namespace {

template <class Urbg>
std::string text_of_mixer(const CutMix<Urbg>& mixer) {
  std::ostringstream out;
  out << mixer;
  return out.str();
}

// Reading must fail and change nothing.
template <class Urbg>
void check_refused(const std::string& text, CutMix<Urbg> mixer) {
  INFO(text);
  const std::string before = text_of_mixer(mixer);
  std::istringstream in(text);
  in >> mixer;
  CHECK(in.fail());
  CHECK(text_of_mixer(mixer) == before);
}

CutMix<> used_mixer() {
  Options options;
  options.scope = Scope::sample;
  options.mixup_prob = 0.5;
  CutMix mixer(options, 4, Philox4x32(8));
  mixer.draw({3, 5, 6});
  mixer.enabled = false;
  return mixer;
}

}  // namespace

TEST_CASE("a functor's text is enabled, engine and plan") {
  const CutMix<> mixer(1.0, 4, Philox4x32(8));
  CHECK(text_of_mixer(mixer) ==
        "cutmix-mixer 1 enabled 1 engine 9 cutmix-philox 1 8 0 0 0 0 0 3 plan cutmix-plan 1 batch "
        "0 height 1 width 1 depth 1 source -1 indices patches 0 end");
}

TEST_CASE("a functor that was read goes on as the one that was printed") {
  const auto check = [](auto engine, auto other) {
    for (int calls = 0; calls < 5; ++calls) {
      Options options;
      options.scope = Scope::sample;
      options.mixup_prob = 0.5;
      CutMix mixer(options, 4, engine), resumed(options, 4, other);
      for (int i = 0; i < calls; ++i) mixer.draw({5, 9, 8});
      mixer.enabled = calls % 2 == 0;
      std::stringstream text;
      set_oddly(text);
      text << "before\n" << std::setw(3000) << mixer << "\nafter";
      std::string before, after;
      text >> std::skipws >> before;
      text >> std::noskipws >> resumed >> std::skipws >> after;
      REQUIRE(text);
      CHECK(after == "after");
      CHECK(resumed.enabled == mixer.enabled);
      CHECK(resumed.rng() == mixer.rng());
      CHECK(resumed.plan() == mixer.plan());
      for (int i = 0; i < 3; ++i) CHECK(resumed.draw({5, 9, 8}) == mixer.draw({5, 9, 8}));
    }
  };
  check(Philox4x32(1), Philox4x32(2));
  check(cutmix::philox_stream(~std::uint64_t{0}, 1, 2, 3), Philox4x32(2));
  check(std::mt19937(1), std::mt19937(2));
  check(std::mt19937_64(1), std::mt19937_64(2));
  check(std::ranlux24(1), std::ranlux24(2));
  check(std::minstd_rand(1), std::minstd_rand(2));
}

TEST_CASE("a damaged text leaves the functor alone") {
  const CutMix<> mixer = used_mixer();
  const std::vector<std::string> good = words_of(text_of_mixer(mixer));
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::vector<std::string> words = good;
    words.erase(words.begin() + static_cast<std::ptrdiff_t>(i));
    check_refused(text_of(words), mixer);
    words = good;
    words.insert(words.begin() + static_cast<std::ptrdiff_t>(i), "1");
    check_refused(text_of(words), mixer);
    for (const char* junk : {"x", "-1", "1e", "99999999999999999999"}) {
      if (good[i] == junk) continue;  // the source
      words = good;
      words[i] = junk;
      check_refused(text_of(words), mixer);
    }
  }
  const std::string text = text_of_mixer(mixer);
  for (std::size_t length = 0; length < text.size(); ++length)
    check_refused(text.substr(0, length), mixer);
}

TEST_CASE("another version or another engine's text is refused") {
  const CutMix<> mixer = used_mixer();
  std::vector<std::string> words = words_of(text_of_mixer(mixer));
  words[1] = "2";
  check_refused(text_of(words), mixer);
  check_refused(text_of_mixer(CutMix(1.0, 4, std::mt19937(1))), mixer);
  check_refused(text_of_mixer(mixer), CutMix(1.0, 4, std::mt19937(1)));
  // A generator of few words takes the beginning of another's for its own, and leaves the rest.
  check_refused(text_of_mixer(CutMix(1.0, 4, std::mt19937(1))), CutMix(1.0, 4, std::minstd_rand()));
  std::ostringstream plan, engine;
  plan << mixer.plan();
  engine << mixer.rng();
  check_refused(plan.str(), mixer);
  check_refused(engine.str(), mixer);
}

TEST_CASE("a text with an engine that would never give a number is refused") {
  // Fault: drawing from std::minstd_rand of state 0, which the standard library reads, did not end.
  const CutMix mixer(1.0, n_classes, std::minstd_rand(7));
  const std::vector<std::string> good = words_of(text_of_mixer(mixer));
  for (const char* state : {"0", "-0", "2147483647"}) {  // and its modulus
    std::vector<std::string> words = good;
    words[6] = state;
    check_refused(text_of(words), mixer);
  }
  CHECK(good[6] == "7");
}

TEST_CASE("batches keyed by epoch and step are the same for 0 to 8 workers, off from an epoch on",
          "[threads]") {
  // Faults: a mixer that every worker copies draws the same in each, or races where they share it;
  // workers that are ahead switch off too late.
  constexpr std::uint32_t epochs = 3, mixed_epochs = 2, steps = 7, all = epochs * steps;
  Options options;
  options.scope = Scope::sample;
  options.mixup_prob = 0.5;
  const CutMix start(options, n_classes, Philox4x32(0));
  struct Run {
    std::vector<Bytes> batches = std::vector<Bytes>(all);
    std::vector<Plan> plans = std::vector<Plan>(all);
  };
  const auto run_with = [&](std::uint32_t workers) {
    Run run;
    // Every so many steps, without waiting for an epoch's end.
    const auto work = [&run](CutMix<> mixer, std::uint32_t first, std::uint32_t stride) {
      for (std::uint32_t i = first; i < all; i += stride) {
        mixer.enabled = i / steps < mixed_epochs;
        mixer.at(i / steps, i % steps);
        run_form(0, mixer, run.batches[i], run.batches[i]);
        run.plans[i] = mixer.plan();
      }
    };
    std::vector<std::thread> threads;
    for (std::uint32_t worker = 0; worker < workers; ++worker)
      threads.emplace_back(work, start, worker, workers);
    if (workers == 0) work(start, 0, 1);
    for (std::thread& thread : threads) thread.join();
    return run;
  };
  const Run alone = run_with(0);
  for (std::uint32_t workers = 1; workers <= 8; ++workers) {
    INFO("workers " << workers);
    const Run run = run_with(workers);
    CHECK(run.batches == alone.batches);
    CHECK(run.plans == alone.plans);
  }
  for (std::uint32_t i = 0; i < all; ++i) {
    const bool mixed = i < mixed_epochs * steps;
    CHECK((alone.plans[i] == Plan::identity({B, H, W})) == !mixed);
    CHECK((alone.batches[i].x_out == alone.batches[i].x) == !mixed);
    for (std::uint32_t j = 0; mixed && j < i; ++j) CHECK(alone.plans[i] != alone.plans[j]);
  }
}

TEST_CASE("any standard engine serves") {
  const auto check = [](auto engine) {
    CutMix mixer(1.0, n_classes, engine);
    Bytes data;
    const Bytes before = data;
    run_form(0, mixer, data, before);
    const Plan plan = make_plan({B, H, W}, {}, engine);
    CHECK(mixer.plan() == plan);
    CHECK(mixer.rng() == engine);
    CHECK(data == expected_of(0, plan, {}, before, before));
    return plan;
  };
  const Plan a = check(std::mt19937(1)), b = check(std::mt19937_64(1)),
             c = check(std::minstd_rand(1)), d = check(std::ranlux24(1));
  CHECK((a != b && b != c && c != d && a != c));
}

// ---- new tensors ----

namespace {

// A tensor of one's own, of any rank, which makes others like it, has a device and counts writes.
struct Own {
  std::vector<float> values;
  Indices sizes;
  int writes = 0;
  explicit Own(Indices shape) : sizes(std::move(shape)) {
    std::size_t count = 1;
    for (const Index size : sizes) count *= nth(size);
    values.resize(count);
  }
};

int own_device_calls = 0;

}  // namespace

template <>
struct cutmix::TensorTraits<Own> {
  static BatchView view(Own& own) { return cutmix::view(own.values.data(), own.sizes); }
  static ConstBatchView view(const Own& own) { return cutmix::view(own.values.data(), own.sizes); }
  static Own like(const Own& own) { return Own(own.sizes); }
  static Own targets(const Own& own, Index) { return Own(own.sizes); }
  static auto device() {
    return [](Index parts, Part part) {
      ++own_device_calls;
      for (Index i = 0; i < parts; ++i) part(i);
    };
  }
  static void written(Own& own) { ++own.writes; }
};

TEST_CASE("a tensor type of one's own is made anew, has its device, and is told of writes") {
  Own x({4, 512, 512}), y({4, n_classes});
  for (std::size_t i = 0; i < x.values.size(); ++i) x.values[i] = static_cast<float>(i % 509);
  for (std::size_t i = 0; i < y.values.size(); ++i) y.values[i] = static_cast<float>(i);
  Options options;
  options.box_law = cutmix::MinMaxLaw(0.9, 1);
  CutMix mixer(options, n_classes, Philox4x32(15));
  const CutMix start = mixer;
  const auto [x_new, y_new] = mixer(x, y);
  STATIC_REQUIRE(std::is_same_v<std::decay_t<decltype(x_new)>, Own>);
  CHECK(own_device_calls == 1);
  CHECK((x_new.writes == 1 && y_new.writes == 1 && x.writes == 0 && y.writes == 0));
  Own expected(x.sizes), expected_y(y.sizes);
  mix_images(mixer.plan(), x, expected);
  mix_labels(mixer.plan(), y, expected_y);
  CHECK((expected.writes == 1 && expected_y.writes == 1));
  CHECK(x_new.values == expected.values);
  CHECK(y_new.values == expected_y.values);
  for (const bool source : {false, true}) {
    CutMix in_place = start, into = start;
    Own over = x, x_out(x.sizes), y_out(y.sizes), y_over(y.sizes);
    const Own from = x;
    own_device_calls = 0;
    if (source)
      into(x, y, from, y, x_out, y_out), in_place.in_place(over, y, from, y, y_over);
    else
      into(x, y, x_out, y_out), in_place.in_place(over, y, y_over);
    CHECK(own_device_calls == 2);
    CHECK((x_out.writes == 1 && y_out.writes == 1 && over.writes == 1 && y_over.writes == 1));
    CHECK((x_out.values == expected.values && over.values == expected.values));
    CHECK((y_out.values == expected_y.values && y_over.values == expected_y.values));
  }
  // An error is no write.
  Own narrow({4, n_classes - 1}), x_out(x.sizes);
  CHECK(error_of([&] { mixer(x, y, x_out, narrow); }) ==
        "cutmix: shape of y_out = 4 x 4, must be 4 x 5, as of y");
  CHECK((narrow.writes == 0 && x_out.writes == 0));
}

TEST_CASE("new tensors of Eigen's types") {
  using Images = Eigen::Tensor<float, 4, Eigen::RowMajor>;
  Images x(2, 1, 3, 4);
  x.setConstant(1);
  const Images before = x;
  CutMix mixer(1.0, 3, Philox4x32(1));
  const auto check = [&](const auto& images, const auto& labels, auto x_expected, auto y_expected) {
    const auto made = mixer(images, labels);
    using Pair = std::decay_t<decltype(made)>;
    STATIC_REQUIRE(std::is_same_v<typename Pair::first_type, decltype(x_expected)>);
    STATIC_REQUIRE(std::is_same_v<typename Pair::second_type, decltype(y_expected)>);
    CHECK(made.first.dimension(0) == 2);
    auto targets = made.second;
    if constexpr (cutmix::detail::are_class_ids<std::decay_t<decltype(labels)>>)
      mix_labels(mixer.plan(), labels, 3, targets);
    else
      mix_labels(mixer.plan(), labels, targets);
    CHECK(same_bytes(targets, made.second));
  };
  Eigen::Tensor<int, 1> ids(2);
  ids.setValues({1, 2});
  check(x, ids, Images(), Eigen::Tensor<float, 2>());
  check(x, std::vector<int>{0, 1}, Images(), Eigen::Tensor<float, 2, Eigen::RowMajor>());
  check(x, std::vector<double>{0, 1}, Images(), Eigen::Tensor<double, 1, Eigen::RowMajor>());
  check(x, Eigen::MatrixXd::Identity(2, 3).eval(), Images(), Eigen::MatrixXd());
  Eigen::Tensor<std::uint8_t, 3> bytes(2, 3, 4);
  bytes.setZero();
  Eigen::Tensor<int, 2> one_hot(2, 3);
  one_hot.setZero();
  check(bytes, one_hot, Eigen::Tensor<std::uint8_t, 3>(), Eigen::Tensor<float, 2>());
  CHECK(same_bytes(x, before));  // fault: in-place writes into the data set's own arrays
}

TEST_CASE("any batch: none, one, odd; images of one pixel") {
  for (const Index count : {0, 1, 2, 3, 7})
    for (const Scope scope : {Scope::batch, Scope::sample}) {
      Options options;
      options.scope = scope;
      CutMix mixer(options, 2, Philox4x32(4));
      std::vector<float> x(nth(2 * count), 3.0f), out(x.size()), targets(nth(2 * count));
      const std::vector<int> ids(nth(count), 1);
      mixer(view(x.data(), {count, 2, 1, 1}), ids, view(out.data(), {count, 2, 1, 1}),
            view(targets.data(), {count, 2}));
      CHECK(out == x);
      for (std::size_t i = 0; i < targets.size(); ++i) CHECK(targets[i] == (i % 2 ? 1.0f : 0.0f));
      mixer.in_place(view(x.data(), {count, 2, 1, 1}), ids, view(targets.data(), {count, 2}));
      CHECK(out == x);
      CHECK(mixer.indices().size() == nth(count));
      mixer.bbox();
    }
}

TEST_CASE("from the third call on nothing is allocated, in any form") {
  using Images = Eigen::Tensor<float, 4, Eigen::RowMajor>;
  Images x(32, 3, 16, 20), x_out(32, 3, 16, 20), source(9, 3, 16, 20);
  x.setConstant(1), source.setConstant(2);
  Eigen::Tensor<float, 2, Eigen::RowMajor> y_out(32, 10);
  std::vector<int> ids(32, 3), source_ids(9, 4), same_ids(32, 5);
  Eigen::MatrixXf dense = Eigen::MatrixXf::Constant(32, 10, 0.1f), dense_out(32, 10);
  Eigen::Tensor<float, 3> volumes(32, 5, 7), volumes_out(32, 5, 7);
  volumes.setConstant(1);
  Eigen::Tensor<float, 4> columns(32, 3, 16, 20), columns_out(32, 3, 16, 20);
  columns.setConstant(1);
  const auto device = [](Index parts, cutmix::Part part) {
    for (Index i = 0; i < parts; ++i) part(i);
  };
  const Images same = x;
  // Draws without a source and those with one, which pair differently.
  const auto call_own = [&](CutMix<>& mixer) {
    mixer(x, ids, x_out, y_out);
    mixer(x, dense, x_out, dense_out);
    mixer(device, x, volumes, x_out, volumes_out);
    mixer(columns, ids, columns_out, y_out);
    mixer(view(columns, "BCWH"), ids, view(columns_out, "BCWH"), y_out);
    mixer.in_place(x_out, ids, y_out);
    mixer.in_place(device, columns_out, ids, y_out);
    mixer(x, ids, same, same_ids, x_out, y_out);
    mixer.in_place(x_out, ids, same, same_ids, y_out);
    mixer.at(3, 5, 7).draw({32, 16, 20});
    mixer.enabled = false;
    mixer(x, ids, x_out, y_out);
    mixer.in_place(x_out, ids, y_out);
    mixer.enabled = true;
  };
  const auto call_source = [&](CutMix<>& mixer) {
    mixer(x, ids, source, source_ids, x_out, y_out);
    mixer(device, x, ids, source, source_ids, x_out, y_out);
    mixer.in_place(x_out, ids, source, source_ids, y_out);
    mixer.in_place(device, columns_out, ids, columns, ids, y_out);
    mixer.draw({32, 16, 20, 1, 9});
  };
  const auto check = [&](const Options& options, const auto& call) {
    CutMix mixer(options, 10, Philox4x32(10));
    call(mixer);
    const long before = allocations;
    Eigen::internal::set_is_malloc_allowed(false);
    for (int i = 0; i < 20; ++i) call(mixer);
    Eigen::internal::set_is_malloc_allowed(true);
    const long after = allocations;
    CHECK(after == before);
  };
  for (const Scope scope : {Scope::batch, Scope::sample, Scope::pair})
    for (Index law = 0; law < 4; ++law)
      for (const double mixup_prob : {0.0, 0.5}) {
        Options options;
        options.scope = scope;
        options.prob = 0.9;
        options.mixup_prob = mixup_prob;
        options.labels.smoothing = 0.1;
        options.labels.ignore_id = 7;
        if (law == 1) options.box_law = cutmix::UniformLaw{};
        if (law == 2) options.box_law = cutmix::InsideLaw{};
        if (law == 3) options.box_law = cutmix::MinMaxLaw(0, 1);
        if (law == 2) options.indices = Indices(32);
        if (law == 2)
          for (Index b = 0; b < 32; ++b) (*options.indices)[nth(b)] = 31 - b;
        if (law == 3) options.pairing = Pairing::derangement;
        if (scope == Scope::pair) options.pairing = Pairing::reversed;
        check(options, call_own);
        options.pairing = Pairing::random;
        options.indices.reset();
        if (scope != Scope::pair) check(options, call_source);
      }
  // One call after the other: two plans are kept, and both have grown by the third.
  CutMix mixer(1.0, 10, Philox4x32(10));
  mixer(x, ids, x_out, y_out);
  mixer(x, ids, x_out, y_out);
  const long before = allocations;
  mixer(x, ids, x_out, y_out);
  const long after = allocations;
  CHECK(after == before);
  ::operator delete(::operator new(8));
  CHECK(allocations == before + 1);  // the counter counts
}
