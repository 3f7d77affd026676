// The one way everybody ranks: score candidates with a model and bring the scores to one scale.
//
// A Scorer is a model (a forest), the columns of its inputs and its calibration, bound to one
// catalogue. Batch, evaluation and request call the same functions, and SelectTop of select.h after
// them, so that what was measured is what is served.
//
//   shapes   candidates are positions in the catalogue's products; scores[i] belongs to
//            candidates[i].
//   units    scores are probabilities in (0, 1).
//   threads  Scorers are immutable; Scratch belongs to one thread.
//   errors   Make: kFailedPrecondition when the model's inputs cannot be made by this build, or count other tiers
//            than the retailer has now,
//            kInvalidArgument when the forest does not load. SpecOf: kFailedPrecondition for a
//            manifest that says what this build cannot do.
//   cost     Score: candidates x inputs to fill, plus one forest call. Prepared candidates cost less: what is
//            the product's alone is worked on once, and what few candidates have is cheap for the others.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "features/pair_row.h"
#include "features/records.h"
#include "forest/forest.h"
#include "ranking/explained_pair.h"
#include "registry/registry.h"

namespace aisle::ranking {

// What a registry entry says about a model, as far as scoring needs it.
struct ModelSpec {
  std::string ubjson;
  std::vector<std::string> inputs;
  double calibration_slope = 1;  // probability = sigmoid(slope * margin + offset)
  double calibration_offset = 0;
  // 0.7 * ranking + 0.3 * propensity of the product's category, for the reference recipes; 0: not
  // blended.
  double propensity_blend = 0;
  // The tiers that the input loyalty_tier_num counted; empty: not said.
  std::vector<std::string> tiers = {};
};

// What a version of the registry says, for everybody who scores with it.
Result<ModelSpec> SpecOf(const registry::ModelVersion& version);

struct Scratch {
  std::vector<float> rows;
  std::vector<float> margins;
  features::PairColumns pair_columns;
  features::CategoryColumns category_columns;
};

// A list of candidates that is scored for one customer after another, made by a PairScorer for itself and its
// copies. Immutable.
class PreparedCandidates {
 public:
  // Positions in the catalogue's products, rising.
  std::span<const std::uint32_t> Positions() const { return products_.positions; }

 private:
  friend class PairScorer;
  features::ListedProducts products_;
  forest::PreparedRows rows_;
};

// Scores (customer, product) pairs.
class PairScorer {
 public:
  // `view` must outlive the scorer.
  static Result<PairScorer> Make(const ModelSpec& spec, const features::CatalogueView& view);

  // Fills inputs (step one) and scores them (step two), so that a caller can time both. Candidates among `repriced`
  // have their prices from there.
  void FillRows(const features::CustomerRecord& customer, std::span<const float> propensity,
                base::Timestamp now, std::span<const std::uint32_t> candidates, Scratch& scratch,
                std::span<const features::Repriced> repriced = {}) const;
  void ScoreRows(std::span<const float> propensity, std::span<const std::uint32_t> candidates,
                 Scratch& scratch, std::span<float> scores) const;

  // The same two steps, and the same scores bit by bit, for candidates that were prepared.
  PreparedCandidates Prepare(std::span<const std::uint32_t> candidates) const;
  void FillColumns(const features::CustomerRecord& customer, std::span<const float> propensity,
                   base::Timestamp now, const PreparedCandidates& candidates,
                   Scratch& scratch) const;
  void ScoreColumns(std::span<const float> propensity, const PreparedCandidates& candidates,
                    Scratch& scratch, std::span<float> scores) const;

  // Probabilities of the candidates, calibrated, become their scores: what is left to do when another program has
  // scored rows of this model.
  void Blend(std::span<const float> propensity, std::span<const std::uint32_t> candidates,
             std::span<float> scores) const;

  // Why candidates have their scores. kFailedPrecondition: this model cannot be explained (explained_pair.h). The first
  // call makes tables, which copies of this scorer share.
  Result<std::vector<ExplainedPair>> Explain(
      const features::CustomerRecord& customer, std::span<const float> propensity,
      base::Timestamp now, std::span<const std::uint32_t> candidates, Scratch& scratch,
      std::span<const features::Repriced> repriced = {}) const;
  const std::vector<std::string>& InputNames() const { return *names_; }
  BlendRule Rule() const { return {slope_, offset_, blend_}; }

  const forest::Forest& Forest() const { return *forest_; }

 private:
  void ScoreMargins(std::span<const float> propensity, std::span<const std::uint32_t> candidates,
                    std::span<const float> margins, std::span<float> scores) const;
  PairScorer(std::shared_ptr<const forest::Forest> forest, features::PairRowMaker maker,
             const ModelSpec& spec, const features::CatalogueView& view);
  std::shared_ptr<const forest::Forest> forest_;
  std::shared_ptr<const ExplainOnce> explain_;
  std::shared_ptr<const std::vector<std::string>> names_;
  features::PairRowMaker maker_;
  const features::CatalogueView* view_;
  double slope_;
  double offset_;
  double blend_;
};

// Scores one customer's propensity for every category of the catalogue.
class CategoryScorer {
 public:
  static Result<CategoryScorer> Make(const ModelSpec& spec, const features::CatalogueView& view);
  // scores has one place per category.
  void Score(const features::CustomerRecord& customer, base::Timestamp now, Scratch& scratch,
             std::span<float> scores) const;
  // Many customers, GroupSize() in each forest call: scores holds the first one's categories, then the
  // next one's. A call that is not full costs as much as one that is.
  std::size_t GroupSize() const { return group_; }
  void ScoreBlock(std::span<const features::CustomerRecord> customers, base::Timestamp now,
                  Scratch& scratch, std::span<float> scores) const;

 private:
  CategoryScorer(std::shared_ptr<const forest::Forest> forest, features::CategoryRowMaker maker,
                 const ModelSpec& spec, std::size_t category_count);
  std::shared_ptr<const forest::Forest> forest_;
  features::CategoryRowMaker maker_;
  std::size_t category_count_;
  // Rows of one customer, and of as many as the engines' blocks hold.
  std::size_t group_;
  forest::PreparedRows one_;
  forest::PreparedRows several_;
  double slope_;
  double offset_;
};

}  // namespace aisle::ranking
