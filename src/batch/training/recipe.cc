#include "training/recipe.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/toml_reader.h"
#include "features/pair_row.h"

namespace aisle::training {
namespace {

// More windows than this back in time need more history than anybody keeps; it also bounds the work.
constexpr base::IntegerRange kCutoffs{2, 60};
constexpr base::IntegerRange kCustomers{1, 1'000'000'000};
constexpr base::IntegerRange kRows{0, std::int64_t{1} << 40};

std::vector<int> ReadCutoffs(base::TomlSection& section) {
  std::vector<int> cutoffs;
  for (const std::int64_t cutoff : section.Integers("cutoffs", kCutoffs))
    cutoffs.push_back(static_cast<int>(cutoff));
  return cutoffs;
}

void ReadTime(base::TomlSection section, Recipe& recipe) {
  recipe.window_days = static_cast<int>(section.Integer("window_days", {1, 365}, 28));
  recipe.cutoffs = ReadCutoffs(section);
  std::sort(recipe.cutoffs.begin(), recipe.cutoffs.end());
  if (std::adjacent_find(recipe.cutoffs.begin(), recipe.cutoffs.end()) != recipe.cutoffs.end())
    section.Complain("cutoffs", "names a cutoff twice");
  section.Close();
}

void ReadRows(base::TomlSection section, Recipe& recipe) {
  RowRules& rows = recipe.rows;
  const std::size_t kind =
      section.Choice("kind", {"categories", "categories_met", "pairs", "events"});
  rows.kind = static_cast<RowKind>(kind);
  if (recipe.ranks_products != (rows.kind == RowKind::kPairs || rows.kind == RowKind::kEvents)) {
    section.Complain("kind",
                     "does not fit the task: ranking has pairs or events, propensity "
                     "categories or categories_met");
  }
  rows.buyers_max = section.Integer("buyers_max", kCustomers, 0);
  rows.others_share = section.Number("others_share", 1e-4, 1, 1);
  if (rows.kind == RowKind::kPairs) {
    rows.negatives_per_customer =
        static_cast<int>(section.Integer("negatives_per_customer", {1, 100'000}));
    rows.negatives_by_popularity = section.Number("negatives_by_popularity", 0, 0.99, 0);
  }
  section.Close();
}

void ReadInputs(base::TomlSection section, Recipe& recipe) {
  recipe.inputs = section.Texts("names");
  const auto resolve =
      recipe.ranks_products ? features::ResolvePairInputs : features::ResolveCategoryInputs;
  const std::span<const std::string> names = recipe.inputs;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (const auto resolved = resolve(names.first(i + 1)); !resolved) {
      section.ComplainOfItem("names", i, "cannot be used: " + resolved.error().message);
      break;
    }
  }
  std::vector<std::string> sorted = recipe.inputs;
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice != sorted.end()) section.Complain("names", fmt::format("name '{}' twice", *twice));
  section.Close();
}

void ReadPropensity(base::TomlSection section, Recipe& recipe, base::TomlSection& top) {
  const bool used =
      std::find(recipe.inputs.begin(), recipe.inputs.end(), "propensity") != recipe.inputs.end();
  if (!section.Present()) {
    if (used) top.Complain("propensity", "is an input; say in a table [propensity] how to fill it");
    return;
  }
  if (!used) section.Complain("recipe", "is given, but 'propensity' is not among the inputs");
  InnerPropensity inner;
  inner.recipe = section.Text("recipe");
  inner.cutoffs = ReadCutoffs(section);
  // Labels of cutoff c end at cutoff c - 1: out of time means not after the earliest of ours.
  if (!inner.cutoffs.empty() && !recipe.cutoffs.empty() &&
      *std::min_element(inner.cutoffs.begin(), inner.cutoffs.end()) <= recipe.cutoffs.back()) {
    section.Complain("cutoffs",
                     fmt::format("must all be earlier than the recipe's own, so above {}",
                                 recipe.cutoffs.back()));
  }
  recipe.propensity = std::move(inner);
  section.Close();
}

void ReadLearner(base::TomlSection section, Recipe& recipe) {
  trainer::Settings& learner = recipe.learner;
  const std::vector<std::string_view> objectives = {"binary:logistic", "rank:ndcg",
                                                    "rank:pairwise"};
  learner.objective = objectives[section.Choice("objective", objectives, 0)];
  if (recipe.LearnsToRank() && recipe.rows.kind != RowKind::kPairs)
    section.Complain("objective", "that ranks needs rows of kind 'pairs'");
  learner.rounds = static_cast<int>(section.Integer("rounds", {1, 5000}));
  learner.max_depth = static_cast<int>(section.Integer("max_depth", {1, 12}));
  learner.learning_rate = section.Number("learning_rate", 1e-4, 1);
  learner.min_child_weight = section.Number("min_child_weight", 0, 1e9, 1);
  learner.subsample = section.Number("subsample", 0.01, 1, 1);
  learner.colsample_bytree = section.Number("colsample_bytree", 0.01, 1, 1);
  learner.lambda = section.Number("lambda", 0, 1e9, 1);
  if (const double step = section.Number("max_delta_step", 0, 100, 0); step > 0)
    learner.extra.emplace_back("max_delta_step", fmt::format("{}", step));
  learner.max_bin = static_cast<int>(section.Integer("max_bin", {2, 1024}, 256));
  recipe.balance_classes = section.Flag("balance_classes", false);
  if (recipe.balance_classes && recipe.LearnsToRank())
    section.Complain("balance_classes", "has no meaning for an objective that ranks");
  section.Close();
}

void ReadValidation(base::TomlSection section, Recipe& recipe) {
  ValidationRules& rules = recipe.validation;
  rules.cutoff = static_cast<int>(section.Integer("cutoff", kCutoffs));
  if (!recipe.cutoffs.empty() && rules.cutoff >= recipe.cutoffs.front()) {
    section.Complain("cutoff", fmt::format("must be later than the training's, so below {}",
                                           recipe.cutoffs.front()));
  }
  rules.buyers_max = section.Integer("buyers_max", kCustomers, 0);
  if (recipe.ranks_products) {
    rules.ranked_customers = static_cast<int>(section.Integer("ranked_customers", {1, 100'000}));
    rules.ranked_products = static_cast<int>(section.Integer("ranked_products", {1, 1'000'000}));
  }
  rules.calibrate = section.Flag("calibrate", false);
  if (recipe.LearnsToRank() && !rules.calibrate)
    section.Complain("calibrate", "must be true: margins of an objective that ranks are no odds");
  section.Close();
}

void ReadGates(base::TomlSection section, Recipe& recipe) {
  recipe.gates.rows_min = section.Integer("rows_min", kRows, 0);
  recipe.gates.positives_min = section.Integer("positives_min", kRows, 0);
  recipe.gates.auc_min = section.Number("auc_min", 0, 1, 0);
  recipe.gates.worse_by_at_most =
      section.Number("worse_by_at_most", 0, 1, recipe.gates.worse_by_at_most);
  recipe.gates.calibrated_within =
      section.Number("calibrated_within", 1, 1e9, recipe.gates.calibrated_within);
  if (recipe.ranks_products)
    recipe.gates.ndcg_above_popularity = section.Flag("ndcg_above_popularity", false);
  section.Close();
}

void ReadServing(base::TomlSection section, Recipe& recipe) {
  if (recipe.ranks_products)
    recipe.propensity_blend = section.Number("propensity_blend", 0, 0.99, 0);
  section.Close();
}

}  // namespace

int Recipe::EarliestCutoff() const {
  int earliest = cutoffs.back();
  if (propensity) {
    earliest = std::max(earliest,
                        *std::max_element(propensity->cutoffs.begin(), propensity->cutoffs.end()));
  }
  return earliest;
}

Result<Recipe> ParseRecipe(std::string_view text, std::string_view file) {
  base::TomlFile document({file, text});
  Recipe recipe;
  recipe.text = text;
  base::TomlSection top = document.Top();
  recipe.name = top.Text("name");
  recipe.model = top.Text("model");
  if (recipe.model.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != std::string::npos)
    top.Complain("model", "may hold lower-case letters, digits and _");
  recipe.ranks_products = top.Choice("task", {"propensity", "ranking"}) == 1;
  // In this order: each looks at what the ones before it said.
  ReadTime(top.Table("time"), recipe);
  ReadRows(top.Table("rows"), recipe);
  ReadInputs(top.Table("inputs"), recipe);
  ReadPropensity(top.Table("propensity"), recipe, top);
  ReadLearner(top.Table("learner"), recipe);
  ReadValidation(top.Table("validation"), recipe);
  ReadGates(top.Table("gates"), recipe);
  ReadServing(top.Table("serving"), recipe);
  top.Close();
  AISLE_CHECK(document.Verdict());
  return recipe;
}

}  // namespace aisle::training
