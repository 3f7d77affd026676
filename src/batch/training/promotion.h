// Whether a new version becomes champion: its recipe's gates, and the comparison with the champion.
//
// FindOpponent before learning, Decide after the validation. A new version is promoted when every gate passes: it is
// calibrated within the recipe's bound, and the lower end of the difference's 95 % interval is not below
// -worse_by_at_most, so that it is better or at least not worse. docs/decisions/0021 has the reasons.
//
//   missing  no champion, or one that serving could not use either (damaged, other tiers, inputs of another build): the
//            other gates decide, and a note says so. A champion of another task under the same name: not promoted.
//   threads  pure, but for reading the registry.
//   errors   FindOpponent: kInternal when the aliases cannot be read, since nothing could be promoted then.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ranking/ranking.h"
#include "registry/registry.h"
#include "training/training.h"
#include "training/validation.h"

namespace aisle::training {

struct Opponent {
  struct Champion {
    std::string name;  // "ranking/1"
    ranking::ModelSpec spec;
  };
  std::optional<Champion> champion;  // One that can be compared with.
  // What fills the input `propensity`, and what is blended in, where the recipe fits none of its own.
  std::optional<ranking::ModelSpec> propensity;
  std::vector<std::string> notes;
  std::vector<std::string> objections;

  // The champion cannot be scored.
  void NotScored(const Error& why);
};

// `held_out`: where the window begins on which both are judged.
Result<Opponent> FindOpponent(const registry::Registry& registry, const Recipe& recipe,
                              base::Timestamp held_out);

// Names of the gates that fail, with the figures; empty: all pass. Without the comparison.
std::vector<std::string> FailedGates(const Recipe& recipe, std::int64_t rows,
                                     std::int64_t positives, const Verdict& verdict);

registry::Promotion Decide(const Recipe& recipe, Promote asked, const Opponent& opponent,
                           std::vector<std::string> failed_gates, const Verdict& verdict);
bool IsPromoted(const registry::Promotion& promotion);

}  // namespace aisle::training
