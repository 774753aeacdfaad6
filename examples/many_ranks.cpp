// A batch that is spread over many processes is mixed as if it lay in one. Here the ranks are turns
// of a loop and the network is a map; training/train_mpi.cpp is the same on MPI.
#include <cutmix/cutmix.hpp>
#include <iostream>
#include <map>
#include <utility>
#include <vector>

int main() {
  const cutmix::Indices shards{4, 2, 0, 3};  // samples of each rank, in the global batch's order
  const int batch = 9, H = 16, W = 20, classes = 5;
  std::vector<float> images(batch * H * W), together(images.size()), alone(images.size());
  std::vector<int> ids(batch);
  for (int b = 0; b < batch; ++b) ids[b] = b % classes;
  for (int i = 0; i < batch * H * W; ++i) images[i] = float(i);
  const auto part = [&](auto& memory, cutmix::Index first, cutmix::Index n) {
    return cutmix::view(memory.data() + first * H * W, {n, H, W}, "BHW");
  };

  // Every rank draws the same plan, from (seed, epoch, step), so nobody has to ask.
  cutmix::CutMix mixer(1.0, classes, cutmix::Philox4x32(7));
  const cutmix::Plan plan = mixer.at(2, 5).draw({batch, H, W});

  std::map<std::pair<cutmix::Index, cutmix::Index>, cutmix::Bytes> network;
  cutmix::Index sent_bytes = 0;
  for (cutmix::Index rank = 0; rank < 4; ++rank) {
    const cutmix::Exchange exchange(plan, shards, rank);
    const auto own = part(images, exchange.first(), shards[rank]);
    cutmix::Bytes sent;
    exchange.pack(own, sent);
    for (const cutmix::Message& m : exchange.sends(own))
      network[{rank, m.rank}].assign(sent.begin() + m.first, sent.begin() + m.first + m.bytes);
    sent_bytes += cutmix::Index(sent.size());
  }
  for (cutmix::Index rank = 0; rank < 4; ++rank) {
    const cutmix::Exchange exchange(plan, shards, rank);
    const auto own = part(images, exchange.first(), shards[rank]);
    cutmix::Bytes received(exchange.received_bytes(own));
    for (const cutmix::Message& m : exchange.receives(own))
      std::copy_n(network[{m.rank, rank}].begin(), m.bytes, received.begin() + m.first);
    exchange.mix_images(own, received, part(together, exchange.first(), shards[rank]));
  }  // labels go the same way: pack_labels, unpack_labels, and mix_labels by exchange.plan()

  cutmix::mix_images(plan, part(images, 0, batch), part(alone, 0, batch));
  std::cout << sent_bytes << " bytes of " << images.size() * sizeof(float) << " were sent\n";
  return together == alone && together != images ? 0 : 1;
}
