#ifndef CUTMIX_EXCHANGE_HPP
#define CUTMIX_EXCHANGE_HPP

/// @file exchange.hpp
/// A batch that is spread over many processes, mixed as if it lay in one: which patches travel from
/// whom to whom, and their bytes.
///
/// Everybody draws the same plan, so nobody needs to be asked: each rank knows what the others want
/// of it. How bytes are sent is the caller's: MPI, sockets, NCCL, or memory that is shared.

#include <vector>

#include "images.hpp"
#include "labels.hpp"
#include "plan.hpp"
#include "view.hpp"

namespace cutmix {

/// Bytes that travel.
using Bytes = std::vector<unsigned char>;

/// What goes to another rank, or comes from it: a part of the bytes that travel.
struct Message {
  Index rank;   ///< to which, or from which
  Index first;  ///< byte, of those that are sent or received
  Index bytes;  ///< how many, at least 1
};

namespace detail {

// A patch that travels.
struct Travel {
  Index rank;    // the other
  Index sample;  // this rank's: the partner where it goes out, the one that is mixed where it comes
  Patch patch;
};

}  // namespace detail

/// One rank's part in mixing a batch of many: what it sends, what it receives, and how it mixes.
///
/// @code
/// cutmix::Exchange exchange(plan, {32, 32, 32, 16}, rank);  // the samples of each rank
/// exchange.pack(images, sent);                       // goes where sends(images) says
/// received.resize(exchange.received_bytes(images));  // comes from where receives(images) says
/// exchange.mix_images(images, received, mixed);
/// @endcode
/// The global batch is the shards one after another, in the order of ranks. A patch travels where a
/// sample's partner lies on another rank and its box is not empty: the bytes of the box and nothing
/// else, at most one message from each rank to each other. The mixed shards, one after another, are
/// byte for byte what mix_images and mix_labels make of the whole batch.
///
/// Plain numbers, as many as the rank has samples and patches; copyable.
class Exchange {
 public:
  /// Of nobody.
  Exchange() = default;
  /// Finds what `rank` sends and receives.
  ///
  /// @param plan    of the global batch, the same on every rank; partners are in the batch itself
  /// @param shards  how many samples each rank has: any numbers, 0 among them, the batch together
  /// @param rank    whose part it is, in [0, shards.size())
  ///
  /// Errors: a plan out of range or with a source, a negative shard, shards that are not the batch
  /// together, a rank out of range. Goes through the batch's partners once.
  Exchange(const Plan& plan, const Indices& shards, Index rank);

  /// The plan of this rank's samples. Partners below its batch are of the rank itself; those from
  /// there on are what it receives, in order: the source of mix_labels.
  const Plan& plan() const { return plan_; }
  /// Where this rank's samples begin in the global batch.
  Index first() const { return first_; }

  /// What goes to whom, of patches of these images, in the order of ranks.
  ///
  /// @param x  this rank's shard, with any scalar: (B, ..., H, W), or as its letters say
  ///
  /// The views of all ranks have the same letters in the same order (or none), sizes but for the
  /// batch, and scalar; strides may differ. Errors: an x that does not fit plan(), more bytes than
  /// an Index counts. Allocates the result.
  template <class X>
  std::vector<Message> sends(const X& x) const;
  /// What comes from whom, likewise.
  template <class X>
  std::vector<Message> receives(const X& x) const;
  /// The bytes of all that comes.
  template <class X>
  Index received_bytes(const X& x) const;

  /// Puts the patches that go out one after another, in the order of sends().
  ///
  /// @param x     as for sends()
  /// @param sent  overwritten, and as long as the messages
  ///
  /// The scalars of a box lie in the order of the letters, the last the fastest, as they are in
  /// memory: ranks share one order of bytes. Errors: those of sends(). Allocates where `sent`
  /// grows.
  template <class X>
  void pack(const X& x, Bytes& sent) const;

  /// mix_images for this rank's part of the global batch.
  ///
  /// @param device    as for cutmix::mix_images
  /// @param x         as it was for pack()
  /// @param received  the bytes that came, each message where receives() says
  /// @param x_out     as for mix_images, whose rules hold
  ///
  /// Errors: those of mix_images, and a wrong number of bytes; all before anything is written.
  /// Allocates a pointer for each patch that comes, before that too.
  template <class Device, class X, class Out>
  void mix_images(const Device& device, const X& x, const Bytes& received, Out&& x_out) const;
  /// Where x's type says.
  template <class X, class Out>
  void mix_images(const X& x, const Bytes& received, Out&& x_out) const;

  /// What goes to whom, of whatever has one row a sample: labels, targets, weights.
  ///
  /// @param labels  this rank's shard: the first axis is the batch, or that of its letters
  template <class Y>
  std::vector<Message> label_sends(const Y& labels) const;
  /// What comes from whom, likewise.
  template <class Y>
  std::vector<Message> label_receives(const Y& labels) const;
  /// The bytes of all that comes.
  template <class Y>
  Index received_label_bytes(const Y& labels) const;

  /// Puts the rows that go out one after another, in the order of label_sends().
  ///
  /// Errors: labels that do not fit plan(). Allocates where `sent` grows.
  template <class Y>
  void pack_labels(const Y& labels, Bytes& sent) const;

  /// Puts this rank's labels, and behind them those that came: the source of mix_labels.
  ///
  /// @code
  /// std::vector<int> all(exchange.plan().shape.source);
  /// exchange.unpack_labels(ids, received, all);
  /// cutmix::mix_labels(exchange.plan(), ids, all, n_classes, targets);
  /// @endcode
  /// @param labels    as they were for pack_labels()
  /// @param received  the bytes that came
  /// @param all       labels' sizes but for the batch, which is plan().shape.source
  ///
  /// Errors: sizes that do not fit, a wrong number of bytes, an overlap; before anything is
  /// written.
  template <class Y, class Out>
  void unpack_labels(const Y& labels, const Bytes& received, Out&& all) const;

 private:
  Plan plan_, own_;  // own_: what is left of it where nothing has come
  Index first_ = 0;
  std::vector<detail::Travel> out_, in_;  // in the order in which they travel
};

}  // namespace cutmix

#include "detail/exchange.hpp"

#endif  // CUTMIX_EXCHANGE_HPP
