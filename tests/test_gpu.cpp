// What a GPU's threads do, run on the host over whole grids: every byte against the naive reference
// and against the library's own on the processor.

#include <cmath>
#include <cstdint>
#include <cutmix/images.hpp>
#include <cutmix/labels.hpp>
#include <cutmix/mixer.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "gpu_grid.hpp"
#include "naive.hpp"
#include "random_batches.hpp"

using namespace testing;
using cutmix::BatchView;
using cutmix::ConstBatchView;
using cutmix::CutMix;
using cutmix::LabelOptions;
using cutmix::mix_images;
using cutmix::mix_images_in_place;
using cutmix::mix_labels;
using cutmix::partner_labels;
using cutmix::Philox4x32;
using cutmix::view;
namespace detail = cutmix::detail;

namespace {

// As many blocks as are wanted, or so few that threads go round.
HostGrid any_grid(Dice& dice) {
  HostGrid grid;
  if (dice.coin()) grid.most_blocks_x = dice.roll(1, 3);
  if (dice.coin()) grid.most_blocks_y = dice.roll(1, 3);
  grid.backwards = dice.coin();
  return grid;
}

// Mixes on the grid by one launch, which nothing but a kernel may be.
template <class Run>
void launched_once(const Run& run, bool has_work) {
  const int before = HostLaunch::launches();
  run();
  REQUIRE(HostLaunch::launches() - before == (has_work ? 1 : 0));
}

void check_out_of_place(Dice& dice, Case& images, bool blends) {
  Block& out = images.out;
  fill(dice, images.x, blends);
  fill(dice, images.source, blends);
  BatchShape shape = out.placement().shape();
  if (images.has_source) shape.source = images.source.placement().size('B');
  const Plan plan = any_plan(dice, shape, blends);
  INFO("plan " << shown(plan));
  const Block& source = images.has_source ? images.source : images.x;
  out.fill_with_bytes(dice);
  const Expected expected = mixed_naively(plan, images.x, source, out);
  const HostGrid grid = any_grid(dice);
  const ConstBatchView x = std::as_const(images.x).view();
  launched_once(
      [&] {
        if (images.has_source)
          mix_images(grid, plan, x, std::as_const(images.source).view(), out.view());
        else
          mix_images(grid, plan, x, out.view());
      },
      !out.placement().empty());
  REQUIRE(expected.is(out));
}

void check_in_place(Dice& dice, const Case& images, bool blends) {
  Block block = images.out;
  fill(dice, block, blends);
  const BatchShape shape = block.placement().shape();
  const Plan plan = permuted(dice, any_plan(dice, shape, blends));
  const Block before = block;
  {
    INFO("plan " << shown(plan));
    const Expected expected = mixed_naively(plan, before, before, before);
    launched_once([&] { mix_images_in_place(any_grid(dice), plan, block.view()); },
                  !block.placement().empty());
    REQUIRE(expected.is(block));
  }
  if (!images.has_source) return;
  BatchShape from = shape;
  from.source = images.source.placement().size('B');
  const Plan patching = any_plan(dice, from, blends);
  INFO("source, plan " << shown(patching));
  block = before;
  const Expected expected = mixed_naively(patching, before, images.source, before);
  const ConstBatchView source = images.source.view();
  const auto job = detail::check_images_in_place(block.view(), &source);
  detail::run_on(any_grid(dice), patching, false, [&](auto& work) { work.in_place(job); });
  REQUIRE(expected.is(block));
}

}  // namespace

// ---- images ----

TEST_CASE("gpu: images of random letters, strides, scalars and plans") {
  const std::uint32_t seed = 900;
  Dice dice(seed);
  for (int i = 0; i < 6000; ++i) {
    INFO("seed " << seed << " case " << i);
    const ScalarType& scalar = all_scalars[nth(dice.roll(0, 15))];
    Case images = random_case(dice, small_sort(dice), scalar);
    const bool blends = has_numbers(scalar.kind) && dice.coin();
    INFO(described(images));
    check_out_of_place(dice, images, blends);
    check_in_place(dice, images, blends);
  }
}
