// What fails half-way: memory that runs out at any point, and what belongs to the caller (devices,
// engines, laws, functions, samples, objects, streams) and throws. Nothing leaks, tensors and
// functors are what the documentation says, and a second try does what the first would have done.

#include <atomic>
#include <cstring>
#include <cutmix/cutmix.hpp>
#include <cutmix/exchange.hpp>
#include <functional>
#include <memory>
#include <random>
#include <sstream>
#include <streambuf>
#include <type_traits>
#include <vector>

#include "catch.hpp"
#include "gpu_grid.hpp"
#include "support.hpp"

using cutmix::BatchShape;
using cutmix::CutMix;
using cutmix::Detection;
using cutmix::DetectionOrigin;
using cutmix::Exchange;
using cutmix::make_plan;
using cutmix::mix_images;
using cutmix::Options;
using cutmix::Pairing;
using cutmix::Part;
using cutmix::Philox4x32;
using cutmix::Scope;
using cutmix::view;
using namespace testing;

// Counted in counting_malloc.cpp.
extern std::atomic<long> allocations, live_allocations, allocations_to_fail;

namespace {

// ---- what a call may change, as one text ----

template <class T, class = void>
constexpr bool is_memory = false;
template <class T>
constexpr bool is_memory<T, std::void_t<decltype(std::declval<const T&>().data()),
                                        decltype(std::declval<const T&>().size())>> = true;

void append(std::string&) {}
template <class T, class... More>
void append(std::string& text, const T& part, const More&... more) {
  if constexpr (!is_memory<T>) {
    std::ostringstream out;
    out << part << ' ';
    text += out.str();
  } else {
    using Element = std::remove_const_t<std::remove_reference_t<decltype(*part.data())>>;
    text += std::to_string(part.size()) + ": ";
    if constexpr (is_memory<Element>)
      for (const auto& list : part) append(text, list);
    else if (part.size() > 0)
      text.append(reinterpret_cast<const char*>(part.data()),
                  static_cast<std::size_t>(part.size()) * sizeof(Element));
  }
  append(text, more...);
}
template <class... Parts>
std::string printed(const Parts&... parts) {
  std::string text;
  append(text, parts...);
  return text;
}

// ---- memory that runs out ----

// What a call that ran out of memory leaves.
enum class Left { as_it_was, to_be_overwritten };

// Makes each allocation of call(state) fail, one at a time; returns how many there are.
template <class Make, class Call, class Print>
long fail_each_allocation(const Make& make, const Call& call, const Print& print,
                          Left left = Left::as_it_was) {
  std::string done;
  {
    auto state = make();
    call(state);
    done = print(state);
  }
  for (long n = 0;; ++n) {
    INFO("allocation " << n);
    bool failed = false, all_reached = false, untouched = false, same = false;
    const long live = live_allocations;
    {
      auto state = make();
      const std::string before = print(state);
      allocations_to_fail = n;
      try {
        call(state);
      } catch (const std::bad_alloc&) {
        failed = true;
      }
      all_reached = allocations_to_fail >= 0;
      allocations_to_fail = -1;
      untouched = !failed || left == Left::to_be_overwritten || print(state) == before;
      if (failed) call(state);  // a second try
      same = print(state) == done;
    }
    const long leaked = live_allocations - live;
    CHECK(failed != all_reached);  // none that fails is passed over
    CHECK(untouched);
    CHECK(same);
    CHECK(leaked == 0);
    if (!failed) return n;
  }
}

// For calls that return what they make, of an engine.
template <class Call>
long fail_each_allocation(const Call& call) {
  struct State {
    Philox4x32 rng{42};
    std::optional<decltype(call(std::declval<Philox4x32&>()))> result;
  };
  return fail_each_allocation(
      [] { return State(); }, [&](State& state) { state.result.emplace(call(state.rng)); },
      [](const State& state) {
        return state.result ? printed(state.rng, *state.result) : printed(state.rng);
      });
}

// ---- batches ----

using Images = Eigen::Tensor<float, 4, Eigen::RowMajor>;
using Targets = Eigen::Tensor<float, 2, Eigen::RowMajor>;

constexpr Index B = 6, S = 9, C = 2, H = 5, W = 7, n_classes = 4;

// Everything that a call of the functor reads or writes.
struct Batch {
  Images x{B, C, H, W}, source{S, C, H, W}, x_out{B, C, H, W};
  std::vector<int> y, source_y;
  Targets dense{B, n_classes}, y_out{B, n_classes};

  Batch() {
    for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i);
    for (Index i = 0; i < source.size(); ++i) source.data()[i] = static_cast<float>(-i);
    for (Index i = 0; i < dense.size(); ++i) dense.data()[i] = static_cast<float>(i % 5) / 4;
    x_out.setConstant(-1), y_out.setConstant(-1);
    for (int b = 0; b < B; ++b) y.push_back(b % n_classes);
    for (int s = 0; s < S; ++s) source_y.push_back((s + 1) % n_classes);
  }
  std::string text() const { return printed(x, source, x_out, y, source_y, dense, y_out); }
};

const auto in_turn = [](Index parts, Part part) {
  for (Index i = 0; i < parts; ++i) part(i);
};

// A functor and a batch.
template <class Engine = Philox4x32>
struct Training {
  CutMix<Engine> mixer;
  Batch batch;

  explicit Training(const Options& options) : mixer(options, n_classes, Engine(7)) {}
  std::string text() const {
    return printed(batch.text(), mixer.rng(), mixer.plan(), mixer.enabled);
  }
};

// The forms of the functor.
using Call = std::function<void(CutMix<>&, Batch&)>;
const std::pair<const char*, Call> forms[] = {
    {"into memory", [](auto& mixer, Batch& b) { mixer(b.x, b.y, b.x_out, b.y_out); }},
    {"dense", [](auto& mixer, Batch& b) { mixer(b.x, b.dense, b.x_out, b.y_out); }},
    {"on a device", [](auto& mixer, Batch& b) { mixer(in_turn, b.x, b.y, b.x_out, b.y_out); }},
    {"source",
     [](auto& mixer, Batch& b) { mixer(b.x, b.y, b.source, b.source_y, b.x_out, b.y_out); }},
    {"in place", [](auto& mixer, Batch& b) { mixer.in_place(b.x, b.y, b.y_out); }},
    {"in place, source",
     [](auto& mixer, Batch& b) { mixer.in_place(b.x, b.y, b.source, b.source_y, b.y_out); }},
    {"draw",
     [](auto& mixer, Batch&) {
       mixer.draw({B, H, W});
     }},
    {"new tensors", [](auto& mixer, Batch& b) {
       auto [x, y] = mixer(b.x, b.y);
       b.x_out = std::move(x), b.y_out = std::move(y);
     }}};

std::vector<Options> some_options() {
  std::vector<Options> all(1);
  Options options;
  options.scope = Scope::sample;
  options.mixup_prob = 0.5;
  options.prob = 0.8;
  options.box_law = cutmix::UniformLaw{};
  all.push_back(options);
  options.scope = Scope::pair;
  options.pairing = Pairing::reversed;
  all.push_back(options);
  options = Options{};
  options.pairing = Pairing::derangement;
  all.push_back(options);
  options.indices = Indices{1, 2, 0, 4, 3, 5};
  all.push_back(options);
  return all;
}

}  // namespace

// ---- memory that runs out, everywhere ----

TEST_CASE("the test of failing allocations sees one that is leaked, swallowed, or comes too late") {
  long made = fail_each_allocation([](Philox4x32&) { return std::vector<int>(3); });
  CHECK(made == 1);
  made =
      fail_each_allocation([](Philox4x32&) { return Eigen::VectorXd(Eigen::VectorXd::Zero(9)); });
  CHECK(made == 1);  // Eigen's memory counts
  const long before = live_allocations;
  auto kept = std::make_unique<int>(1);
  const void* volatile seen = kept.get();  // or Clang makes no memory of it
  CHECK(seen != nullptr);
  CHECK(live_allocations == before + 1);
  kept.reset();
  CHECK(live_allocations == before);
}

TEST_CASE("no memory for draws: nothing is drawn") {
  CHECK(fail_each_allocation([](auto& rng) { return cutmix::random_permutation(9, rng); }) == 1);
  CHECK(fail_each_allocation([](auto& rng) { return cutmix::random_derangement(9, rng); }) == 1);
  CHECK(fail_each_allocation([](auto& rng) { return cutmix::uniform_index(9, rng); }) == 0);
  CHECK(fail_each_allocation([](auto& rng) { return cutmix::uniform_unit(rng); }) == 0);
  CHECK(fail_each_allocation([](auto& rng) { return cutmix::gen_cutmix_lambda(0.3, rng); }) == 0);
  CHECK(fail_each_allocation([](auto& rng) { return cutmix::rand_bbox(W, H, 0.3, rng); }) == 0);
  const auto check_law = [](const auto& law) {
    CHECK(fail_each_allocation([&](auto& rng) { return law({W, H, 3}, 0.3, rng); }) == 0);
  };
  check_law(cutmix::ReferenceLaw{}), check_law(cutmix::UniformLaw{});
  check_law(cutmix::InsideLaw{}), check_law(cutmix::MinMaxLaw(0.2, 0.8));
  const Batch batch;
  CHECK(fail_each_allocation([&](auto& rng) { return cutmix::gen_indices(batch.x, rng); }) == 1);
  CHECK(fail_each_allocation([&](auto&) {
          return cutmix::adjust_lambda(0.5, batch.x, BBox{1, 1, 3, 4});
        }) == 0);
}

TEST_CASE("no memory for a plan: nothing is drawn, a kept plan is what it was") {
  for (const Options& options : some_options()) {
    const BatchShape shape{B, H, W};
    CHECK(fail_each_allocation([&](auto& rng) { return make_plan(shape, options, rng); }) == 2);
    const Batch batch;
    CHECK(fail_each_allocation([&](auto& rng) { return make_plan(batch.x, options, rng); }) == 2);
    for (const Index kept : {0, 2, 60}) {
      struct State {
        Philox4x32 rng{3};
        Plan plan;
      };
      const auto make = [kept] {
        State state;
        if (kept > 0) state.plan = Plan::identity({kept, 3, 3});
        return state;
      };
      const long made = fail_each_allocation(
          make, [&](State& state) { make_plan(shape, options, state.rng, state.plan); },
          [](const State& state) { return printed(state.rng, state.plan); });
      CHECK(made == 2);
    }
  }
  CHECK(fail_each_allocation([](auto&) { return Plan::identity({B, H, W}); }) == 2);
  const Plan plan = Plan::identity({B, H, W});
  CHECK(fail_each_allocation([&](auto&) { return scaled(plan, {B, 3 * H, 2 * W}); }) == 2);
  CHECK(fail_each_allocation([&](auto&) { return Plan(plan); }) == 2);
}

TEST_CASE("no memory for a call of the functor: as if it had not been made, in every form") {
  for (const Options& options : some_options())
    for (const auto& form : forms)
      for (const int calls_before : {0, 1, 2}) {
        const std::string name = form.first;
        const Call& call = form.second;
        const bool has_source = name.find("source") != std::string::npos;
        Options drawn = options;
        if (has_source && options.scope == Scope::pair) continue;
        if (has_source) drawn.pairing = Pairing::random;
        INFO(name << " after " << calls_before << " calls");
        const auto make = [&, calls = calls_before] {
          auto training = std::make_unique<Training<>>(drawn);
          for (int i = 0; i < calls; ++i) call(training->mixer, training->batch);
          return training;
        };
        const long made = fail_each_allocation(
            make, [&](auto& training) { call(training->mixer, training->batch); },
            [](const auto& training) { return training->text(); });
        if (calls_before == 0) CHECK(made >= 2);
        if (calls_before == 2 && name != "new tensors") CHECK(made == 0);
        if (calls_before == 2 && name == "new tensors") CHECK(made == 2);
      }
}

TEST_CASE("no memory for calls that mix nothing, on a GPU, or with a law that takes some") {
  const auto check = [](const Options& options, const auto& prepare, const auto& call, long least) {
    const long made = fail_each_allocation(
        [&] {
          auto training = std::make_unique<Training<>>(options);
          prepare(training->mixer);
          return training;
        },
        [&](auto& training) { call(training->mixer, training->batch); },
        [](const auto& training) { return training->text(); });
    CHECK(made >= least);
  };
  for (const auto& [name, call] : forms) {
    INFO(name);
    check(
        {}, [](auto& mixer) { mixer.enabled = false; }, call, 2);
  }
  // A GPU's memory is asked for after the draws, which at() repeats.
  const auto on_grid = [](auto& mixer, Batch& b) {
    mixer.at(1, 2)(HostGrid(), b.x, b.y, b.x_out, b.y_out);
    mixer.at(1, 3).in_place(HostGrid(), b.x, b.y, b.y_out);
  };
  Training<> training{Options{}};
  on_grid(training.mixer, training.batch);
  const std::string done = training.text();
  for (long n = 0, failures = 0;; ++n) {
    Training<> other{Options{}};
    allocations_to_fail = n;
    bool failed = false;
    try {
      on_grid(other.mixer, other.batch);
    } catch (const std::bad_alloc&) {
      failed = true, ++failures;
    }
    allocations_to_fail = -1;
    if (failed) {
      other.batch = Batch();
      on_grid(other.mixer, other.batch);
    }
    CHECK(other.text() == done);
    if (failed) continue;
    CHECK(failures >= 6);
    break;
  }
  Options options;
  options.box_law = [](const cutmix::ImageSize& image, double lambda, cutmix::UrbgRef& rng) {
    const std::vector<int> work(100);
    const void* volatile seen = work.data();  // or Clang makes no memory of it
    static_cast<void>(seen);
    return cutmix::ReferenceLaw{}(image, lambda + work[0], rng);
  };
  Training<> with_law{options};
  with_law.mixer.draw({B, H, W});
  const Plan plan = with_law.mixer.plan();
  const std::string batch = with_law.batch.text();
  const auto fails = [&] {
    allocations_to_fail = 2;  // the first two are the plan's
    try {
      forms[0].second(with_law.mixer, with_law.batch);
    } catch (const std::bad_alloc&) {
      return true;
    }
    return false;
  };
  CHECK(fails());
  CHECK(allocations_to_fail == -1);
  CHECK(with_law.mixer.plan() == plan);
  CHECK(with_law.batch.text() == batch);
}

TEST_CASE("no memory for a functor, or a copy of one") {
  for (const Options& options : some_options()) {
    CutMix original(options, n_classes, Philox4x32(1));
    original.draw({B, H, W});
    const auto print = [](const auto& copy) {
      return copy ? printed(copy->rng(), copy->plan()) : std::string();
    };
    const auto none = [] { return std::optional<CutMix<>>(); };
    fail_each_allocation(
        none, [&](auto& copy) { copy.emplace(options, n_classes, Philox4x32(1)); }, print);
    const long made = fail_each_allocation(
        none, [&](auto& copy) { copy.emplace(original); }, print);
    CHECK(made >= 2);
    CHECK(original.plan().shape == BatchShape{B, H, W});
  }
}

TEST_CASE("no memory for cutmix(): nothing is drawn") {
  const Batch batch;
  const auto check = [&](const auto& y, auto... given) {
    const long made = fail_each_allocation(
        [&](auto& rng) { return cutmix::cutmix(batch.x, y, 1.0, n_classes, rng, given...).first; });
    CHECK(made >= 4);
  };
  check(batch.y);
  check(batch.dense);
  check(batch.y, 0.5, BBox{1, 2, 3, 4});
}

TEST_CASE("no memory to apply a plan: nothing is written") {
  Philox4x32 rng(5);
  Options options;
  options.scope = Scope::sample;
  options.box_law = cutmix::MinMaxLaw(0.4, 0.9);
  const Plan plan = make_plan({B, H, W}, options, rng);
  const auto check = [&](long expected, const auto& call) {
    const long made = fail_each_allocation([] { return std::make_unique<Batch>(); },
                                           [&](auto& batch) { call(*batch); },
                                           [](const auto& batch) { return batch->text(); });
    CHECK(made == expected);
  };
  check(0, [&](Batch& b) { mix_images(plan, b.x, b.x_out); });
  check(0, [&](Batch& b) { mix_images(in_turn, plan, b.x, b.x_out); });
  check(0, [&](Batch& b) { cutmix::mix_masks(plan, b.x, b.x_out); });
  check(1, [&](Batch& b) { cutmix::mix_images_in_place(plan, b.x); });
  check(0, [&](Batch& b) { cutmix::mix_labels(plan, b.y, n_classes, b.y_out); });
  check(0, [&](Batch& b) { cutmix::mix_labels(plan, b.dense, b.y_out); });
  check(0, [&](Batch& b) { cutmix::partner_labels(plan, b.dense, b.y_out); });
  check(0, [&](Batch& b) { cutmix::soft_cross_entropy(b.dense, b.dense, b.y_out); });
  check(0, [&](Batch& b) { cutmix::mixed_cross_entropy(b.dense, b.y, plan, b.y_out); });
  check(0, [&](Batch& b) { cutmix::binary_cross_entropy(b.dense, b.dense, b.y_out); });
  check(0, [&](Batch& b) { cutmix::mixed_accuracy(b.dense, b.y, plan); });
  check(0, [&](Batch& b) { cutmix::partner_mask(plan, view(b.x_out, "BCHW")); });
  check(0, [&](Batch& b) { cutmix::flipped(cutmix::cropped(view(b.x, "BCHW"), 'W', 1, 3), 'C'); });

  std::vector<std::vector<float>> samples;
  std::vector<std::vector<std::uint8_t>> bytes;
  for (Index b = 0; b < B; ++b) {
    samples.emplace_back(nth(C * H * W), static_cast<float>(b));
    bytes.emplace_back(nth(C * H * W), static_cast<std::uint8_t>(50 * b));
  }
  struct Views {  // made anew at each call
    const std::vector<std::vector<float>>& samples;
    std::size_t size() const { return samples.size(); }
    auto operator[](std::size_t b) const { return view(samples[b].data(), {C, H, W}); }
  };
  std::vector<const std::uint8_t*> pointers;
  for (const auto& sample : bytes) pointers.push_back(sample.data());
  check(3, [&](Batch& b) { cutmix::collate(plan, Views{samples}, b.x_out); });
  const auto conversion = cutmix::ByteConversion::normalized({0.4, 0.5}, {0.2, 0.3});
  const long planes = cutmix::detail::can_look_up() ? 1 : 0;
  check(3 + planes, [&](Batch& b) { cutmix::collate(plan, pointers, b.x_out, conversion); });
  // A table's memory is there before its function is called.
  int calls = 0;
  allocations_to_fail = 0;
  CHECK_THROWS_AS(cutmix::ByteConversion(2, [&](std::uint8_t, Index) { return ++calls; }),
                  std::bad_alloc);
  allocations_to_fail = -1;
  CHECK(calls == 0);
}

TEST_CASE("no memory for lists of objects") {
  Philox4x32 rng(5);
  Options options;
  options.box_law = cutmix::MinMaxLaw(0.6, 0.6);
  options.scope = Scope::sample;
  const Plan plan = make_plan({B, 40, 50}, options, rng);
  std::vector<float> boxes;
  Indices ids, offsets{0};
  std::vector<std::vector<Detection>> nested(nth(B));
  for (Index b = 0; b < B; ++b) {
    for (Index i = 0; i < 4 + b; ++i) {
      const auto at = static_cast<float>(3 * i);
      for (const float side : {at, at, at + 15, at + 9}) boxes.push_back(side);
      ids.push_back(10 * b + i);
      nested[nth(b)].push_back({at, at, at + 15, at + 9, 10 * b + i});
    }
    offsets.push_back(static_cast<Index>(ids.size()));
  }
  const auto boxes_view = view(boxes.data(), {ids.size(), 4});
  const cutmix::DetectionsView objects(boxes_view, ids, offsets);
  const auto print = [](const cutmix::Detections& out) {
    std::string text = printed(out.boxes, out.ids, out.offsets);
    for (const DetectionOrigin& origin : out.origins)
      text += printed(origin.sample, origin.index, origin.from_partner, origin.share);
    return text;
  };
  for (const bool used : {false, true}) {
    const auto make = [used] {
      cutmix::Detections out;
      if (used) out.boxes = {1, 2, 3, 4}, out.ids = {5}, out.offsets = {0, 1}, out.origins = {{}};
      return out;
    };
    CHECK(fail_each_allocation(
              make, [&](auto& out) { cutmix::mix_detections(plan, objects, out); }, print) == 4);
    const auto again = [&] {
      cutmix::Detections out = make();
      cutmix::mix_detections(plan, objects, out);
      return out;
    };
    CHECK(fail_each_allocation(
              again, [&](auto& out) { cutmix::mix_detections(plan, objects, out); }, print) == 0);
  }
  // Lists of lists grow as they are written.
  struct Lists {
    std::vector<std::vector<Detection>> out;
    std::vector<std::vector<DetectionOrigin>> origins;
  };
  const auto print_lists = [](const Lists& lists) {
    std::string text;
    for (const auto& list : lists.out)
      for (const Detection& object : list)
        text += printed(object.x1, object.y1, object.x2, object.y2, object.id);
    for (const auto& list : lists.origins)
      for (const DetectionOrigin& origin : list)
        text += printed(origin.sample, origin.index, origin.from_partner, origin.share);
    return text;
  };
  CHECK(fail_each_allocation(
            [] { return Lists(); },
            [&](Lists& lists) { cutmix::mix_detections(plan, nested, lists.out, lists.origins); },
            print_lists, Left::to_be_overwritten) > 12);
}

TEST_CASE("no memory for an exchange: nothing is sent, written or kept") {
  Philox4x32 rng(5);
  Options options;
  options.scope = Scope::sample;
  options.box_law = cutmix::MinMaxLaw(0.4, 0.9);
  const Plan plan = make_plan({2 * B, H, W}, options, rng);
  const Indices shards{B, B};
  const auto travels = [&](const Exchange& exchange) {
    const Batch batch;
    const Images& x = batch.x;
    const auto sends = exchange.sends(x);
    return printed(exchange.plan(), exchange.first(), exchange.received_bytes(x), sends.size());
  };
  const auto none = [] { return std::optional<Exchange>(); };
  CHECK(fail_each_allocation(
            none, [&](auto& made) { made.emplace(plan, shards, 1); },
            [&](const auto& made) { return made ? travels(*made) : std::string(); }) > 6);

  const Exchange exchange(plan, shards, 0), other(plan, shards, 1);
  Batch theirs;
  cutmix::Bytes sent, sent_labels;
  other.pack(theirs.x, sent);
  other.pack_labels(theirs.y, sent_labels);
  struct State {
    Batch batch;
    cutmix::Bytes sent{1, 2, 3};
    std::vector<int> all;
    std::string text() const { return printed(batch.text(), sent, all); }
  };
  const auto check = [&](long expected, const auto& call) {
    const long made = fail_each_allocation(
        [&] {
          auto state = std::make_unique<State>();
          state->all.resize(nth(exchange.plan().shape.source), -1);
          return state;
        },
        [&](auto& state) { call(*state); }, [](const auto& state) { return state->text(); });
    CHECK(made == expected);
  };
  check(1, [&](State& s) { exchange.sends(s.batch.x); });
  check(1, [&](State& s) { exchange.receives(s.batch.x); });
  check(1, [&](State& s) { exchange.received_bytes(s.batch.x); });
  check(2, [&](State& s) { exchange.pack(s.batch.x, s.sent); });
  check(2, [&](State& s) { exchange.mix_images(s.batch.x, sent, s.batch.x_out); });
  check(2, [&](State& s) { exchange.mix_images(in_turn, s.batch.x, sent, s.batch.x_out); });
  check(2, [&](State& s) { exchange.pack_labels(s.batch.y, s.sent); });
  check(1, [&](State& s) { exchange.unpack_labels(s.batch.y, sent_labels, s.all); });
}

#ifndef _LIBCPP_VERSION
namespace {

// A stream's buffer that never allocates, so that what fails is the library's.
class FixedBuffer : public std::streambuf {
 public:
  FixedBuffer() { setp(characters_, characters_ + sizeof characters_); }
  explicit FixedBuffer(const std::string& text) {
    std::copy(text.begin(), text.end(), characters_);
    setg(characters_, characters_, characters_ + text.size());
  }
  std::string written() const { return {pbase(), pptr()}; }
  void rewind() { setg(eback(), eback(), egptr()); }

 private:
  char characters_[1 << 16];
};

// Both directions of the text of a value.
template <class Value>
void check_text(const Value& value, const Value& other, long least_written, long least_read) {
  struct Writing {
    FixedBuffer buffer;
    std::ostream out{&buffer};
  };
  long made = fail_each_allocation([] { return std::make_unique<Writing>(); },
                                   [&](auto& writing) { writing->out << value; },
                                   [](const auto& writing) { return writing->buffer.written(); });
  CHECK(made >= least_written);
  struct Reading {
    explicit Reading(const std::string& text, const Value& before) : buffer(text), value(before) {}
    FixedBuffer buffer;
    std::istream in{&buffer};
    Value value;
  };
  const std::string text = printed(value);
  made = fail_each_allocation(
      [&] { return std::make_unique<Reading>(text, other); },
      [](auto& reading) {
        reading->buffer.rewind();
        reading->in >> reading->value;
      },
      [](const auto& reading) { return printed(reading->value, reading->in.fail()); });
  CHECK(made >= least_read);
}

}  // namespace
#endif

// libc++'s own streams say ios_base::failure in some places where memory has run out in them.
#ifndef _LIBCPP_VERSION
TEST_CASE("no memory for a text: none is written, cut short or called damaged") {
  Philox4x32 rng(5);
  rng.discard(1234567);
  Options options;
  options.scope = Scope::sample;
  options.mixup_prob = 0.5;
  const Plan plan = make_plan({B, H, W}, options, rng);
  REQUIRE(plan.blend(0) != plan.blend(1));  // some have many digits
  check_text(rng, Philox4x32(1), 1, 0);
  check_text(plan, Plan::identity({2, 3, 4}), 10, 10);
  CutMix mixer(options, n_classes, rng), fresh(options, n_classes, Philox4x32(1));
  mixer.draw({B, H, W});
  check_text(mixer, fresh, 20, 20);
  CutMix standard(options, n_classes, std::mt19937_64(3)),
      first(options, n_classes, std::mt19937_64());
  standard.draw({B, H, W});
  check_text(standard, first, 20, 20);
  CHECK(fail_each_allocation([](auto&) {
          FixedBuffer buffer;
          std::ostream out(&buffer);
          out << BBox{1, 2, 1000000000, 2000000000};
          return buffer.written();
        }) >= 1);
}
#endif

// ---- what belongs to the caller, and throws ----

namespace {

// Images that are worth several parts.
constexpr Index many = 8, side = 600;
struct LargeBatch {
  std::vector<float> x = std::vector<float>(nth(many * side * side)), out = x, source = x;
  std::vector<int> y{0, 1, 2, 3, 0, 1, 2, 3};
  std::vector<float> targets = std::vector<float>(nth(many * n_classes), -1.0f);

  LargeBatch() {
    for (std::size_t i = 0; i < x.size(); ++i)
      x[i] = static_cast<float>(i % 1009), source[i] = -x[i] - 1, out[i] = 0.5f;
  }
  auto x_view() { return view(x.data(), {many, side, side}); }
  auto source_view() { return view(source.data(), {many, side, side}); }
  auto out_view() { return view(out.data(), {many, side, side}); }
  auto target_view() { return view(targets.data(), {many, n_classes}); }
};

}  // namespace

TEST_CASE("a device that throws: the parts that it ran are done, the others are as they were") {
  Options options;
  options.scope = Scope::sample;
  options.box_law = cutmix::MinMaxLaw(0.5, 0.9);
  Philox4x32 rng(8);
  const Plan plan = make_plan({many, side, side}, options, rng);
  const Plan source_plan = make_plan({many, side, side, 1, many}, options, rng);
  const LargeBatch fresh;
  std::vector<std::vector<std::uint8_t>> bytes;
  for (Index b = 0; b < many; ++b)
    bytes.emplace_back(nth(side * side), static_cast<std::uint8_t>(b));
  const auto conversion = cutmix::ByteConversion::normalized({0.5}, {0.3});
  const Exchange exchange(plan, {many}, 0);
  using Device = std::function<void(Index, Part)>;
  using CallOn = std::function<void(LargeBatch&, const Device&)>;
  const auto collate = [&](LargeBatch& b, const Device& device) {
    std::vector<const float*> samples;
    for (Index i = 0; i < many; ++i) samples.push_back(b.x.data() + i * side * side);
    cutmix::collate(device, plan, samples, b.out_view());
  };
  const auto collate_bytes = [&](LargeBatch& b, const Device& device) {
    std::vector<const std::uint8_t*> samples;
    for (const auto& sample : bytes) samples.push_back(sample.data());
    cutmix::collate(device, plan, samples, b.out_view(), conversion);
  };
  const std::pair<const char*, CallOn> calls[] = {
      {"images",
       [&](auto& b, auto& device) { mix_images(device, plan, b.x_view(), b.out_view()); }},
      {"masks, source",
       [&](auto& b, auto& device) {
         cutmix::mix_masks(device, source_plan, b.x_view(), b.source_view(), b.out_view());
       }},
      {"in place",
       [&](auto& b, auto& device) { cutmix::mix_images_in_place(device, plan, b.x_view()); }},
      {"collate", collate},
      {"collate, converted", collate_bytes},
      {"exchange",
       [&](auto& b, auto& device) { exchange.mix_images(device, b.x_view(), {}, b.out_view()); }}};
  const auto differ = [](float a, float b) { return a < b || a > b; };
  for (const auto& named : calls) {
    INFO(named.first);
    const CallOn& call = named.second;
    const bool in_place = std::string(named.first) == "in place";
    const auto written = [in_place](const LargeBatch& b) { return in_place ? b.x : b.out; };
    Index count = 0;
    LargeBatch done = fresh;
    call(done, [&count](Index parts, Part part) {
      count = parts;
      for (Index i = 0; i < parts; ++i) part(i);
    });
    REQUIRE(count > 4);
    // What each part writes, seen by itself: parts that are left out leave their share alone.
    std::vector<std::vector<float>> alone;
    for (Index k = 0; k < count; ++k) {
      LargeBatch batch = fresh;
      call(batch, [k](Index, Part part) { part(k); });
      alone.push_back(written(batch));
    }
    const std::vector<float> before = written(fresh);
    // The parts below k and nothing else; returns how many scalars have changed.
    const auto check = [&](const LargeBatch& batch, Index k) {
      const std::vector<float> after = written(batch);
      Index wrong = 0, changed = 0;
      for (std::size_t i = 0; i < before.size(); ++i) {
        float expected = before[i];
        for (Index part = 0; part < k; ++part)
          if (differ(alone[nth(part)][i], before[i])) expected = alone[nth(part)][i];
        wrong += differ(after[i], expected);
        changed += differ(after[i], before[i]);
      }
      CHECK(wrong == 0);
      CHECK(batch.source == fresh.source);
      CHECK(batch.targets == fresh.targets);
      return changed;
    };
    CHECK(check(done, count) > many * side * side / 8);
    for (const Index k : {Index{0}, Index{1}, count - 1}) {
      LargeBatch batch = fresh;
      CHECK(throws([&] {
        call(batch, [k](Index, Part part) {
          for (Index i = 0; i < k; ++i) part(i);
          throw Thrown{};
        });
      }));
      CHECK((check(batch, k) == 0) == (k == 0));
      if (in_place) continue;
      call(batch, in_turn);  // once more, where what was written is no input
      CHECK(batch.out == done.out);
    }
    LargeBatch batch = fresh;  // some twice, the last ones first
    call(batch, [](Index parts, Part part) {
      for (Index i = parts; i-- > 0;) part(i);
      part(1), part(parts - 1);
    });
    CHECK((written(batch) == written(done)) == !in_place);  // as the documentation warns
  }
}

TEST_CASE("a functor whose device throws repeats the batch with at()") {
  Options options;
  options.box_law = cutmix::MinMaxLaw(0.9, 1);
  CutMix good(options, n_classes, Philox4x32(3)), bad(options, n_classes, Philox4x32(3));
  LargeBatch expected, batch;
  for (Index step = 0; step < 4; ++step) {
    const Plan before = bad.plan();
    good.at(1, step)(in_turn, expected.x_view(), expected.y, expected.out_view(),
                     expected.target_view());
    const auto targets = batch.targets;
    const auto device = [step](Index, Part part) {
      for (Index i = 0; i < step; ++i) part(i);
      throw Thrown{};
    };
    CHECK(throws([&] {
      bad.at(1, step)(device, batch.x_view(), batch.y, batch.out_view(), batch.target_view());
    }));
    CHECK(bad.plan() == before);
    CHECK(batch.targets == targets);
    bad.at(1, step)(in_turn, batch.x_view(), batch.y, batch.out_view(), batch.target_view());
    CHECK(bad.plan() == good.plan());
    CHECK(batch.out == expected.out);
    CHECK(batch.targets == expected.targets);
  }
}

TEST_CASE("an engine that throws at any word: nothing leaks, nothing is written") {
  struct Engine {
    using result_type = std::uint32_t;
    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return 0xFFFFFFFFu; }
    result_type operator()() {
      if (left-- == 0) throw Thrown{};
      return inner();
    }
    Philox4x32 inner{6};
    int left = 0;
  };
  const Batch batch;
  const std::string before = batch.text();
  const auto words_of = [&](const auto& call) {
    for (int words = 0;; ++words) {
      Engine engine;
      engine.left = words;
      const long live = live_allocations;
      const bool failed = throws([&] { call(engine); });
      const long leaked = live_allocations - live;
      CHECK(leaked == 0);
      CHECK(batch.text() == before);
      if (!failed) return words;
    }
  };
  CHECK(words_of([&](auto& rng) { cutmix::gen_indices(batch.x, rng); }) == 5);
  CHECK(words_of([&](auto& rng) { cutmix::random_derangement(6, rng); }) >= 5);
  CHECK(words_of([&](auto& rng) { cutmix::cutmix(batch.x, batch.y, 1.0, n_classes, rng); }) == 11);
  CHECK(words_of([&](auto& rng) { cutmix::rand_bbox(W, H, 0.5, rng); }) == 2);
  CHECK(words_of([&](auto& rng) { make_plan({B, H, W}, Options{}, rng); }) == 11);
  CHECK(words_of([&](auto& rng) { cutmix::InsideLaw{}({W, H, 3}, 0.5, rng); }) == 3);
  struct Sequence {  // one of seeds can throw too
    void generate(std::uint32_t*, std::uint32_t*) { throw Thrown{}; }
  } sequence;
  Philox4x32 rng(9);
  rng.discard(5);
  const Philox4x32 copy = rng;
  CHECK(throws([&] { rng.seed(sequence); }));
  CHECK(rng == copy);
}

TEST_CASE("functions and samples of the caller's that throw: nothing is written") {
  int left = 300;
  CHECK(throws([&] {
    cutmix::ByteConversion(2, [&left](std::uint8_t, Index) {
      if (--left == 0) throw Thrown{};
      return 0.5;
    });
  }));
  Philox4x32 rng(5);
  const Plan plan = make_plan({B, H, W}, Options{}, rng);
  Batch batch;
  const std::string before = batch.text();
  struct Samples {  // made anew at each call; the k-th cannot be read
    Index k;
    std::size_t size() const { return nth(B); }
    Eigen::Tensor<float, 3, Eigen::RowMajor> operator[](std::size_t b) const {
      if (static_cast<Index>(b) == k) throw Thrown{};
      Eigen::Tensor<float, 3, Eigen::RowMajor> sample(C, H, W);
      sample.setConstant(static_cast<float>(b));
      return sample;
    }
  };
  for (Index k = 0; k < B; ++k) {
    const long live = live_allocations;
    const bool failed = throws([&] { cutmix::collate(plan, Samples{k}, batch.x_out); });
    const long leaked = live_allocations - live;
    CHECK(failed);
    CHECK(leaked == 0);
    CHECK(batch.text() == before);
  }
  cutmix::collate(plan, Samples{-1}, batch.x_out);
  CHECK(batch.text() != before);
}

namespace {

// Cannot be copied now and then.
struct Object {
  float x1 = 0, y1 = 0, x2 = 0, y2 = 0;
  std::string name = "long enough to take memory of its own";
  int* left = nullptr;

  Object() = default;
  Object(const Object& o) : x1(o.x1), y1(o.y1), x2(o.x2), y2(o.y2), name(o.name), left(o.left) {
    if (left != nullptr && (*left)-- == 0) throw Thrown{};
  }
  Object& operator=(const Object&) = default;
};

}  // namespace

TEST_CASE(
    "objects that throw when they are copied: lists stay valid, and are written the next time") {
  Philox4x32 rng(5);
  Options options;
  options.box_law = cutmix::MinMaxLaw(0.6, 0.6);
  const Plan plan = make_plan({B, H, W}, options, rng);
  const long live = live_allocations;
  long leaked = 0;
  int fails = 0;
  bool valid = true, done = true;
  {
    int copies = 1 << 30;
    std::vector<std::vector<Object>> objects(nth(B)), out;
    std::vector<std::vector<DetectionOrigin>> origins;
    for (auto& list : objects) {
      list.resize(3);
      for (Object& object : list) object.x2 = W, object.y2 = H, object.left = &copies;
    }
    for (bool failed = true; failed; ++fails) {
      copies = fails;
      failed = throws([&] { cutmix::mix_detections(plan, objects, out, origins); });
      for (const auto& list : out)
        for (const Object& object : list) valid = valid && object.name == objects[0][0].name;
    }
    for (std::size_t b = 0; b < out.size(); ++b)
      done = done && !out[b].empty() && out[b].size() == origins[b].size();
    done = done && out.size() == nth(B);
  }
  leaked = live_allocations - live;
  CHECK(fails > 3 * B);
  CHECK(valid);
  CHECK(done);
  CHECK(leaked == 0);
}

TEST_CASE("a stream that throws leaves plans, engines and functors alone") {
  CutMix mixer(Options{}, n_classes, Philox4x32(3));
  mixer.draw({B, H, W});
  const std::string text = printed(mixer);
  struct Failing : std::streambuf {  // after so many characters
    Failing(const std::string& text, std::size_t count) : characters(text), left(count) {}
    int_type underflow() override {
      if (left-- == 0) throw Thrown{};
      setg(&characters[at], &characters[at], &characters[at] + 1);
      return traits_type::to_int_type(characters[at++]);
    }
    std::string characters;
    std::size_t left, at = 0;
  };
  const std::size_t plan_at = text.find("cutmix-plan"), plan_end = text.find(" end");
  for (std::size_t count = 0; count < text.size() - 1; count += 3) {
    CutMix reader(Options{}, n_classes, Philox4x32(4));
    Failing buffer(text, count);
    std::istream in(&buffer);
    CHECK(throws([&] { in >> reader; }));
    CHECK(reader.rng() == Philox4x32(4));
    CHECK(reader.plan() == Plan{});
    if (plan_at + count >= plan_end) continue;
    Plan plan = Plan::identity({1, 2, 3});
    Failing plan_buffer(text.substr(plan_at), count);
    std::istream plan_in(&plan_buffer);
    CHECK(throws([&] { plan_in >> plan; }));
    CHECK(plan == Plan::identity({1, 2, 3}));
  }
}
