// What is measured: rows of the table (a shape each) and contenders (a column each).
#ifndef CUTMIX_BENCHMARKS_CONTENDER_HPP
#define CUTMIX_BENCHMARKS_CONTENDER_HPP

#include <functional>
#include <string>
#include <vector>

namespace bench {

enum class Role {
  memory,   // what the memory can do: memcpy and memset
  library,  // this library as its users call it
  kernel,   // a part of it by itself
  eigen,    // what an Eigen user would write without it
  torch     // what another implementation does
};

// One way to do the work of a row.
struct Contender {
  std::string table;  // where its column stands
  std::string name;
  std::string base;  // the contender of the row, of one thread, that it is divided by
  Role role;
  std::function<const void*()> run = {};  // one call; returns where the result lies
  std::function<bool()> is_right = {};    // runs once and compares with the naive loop
  std::function<void()> prepare = [] {};  // before each visit, not measured
};

struct Row {
  std::string name;
  std::vector<Contender> contenders;
};

// The tables. A contender is known by its table and its name.
inline const std::string out_of_place = "Out of place, one thread";
inline const std::string out_of_place_2 = "Out of place, two threads";
inline const std::string in_place = "In place, one thread";
inline const std::string in_place_2 = "In place, two threads";
inline const std::string labels = "Labels: class ids to dense float";
inline const std::string variants = "Variants, one thread";
inline const std::string mixup = "MixUp, one thread";
inline const std::string drawing = "Drawing a plan";
inline const std::string from_bytes = "From bytes to batch, one thread";
inline const std::string from_bytes_2 = "From bytes to batch, two threads";

// The table of the same work on one thread.
inline const std::string& one_thread_of(const std::string& table) {
  if (table == out_of_place_2) return out_of_place;
  if (table == from_bytes_2) return from_bytes;
  return table == in_place_2 ? in_place : table;
}

// Names that stand in more than one place.
inline const std::string copy_batch = "memcpy";
inline const std::string copy_patch = "memcpy of the patch";
inline const std::string blend_loop = "a plain loop";
inline const std::string set_labels = "memset";
inline const std::string not_mixed = "cutmix, not mixed";
inline const std::string library = "cutmix";
inline const std::string library_in_place = "cutmix in place";

}  // namespace bench

#endif  // CUTMIX_BENCHMARKS_CONTENDER_HPP
