#ifndef CUTMIX_DETAIL_MATH_HPP
#define CUTMIX_DETAIL_MATH_HPP

// The functions of <cmath> that plans and kernels need. In C++17 that header brings the special
// functions along, which cost every program that includes this library a tenth of a second; GCC and
// Clang have the few that are needed built in, and call the same C library. nvcc has them for a GPU
// in that header alone.

#include "attributes.hpp"

#if !defined(__GNUC__) || defined(__CUDACC__)
#include <cmath>
#endif

namespace cutmix {
namespace detail {
namespace math {

#if defined(__GNUC__) && !defined(__CUDACC__)
#define CUTMIX_MATH(name) __builtin_##name
#else
#define CUTMIX_MATH(name) std::name
#endif

CUTMIX_HOST_DEVICE inline double abs(double x) { return CUTMIX_MATH(fabs)(x); }
inline double sqrt(double x) { return CUTMIX_MATH(sqrt)(x); }
inline double cbrt(double x) { return CUTMIX_MATH(cbrt)(x); }
inline double floor(double x) { return CUTMIX_MATH(floor)(x); }
CUTMIX_HOST_DEVICE inline double nearbyint(double x) { return CUTMIX_MATH(nearbyint)(x); }
CUTMIX_HOST_DEVICE inline double fma(double x, double y, double z) {
  return CUTMIX_MATH(fma)(x, y, z);
}
inline double cos(double x) { return CUTMIX_MATH(cos)(x); }
inline double log(double x) { return CUTMIX_MATH(log)(x); }
inline double log1p(double x) { return CUTMIX_MATH(log1p)(x); }
inline double expm1(double x) { return CUTMIX_MATH(expm1)(x); }
CUTMIX_HOST_DEVICE inline bool isnan(double x) { return CUTMIX_MATH(isnan)(x); }
inline bool isinf(double x) { return CUTMIX_MATH(isinf)(x); }

#undef CUTMIX_MATH

}  // namespace math
}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_MATH_HPP
