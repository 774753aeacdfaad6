#include <cutmix/eigen.hpp>
