// The library's options as command-line options.
#ifndef CUTMIX_EXAMPLES_MIXING_OPTIONS_HPP
#define CUTMIX_EXAMPLES_MIXING_OPTIONS_HPP

#include <cutmix/cutmix.hpp>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "command_line.hpp"

namespace examples {

using NamedLaws = std::vector<std::pair<std::string, cutmix::BoxLaw>>;

inline NamedLaws box_laws() {
  return {{"reference", cutmix::ReferenceLaw{}},
          {"uniform", cutmix::UniformLaw{}},
          {"inside", cutmix::InsideLaw{}},
          {"min-max", cutmix::MinMaxLaw{0.2, 0.8}}};
}

inline void add_mixing_options(CommandLine& line, cutmix::Options& options) {
  using cutmix::Pairing;
  using cutmix::Scope;
  line.number("alpha", "lambda is drawn from Beta(alpha, alpha)", options.alpha, 0,
              std::numeric_limits<double>::infinity());
  line.number("prob", "how often to mix at all", options.prob, 0, 1);
  line.choice<Scope>("scope", "one box for the batch or for each sample",
                     {{"batch", Scope::batch}, {"sample", Scope::sample}}, options.scope);
  line.choice("box-law", "where the boxes lie", box_laws(), options.box_law);
  line.choice<Pairing>("pairing", "who is mixed with whom",
                       {{"random", Pairing::random},
                        {"derangement", Pairing::derangement},
                        {"reversed", Pairing::reversed},
                        {"rolled", Pairing::rolled}},
                       options.pairing);
  line.number("label-smoothing", "spread this much of each label over all classes",
              options.labels.smoothing, 0, 1);
}

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_MIXING_OPTIONS_HPP
