// How often lambda's last bit, and a box, depend on the C library: draws lambdas and boxes and
// writes them into a file, or compares them with the file that it wrote elsewhere.
//
//   last_bits write FILE COUNT      last_bits compare FILE COUNT
//
// The comparison prints counts. It fails where a lambda differs by more than 1e-12 of it, or a box
// although lambda does not: neither is what a C library may do.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cutmix/bbox.hpp>
#include <cutmix/philox.hpp>
#include <cutmix/random.hpp>

namespace {

using cutmix::Index;

constexpr double alphas[] = {1, 0.2};
constexpr Index side = 224;

struct Draw {
  std::uint64_t lambda;  // its bits, whose order is that of non-negative numbers
  std::uint32_t box;     // width and height, 16 bits each
};

Draw draw(double alpha, cutmix::Philox4x32& rng) {
  const double lambda = cutmix::gen_cutmix_lambda(alpha, rng);
  Draw drawn{};
  std::memcpy(&drawn.lambda, &lambda, sizeof lambda);
  const cutmix::BBox box = cutmix::rand_bbox(side, side, lambda, rng, side / 2, side / 2);
  drawn.box = static_cast<std::uint32_t>((box.x2 - box.x1) << 16 | (box.y2 - box.y1));
  return drawn;
}

// The same bytes on every processor, the lowest first.
constexpr std::size_t draw_bytes = 12;
void put(const Draw& draw, unsigned char* bytes) {
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<unsigned char>(draw.lambda >> (8 * i));
  for (int i = 0; i < 4; ++i) bytes[8 + i] = static_cast<unsigned char>(draw.box >> (8 * i));
}
Draw get(const unsigned char* bytes) {
  Draw draw{};
  for (int i = 8; i-- > 0;) draw.lambda = draw.lambda << 8 | bytes[i];
  for (int i = 4; i-- > 0;) draw.box = draw.box << 8 | bytes[8 + i];
  return draw;
}

struct Counts {
  std::uint64_t draws = 0, lambdas = 0, boxes = 0, boxes_alone = 0, farthest = 0;

  void add(const Draw& here, const Draw& there) {
    ++draws;
    const bool other_box = here.box != there.box;
    const std::uint64_t apart =
        std::max(here.lambda, there.lambda) - std::min(here.lambda, there.lambda);
    lambdas += apart != 0;
    boxes += other_box;
    boxes_alone += other_box && apart == 0;
    farthest = std::max(farthest, apart);
  }
};

}  // namespace

int main(int argc, char** argv) {
  const bool writing = argc == 4 && std::strcmp(argv[1], "write") == 0;
  const bool comparing = argc == 4 && std::strcmp(argv[1], "compare") == 0;
  std::FILE* const file =
      writing || comparing ? std::fopen(argv[2], writing ? "wb" : "rb") : nullptr;
  if (file == nullptr) {
    std::fprintf(stderr, "usage: last_bits write|compare FILE COUNT\n");
    return 2;
  }
  const long long count = std::atoll(argv[3]);
  bool well = true;
  for (const double alpha : alphas) {
    cutmix::Philox4x32 rng(42);
    Counts counts;
    for (long long i = 0; well && i < count; ++i) {
      const Draw here = draw(alpha, rng);
      unsigned char bytes[draw_bytes];
      put(here, bytes);
      if (writing)
        well = std::fwrite(bytes, 1, draw_bytes, file) == draw_bytes;
      else if ((well = std::fread(bytes, 1, draw_bytes, file) == draw_bytes))
        counts.add(here, get(bytes));
    }
    if (!comparing) continue;
    std::printf(
        "alpha %g: of %llu lambdas %llu differ, by %llu in the last place at most; of the "
        "boxes %llu, %llu of them where lambda is the same\n",
        alpha, static_cast<unsigned long long>(counts.draws),
        static_cast<unsigned long long>(counts.lambdas),
        static_cast<unsigned long long>(counts.farthest),
        static_cast<unsigned long long>(counts.boxes),
        static_cast<unsigned long long>(counts.boxes_alone));
    well = well && counts.farthest <= 4096 && counts.boxes_alone == 0;  // 2^-52 each
  }
  return std::fclose(file) == 0 && well ? 0 : 1;
}
