#ifndef CUTMIX_DETAIL_HOST_DEVICE_HPP
#define CUTMIX_DETAIL_HOST_DEVICE_HPP

// Marks what runs on a GPU as well as here; for other compilers than nvcc's there is nothing to
// say.

#if defined(__CUDACC__)
#define CUTMIX_HOST_DEVICE __host__ __device__
// Stands before templates that call what they are given, which need only run where that does.
#define CUTMIX_WHERE_ITS_ARGUMENT_RUNS _Pragma("nv_exec_check_disable")
#else
#define CUTMIX_HOST_DEVICE
#define CUTMIX_WHERE_ITS_ARGUMENT_RUNS
#endif

#endif  // CUTMIX_DETAIL_HOST_DEVICE_HPP
