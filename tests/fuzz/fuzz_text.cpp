// Text: any bytes are read as a plan, an engine, a functor or a checkpoint. What cannot be read
// sets failbit and changes nothing; what can be read prints as what reads back the same.

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cutmix/mixer.hpp>
#include <filesystem>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

#include "../../examples/training/checkpoint.hpp"
#include "faults.hpp"

using namespace testing;
using cutmix::CutMix;
using cutmix::Philox4x32;

namespace {

// ---- streams ----

template <class T, class Char>
std::basic_string<Char> printed(const T& value) {
  std::basic_ostringstream<Char> out;
  set_oddly(out);
  out << value;
  return out.str();
}

template <class Char>
struct Reading {
  bool well;
  std::basic_string<Char> rest;
};

template <class Char, class T>
Reading<Char> read(const std::basic_string<Char>& text, T& value, bool oddly) {
  std::basic_istringstream<Char> in(text);
  if (oddly) set_oddly(in);
  in >> value;
  const bool well = !in.fail();
  in.clear();
  std::basic_string<Char> rest;
  for (auto next = in.get(); next != std::char_traits<Char>::eof(); next = in.get())
    rest += std::char_traits<Char>::to_char_type(next);
  return {well, rest};
}

template <class Char>
std::string narrow(const std::basic_string<Char>& text) {
  std::string bytes;
  for (const Char c : text) bytes += static_cast<char>(c);
  return bytes;
}

// A word that is a number, as it would be printed: without zeros or a sign that mean nothing.
std::string plain_number(std::string word) {
  const bool negative = !word.empty() && word[0] == '-';
  if (negative || (!word.empty() && word[0] == '+')) word.erase(0, 1);
  if (word.empty() || word.find_first_not_of("0123456789") != word.npos) return {};
  word.erase(0, std::min(word.find_first_not_of('0'), word.size() - 1));
  return (negative && word != "0" ? "-" : "") + word;
}

// Whether two texts say the same: word for word, and numbers by their value.
bool say_the_same(const std::string& text, const std::string& other) {
  const std::vector<std::string> a = words_of(text), b = words_of(other);
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& one, const auto& two) {
    if (one == two) return true;
    const std::string number = plain_number(one);
    if (!number.empty() && number == plain_number(two)) return true;
    // A blend: 1e-1, or .50, or 1.0.
    const auto real = [](const std::string& word) { return std::strtod(word.c_str(), nullptr); };
    return (one + two).find_first_of(".eE") != one.npos && real(one) == real(two);
  });
}

// Reads one text into an object that is something else; same(a, b) compares. An engine of somebody
// else's may read more than it prints: -1 as an unsigned number.
template <class Char, class T, class Same>
bool check_reading(const std::basic_string<Char>& text, const T& before, const Same& same,
                   bool ours = true) {
  T value = before, other = before;
  const Reading<Char> plain = read(text, value, false), odd = read(text, other, true);
  REQUIRE((plain.well == odd.well && plain.rest == odd.rest && same(value, other)));
  if (!plain.well) {
    REQUIRE(same(value, before));
    return false;
  }
  const auto again = printed<T, Char>(value);
  REQUIRE((!ours ||
           say_the_same(narrow(text.substr(0, text.size() - plain.rest.size())), narrow(again))));
  T copy = before;
  REQUIRE(read(again, copy, false).well);
  REQUIRE(same(value, copy));
  REQUIRE(printed<T, Char>(copy) == again);
  return true;
}

template <class T>
bool equal(const T& a, const T& b) {
  return a == b;
}

template <class Urbg>
bool equal(const CutMix<Urbg>& a, const CutMix<Urbg>& b) {
  return a.enabled == b.enabled && a.rng() == b.rng() && a.plan() == b.plan();
}

constexpr auto are_equal = [](const auto& a, const auto& b) { return equal(a, b); };

template <class Char>
void check_engine(const std::basic_string<Char>& text) {
  Philox4x32 engine(9);
  if (!check_reading(text, engine, are_equal)) return;
  read(text, engine, false);
  const std::string position = words_of(printed<Philox4x32, char>(engine)).back();
  REQUIRE((position.size() == 1 && position <= "3"));  // of four in a block
}

void check_plan(const std::string& text) {
  const Plan before{{2, 3, 4}, {1, 0}, {{{0, 1, 2, 3}, 0.25}}};
  Plan plan = before;
  if (!check_reading(text, before, are_equal)) return;
  read(text, plan, false);
  REQUIRE(is_in_order(plan));
}

template <class Urbg>
void check_functor(const std::string& text) {
  CutMix mixer(1.0, 10, Urbg(77u));
  mixer.draw({3, 4, 5});
  mixer.enabled = false;
  if (!check_reading(text, mixer, are_equal, std::is_same_v<Urbg, Philox4x32>)) return;
  read(text, mixer, false);
  REQUIRE(is_in_order(mixer.plan()));
  mixer.draw({2, 3, 3});
}

// ---- checkpoints ----

// A file without a name on any disk.
class File {
 public:
  File() : file_(memfd_create("checkpoint", 0)) { REQUIRE(file_ >= 0); }
  std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }
  void write(const std::string& bytes) const {
    REQUIRE(ftruncate(file_, 0) == 0);
    REQUIRE(pwrite(file_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  }

 private:
  int file_;
};

struct Learner {
  CutMix<> mixer{1.0, 10, Philox4x32(5)};
  std::vector<float> weights = std::vector<float>(16, 0.5f);

  void load(examples::CheckpointReader& reader) {
    reader.line("mixer", mixer);
    reader.floats("weights", weights.data(), static_cast<Index>(weights.size()));
  }
  void save(examples::CheckpointText& text) const {
    text.line("mixer", mixer);
    text.floats("weights", weights.data(), static_cast<Index>(weights.size()));
  }
};

struct Training {
  Learner learner;
  examples::TrainingState state;
  std::vector<double> finished;

  bool operator==(const Training& other) const {
    return equal(learner.mixer, other.learner.mixer) &&
           same_bytes(learner.weights, other.learner.weights) &&
           state.shuffle_rng == other.state.shuffle_rng && state.order == other.state.order &&
           state.epoch == other.state.epoch && state.first == other.state.first &&
           state.step == other.state.step &&
           same_bytes(std::vector<double>{state.loss_sum},
                      std::vector<double>{other.state.loss_sum}) &&
           same_bytes(finished, other.finished);
  }
};

const char options_of_training[] = "alpha 1 seed 3";

// Nothing where the file is not one.
std::optional<Training> restored(const std::string& path) {
  Training training;
  training.state.order.resize(4);
  try {
    examples::Checkpoints checkpoints("", path, 1, options_of_training);
    training.finished = checkpoints.finished();
    checkpoints.restore(training.learner, training.state);
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
  return training;
}

void check_checkpoint(const std::string& text, bool with_digest) {
  static const File file;
  std::string bytes = text;
  if (with_digest) {
    if (bytes.empty() || bytes.back() != '\n') bytes += '\n';
    bytes += "digest " + std::to_string(examples::digest_of(bytes.data(), bytes.size())) + '\n';
  }
  file.write(bytes);
  const std::optional<Training> training = restored(file.path());
  if (!training) return;
  static const std::string path =
      (std::filesystem::temp_directory_path() / ("cutmix_fuzz_text." + std::to_string(getpid())))
          .string();
  examples::Checkpoints(path, "", 1, options_of_training)
      .save(training->learner, training->state, training->finished, true);
  const std::optional<Training> again = restored(path);
  std::filesystem::remove(path);
  REQUIRE(again.has_value());
  REQUIRE(*again == *training);
}

}  // namespace

// The first byte says what the rest is read as.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'e':
      check_engine(text);
      break;
    case 'w':
      check_engine(std::wstring(data + 1, data + size));
      break;
    case 'f':
      check_functor<Philox4x32>(text);
      break;
    case 's':  // of an engine of the standard library
      check_functor<std::minstd_rand>(text);
      break;
    case 'c':
      check_checkpoint(text, true);
      break;
    case 'd':
      check_checkpoint(text, false);
      break;
    default:
      check_plan(text);
  }
  return 0;
}
