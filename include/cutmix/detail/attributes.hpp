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

#endif  // CUTMIX_DETAIL_ATTRIBUTES_HPP
