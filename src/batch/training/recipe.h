// A recipe read from TOML: everything that is decided about a model before it is trained.
//
// ParseRecipe is strict: a key it does not know, a value out of range or of the wrong type, and inputs
// this build cannot make are refused with file, line and key.
//
//   units    cutoffs count windows back from as_of: 2 is the cutoff whose label window ends where the
//            evaluation window begins; 1 would be that window itself and is refused.
//   order    inputs in the model's order.
//   errors   kInvalidArgument: "recipes/x.toml:12: unknown key 'foo' in [rows] (known: …)".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "trainer/trainer.h"

namespace aisle::training {

// What one row of the training set stands for.
enum class RowKind : std::uint8_t {
  kCategories,     // "categories": each (customer, category); label: bought in it in the window.
  kCategoriesMet,  // "categories_met": only those viewed, carted or bought in the window.
  kPairs,  // "pairs": (customer, product) touched before or bought in the window, and random others.
  kEvents,  // "events": each view, cart and purchase event of the window; label: is a purchase.
};

struct RowRules {
  RowKind kind = RowKind::kPairs;
  // At most about this many of the customers with a purchase in the window, drawn at random; 0: all.
  // Of the others, their share times others_share. Rows weigh the inverse of their share.
  std::int64_t buyers_max = 0;
  double others_share = 1;
  // Of kPairs: draws of products that were neither touched nor bought, and which share of the draws
  // follows popularity (the rest is uniform); a row weighs the inverse of its chance.
  int negatives_per_customer = 20;
  double negatives_by_popularity = 0.5;
};

struct ValidationRules {
  int cutoff = 2;
  std::int64_t buyers_max = 0;  // For AUC and calibration; others at the same share. 0: everybody.
  int ranked_customers = 300;   // Buyers ranked for NDCG@10.
  int ranked_products = 2000;   // The best sellers, and what the customer touched or bought.
  bool calibrate = false;       // Fit slope and offset on this cutoff's rows.
};

struct Gates {
  std::int64_t rows_min = 0;
  std::int64_t positives_min = 0;
  double auc_min = 0;
  bool ndcg_above_popularity = false;
  // NDCG@10 of a ranking, AUC of a propensity: how much worse than the champion's a new version's may be, at the lower
  // end of the difference's 95 % interval. The defaults hold for recipes that do not say it, so that none goes without.
  double worse_by_at_most = 0.01;
  // Expected / actual of the probabilities that are served lies in [1 / this, this].
  double calibrated_within = 2;
};

// The propensity model fitted for the earlier cutoffs, whose predictions fill the input `propensity`.
struct InnerPropensity {
  std::string recipe;
  std::vector<int> cutoffs;
};

struct Recipe {
  std::string name;
  std::string text;
  std::string model;            // Its name in the registry.
  bool ranks_products = false;  // task = "ranking"; otherwise "propensity".
  int window_days = 28;
  std::vector<int> cutoffs;
  RowRules rows;
  std::vector<std::string> inputs;
  std::optional<InnerPropensity> propensity;
  trainer::Settings learner;
  bool balance_classes = false;  // scale_pos_weight = weight of negatives / weight of positives.
  ValidationRules validation;
  Gates gates;
  double propensity_blend = 0;

  // rank:*: rows are grouped by customer, and customers without a purchase are left out.
  bool LearnsToRank() const { return learner.objective.starts_with("rank:"); }
  int EarliestCutoff() const;
};

Result<Recipe> ParseRecipe(std::string_view text, std::string_view file);

}  // namespace aisle::training
