// Exchange: ranks that are simulated, one after another, mix their shards of a batch; together that
// is, byte for byte, the naive mix of the whole batch.

#include <algorithm>
#include <array>
#include <cutmix/exchange.hpp>
#include <numeric>
#include <vector>

#include "simulated_ranks.hpp"

using namespace testing;
using cutmix::Bytes;
using cutmix::Exchange;
using cutmix::Message;
using cutmix::mix_labels;
using cutmix::view;

// ---- images ----

TEST_CASE("ranks together mix what one process mixes") {
  for (std::uint32_t seed = 5000; seed < 5400; ++seed) {
    INFO("seed " << seed);
    Dice dice(seed);
    check_ranks(dice);
  }
}

TEST_CASE("1 to 64 ranks, one sample a rank, and more ranks than samples") {
  for (Index ranks = 1; ranks <= 64; ++ranks)
    for (const Index batch : {ranks, 3 * ranks + 1, (ranks + 1) / 2}) {
      INFO(ranks << " ranks, batch " << batch);
      Dice dice(static_cast<std::uint32_t>(6000 + ranks));
      const Indices sizes{batch, 2, 4, 5};
      Block x(random_placement(dice, "BCHW", sizes, {}), ScalarKind::float32, 4);
      x.fill_with_numbers(dice);
      const Plan plan = random_plan(dice, {batch, 4, 5}, dice.coin());
      Indices shards(nth(ranks), batch / ranks);  // one each, where batch is ranks
      shards.back() += batch % ranks;
      check_images(dice, plan, shards, x, true);
      if (batch != ranks) check_images(dice, plan, random_shards(dice, batch, ranks), x, true);
    }
}

// ---- what travels ----

TEST_CASE("a patch that travels is its box's bytes, from the partner's rank") {
  // Samples 0 1 | 2 | | 3 4; sample 2 takes of 4, 3 of 0, 0 of 1, 1 and 4 of themselves.
  const Plan plan{{5, 3, 4}, {1, 1, 4, 0, 4}, {{{1, 0, 3, 2}, 1}}};
  const Indices shards{2, 1, 0, 2};
  const Index pixels = 12;
  std::vector<std::uint16_t> images(nth(5 * pixels));
  std::iota(images.begin(), images.end(), std::uint16_t{0});
  const auto shard = [&](Index first, Index n) {
    return view(images.data() + first * pixels, {n, 3, 4}, "BHW");
  };
  const auto sent_by = [&](Index rank, Index first, Index n) {
    Bytes bytes;
    Exchange(plan, shards, rank).pack(shard(first, n), bytes);
    std::vector<std::uint16_t> values(bytes.size() / 2);
    if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  };
  CHECK(sent_by(0, 0, 2) == std::vector<std::uint16_t>{1, 2, 5, 6});
  CHECK(sent_by(1, 2, 1).empty());
  CHECK(sent_by(2, 3, 0).empty());
  CHECK(sent_by(3, 3, 2) == std::vector<std::uint16_t>{49, 50, 53, 54});

  const Exchange first(plan, shards, 0), last(plan, shards, 3);
  const auto sends = first.sends(shard(0, 2));
  REQUIRE(sends.size() == 1);
  CHECK((sends[0].rank == 3 && sends[0].first == 0 && sends[0].bytes == 8));
  CHECK(first.receives(shard(0, 2)).empty());
  CHECK(last.received_bytes(shard(3, 2)) == 8);
  // The rank's own plan: partners from 2 on are what it receives.
  CHECK(last.plan().shape == BatchShape{2, 3, 4, 1, 3});
  CHECK(last.plan().indices == Indices{2, 1});
  CHECK(last.plan().patches == plan.patches);
}

TEST_CASE("of patches without pixels, and of those that change nothing, no byte travels") {
  const Indices shards{1, 1, 1};
  const Plan plan{{3, 6, 6}, {1, 2, 0}, {{{2, 2, 2, 4}, 1}, {{0, 0, 6, 6}, 0}, {{0, 0, 1, 1}, 1}}};
  std::vector<float> image(36);
  const auto shard = view(image.data(), {1, 6, 6}, "BHW");
  Index sent = 0, received = 0;
  for (Index rank = 0; rank < 3; ++rank) {
    const Exchange exchange(plan, shards, rank);
    Bytes bytes;
    exchange.pack(shard, bytes);
    sent += static_cast<Index>(bytes.size());
    received += exchange.received_bytes(shard);
  }
  CHECK(sent == 4);
  CHECK(received == 4);
}

TEST_CASE("images without channels are exchanged by nobody") {
  const Exchange exchange(Plan{{2, 3, 4}, {1, 0}, {{{0, 0, 2, 2}, 1}}}, {1, 1}, 0);
  float* const nothing = nullptr;
  const auto x = view(nothing, {1, 0, 3, 4}, "BCHW");
  CHECK(exchange.sends(x).empty());
  CHECK(exchange.receives(x).empty());
  CHECK(exchange.received_bytes(x) == 0);
}

TEST_CASE("labels without columns are nobody's") {
  const Exchange exchange(Plan{{2, 3, 4}, {1, 0}, {{{0, 0, 2, 2}, 1}}}, {1, 1}, 0);
  float* const nothing = nullptr;
  const auto rows = view(std::as_const(nothing), {1, 0});
  CHECK(exchange.received_label_bytes(rows) == 0);
  exchange.unpack_labels(rows, {}, view(nothing, {2, 0}));
}

TEST_CASE("an output's axes may stand in another order") {
  const Plan plan{{4, 3, 5}, {2, 3, 0, 1}, {{{1, 0, 4, 2}, 1}}};
  std::vector<float> x(120), mixed(120), shard(60);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i);
  mix_images(plan, view(x.data(), {4, 2, 3, 5}, "BCHW"), view(mixed.data(), {4, 3, 5, 2}, "BHWC"));
  const auto shard_of_rank = [&](Index rank) {
    return view(std::as_const(x).data() + 60 * rank, {2, 2, 3, 5}, "BCHW");
  };
  const std::array<Exchange, 2> exchanges{Exchange(plan, {2, 2}, 0), Exchange(plan, {2, 2}, 1)};
  std::array<Bytes, 2> sent;
  for (const Index rank : {0, 1}) exchanges[nth(rank)].pack(shard_of_rank(rank), sent[nth(rank)]);
  for (const Index rank : {0, 1}) {
    exchanges[nth(rank)].mix_images(shard_of_rank(rank), sent[nth(1 - rank)],
                                    view(shard.data(), {2, 3, 5, 2}, "BHWC"));
    CHECK(std::equal(shard.begin(), shard.end(), mixed.begin() + 60 * rank));
  }
}

TEST_CASE("one rank alone sends nothing and mixes") {
  Dice dice(1);
  const Plan plan = random_plan(dice, {6, 5, 5}, true);
  const Exchange exchange(plan, {6}, 0);
  std::vector<float> images(6 * 25, 1);
  const auto x = view(images.data(), {6, 5, 5}, "BHW");
  CHECK(exchange.sends(x).empty());
  CHECK(exchange.receives(x).empty());
  CHECK(exchange.plan().indices == plan.indices);
  CHECK(exchange.plan().patches == plan.patches);
  CHECK(exchange.plan().shape.source == 6);
}

TEST_CASE("nobody's exchange has nothing") {
  const Exchange none;
  CHECK(none.plan() == Plan{});
  CHECK(none.first() == 0);
}

// ---- labels ----

TEST_CASE("ranks together mix the labels that one process mixes") {
  for (std::uint32_t seed = 5500; seed < 5700; ++seed) {
    INFO("seed " << seed);
    Dice dice(seed);
    check_labels_of_ranks(dice);
  }
}

// ---- errors ----

TEST_CASE("what an exchange refuses") {
  const Plan plan{{5, 3, 4}, {1, 2, 3, 4, 0}, {{{1, 0, 3, 2}, 1}}};
  const auto error = [](const Plan& wrong, const Indices& shards, Index rank) {
    return error_of([&] { Exchange(wrong, shards, rank); });
  };
  CHECK(error(plan, {2, 3}, 1) == "no error");
  CHECK(error(plan, {2, 3}, 2) == "cutmix: rank = 2, must be in [0, 2), as there are shards");
  CHECK(error(plan, {2, 3}, -1) == "cutmix: rank = -1, must be in [0, 2), as there are shards");
  CHECK(error(plan, {}, 0) == "cutmix: rank = 0, must be in [0, 0), as there are shards");
  CHECK(error(plan, {2, 2}, 0) == "cutmix: sum of shards = 4, must be 5, the batch");
  CHECK(error(plan, {2, 4}, 0) ==
        "cutmix: shards[1] = 4, must be in [0, 3]: shards together are the batch");
  CHECK(error(plan, {6, -1}, 0) ==
        "cutmix: shards[0] = 6, must be in [0, 5]: shards together are the batch");
  CHECK(error(plan, {3, -1, 3}, 0) ==
        "cutmix: shards[1] = -1, must be in [0, 2]: shards together are the batch");
  Plan wrong = plan;
  wrong.indices[3] = 5;
  CHECK(error(wrong, {2, 3}, 0) == "cutmix: indices[3] = 5, must be in [0, 5)");
  wrong = plan;
  wrong.shape.source = 5;
  CHECK(error(wrong, {2, 3}, 0) ==
        "cutmix: plan.shape.source = 5, must be -1: partners are in the global batch itself");
}

TEST_CASE("images, labels and bytes that do not fit are refused before anything is written") {
  const Plan plan{{4, 3, 4}, {2, 3, 0, 1}, {{{1, 0, 3, 2}, 0.5}}};
  const Exchange exchange(plan, {2, 2}, 0);
  std::vector<float> images(2 * 12, 1), mixed(images.size(), 7);
  std::vector<int> ids{1, 2}, all(4, 7);
  const std::vector<float> before = mixed;
  const auto x = view(images.data(), {2, 3, 4});
  const auto out = view(mixed.data(), {2, 3, 4});
  Bytes sent(3, 9);
  const Bytes kept = sent;
  const auto mix_error = [&](const Bytes& received, const cutmix::BatchView& in,
                             const cutmix::BatchView& to) {
    return error_of([&] { exchange.mix_images(in, received, to); });
  };
  CHECK(exchange.received_bytes(x) == 32);
  CHECK(mix_error(Bytes(31), x, out) ==
        "cutmix: size of received = 31, must be 32, the bytes that come");
  CHECK(mix_error(Bytes(33), x, out) ==
        "cutmix: size of received = 33, must be 32, the bytes that come");
  CHECK(mix_error(Bytes(32), x, x) ==
        "cutmix: distance in bytes from x to x_out = 0, must leave no overlap; use "
        "mix_images_in_place to write over images");
  CHECK(
      mix_error(Bytes(32), x, view(mixed.data(), {2, 3, 4}, "BHW")) ==
      "cutmix: letters of x_out = \"BHW\", must be none, as of x: bytes travel in the order of the "
      "letters of x");
  CHECK(mix_error(Bytes(32), view(images.data(), {2, 4, 3}), view(mixed.data(), {2, 4, 3})) ==
        "cutmix: plan.shape.height = 3, must be 4, as of x");
  std::vector<std::uint8_t> flags(24), flags_out(24);
  const cutmix::BatchView bools(flags.data(), ScalarKind::boolean, 1, {2, 3, 4});
  const cutmix::BatchView bools_out(flags_out.data(), ScalarKind::boolean, 1, {2, 3, 4});
  CHECK(mix_error(Bytes(8), bools, bools_out) ==
        "cutmix: scalar of x = boolean, must be floating or integer where a plan blends");
  CHECK(mixed == before);

  const auto wrong = view(images.data(), {1, 3, 4});
  const std::string fits_not = "cutmix: plan.shape.batch = 2, must be 1, as of x";
  CHECK(error_of([&] { exchange.sends(wrong); }) == fits_not);
  CHECK(error_of([&] { exchange.receives(wrong); }) == fits_not);
  CHECK(error_of([&] { exchange.received_bytes(wrong); }) == fits_not);
  CHECK(error_of([&] { exchange.pack(wrong, sent); }) == fits_not);
  CHECK(error_of([&] {
          exchange.sends(view(images.data(), {2, 3, 4}, "BWH"));
        }) == "cutmix: plan.shape.height = 3, must be 4, as of x");

  const std::vector<int> one{1};
  const std::string no_labels = "cutmix: plan.shape.batch = 2, must be 1, as of labels";
  CHECK(error_of([&] { exchange.label_sends(one); }) == no_labels);
  CHECK(error_of([&] { exchange.label_receives(one); }) == no_labels);
  CHECK(error_of([&] { exchange.received_label_bytes(one); }) == no_labels);
  CHECK(error_of([&] { exchange.pack_labels(one, sent); }) == no_labels);
  CHECK(sent == kept);

  std::vector<int> three(3, 7);
  CHECK(error_of([&] { exchange.unpack_labels(ids, Bytes(8), three); }) ==
        "cutmix: all.size(0) = 3, must be 4, the labels and those that come");
  CHECK(error_of([&] { exchange.unpack_labels(ids, Bytes(7), all); }) ==
        "cutmix: size of received = 7, must be 8, the bytes that come");
  const auto over = view(all.data(), {2});
  CHECK(error_of([&] { exchange.unpack_labels(over, Bytes(8), all); }) ==
        "cutmix: distance in bytes from labels to all = 0, must leave no overlap");
  CHECK(all == std::vector<int>(4, 7));
}
