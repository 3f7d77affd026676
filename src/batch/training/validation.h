// Judges a new model on the cutoff after its training: AUC, calibration, and, for a ranking, NDCG@10 beside popularity
// in the customer's region; and beside the champion, if there is one, on the same customers and rows.
//
// Hand it every customer of the validation cutoff with what they did after it. The champion is judged by the same code:
// the recipe's rows and candidates, the same propensity, its own inputs, calibration and blend. This is for gates and
// for the calibration, small on purpose; `aisle evaluate` is the real report, on a later window.
//
//   shapes   ranked candidates: the best sellers of the cutoff and what the customer touched or bought.
//   units    a ranking is ordered as it is served: calibrated, and blended with the propensity where its recipe blends.
//   threads  one thread.
//   cost     memory: a number per candidate of each ranked customer and model.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ranking/ranking.h"
#include "training/calibration.h"
#include "training/paired.h"
#include "training/rows.h"

namespace aisle::training {

struct Comparison {
  std::string metric;  // "ndcg_at_10" of a ranking, "auc" of a propensity.
  PairedDifference difference;
};

struct Verdict {
  Calibration calibration;
  // "validation_rows", "validation_auc", "validation_expected_over_actual" (before calibration),
  // "validation_expected_over_actual_served" (of the probabilities that are served, before a blend: calibrated, if the
  // recipe does, on the other half of the customers; over pairs of the whole catalogue or all categories, whatever rows
  // it learnt from), and for a ranking "validation_ndcg_at_10",
  // "validation_ndcg_at_10_popularity", "validation_customers".
  std::map<std::string, double> metrics;
  std::optional<Comparison> comparison;  // With the champion, if one was added.
};

class Validation {
 public:
  // `view` must outlive it. `buyers`: customers with a purchase in the window, for sampling.
  static Result<Validation> Make(const Recipe& recipe, const std::string& ubjson,
                                 const features::CatalogueView& view, base::Timestamp cutoff,
                                 std::int64_t buyers, std::uint64_t seed);
  // Before the first Add. What a scorer refuses (inputs, tiers, a file that does not load) is refused here too.
  Status AddChampion(const ranking::ModelSpec& champion);
  // False: Add would do nothing.
  bool Wants(domain::CustomerId customer, std::span<const gold::Activity> happened) const;
  void Add(const features::CustomerRecord& customer, std::span<const gold::Activity> happened,
           std::span<const float> propensity);
  // kFailedPrecondition: no row, or rows of one label only.
  Result<Verdict> Finish();

 private:
  // A model under judgement, and what it said so far.
  struct Contestant {
    RowWriter writer;
    std::vector<std::uint16_t> inputs;
    std::shared_ptr<const forest::Forest> forest;
    Calibration calibration;
    double blend = 0;
    std::vector<float> rows;                         // Not scored yet.
    std::vector<float> margins;                      // Of rows.
    std::vector<std::vector<float>> ranked_margins;  // Of candidates, by ranked customer.
  };
  // A customer whose candidates are ranked, as positions in the catalogue.
  struct RankedCustomer {
    std::vector<std::uint32_t> candidates;
    std::vector<std::uint32_t> bought;
    std::vector<float> propensity;  // By category; empty: none.
    double ndcg_popularity = 0;
  };

  Validation(const Recipe& recipe, const features::CatalogueView& view, base::Timestamp cutoff,
             std::int64_t buyers, std::uint64_t seed);
  Result<Contestant> MakeContestant(const ranking::ModelSpec& spec) const;
  // Positions of what was bought, sorted; empty for who is not ranked.
  std::vector<std::uint32_t> RankedBy(domain::CustomerId customer,
                                      std::span<const gold::Activity> happened) const;
  void AddRows(const features::CustomerRecord& customer, std::span<const gold::Activity> happened,
               std::span<const float> propensity);
  void Rank(const features::CustomerRecord& customer, std::span<const gold::Activity> happened,
            std::span<const float> propensity);
  static void ScorePending(Contestant& contestant);
  double Ndcg(const RankedCustomer& customer, std::span<const float> scores) const;
  // One value per ranked customer.
  std::vector<double> Ndcgs(const Contestant& contestant) const;
  double ServedExpectedOverActual(const Calibration& fitted) const;
  Comparison Compare() const;

  Recipe recipe_;
  const features::CatalogueView* view_;
  base::Timestamp cutoff_;
  std::int64_t buyers_;
  std::uint64_t seed_;
  double ranked_share_ = 0;
  std::vector<std::uint32_t> best_sellers_;  // Positions, sorted.
  std::vector<Contestant> contestants_;      // The new model, then the champion.
  // Of a model whose rows are chosen by what happened (events, categories met): the new model on rows of all pairs or
  // categories, for what it is worth as a probability.
  std::optional<Contestant> on_all_;
  std::vector<float> all_labels_, all_weights_;
  // Of the rows, which are the same for all contestants.
  std::vector<float> labels_, weights_;
  std::vector<std::uint32_t> row_customers_;  // Counted up in the order of Add.
  std::uint32_t customers_ = 0;
  std::int64_t positives_ = 0;
  std::vector<RankedCustomer> ranked_;
};

}  // namespace aisle::training
