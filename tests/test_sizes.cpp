// Sizes at their ends: none and one on every axis in every function, memory that lies further apart
// than 32 bits count, and products of sizes that overflow, each of which is an error. Builds for
// processors of 32 bits as well, where the ends are nearer.

#include <cutmix/collate.hpp>
#include <cutmix/detections.hpp>
#include <cutmix/dlpack.hpp>
#include <cutmix/exchange.hpp>
#include <cutmix/loss.hpp>
#include <cutmix/mixer.hpp>
#include <cutmix/region_masks.hpp>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "catch.hpp"
#include "dlpack_tensor.hpp"
#include "gpu_grid.hpp"
#include "naive.hpp"
#include "support.hpp"

using cutmix::BatchView;
using cutmix::ConstBatchView;
using cutmix::CutMix;
using cutmix::make_plan;
using cutmix::mix_images;
using cutmix::mix_images_in_place;
using cutmix::mix_labels;
using cutmix::Options;
using cutmix::Philox4x32;
using cutmix::Scope;
using cutmix::Sizes;
using cutmix::view;
using namespace testing;

namespace {

constexpr Index largest = std::numeric_limits<Index>::max();
constexpr Index half = largest / 2 + 1;  // a power of two: twice it is one too many
constexpr bool is_wide = sizeof(Index) == 8;
// The side of a square, and an edge of a cube, of just more pixels than may be.
constexpr Index square_side = is_wide ? 1 << 27 : 46000;
constexpr Index cube_side = Index{1} << (is_wide ? 18 : 11);

const std::string largest_name = is_wide ? "2^63 - 1" : "2^31 - 1";
const std::string most_pixels = is_wide ? "2^53" : "2^30";

std::string number(Index value) { return std::to_string(value); }

}  // namespace

// ---- products ----

// Nothing is read or written: the memory is not there.
TEST_CASE("sizes whose bytes are more than an Index counts") {
  float scalar = 0;
  const std::string most = ", must be at most " + largest_name;
  CHECK(error_of([&] {
          view(&scalar, {half / 4, 2});
        }) == "cutmix: size in bytes = " + number(half) + " x 2" + most);
  CHECK(error_of([&] { view(&scalar, {half / 2}); }) ==
        "cutmix: size in bytes = 4 x " + number(half / 2) + most);
  CHECK(error_of([&] {
          view(&scalar, {Index{0}, half, half});
        }) == "cutmix: size in bytes = 4 x " + number(half) + most);
  CHECK(error_of([&] { view(&scalar, {half / 4}); }) == "no error");
  CHECK(error_of([&] {
          view(&scalar, {2, 2}, {}, {half, Index{1}});
        }) == "cutmix: reach in bytes = " + number(half) + " x 4" + most);
  CHECK(error_of([&] {
          view(&scalar, {3, 2}, {}, {half, Index{1}});
        }) == "cutmix: reach = " + number(half) + " x 2" + most);
  CHECK(error_of([&] {
          view(&scalar, {3, 3}, {}, {half / 8, -half / 8});
        }) == "cutmix: reach in bytes = more than " + largest_name + ", must be addressable");
  CHECK(error_of([&] { view(&scalar, {2, 2}, {}, {half / 8, -half / 8}); }) == "no error");
  CHECK(error_of([&] { view(&scalar, {1}, {}, {-largest - 1}); }) ==
        "cutmix: strides[0] = " + number(-largest - 1) + ", is out of range");
  CHECK(error_of([&] { Sizes(std::uint64_t{1} << (is_wide ? 63 : 31)); }) ==
        "cutmix: sizes[0] = " + std::to_string(std::uint64_t{1} << (is_wide ? 63 : 31)) + most);
  CHECK(error_of([&] {
          cutmix::detail::first_fastest({half, Index{2}});
        }) == "cutmix: size in bytes = " + number(half) + " x 2" + most);
  if constexpr (!is_wide) {  // integers that an Index would cut off
    CHECK(error_of([] { Sizes(std::int64_t{1} << 32); }) ==
          "cutmix: sizes[0] = 4294967296, must be at most 2^31 - 1");
    CHECK(error_of([] { Sizes(-(std::int64_t{1} << 32)); }) ==
          "cutmix: sizes[0] = -4294967296, must be at least -(2^31 - 1)");
  }
}

TEST_CASE("sizes of a DLPack tensor are not cut off") {
  std::uint8_t byte = 0;
  Owner owner(&byte, {1, (std::int64_t{1} << 32) + 2}, of_bytes, {-(std::int64_t{1} << 40), 1});
  const DLTensor& tensor = owner.tensor;
  const std::string error = error_of([&] { view(tensor); });
  if constexpr (is_wide) {
    CHECK(error == "no error");
    CHECK(view(tensor).size(1) == owner.shape[1]);
    CHECK(view(tensor).stride(0) == owner.strides[0]);
  } else {
    CHECK(error == "cutmix: sizes[1] = 4294967298, must be at most 2^31 - 1");
    owner.shape[1] = 2;
    CHECK(error_of([&] { view(tensor); }) ==
          "cutmix: sizes[0] = -1099511627776, must be at least -(2^31 - 1)");
  }
}

TEST_CASE("pixels of an image") {
  Philox4x32 rng(1);
  const auto error = [&rng](Index width, Index height, Index depth) {
    return error_of([&] { make_plan({2, height, width, depth}, Options{}, rng); });
  };
  const auto message = [](Index width, Index height, Index depth) {
    return "cutmix: W x H x D = " + number(width) + " x " + number(height) + " x " + number(depth) +
           ", must be at most " + most_pixels + " pixels";
  };
  const std::string none = "no error";
  CHECK(error(square_side / 2, square_side, 1) == none);
  CHECK(error(square_side, square_side, 1) == message(square_side, square_side, 1));
  CHECK(error(1, square_side, square_side) == message(1, square_side, square_side));
  CHECK(error(cube_side / 2, cube_side / 2, cube_side / 2) == none);
  CHECK(error(cube_side, cube_side, cube_side) == message(cube_side, cube_side, cube_side));
  CHECK(error(largest, 1, 1) == message(largest, 1, 1));
  CHECK(error(largest, largest, largest) == message(largest, largest, largest));
  CHECK(error_of([&] { cutmix::rand_bbox(square_side, square_side, 0.5, rng); }) ==
        message(square_side, square_side, 1));
  // Of sides one of which is 0 there is no product.
  CHECK(error_of([] { Plan::identity({2, largest, 0, largest}); }) == none);
  CHECK(error_of([] {
          Plan::identity({2, square_side, square_side});
        }) == message(square_side, square_side, 1));
  CHECK(error_of([] {
          scaled(Plan::identity({1, 1, 1}), {1, square_side, square_side});
        }) == message(square_side, square_side, 1));
  // The largest images of each law: boxes lie inside, and their share is none that overflowed.
  const Index most = Index{1} << (is_wide ? 53 : 30);
  const cutmix::BoxLaw laws[] = {cutmix::ReferenceLaw{}, cutmix::UniformLaw{}, cutmix::InsideLaw{},
                                 cutmix::MinMaxLaw(0.5, 1)};
  for (const cutmix::BoxLaw& law : laws)
    for (const BatchShape& shape :
         {BatchShape{1, 1, most}, BatchShape{1, most, 1}, BatchShape{1, 1, 1, most},
          BatchShape{1, 1 << 10, most >> 10}, BatchShape{1, most >> 20, 1 << 10, 1 << 10}}) {
      Options options;
      options.box_law = law;
      for (int i = 0; i < 20; ++i) {
        const Plan plan = make_plan(shape, options, rng);
        const BBox& box = plan.box(0);
        const double share = static_cast<double>(box.width()) * static_cast<double>(box.height()) *
                             static_cast<double>(box.depth()) / static_cast<double>(most);
        CHECK(plan.lambda(0) == Approx(1 - (box.empty() ? 0 : share)).margin(1e-12));
      }
    }
}

TEST_CASE("samples of a plan, and numbers of a permutation") {
  Philox4x32 rng(1);
  const Philox4x32 fresh = rng;
  const Index indices = largest / static_cast<Index>(sizeof(Index)),
              patches = largest / static_cast<Index>(sizeof(Patch));
  const auto message = [](const char* name, Index n, Index most) {
    return std::string("cutmix: ") + name + " = " + number(n) + ", must be at most " +
           number(most) + ", which memory could hold";
  };
  for (const Index n : {indices + 1, largest}) {
    CHECK(error_of([&] { make_plan({n, 4, 4}, Options{}, rng); }) == message("batch", n, indices));
    CHECK(error_of([&] { Plan::identity({n, 4, 4}); }) == message("batch", n, indices));
    CHECK(error_of([&] { cutmix::random_permutation(n, rng); }) == message("n", n, indices));
    CHECK(error_of([&] { cutmix::random_derangement(n, rng); }) == message("n", n, indices));
    CutMix mixer(1.0, 3, rng);
    CHECK(error_of([&] { mixer.draw({n, 4, 4}); }) == message("batch", n, indices));
    Plan kept = Plan::identity({3, 4, 4});
    const Plan before = kept;
    CHECK(error_of([&] {
            make_plan({n, 4, 4}, Options{}, rng, kept);
          }) == message("batch", n, indices - 3));
    CHECK(kept == before);
  }
  CHECK(indices > patches);
  CHECK(rng == fresh);
  // A source has no list.
  CHECK(make_plan({2, 4, 4, 1, largest}, Options{}, rng).shape.source == largest);
  CHECK(cutmix::uniform_index(largest, rng) >= 0);
}

TEST_CASE("tables of a conversion") {
  const auto half_of = [](std::uint8_t byte, Index) { return byte / 2.0; };
  const Index most = largest / 2048;
  for (const Index channels : {most + 1, largest})
    CHECK(error_of([&] { cutmix::ByteConversion(channels, half_of); }) ==
          "cutmix: channels = " + number(channels) + ", must be at most " + number(most) +
              ", which memory could hold");
}

TEST_CASE("bytes that travel from one rank to many") {
  // One sample of rank 0 goes to three of rank 1: each is addressable, together they are not. Their
  // memory is one byte.
  const std::uint8_t byte = 0;
  const Plan plan{{4, 1, 2}, {0, 0, 0, 0}, {{{0, 0, 2, 1}, 1}}};
  const cutmix::Exchange exchange(plan, {1, 3}, 0), other(plan, {1, 3}, 1);
  const auto images = [&byte](Index batch, Index channels) {
    return view(&byte, {batch, channels, Index{1}, Index{2}}, "BCHW", {0, 0, 0, 0});
  };
  const std::string message =
      "cutmix: bytes that travel = more than " + largest_name + ", must be addressable";
  const auto sends = [&](Index channels) {
    return error_of([&] { exchange.sends(images(1, channels)); });
  };
  CHECK(sends(half / 2) == message);
  CHECK(error_of([&] {
          cutmix::Bytes sent;
          exchange.pack(images(1, half / 2), sent);
        }) == message);
  CHECK(error_of([&] {
          exchange.label_sends(view(&byte, {Index{1}, half - 1}, {}, {0, 0}));
        }) == message);
  CHECK(sends(half / 8) == "no error");
  CHECK(exchange.sends(images(1, half / 8))[0].bytes == half / 8 * 6);
  // What comes is as much as the batch has at most.
  CHECK(error_of([&] { other.receives(images(3, half / 8)); }) == "no error");
  CHECK(other.received_bytes(images(3, half / 8)) == half / 8 * 6);
}

TEST_CASE("objects of all samples and their partners") {
  // All of one sample, which has many: only in a memory of 32 bits are there too many at once.
  const Index batch = 1 << 14, count = 1 << 13;
  std::vector<float> boxes(nth(4 * count), 1.0f);
  std::vector<std::uint8_t> ids(nth(count));
  Indices offsets(nth(batch + 1), count);
  offsets[0] = 0;
  const Plan plan{{batch, 1, 4}, Indices(nth(batch)), {{{0, 0, 4, 1}, 1}}};
  cutmix::Detections out;
  out.ids = {7};
  const auto mix = [&] {
    cutmix::mix_detections(plan, {view(boxes.data(), {count, Index{4}}), ids, offsets}, out);
  };
  if constexpr (!is_wide) {
    const Index most = largest / static_cast<Index>(sizeof(cutmix::DetectionOrigin));
    CHECK(error_of(mix) == "cutmix: objects of all samples and their partners = more than " +
                               number(most) + ", must be addressable");
    CHECK(out.ids.size() == 1);
    const std::uint64_t id = std::uint64_t{1} << 40;
    const std::vector<std::uint64_t> one{id};
    CHECK(error_of([&] {
            cutmix::mix_detections(Plan::identity({1, 4, 4}),
                                   {view(boxes.data(), {1, 4}), one, Indices{0, 1}}, out);
          }) == "cutmix: objects.ids[0] = 1099511627776, must be at most 2^31 - 1");
  }
}

TEST_CASE("views that reach far in one memory") {
  // Together they reach further than an Index counts: found to overlap or not, without an overflow.
  auto* const middle = reinterpret_cast<std::uint8_t*>(std::uintptr_t{1} << (is_wide ? 63 : 31));
  const auto far = [middle](Index stride) {
    return view(middle, {Index{2}, Index{1}, Index{1}}, {}, {stride, Index{1}, Index{1}});
  };
  const Plan plan = Plan::identity({2, 1, 1});
  for (const Index stride : {half, half + half / 2, -half, -half - half / 2})
    CHECK(error_of([&] {
            mix_images(plan, far(half + half / 4), far(stride));
          }).find("must leave no overlap") != std::string::npos);
  // Whose first scalars are further apart than that, by an eighth of it: a difference would seem to
  // be one of the other sign, and no scalar to meet another. What cannot be told is an overlap.
  const Index eighth = Index{1} << (is_wide ? 60 : 28);
  const Index up_reach = 6 * eighth, down_reach = 3 * eighth + 1;
  const auto low_at = static_cast<std::uintptr_t>(eighth);
  auto* const low = reinterpret_cast<std::uint8_t*>(low_at);
  auto* const high = reinterpret_cast<const std::uint8_t*>(10 * low_at);
  const ConstBatchView down =
      view(high, {Index{2}, Index{1}, Index{1}}, {}, {-down_reach, Index{1}, Index{1}});
  const BatchView up =
      view(low, {Index{2}, Index{1}, Index{1}}, {}, {up_reach, Index{1}, Index{1}});
  CHECK(cutmix::detail::views_overlap(up, down));
}

TEST_CASE("places of a sample on a GPU, in place") {
  // A thread has one place, and there are 2^31 - 1 blocks of 32 threads.
  if constexpr (is_wide) {
    std::uint8_t byte = 0;
    const Index most = Index{32} * 2147483647;
    const auto images = [&byte](Index places) {
      return view(&byte, {Index{1}, Index{1}, places}, {},
                  {Index{3} * places, Index{3} * places, Index{3}});
    };
    CHECK(error_of([&] {
            mix_images_in_place(HostGrid(), Plan::identity({1, 1, most + 1}), images(most + 1));
          }) ==
          "cutmix: places of a sample = 68719476705, must be at most 68719476704 in place on "
          "a GPU");
    const auto dense = [&byte](Index bytes) { return view(&byte, {Index{1}, Index{1}, bytes}); };
    const Index many = 16 * most + 100;
    CHECK(error_of([&] {
            mix_images_in_place(HostGrid(), Plan::identity({1, 1, many}), dense(many));
          }).find("must be at most 68719476704 in place on a GPU") != std::string::npos);
  }
}

// ---- memory far apart ----

#if defined(__linux__)

namespace {

// Addresses without memory: what is touched is there, the rest takes none.
class Expanse {
 public:
  explicit Expanse(std::size_t bytes)
      : bytes_(bytes),
        memory_(mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {}
  Expanse(const Expanse&) = delete;
  Expanse& operator=(const Expanse&) = delete;
  ~Expanse() {
    if (is_there()) munmap(memory_, bytes_);
  }
  bool is_there() const { return memory_ != MAP_FAILED; }
  Byte* at(Index byte) const { return static_cast<Byte*>(memory_) + byte; }

 private:
  std::size_t bytes_;
  void* memory_;
};

// A batch whose neighbours along one axis are so many scalars apart, and the same close together.
struct FarBatch {
  BatchView far, close;

  FarBatch(Byte* far_memory, Byte* close_memory, ScalarKind kind, const std::string& letters,
           const Indices& sizes, std::size_t far_axis, Index distance)
      : far(make(far_memory, kind, letters, sizes, far_axis, distance)),
        close(make(close_memory, kind, letters, sizes, far_axis, 0)) {}

  static BatchView make(Byte* memory, ScalarKind kind, const std::string& letters,
                        const Indices& sizes, std::size_t far_axis, Index distance) {
    Indices strides(sizes.size());
    Index stride = 1;
    for (std::size_t i = sizes.size(); i-- > 0;) {
      strides[i] = stride;
      if (i == far_axis && distance != 0)
        strides[i] = distance;  // a multiple of all that lies within
      else
        stride *= sizes[i];
    }
    return {memory, kind, cutmix::detail::bytes_of(kind), sizes, letters, strides};
  }
};

// Calls visit(far scalar, close scalar) for each.
template <class Visit>
void for_each_scalar(const FarBatch& batch, const Visit& visit) {
  Indices sizes;
  for (int axis = 0; axis < batch.far.rank(); ++axis) sizes.push_back(batch.far.size(axis));
  for_each_place(sizes, [&](const Indices& at) {
    const auto scalar = [&at](const BatchView& view) {
      Index offset = 0;
      for (int axis = 0; axis < view.rank(); ++axis) offset += at[nth(axis)] * view.stride(axis);
      return static_cast<Byte*>(view.data()) + offset * view.scalar_bytes();
    };
    visit(scalar(batch.far), scalar(batch.close));
  });
}

bool same(const FarBatch& batch) {
  bool equal = true;
  const auto bytes = static_cast<std::size_t>(batch.far.scalar_bytes());
  for_each_scalar(batch, [&](const Byte* far, const Byte* close) {
    equal = equal && std::memcmp(far, close, bytes) == 0;
  });
  return equal;
}

void fill(const FarBatch& batch, Dice& dice) {
  for_each_scalar(batch, [&](Byte* far, Byte* close) {
    put_number(batch.far.kind(), static_cast<double>(dice.roll(0, 100)), far);
    std::memcpy(close, far, static_cast<std::size_t>(batch.far.scalar_bytes()));
  });
}

}  // namespace

TEST_CASE("batches whose scalars lie further apart than 32 bits count, in every function") {
  if constexpr (is_wide) {
    // Four memories of 24 GiB, of which a few pages are there.
    const Index expanse_bytes = Index{24} << 30;
    const Expanse in(nth(expanse_bytes)), source(nth(expanse_bytes)), out(nth(expanse_bytes)),
        more(nth(expanse_bytes));
    if (!in.is_there() || !source.is_there() || !out.is_there() || !more.is_there()) {
      WARN("no addresses to be had: not tested");
      return;
    }
    std::vector<Byte> close(1 << 16);
    Byte* const close_in = close.data();
    Byte* const close_source = close_in + (1 << 14);
    Byte* const close_out = close_source + (1 << 14);
    Dice dice(3);
    const std::string letters[] = {"BCHW", "BHWC", "WHCB", "CHBW", "HWBC"};
    for (const ScalarKind kind : {ScalarKind::uint8, ScalarKind::float32})
      for (const std::string& order : letters)
        for (std::size_t far_axis = 0; far_axis < 4; ++far_axis)
          for (const bool blends : {false, true}) {
            INFO(order << ", axis " << far_axis << ", kind " << static_cast<int>(kind));
            Indices sizes;
            for (const char letter : order)
              sizes.push_back(letter == 'B' ? 3 : letter == 'C' ? 2 : letter == 'H' ? 3 : 4);
            const Index distance = (Index{1} << 32) / cutmix::detail::bytes_of(kind) + 3 * 4096;
            const FarBatch x(in.at(0), close_in, kind, order, sizes, far_axis, distance);
            const FarBatch s(source.at(0), close_source, kind, order, sizes, far_axis, distance);
            const FarBatch o(out.at(0), close_out, kind, order, sizes, far_axis, distance);
            fill(x, dice), fill(s, dice), fill(o, dice);
            Plan plan{{3, 3, 4}, {1, 2, 0}, {}};
            for (const double blend : {1.0, blends ? 0.25 : 1.0, 1.0})
              plan.patches.push_back({{1, 0, 4, 2}, blend});
            plan.patches[2].box = {0, 1, 3, 3};
            mix_images(plan, x.far, o.far), mix_images(plan, x.close, o.close);
            CHECK(same(o));
            Plan from_source = plan;
            from_source.shape.source = 3;
            mix_images(from_source, x.far, s.far, o.far);
            mix_images(from_source, x.close, s.close, o.close);
            CHECK(same(o));
            mix_images_in_place(plan, x.far), mix_images_in_place(plan, x.close);
            CHECK(same(x));
            CutMix far_mixer(1.0, 3, Philox4x32(2)), close_mixer(1.0, 3, Philox4x32(2));
            const std::vector<int> y{0, 1, 2};
            std::vector<float> targets(9);
            const auto target_view = view(targets.data(), {3, 3});
            far_mixer.in_place(x.far, y, s.far, y, target_view);
            close_mixer.in_place(x.close, y, s.close, y, target_view);
            CHECK(same(x));
            cutmix::partner_labels(plan, x.far, o.far);
            cutmix::partner_labels(plan, x.close, o.close);
            CHECK(same(o));
            if (kind == ScalarKind::float32) {
              cutmix::partner_mask(plan, o.far), cutmix::partner_mask(plan, o.close);
              CHECK(same(o));
            }
            // Samples of the batch, each by itself.
            std::vector<ConstBatchView> far_samples, close_samples;
            for (Index b = 0; b < 3; ++b) {
              far_samples.push_back(cropped(x.far, 'B', b, b + 1));
              close_samples.push_back(cropped(x.close, 'B', b, b + 1));
            }
            cutmix::collate(plan, far_samples, o.far);
            cutmix::collate(plan, close_samples, o.close);
            CHECK(same(o));
            if (kind == ScalarKind::uint8) {
              const cutmix::ByteConversion conversion(
                  1, [](std::uint8_t byte, Index) { return 255 - byte; });
              cutmix::collate(plan, far_samples, o.far, conversion);
              cutmix::collate(plan, close_samples, o.close, conversion);
              CHECK(same(o));
            }
            // Over many processes.
            const cutmix::Exchange first(plan, {1, 2}, 0), second(plan, {1, 2}, 1);
            const auto shard = [](const BatchView& batch) { return cropped(batch, 'B', 1, 3); };
            cutmix::Bytes far_bytes, close_bytes;
            first.pack(cropped(x.far, 'B', 0, 1), far_bytes);
            first.pack(cropped(x.close, 'B', 0, 1), close_bytes);
            CHECK(far_bytes == close_bytes);
            second.mix_images(shard(x.far), far_bytes, shard(o.far));
            second.mix_images(shard(x.close), far_bytes, shard(o.close));
            CHECK(same(o));
            // As a GPU does it.
            mix_images(HostGrid(), plan, x.far, o.far);
            mix_images(HostGrid(), plan, x.close, o.close);
            CHECK(same(o));
            mix_images_in_place(HostGrid(), plan, x.far);
            mix_images_in_place(HostGrid(), plan, x.close);
            CHECK(same(x));
          }
    // Labels and losses: rows or columns far apart.
    const Plan plan{{3, 4, 4}, {1, 2, 0}, {{{0, 0, 2, 4}, 1}}};
    for (const ScalarKind kind : {ScalarKind::float32, ScalarKind::half})
      for (std::size_t far_axis = 0; far_axis < 2; ++far_axis) {
        const Index distance = (Index{1} << 32) / cutmix::detail::bytes_of(kind) + 64;
        const FarBatch x(in.at(0), close_in, kind, "", {3, 4}, far_axis, distance);
        const FarBatch s(source.at(0), close_source, kind, "", {3, 4}, far_axis, distance);
        const FarBatch o(out.at(0), close_out, kind, "", {3, 4}, far_axis, distance);
        fill(x, dice), fill(s, dice), fill(o, dice);
        // Ids that are as far apart.
        const auto far_ids = view(reinterpret_cast<std::int16_t*>(more.at(0)), {3}, {}, {distance});
        std::vector<std::int16_t> ids{1, 3, 0};
        for (Index b = 0; b < 3; ++b)
          std::memcpy(more.at(2 * b * distance), &ids[nth(b)], sizeof ids[0]);
        mix_labels(plan, far_ids, 4, o.far), mix_labels(plan, ids, 4, o.close);
        CHECK(same(o));
        mix_labels(plan, x.far, o.far), mix_labels(plan, x.close, o.close);
        CHECK(same(o));
        const auto equal = [](double a, double b) { return !(a < b) && !(a > b); };
        CHECK(equal(cutmix::soft_cross_entropy(x.far, s.far, o.far),
                    cutmix::soft_cross_entropy(x.close, s.close, o.close)));
        CHECK(same(o));
        CHECK(equal(cutmix::mixed_cross_entropy(x.far, far_ids, plan, o.far),
                    cutmix::mixed_cross_entropy(x.close, ids, plan, o.close)));
        CHECK(same(o));
        CHECK(equal(cutmix::binary_cross_entropy(x.far, s.far, o.far),
                    cutmix::binary_cross_entropy(x.close, s.close, o.close)));
        CHECK(same(o));
        CHECK(equal(cutmix::mixed_accuracy(x.far, far_ids, plan),
                    cutmix::mixed_accuracy(x.close, ids, plan)));
        const cutmix::Exchange exchange(plan, {1, 2}, 0);
        const auto row = [](const BatchView& matrix) {
          return view(static_cast<const Byte*>(matrix.data()), {Index{1}, matrix.size(1)}, {},
                      {Index{1}, matrix.stride(1)});
        };
        if (kind == ScalarKind::half) {
          cutmix::Bytes far_bytes, close_bytes;
          exchange.pack_labels(row(x.far), far_bytes);
          exchange.pack_labels(row(x.close), close_bytes);
          CHECK(far_bytes.size() == close_bytes.size());
        }
      }
  }
}

#endif  // __linux__

// ---- none and one ----

namespace {

template <class Visit>
void for_each_shape(const Visit& visit) {
  for (const Index B : {0, 1, 2})
    for (const Index C : {0, 1, 2})
      for (const Index D : {0, 1, 2})
        for (const Index H : {0, 1, 3})
          for (const Index W : {0, 1, 4}) visit(B, C, D, H, W);
}

Index size_of(char letter, Index B, Index C, Index D, Index H, Index W) {
  return letter == 'B' ? B : letter == 'C' ? C : letter == 'D' ? D : letter == 'H' ? H : W;
}

}  // namespace

TEST_CASE("images with none or one of anything, in every function") {
  Dice dice(7);
  for_each_shape([&](Index B, Index C, Index D, Index H, Index W) {
    for (const std::string letters : {"BCDHW", "BDHWC", "WHDCB", "DBHWC"})
      for (const ScalarType type :
           {ScalarType{ScalarKind::opaque, 3}, {ScalarKind::uint8, 1}, {ScalarKind::float32, 4}}) {
        INFO("B " << B << " C " << C << " D " << D << " H " << H << " W " << W << " " << letters);
        const bool blends = has_numbers(type.kind) && dice.coin();
        Indices sizes, source_sizes;
        for (const char letter : letters) {
          sizes.push_back(size_of(letter, B, C, D, H, W));
          source_sizes.push_back(size_of(letter, 3, C, D, H, W));
        }
        const auto block = [&](const Indices& of) {
          Block made(random_placement(dice, letters, of, {}), type.kind, type.bytes);
          made.fill_with_bytes(dice);
          return made;
        };
        const BatchShape shape{B, H, W, D, -1};
        BatchShape with_source = shape;
        with_source.source = 3;
        const Plan plan = random_plan(dice, shape, blends);
        const Plan source_plan = random_plan(dice, with_source, blends);
        Plan permuted = plan;
        std::iota(permuted.indices.begin(), permuted.indices.end(), 0);
        std::reverse(permuted.indices.begin(), permuted.indices.end());
        const Block x = block(sizes), source = block(source_sizes);
        Block out = block(sizes);
        const auto check = [&](const Plan& applied, const Block& from, const auto& call) {
          const Expected expected = mixed_naively(applied, x, from, out);
          call();
          CHECK(expected.is(out));
          out = block(sizes);
        };
        check(plan, x, [&] { mix_images(plan, x.view(), out.view()); });
        check(source_plan, source,
              [&] { mix_images(source_plan, x.view(), source.view(), out.view()); });
        check(plan, x, [&] { mix_images(HostGrid(), plan, x.view(), out.view()); });
        const auto in_place = [&](const auto& call) {
          if (!x.placement().empty())
            std::memcpy(out.at(0), x.at(0), nth(x.placement().scalars) * type.bytes);
          call();
        };
        check(permuted, x, [&] { in_place([&] { mix_images_in_place(permuted, out.view()); }); });
        check(permuted, x,
              [&] { in_place([&] { mix_images_in_place(HostGrid(), permuted, out.view()); }); });
        std::vector<ConstBatchView> samples;
        for (Index b = 0; b < B; ++b) samples.push_back(cropped(x.view(), 'B', b, b + 1));
        check(plan, x, [&] { cutmix::collate(plan, samples, out.view()); });
        check(plan, x, [&] {
          const Index shards[] = {B / 2, B - B / 2};
          const cutmix::Exchange parts[] = {{plan, {shards[0], shards[1]}, 0},
                                            {plan, {shards[0], shards[1]}, 1}};
          for (const int rank : {0, 1}) {
            const Index first = parts[rank].first(), other_first = parts[1 - rank].first();
            const auto shard = [&](const auto& batch, Index from, Index count) {
              return cropped(batch, 'B', from, from + count);
            };
            cutmix::Bytes bytes;
            parts[1 - rank].pack(shard(x.view(), other_first, shards[1 - rank]), bytes);
            const ConstBatchView own = shard(x.view(), first, shards[rank]);
            CHECK(static_cast<Index>(bytes.size()) == parts[rank].received_bytes(own));
            parts[rank].mix_images(own, bytes, shard(out.view(), first, shards[rank]));
          }
        });
        // A plan that is drawn, where there is a pixel.
        if (D == 0 || H == 0 || W == 0) {
          Philox4x32 rng(1);
          CHECK(error_of([&] { make_plan(shape, Options{}, rng); }).find("must be at least 1") !=
                std::string::npos);
          continue;
        }
        for (const bool mixup : {false, true}) {
          if (mixup && !has_numbers(type.kind)) continue;
          Options options;
          options.scope = dice.coin() ? Scope::batch : Scope::sample;
          options.mixup_prob = mixup ? 1 : 0;
          const cutmix::BoxLaw laws[] = {cutmix::ReferenceLaw{}, cutmix::UniformLaw{},
                                         cutmix::InsideLaw{}, cutmix::MinMaxLaw(0, 1)};
          options.box_law = laws[dice.roll(0, 3)];
          CutMix mixer(options, 2, dice.engine());
          const std::vector<std::int8_t> y(nth(B), 1), source_y(3, 0);
          std::vector<float> targets(nth(2 * B), -1.0f);
          const BatchView targets_view = view(targets.data(), {B, Index{2}});
          mixer(x.view(), y, out.view(), targets_view);
          CHECK(mixed_naively(mixer.plan(), x, x, out).is(out));
          for (Index b = 0; b < B; ++b)
            CHECK(targets[nth(2 * b)] + targets[nth(2 * b + 1)] == 1.0f);
          mixer(x.view(), y, source.view(), source_y, out.view(), targets_view);
          CHECK(mixed_naively(mixer.plan(), x, source, out).is(out));
          in_place([&] { mixer.in_place(out.view(), y, targets_view); });
          CHECK(mixed_naively(mixer.plan(), x, x, out).is(out));
        }
      }
  });
}

TEST_CASE("labels, losses, masks and objects with none or one of anything") {
  Dice dice(9);
  for (const Index B : {0, 1, 2})
    for (const Index n : {0, 1, 3}) {
      INFO("B " << B << ", " << n << " classes");
      const Plan plan = random_plan(dice, {B, 1, 4}, false);
      std::vector<float> dense(nth(B * n)), out(dense.size(), -1.0f);
      for (float& value : dense) value = static_cast<float>(dice.roll(0, 9));
      const BatchView rows = view(dense.data(), {B, n}), out_rows = view(out.data(), {B, n});
      mix_labels(plan, rows, out_rows);
      for (Index b = 0; b < B; ++b)
        for (Index j = 0; j < n; ++j) {
          const auto lambda = static_cast<float>(plan.lambda(b));
          const float own = dense[nth(b * n + j)],
                      partner = dense[nth(plan.indices[nth(b)] * n + j)];
          CHECK(out[nth(b * n + j)] == Approx(lambda * own + (1 - lambda) * partner));
        }
      cutmix::partner_labels(plan, rows, out_rows);
      for (Index b = 0; b < B; ++b)
        CHECK(std::equal(out.begin() + b * n, out.begin() + (b + 1) * n,
                         dense.begin() + plan.indices[nth(b)] * n));
      const bool none = B == 0 || n == 0;
      const double loss = cutmix::soft_cross_entropy(rows, rows, out_rows);
      CHECK((!none || (loss <= 0 && loss >= 0)));
      CHECK(std::isfinite(cutmix::binary_cross_entropy(rows, rows, out_rows)));
      const std::vector<int> ids(nth(B));
      if (n == 0) {
        CHECK(error_of([&] { mix_labels(plan, ids, n, out_rows); }) ==
              "cutmix: n_classes = 0, must be at least 1");
      } else {
        mix_labels(plan, ids, n, out_rows);
        for (Index b = 0; b < B; ++b) CHECK(out[nth(b * n)] == 1.0f);
        CHECK(std::isfinite(cutmix::mixed_cross_entropy(rows, ids, plan, out_rows)));
        CHECK(cutmix::mixed_accuracy(rows, ids, plan) <= 1);
        if (n == 1) CHECK(cutmix::mixed_accuracy(rows, ids, plan) == Approx(B == 0 ? 0 : 1));
      }
    }
  for_each_shape([&](Index B, Index C, Index D, Index H, Index W) {
    const Plan plan = random_plan(dice, {B, H, W, D}, false);
    std::vector<std::uint8_t> mask(nth(B * C * D * H * W), 7);
    cutmix::partner_mask(plan, view(mask.data(), {B, C, D, H, W}, "BCDHW"));
    std::size_t i = 0;
    bool right = true;
    for (Index b = 0; b < B; ++b)
      for (Index c = 0; c < C; ++c)
        for (Index z = 0; z < D; ++z)
          for (Index y = 0; y < H; ++y)
            for (Index x = 0; x < W; ++x)
              right = right && mask[i++] == (covers(box_of(plan, b), x, y, z) ? 1 : 0);
    CHECK(right);
    const BatchShape twice{B, 2 * H, 3 * W, D};
    CHECK(scaled(plan, twice).lambda(0) == plan.lambda(0));
    if (D != 1) return;
    std::vector<std::vector<cutmix::Detection>> objects(nth(B)), out;
    std::vector<std::vector<cutmix::DetectionOrigin>> origins;
    for (auto& list : objects) list.resize(nth(C));
    cutmix::mix_detections(plan, objects, out, origins);
    CHECK(out.size() == nth(B));
    for (const auto& list : out) CHECK(list.size() <= nth(2 * C));
  });
}
