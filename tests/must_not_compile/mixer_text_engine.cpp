// Expected: cutmix: a functor is printed and read with its engine, and this engine has no
#include <iostream>

#include "common.hpp"

struct Engine {
  using result_type = unsigned;
  static constexpr unsigned min() { return 0; }
  static constexpr unsigned max() { return 0xFFFFFFFF; }
  unsigned operator()() { return 7; }
#ifdef TWIN
  friend std::ostream& operator<<(std::ostream& out, const Engine&) { return out << 7; }
  friend std::istream& operator>>(std::istream& in, Engine&) { return in; }
#endif
};

void save() {
  cutmix::CutMix other(1.0, 10, Engine());
  std::cout << other;
}
