// What a GPU's threads do, run on the host over whole grids: every byte against the naive reference
// and against the library's own on the processor.

#include <cmath>
#include <cstdint>
#include <cutmix/images.hpp>
#include <cutmix/labels.hpp>
#include <cutmix/mixer.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "gpu_grid.hpp"
#include "naive.hpp"
#include "random_batches.hpp"

using namespace testing;
using cutmix::BatchView;
using cutmix::ConstBatchView;
using cutmix::CutMix;
using cutmix::LabelOptions;
using cutmix::mix_images;
using cutmix::mix_images_in_place;
using cutmix::mix_labels;
using cutmix::partner_labels;
using cutmix::Philox4x32;
using cutmix::view;
namespace detail = cutmix::detail;

namespace {

// As many blocks as are wanted, or so few that threads go round.
HostGrid any_grid(Dice& dice) {
  HostGrid grid;
  if (dice.coin()) grid.most_blocks_x = dice.roll(1, 3);
  if (dice.coin()) grid.most_blocks_y = dice.roll(1, 3);
  grid.backwards = dice.coin();
  return grid;
}

// Mixes on the grid by one launch, which nothing but a kernel may be.
template <class Run>
void launched_once(const Run& run, bool has_work) {
  const int before = HostLaunch::launches();
  run();
  REQUIRE(HostLaunch::launches() - before == (has_work ? 1 : 0));
}

void check_out_of_place(Dice& dice, Case& images, bool blends) {
  Block& out = images.out;
  const Mixing mixing = any_mixing(dice, images, blends);
  const Plan& plan = mixing.plan;
  const Expected& expected = mixing.expected;
  INFO("plan " << shown(plan));
  const HostGrid grid = any_grid(dice);
  const ConstBatchView x = std::as_const(images.x).view();
  launched_once(
      [&] {
        if (images.has_source)
          mix_images(grid, plan, x, std::as_const(images.source).view(), out.view());
        else
          mix_images(grid, plan, x, out.view());
      },
      !out.placement().empty());
  REQUIRE(expected.is(out));
}

void check_in_place(Dice& dice, const Case& images, bool blends) {
  Block block = images.out;
  fill(dice, block, blends);
  const BatchShape shape = block.placement().shape();
  const Plan plan = permuted(dice, any_plan(dice, shape, blends));
  const Block before = block;
  {
    INFO("plan " << shown(plan));
    const Expected expected = mixed_naively(plan, before, before, before);
    launched_once([&] { mix_images_in_place(any_grid(dice), plan, block.view()); },
                  !block.placement().empty());
    REQUIRE(expected.is(block));
  }
  if (!images.has_source) return;
  BatchShape from = shape;
  from.source = images.source.placement().size('B');
  const Plan patching = any_plan(dice, from, blends);
  INFO("source, plan " << shown(patching));
  block = before;
  const Expected expected = mixed_naively(patching, before, images.source, before);
  const ConstBatchView source = images.source.view();
  const auto job = detail::check_images_in_place(block.view(), &source);
  detail::run_on(any_grid(dice), patching, false, [&](auto& work) { work.in_place(job); });
  REQUIRE(expected.is(block));
}

}  // namespace

// ---- images ----

TEST_CASE("gpu: images of random letters, strides, scalars and plans") {
  for_random_batches(900, 6000, any_small_sort, [](Dice& dice, Case& images, bool blends) {
    check_out_of_place(dice, images, blends);
    check_in_place(dice, images, blends);
  });
}

TEST_CASE("gpu: usual batches, aligned and not, of rows short and long") {
  const std::uint32_t seed = 910;
  Dice dice(seed);
  const std::vector<std::string> all{"BCHW", "BHWC", "BCDHW", "BCW", "BDHWC", "WHCB"};
  for (int i = 0; i < 500; ++i) {
    INFO("seed " << seed << " case " << i);
    const ScalarType& scalar = all_scalars[nth(dice.roll(0, 15))];
    Sort sort{all[nth(dice.roll(0, 5))], {}};
    for (const char letter : sort.letters)
      sort.sizes.push_back(letter == 'B'   ? dice.roll(1, 70)
                           : letter == 'W' ? dice.roll(1, 70)
                                           : dice.roll(1, 6));
    const Placement placement = random_placement(dice, sort.letters, sort.sizes, {});
    const auto block = [&] {
      const std::size_t shift = nth(dice.coin() ? 0 : dice.roll(1, 15));
      return Block(placement, scalar.kind, scalar.bytes, shift);
    };
    Case images{block(), block(), block(), dice.roll(0, 3) == 0};
    const bool blends = has_numbers(scalar.kind) && dice.coin();
    INFO(described(images));
    check_out_of_place(dice, images, blends);
    check_in_place(dice, images, blends);
  }
}

TEST_CASE("gpu: a share that float rounds to nothing is not read") {
  std::vector<float> images(2 * 64, std::nanf(""));
  std::iota(images.begin(), images.begin() + 64, 1.0f);
  Plan plan = plan_of({1, 1}, {0, 0, 8, 8}, 8, 8);
  plan.patches[0].blend = 1e-60;
  const auto mixed = [&](const auto& device) {
    std::vector<float> out(images.size(), -1);
    mix_images(device, plan, view(images.data(), {2, 8, 8}), view(out.data(), {2, 8, 8}));
    return std::vector<float>(out.begin(), out.begin() + 64);
  };
  const std::vector<float> own(images.begin(), images.begin() + 64);
  CHECK(mixed(HostGrid{}) == own);
  CHECK(mixed([](Index parts, cutmix::Part part) {
          for (Index i = 0; i < parts; ++i) part(i);
        }) == own);
}

TEST_CASE("gpu: in place, every pairing, whatever the cycles, however they are divided") {
  const std::uint32_t seed = 920;
  Dice dice(seed);
  for (const Index batch : {1, 2, 3, 4, 5, 7, 8, 31, 64, 129, 300}) {
    for (int pairing = 0; pairing < 6; ++pairing) {
      for (const bool per_sample : {false, true}) {
        INFO("batch " << batch << " pairing " << pairing << " per sample " << per_sample);
        const Placement placement = random_placement(
            dice, "BCHW", {batch, 2, dice.roll(1, 5), dice.roll(1, 40)}, PlacementStyle{});
        Options options;
        options.box_law = cutmix::MinMaxLaw(0.3, 1);
        options.scope = per_sample ? Scope::sample : Scope::batch;
        if (pairing < 4) options.pairing = static_cast<Pairing>(pairing);
        Indices cycles(nth(batch));
        std::iota(cycles.begin(), cycles.end(), 0);
        if (pairing == 4) std::rotate(cycles.begin(), cycles.begin() + 1, cycles.end());  // one
        if (pairing == 5)  // fixed points between pairs
          for (std::size_t b = 0; b + 2 < cycles.size(); b += 3)
            std::swap(cycles[b], cycles[b + 2]);
        if (pairing >= 4) options.indices = cycles;
        if (dice.coin()) options.mixup_prob = 0.5;
        const Plan plan = make_plan(placement.shape(), options, dice.engine());
        for (const ScalarType& scalar :
             {ScalarType{ScalarKind::float32, 4}, ScalarType{ScalarKind::uint8, 1}}) {
          Block block(placement, scalar.kind, scalar.bytes);
          block.fill_with_numbers(dice);
          const Expected expected = mixed_naively(plan, block, block, block);
          mix_images_in_place(any_grid(dice), plan, block.view());
          REQUIRE(expected.is(block));
        }
      }
    }
  }
}

TEST_CASE("gpu: large images in place") {
  Dice dice(925);
  const Placement placement =
      random_placement(dice, "BCHW", {3, 3, 256, 180}, PlacementStyle{});  // 34560 times 16 bytes
  Block block(placement, ScalarKind::float32, 4);
  block.fill_with_numbers(dice);
  const Plan plan = plan_of({2, 0, 1}, {31, 17, 150, 201}, 256, 180);
  const Expected expected = mixed_naively(plan, block, block, block);
  mix_images_in_place(HostGrid{}, plan, block.view());
  REQUIRE(expected.is(block));
}

TEST_CASE("gpu: indices that are no permutation are refused in place, before a launch") {
  std::vector<float> images(4 * 6, 1);
  const Plan plan = plan_of({0, 1, 1, 3}, {0, 0, 2, 2}, 2, 3);
  const int before = HostLaunch::launches();
  REQUIRE(error_of([&] {
            mix_images_in_place(HostGrid{}, plan, view(images.data(), {4, 2, 3}));
          }) == "cutmix: indices[2] = 1, must stand there once: in place needs a permutation");
  REQUIRE(HostLaunch::launches() == before);
}

// ---- labels ----

namespace {

const ScalarType floating_scalars[] = {{ScalarKind::half, 2},
                                       {ScalarKind::bfloat16, 2},
                                       {ScalarKind::float32, 4},
                                       {ScalarKind::float64, 8}};

// The library's own bytes on the processor, and those of the grid, guards among them.
template <class OnHost, class OnGrid>
void same_on_both(Block& out, const OnHost& on_host, const OnGrid& on_grid) {
  Block expected = out;
  on_host(expected.view());
  on_grid(out.view());
  REQUIRE(out.memory() == expected.memory());
}

}  // namespace

TEST_CASE("gpu: class ids of every kind, rows and columns at any distance") {
  const std::uint32_t seed = 930;
  Dice dice(seed);
  for (int i = 0; i < 3000; ++i) {
    INFO("seed " << seed << " case " << i);
    const Index batch = dice.roll(0, 12), classes = dice.roll(1, 40), others = dice.roll(1, 9);
    const bool has_source = dice.roll(0, 3) == 0;
    const BatchShape shape{batch, 7, 9, 1, has_source ? others : -1};
    const Plan plan = any_plan(dice, shape, dice.coin());
    LabelOptions options;
    if (dice.coin()) options.smoothing = dice.share();
    if (dice.coin()) options.ignore_id = dice.coin() ? -1 : 2;
    const auto make_ids = [&](Index count) {
      // Anything but opaque and floating; at an odd address now and then.
      const ScalarType scalar = all_scalars[nth(dice.roll(4, 11))];
      Block ids(random_placement(dice, "B", {count}, random_style(dice, false)), scalar.kind,
                scalar.bytes, nth(dice.roll(0, 3)));
      ids.fill_with_bytes(dice);
      for (Index b = 0; b < ids.placement().scalars; ++b) {
        const bool is_signed = scalar.kind == ScalarKind::int8 ||
                               scalar.kind == ScalarKind::int16 ||
                               scalar.kind == ScalarKind::int32 || scalar.kind == ScalarKind::int64;
        Index id = dice.roll(0, classes - 1);
        if (options.ignore_id && dice.coin() && (is_signed || *options.ignore_id >= 0))
          id = *options.ignore_id;
        put_number(scalar.kind, static_cast<double>(id), ids.at(b - ids.placement().first));
      }
      return ids;
    };
    const Block ids = make_ids(batch), source = make_ids(others);
    const ScalarType& scalar = floating_scalars[dice.roll(0, 3)];
    Block out(random_placement(dice, "BW", {batch, classes}, random_style(dice, true)), scalar.kind,
              scalar.bytes, nth(dice.roll(0, 3)));
    out.fill_with_bytes(dice);
    const ConstBatchView y = ids.view(false), source_y = source.view(false);
    const HostGrid grid = any_grid(dice);
    same_on_both(
        out,
        [&](const BatchView& rows) {
          if (has_source)
            mix_labels(plan, y, source_y, classes, rows, options);
          else
            mix_labels(plan, y, classes, rows, options);
        },
        [&](const BatchView& rows) {
          launched_once(
              [&] {
                detail::mix_ids_on(grid, plan, y, has_source ? &source_y : nullptr, classes, rows,
                                   options);
              },
              batch > 0);
        });
  }
}

TEST_CASE("gpu: dense labels and partners' labels of every kind, rank and layout") {
  const std::uint32_t seed = 940;
  Dice dice(seed);
  for (int i = 0; i < 3000; ++i) {
    INFO("seed " << seed << " case " << i);
    std::string letters = std::string("BWCT").substr(0, nth(dice.roll(2, 4)));
    Indices sizes;
    for (std::size_t axis = 0; axis < letters.size(); ++axis) sizes.push_back(dice.roll(1, 7));
    const ScalarType& scalar = all_scalars[nth(dice.roll(4, 15))];
    const ScalarType& out_scalar = floating_scalars[dice.roll(0, 3)];
    const bool has_source = dice.roll(0, 3) == 0;
    Indices source_sizes = sizes;
    if (has_source) source_sizes[0] = dice.roll(1, 7);
    const auto block = [&](const Indices& all, const ScalarType& of, bool is_output) {
      Block made(random_placement(dice, letters, all, random_style(dice, is_output)), of.kind,
                 of.bytes, nth(dice.roll(0, 2)));
      made.fill_with_numbers(dice);
      // Halves are any bits: without those of a NaN, which no law fixes.
      if (of.kind == ScalarKind::half || of.kind == ScalarKind::bfloat16 ||
          of.kind == ScalarKind::float32 || of.kind == ScalarKind::float64)
        for (Index k = 0; k < made.placement().scalars; ++k)
          put_number(of.kind, static_cast<double>(dice.roll(-999, 999)) / 64,
                     made.memory().data() + made.offset(k - made.placement().first));
      return made;
    };
    const Block dense = block(sizes, scalar, false), source = block(source_sizes, scalar, false);
    const BatchShape shape{sizes[0], 5, 6, 1, has_source ? source_sizes[0] : -1};
    const Plan plan = any_plan(dice, shape, dice.coin());
    const ConstBatchView y = dense.view(), from = source.view();
    const HostGrid grid = any_grid(dice);
    Block out = block(sizes, out_scalar, true), gathered = block(sizes, scalar, true);
    same_on_both(
        out,
        [&](const BatchView& rows) {
          has_source ? mix_labels(plan, y, from, rows) : mix_labels(plan, y, rows);
        },
        [&](const BatchView& rows) {
          launched_once(
              [&] { detail::mix_dense_on(grid, plan, y, has_source ? &from : nullptr, rows); },
              true);
        });
    same_on_both(
        gathered,
        [&](const BatchView& rows) {
          has_source ? partner_labels(plan, y, from, rows) : partner_labels(plan, y, rows);
        },
        [&](const BatchView& rows) {
          launched_once(
              [&] { detail::gather_labels_on(grid, plan, y, has_source ? &from : nullptr, rows); },
              true);
        });
  }
}

TEST_CASE("gpu: no labels, no launch") {
  const int before = HostLaunch::launches();
  std::vector<float> nothing;
  const BatchView rows = view(nothing.data(), {0, 5});
  detail::mix_dense_on(HostGrid{}, Plan::identity({0, 4, 4}), rows, nullptr, rows);
  detail::gather_labels_on(HostGrid{}, Plan::identity({0, 4, 4}), rows, nullptr, rows);
  const BatchView columns = view(nothing.data(), {3, 2, 0});
  detail::mix_dense_on(HostGrid{}, Plan::identity({3, 4, 4}), columns, nullptr, columns);
  detail::gather_labels_on(HostGrid{}, Plan::identity({3, 4, 4}), columns, nullptr, columns);
  CHECK(HostLaunch::launches() == before);
}

TEST_CASE("gpu: an id that is no class has no peak, for nobody can look at it before") {
  const std::vector<int> ids{0, 7, -3};
  std::vector<float> out(3 * 2, -1);
  const auto plan = Plan::identity({3, 4, 4});
  const BatchView rows = view(out.data(), {3, 2});
  detail::mix_ids_on(HostGrid{}, plan, ids, nullptr, 2, rows, {});
  REQUIRE(out == std::vector<float>{1, 0, 0, 0, 0, 0});
}

// ---- the functor ----

TEST_CASE("gpu: the functor's forms, with the bytes and the draws of the processor") {
  const std::uint32_t seed = 950;
  Dice dice(seed);
  for (int i = 0; i < 200; ++i) {
    INFO("seed " << seed << " case " << i);
    Options options;
    options.scope = dice.coin() ? Scope::sample : Scope::batch;
    if (dice.coin()) options.mixup_prob = 0.5;
    options.labels.smoothing = 0.1;
    const Index batch = dice.roll(1, 40), others = batch;
    CutMix on_host(options, 10, Philox4x32(7)), on_grid = on_host;
    const auto numbers = [&](Index count) {
      std::vector<float> all(nth(count));
      for (float& one : all) one = static_cast<float>(dice.roll(-9999, 9999)) / 77;
      return all;
    };
    const std::vector<float> images = numbers(batch * 3 * 5 * 6),
                             more = numbers(others * 3 * 5 * 6);
    std::vector<int> ids(nth(batch)), more_ids(nth(others));
    for (int& id : ids) id = static_cast<int>(dice.roll(0, 9));
    for (int& id : more_ids) id = static_cast<int>(dice.roll(0, 9));
    const std::vector<float> dense = numbers(batch * 10);
    struct Batch {
      std::vector<float> x, targets;
    };
    const auto run = [&](CutMix<>& mixer, const auto&... device) {
      std::vector<Batch> all;
      const auto at = [batch](auto& pixels) { return view(pixels.data(), {batch, 3, 5, 6}); };
      const auto add = [&](const auto& call) {
        Batch result{images, std::vector<float>(nth(batch * 10), -1)};
        call(at(result.x), view(result.targets.data(), {batch, 10}));
        all.push_back(result);
      };
      for (int round = 0; round < 3; ++round) {
        mixer.enabled = round != 1;
        add([&](auto x, auto y) { mixer(device..., at(images), ids, x, y); });
        add([&](auto x, auto y) {
          mixer(device..., at(images), view(dense.data(), {batch, 10}), x, y);
        });
        add([&](auto x, auto y) { mixer(device..., at(images), ids, at(more), more_ids, x, y); });
        add([&](auto x, auto y) { mixer.in_place(device..., x, ids, y); });
        add([&](auto x, auto y) { mixer.in_place(device..., x, ids, at(more), more_ids, y); });
      }
      return all;
    };
    const auto expected = run(on_host), got = run(on_grid, any_grid(dice));
    REQUIRE(expected.size() == got.size());
    for (std::size_t k = 0; k < expected.size(); ++k) {
      REQUIRE(same_bytes(expected[k].x, got[k].x));
      REQUIRE(same_bytes(expected[k].targets, got[k].targets));
    }
    REQUIRE(on_host.plan() == on_grid.plan());
    REQUIRE(on_host.rng() == on_grid.rng());
  }
}

TEST_CASE("gpu: the functor's errors come before a draw and a launch") {
  std::vector<float> images(4 * 6, 1), out(4 * 6, 1), targets(4 * 10, 1);
  const std::vector<int> ids(3);
  CutMix mixer(1.0, 10, Philox4x32(7));
  const int before = HostLaunch::launches();
  REQUIRE(error_of([&] {
            mixer(HostGrid{}, view(images.data(), {4, 2, 3}), ids, view(out.data(), {4, 2, 3}),
                  view(targets.data(), {4, 10}));
          }) == "cutmix: size of y along the batch = 3, must be 4, as of x");
  REQUIRE(HostLaunch::launches() == before);
  REQUIRE(mixer.rng() == Philox4x32(7));
  REQUIRE(mixer.plan() == Plan());
}

// ---- arithmetic ----

TEST_CASE("gpu: division by what is known before, beyond 2^31 too") {
  const std::uint32_t seed = 960;
  Dice dice(seed);
  const auto any = [&] {
    const Index bits = dice.roll(0, 61);
    const Index near = (Index{1} << bits) + dice.roll(-3, 3);
    return std::max(dice.coin() ? near
                                : static_cast<Index>(
                                      cutmix::uniform_index(Index{1} << (bits + 1), dice.engine())),
                    Index{0});
  };
  for (int i = 0; i < 200000; ++i) {
    const Index n = any(), divisor = std::max(any(), Index{1});
    const detail::Divisor by(divisor);
    Index rest = n;
    const Index quotient = by.divide(rest);
    if (quotient != n / divisor || rest != n % divisor) {
      CAPTURE(n, divisor);
      REQUIRE(quotient == n / divisor);
      REQUIRE(rest == n % divisor);
    }
  }
  for (const Index divisor : {Index{1}, Index{3}, Index{224}, Index{2147483647}})
    for (const Index n : {Index{0}, Index{2147483646}, Index{2147483647}, Index{2147483648}})
      REQUIRE(detail::Divisor(divisor).quotient(n) == n / divisor);
}

namespace {

// The patch of the only sample, and its plan as a GPU has it.
std::vector<unsigned char> packed(const Plan& plan) {
  std::vector<unsigned char> buffer(detail::packed_bytes(plan));
  detail::pack_plan(plan, nullptr, buffer.data());
  return buffer;
}

}  // namespace

TEST_CASE("gpu: positions beyond 2^32 bytes are inside and outside of boxes as others are") {
  // A volume of 2^36 bytes, of which no byte is needed.
  const Index columns = 70001, rows = 5003, slices = 201;
  detail::Dense dense;
  dense.fits = true;
  dense.planes = 3;
  dense.size[0] = slices, dense.size[1] = rows, dense.size[2] = columns;
  dense.side[0] = detail::side_z, dense.side[1] = detail::side_y, dense.side[2] = detail::side_x;
  dense.pixel = 4;
  const detail::GpuDense layout(dense);
  REQUIRE(layout.sample > Index{1} << 36);
  const BBox box{100, 50, 60000, 5000, 7, 190};
  const Plan plan{{1, rows, columns, slices, 1}, {0}, {{box, 1}}};
  const auto buffer = packed(plan);
  const detail::GpuCut cut(detail::GpuPlan(buffer.data(), 1), 0);
  const std::uint32_t seed = 970;
  Dice dice(seed);
  int inside = 0;
  for (int i = 0; i < 20000; ++i) {
    // Near an edge of the box more often than not.
    const auto near = [&](Index a, Index b, Index size) {
      const Index edge = dice.coin() ? a : b;
      return dice.coin() ? dice.roll(0, size - 1)
                         : std::min(std::max(edge + dice.roll(-5, 5), Index{0}), size - 1);
    };
    const Index x = near(box.x1, box.x2, columns), y = near(box.y1, box.y2, rows),
                z = near(box.z1, box.z2, slices);
    const Index pixel = ((dice.roll(0, 2) * slices + z) * rows + y) * columns + x;
    const Index at = std::min(pixel * 4 - dice.roll(0, 3) * 4, layout.sample - 16);
    if (at < 0) continue;
    const detail::Chunk mask = layout.taken(cut, at, 0, 16);
    for (int k = 0; k < 16; ++k) {
      const Index p = (at + k) / 4;
      const bool wanted = covers(box, p % columns, p / columns % rows, p / columns / rows % slices);
      const bool found = ((k < 8 ? mask.low : mask.high) >> (8 * (k % 8)) & 255) == 255;
      if (wanted != found) {
        CAPTURE(at, k);
        REQUIRE(wanted == found);
      }
      inside += found;
    }
  }
  REQUIRE(inside > 10000);
}

TEST_CASE("gpu: places in place cover every byte of a sample once") {
  for (const Index row : {1, 3, 15, 16, 17, 24, 31, 32, 33, 100}) {
    for (const Index rows : {1, 2, 7}) {
      detail::Dense dense;
      dense.fits = true;
      dense.planes = 2;
      dense.size[1] = rows, dense.size[2] = row;
      dense.side[1] = detail::side_y, dense.side[2] = detail::side_x;
      dense.pixel = 1;
      const detail::DensePlace::Layout layout(dense);
      std::vector<unsigned char> sample(nth(layout.dense.sample), 0);
      for (Index i = 0; i < layout.places(); ++i) {
        const detail::DensePlace place(layout, i);
        if (place.all().empty()) continue;
        detail::Chunk value = place.load(sample.data(), place.all());
        value.low += 0x0101010101010101u, value.high += 0x0101010101010101u;
        place.store(sample.data(), place.all(), value);
      }
      INFO("row " << row << " rows " << rows);
      REQUIRE(sample == std::vector<unsigned char>(sample.size(), 1));
    }
  }
}

TEST_CASE("gpu: loads and stores of some of 16 bytes touch no others") {
  alignas(16) unsigned char memory[64], written[64];
  for (int i = 0; i < 64; ++i) memory[i] = static_cast<unsigned char>(i + 1);
  for (int base = 0; base < 32; ++base)
    for (int begin = 0; begin <= 16; ++begin)
      for (int end = begin; end <= 16; ++end) {
        const detail::Chunk chunk = detail::load_bytes(memory, base, begin, end);
        std::fill(std::begin(written), std::end(written), static_cast<unsigned char>(0));
        detail::store_bytes(written, base, begin, end, chunk);
        for (int i = 0; i < 64; ++i) {
          const bool moved = i >= base + begin && i < base + end;
          if (written[i] != (moved ? memory[i] : 0)) {
            CAPTURE(base, begin, end, i);
            REQUIRE(written[i] == (moved ? memory[i] : 0));
          }
        }
      }
}

namespace {

// Counts those that there are.
struct Kept {
  static inline int alive = 0;
  Kept() { ++alive; }
  ~Kept() { --alive; }
};
struct OtherKept : Kept {};

}  // namespace

TEST_CASE("gpu: a device's memory is kept, moved, freed once, and not copied") {
  {
    detail::KeptByDevice kept;
    Kept* const first = &kept.get<Kept>();
    CHECK(&kept.get<Kept>() == first);
    detail::KeptByDevice copy(kept);
    CHECK(&copy.get<Kept>() != first);
    CHECK(Kept::alive == 2);
    detail::KeptByDevice moved(std::move(kept));
    CHECK(&moved.get<Kept>() == first);
    CHECK(Kept::alive == 2);
    kept = copy;  // which begins with nothing
    CHECK(Kept::alive == 2);
    kept.get<Kept>();
    CHECK(Kept::alive == 3);
    kept.get<OtherKept>();  // another device takes its place
    CHECK(Kept::alive == 3);
    kept = std::move(moved);
    CHECK(&kept.get<Kept>() == first);
    CHECK(Kept::alive == 2);
  }
  CHECK(Kept::alive == 0);
}

TEST_CASE("gpu: a grid is no larger than a GPU takes, and the same for every plan") {
  const std::vector<unsigned char> buffer = packed(Plan::identity({1, 1, 1}));
  const detail::GpuPlan plan(buffer.data(), 1);
  detail::Dense dense;
  dense.fits = true;
  dense.size[2] = Index{1} << 45;
  dense.pixel = 1;
  detail::MixDenseOnGpu<true> kernel{plan, detail::GpuDense(dense), {}, Index{1} << 20, {}, {}, {}};
  REQUIRE(kernel.grid().x == detail::most_blocks_x);
  REQUIRE(kernel.grid().y == detail::most_blocks_y);
  REQUIRE(detail::blocks_for(0, 256, 100) == 1);
  REQUIRE(detail::blocks_for(256, 256, 100) == 1);
  REQUIRE(detail::blocks_for(257, 256, 100) == 2);
}
