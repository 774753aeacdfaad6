// The free function and the functor: compositions of what the other tests hold.

// Eigen's check for allocations is an assertion.
#undef NDEBUG
#define EIGEN_RUNTIME_NO_MALLOC
#define EIGEN_USE_THREADS

#include <atomic>
#include <random>
#include <type_traits>

#include "support.hpp"

using namespace testing;
using cutmix::CutMix;
using cutmix::Options;
using cutmix::Philox4x32;
using cutmix::Scope;

extern std::atomic<long> allocations;  // of operator new, counted in counting_new.cpp

namespace {

using Images = Eigen::Tensor<float, 4, Eigen::RowMajor>;
using Ids = Eigen::Tensor<int, 1, Eigen::RowMajor>;

Images numbered_images(Index B, Index C, Index H, Index W) {
  Images x(B, C, H, W);
  number_scalars(x);
  return x;
}

Ids ids_of(Index B, Index n) {
  Ids y(B);
  for (Index b = 0; b < B; ++b) y(b) = static_cast<int>((b * 7 + 3) % n);
  return y;
}

// What cutmix() should return for a plan.
template <class Y>
void check_result(const Images& x, const Y& y, const Plan& plan, Index n, const Images& x_out,
                  const Eigen::Tensor<float, 2, Eigen::RowMajor>& y_out) {
  CHECK(same_bytes(x_out, mixed_naively(plan, x)));
  Eigen::Tensor<float, 2, Eigen::RowMajor> expected(y.size(), n);
  cutmix::mix_labels(plan, y, n, expected);
  CHECK(same_bytes(y_out, expected));
}

}  // namespace

TEST_CASE("cutmix() and the functor draw the same from the same seed") {
  const Images x = numbered_images(6, 2, 9, 13);
  const Ids y = ids_of(6, 5);
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    Philox4x32 rng(seed), plan_rng(seed);
    const auto [x_free, y_free] = cutmix::cutmix(x, y, 0.8, 5, rng);
    CutMix mixer(0.8, 5, Philox4x32(seed));
    const auto [x_mixed, y_mixed] = mixer(x, y);
    CHECK(same_bytes(x_free, x_mixed));
    CHECK(same_bytes(y_free, y_mixed));
    Options options;
    options.alpha = 0.8;
    const Plan plan = cutmix::make_plan(x, options, plan_rng);
    CHECK(mixer.plan() == plan);
    CHECK(mixer.indices() == plan.indices);
    CHECK(mixer.bbox() == plan.boxes[0]);
    CHECK(mixer.cutmix_lambda() == plan.lambdas[0]);
    CHECK(mixer.rng() == rng);
    check_result(x, y, plan, 5, x_free, y_free);
  }
}

TEST_CASE("whatever is given costs no draws, and a given box wins over a given lambda") {
  const Images x = numbered_images(4, 1, 7, 10);
  const Ids y = ids_of(4, 3);
  const BBox box{2, 1, 9, 5};
  const Indices indices{2, 2, 0, 1};
  const auto spent = [&](auto... given) {
    Scripted32 rng;
    cutmix::cutmix(x, y, 1.0, 3, rng, given...);
    return rng.spent();
  };
  using Lambda = std::optional<double>;
  using Box = std::optional<BBox>;
  using Given = std::optional<Indices>;
  CHECK(spent() == 3 + 4 + 2);
  CHECK(spent(Lambda(0.5)) == 3 + 2);
  CHECK(spent(Lambda(), Box(box)) == 3 + 4);
  CHECK(spent(Lambda(), Box(), Given(indices)) == 4 + 2);
  CHECK(spent(Lambda(0.5), Box(box)) == 3);
  CHECK(spent(Lambda(0.5), Box(box), Given(indices)) == 0);

  Scripted32 unused;
  const auto [x_out, y_out] = cutmix::cutmix(x, y, 1.0, 3, unused, 0.99, box, indices);
  check_result(x, y, plan_of(indices, box, 7, 10), 3, x_out, y_out);
}

TEST_CASE("the order of the draws: indices, lambda, cx, cy") {
  const Images x = numbered_images(3, 1, 8, 16);
  const Ids y = ids_of(3, 2);
  // Small words pick index 0 (the word 0 itself is one too many for 3 and would be drawn again).
  const std::vector<std::uint32_t> shuffle{1u, 1u};
  const std::vector<std::uint32_t> beta{0x80000000u, 0u, 0u, 0u};
  const std::vector<std::uint32_t> centre{0x40000000u, 0xC0000000u};
  std::vector<std::uint32_t> words = shuffle;
  words.insert(words.end(), beta.begin(), beta.end());
  words.insert(words.end(), centre.begin(), centre.end());
  Scripted32 rng(words), lambda_rng(beta), unused;
  const auto [x_out, y_out] = cutmix::cutmix(x, y, 1.0, 2, rng);
  CHECK(rng.spent() == words.size());
  const double lambda = cutmix::gen_cutmix_lambda(1.0, lambda_rng);
  const BBox box = cutmix::rand_bbox(16, 8, lambda, unused, 4, 6);
  // i = 3 swaps the last with 0: {2, 1, 0}; i = 2 swaps 1 with 0: {1, 2, 0}
  check_result(x, y, plan_of({1, 2, 0}, box, 8, 16), 2, x_out, y_out);
}

TEST_CASE("the types of the results") {
  Philox4x32 rng(1);
  const Images x = numbered_images(2, 1, 3, 4);
  const Eigen::TensorMap<Eigen::Tensor<const float, 4, Eigen::RowMajor>> map(x.data(), 2, 1, 3, 4);
  const Ids ids = ids_of(2, 3);
  const auto check = [](auto&& pair, auto x_expected, auto y_expected) {
    using Pair = std::decay_t<decltype(pair)>;
    STATIC_REQUIRE(std::is_same_v<typename Pair::first_type, decltype(x_expected)>);
    STATIC_REQUIRE(std::is_same_v<typename Pair::second_type, decltype(y_expected)>);
  };
  using Dense = Eigen::Tensor<float, 2, Eigen::RowMajor>;
  check(cutmix::cutmix(x, ids, 1, 3, rng), Images(), Dense());
  check(cutmix::cutmix(map, ids, 1, 3, rng), Images(), Dense());
  Eigen::Tensor<std::uint8_t, 3> bytes(2, 3, 4);
  bytes.setZero();
  Eigen::Tensor<std::int64_t, 1> column_ids(2);
  column_ids.setValues({1, 2});
  check(cutmix::cutmix(bytes, column_ids, 1, 3, rng), Eigen::Tensor<std::uint8_t, 3>(),
        Eigen::Tensor<float, 2>());
  Eigen::TensorFixedSize<double, Eigen::Sizes<2, 1, 3, 4>> fixed;
  fixed.setZero();
  Eigen::Tensor<Eigen::half, 2> soft(2, 3);
  soft.setConstant(Eigen::half(1.0f));
  check(cutmix::cutmix(fixed, soft, 1, 3, rng), Eigen::Tensor<double, 4>(),
        Eigen::Tensor<Eigen::half, 2>());
  Eigen::Tensor<int, 2> one_hot(2, 3);
  one_hot.setZero();
  check(cutmix::cutmix(x, one_hot, 1, 3, rng), Images(), Eigen::Tensor<float, 2>());
  Eigen::Tensor<double, 3> dense(2, 2, 2);
  dense.setZero();
  check(cutmix::cutmix(x, dense, 1, 3, rng), Images(), Eigen::Tensor<double, 3>());
  check(cutmix::cutmix(x, Eigen::Vector2i(0, 1), 1, 3, rng), Images(), Eigen::MatrixXf());
  check(cutmix::cutmix(x, Eigen::Array2i(0, 1), 1, 3, rng), Images(), Eigen::ArrayXXf());
  check(cutmix::cutmix(x, Eigen::MatrixXd::Zero(2, 3).eval(), 1, 3, rng), Images(),
        Eigen::MatrixXd());
  check(cutmix::cutmix(x, Eigen::MatrixXi::Zero(2, 3).eval(), 1, 3, rng), Images(),
        Eigen::MatrixXf());
  check(cutmix::cutmix(x, std::vector<int>{0, 1}, 1, 3, rng), Images(), Dense());
  check(cutmix::cutmix(x, std::vector<float>{0, 1}, 1, 3, rng), Images(),
        Eigen::Tensor<float, 1, Eigen::RowMajor>());
  CutMix mixer(1.0, 3, rng);
  check(mixer(x, ids), Images(), Dense());
}

TEST_CASE("the inputs stay as they are") {
  // Fault: in-place writes into the data set's own arrays.
  const Images x = numbered_images(5, 2, 6, 7), before = x;
  const Ids y = ids_of(5, 4), y_before = y;
  CutMix mixer(1.0, 4, Philox4x32(3));
  mixer(x, y);
  CHECK(same_bytes(x, before));
  CHECK(same_bytes(y, y_before));
}

TEST_CASE("any batch: none, one, odd; images of one pixel") {
  Philox4x32 rng(4);
  for (const Index B : {0, 1, 2, 3, 7})
    for (const Scope scope : {Scope::batch, Scope::sample}) {
      const Images x = numbered_images(B, 2, 1, 1);
      const Ids y = ids_of(B, 2);
      const auto [x_out, y_out] = cutmix::cutmix(x, y, 1.0, 2, rng);
      CHECK(x_out.dimension(0) == B);
      CHECK(y_out.dimension(0) == B);
      Options options;
      options.scope = scope;
      CutMix mixer(options, 2, rng);
      CHECK(same_bytes(mixer(x, y).first, x));
      mixer.bbox();
    }
}

TEST_CASE("the functor's forms agree, on every device") {
  const Images x = numbered_images(9, 2, 12, 17);
  const Ids y = ids_of(9, 4);
  Eigen::ThreadPool pool(3);
  Eigen::ThreadPoolDevice threads(&pool, 3);
  for (const Scope scope : {Scope::batch, Scope::sample}) {
    Options options;
    options.scope = scope;
    const CutMix<> start(options, 4, Philox4x32(5));
    CutMix<> a = start, b = start, c = start, d = start, e = start;
    for (int step = 0; step < 20; ++step) {
      const auto expected = a(x, y);
      Images mixed(9, 2, 12, 17);
      Eigen::Tensor<float, 2, Eigen::RowMajor> targets(9, 4);
      const auto check = [&] {
        CHECK(same_bytes(mixed, expected.first));
        CHECK(same_bytes(targets, expected.second));
        mixed.setZero(), targets.setZero();
      };
      b(x, y, mixed, targets), check();
      c(threads, x, y, mixed, targets), check();
      mixed = x;
      d.in_place(mixed, y, targets), check();
      mixed = x;
      e.in_place(threads, mixed, y, targets), check();
      CHECK((a.plan() == b.plan() && a.plan() == d.plan()));
    }
  }
}

TEST_CASE("a copy goes on by itself from the same state") {
  CutMix mixer(1.0, 4, Philox4x32(6));
  const Images x = numbered_images(4, 1, 5, 6);
  const Ids y = ids_of(4, 4);
  mixer(x, y);
  CutMix copy = mixer;
  CHECK(copy.plan() == mixer.plan());
  mixer(x, y);
  const Plan after = mixer.plan();
  copy(x, y);
  CHECK(copy.plan() == after);
}

TEST_CASE("enabled switches mixing off and spends nothing") {
  CutMix mixer(1.0, 4, Philox4x32(7));
  const Images x = numbered_images(4, 1, 5, 6);
  const Ids y = ids_of(4, 4);
  mixer(x, y);
  const Philox4x32 before = mixer.rng();
  mixer.enabled = false;
  const auto [x_out, y_out] = mixer(x, y);
  CHECK(mixer.rng() == before);
  CHECK(same_bytes(x_out, x));
  for (Index b = 0; b < 4; ++b) CHECK(y_out(b, y(b)) == 1);
  CHECK(mixer.cutmix_lambda() == 1);
  CHECK(mixer.bbox().empty());
  CHECK(cutmix::mixed_accuracy(y_out, y, mixer.plan()) == 1);
  Images in_place = x;
  Eigen::Tensor<float, 2, Eigen::RowMajor> targets(4, 4);
  mixer.in_place(in_place, y, targets);
  CHECK(same_bytes(in_place, x));
}

TEST_CASE("before the first call the plan is empty") {
  const CutMix<> mixer(1.0, 4, Philox4x32(8));
  CHECK(mixer.indices().empty());
  CHECK(mixer.bbox() == BBox{});
  CHECK(mixer.cutmix_lambda() == 1);
}

TEST_CASE("one engine serves all draws, and streams keyed by step repeat nothing") {
  // Faults: two engines in one call; every worker or epoch draws the same.
  const Images x = numbered_images(8, 1, 30, 40);
  const Ids y = ids_of(8, 4);
  CutMix mixer(1.0, 4, Philox4x32(9));
  std::vector<Plan> plans;
  for (std::uint32_t epoch = 0; epoch < 3; ++epoch)
    for (std::uint32_t step = 0; step < 5; ++step) {
      mixer.rng() = cutmix::philox_stream(9, epoch, step);
      mixer(x, y);
      for (const Plan& plan : plans) CHECK(plan != mixer.plan());
      plans.push_back(mixer.plan());
    }
  mixer.rng() = cutmix::philox_stream(9, 1, 2);
  mixer(x, y);
  CHECK(mixer.plan() == plans[7]);
}

TEST_CASE("any standard engine serves") {
  const Images x = numbered_images(4, 1, 5, 6);
  const Ids y = ids_of(4, 4);
  CutMix a(1.0, 4, std::mt19937(1));
  CutMix b(1.0, 4, std::mt19937_64(1));
  CutMix c(1.0, 4, std::minstd_rand(1));
  CutMix d(1.0, 4, std::ranlux24(1));
  a(x, y), b(x, y), c(x, y), d(x, y);
  CHECK(a.plan() != b.plan());
}

TEST_CASE("nothing is allocated after the first call") {
  const Images x = numbered_images(32, 3, 16, 20);
  Images x_out(32, 3, 16, 20);
  Eigen::Tensor<float, 2, Eigen::RowMajor> y_out(32, 10);
  const Ids ids = ids_of(32, 10);
  Eigen::MatrixXf dense = Eigen::MatrixXf::Constant(32, 10, 0.1f), dense_out(32, 10);
  Eigen::Tensor<float, 3> volumes(32, 5, 7), volumes_out(32, 5, 7);
  volumes.setConstant(1);
  Eigen::Tensor<float, 4> columns(32, 3, 16, 20), columns_out(32, 3, 16, 20);
  columns.setConstant(1);
  for (const Scope scope : {Scope::batch, Scope::sample})
    for (Index law = 0; law < 4; ++law) {
      Options options;
      options.scope = scope;
      options.prob = 0.9;
      if (law == 1) options.box_law = cutmix::UniformLaw{};
      if (law == 2) options.box_law = cutmix::InsideLaw{};
      if (law == 3) options.box_law = cutmix::MinMaxLaw(0, 1);
      if (law == 3) options.pairing = cutmix::Pairing::derangement;
      CutMix mixer(options, 10, Philox4x32(10));
      const auto call_all = [&] {
        mixer(x, ids, x_out, y_out);
        mixer(x, dense, x_out, dense_out);
        mixer(x, volumes, x_out, volumes_out);
        mixer(columns, ids, columns_out, y_out);
        mixer.in_place(x_out, ids, y_out);
        mixer.in_place(columns_out, ids, y_out);
        mixer.enabled = false;
        mixer(x, ids, x_out, y_out);
        mixer.enabled = true;
      };
      call_all();
      const long before = allocations;
      Eigen::internal::set_is_malloc_allowed(false);
      for (int i = 0; i < 50; ++i) call_all();
      Eigen::internal::set_is_malloc_allowed(true);
      const long after = allocations;
      CHECK(after == before);
    }
  const long before = allocations;
  ::operator delete(::operator new(8));
  const long after = allocations;
  CHECK(after == before + 1);  // the counter counts
}
