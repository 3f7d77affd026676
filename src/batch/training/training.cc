#include "training/training.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <thread>

#include "base/files.h"
#include "base/named_text.h"
#include "base/stopwatch.h"
#include "features/pair_row.h"
#include "gold/activity_index.h"
#include "ranking/ranking.h"
#include "training/embedded.h"
#include "training/fingerprint.h"
#include "training/promotion.h"
#include "training/recipe.h"
#include "training/rows.h"
#include "training/source.h"
#include "training/validation.h"

namespace aisle::training {
namespace {

constexpr std::array<base::NamedText, 6> kShipped = {
    embedded::kPropensityDefault, embedded::kRankingDefault,  embedded::kPropensityReference,
    embedded::kRankingReference,  embedded::kPropensitySmall, embedded::kRankingSmall};

// "training/recipes/ranking_default.toml" -> "ranking_default".
std::string_view Stem(std::string_view path) {
  path.remove_prefix(path.rfind('/') + 1);
  return path.substr(0, path.rfind('.'));
}

bool IsPath(const std::string& name_or_path) {
  return name_or_path.find('/') != std::string::npos || name_or_path.ends_with(".toml");
}

// How messages call the recipe's text.
std::string FileOf(const std::string& name_or_path) {
  return IsPath(name_or_path) ? name_or_path : "recipes/" + name_or_path + ".toml";
}

// Hands out where a training is: steps of equal length, numbered from 0.
class Steps {
 public:
  Steps(const TrainOptions& options, int count) : options_(&options), count_(count) {}
  void Begin(std::string name) {
    name_ = std::move(name);
    ++begun_;
  }
  // `part` of the present step, 0..1.
  Status At(double part) const {
    const double share = (begun_ - 1 + part) / count_;
    if (!options_->progress || options_->progress(name_, std::clamp(share, 0.0, 1.0))) return {};
    return Fail(ErrorCode::kUnavailable, "cancelled");
  }
  bool Goes(double part) const { return At(part).has_value(); }

 private:
  const TrainOptions* options_;
  int count_;
  int begun_ = 0;
  std::string name_;
};

// One cutoff's catalogue and what happened in the window after it.
struct Snapshot {
  base::Timestamp cutoff;
  features::Catalogue catalogue;
  std::optional<features::CatalogueView> view;
  std::optional<gold::ActivityIndex> happened;
  std::int64_t buyers = 0;
};

struct Learned {
  std::string ubjson;
  std::int64_t rows = 0;
  std::int64_t positives = 0;
};

class Training {
 public:
  Training(const Source& source, const TrainOptions& options, const Recipe& recipe, int steps)
      : source_(&source), options_(&options), recipe_(&recipe), steps_(options, steps) {}

  Result<TrainReport> Run(const registry::Registry& registry);

 private:
  base::Timestamp CutoffTime(int windows, int window_days) const {
    return options_->as_of - windows * window_days * base::kDay;
  }
  Status ReadSnapshot(int cutoff, int window_days, Snapshot& snapshot);
  // Visits the customers who are wanted, with what they did in the window.
  Status ReadCustomers(
      const Snapshot& snapshot,
      const std::function<bool(domain::CustomerId, std::span<const gold::Activity>)>& wants,
      const std::function<void(const features::CustomerRecord&, std::span<const gold::Activity>,
                               std::span<const float>)>& visit);
  Result<Learned> Fit(const Recipe& recipe, const std::vector<int>& cutoffs);
  Status FitInner();
  Result<Verdict> Validate(const Learned& learned, Opponent& opponent);
  Result<registry::Manifest> MakeManifest(const Learned& learned, const Verdict& verdict);

  const Source* source_;
  const TrainOptions* options_;
  const Recipe* recipe_;
  Steps steps_;
  std::optional<ranking::ModelSpec> inner_;     // Of the model that fills the input `propensity`.
  std::optional<domain::RetailerShape> shape_;  // Of the last catalogue read.
  double read_seconds_ = 0;
  double learn_seconds_ = 0;
};

Status Training::ReadSnapshot(int cutoff, int window_days, Snapshot& snapshot) {
  snapshot.cutoff = CutoffTime(cutoff, window_days);
  steps_.Begin(fmt::format("read {}", base::FormatTimestamp(snapshot.cutoff)));
  AISLE_CHECK(steps_.At(0));
  AISLE_TRY(snapshot.catalogue, source_->catalogue(snapshot.cutoff));
  shape_ = snapshot.catalogue.shape;
  AISLE_TRY(std::vector<gold::Activity> activity,
            source_->activity(snapshot.cutoff, snapshot.cutoff + window_days * base::kDay));
  if (snapshot.catalogue.products.empty() || activity.empty()) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("too little history: nothing is known as of {}, or nothing happened in "
                            "the {} days after; recipe '{}' needs {} days before {}; for a short "
                            "history there are propensity_small and ranking_small (`aisle import "
                            "--check` says what is there)",
                            base::FormatTimestamp(snapshot.cutoff), window_days, recipe_->name,
                            (recipe_->EarliestCutoff() + 1) * recipe_->window_days,
                            base::FormatTimestamp(options_->as_of)));
  }
  snapshot.view.emplace(snapshot.catalogue);
  snapshot.happened.emplace(std::move(activity));
  snapshot.buyers = snapshot.happened->Buyers(snapshot.catalogue);
  return {};
}

Status Training::ReadCustomers(
    const Snapshot& snapshot,
    const std::function<bool(domain::CustomerId, std::span<const gold::Activity>)>& wants,
    const std::function<void(const features::CustomerRecord&, std::span<const gold::Activity>,
                             std::span<const float>)>& visit) {
  std::optional<ranking::CategoryScorer> scorer;
  if (inner_) {
    AISLE_TRY(scorer, ranking::CategoryScorer::Make(*inner_, *snapshot.view));
  }
  std::vector<float> propensity(inner_ ? snapshot.catalogue.categories.size() : 0);
  ranking::Scratch scratch;
  AISLE_TRY(gold::CustomerIds ids, source_->customer_ids(snapshot.cutoff));
  const std::size_t everybody = ids.size();
  std::erase_if(ids, [&](domain::CustomerId customer) {
    return !wants(customer, snapshot.happened->Of(customer));
  });
  const std::size_t wanted = ids.size();
  std::optional<gold::CustomerIds> only;
  if (wanted < everybody) only = std::move(ids);
  std::size_t seen = 0;
  return source_->customers(
      snapshot.catalogue, snapshot.cutoff,
      [&](features::CustomerRecord&& customer) -> Status {
        if (++seen % 1024 == 0)
          AISLE_CHECK(steps_.At(static_cast<double>(seen) / static_cast<double>(wanted)));
        if (scorer) scorer->Score(customer, snapshot.cutoff, scratch, propensity);
        visit(customer, snapshot.happened->Of(customer.customer), propensity);
        return {};
      },
      only);
}

Result<Learned> Training::Fit(const Recipe& recipe, const std::vector<int>& cutoffs) {
  const base::Stopwatch reading;
  RowSet rows;
  for (const int cutoff : cutoffs) {
    Snapshot snapshot;
    AISLE_CHECK(ReadSnapshot(cutoff, recipe.window_days, snapshot));
    AISLE_TRY(const RowWriter writer, RowWriter::Make(recipe, *snapshot.view, snapshot.cutoff,
                                                      snapshot.buyers, options_->seed));
    AISLE_CHECK(ReadCustomers(
        snapshot, [&](auto customer, auto happened) { return writer.Wants(customer, happened); },
        [&](const auto& customer, auto happened, auto propensity) {
          writer.Write(customer, happened, propensity, rows);
        }));
  }
  read_seconds_ += reading.Seconds();
  if (rows.positives == 0 || rows.positives == rows.RowCount()) {
    return Fail(
        ErrorCode::kFailedPrecondition,
        fmt::format("recipe '{}': {} of {} rows are positive; both kinds are needed (rows of "
                    "kind 'events' and 'categories_met' need views or carts beside the purchases)",
                    recipe.name, rows.positives, rows.RowCount()));
  }

  const base::Stopwatch learning;
  trainer::Dataset& data = rows.dataset;
  data.feature_count = recipe.inputs.size();
  data.feature_names = recipe.inputs;
  if (recipe.LearnsToRank()) data.weights.clear();
  trainer::Settings settings = recipe.learner;
  settings.seed = options_->seed & 0x7fffffffU;
  settings.threads = options_->threads > 0
                         ? options_->threads
                         : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  if (recipe.balance_classes) {
    double positive = 0;
    double all = 0;
    for (std::size_t i = 0; i < data.labels.size(); ++i) {
      all += static_cast<double>(data.weights[i]);
      if (data.labels[i] > 0) positive += static_cast<double>(data.weights[i]);
    }
    settings.scale_pos_weight = (all - positive) / positive;
  }
  steps_.Begin(fmt::format("learn {}", recipe.name));
  AISLE_CHECK(steps_.At(0));
  AISLE_TRY(trainer::TrainedModel model, trainer::Train(data, settings, [&](int done) {
              return steps_.Goes(static_cast<double>(done) / settings.rounds);
            }));
  learn_seconds_ += learning.Seconds();
  return Learned{std::move(model.ubjson), rows.RowCount(), rows.positives};
}

Status Training::FitInner() {
  AISLE_TRY(const std::string text, RecipeText(recipe_->propensity->recipe));
  AISLE_TRY(const Recipe inner, ParseRecipe(text, FileOf(recipe_->propensity->recipe)));
  if (inner.ranks_products || inner.window_days != recipe_->window_days) {
    return Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("recipe '{}': [propensity] recipe '{}' must be a propensity recipe with "
                    "the same window",
                    recipe_->name, inner.name));
  }
  AISLE_TRY(Learned learned, Fit(inner, recipe_->propensity->cutoffs));
  inner_ = ranking::ModelSpec{.ubjson = std::move(learned.ubjson), .inputs = inner.inputs};
  return {};
}

Result<Verdict> Training::Validate(const Learned& learned, Opponent& opponent) {
  const base::Stopwatch reading;
  Snapshot snapshot;
  AISLE_CHECK(ReadSnapshot(recipe_->validation.cutoff, recipe_->window_days, snapshot));
  AISLE_TRY(Validation validation,
            Validation::Make(*recipe_, learned.ubjson, *snapshot.view, snapshot.cutoff,
                             snapshot.buyers, options_->seed));
  if (opponent.champion) {
    if (const Status added = validation.AddChampion(opponent.champion->spec); !added)
      opponent.NotScored(added.error());
  }
  // A recipe without an inner propensity is judged with the one that would be served beside it.
  if (!inner_ && opponent.propensity &&
      ranking::CategoryScorer::Make(*opponent.propensity, *snapshot.view))
    inner_ = opponent.propensity;
  AISLE_CHECK(ReadCustomers(
      snapshot, [&](auto customer, auto happened) { return validation.Wants(customer, happened); },
      [&](const auto& customer, auto happened, auto propensity) {
        validation.Add(customer, happened, propensity);
      }));
  auto verdict = validation.Finish();
  read_seconds_ += reading.Seconds();
  return verdict;
}

Result<registry::Manifest> Training::MakeManifest(const Learned& learned, const Verdict& verdict) {
  registry::Manifest manifest;
  manifest.model = recipe_->model;
  manifest.created = base::Now();
  manifest.recipe = recipe_->name;
  manifest.recipe_text = recipe_->text;
  const auto definitions =
      recipe_->ranks_products ? features::PairInputs() : features::CategoryInputs();
  for (const std::string& name : recipe_->inputs) {
    const auto definition = std::find_if(definitions.begin(), definitions.end(),
                                         [&](const auto& input) { return input.name == name; });
    AISLE_ASSERT(definition != definitions.end());
    // By role; whether a pair input is monotone is this build's business.
    constexpr std::array<const char*, 4> kRoles = {"request", "product", "pair", "pair"};
    manifest.inputs.push_back({name, "float", kRoles[static_cast<std::size_t>(definition->role)]});
  }
  manifest.objective = recipe_->learner.objective;
  for (const int cutoff : recipe_->cutoffs)
    manifest.cutoffs.push_back(CutoffTime(cutoff, recipe_->window_days));
  manifest.window_from = manifest.cutoffs.back();
  manifest.window_until = CutoffTime(recipe_->cutoffs.front() - 1, recipe_->window_days);
  manifest.train_rows = learned.rows;
  manifest.positive_rows = learned.positives;
  AISLE_TRY(manifest.data_fingerprint, source_->fingerprint(shape_->Money().code));
  manifest.tiers = shape_->TierNames();
  manifest.calibration_slope = verdict.calibration.slope;
  manifest.calibration_offset = verdict.calibration.offset;
  manifest.propensity_blend = recipe_->propensity_blend;
  manifest.metrics = verdict.metrics;
  manifest.library_versions = {{"xgboost", trainer::XgboostVersion()}};
  return manifest;
}

Result<TrainReport> Training::Run(const registry::Registry& registry) {
  const base::Timestamp held_out = CutoffTime(recipe_->validation.cutoff, recipe_->window_days);
  AISLE_TRY(Opponent opponent, FindOpponent(registry, *recipe_, held_out));
  if (recipe_->propensity) AISLE_CHECK(FitInner());
  AISLE_TRY(const Learned learned, Fit(*recipe_, recipe_->cutoffs));
  AISLE_TRY(const Verdict verdict, Validate(learned, opponent));
  TrainReport report;
  report.model = recipe_->model;
  report.rows = learned.rows;
  report.positives = learned.positives;
  report.read_seconds = read_seconds_;
  report.learn_seconds = learn_seconds_;
  report.promotion =
      Decide(*recipe_, options_->promote, opponent,
             FailedGates(*recipe_, learned.rows, learned.positives, verdict), verdict);
  report.promoted = IsPromoted(report.promotion);
  AISLE_TRY(registry::Manifest manifest, MakeManifest(learned, verdict));
  manifest.promotion = report.promotion;
  AISLE_CHECK(steps_.At(1));
  AISLE_TRY(report.version, registry.Add(std::move(manifest), learned.ubjson, report.promoted));
  return report;
}

}  // namespace

std::vector<std::string> ShippedRecipes() {
  std::vector<std::string> names;
  for (const base::NamedText& recipe : kShipped) names.emplace_back(Stem(recipe.name));
  return names;
}

Result<std::string> RecipeText(const std::string& name_or_path) {
  if (IsPath(name_or_path)) return base::ReadFile(name_or_path);
  for (const base::NamedText& recipe : kShipped) {
    if (Stem(recipe.name) == name_or_path) return std::string(recipe.text);
  }
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("no recipe '{}'; this build has {}; or give the path of a .toml file",
                          name_or_path, fmt::join(ShippedRecipes(), ", ")));
}

Result<TrainReport> TrainFrom(const Source& source, const registry::Registry& registry,
                              const std::string& recipe, const TrainOptions& options) {
  AISLE_TRY(const std::string text, RecipeText(recipe));
  AISLE_TRY(const Recipe parsed, ParseRecipe(text, FileOf(recipe)));
  // One step per cutoff that is read and per model that is learnt.
  int steps = static_cast<int>(parsed.cutoffs.size()) + 2;
  if (parsed.propensity) steps += static_cast<int>(parsed.propensity->cutoffs.size()) + 1;
  return Training(source, options, parsed, steps).Run(registry);
}

Result<TrainReport> Train(warehouse::Database& database, const registry::Registry& registry,
                          const std::string& recipe, const TrainOptions& options) {
  AISLE_TRY(warehouse::Connection connection, database.Connect());
  Source source;
  source.catalogue = [&](base::Timestamp as_of) { return gold::ReadCatalogue(connection, as_of); };
  source.customer_ids = [&](base::Timestamp as_of) {
    return gold::ReadCustomerIds(connection, as_of);
  };
  source.customers = [&](const features::Catalogue& catalogue, base::Timestamp as_of,
                         const TakeCustomer& take, const std::optional<gold::CustomerIds>& only) {
    return gold::ReadCustomers(database, catalogue, as_of, take, only);
  };
  source.activity = [&](base::Timestamp from, base::Timestamp until) {
    return gold::ReadActivity(connection, from, until);
  };
  source.fingerprint = [&](const std::string& currency) {
    return Fingerprint(connection, options.as_of, currency);
  };
  return TrainFrom(source, registry, recipe, options);
}

}  // namespace aisle::training
