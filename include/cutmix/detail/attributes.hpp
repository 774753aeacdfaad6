#ifndef CUTMIX_DETAIL_ATTRIBUTES_HPP
#define CUTMIX_DETAIL_ATTRIBUTES_HPP

// What compilers are told about functions, where they listen.
//
// CUTMIX_ONCE: compiled once, not once more at each of many places that call it.
// CUTMIX_OUT_OF_LINE: likewise, and hardly ever run.

#if defined(__GNUC__)
#define CUTMIX_ONCE __attribute__((noinline))
#define CUTMIX_OUT_OF_LINE __attribute__((noinline, cold))
#else
#define CUTMIX_ONCE
#define CUTMIX_OUT_OF_LINE
#endif

// CUTMIX_HOST_DEVICE: runs on a GPU as well as here.
// CUTMIX_WHERE_ITS_ARGUMENT_RUNS: stands before templates that call what they are given, which need
// only run where that does.
#if defined(__CUDACC__)
#define CUTMIX_HOST_DEVICE __host__ __device__
#define CUTMIX_WHERE_ITS_ARGUMENT_RUNS _Pragma("nv_exec_check_disable")
#else
#define CUTMIX_HOST_DEVICE
#define CUTMIX_WHERE_ITS_ARGUMENT_RUNS
#endif

#endif  // CUTMIX_DETAIL_ATTRIBUTES_HPP
