// What the programs' command lines share beyond CLI11: names that stand for values, and one line
// for whatever goes wrong.
#ifndef CUTMIX_EXAMPLES_COMMON_COMMAND_LINE_HPP
#define CUTMIX_EXAMPLES_COMMON_COMMAND_LINE_HPP

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace examples {

template <class Value>
using Named = std::vector<std::pair<std::string, Value>>;

// An option that is one of the names and stands for the value beside it. The first is the default.
template <class Value>
void add_choice(CLI::App& app, const std::string& name, Value& target, const Named<Value>& values,
                const std::string& help) {
  const auto choose = [&target, values](const std::string& chosen) {
    target = std::find_if(values.begin(), values.end(), [&](const auto& value) {
               return value.first == chosen;
             })->second;
  };
  app.add_option_function<std::string>(name, choose, help)
      ->check(CLI::IsMember(values))
      ->default_str(values.front().first);
}

// Parses, then runs. Ends with exit code 2 for options that make no sense, which the library may be
// the one to find out, and with 1 for anything else; either is one line.
template <class Program>
int parse_and_run(CLI::App& app, int argc, char** argv, const Program& program) {
  const auto fail = [&app](const char* message, int code) {
    std::cerr << app.get_name() << ": " << message << "\n";
    return code;
  };
  try {
    app.parse(argc, argv);
    program();
    return 0;
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return fail(error.what(), 2);
  } catch (const std::invalid_argument& error) {
    return fail(error.what(), 2);
  } catch (const std::exception& error) {
    return fail(error.what(), 1);
  }
}

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_COMMON_COMMAND_LINE_HPP
