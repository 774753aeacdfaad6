// Expected: cutmix: the output is const
#include <cutmix/dlpack.hpp>

#include "common.hpp"

struct DLTensor {
  void* data;
  struct {
    int device_type, device_id;
  } device;
  int ndim;
  struct {
    unsigned char code, bits;
    unsigned short lanes;
  } dtype;
  std::int64_t* shape;
  std::int64_t* strides;
  std::uint64_t byte_offset;
};

#ifdef TWIN
void train(const DLTensor& images, DLTensor& mixed) {
#else
void train(const DLTensor& images, const DLTensor& mixed) {
#endif
  cutmix::mix_images(plan, images, mixed);
}
