#include <cutmix/cutmix.hpp>

#include "includes.hpp"
