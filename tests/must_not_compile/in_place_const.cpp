// Expected: cutmix: the output is const
#include "common.hpp"

void train() {
#ifdef TWIN
  Images images(x);
#else
  const Images images(x);
#endif
  mixer.in_place(images, ids, y_out);
}
