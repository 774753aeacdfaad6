// What the library includes, without the library. with.cpp may define CUTMIX_ macros beyond these
// and nothing else.
#include "includes.hpp"
