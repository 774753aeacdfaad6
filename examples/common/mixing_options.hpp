// The library's options as command-line options. The library itself says which values are legal.
#ifndef CUTMIX_EXAMPLES_COMMON_MIXING_OPTIONS_HPP
#define CUTMIX_EXAMPLES_COMMON_MIXING_OPTIONS_HPP

#include <cutmix/cutmix.hpp>

#include "command_line.hpp"

namespace examples {

inline Named<cutmix::BoxLaw> box_laws() {
  return {{"reference", cutmix::ReferenceLaw{}},
          {"uniform", cutmix::UniformLaw{}},
          {"inside", cutmix::InsideLaw{}},
          {"min-max", cutmix::MinMaxLaw{0.2, 0.8}}};
}

inline void add_mixing_options(CLI::App& app, cutmix::Options& options) {
  using cutmix::Pairing;
  using cutmix::Scope;
  app.add_option("--alpha", options.alpha, "lambda is drawn from Beta(alpha, alpha)");
  app.add_option("--prob", options.prob, "how often to mix at all");
  add_choice<Scope>(app, "--scope", options.scope,
                    {{"batch", Scope::batch}, {"sample", Scope::sample}, {"pair", Scope::pair}},
                    "one box for the batch, for each sample, or for each pair (pairing reversed)");
  add_choice(app, "--box-law", options.box_law, box_laws(), "where the boxes lie");
  add_choice<Pairing>(app, "--pairing", options.pairing,
                      {{"random", Pairing::random},
                       {"derangement", Pairing::derangement},
                       {"reversed", Pairing::reversed},
                       {"rolled", Pairing::rolled}},
                      "who is mixed with whom");
  app.add_option("--mixup-prob", options.mixup_prob, "how often MixUp takes CutMix's place");
  app.add_option("--mixup-alpha", options.mixup_alpha,
                 "MixUp's lambda is drawn from Beta(alpha, alpha)");
  app.add_option("--label-smoothing", options.labels.smoothing,
                 "spread this much of each label over all classes");
}

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_COMMON_MIXING_OPTIONS_HPP
