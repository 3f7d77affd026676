// How good the models are on the last window, beside plain baselines and the oracle.
//
// The cutoff is as_of - window. For each customer with a purchase in [cutoff, as_of) every contender
// ranks the catalogue of the cutoff; what they bought says who was right. Models score as they are
// served: the same scorers, the propensity champion as their input or blend, the same selection. The
// oracle's lists (oracle.top_products) stand beside them where they exist.
//
//   units    metrics are shares in [0, 1]; intervals are 95 % percentile bootstraps over customers,
//            1,000 draws, paired for differences.
//   order    contenders in the order of the table.
//   warnings a model that learned from what happened in the window, or after it, is ranked all the
//            same and named.
//   missing  a metric that cannot be had (no oracle, no model) is left out and its reason listed.
//   threads  EvaluateOptions::threads; the figures do not depend on it.
//            Calibration of rankings is over pairs of buyers and of a sample of the others, weighted up.
//   errors   as gold's, the registry's and panel.h's; kFailedPrecondition: nobody bought anything in the window.
//   cost     about 5 ms per ranked customer and 2,000 products, divided by the threads; with ablations
//            two to four times as much.
//   source   NDCG@10 binary, ideal DCG of min(10, relevant); Recall@20 = hits / relevant.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "evaluation/slices.h"
#include "registry/registry.h"
#include "warehouse/warehouse.h"

namespace aisle::evaluation {

struct Estimate {
  double value = 0;
  double low = 0;
  double high = 0;
};

struct Contender {
  std::string name;  // "ranking/2", "popularity_region", "popularity_own_categories",
                     // "personal_frequency", "oracle"
  std::string definition;
  // Those of kMetricNames (examiner.h: "ndcg_at_10", ...), and "coverage_at_10" (share of the catalogue in
  // anybody's first ten; no interval). With the suffix "_new": only products the
  // customer never viewed, carted or bought before the cutoff are ranked, and only those count.
  // A model also has "expected_over_actual".
  std::map<std::string, Estimate> metrics;
  std::vector<CalibrationBin> calibration;  // Of a model; slices.h says what its bins are.
};

// NDCG@10 of the customers of one kind.
struct Slice {
  std::string by;     // "tier"
  std::string value;  // "Gold"
  std::int64_t customers = 0;
  std::vector<Estimate> ndcg_at_10;  // In the order of Report::ranking.
};

struct Difference {
  std::string better;  // Contender names; of two models, the one named first, whichever is better.
  std::string worse;
  std::string metric;
  Estimate estimate;  // Paired: better - worse; in Report::shares: worse / better.
};

// A ranking with one group of its inputs missing (features::InputGroup): NaN, for the model that was trained with it.
struct Blanked {
  std::string group;
  std::vector<std::string>
      inputs;  // Of the model and of this group; empty: a propensity that is only blended.
  // NDCG@10, Recall@20 and hit rate, each also "_new"; and paired: so much more than the whole model, so below 0
  // where it leans on the group.
  std::map<std::string, Estimate> metrics;
  std::map<std::string, Estimate> differences;
};
struct Ablation {
  std::string model;            // Name of a contender, the whole model.
  std::vector<Blanked> groups;  // What is missed most by NDCG@10 comes first.
};

struct Report {
  base::Timestamp cutoff{};
  base::Timestamp as_of{};
  std::int64_t customers = 0;      // Ranked.
  std::int64_t customers_new = 0;  // With a purchase of a product never touched before.
  std::int64_t customers_all = 0;  // With or without a purchase; the propensity's.
  std::int64_t catalogue = 0;      // Products ranked.
  std::vector<Contender> ranking;
  std::vector<Contender>
      propensity;  // Over (customer, category): "auc", "auc_within_customer", "expected_over_actual".
  std::vector<Difference> differences;
  std::vector<Difference> shares;     // Of the oracle.
  std::vector<Slice> slices;          // Kinds with a customer who was ranked.
  std::vector<Ablation> ablations;    // Of the rankings that are models; empty unless asked for.
  std::vector<std::string> warnings;  // Why a figure is too good to be believed.
  std::vector<std::string> left_out;  // What is missing, and why.
};

struct EvaluateOptions {
  base::Timestamp as_of{};
  // Versions, aliases, models and files, as panel.h reads them; none: the champions.
  std::vector<std::string> models = {};
  int window_days = 28;
  std::int64_t customers_max = 10'000;  // By id; the oracle ranks the first 10,000 too.
  // Larger catalogues are cut to the products with most buyers, and the report says so.
  std::int64_t catalogue_max = 10'000;
  bool ablate = false;  // Rankings once more for each group of their inputs.
  std::uint64_t seed = 1;
  int threads = 0;  // 0: one per core.
};

// Those of options.models, or the champions of "ranking", "propensity" and their reference twins, where they exist.
Result<Report> Evaluate(warehouse::Database& database, const registry::Registry& registry,
                        const EvaluateOptions& options);

std::string ToJson(const Report& report);
std::string ToTable(const Report& report, bool with_ablations);  // For people.
std::string ToHtml(const Report& report);  // One page with plots that needs no other file.

}  // namespace aisle::evaluation
