// Judges a new model on the cutoff after its training: AUC, calibration, and, for a ranking, NDCG@10
// beside popularity in the customer's region.
//
// Hand it every customer of the validation cutoff with what they did after it. This is for gates and
// for the calibration, small on purpose; `aisle evaluate` is the real report, on a later window.
//
//   shapes   ranked candidates: the best sellers of the cutoff and what the customer touched or bought.
//   threads  one thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ranking/ranking.h"
#include "training/calibration.h"
#include "training/rows.h"

namespace aisle::training {

struct Verdict {
  Calibration calibration;
  // "validation_rows", "validation_auc", "validation_expected_over_actual" (before calibration), and for a ranking
  // "validation_ndcg_at_10", "validation_ndcg_at_10_popularity", "validation_customers".
  std::map<std::string, double> metrics;
};

class Validation {
 public:
  // `view` must outlive it. `buyers`: customers with a purchase in the window, for sampling.
  static Result<Validation> Make(const Recipe& recipe, const std::string& ubjson,
                                 const features::CatalogueView& view, base::Timestamp cutoff,
                                 std::int64_t buyers, std::uint64_t seed);
  // False: Add would do nothing.
  bool Wants(domain::CustomerId customer, std::span<const gold::Activity> happened) const;
  void Add(const features::CustomerRecord& customer, std::span<const gold::Activity> happened,
           std::span<const float> propensity);
  // kFailedPrecondition: no row, or rows of one label only.
  Result<Verdict> Finish();

 private:
  // Positions of what was bought, sorted; empty for who is not ranked.
  std::vector<std::uint32_t> RankedBy(domain::CustomerId customer,
                                      std::span<const gold::Activity> happened) const;
  Validation(const Recipe& recipe, const features::CatalogueView& view, base::Timestamp cutoff,
             std::uint64_t seed, RowWriter writer, forest::Forest forest);
  void Rank(const features::CustomerRecord& customer, std::span<const gold::Activity> happened,
            std::span<const float> propensity);

  Recipe recipe_;
  const features::CatalogueView* view_;
  base::Timestamp cutoff_;
  std::uint64_t seed_;
  RowWriter writer_;
  std::shared_ptr<const forest::Forest> forest_;
  double ranked_share_ = 0;
  std::vector<std::uint32_t> best_sellers_;  // Positions, sorted.
  RowSet rows_;
  double ndcg_ = 0;
  double ndcg_popularity_ = 0;
  std::int64_t ranked_ = 0;
};

// Names of the gates that fail, with the figures; empty: all pass.
std::vector<std::string> FailedGates(const Recipe& recipe, std::int64_t rows,
                                     std::int64_t positives, const Verdict& verdict);

}  // namespace aisle::training
