#ifndef CUTMIX_TESTS_FUZZ_REQUIRE_HPP
#define CUTMIX_TESTS_FUZZ_REQUIRE_HPP

// What the checks that tests and fuzzers share ask of Catch2, for programs that end at the first
// failure.

#include <cstdlib>
#include <iostream>

namespace testing {

// What INFO says, put together only where something fails.
class Note {
 public:
  template <class Say>
  explicit Note(const Say& say)
      : say_(&say),
        call_([](const void* f, std::ostream& out) { (*static_cast<const Say*>(f))(out); }) {
    last() = this;
  }
  Note(const Note&) = delete;
  Note& operator=(const Note&) = delete;
  ~Note() { last() = before_; }

  static void say_all() {
    for (const Note* note = last(); note != nullptr; note = note->before_) {
      note->call_(note->say_, std::cerr << "  where ");
      std::cerr << '\n';
    }
  }

 private:
  static Note*& last() {
    static Note* note = nullptr;
    return note;
  }

  const void* say_;
  void (*call_)(const void*, std::ostream&);
  Note* before_ = last();
};

[[noreturn]] inline void give_up(const char* file, int line, const char* what) {
  std::cerr << file << ':' << line << ": does not hold: " << what << '\n';
  Note::say_all();
  std::abort();
}

}  // namespace testing

#define CUTMIX_JOINED_AGAIN(a, b) a##b
#define CUTMIX_JOINED(a, b) CUTMIX_JOINED_AGAIN(a, b)
#define INFO(words)                                                                      \
  const auto CUTMIX_JOINED(say_, __LINE__) = [&](std::ostream& out_) { out_ << words; }; \
  const testing::Note CUTMIX_JOINED(note_, __LINE__)(CUTMIX_JOINED(say_, __LINE__))
#define REQUIRE(...) \
  static_cast<bool>(__VA_ARGS__) ? void() : testing::give_up(__FILE__, __LINE__, #__VA_ARGS__)
#define CHECK(...) REQUIRE(__VA_ARGS__)

#endif  // CUTMIX_TESTS_FUZZ_REQUIRE_HPP
