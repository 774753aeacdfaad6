// After the library's header, its internal macros are gone and the user's names are free.
#include <cutmix/cutmix.hpp>

#if defined(CUTMIX_TARGET) || defined(CUTMIX_WRITE_UNTIL)
#error "what kernels are written with must not outlive their header"
#endif
#if defined(EIGEN_USE_THREADS) || defined(EIGEN_USE_GPU)
#error "which of Eigen's devices are built is for the user to say"
#endif
#if !defined(CUTMIX_VERSION_MAJOR) || !defined(CUTMIX_VERSION_MINOR) || \
    !defined(CUTMIX_VERSION_PATCH)
#error "the version must be there for the preprocessor"
#endif

// Types of the user's own, named as the library's are.
struct Index {};
struct Indices {};
struct BBox {};
struct Plan {};
struct Options {};
struct Patch {};
struct Part {};
struct Sizes {};
struct BatchView {};
struct CutMix {};
namespace detail {}

Index index_of(const Plan&, const BBox&, const Options&, const BatchView&);
