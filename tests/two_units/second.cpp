#include "mix.hpp"

std::string mix_in_second_unit() { return mix_and_print(); }
