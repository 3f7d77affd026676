// Examines one customer: lets every contender rank, and measures each ranking by what was bought.
//
// Made once per evaluation; Examine() is const and may run on several threads, each with its own
// Desk. What comes out is kept by the Tally.
//
//   shapes   a Card has one row of kMetricCount values per contender, in the order of contenders().
//   order    models in the order of the panel, then the baselines, then the oracle.
//   missing  NaN: the customer has no such value (bought nothing, or nothing new), or the contender
//            has none (the oracle's lists have no scores, so no AUC).
//   errors   Make: what ranking's scorers refuse.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "evaluation/ablation.h"
#include "evaluation/evaluation.h"
#include "evaluation/panel.h"
#include "evaluation/slices.h"
#include "features/pair_row.h"
#include "gold/feature_stream.h"
#include "ranking/ranking.h"

namespace aisle::evaluation {

inline constexpr std::array<const char*, 4> kMetricNames = {
    "ndcg_at_10", "recall_at_20", "hit_rate_at_10", "auc_within_customer"};
// The four over all products, then the four over products never touched.
inline constexpr std::size_t kMetricCount = 2 * kMetricNames.size();
std::string MetricName(std::size_t metric);

struct OracleLists {
  std::vector<domain::ProductId> all, fresh;  // Best first.
};
using Oracle = std::unordered_map<std::int64_t, OracleLists>;  // By customer id.

struct Ranked {
  std::array<double, kMetricCount> metrics{};
  std::array<std::vector<std::uint32_t>, 2> top;  // Positions of the first ten: all, new.
};
struct CategoryScores {
  std::vector<float> scores;  // By category.
};
// One customer in this many of those who bought nothing is scored too, for calibration, and weighs as many.
inline constexpr std::uint64_t kOthersEvery = 8;

// What a ranking expected of a customer's pairs, and what was bought of them.
struct Expected {
  double expected = 0;
  double actual = 0;
  Curve curve{};
};

struct Card {
  SliceIds slices{};
  double calibration_weight = 0;   // 0: not scored, and `expected` is empty.
  std::vector<Expected> expected;  // In the order of the rankings, not weighted.
  bool buyer = false;
  bool new_buyer = false;  // Bought something never touched before.
  std::vector<Ranked> rankings;
  // [ranking][blank]: measured as the ranking is, with a group of its inputs missing. Empty unless asked for.
  std::vector<std::vector<std::array<double, kMetricCount>>> blanked;
  std::vector<CategoryScores> propensities;  // In the order of propensity_names().
  std::vector<bool> bought_category;
};

// Scratch memory of one thread.
struct Desk {
  ranking::Scratch scratch;
  std::vector<float> scores;
  std::vector<float> whole_rows;
};

class Examiner {
 public:
  // `view` and `oracle` must outlive it; `oracle` may be null. `ranked`: positions that are ranked,
  // sorted. `ablate`: rankings are examined with groups of their inputs missing, too.
  static Result<Examiner> Make(const Panel& panel, const features::CatalogueView& view,
                               base::Timestamp cutoff, const Oracle* oracle,
                               std::vector<std::uint32_t> ranked, bool ablate = false);

  struct Contestant {
    std::string name, definition;
  };
  const std::vector<Contestant>& Contenders() const { return contenders_; }
  const std::vector<Contestant>& Propensities() const { return propensities_; }
  // The first so many contenders are models.
  std::size_t ModelCount() const { return rankings_.size(); }
  // What is made missing of each model; nothing unless asked for.
  const Blanks& BlanksOfModel(std::size_t model) const { return rankings_[model].blanks; }
  const domain::RetailerShape& Shape() const { return view_->FullCatalogue().shape; }
  const std::vector<std::uint32_t>& CandidateProducts() const { return ranked_; }

  Card Examine(const features::CustomerRecord& customer, std::span<const gold::Activity> happened,
               Desk& desk) const;

 private:
  // What one customer bought and touched, as positions among the ranked products.
  struct Truth {
    std::vector<std::uint32_t> bought, bought_new, candidates_new;
    std::vector<bool> untouched;  // By place in ranked_.
  };
  Examiner(const features::CatalogueView& view, base::Timestamp cutoff, const Oracle* oracle,
           std::vector<std::uint32_t> ranked);
  Truth MakeTruth(const features::CustomerRecord& customer,
                  std::span<const gold::Activity> happened) const;
  Ranked Judge(std::span<const float> scores, const Truth& truth) const;
  Ranked JudgeOracle(domain::CustomerId customer, const Truth& truth) const;
  // Scores into desk.scores.
  void ScoreRanking(std::size_t ranking, const features::CustomerRecord& customer, const Card& card,
                    Desk& desk) const;
  // After ScoreRanking; leaves other scores.
  void ScoreBlanked(std::size_t ranking, const Truth& truth, Card& card, Desk& desk) const;
  Expected ExpectedOf(std::span<const float> scores, const Truth& truth) const;

  const features::CatalogueView* view_;
  base::Timestamp cutoff_;
  const Oracle* oracle_;
  std::vector<std::uint32_t> ranked_;
  std::vector<Contestant> contenders_, propensities_;
  struct Ranking {
    ranking::PairScorer scorer;
    int propensity = -1;  // Which of category_scorers_ it is served with; -1: none.
    Blanks blanks;
  };
  static std::span<const float> PropensityOf(const Ranking& model, const Card& card);
  std::vector<Ranking> rankings_;
  std::vector<ranking::CategoryScorer> category_scorers_;
};

}  // namespace aisle::evaluation
