// Expected: cutmix: a std::vector or std::array is a list of labels, never images
#include "common.hpp"

void train(const cutmix::Exchange& exchange, cutmix::Bytes& sent, std::vector<float>& list,
           std::vector<int>& more) {
#ifdef TWIN
  exchange.pack(cutmix::view(list.data(), {2, 3, 4}), sent);
#else
  exchange.pack(list, sent);
#endif
}
