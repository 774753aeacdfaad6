// A library that does what ours must not: the test of the test.
#include <cutmix/cutmix.hpp>

#include "includes.hpp"
#define EIGEN_USE_THREADS
#define POLLUTED 1
