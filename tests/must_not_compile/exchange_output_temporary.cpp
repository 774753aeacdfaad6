// Expected: cutmix: the output is a temporary, which nobody could read
#include "common.hpp"

void train(const cutmix::Exchange& exchange, cutmix::Bytes& sent, std::vector<float>& list,
           std::vector<int>& more) {
#ifdef TWIN
  exchange.mix_images(x, sent, x_out);
#else
  exchange.mix_images(x, sent, Images(2, 3, 4, 5));
#endif
}
