// A progress bar on one line, or a line now and then where the output is no terminal.
#ifndef CUTMIX_EXAMPLES_TRAINING_PROGRESS_HPP
#define CUTMIX_EXAMPLES_TRAINING_PROGRESS_HPP

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

#include "../common/dataset.hpp"

namespace examples {

class Progress {
 public:
  Progress(std::string title, Index epochs)
      : title_(std::move(title)), epochs_(epochs), start_(Clock::now()) {}

  // `done` of the epochs are behind us, a whole number at an epoch's end.
  void show(double done, double loss) {
    const auto epoch = static_cast<Index>(done);
    const bool is_last = epoch == epochs_;
    const double elapsed = std::chrono::duration<double>(Clock::now() - start_).count();
    const double left = elapsed * (static_cast<double>(epochs_) / done - 1);
    if (terminal_) {
      const int width = 24;
      const auto filled = static_cast<int>(width * done / static_cast<double>(epochs_));
      const std::string bar = std::string(static_cast<std::size_t>(filled), '#') +
                              std::string(static_cast<std::size_t>(width - filled), '.');
      std::printf("\r%s [%s] epoch %td/%td, loss %.3f, %.0f s %s ", title_.c_str(), bar.c_str(),
                  std::min(epoch + 1, epochs_), epochs_, loss, is_last ? elapsed : left,
                  is_last ? "   \n" : "left");
    } else if (done == static_cast<double>(epoch) &&
               (is_last || epoch % std::max<Index>(1, epochs_ / 4) == 0)) {
      std::printf("%s epoch %td/%td, loss %.3f, %.0f s left\n", title_.c_str(), epoch, epochs_,
                  loss, left);
    }
    std::fflush(stdout);
  }

 private:
  using Clock = std::chrono::steady_clock;

  std::string title_;
  Index epochs_;
  Clock::time_point start_;
  bool terminal_ = isatty(STDOUT_FILENO) != 0;
};

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_TRAINING_PROGRESS_HPP
