#ifndef CUTMIX_TESTS_CASE_FILE_HPP
#define CUTMIX_TESTS_CASE_FILE_HPP

// Files of known answers: cases that begin with a line `case ...`, each a list of lines `name
// values...`, where a name may stand more than once.

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "support.hpp"

namespace testing {

// Decimal or hexadecimal, as C writes it.
inline double number_of(const std::string& text) { return std::strtod(text.c_str(), nullptr); }

struct Case {
  std::map<std::string, std::vector<std::string>> lines;

  bool has(const std::string& name) const { return lines.count(name) != 0; }
  const std::string& line(const std::string& name) const { return lines.at(name).at(0); }
  double number(const std::string& name) const { return number_of(line(name)); }
  template <class Number>
  std::vector<Number> numbers(const std::string& name) const {
    std::vector<Number> list;
    for (const std::string& word : words_of(line(name)))
      list.push_back(static_cast<Number>(number_of(word)));
    return list;
  }
};

inline std::vector<Case> read_cases(const std::string& file) {
  std::ifstream in(std::string(CUTMIX_TEST_DATA) + "/" + file);
  REQUIRE(in);
  std::vector<Case> cases;
  for (std::string line; std::getline(in, line);) {
    const auto space = line.find(' ');
    const std::string name = line.substr(0, space);
    if (name == "case") cases.emplace_back();
    if (!cases.empty() && space != std::string::npos)
      cases.back().lines[name].push_back(line.substr(space + 1));
  }
  return cases;
}

}  // namespace testing

#endif  // CUTMIX_TESTS_CASE_FILE_HPP
