#include "mix.hpp"

// Where a function of the library is neither a template nor inline, this does not link.
int main() { return mix_and_print() == mix_in_second_unit() ? 0 : 1; }
