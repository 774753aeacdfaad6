#ifndef CUTMIX_TESTS_RANDOM_LABELS_HPP
#define CUTMIX_TESTS_RANDOM_LABELS_HPP

// Labels of all kinds that lie anywhere, and checks of what a plan makes of them: the laws, written
// out one number at a time.

#include <algorithm>
#include <cmath>
#include <cutmix/labels.hpp>
#include <string>
#include <vector>

#include "naive.hpp"

namespace testing {

using cutmix::LabelOptions;

// ---- the laws ----

// The share of its own pixels that a sample keeps, its pixels counted.
inline double kept_share(const Plan& plan, Index b) {
  const Patch& patch = patch_of(plan, b);
  double pixels = 0, inside = 0;
  for (Index z = 0; z < plan.shape.depth; ++z)
    for (Index y = 0; y < plan.shape.height; ++y)
      for (Index x = 0; x < plan.shape.width; ++x)
        pixels += 1, inside += covers(patch.box, x, y, z) ? 1 : 0;
  return inside > 0 ? std::fma(-patch.blend, inside / pixels, 1.0) : 1;  // fused, as documented
}

inline double to_float(double value) { return static_cast<double>(static_cast<float>(value)); }

// What two numbers become of which so much of the first is kept. A share of nothing is not read.
inline double mixed_number(bool wide, double kept, double own, double partner) {
  if (kept >= 1) return own;
  if (kept <= 0) return partner;
  if (wide) return std::fma(1 - kept, partner, kept * own);
  return to_float(kept) * own + to_float(1 - kept) * partner;
}

inline double label_at(ScalarKind kind, const Byte* at) {
  return kind == ScalarKind::boolean ? static_cast<double>(*at) : number_at(kind, at);
}

// What a label is on class j.
inline double label_value(double id, Index j, Index n, const LabelOptions& options, bool wide) {
  if (options.ignore_id && !(id < static_cast<double>(*options.ignore_id)) &&
      !(id > static_cast<double>(*options.ignore_id)))
    return 0;
  const double off = options.smoothing / static_cast<double>(n);
  const bool is_class = static_cast<Index>(id) == j;
  const double value = is_class ? 1 - options.smoothing + off : off;
  return wide ? value : to_float(value);
}

// ---- labels that lie anywhere ----

inline Block random_block(Dice& dice, const std::string& letters, const Indices& sizes,
                          const ScalarType& type, bool is_output) {
  PlacementStyle style = random_style(dice, is_output);
  if (dice.coin()) style.shuffled = true;  // the batch is the fastest axis as often as not
  return Block(random_placement(dice, letters, sizes, style), type.kind, type.bytes,
               nth(dice.roll(0, 9)));
}

inline BatchShape random_batch(Dice& dice, Index largest) {
  BatchShape shape{dice.roll(0, largest), dice.roll(1, 6), dice.roll(1, 7), 1, -1};
  if (dice.roll(0, 3) == 0) shape.depth = dice.roll(2, 4);
  if (dice.coin()) shape.source = dice.roll(1, largest);
  return shape;
}

inline void put_id(Block& ids, Byte* at, Index id) {
  if (ids.kind() == ScalarKind::boolean)
    *at = static_cast<Byte>(id);
  else
    put_number(ids.kind(), static_cast<double>(id), at);
}

// Ids of [0, n), as far as the kind goes, and those to ignore, if it has such.
inline void fill_with_ids(Dice& dice, Block& ids, Index n, const LabelOptions& options) {
  const bool is_boolean = ids.kind() == ScalarKind::boolean;
  const Index most = std::min(n - 1, is_boolean ? Index{1} : Index{127});
  for (Index i = 0; i < ids.placement().scalars; ++i) {
    Byte* const at = ids.at(i - ids.placement().first);
    put_id(ids, at, dice.fill(0, most));
    if (!options.ignore_id || is_boolean || dice.fill(0, 2) != 0) continue;
    const auto ignored = static_cast<double>(*options.ignore_id);
    put_number(ids.kind(), ignored, at);
    const double stored = number_at(ids.kind(), at);
    if (stored < ignored || stored > ignored) put_id(ids, at, 0);
  }
}

inline void check_ids(Dice& dice) {
  const BatchShape shape = random_batch(dice, 20);
  const Plan plan = random_plan(dice, shape, true);
  const Index n = dice.roll(1, dice.roll(0, 3) == 0 ? 400 : 12);
  LabelOptions options;
  if (dice.coin()) options.smoothing = dice.share();
  const Index ignorable[] = {-100, -1, 0, 1, 3, 200, Index{1} << 40};
  if (dice.coin()) options.ignore_id = pick(dice, ignorable);
  Block ids = random_block(dice, "B", {shape.batch}, pick(dice, integer_types), false);
  const bool has_source = shape.source >= 0;
  Block source =
      has_source ? random_block(dice, "B", {shape.source}, pick(dice, integer_types), false) : ids;
  fill_with_ids(dice, ids, n, options);
  fill_with_ids(dice, source, n, options);
  Block out = random_block(dice, "BN", {shape.batch, n}, pick(dice, floating_types), true);
  INFO("B " << shape.batch << ", n " << n << ", kind " << static_cast<int>(out.kind())
            << ", strides " << out.placement().strides[0] << " " << out.placement().strides[1]);

  Expected expected{out.memory(), {}, out.kind(), out.scalar_bytes()};
  const Block& partners = has_source ? source : ids;
  const bool wide = out.kind() == ScalarKind::float64;
  for (Index b = 0; b < shape.batch; ++b)
    for (Index j = 0; j < n; ++j) {
      const auto value = [&](const Block& labels, Index i) {
        const double id = label_at(labels.kind(), labels.at(i * labels.placement().strides[0]));
        return label_value(id, j, n, options, wide);
      };
      const double own = value(has_source ? ids : partners, b);
      const double partner = value(partners, plan.indices[nth(b)]);
      const Index at = dot(out.placement().strides, {b, j});
      put_number(out.kind(), mixed_number(wide, kept_share(plan, b), own, partner),
                 expected.memory.data() + out.offset(at));
    }
  const Block& own = has_source ? ids : partners;
  if (has_source)
    cutmix::mix_labels(plan, own.view(false), partners.view(false), n, out.view(false), options);
  else
    cutmix::mix_labels(plan, partners.view(false), n, out.view(false), options);
  REQUIRE(expected.is(out));
}

// ---- dense labels ----

// Targets, the source of their partners and an output, of the same letters or of none.
struct DenseCase {
  Plan plan;
  Block y, source, out;
  bool y_letters, source_letters, out_letters;
  std::string letters;  // the axes in some order

  bool has_source() const { return plan.shape.source >= 0; }
  const Block& partners() const { return has_source() ? source : y; }
};

inline DenseCase random_dense(Dice& dice, int least_rank, const ScalarType& in,
                              const ScalarType& out) {
  const BatchShape shape = random_batch(dice, 9);
  const int rank = static_cast<int>(dice.roll(least_rank, 4));
  const std::string base = std::string("BWCT").substr(0, nth(rank));
  Indices sizes{shape.batch};
  for (int axis = 1; axis < rank; ++axis)
    sizes.push_back(dice.roll(rank == 2 ? 0 : 1, rank == 2 ? 200 : 7));
  Indices source_sizes = sizes;
  source_sizes[0] = shape.source < 0 ? shape.batch : shape.source;

  // Views with letters have their axes in any order; those without have the others'.
  const bool lettered = rank > 1 && dice.coin();
  const int which = static_cast<int>(dice.roll(0, 2));
  const bool y_letters = lettered && which != 1, out_letters = lettered && which != 0;
  const bool source_letters = lettered && dice.coin();
  const std::string order = lettered ? shuffled(dice, base) : base;  // of views without letters
  const auto block = [&](const Indices& wanted, const ScalarType& type, bool free, bool is_output) {
    const Block made = random_block(dice, base, wanted, type, is_output);
    return Block(turned(made.placement(), free ? shuffled(dice, base) : order), type.kind,
                 type.bytes, nth(dice.roll(0, 9)));
  };
  // The first view with letters says what those without mean.
  Block y = block(sizes, in, false, false);
  Block from = block(source_sizes, in, source_letters, false);
  Block to = block(sizes, out, y_letters && out_letters, true);
  y.fill_with_numbers(dice), from.fill_with_numbers(dice);
  return {
      random_plan(dice, shape, true), y, from, to, y_letters, source_letters, out_letters, base};
}

// Calls visit(at, own, partner): the byte of the output, and the two labels that belong there.
template <class Visit>
void for_each_label(const DenseCase& labels, const Visit& visit) {
  const Placement& out = labels.out.placement();
  const Indices own = labels.y.placement().strides_of(out.letters);
  const Indices from = labels.partners().placement().strides_of(out.letters);
  const std::size_t batch = out.letters.find('B');
  for_each_place(out.sizes, [&](const Indices& at) {
    const Index b = at[batch], steps = labels.plan.indices[nth(b)] - b;
    visit(b, labels.out.offset(dot(out.strides, at)), labels.y.at(dot(own, at)),
          labels.partners().at(dot(from, at) + steps * from[batch]));
  });
}

inline void check_dense(Dice& dice) {
  ScalarType in = pick(dice, all_scalars);
  while (in.kind == ScalarKind::opaque) in = pick(dice, all_scalars);
  const bool floating = in.kind >= ScalarKind::half;
  const ScalarType to = pick(dice, floating_types);
  DenseCase labels = random_dense(dice, floating ? 1 : 2, in, to);
  INFO("in " << static_cast<int>(in.kind) << ", out " << static_cast<int>(to.kind) << ", letters "
             << labels.out.placement().letters);
  Expected expected{labels.out.memory(), {}, to.kind, to.bytes};
  const bool wide = has_wide_numbers(in.kind) || has_wide_numbers(to.kind);
  std::vector<double> kept;
  for (Index b = 0; b < labels.plan.shape.batch; ++b) kept.push_back(kept_share(labels.plan, b));
  for_each_label(labels, [&](Index b, std::size_t at, const Byte* own, const Byte* partner) {
    const double value =
        mixed_number(wide, kept[nth(b)], label_at(in.kind, own), label_at(in.kind, partner));
    put_number(to.kind, value, expected.memory.data() + at);
    if (std::isnan(value)) expected.nans.push_back(at);
  });
  const Block &y = labels.y, &source = labels.source;
  if (labels.has_source())
    cutmix::mix_labels(labels.plan, y.view(labels.y_letters), source.view(labels.source_letters),
                       labels.out.view(labels.out_letters));
  else
    cutmix::mix_labels(labels.plan, y.view(labels.y_letters), labels.out.view(labels.out_letters));
  REQUIRE(expected.is(labels.out));
}

inline void check_partners(Dice& dice) {
  const ScalarType type = pick(dice, all_scalars);
  DenseCase labels = random_dense(dice, 1, type, type);
  labels.y.fill_with_bytes(dice), labels.source.fill_with_bytes(dice);
  std::vector<Byte> expected = labels.out.memory();
  for_each_label(labels, [&](Index, std::size_t at, const Byte*, const Byte* partner) {
    std::copy(partner, partner + type.bytes, expected.begin() + static_cast<std::ptrdiff_t>(at));
  });
  const Block &y = labels.y, &source = labels.source;
  if (labels.has_source())
    cutmix::partner_labels(labels.plan, y.view(labels.y_letters),
                           source.view(labels.source_letters), labels.out.view(labels.out_letters));
  else
    cutmix::partner_labels(labels.plan, y.view(labels.y_letters),
                           labels.out.view(labels.out_letters));
  REQUIRE(labels.out.memory() == expected);
}

}  // namespace testing

#endif  // CUTMIX_TESTS_RANDOM_LABELS_HPP
