// Expected: cutmix: partners' labels must have the labels' scalar and rank
#include "common.hpp"

void train(const cutmix::Exchange& exchange, cutmix::Bytes& sent, std::vector<float>& list,
           std::vector<int>& more) {
#ifdef TWIN
  exchange.unpack_labels(ids, sent, more);
#else
  exchange.unpack_labels(ids, sent, list);
#endif
}
