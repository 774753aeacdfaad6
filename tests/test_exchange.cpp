// Exchange: ranks that are simulated, one after another, mix their shards of a batch; together that
// is, byte for byte, the naive mix of the whole batch.

#include <cutmix/exchange.hpp>
#include <deque>
#include <map>
#include <numeric>
#include <set>
#include <utility>
#include <vector>

#include "naive.hpp"

using namespace testing;
using cutmix::Bytes;
using cutmix::Exchange;
using cutmix::Message;
using cutmix::mix_labels;
using cutmix::view;

namespace {

// ---- batches that are spread over ranks ----

std::size_t count(Index i) { return static_cast<std::size_t>(i); }

// Any shards of a batch: some of no sample.
Indices random_shards(Dice& dice, Index batch, Index ranks) {
  Indices shards(count(ranks), 0);
  for (Index b = 0; b < batch; ++b)
    ++shards[count(dice.coin() ? dice.roll(0, ranks - 1) : dice.roll(0, (ranks - 1) / 3))];
  return shards;
}

Indices starts_of(const Indices& shards) {
  Indices starts(shards.size(), 0);
  for (std::size_t r = 1; r < shards.size(); ++r) starts[r] = starts[r - 1] + shards[r - 1];
  return starts;
}

// Samples [first, first + n) of a batch in a memory of their own.
Block shard_of(Dice& dice, const Block& all, Index first, Index n, bool is_output) {
  Placement placed = all.placement();
  const std::size_t batch = placed.letters.find('B');
  Indices sizes = placed.sizes;
  sizes[batch] = n;
  const Indices from = placed.strides;
  placed = random_placement(dice, placed.letters, sizes, random_style(dice, true));
  Block shard(placed, all.kind(), all.scalar_bytes());
  shard.fill_with_bytes(dice);
  if (is_output) return shard;
  for_each_place(sizes, [&](Indices at) {
    Byte* const to = shard.at(dot(shard.placement().strides, at));
    at[batch] += first;
    std::memcpy(to, all.at(dot(from, at)), all.scalar_bytes());
  });
  return shard;
}

// What all ranks put on their ways, by sender and receiver.
using Mail = std::map<std::pair<Index, Index>, Bytes>;

// One for each rank but this one, in their order, the bytes one after another.
void check_messages(const std::vector<Message>& messages, Index own, Index bytes) {
  Index end = 0;
  Index last = -1;
  for (const Message& message : messages) {
    CHECK(message.rank > last);
    CHECK(message.rank != own);
    CHECK(message.first == end);
    CHECK(message.bytes > 0);
    last = message.rank;
    end += message.bytes;
  }
  REQUIRE(end == bytes);
}

void post(Mail& mail, Index from, const std::vector<Message>& messages, const Bytes& sent) {
  check_messages(messages, from, static_cast<Index>(sent.size()));
  for (const Message& message : messages) {
    const auto begin = sent.begin() + message.first;
    mail[{from, message.rank}] = Bytes(begin, begin + message.bytes);
  }
}

Bytes deliver(Mail& mail, Index to, const std::vector<Message>& messages, Index bytes) {
  check_messages(messages, to, bytes);
  Bytes received(count(bytes));
  for (const Message& message : messages) {
    const auto letter = mail.find({message.rank, to});
    REQUIRE(letter != mail.end());
    REQUIRE(static_cast<Index>(letter->second.size()) == message.bytes);
    std::copy(letter->second.begin(), letter->second.end(), received.begin() + message.first);
    mail.erase(letter);
  }
  return received;
}

// Runs the last part first.
struct Backwards {
  void operator()(Index parts, cutmix::Part part) const {
    for (Index i = parts; i-- > 0;) part(i);
  }
};

// Mixes a batch over ranks and compares every byte of every rank's output.
void check_images(Dice& dice, const Plan& plan, const Indices& shards, const Block& x,
                  bool letters) {
  // The whole batch, naively, into memory without gaps.
  Placement dense = x.placement();
  Index span = 1;
  for (std::size_t axis = dense.sizes.size(); axis-- > 0; span *= dense.sizes[axis])
    dense.strides[axis] = span;
  dense.first = 0, dense.scalars = span;
  const Block whole(dense, x.kind(), x.scalar_bytes());
  const Expected expected = mixed_naively(plan, x, x, whole);
  const std::set<std::size_t> nans(expected.nans.begin(), expected.nans.end());

  const Indices starts = starts_of(shards);
  const auto ranks = static_cast<Index>(shards.size());
  std::deque<Block> ins, outs;
  std::vector<Exchange> exchanges;
  Mail mail;
  for (Index r = 0; r < ranks; ++r) {
    ins.push_back(shard_of(dice, x, starts[count(r)], shards[count(r)], false));
    outs.push_back(shard_of(dice, x, starts[count(r)], shards[count(r)], true));
    exchanges.emplace_back(plan, shards, r);
    const auto images = std::as_const(ins.back()).view(letters);
    CHECK(exchanges.back().first() == starts[count(r)]);
    Bytes sent(7, 1);  // whatever was there
    exchanges.back().pack(images, sent);
    post(mail, r, exchanges.back().sends(images), sent);
  }
  const std::size_t batch = dense.letters.find('B');
  for (Index r = 0; r < ranks; ++r) {
    const Exchange& exchange = exchanges[count(r)];
    const auto images = std::as_const(ins[count(r)]).view(letters);
    Block& out = outs[count(r)];
    std::vector<Byte> wanted = out.memory();
    const Bytes received =
        deliver(mail, r, exchange.receives(images), exchange.received_bytes(images));
    if (dice.coin())
      exchange.mix_images(images, received, out.view(letters));
    else
      exchange.mix_images(Backwards(), images, received, out.view(letters));
    for_each_place(out.placement().sizes, [&](Indices at) {
      const std::size_t to = out.offset(dot(out.placement().strides, at));
      at[batch] += starts[count(r)];
      const std::size_t from = whole.offset(dot(dense.strides, at));
      const Byte* source = expected.memory.data() + from;
      if (nans.count(from) != 0) {
        CHECK(std::isnan(number_at(x.kind(), out.memory().data() + to)));
        source = out.memory().data() + to;
      }
      std::memcpy(wanted.data() + to, source, x.scalar_bytes());
    });
    REQUIRE(out.memory() == wanted);
  }
  CHECK(mail.empty());
}

struct Scalar {
  ScalarKind kind;
  std::size_t bytes;
};
constexpr Scalar blendable[] = {{ScalarKind::uint8, 1},   {ScalarKind::int16, 2},
                                {ScalarKind::uint64, 8},  {ScalarKind::half, 2},
                                {ScalarKind::float32, 4}, {ScalarKind::float64, 8}};
constexpr Scalar others[] = {{ScalarKind::opaque, 3}, {ScalarKind::boolean, 1}};

}  // namespace

// ---- images ----

TEST_CASE("ranks together mix what one process mixes") {
  for (std::uint32_t seed = 5000; seed < 5400; ++seed) {
    INFO("seed " << seed);
    Dice dice(seed);
    const std::string all_letters[] = {"BHW", "BCHW", "BHWC", "BCDHW", "BW", "BTCHW", "WHCB"};
    const std::string letters = all_letters[dice.roll(0, 6)];
    Indices sizes;
    const Index batch = dice.roll(0, 12);
    for (const char letter : letters)
      sizes.push_back(letter == 'B'   ? batch
                      : letter == 'C' ? dice.roll(0, 9) % 4
                                      : dice.roll(1, 8));
    const Placement placed = random_placement(dice, letters, sizes, random_style(dice, false));
    const bool blends = dice.coin();
    const Scalar scalar =
        blends || dice.coin() ? blendable[dice.roll(0, 5)] : others[dice.roll(0, 1)];
    Block x(placed, scalar.kind, scalar.bytes);
    x.fill_with_numbers(dice);
    const Plan plan = random_plan(dice, placed.shape(), blends);
    const bool named = letters != "BHW" && letters != "BCHW";
    check_images(dice, plan, random_shards(dice, batch, dice.roll(1, 9)), x, named || dice.coin());
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
      Indices shards(count(ranks), batch / ranks);  // one each, where batch is ranks
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
  std::vector<std::uint16_t> images(count(5 * pixels));
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
    const Index batch = dice.roll(0, 15), ranks = dice.roll(1, 9), n_classes = 6;
    const Plan plan = random_plan(dice, {batch, 6, 7}, true);
    const Indices shards = random_shards(dice, batch, ranks), starts = starts_of(shards);
    std::vector<int> ids(count(batch));
    std::vector<double> dense(count(batch * n_classes)), weights(count(batch));
    for (int& id : ids) id = static_cast<int>(dice.roll(-1, n_classes - 1));
    for (double& value : dense) value = dice.share();
    for (double& value : weights) value = dice.share();
    const cutmix::LabelOptions options{0.1, -1};

    // One process.
    std::vector<float> of_ids(count(batch * n_classes));
    std::vector<double> of_dense(dense.size()), of_weights(weights.size());
    const auto rows = [&](auto& memory, Index first, Index n) {
      return view(memory.data() + first * n_classes, {n, n_classes});
    };
    mix_labels(plan, ids, n_classes, rows(of_ids, 0, batch), options);
    mix_labels(plan, rows(dense, 0, batch), rows(of_dense, 0, batch));
    mix_labels(plan, weights, of_weights);

    Mail id_mail, dense_mail, weight_mail;
    for (const bool receiving : {false, true})
      for (Index r = 0; r < ranks; ++r) {
        const Index first = starts[count(r)], n = shards[count(r)];
        const Exchange exchange(plan, shards, r);
        const auto own_ids = view(ids.data() + first, {n});
        const auto own_weights = view(weights.data() + first, {n}, "", {1});
        const auto own_dense = rows(dense, first, n);
        if (!receiving) {
          Bytes sent;
          const auto send = [&](const auto& labels, Mail& mail) {
            exchange.pack_labels(labels, sent);
            post(mail, r, exchange.label_sends(labels), sent);
          };
          send(own_ids, id_mail), send(own_dense, dense_mail), send(own_weights, weight_mail);
          continue;
        }
        const auto receive = [&](const auto& labels, Mail& mail) {
          return deliver(mail, r, exchange.label_receives(labels),
                         exchange.received_label_bytes(labels));
        };
        const Index source = exchange.plan().shape.source;
        std::vector<int> all_ids(count(source));
        std::vector<double> all_dense(count(source * n_classes)), all_weights(count(source));
        exchange.unpack_labels(own_ids, receive(own_ids, id_mail), all_ids);
        // Columns beside each other: any strides.
        const auto columns = view(all_dense.data(), {source, n_classes}, "", {1, source});
        exchange.unpack_labels(own_dense, receive(own_dense, dense_mail), columns);
        exchange.unpack_labels(own_weights, receive(own_weights, weight_mail), all_weights);

        std::vector<float> targets(count(n * n_classes));
        std::vector<double> dense_targets(count(n * n_classes)), mixed_weights(count(n));
        mix_labels(exchange.plan(), own_ids, all_ids, n_classes, rows(targets, 0, n), options);
        mix_labels(exchange.plan(), own_dense, columns, rows(dense_targets, 0, n));
        mix_labels(exchange.plan(), own_weights, all_weights, mixed_weights);
        const auto part = [](const auto& of, Index from, Index size) {
          return std::decay_t<decltype(of)>(of.begin() + from, of.begin() + from + size);
        };
        REQUIRE(same_bytes(targets, part(of_ids, first * n_classes, n * n_classes)));
        REQUIRE(same_bytes(dense_targets, part(of_dense, first * n_classes, n * n_classes)));
        REQUIRE(same_bytes(mixed_weights, part(of_weights, first, n)));
      }
    CHECK((id_mail.empty() && dense_mail.empty() && weight_mail.empty()));
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
