// Command lines of the form --name value or --name=value, with --help made from the same table.
#ifndef CUTMIX_EXAMPLES_COMMAND_LINE_HPP
#define CUTMIX_EXAMPLES_COMMAND_LINE_HPP

#include <cmath>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace examples {

// What the user can put right: a bad option, or data that cannot be read. Its message is one line.
class UserError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class CommandLine {
 public:
  explicit CommandLine(std::string description) : description_(std::move(description)) {
    flag("help", "show this text", help_);
  }

  void flag(const std::string& name, const std::string& help, bool& target) {
    options_.push_back({name, "", help, false, [&target](const std::string&) { target = true; }});
  }

  void text(const std::string& name, const std::string& placeholder, const std::string& help,
            std::string& target) {
    add(name, placeholder, help, target, [&target, name](const std::string& value) {
      if (value.empty()) throw UserError("--" + name + ": must not be empty");
      target = value;
    });
  }

  // An integer or floating number in [low, high].
  template <class Number>
  void number(const std::string& name, const std::string& help, Number& target, double low,
              double high) {
    const auto parse = [&target, name, low, high](const std::string& value) {
      const char* kind = std::is_integral<Number>::value ? "a whole number" : "a number";
      char* end = nullptr;
      const double parsed = std::strtod(value.c_str(), &end);
      const bool is_number = !value.empty() && *end == '\0' &&
                             value.find_first_of(" \t\n\r\f\vxX") == std::string::npos &&
                             !std::isnan(parsed);
      const bool is_whole = is_number && (std::floor(parsed) == parsed);
      if (!is_number || (std::is_integral<Number>::value && !is_whole)) {
        throw UserError("--" + name + ": '" + value + "' is not " + kind);
      }
      if (parsed < low || parsed > high) {
        throw UserError("--" + name + ": " + value + " is out of range, must be in [" +
                        as_text(low) + ", " + as_text(high) + "]");
      }
      target = static_cast<Number>(parsed);
    };
    add(name, std::is_integral<Number>::value ? "N" : "X", help, as_text(target), parse);
  }

  // One of the names, which stands for the value beside it. The first is the default.
  template <class Value>
  void choice(const std::string& name, const std::string& help,
              const std::vector<std::pair<std::string, Value>>& values, Value& target) {
    std::string names;
    for (const auto& value : values) names += (names.empty() ? "" : "|") + value.first;
    const auto parse = [&target, name, names, values](const std::string& wanted) {
      for (const auto& value : values) {
        if (value.first == wanted) {
          target = value.second;
          return;
        }
      }
      throw UserError("--" + name + ": '" + wanted + "' is not one of " + names);
    };
    add(name, names, help, values.front().first, parse);
  }

  // Returns false where --help was given, after writing it. Throws UserError.
  bool parse(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
      const std::string argument = argv[i];
      const std::size_t equals = argument.find('=');
      Option& option = find(argument.substr(0, equals));
      option.given = true;
      if (option.placeholder.empty()) {
        if (equals != std::string::npos) throw UserError("--" + option.name + " takes no value");
        option.set("");
      } else if (equals != std::string::npos) {
        option.set(argument.substr(equals + 1));
      } else if (i + 1 < argc) {
        option.set(argv[++i]);
      } else {
        throw UserError("--" + option.name + " needs a value");
      }
    }
    if (help_) print_help(argv[0]);
    return !help_;
  }

  bool given(const std::string& name) const {
    for (const Option& option : options_) {
      if (option.name == name) return option.given;
    }
    return false;
  }

 private:
  struct Option {
    std::string name;
    std::string placeholder;
    std::string help;
    bool given;
    std::function<void(const std::string&)> set;
  };

  template <class Value>
  static std::string as_text(const Value& value) {
    std::ostringstream out;
    out << std::setprecision(10) << value;
    return out.str();
  }

  void add(const std::string& name, const std::string& placeholder, const std::string& help,
           const std::string& initial, std::function<void(const std::string&)> set) {
    options_.push_back(
        {name, placeholder, help + " (default " + initial + ")", false, std::move(set)});
  }

  Option& find(const std::string& argument) {
    for (Option& option : options_) {
      if (argument == "--" + option.name) return option;
    }
    throw UserError("unknown option '" + argument + "', --help lists them");
  }

  void print_help(const std::string& program) const {
    std::cout << "Usage: " << program.substr(program.find_last_of('/') + 1) << " [options]\n\n"
              << description_ << "\n\nOptions:\n";
    for (const Option& option : options_) {
      const std::string left = "  --" + option.name + " " + option.placeholder;
      // Long lists of names stand on a line of their own.
      std::cout << std::left << std::setw(26) << left;
      if (left.size() > 25) std::cout << "\n" << std::string(26, ' ');
      std::cout << option.help << "\n";
    }
  }

  std::string description_;
  bool help_ = false;
  std::vector<Option> options_;
};

// Runs the program; what the user can put right ends with exit code 2, anything else with 1.
template <class Program>
int guarded(const std::string& name, const Program& program) {
  try {
    program();
    return 0;
  } catch (const UserError& error) {
    std::cerr << name << ": " << error.what() << "\n";
    return 2;
  } catch (const std::exception& error) {
    std::cerr << name << ": " << error.what() << "\n";
    return 1;
  }
}

// A file in a directory, which is made if it is not there.
inline std::string path_in(const std::string& directory, const std::string& file) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) throw UserError(directory + ": cannot be made: " + error.message());
  return (std::filesystem::path(directory) / file).string();
}

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_COMMAND_LINE_HPP
