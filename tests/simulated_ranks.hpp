#ifndef CUTMIX_TESTS_SIMULATED_RANKS_HPP
#define CUTMIX_TESTS_SIMULATED_RANKS_HPP

// Ranks that are simulated, one after another: each mixes its shard of a batch, and together that
// is the naive mix of the whole.

#include <cutmix/exchange.hpp>
#include <deque>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "naive.hpp"

namespace testing {

using cutmix::Bytes;
using cutmix::Exchange;
using cutmix::Message;

// Any shards of a batch: some of no sample.
inline Indices random_shards(Dice& dice, Index batch, Index ranks) {
  Indices shards(nth(ranks), 0);
  for (Index b = 0; b < batch; ++b)
    ++shards[nth(dice.coin() ? dice.roll(0, ranks - 1) : dice.roll(0, (ranks - 1) / 3))];
  return shards;
}

inline Indices starts_of(const Indices& shards) {
  Indices starts(shards.size(), 0);
  for (std::size_t r = 1; r < shards.size(); ++r) starts[r] = starts[r - 1] + shards[r - 1];
  return starts;
}

// Samples [first, first + n) of a batch in a memory of their own.
inline Block shard_of(Dice& dice, const Block& all, Index first, Index n, bool is_output) {
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
inline void check_messages(const std::vector<Message>& messages, Index own, Index bytes) {
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

inline void post(Mail& mail, Index from, const std::vector<Message>& messages, const Bytes& sent) {
  check_messages(messages, from, static_cast<Index>(sent.size()));
  for (const Message& message : messages) {
    const auto begin = sent.begin() + message.first;
    mail[{from, message.rank}] = Bytes(begin, begin + message.bytes);
  }
}

inline Bytes deliver(Mail& mail, Index to, const std::vector<Message>& messages, Index bytes) {
  check_messages(messages, to, bytes);
  Bytes received(nth(bytes));
  for (const Message& message : messages) {
    const auto letter = mail.find({message.rank, to});
    REQUIRE(letter != mail.end());
    REQUIRE(static_cast<Index>(letter->second.size()) == message.bytes);
    std::copy(letter->second.begin(), letter->second.end(), received.begin() + message.first);
    mail.erase(letter);
  }
  return received;
}

// Mixes a batch over ranks and compares every byte of every rank's output.
inline void check_images(Dice& dice, const Plan& plan, const Indices& shards, const Block& x,
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
    ins.push_back(shard_of(dice, x, starts[nth(r)], shards[nth(r)], false));
    outs.push_back(shard_of(dice, x, starts[nth(r)], shards[nth(r)], true));
    exchanges.emplace_back(plan, shards, r);
    const auto images = std::as_const(ins.back()).view(letters);
    CHECK(exchanges.back().first() == starts[nth(r)]);
    Bytes sent(7, 1);  // whatever was there
    exchanges.back().pack(images, sent);
    post(mail, r, exchanges.back().sends(images), sent);
  }
  const std::size_t batch = dense.letters.find('B');
  for (Index r = 0; r < ranks; ++r) {
    const Exchange& exchange = exchanges[nth(r)];
    const auto images = std::as_const(ins[nth(r)]).view(letters);
    Block& out = outs[nth(r)];
    std::vector<Byte> wanted = out.memory();
    const Bytes received =
        deliver(mail, r, exchange.receives(images), exchange.received_bytes(images));
    if (dice.coin())
      exchange.mix_images(images, received, out.view(letters));
    else
      exchange.mix_images(Backwards(), images, received, out.view(letters));
    for_each_place(out.placement().sizes, [&](Indices at) {
      const std::size_t to = out.offset(dot(out.placement().strides, at));
      at[batch] += starts[nth(r)];
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

// ---- checks ----

// Any batch of images over 1 to 9 ranks.
inline void check_ranks(Dice& dice) {
  const std::string all_letters[] = {"BHW", "BCHW", "BHWC", "BCDHW", "BW", "BTCHW", "WHCB"};
  const std::string letters = all_letters[dice.roll(0, 6)];
  Indices sizes;
  const Index batch = dice.roll(0, 12);
  for (const char letter : letters)
    sizes.push_back(letter == 'B' ? batch : letter == 'C' ? dice.roll(0, 9) % 4 : dice.roll(1, 8));
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

// Ids, dense targets and weights: ranks together mix the labels that one process mixes.
inline void check_labels_of_ranks(Dice& dice) {
  const Index batch = dice.roll(0, 15), ranks = dice.roll(1, 9), n_classes = 6;
  const Plan plan = random_plan(dice, {batch, 6, 7}, true);
  const Indices shards = random_shards(dice, batch, ranks), starts = starts_of(shards);
  std::vector<int> ids(nth(batch));
  std::vector<double> dense(nth(batch * n_classes)), weights(nth(batch));
  for (int& id : ids) id = static_cast<int>(dice.roll(-1, n_classes - 1));
  for (double& value : dense) value = dice.share();
  for (double& value : weights) value = dice.share();
  const cutmix::LabelOptions options{0.1, -1};

  // One process.
  std::vector<float> of_ids(nth(batch * n_classes));
  std::vector<double> of_dense(dense.size()), of_weights(weights.size());
  const auto rows = [&](auto& memory, Index first, Index n) {
    return cutmix::view(memory.data() + first * n_classes, {n, n_classes});
  };
  cutmix::mix_labels(plan, ids, n_classes, rows(of_ids, 0, batch), options);
  cutmix::mix_labels(plan, rows(dense, 0, batch), rows(of_dense, 0, batch));
  cutmix::mix_labels(plan, weights, of_weights);

  Mail id_mail, dense_mail, weight_mail;
  for (const bool receiving : {false, true})
    for (Index r = 0; r < ranks; ++r) {
      const Index first = starts[nth(r)], n = shards[nth(r)];
      const Exchange exchange(plan, shards, r);
      const auto own_ids = cutmix::view(ids.data() + first, {n});
      const auto own_weights = cutmix::view(weights.data() + first, {n}, "", {1});
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
      std::vector<int> all_ids(nth(source));
      std::vector<double> all_dense(nth(source * n_classes)), all_weights(nth(source));
      exchange.unpack_labels(own_ids, receive(own_ids, id_mail), all_ids);
      // Columns beside each other: any strides.
      const auto columns = cutmix::view(all_dense.data(), {source, n_classes}, "", {1, source});
      exchange.unpack_labels(own_dense, receive(own_dense, dense_mail), columns);
      exchange.unpack_labels(own_weights, receive(own_weights, weight_mail), all_weights);

      std::vector<float> targets(nth(n * n_classes));
      std::vector<double> dense_targets(nth(n * n_classes)), mixed_weights(nth(n));
      cutmix::mix_labels(exchange.plan(), own_ids, all_ids, n_classes, rows(targets, 0, n),
                         options);
      cutmix::mix_labels(exchange.plan(), own_dense, columns, rows(dense_targets, 0, n));
      cutmix::mix_labels(exchange.plan(), own_weights, all_weights, mixed_weights);
      const auto part = [](const auto& of, Index from, Index size) {
        return std::decay_t<decltype(of)>(of.begin() + from, of.begin() + from + size);
      };
      REQUIRE(same_bytes(targets, part(of_ids, first * n_classes, n * n_classes)));
      REQUIRE(same_bytes(dense_targets, part(of_dense, first * n_classes, n * n_classes)));
      REQUIRE(same_bytes(mixed_weights, part(of_weights, first, n)));
    }
  CHECK((id_mail.empty() && dense_mail.empty() && weight_mail.empty()));
}

}  // namespace testing

#endif  // CUTMIX_TESTS_SIMULATED_RANKS_HPP
