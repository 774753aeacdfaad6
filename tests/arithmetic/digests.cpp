// Prints a digest of what blends and mixed labels are, for every kind of scalar, and of batches
// that are drawn and mixed; draws the golden plans of the file that it is given. The library
// promises these bits under every compiler, option and processor, so whatever is computed here
// outside of it are integers, square roots and powers of two, which are exact everywhere.
#include <cinttypes>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <cutmix/images.hpp>
#include <cutmix/labels.hpp>
#include <cutmix/region_masks.hpp>
#include <fstream>
#include <string>
#include <vector>

#include "../golden_plans.hpp"

namespace {

using cutmix::BatchView;
using cutmix::Index;
using cutmix::ScalarKind;
using cutmix::Sizes;

struct Kind {
  const char* name;
  ScalarKind kind;
  std::size_t bytes;
  bool is_floating, blends;
};
constexpr Kind kinds[] = {
    {"opaque", ScalarKind::opaque, 8, false, false},
    {"boolean", ScalarKind::boolean, 1, false, false},
    {"uint8", ScalarKind::uint8, 1, false, true},
    {"int8", ScalarKind::int8, 1, false, true},
    {"uint16", ScalarKind::uint16, 2, false, true},
    {"int16", ScalarKind::int16, 2, false, true},
    {"uint32", ScalarKind::uint32, 4, false, true},
    {"int32", ScalarKind::int32, 4, false, true},
    {"uint64", ScalarKind::uint64, 8, false, true},
    {"int64", ScalarKind::int64, 8, false, true},
    {"half", ScalarKind::half, 2, true, true},
    {"bfloat16", ScalarKind::bfloat16, 2, true, true},
    {"float32", ScalarKind::float32, 4, true, true},
    {"float64", ScalarKind::float64, 8, true, true},
};

// The same words everywhere (G. Marsaglia's xorshift, multiplied as S. Vigna does).
class Words {
 public:
  std::uint64_t operator()() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545F4914F6CDD1D;
  }

 private:
  std::uint64_t state_ = 0x9E3779B97F4A7C15;
};

// Scalars of one kind. Their bytes go in and out by value, so that the order of bytes in memory is
// no matter.
class Scalars {
 public:
  Scalars(const Kind& kind, std::size_t count) : kind_(kind), bytes_(count * kind.bytes) {}

  std::size_t count() const { return bytes_.size() / kind_.bytes; }

  BatchView view(const Sizes& sizes, const char* letters = "", const Sizes& strides = {}) {
    return {bytes_.data(), kind_.kind, static_cast<Index>(kind_.bytes), sizes, letters, strides};
  }

  std::uint64_t bits(std::size_t i) const {
    switch (kind_.bytes) {
      case 1:
        return load<std::uint8_t>(i);
      case 2:
        return load<std::uint16_t>(i);
      case 4:
        return load<std::uint32_t>(i);
      default:
        return load<std::uint64_t>(i);
    }
  }
  void set_bits(std::size_t i, std::uint64_t bits) {
    switch (kind_.bytes) {
      case 1:
        return store(i, static_cast<std::uint8_t>(bits));
      case 2:
        return store(i, static_cast<std::uint16_t>(bits));
      case 4:
        return store(i, static_cast<std::uint32_t>(bits));
      default:
        return store(i, bits);
    }
  }

  // Any finite number, of many bits where it is floating; integers of those in the mask.
  void fill(Words& words, std::uint64_t mask = ~std::uint64_t{0}) {
    for (std::size_t i = 0; i < count(); ++i) {
      const std::uint64_t word = words();
      const double root = std::sqrt(static_cast<double>((word >> 11) | 1) * 0x1p-53);
      const double value =
          std::ldexp((word & 1) != 0 ? -root : root, static_cast<int>(word >> 1) & 7);
      if (kind_.kind == ScalarKind::float32)
        store(i, static_cast<float>(value));
      else if (kind_.kind == ScalarKind::float64)
        store(i, value);
      else if (kind_.kind == ScalarKind::half)
        set_bits(i, word % 0x7C00 | (word >> 63 << 15));
      else if (kind_.kind == ScalarKind::bfloat16)
        set_bits(i, (word % 0x1000 + 0x3800) | (word >> 63 << 15));
      else if (kind_.kind == ScalarKind::boolean)
        set_bits(i, word >> 63);
      else
        set_bits(i, word & mask);
    }
  }

 private:
  template <class T>
  T load(std::size_t i) const {
    T value;
    std::memcpy(&value, bytes_.data() + i * sizeof value, sizeof value);
    return value;
  }
  template <class T>
  void store(std::size_t i, T value) {
    std::memcpy(bytes_.data() + i * sizeof value, &value, sizeof value);
  }

  Kind kind_;
  std::vector<unsigned char> bytes_;
};

// FNV-1a of 64 bits.
class Digest {
 public:
  void add(const Scalars& scalars, std::size_t bytes) {
    for (std::size_t i = 0; i < scalars.count(); ++i)
      for (std::size_t k = 0; k < bytes; ++k)
        state_ = (state_ ^ (scalars.bits(i) >> (8 * k) & 255)) * 0x100000001B3;
  }
  void print(const char* what, const char* from, const char* to) const {
    std::printf("%s %s %s %016" PRIx64 "\n", what, from, to, state_);
  }

 private:
  std::uint64_t state_ = 0xCBF29CE484222325;
};

constexpr Index B = 6, C = 3, H = 6, W = 36, n_classes = 7;

// A patch a sample: blends of many bits, in a part of the image and in the whole of it; a cut; and
// nothing. Without blends all are cuts.
cutmix::Plan make_plan(bool blends, Index source) {
  const auto root = [&](double of) { return blends ? std::sqrt(of) : 1; };
  return {{B, H, W, 1, source},
          {5, 4, 1, 0, 3, 2},
          {{{3, 1, 30, 4}, root(0.5)},
           {{0, 0, W, H}, root(0.1875)},
           {{1, 2, 36, 5}, 1},
           {{7, 3, 7, 5}, root(0.25)},
           {{0, 0, W, H}, root(0x1.8p-20)},
           {{0, 1, 19, 3}, root(0.9375)}}};
}

void print_images(const Kind& kind, Words& words) {
  const auto size = static_cast<std::size_t>(B * C * H * W);
  Scalars x(kind, size), source(kind, size), out(kind, size), padded(kind, size * 2);
  x.fill(words);
  source.fill(words);
  padded.fill(words);
  const Sizes planes{B, C, H, W};
  Digest digest;
  const auto add = [&](const Scalars& scalars) { digest.add(scalars, kind.bytes); };
  const cutmix::Plan plan = make_plan(kind.blends, -1);

  cutmix::mix_images(plan, x.view(planes), out.view(planes));
  add(out);
  cutmix::mix_images(make_plan(kind.blends, B), x.view(planes), source.view(planes),
                     out.view(planes));
  add(out);
  cutmix::mix_images_in_place(plan, x.view(planes));
  add(x);
  // Channels last, in rows with room behind, into planes and in place.
  const BatchView rows = padded.view({B, H, W, C}, "BHWC", {H * W * C * 2, W * C * 2, C, 1});
  cutmix::mix_images(plan, rows, out.view(planes, "BCHW"));
  add(out);
  cutmix::mix_images_in_place(plan, rows);
  add(padded);
  digest.print("images", kind.name, kind.name);
}

void print_masks(const Kind& kind) {
  Digest digest;
  for (const Index side : {Index{1}, Index{3}}) {  // of a token
    Scalars mask(kind, static_cast<std::size_t>(B * (H / side) * (W / side)));
    cutmix::partner_mask(make_plan(true, -1), mask.view({B, H / side, W / side}));
    digest.add(mask, kind.bytes);
  }
  digest.print("mask", kind.name, kind.name);
}

void print_ids(const Kind& kind, const Kind& target, Words& words) {
  Scalars ids(kind, B), out(target, static_cast<std::size_t>(B * n_classes));
  for (std::size_t b = 0; b < ids.count(); ++b) ids.set_bits(b, words() % n_classes);
  ids.set_bits(4, 0);
  Digest digest;
  for (const double smoothing : {0.0, 0.1})
    for (const bool by_column : {false, true}) {
      const Sizes strides = by_column ? Sizes{1, B} : Sizes{n_classes, 1};
      cutmix::mix_labels(make_plan(true, -1), ids.view({B}), n_classes,
                         out.view({B, n_classes}, "", strides), {smoothing, Index{0}});
      digest.add(out, target.bytes);
    }
  digest.print("ids", kind.name, target.name);
}

void print_dense(const Kind& kind, const Kind& target, Words& words) {
  const auto size = static_cast<std::size_t>(B * n_classes);
  Scalars y(kind, size), source(kind, size), out(target, size);
  const std::uint64_t mask = target.kind == ScalarKind::half ? 0x3FFF : ~std::uint64_t{0};
  y.fill(words, mask);  // half has nothing beyond 65,504
  source.fill(words, mask);
  const Sizes sizes{B, n_classes};
  Digest digest;
  cutmix::mix_labels(make_plan(true, -1), y.view(sizes), out.view(sizes));
  digest.add(out, target.bytes);
  cutmix::mix_labels(make_plan(true, B), y.view(sizes), source.view(sizes),
                     out.view(sizes, "", {1, B}));
  digest.add(out, target.bytes);
  digest.print("dense", kind.name, target.name);
}

// ---- drawn ----

// Those of plans.txt, one line for all: another box is no bit of lambda.
bool check_golden_plans(const char* file) {
  std::ifstream in(file);
  int right = 0, wrong = 0;
  for (std::string line; std::getline(in, line);) {
    const testing::GoldenLine golden = testing::parsed_golden(line);
    const cutmix::Plan plan =
        testing::drawn(golden.engine, golden.seed, golden.shape, testing::options_of(golden));
    const std::string fault = testing::fault_of(plan, golden);
    if (!fault.empty()) std::printf("%s: another %s\n", line.c_str(), fault.c_str());
    ++(fault.empty() ? right : wrong);
  }
  std::printf("plans golden %d right\n", right);
  return wrong == 0 && right > 0;
}

struct Recipe {
  const char* name;
  cutmix::Scope scope;
  cutmix::BoxLaw law;
  double mixup_prob;
};

// A batch from the draw to the mixed pixels and labels. Blends have the last bit of the C library's
// lambda, so they are shown to scalars of 24 bits, which do not.
void print_drawn(const Recipe& recipe, const Kind& kind, Words& words) {
  if (recipe.mixup_prob > 0 && (!kind.blends || cutmix::detail::is_wide(kind.kind))) return;
  cutmix::Options options;
  options.scope = recipe.scope;
  options.box_law = recipe.law;
  options.mixup_prob = recipe.mixup_prob;
  Scalars x(kind, static_cast<std::size_t>(B * C * H * W)), out(kind, x.count());
  const Kind& target = kinds[12];  // float32
  Scalars ids(kinds[7], B), rows(target, static_cast<std::size_t>(B * n_classes));
  x.fill(words);
  for (std::size_t b = 0; b < ids.count(); ++b) ids.set_bits(b, words() % n_classes);
  Digest digest;
  for (int step = 0; step < 20; ++step) {
    cutmix::Philox4x32 rng = cutmix::philox_stream(0x123456789ABCDEF, 3, step);
    const cutmix::Plan plan = cutmix::make_plan({B, H, W}, options, rng);
    cutmix::mix_images(plan, x.view({B, C, H, W}), out.view({B, C, H, W}));
    cutmix::mix_labels(plan, ids.view({B}), n_classes, rows.view({B, n_classes}));
    digest.add(out, kind.bytes);
    digest.add(rows, target.bytes);
  }
  digest.print("drawn", recipe.name, kind.name);
}

}  // namespace

int main(int argc, char** argv) {
  Words words;
  for (const Kind& kind : kinds) print_images(kind, words);
  for (const Kind& target : kinds) {
    if (!target.is_floating) continue;
    print_masks(target);
    for (const Kind& kind : kinds) {
      if (kind.kind == ScalarKind::opaque) continue;
      if (!kind.is_floating) print_ids(kind, target, words);
      print_dense(kind, target, words);
    }
  }
  const Recipe recipes[] = {
      {"reference", cutmix::Scope::batch, cutmix::ReferenceLaw{}, 0},
      {"inside", cutmix::Scope::sample, cutmix::InsideLaw{}, 0},
      {"blends", cutmix::Scope::sample, cutmix::UniformLaw{}, 0.5},
  };
  for (const Recipe& recipe : recipes)
    for (const Kind& kind : kinds) print_drawn(recipe, kind, words);
  return argc > 1 && check_golden_plans(argv[1]) ? 0 : 1;
}
