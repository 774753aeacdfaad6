// A batch that is spread over many processes is mixed as if it lay in one. Here the ranks are turns
// of a loop and the network is a map; training/train_mpi.cpp is the same on MPI.
#include <cstddef>
#include <cutmix/exchange.hpp>
#include <cutmix/mixer.hpp>
#include <iostream>
#include <map>
#include <utility>
#include <vector>

int main() {
  using cutmix::Index;
  const cutmix::Indices shards{4, 2, 0, 3};  // samples of each rank, in the global batch's order
  const Index batch = 9, H = 16, W = 20;
  std::vector<float> images(9 * 16 * 20), together(images.size()), alone(images.size());
  float next = 0;
  for (float& pixel : images) pixel = ++next;
  const auto part = [&](std::vector<float>& memory, Index first, Index n) {
    return cutmix::view(memory.data() + first * H * W, {n, H, W}, "BHW");
  };

  // Every rank draws the same plan, from (seed, epoch, step), so nobody has to ask.
  cutmix::CutMix mixer(1.0, 5, cutmix::Philox4x32(7));
  const cutmix::Plan plan = mixer.at(2, 5).draw({batch, H, W});

  std::map<std::pair<Index, Index>, cutmix::Bytes> network;
  std::size_t sent_bytes = 0;
  for (const bool sending : {true, false}) {
    Index rank = 0;
    for (const Index samples : shards) {
      const cutmix::Exchange exchange(plan, shards, rank);
      const auto own = part(images, exchange.first(), samples);
      cutmix::Bytes sent, received;
      if (sending) {
        exchange.pack(own, sent);
        for (const cutmix::Message& m : exchange.sends(own))
          network[{rank, m.rank}].assign(sent.begin() + m.first, sent.begin() + m.first + m.bytes);
        sent_bytes += sent.size();
      } else {
        for (const cutmix::Message& m : exchange.receives(own)) {
          const cutmix::Bytes& message = network[{m.rank, rank}];
          received.insert(received.end(), message.begin(), message.end());
        }
        exchange.mix_images(own, received, part(together, exchange.first(), samples));
      }
      ++rank;
    }
  }  // labels go the same way: pack_labels, unpack_labels, and mix_labels by exchange.plan()

  cutmix::mix_images(plan, part(images, 0, batch), part(alone, 0, batch));
  std::cout << sent_bytes << " bytes of " << images.size() * sizeof(float) << " were sent\n";
  return together == alone && together != images ? 0 : 1;
}
