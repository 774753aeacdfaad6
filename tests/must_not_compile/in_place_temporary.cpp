// Expected: cutmix: the output is a temporary
#include "common.hpp"

void train() {
#ifdef TWIN
  Images images(x);
  cutmix::mix_images_in_place(plan, images);
#else
  cutmix::mix_images_in_place(plan, Images(x));
#endif
}
