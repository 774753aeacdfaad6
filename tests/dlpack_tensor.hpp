#ifndef CUTMIX_TESTS_DLPACK_TENSOR_HPP
#define CUTMIX_TESTS_DLPACK_TENSOR_HPP

// DLPack's structs, and one that has the memory for its shape and strides.

#include <cstdint>
#include <utility>
#include <vector>

namespace testing {

// As dlpack.h has them.
enum DLDeviceType : std::int32_t { kDLCPU = 1, kDLCUDA = 2, kDLCUDAHost = 3, kDLROCMHost = 11 };
struct DLDevice {
  DLDeviceType device_type;
  std::int32_t device_id;
};
struct DLDataType {
  std::uint8_t code, bits;
  std::uint16_t lanes;
};
struct DLTensor {
  void* data;
  DLDevice device;
  std::int32_t ndim;
  DLDataType dtype;
  std::int64_t* shape;
  std::int64_t* strides;
  std::uint64_t byte_offset;
};
struct DLManagedTensor {
  DLTensor dl_tensor;
  void* manager_ctx;
  void (*deleter)(DLManagedTensor*);
};

constexpr DLDataType of_float{2, 32, 1}, of_bytes{1, 8, 1};

// A tensor with the memory for its shape and strides.
struct Owner {
  std::vector<std::int64_t> shape, strides;
  DLTensor tensor;

  Owner(void* data, std::vector<std::int64_t> sizes, DLDataType dtype,
        std::vector<std::int64_t> steps = {}, std::uint64_t offset = 0)
      : shape(std::move(sizes)), strides(std::move(steps)) {
    tensor = {data,  {kDLCPU, 0},  static_cast<std::int32_t>(shape.size()),
              dtype, shape.data(), strides.empty() ? nullptr : strides.data(),
              offset};
  }
  Owner(Owner&&) = default;  // lists that move keep their memory
  Owner(const Owner&) = delete;
  Owner& operator=(const Owner&) = delete;
};

}  // namespace testing

#endif  // CUTMIX_TESTS_DLPACK_TENSOR_HPP
