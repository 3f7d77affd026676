#include "training/promotion.h"

#include <fmt/format.h>

#include <cmath>

#include "training/recipe.h"

namespace aisle::training {
namespace {

constexpr const char* kPromoted = "promoted";
constexpr const char* kForced = "forced";

// The propensity that is served beside the model: its own family's, or else the other.
std::optional<ranking::ModelSpec> ServedPropensity(const registry::Registry& registry,
                                                   const std::string& model) {
  std::vector<std::string> names = {"propensity", "propensity_reference"};
  if (model.ends_with("_reference")) std::swap(names[0], names[1]);
  for (const std::string& name : names) {
    const auto version = registry.Resolve(name, registry::kChampion);
    if (!version) continue;
    const auto loaded = registry.Load(name, *version);
    if (!loaded) continue;
    if (auto spec = ranking::SpecOf(*loaded)) return *std::move(spec);
  }
  return std::nullopt;
}

// Whether the recipe a version was made by is of another task. One that this build cannot read says nothing.
bool IsOfAnotherTask(const registry::Manifest& manifest, const Recipe& recipe) {
  const auto own = ParseRecipe(manifest.recipe_text, "");
  return own && own->ranks_products != recipe.ranks_products;
}

const char* MetricTitle(const std::string& metric) { return metric == "auc" ? "AUC" : "NDCG@10"; }

std::string Beside(const registry::Promotion& promotion) {
  return fmt::format("{} {:.4f} against {:.4f} of {}, {:+.4f} [{:+.4f} {:+.4f}] on {} customers",
                     MetricTitle(promotion.metric), promotion.ours, promotion.theirs,
                     promotion.with, promotion.difference, promotion.low, promotion.high,
                     promotion.customers);
}

// Why the comparison keeps the new version back; empty: it does not.
std::string ComparisonLost(const registry::Promotion& promotion) {
  const double most = promotion.worse_by_at_most;
  if (promotion.customers < 2) {
    return fmt::format(
        "worse_by_at_most: {} customers could be compared on, too few to tell from {}",
        promotion.customers, promotion.with);
  }
  if (promotion.low >= -most) return "";
  const char* why = promotion.high < 0 ? "it is worse"
                    : promotion.difference < -most
                        ? "it looks worse"
                        : "too few customers to show that it is not worse";
  return fmt::format("worse_by_at_most: {}; {}: it may be {:.4f} worse, and {} is the most",
                     Beside(promotion), why, -promotion.low, most);
}

}  // namespace

void Opponent::NotScored(const Error& why) {
  notes.push_back(
      fmt::format("{} cannot be scored, so nothing was compared: {}", champion->name, why.message));
  champion.reset();
}

Result<Opponent> FindOpponent(const registry::Registry& registry, const Recipe& recipe,
                              base::Timestamp held_out) {
  Opponent opponent;
  AISLE_TRY(const auto aliases, registry.Aliases(recipe.model));
  const auto alias = aliases.find(registry::kChampion);
  if (alias == aliases.end()) {
    opponent.notes.push_back(
        fmt::format("there is no champion of {} to compare with", recipe.model));
    return opponent;
  }
  const std::string name = fmt::format("{}/{}", recipe.model, alias->second);
  const auto loaded = registry.Load(recipe.model, alias->second);
  auto spec = loaded ? ranking::SpecOf(*loaded) : std::unexpected(loaded.error());
  if (!spec) {
    opponent.champion = Opponent::Champion{.name = name, .spec = {}};
    opponent.NotScored(spec.error());
    return opponent;
  }
  if (IsOfAnotherTask(loaded->manifest, recipe)) {
    opponent.objections.push_back(
        fmt::format("{} {}, and this recipe's does not: give its `model` a name of its own", name,
                    recipe.ranks_products ? "is a propensity" : "ranks products"));
    return opponent;
  }
  if (loaded->manifest.window_until > held_out) {
    opponent.notes.push_back(fmt::format(
        "{} learnt from labels until {}, so it knows some of the days after {} on which both are "
        "judged: its figure is too good",
        name, base::FormatTimestamp(loaded->manifest.window_until),
        base::FormatTimestamp(held_out)));
  }
  if (recipe.ranks_products) opponent.propensity = ServedPropensity(registry, recipe.model);
  opponent.champion = Opponent::Champion{.name = name, .spec = *std::move(spec)};
  return opponent;
}

std::vector<std::string> FailedGates(const Recipe& recipe, std::int64_t rows,
                                     std::int64_t positives, const Verdict& verdict) {
  std::vector<std::string> failed;
  const Gates& gates = recipe.gates;
  if (rows < gates.rows_min)
    failed.push_back(fmt::format("rows_min: {} rows, {} wanted", rows, gates.rows_min));
  if (positives < gates.positives_min) {
    failed.push_back(
        fmt::format("positives_min: {} positive rows, {} wanted", positives, gates.positives_min));
  }
  const double auc = verdict.metrics.at("validation_auc");
  if (!(auc >= gates.auc_min))
    failed.push_back(fmt::format("auc_min: validation AUC {:.4f}, {} wanted", auc, gates.auc_min));
  const double ratio = verdict.metrics.at("validation_expected_over_actual_served");
  if (!(ratio <= gates.calibrated_within && ratio >= 1 / gates.calibrated_within)) {
    failed.push_back(fmt::format(
        "calibrated_within: expected / actual {:.4g}, wanted {:.3g} to {:.3g} ([validation] "
        "calibrate = true fits it)",
        ratio, 1 / gates.calibrated_within, gates.calibrated_within));
  }
  if (gates.ndcg_above_popularity) {
    const auto ours = verdict.metrics.find("validation_ndcg_at_10");
    if (ours == verdict.metrics.end()) {
      failed.emplace_back("ndcg_above_popularity: no customer could be ranked");
    } else if (const double other = verdict.metrics.at("validation_ndcg_at_10_popularity");
               !(ours->second > other)) {
      failed.push_back(
          fmt::format("ndcg_above_popularity: validation NDCG@10 {:.4f}, popularity {:.4f}",
                      ours->second, other));
    }
  }
  return failed;
}

registry::Promotion Decide(const Recipe& recipe, Promote asked, const Opponent& opponent,
                           std::vector<std::string> failed_gates, const Verdict& verdict) {
  registry::Promotion promotion;
  promotion.objections = std::move(failed_gates);
  promotion.notes = opponent.notes;
  promotion.objections.insert(promotion.objections.end(), opponent.objections.begin(),
                              opponent.objections.end());
  if (opponent.champion && verdict.comparison) {
    const PairedDifference& difference = verdict.comparison->difference;
    promotion.with = opponent.champion->name;
    promotion.metric = verdict.comparison->metric;
    promotion.worse_by_at_most = recipe.gates.worse_by_at_most;
    if (std::isfinite(difference.low)) {
      promotion.customers = difference.customers;
      promotion.ours = difference.ours;
      promotion.theirs = difference.theirs;
      promotion.difference = difference.value;
      promotion.low = difference.low;
      promotion.high = difference.high;
    }
    if (std::string lost = ComparisonLost(promotion); !lost.empty())
      promotion.objections.push_back(std::move(lost));
  }
  promotion.decision = asked == Promote::kNever       ? "not asked"
                       : promotion.objections.empty() ? kPromoted
                       : asked == Promote::kForced    ? kForced
                                                      : "kept";
  return promotion;
}

bool IsPromoted(const registry::Promotion& promotion) {
  return promotion.decision == kPromoted || promotion.decision == kForced;
}

}  // namespace aisle::training
