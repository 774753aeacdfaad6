// Views: what they take, what they refuse, and what they say of memory. No tensor library here.

#include <array>
#include <atomic>
#include <cutmix/images.hpp>
#include <cutmix/labels.hpp>
#include <cutmix/mixer.hpp>
#include <cutmix/view.hpp>
#include <deque>
#include <limits>
#include <list>
#include <locale>
#include <numeric>
#include <set>
#include <type_traits>
#include <vector>

#include "naive.hpp"

using namespace testing;
using cutmix::batch_shape;
using cutmix::BatchView;
using cutmix::ConstBatchView;
using cutmix::make_plan;
using cutmix::Options;
using cutmix::Philox4x32;
using cutmix::Sizes;
using cutmix::view;

extern std::atomic<long> allocations;  // counted in counting_malloc.cpp

namespace {

constexpr Index most = std::numeric_limits<Index>::max();

Indices listed(const Sizes& sizes) {
  Indices list;
  for (int axis = 0; axis < sizes.rank(); ++axis) list.push_back(sizes[axis]);
  return list;
}
Indices sizes_of(const ConstBatchView& v) {
  Indices list;
  for (int axis = 0; axis < v.rank(); ++axis) list.push_back(v.size(axis));
  return list;
}
Indices strides_of(const ConstBatchView& v) {
  Indices list;
  for (int axis = 0; axis < v.rank(); ++axis) list.push_back(v.stride(axis));
  return list;
}

struct Rgb {
  std::uint8_t r, g, b;
};

// A tensor of somebody else's, taught to the library below.
struct Frames {
  Index n, height, width;
  std::vector<float> data;
  int written = 0;
  Frames(Index frames, Index rows, Index columns)
      : n(frames), height(rows), width(columns), data(nth(frames * rows * columns)) {}
};

// Its device: the caller's thread, and it counts.
struct CountingDevice {
  static int calls;
  void operator()(Index parts, cutmix::Part part) const {
    ++calls;
    for (Index i = 0; i < parts; ++i) part(i);
  }
};
int CountingDevice::calls = 0;

// As little as is enough.
struct Signal {
  std::vector<std::int16_t> data;
};

// One that says it is row-major, which it is unless it has letters or gaps.
struct Grid {
  Index n, height, width;
  std::string letters;
  Index gap = 0;
  std::vector<float> data = std::vector<float>(nth(n * height * (width + gap)));
};

}  // namespace

template <>
struct cutmix::TensorTraits<Frames> {
  using Scalar = float;
  static constexpr int rank = 3;
  static BatchView view(Frames& f) {
    return cutmix::view(f.data.data(), {f.n, f.height, f.width}, "BHW");
  }
  static ConstBatchView view(const Frames& f) { return view(const_cast<Frames&>(f)); }
  static CountingDevice device() { return {}; }
  static void written(Frames& f) { ++f.written; }
};

template <>
struct cutmix::TensorTraits<Signal> {
  static BatchView view(Signal& s) {
    return cutmix::view(s.data.data(), {2, s.data.size() / 2}, "BW");
  }
  static ConstBatchView view(const Signal& s) {
    return cutmix::view(s.data.data(), {2, s.data.size() / 2}, "BW");
  }
};

template <>
struct cutmix::TensorTraits<Grid> {
  static constexpr bool is_row_major = true;
  static BatchView view(Grid& g) {
    const Index row = g.width + g.gap;
    return cutmix::view(g.data.data(), {g.n, g.height, g.width}, g.letters,
                        {g.height * row, row, Index{1}});
  }
  static ConstBatchView view(const Grid& g) { return view(const_cast<Grid&>(g)); }
};

// ---- sizes ----

TEST_CASE("sizes are integers of any type, mixed, or any list of integers") {
  const std::uint8_t byte = 200;
  const std::size_t size = 3;
  const short two = 2;
  CHECK(listed({byte, size, two, 5, 6L, 7u, 8ull, Index{9}}) == Indices{200, 3, 2, 5, 6, 7, 8, 9});
  CHECK(listed(Sizes{}) == Indices{});
  CHECK(listed({64}) == Indices{64});
  CHECK(listed({-3, 0}) == Indices{-3, 0});  // strides are lists of them, too
  CHECK(listed(Indices{4, 5, 6}) == Indices{4, 5, 6});
  CHECK(listed(Indices{}) == Indices{});
  CHECK(listed(std::array<int, 3>{1, 2, 3}) == Indices{1, 2, 3});
  CHECK(listed(std::vector<std::uint64_t>{1, 2}) == Indices{1, 2});
  CHECK(listed(std::list<std::int8_t>{-1, 2}) == Indices{-1, 2});
  CHECK(listed(std::deque<unsigned>{~0u}) == Indices{4294967295});
  CHECK(listed(std::initializer_list<int>{4, 2}) == Indices{4, 2});
  const Sizes copied = Sizes{1, 2};
  CHECK(listed(copied) == Indices{1, 2});
  CHECK(listed({static_cast<std::uint64_t>(most)}) == Indices{most});

  CHECK(error_of([] { Sizes(1, 2, 3, 4, 5, 6, 7, 8, 9); }) ==
        "cutmix: rank = 9, must be at most 8");
  CHECK(error_of([] { Sizes(Indices(9, 1)); }) == "cutmix: rank = 9, must be at most 8");
  CHECK(listed(Indices(8, 1)) == Indices(8, 1));
  CHECK(error_of([] { Sizes(4, ~std::uint64_t{0}); }) ==
        "cutmix: sizes[1] = 18446744073709551615, must be at most 2^63 - 1");
  CHECK(error_of([] { Sizes(std::vector<std::uint64_t>{std::uint64_t{1} << 63}); }) ==
        "cutmix: sizes[0] = 9223372036854775808, must be at most 2^63 - 1");
  // No sizes at all, and not by accident.
  CHECK_FALSE(std::is_constructible_v<Sizes, double>);
  CHECK_FALSE(std::is_constructible_v<Sizes, int, float>);
  CHECK_FALSE(std::is_constructible_v<Sizes, std::vector<double>>);
}

// ---- scalars ----

TEST_CASE("the kind of a scalar follows its type") {
  const auto kind_of = [](auto scalar) {
    std::vector<decltype(scalar)> memory(3);
    const ConstBatchView v = view(memory.data(), {3});
    CHECK(v.scalar_bytes() == sizeof scalar);
    return v.kind();
  };
  CHECK(kind_of(std::uint8_t{}) == ScalarKind::uint8);
  CHECK(kind_of(std::int8_t{}) == ScalarKind::int8);
  CHECK(kind_of(std::uint16_t{}) == ScalarKind::uint16);
  CHECK(kind_of(std::int16_t{}) == ScalarKind::int16);
  CHECK(kind_of(std::uint32_t{}) == ScalarKind::uint32);
  CHECK(kind_of(std::int32_t{}) == ScalarKind::int32);
  CHECK(kind_of(std::uint64_t{}) == ScalarKind::uint64);
  CHECK(kind_of(std::int64_t{}) == ScalarKind::int64);
  CHECK(kind_of(0L) == (sizeof(long) == 8 ? ScalarKind::int64 : ScalarKind::int32));
  CHECK(kind_of(0ull) == ScalarKind::uint64);
  CHECK(kind_of(float{}) == ScalarKind::float32);
  CHECK(kind_of(double{}) == ScalarKind::float64);
  CHECK(kind_of(Rgb{}) == ScalarKind::opaque);
  CHECK(kind_of(std::array<double, 2>{}) == ScalarKind::opaque);
#ifdef __SIZEOF_INT128__
  __extension__ typedef __int128 Widest;
  CHECK(kind_of(Widest{}) == ScalarKind::opaque);  // an integer with -std=gnu++17 alone
#endif
  bool flags[3] = {};
  CHECK(view(flags, {3}).kind() == ScalarKind::boolean);
  CHECK(view(std::as_const(flags), {3}).kind() == ScalarKind::boolean);

  // What a kind takes in memory is checked where only a run can tell.
  float number = 0;
  const int bytes[] = {0, 1, 1, 1, 2, 2, 4, 4, 8, 8, 2, 2, 4, 8};
  for (int kind = 1; kind < 14; ++kind)
    for (Index given = -1; given < 10; ++given) {
      const bool right = given == bytes[kind];
      const std::string message =
          error_of([&] { ConstBatchView(&number, static_cast<ScalarKind>(kind), given, {1}); });
      CHECK((message == "no error") == right);
    }
  CHECK(error_of([&] { ConstBatchView(&number, ScalarKind::float32, 8, {1}); }) ==
        "cutmix: bytes of a scalar = 8, must be 4 for float32");
  CHECK(error_of([&] { ConstBatchView(&number, ScalarKind::opaque, 0, {1}); }) ==
        "cutmix: bytes of a scalar = 0, must be at least 1");
  CHECK(error_of([&] { ConstBatchView(&number, static_cast<ScalarKind>(14), 4, {1}); }) ==
        "cutmix: scalar kind = 14, must be one of cutmix::ScalarKind");
}

// ---- raw memory ----

TEST_CASE("a view is a pointer, sizes, strides and letters") {
  std::vector<float> memory(2 * 3 * 4 * 5);
  const BatchView v = view(memory.data(), {2, 3, 4, 5}, "BCHW");
  CHECK(v.data() == memory.data());
  CHECK(v.rank() == 4);
  CHECK(sizes_of(v) == Indices{2, 3, 4, 5});
  CHECK(strides_of(v) == Indices{60, 20, 5, 1});
  CHECK(v.letters() == "BCHW");
  const ConstBatchView c = view(std::as_const(memory).data(), Indices{2, 60});
  CHECK(c.data() == memory.data());
  CHECK(strides_of(c) == Indices{60, 1});
  CHECK(c.letters().empty());
  CHECK(strides_of(view(memory.data(), {2, 3}, "BW", {-60, 0})) == Indices{-60, 0});
  CHECK(strides_of(view(memory.data(), {5, 1, 4}, {}, {1, 999, 5})) == Indices{1, 999, 5});
  const BatchView all = view(memory.data(), {1, 2, 3, 4, 5, 1, 1, 1}, "ABCDHTWK");
  CHECK(all.rank() == 8);
  CHECK(all.letters() == "ABCDHTWK");
  CHECK(strides_of(all) == Indices{120, 60, 20, 5, 1, 1, 1, 1});

  // What can be written says so by its type.
  CHECK(std::is_same_v<decltype(view(memory.data(), {3})), BatchView>);
  CHECK(std::is_same_v<decltype(view(std::as_const(memory).data(), {3})), ConstBatchView>);
  CHECK(std::is_same_v<decltype(view(std::as_const(v))), BatchView>);
  CHECK(std::is_same_v<decltype(view(c)), ConstBatchView>);
  CHECK(std::is_same_v<decltype(v.data()), void*>);
  CHECK(std::is_same_v<decltype(c.data()), const void*>);
  CHECK(std::is_convertible_v<BatchView, ConstBatchView>);
  CHECK_FALSE(std::is_constructible_v<BatchView, ConstBatchView>);

  // Views of views, and their letters.
  CHECK(view(v).letters() == "BCHW");
  CHECK(view(v, "BHWC").letters() == "BHWC");
  CHECK(strides_of(view(v, "BHWC")) == strides_of(v));
  CHECK(v.with_letters("WHCB").letters() == "WHCB");
  CHECK(v.with_letters("WHCB").data() == v.data());
  CHECK(v.with_letters("").letters().empty());
  CHECK(c.with_letters("BW").letters() == "BW");
  CHECK(v.letters() == "BCHW");
}

TEST_CASE("letters that do not name the axes") {
  float number = 0;
  const auto with = [&](std::string_view letters) {
    const std::string made = error_of([&] { view(&number, {1, 1, 1, 1}, letters); });
    const BatchView v = view(&number, {1, 1, 1, 1});
    CHECK(error_of([&] { view(v, letters); }) == made);
    CHECK(error_of([&] { ConstBatchView(v).with_letters(letters); }) == made);
    return made;
  };
  CHECK(with("BHW") == "cutmix: letters = \"BHW\", must be 4, one for each axis");
  CHECK(with("BCDHW") == "cutmix: letters = \"BCDHW\", must be 4, one for each axis");
  CHECK(with("bchw") == "cutmix: letters = \"bchw\", must be A to Z");
  CHECK(with("BcHW") == "cutmix: letters = \"BcHW\", must be A to Z");
  CHECK(with("B HW") == "cutmix: letters = \"B HW\", must be A to Z");
  CHECK(with("B@HW") == "cutmix: letters = \"B@HW\", must be A to Z");
  CHECK(with("B[HW") == "cutmix: letters = \"B[HW\", must be A to Z");
  CHECK(with("BCCW") == "cutmix: letters = \"BCCW\", must not repeat one");
  CHECK(with("BCWB") == "cutmix: letters = \"BCWB\", must not repeat one");
  CHECK(with("ACHW") == "cutmix: letters = \"ACHW\", must have B, the batch");
  CHECK(with("BCHD") == "cutmix: letters = \"BCHD\", must have W, the width");
  CHECK(with("BWAZ") == "no error");
  CHECK(error_of([&] { view(&number, {1}, "W"); }) ==
        "cutmix: letters = \"W\", must have B, the batch");
}

TEST_CASE("sizes, strides and pointers that make no memory") {
  float number = 0;
  float* const nothing = nullptr;
  CHECK(error_of([&] {
          view(nothing, {1, 2});
        }) == "cutmix: data = nullptr, must point at the scalars");
  CHECK(error_of([&] { view(static_cast<const float*>(nullptr), {2}, "", {0}); }) ==
        "cutmix: data = nullptr, must point at the scalars");
  CHECK(error_of([&] { view(nothing, {4, 0, 2}); }) == "no error");
  CHECK(error_of([&] { view(nothing, {0}); }) == "no error");
  CHECK(error_of([&] { view(&number, {2, -1}); }) == "cutmix: sizes[1] = -1, must be at least 0");
  CHECK(error_of([&] {
          view(&number, {0, 3, -5});
        }) == "cutmix: sizes[2] = -5, must be at least 0");
  CHECK(error_of([&] {
          view(&number, {2, 3}, "", {3});
        }) == "cutmix: number of strides = 1, must be 2, as of sizes");
  CHECK(error_of([&] {
          view(&number, {2}, "", {3, 1});
        }) == "cutmix: number of strides = 2, must be 1, as of sizes");
  CHECK(error_of([&] {
          view(&number, {0}, "", {3, 1});
        }) == "cutmix: number of strides = 2, must be 1, as of sizes");

  // Products that overflow: of sizes, with the scalar, of strides.
  const Index side = Index{1} << 32;
  CHECK(error_of([&] {
          view(&number, {side, side});
        }) == "cutmix: size in bytes = 17179869184 x 4294967296, must be at most 2^63 - 1");
  CHECK(error_of([&] { view(&number, {Index{1} << 61}); }) ==
        "cutmix: size in bytes = 4 x 2305843009213693952, must be at most 2^63 - 1");
  CHECK(error_of([&] { view(&number, {Index{1} << 60}); }) == "no error");
  CHECK(error_of([&] { view(nothing, {Index{0}, side, side, side}); }) != "no error");
  CHECK(error_of([&] { view(&number, {2, 2}, "", {most, Index{1}}); }) != "no error");
  CHECK(error_of([&] { view(&number, {2, 2}, "", {-most, Index{1}}); }) != "no error");
  CHECK(error_of([&] { view(&number, {2, 2}, "", {most / 8 + 1, most / 8 + 1}); }) != "no error");
  CHECK(error_of([&] { view(&number, {2}, "", {-most - 1}); }) != "no error");
  CHECK(error_of([&] { view(&number, {1}, "", {-most - 1}); }) != "no error");
  CHECK(error_of([&] { view(&number, {3}, "", {most / 2}); }) != "no error");
  CHECK(error_of([&] { view(&number, {1, 1}, "", {most, -most}); }) == "no error");
  // By a little, where doubles cannot tell.
  char byte = 0;
  for (Index columns = 500; columns < 1100; ++columns)
    for (Index more = 1; more < 4; ++more) {
      const Index rows = most / columns + more;
      CHECK(error_of([&] { view(&byte, {rows, columns}); }) != "no error");
      CHECK(error_of([&] {
              view(&byte, {columns + 1, Index{1}}, "", {rows, Index{1}});
            }) != "no error");
    }
}

TEST_CASE("views never allocate") {
  std::vector<float> memory(120);
  const Indices sizes{2, 3, 4, 5};
  const long before = allocations;
  const BatchView v = view(memory.data(), {2, 3, 4, 5}, "BCHW");
  const BatchView w = view(view(memory.data(), sizes), "BHWC");
  const ConstBatchView c = view(std::as_const(memory)), d = v;
  const BatchShape shape = batch_shape(v), turned = batch_shape(w);
  const long after = allocations;
  CHECK(after == before);
  CHECK(shape == BatchShape{2, 4, 5});
  CHECK(turned == BatchShape{2, 3, 4});
  CHECK(c.rank() + d.rank() == 5);
}

// ---- what has a view ----

TEST_CASE("lists are labels of rank 1") {
  std::vector<std::int64_t> ids{3, 1, 2};
  CHECK(view(ids).data() == ids.data());
  CHECK(view(ids).kind() == ScalarKind::int64);
  CHECK(sizes_of(view(ids)) == Indices{3});
  CHECK(std::is_same_v<decltype(view(ids)), BatchView>);
  CHECK(std::is_same_v<decltype(view(std::as_const(ids))), ConstBatchView>);
  std::array<double, 4> soft{};
  CHECK(view(soft).data() == soft.data());
  CHECK(view(soft).kind() == ScalarKind::float64);
  CHECK(sizes_of(view(std::as_const(soft))) == Indices{4});
  CHECK(sizes_of(view(std::vector<float>{})) == Indices{0});
  CHECK(view(std::array<bool, 2>{}).kind() == ScalarKind::boolean);
  // What has no view: bits, what is no scalar, pointers.
  CHECK_FALSE(cutmix::detail::has_view<std::vector<bool>>);
  CHECK_FALSE(cutmix::detail::has_view<std::vector<std::string>>);
  CHECK_FALSE(cutmix::detail::has_view<std::array<Rgb, 2>>);
  CHECK_FALSE(cutmix::detail::has_view<float*>);
  CHECK_FALSE(cutmix::detail::has_view<std::string>);
  CHECK(cutmix::detail::has_view<const std::vector<float>&>);

  const Plan plan{{3, 1, 4}, {1, 2, 0}, {{{0, 0, 1, 1}, 1}}};
  std::array<float, 9> targets{};
  cutmix::mix_labels(plan, std::vector<int>{0, 1, 2}, 3, view(targets.data(), {3, 3}));
  CHECK(targets == std::array<float, 9>{0.75f, 0.25f, 0, 0, 0.75f, 0.25f, 0.25f, 0, 0.75f});
}

TEST_CASE("a tensor type of one's own") {
  Frames x(3, 4, 5), out(3, 4, 5), previous(2, 4, 5);
  Dice dice(1);
  for (float& pixel : x.data) pixel = static_cast<float>(dice.roll(0, 99));
  for (float& pixel : previous.data) pixel = static_cast<float>(dice.roll(100, 199));
  CHECK(sizes_of(view(x)) == Indices{3, 4, 5});
  CHECK(view(x).letters() == "BHW");
  CHECK(view(x, "BWC").letters() == "BWC");
  CHECK(std::is_same_v<decltype(view(std::as_const(x))), ConstBatchView>);
  CHECK(batch_shape(x) == BatchShape{3, 4, 5});

  // Its device is used, big work that it is, and it is told of what is written.
  const Plan plan = Plan{{3, 4, 5}, {1, 2, 0}, {{{1, 0, 4, 2}, 1}}};
  std::vector<float> plain(x.data.size()), expected = x.data;
  for (Index b = 0; b < 3; ++b)
    for (Index row = 0; row < 2; ++row)
      for (Index column = 1; column < 4; ++column)
        expected[nth((b * 4 + row) * 5 + column)] =
            x.data[nth(((b + 1) % 3 * 4 + row) * 5 + column)];
  const std::vector<float> before = x.data;
  cutmix::mix_images(plan, x, out);
  CHECK(out.data == expected);
  CHECK(out.written == 1);
  CHECK(x.written == 0);
  cutmix::mix_images(plan, std::as_const(x), view(plain.data(), {3, 4, 5}));
  CHECK(plain == expected);
  CHECK(x.data == before);
  cutmix::mix_images_in_place(plan, x);
  CHECK(x.data == expected);
  CHECK(x.written == 1);
  Plan from = plan;
  from.shape.source = 2;
  from.indices = {1, 0, 1};
  cutmix::mix_images(from, x, previous, out);
  CHECK(out.written == 2);
  CHECK(out.data[1] == previous.data[20 + 1]);
  // On an error it is told of nothing.
  CHECK(error_of([&] { cutmix::mix_images(plan, x, x); }) != "no error");
  CHECK(x.written == 1);

  CHECK(CountingDevice::calls == 0);  // work as small as this is not worth one
  Frames large(2, 1024, 1024), mixed(2, 1024, 1024);
  cutmix::mix_images(Plan{{2, 1024, 1024}, {1, 0}, {{{0, 0, 9, 9}, 1}}}, large, mixed);
  CHECK(CountingDevice::calls == 1);

  Signal signal{{1, 2, 3, 4, 5, 6}}, signal_out{std::vector<std::int16_t>(6)};
  cutmix::mix_images(Plan{{2, 1, 3}, {1, 0}, {{{1, 0, 3, 1}, 1}}}, signal, signal_out);
  CHECK(signal_out.data == std::vector<std::int16_t>{1, 5, 6, 4, 2, 3});
}

TEST_CASE("a type that says it is row-major has less compiled, and must be") {
  using cutmix::detail::is_row_major;
  STATIC_REQUIRE((is_row_major<Grid> && is_row_major<const Grid&>));
  STATIC_REQUIRE((!is_row_major<Frames> && !is_row_major<BatchView>));
  Philox4x32 rng(94);
  Options options;
  options.mixup_prob = 0.3;
  const auto numbered = [](Grid grid) {
    std::iota(grid.data.begin(), grid.data.end(), 1.0f);
    return grid;
  };
  for (const Index n : {0, 1, 5})
    for (const cutmix::Scope scope : {cutmix::Scope::batch, cutmix::Scope::sample}) {
      options.scope = scope;
      const Grid x = numbered({n, 6, 7, ""}), source = numbered({4, 6, 7, ""});
      Grid out{n, 6, 7, ""}, expected = out, spaced{n, 6, 7, "", 2};
      const Plan plan = make_plan({n, 6, 7}, options, rng);
      mix_images(plan, view(x), view(expected));
      mix_images(plan, x, out);
      CHECK(out.data == expected.data);
      // Into what has gaps, and so is no Grid.
      mix_images(plan, x, view(spaced));
      for (Index i = 0; i < n * 6 * 7; ++i)
        REQUIRE(spaced.data[nth(i / 7 * 9 + i % 7)] == out.data[nth(i)]);
      const Plan from = make_plan({n, 6, 7, 1, 4}, options, rng);
      mix_images(from, view(x), view(source), view(expected));
      mix_images(from, x, source, out);
      CHECK(out.data == expected.data);
      const Grid wide = numbered({4, 6, 7, "", 3});
      mix_images(from, view(x), view(wide), view(expected));
      mix_images(from, x, view(wide), out);
      CHECK(out.data == expected.data);
    }
  // What says so and is not: an error before anything is drawn or written.
  const std::string message =
      "cutmix: TensorTraits::is_row_major = true, must be false of tensors with letters or gaps";
  for (const Grid& lie : {numbered({4, 6, 7, "", 1}), numbered({6, 7, 4, "HWB"})}) {
    Grid out = lie;
    std::fill(out.data.begin(), out.data.end(), 0.0f);
    const Grid before = out;
    const std::vector<int> ids{0, 1, 2, 1};
    std::vector<float> targets(12);
    cutmix::CutMix mixer(1.0, 3, rng);
    CHECK(error_of([&] { mixer(lie, ids, out, view(targets.data(), {4, 3})); }) == message);
    CHECK(mixer.rng() == rng);
    CHECK(error_of([&] { mix_images(Plan::identity(batch_shape(lie)), lie, out); }) == message);
    CHECK(out.data == before.data);
    CHECK(targets == std::vector<float>(12));
  }
  // Where there are no pixels nothing has a gap.
  for (const Grid& none : {Grid{0, 6, 7, "", 1}, Grid{4, 0, 7, "", 1}, Grid{4, 6, 0, "", 1}}) {
    Grid out = none;
    mix_images(Plan::identity(batch_shape(none)), none, out);
  }
}

TEST_CASE("the shape that a plan must know") {
  std::vector<float> memory(720);
  const auto shape = [&](const Sizes& sizes, const char* letters) {
    return batch_shape(view(memory.data(), sizes, letters));
  };
  CHECK(shape({2, 3, 4, 5}, "BCHW") == BatchShape{2, 4, 5});
  CHECK(shape({2, 3, 4, 5}, "BHWC") == BatchShape{2, 3, 4});
  CHECK(shape({2, 3, 4, 5}, "WHCB") == BatchShape{5, 3, 2});
  CHECK(shape({2, 3, 4, 5}, "") == BatchShape{2, 4, 5});
  CHECK(shape({2, 3, 4}, "") == BatchShape{2, 3, 4});
  CHECK(shape({2, 3, 4}, "BCW") == BatchShape{2, 1, 4});
  CHECK(shape({2, 3}, "WB") == BatchShape{3, 1, 2});
  CHECK(shape({2, 3, 4, 5, 6}, "BCDHW") == BatchShape{2, 5, 6, 4});
  CHECK(shape({2, 3, 4, 5, 6}, "BCTHW") == BatchShape{2, 5, 6});
  CHECK(shape({2, 3, 4, 5, 6}, "") == BatchShape{2, 5, 6});
  CHECK(shape({2, 3, 4, 5, 6}, "DWHBC") == BatchShape{5, 4, 3, 2});
  CHECK(shape({2, 3, 4}, "BDW") == BatchShape{2, 1, 4, 3});
  CHECK(batch_shape(view(static_cast<float*>(nullptr), {0, 3, 4})) == BatchShape{0, 3, 4});
  CHECK(error_of([&] {
          shape({2, 3}, "");
        }) ==
        "cutmix: rank of x = 2, must be at least 3: (B, ..., H, W); name other axes: "
        "cutmix::view(x, \"BCW\")");
  CHECK(error_of([&] { shape({2}, ""); }) ==
        "cutmix: rank of x = 1, must be at least 3: (B, ..., H, W); name other axes: "
        "cutmix::view(x, \"BCW\")");

  // A plan for a view is one for its shape.
  Options options;
  options.scope = cutmix::Scope::sample;
  Philox4x32 a(7), b(7);
  const ConstBatchView volumes = view(memory.data(), {2, 3, 4, 5, 6}, "BCDHW");
  Plan kept;
  make_plan(volumes, options, a, kept);
  CHECK(kept == make_plan(BatchShape{2, 5, 6, 4}, options, b));
  CHECK(make_plan(volumes, options, a) == make_plan(BatchShape{2, 5, 6, 4}, options, b));
  CHECK(a == b);
  CHECK(error_of([&] { make_plan(view(memory.data(), {2, 3}), options, a); }) != "no error");
  CHECK(error_of([&] {
          make_plan(view(memory.data(), {2, 0, 3}), options, a, kept);
        }) != "no error");
  CHECK(a == b);
}

// ---- overlap and folding, by counting bytes ----

namespace {

// Where each position of a view begins, in bytes.
Indices offsets_of(const ConstBatchView& v) {
  Indices offsets;
  for_each_place(sizes_of(v), [&](const Indices& at) {
    offsets.push_back(dot(strides_of(v), at) * v.scalar_bytes());
  });
  return offsets;
}

// The bytes of a view, counted from `origin`.
std::set<Index> bytes_of(const ConstBatchView& v, const Byte* origin) {
  std::set<Index> bytes;
  const Index first = static_cast<const Byte*>(v.data()) - origin;
  for (const Index offset : offsets_of(v))
    for (Index byte = 0; byte < v.scalar_bytes(); ++byte) bytes.insert(first + offset + byte);
  return bytes;
}

bool meet(const std::set<Index>& a, const std::set<Index>& b) {
  for (const Index byte : a)
    if (b.count(byte) != 0) return true;
  return false;
}

}  // namespace

TEST_CASE("overlap is found, and never where views of equal strides are apart") {
  const std::uint32_t seed = 500;
  INFO("seed " << seed);
  Dice dice(seed);
  std::vector<Byte> memory(4000);
  const Byte* const origin = memory.data();
  Index apart_within_reach = 0;
  for (int i = 0; i < 30000; ++i) {
    const auto rank = dice.roll(1, 4);
    Indices a_sizes, b_sizes, room;
    for (Index axis = 0; axis < rank; ++axis) {
      room.push_back(dice.roll(1, 4));  // both fit into strides that step over so many
      a_sizes.push_back(dice.roll(1, room.back()));
      b_sizes.push_back(dice.roll(1, room.back()));
    }
    if (dice.roll(0, 20) == 0) a_sizes[0] = 0;
    const std::string letters = std::string("ABCDEFGH").substr(0, nth(rank));
    PlacementStyle style;
    style.shuffled = dice.coin(), style.padded = dice.coin(), style.negative = dice.coin();
    const Placement placement = random_placement(dice, letters, room, style);
    const Index scalar = dice.roll(1, 3);
    const auto make = [&](const Indices& sizes) {
      return BatchView(memory.data() + 2000 + dice.roll(-60, 60), ScalarKind::opaque, scalar, sizes,
                       "", placement.strides);
    };
    const BatchView a = make(a_sizes), b = make(b_sizes);
    const bool truth = meet(bytes_of(a, origin), bytes_of(b, origin));
    INFO("case " << i << " rank " << rank << " scalar " << scalar);
    REQUIRE(cutmix::detail::views_overlap(a, b) == truth);
    REQUIRE(cutmix::detail::views_overlap(b, a) == truth);
    const auto ends = [&](const std::set<Index>& bytes) {
      return std::pair{bytes.empty() ? 0 : *bytes.begin(), bytes.empty() ? 0 : *bytes.rbegin()};
    };
    const auto [a_first, a_last] = ends(bytes_of(a, origin));
    const auto [b_first, b_last] = ends(bytes_of(b, origin));
    apart_within_reach += !truth && a_first <= b_last && b_first <= a_last;
  }
  CHECK(apart_within_reach > 1000);  // such as left and right columns
}

TEST_CASE("overlap of contiguous views is exact, and of any others never missed") {
  const std::uint32_t seed = 510;
  INFO("seed " << seed);
  Dice dice(seed);
  std::vector<Byte> memory(4000);
  const Byte* const origin = memory.data();
  for (int i = 0; i < 30000; ++i) {
    const bool contiguous = dice.coin();
    const auto make = [&] {
      const auto rank = dice.roll(1, 3);
      Indices sizes;
      for (Index axis = 0; axis < rank; ++axis)
        sizes.push_back(dice.roll(0, 12) ? dice.roll(1, 5) : 0);
      PlacementStyle style;
      style.shuffled = style.negative = true;
      style.padded = style.repeated = !contiguous;
      const Placement placement =
          random_placement(dice, std::string("ABC").substr(0, nth(rank)), sizes, style);
      const Index first = 2000 + dice.roll(-150, 150);
      return BatchView(memory.data() + first, ScalarKind::opaque, dice.roll(1, 4), sizes, "",
                       placement.strides);
    };
    const BatchView a = make(), b = make();
    const bool truth = meet(bytes_of(a, origin), bytes_of(b, origin));
    INFO("case " << i);
    if (contiguous)
      REQUIRE(cutmix::detail::views_overlap(a, b) == truth);
    else
      REQUIRE(cutmix::detail::views_overlap(a, b) >= truth);
  }
}

TEST_CASE("an output whose positions share a byte is refused, one without is not") {
  const std::uint32_t seed = 520;
  INFO("seed " << seed);
  Dice dice(seed);
  std::vector<Byte> memory(4000);
  Index folded = 0, fine = 0;
  for (int i = 0; i < 20000; ++i) {
    const Index scalar = dice.roll(1, 3), rank = dice.roll(1, 4);
    Indices sizes, strides;
    for (Index axis = 0; axis < rank; ++axis) {
      sizes.push_back(dice.roll(1, 4));
      strides.push_back(dice.roll(-20, 20));
    }
    const bool nested = dice.coin();
    if (nested) {
      PlacementStyle style;
      style.shuffled = style.negative = style.padded = true;
      strides =
          random_placement(dice, std::string("ABCD").substr(0, nth(rank)), sizes, style).strides;
    }
    const BatchView v(memory.data() + 2000, ScalarKind::opaque, scalar, sizes, "", strides);
    const bool shares = static_cast<Index>(bytes_of(v, memory.data()).size()) <
                        scalar * static_cast<Index>(offsets_of(v).size());
    const bool refused = error_of([&] { cutmix::detail::check_unfolded("x", v); }) != "no error";
    INFO("case " << i);
    if (shares) REQUIRE(refused);
    if (nested) {
      REQUIRE_FALSE(shares);
      REQUIRE_FALSE(refused);
    }
    folded += shares, fine += nested;
  }
  CHECK(folded > 1000);
  CHECK(fine > 1000);
  // An axis that steps over just what lies within.
  const BatchView tight(memory.data(), ScalarKind::uint8, 1, {2, 3}, "", {5, 2});
  CHECK(error_of([&] { cutmix::detail::check_unfolded("x", tight); }) == "no error");
  const BatchView empty(memory.data(), ScalarKind::uint8, 1, {3, 0}, "", {0, 0});
  CHECK(error_of([&] { cutmix::detail::check_unfolded("x", empty); }) == "no error");
}

TEST_CASE("flipped and cropped views: the same memory, other positions") {
  std::vector<int> memory(2 * 3 * 4 * 5);
  std::iota(memory.begin(), memory.end(), 0);
  const BatchView whole = view(memory.data(), {2, 3, 4, 5}, "BCHW");
  const auto at = [](const ConstBatchView& v, Index b, Index c, Index y, Index x) {
    return static_cast<const int*>(
        v.data())[b * v.stride(0) + c * v.stride(1) + y * v.stride(2) + x * v.stride(3)];
  };
  const BatchView mirrored = cutmix::flipped(whole, 'W');  // still to be written
  const ConstBatchView bgr = cutmix::flipped(ConstBatchView(whole), 'C');
  const BatchView inner = cutmix::cropped(cutmix::cropped(whole, 'H', 1, 3), 'W', 2, 5);
  CHECK(mirrored.letters() == "BCHW");
  CHECK(inner.size(2) == 2);
  CHECK(inner.size(3) == 3);
  CHECK(inner.kind() == ScalarKind::int32);
  bool right = true;
  for (Index b = 0; b < 2; ++b)
    for (Index c = 0; c < 3; ++c)
      for (Index y = 0; y < 4; ++y)
        for (Index x = 0; x < 5; ++x) {
          right = right && at(mirrored, b, c, y, x) == at(whole, b, c, y, 4 - x) &&
                  at(bgr, b, c, y, x) == at(whole, b, 2 - c, y, x) &&
                  at(cutmix::flipped(mirrored, 'W'), b, c, y, x) == at(whole, b, c, y, x);
          if (y < 2 && x < 3)
            right = right && at(inner, b, c, y, x) == at(whole, b, c, y + 1, x + 2) &&
                    at(cutmix::flipped(inner, 'H'), b, c, y, x) == at(whole, b, c, 2 - y, x + 2);
        }
  CHECK(right);

  // Nothing, and views without memory.
  const BatchView none = cutmix::cropped(whole, 'H', 4, 4);
  CHECK(none.size(2) == 0);
  CHECK(none.data() == whole.data());
  CHECK(cutmix::cropped(whole, 'W', 0, 5).data() == whole.data());
  const BatchView empty = view(static_cast<int*>(nullptr), {0, 3, 0, 5}, "BCHW");
  CHECK(cutmix::flipped(cutmix::cropped(cutmix::flipped(empty, 'H'), 'W', 1, 2), 'B').data() ==
        nullptr);

  CHECK(error_of([&] { cutmix::flipped(whole, 'D'); }) ==
        "cutmix: letter = 'D', must be one of the view's letters, \"BCHW\"");
  CHECK(error_of([&] { cutmix::flipped(whole.with_letters(""), 'W'); }) ==
        "cutmix: letter = 'W', must be one of the view's letters, \"\"");
  CHECK(error_of([&] { cutmix::cropped(whole, 'c', 0, 1); }) ==
        "cutmix: letter = 'c', must be one of the view's letters, \"BCHW\"");
  CHECK(error_of([&] { cutmix::cropped(whole, 'H', -1, 2); }) ==
        "cutmix: begin = -1, must be in [0, 2], up to end");
  CHECK(error_of([&] { cutmix::cropped(whole, 'H', 3, 2); }) ==
        "cutmix: begin = 3, must be in [0, 2], up to end");
  CHECK(error_of([&] { cutmix::cropped(whole, 'H', 3, 5); }) ==
        "cutmix: end = 5, must be at most 4, the size of the axis");
}
