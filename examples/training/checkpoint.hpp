// What a training must know to go on, in a file that is whole or not there.
#ifndef CUTMIX_EXAMPLES_TRAINING_CHECKPOINT_HPP
#define CUTMIX_EXAMPLES_TRAINING_CHECKPOINT_HPP

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <locale>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "../common/dataset.hpp"
#include "../common/draws.hpp"

namespace examples {

// FNV-1a of 64 bits.
inline std::uint64_t digest_of(const void* bytes, std::size_t size,
                               std::uint64_t digest = 0xCBF29CE484222325) {
  const auto* at = static_cast<const unsigned char*>(bytes);
  for (std::size_t i = 0; i < size; ++i) digest = (digest ^ at[i]) * 0x100000001B3;
  return digest;
}

// ---- files ----

// Puts a file in the place of another. Whenever the program or the machine stops, the path has the
// old bytes or the new ones.
inline void write_atomically(const std::string& path, const std::string& bytes) {
  const std::string temporary = path + ".new";
  const auto check = [&temporary](bool well) {
    if (!well) throw std::runtime_error(temporary + ": " + std::strerror(errno));
  };
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  check(file >= 0);
  bool well = true;
  for (std::size_t done = 0; well && done < bytes.size();) {
    const ssize_t count = write(file, bytes.data() + done, bytes.size() - done);
    well = count >= 0 || errno == EINTR;
    if (count > 0) done += static_cast<std::size_t>(count);
  }
  well = well && fsync(file) == 0;
  well = close(file) == 0 && well;
  check(well && std::rename(temporary.c_str(), path.c_str()) == 0);
  // The name is on the disk when its directory is.
  const auto slash = path.find_last_of('/');
  const std::string folder = slash == path.npos ? "." : path.substr(0, slash + 1);
  const int directory = open(folder.c_str(), O_RDONLY | O_DIRECTORY);
  check(directory >= 0);
  well = fsync(directory) == 0;
  check(close(directory) == 0 && well);
}

// ---- contents ----

// Lines `name value`, arrays of floats as they lie in memory, and a digest at the end.
class CheckpointText {
 public:
  template <class Value>
  void line(const std::string& name, const Value& value) {
    std::ostringstream text;
    text.imbue(std::locale::classic());
    text.precision(17);
    text << value;
    bytes_ += name + ' ' + text.str() + '\n';
  }
  void floats(const std::string& name, const float* values, Index count) {
    line(name, count);
    bytes_.append(reinterpret_cast<const char*>(values),
                  static_cast<std::size_t>(count) * sizeof *values);
    bytes_ += '\n';
  }

  void write(const std::string& path) {
    line("digest", digest_of(bytes_.data(), bytes_.size()));
    write_atomically(path, bytes_);
  }

 private:
  std::string bytes_;
};

// Reads them in the same order. Whatever is not as it was written ends the program with a message.
class CheckpointReader {
 public:
  explicit CheckpointReader(const std::string& path) : path_(path) {
    std::ifstream file(path, std::ios_base::binary);
    if (!file) throw std::runtime_error(path + ": cannot be read");
    bytes_.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    const auto end = bytes_.rfind("\ndigest ");
    if (end == bytes_.npos) fail();
    std::ostringstream digest;
    digest.imbue(std::locale::classic());
    digest << "digest " << digest_of(bytes_.data(), end + 1) << '\n';
    if (bytes_.substr(end + 1) != digest.str()) fail();
  }

  std::string line(const std::string& name) {
    const auto end = bytes_.find('\n', at_);
    if (end == bytes_.npos || bytes_.compare(at_, name.size() + 1, name + ' ') != 0) fail();
    const std::string value = bytes_.substr(at_ + name.size() + 1, end - at_ - name.size() - 1);
    at_ = end + 1;
    return value;
  }
  template <class Value>
  void line(const std::string& name, Value& value) {
    std::istringstream text(line(name));
    text.imbue(std::locale::classic());
    if (!(text >> value)) fail();
  }
  void floats(const std::string& name, float* values, Index count) {
    Index written = 0;
    line(name, written);
    const auto bytes = static_cast<std::size_t>(count) * sizeof *values;
    if (written != count || bytes_.size() - at_ < bytes) fail();
    std::memcpy(values, bytes_.data() + at_, bytes);
    at_ += bytes + 1;
  }
  // A line that must be what it is here, too.
  void expect(const std::string& name, const std::string& value) {
    const std::string written = line(name);
    if (written != value)
      throw std::runtime_error(path_ + ": was written with " + name + " " + written +
                               ", and goes on with the same only, not with " + value);
  }

  [[noreturn]] void fail() const { throw std::runtime_error(path_ + ": is damaged"); }

 private:
  std::string path_, bytes_;
  std::size_t at_ = 0;
};

// ---- of a training that is compared ----

// Where one training stands.
struct TrainingState {
  cutmix::Philox4x32 shuffle_rng;
  std::vector<Index> order;  // of the samples in this epoch
  Index epoch = 0, first = 0, step = 0;
  double loss_sum = 0;
};

// Nothing is written, nothing read.
struct NoCheckpoints {
  std::vector<double> finished() const { return {}; }
  template <class Learner>
  void restore(Learner&, TrainingState&) {}
  template <class Learner>
  void save(const Learner&, const TrainingState&, const std::vector<double>&, bool) {}
};

// One file that is written every so many steps, and one to begin from. A Learner has
// save(CheckpointText&) and load(CheckpointReader&).
class Checkpoints {
 public:
  // `told`: the options that make a training what it is.
  Checkpoints(std::string written, const std::string& read, Index every, std::string told)
      : path_(std::move(written)), every_(every), told_(std::move(told)) {
    if (read.empty()) return;
    reader_.emplace(read);
    reader_->expect("cutmix-training", "1");
    reader_->expect("options", told_);
    std::istringstream accuracies(reader_->line("finished"));
    accuracies.imbue(std::locale::classic());
    for (double accuracy = 0; accuracies >> accuracy;) finished_.push_back(accuracy);
  }

  // The accuracies of the trainings that have ended.
  const std::vector<double>& finished() const { return finished_; }

  // The first training that is begun goes on where the file says.
  template <class Learner>
  void restore(Learner& learner, TrainingState& state) {
    if (!reader_) return;
    CheckpointReader& reader = *reader_;
    reader.line("epoch", state.epoch);
    reader.line("first", state.first);
    reader.line("step", state.step);
    reader.line("loss_sum", state.loss_sum);
    reader.line("shuffles", state.shuffle_rng);
    std::istringstream order(reader.line("order"));
    for (Index& sample : state.order)
      if (!(order >> sample)) reader.fail();
    learner.load(reader);
    reader_.reset();
  }

  template <class Learner>
  void save(const Learner& learner, const TrainingState& state, const std::vector<double>& finished,
            bool last) const {
    if (path_.empty() || (state.step % every_ != 0 && !last)) return;
    CheckpointText text;
    text.line("cutmix-training", 1);
    text.line("options", told_);
    text.line("finished", joined(finished));
    text.line("epoch", state.epoch);
    text.line("first", state.first);
    text.line("step", state.step);
    text.line("loss_sum", state.loss_sum);
    text.line("shuffles", state.shuffle_rng);
    text.line("order", joined(state.order));
    learner.save(text);
    text.write(path_);
  }

 private:
  template <class Value>
  static std::string joined(const std::vector<Value>& values) {
    std::ostringstream text;
    text.imbue(std::locale::classic());
    text.precision(17);
    for (const Value& value : values) text << value << ' ';
    return text.str();
  }

  std::string path_;
  Index every_;
  std::string told_;
  std::optional<CheckpointReader> reader_;
  std::vector<double> finished_;
};

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_TRAINING_CHECKPOINT_HPP
