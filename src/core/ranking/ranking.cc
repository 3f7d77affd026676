#include "ranking/ranking.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "forest/formats/load.h"
#include "ranking/calibration.h"

namespace aisle::ranking {
namespace {

// Two full blocks of the engines that score 256 rows at once, and one of those that score 512.
constexpr std::size_t kGroupRows = 512;

Result<std::shared_ptr<const forest::Forest>> LoadForest(const ModelSpec& spec) {
  AISLE_TRY(forest::Model model, forest::LoadModel(spec.ubjson));
  AISLE_TRY(forest::Forest built, forest::Forest::Build(std::move(model)));
  if (built.FeatureCount() != spec.inputs.size()) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("the model file has {} inputs, its manifest lists {}",
                            built.FeatureCount(), spec.inputs.size()));
  }
  if (built.GroupCount() != 1) {
    return Fail(
        ErrorCode::kFailedPrecondition,
        fmt::format("the model file gives {} classes; scores need one margin", built.GroupCount()));
  }
  const auto& names = built.FeatureNames();
  for (std::size_t i = 0; i < names.size() && i < spec.inputs.size(); ++i) {
    if (names[i] != spec.inputs[i]) {
      return Fail(ErrorCode::kFailedPrecondition,
                  fmt::format("input {} is '{}' in the model file and '{}' in its manifest", i + 1,
                              names[i], spec.inputs[i]));
    }
  }
  return std::make_shared<const forest::Forest>(std::move(built));
}

// A tier is a place among the retailer's: with others in between, the same customer is another to the model.
Status CheckTiers(const ModelSpec& spec, const features::CatalogueView& view) {
  const auto now = view.FullCatalogue().shape.TierNames();
  if (spec.tiers.empty() || spec.tiers == now ||
      std::ranges::find(spec.inputs, "loyalty_tier_num") == spec.inputs.end())
    return {};
  return Fail(
      ErrorCode::kFailedPrecondition,
      fmt::format("the model learnt when the retailer's tiers were {}; now they are {}: train "
                  "it again",
                  fmt::join(spec.tiers, ", "), fmt::join(now, ", ")));
}

}  // namespace

Result<ModelSpec> SpecOf(const registry::ModelVersion& version) {
  const registry::Manifest& manifest = version.manifest;
  ModelSpec spec;
  spec.ubjson = version.ubjson;
  spec.calibration_slope = manifest.calibration_slope;
  spec.calibration_offset = manifest.calibration_offset;
  spec.propensity_blend = manifest.propensity_blend;
  spec.tiers = manifest.tiers;
  for (const registry::ModelInput& input : manifest.inputs) {
    if (input.type != "float") {
      return Fail(ErrorCode::kFailedPrecondition,
                  fmt::format("model {}/{}: input '{}' has type '{}', this build knows only float",
                              manifest.model, manifest.version, input.name, input.type));
    }
    spec.inputs.push_back(input.name);
  }
  if (!std::isfinite(spec.calibration_slope) || !std::isfinite(spec.calibration_offset)) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("model {}/{}: its calibration is not finite", manifest.model,
                            manifest.version));
  }
  if (!(spec.propensity_blend >= 0 && spec.propensity_blend < 1)) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("model {}/{}: propensity_blend {} is not in [0, 1)", manifest.model,
                            manifest.version, spec.propensity_blend));
  }
  return spec;
}

Result<PairScorer> PairScorer::Make(const ModelSpec& spec, const features::CatalogueView& view) {
  AISLE_CHECK(CheckTiers(spec, view));
  AISLE_TRY(auto inputs, features::ResolvePairInputs(spec.inputs));
  AISLE_TRY(auto forest, LoadForest(spec));
  return PairScorer(std::move(forest), features::PairRowMaker(view, std::move(inputs)), spec, view);
}

PairScorer::PairScorer(std::shared_ptr<const forest::Forest> forest, features::PairRowMaker maker,
                       const ModelSpec& spec, const features::CatalogueView& view)
    : forest_(std::move(forest)),
      explain_(std::make_shared<const ExplainOnce>()),
      names_(std::make_shared<const std::vector<std::string>>(spec.inputs)),
      maker_(std::move(maker)),
      view_(&view),
      slope_(spec.calibration_slope),
      offset_(spec.calibration_offset),
      blend_(spec.propensity_blend) {}

void PairScorer::FillRows(const features::CustomerRecord& customer,
                          std::span<const float> propensity, base::Timestamp now,
                          std::span<const std::uint32_t> candidates, Scratch& scratch,
                          std::span<const features::Repriced> repriced) const {
  scratch.rows.resize(candidates.size() * maker_.InputCount());
  maker_.Fill(customer, propensity, now, candidates, scratch.rows, repriced);
}

void PairScorer::ScoreRows(std::span<const float> propensity,
                           std::span<const std::uint32_t> candidates, Scratch& scratch,
                           std::span<float> scores) const {
  AISLE_ASSERT(scores.size() == candidates.size());
  AISLE_ASSERT(scratch.rows.size() == candidates.size() * maker_.InputCount());
  scratch.margins.resize(candidates.size());
  forest_->Margins(scratch.rows, scratch.margins);
  ScoreMargins(propensity, candidates, scratch.margins, scores);
}

PreparedCandidates PairScorer::Prepare(std::span<const std::uint32_t> candidates) const {
  PreparedCandidates prepared;
  prepared.products_ = maker_.List(candidates);
  prepared.rows_ = forest_->Prepare(maker_.Plan(candidates));
  return prepared;
}

void PairScorer::FillColumns(const features::CustomerRecord& customer,
                             std::span<const float> propensity, base::Timestamp now,
                             const PreparedCandidates& candidates, Scratch& scratch) const {
  maker_.FillColumns(customer, propensity, now, candidates.products_, scratch.pair_columns);
}

void PairScorer::ScoreColumns(std::span<const float> propensity,
                              const PreparedCandidates& candidates, Scratch& scratch,
                              std::span<float> scores) const {
  AISLE_ASSERT(scores.size() == candidates.Positions().size());
  scratch.margins.resize(scores.size());
  forest_->Margins(candidates.rows_, scratch.pair_columns.columns, scratch.margins);
  ScoreMargins(propensity, candidates.Positions(), scratch.margins, scores);
}

void PairScorer::ScoreMargins(std::span<const float> propensity,
                              std::span<const std::uint32_t> candidates,
                              std::span<const float> margins, std::span<float> scores) const {
  for (std::size_t i = 0; i < scores.size(); ++i)
    scores[i] = Calibrated(margins[i], slope_, offset_);
  Blend(propensity, candidates, scores);
}

void PairScorer::Blend(std::span<const float> propensity, std::span<const std::uint32_t> candidates,
                       std::span<float> scores) const {
  if (blend_ <= 0 || propensity.empty()) return;
  const auto& products = view_->FullCatalogue().products;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const auto category = products[candidates[i]].category;
    if (category >= propensity.size()) continue;
    scores[i] = Blended(scores[i], blend_, propensity[category]);
  }
}

Result<std::vector<ExplainedPair>> PairScorer::Explain(
    const features::CustomerRecord& customer, std::span<const float> propensity,
    base::Timestamp now, std::span<const std::uint32_t> candidates, Scratch& scratch,
    std::span<const features::Repriced> repriced) const {
  AISLE_TRY(const forest::Explainer* explainer, explain_->Of(*forest_));
  FillRows(customer, propensity, now, candidates, scratch, repriced);
  std::vector<float> scores(candidates.size());
  ScoreRows(propensity, candidates, scratch, scores);
  const std::size_t inputs = maker_.InputCount();
  std::vector<double> contributions(candidates.size() * explainer->Width());
  explainer->Contributions(std::span<const float>(scratch.rows), contributions);
  const auto& products = view_->FullCatalogue().products;
  std::vector<ExplainedPair> pairs(candidates.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    ExplainedPair& pair = pairs[i];
    const auto row = std::span<const float>(scratch.rows).subspan(i * inputs, inputs);
    const auto of_row =
        std::span<const double>(contributions).subspan(i * explainer->Width(), explainer->Width());
    pair.values.assign(row.begin(), row.end());
    pair.contributions.assign(of_row.begin(), of_row.end() - 1);
    pair.bias = of_row.back();
    pair.margin = scratch.margins[i];
    pair.model_score = Calibrated(pair.margin, slope_, offset_);
    const auto category = products[candidates[i]].category;
    if (blend_ > 0 && category < propensity.size()) pair.propensity = propensity[category];
    pair.score = scores[i];
  }
  return pairs;
}

Result<CategoryScorer> CategoryScorer::Make(const ModelSpec& spec,
                                            const features::CatalogueView& view) {
  AISLE_CHECK(CheckTiers(spec, view));
  AISLE_TRY(auto inputs, features::ResolveCategoryInputs(spec.inputs));
  AISLE_TRY(auto forest, LoadForest(spec));
  return CategoryScorer(std::move(forest), features::CategoryRowMaker(view, std::move(inputs)),
                        spec, view.FullCatalogue().categories.size());
}

CategoryScorer::CategoryScorer(std::shared_ptr<const forest::Forest> forest,
                               features::CategoryRowMaker maker, const ModelSpec& spec,
                               std::size_t category_count)
    : forest_(std::move(forest)),
      maker_(std::move(maker)),
      category_count_(category_count),
      group_(std::max<std::size_t>(1, kGroupRows / std::max<std::size_t>(1, category_count))),
      one_(forest_->Prepare(maker_.Plan(1))),
      several_(forest_->Prepare(maker_.Plan(group_))),
      slope_(spec.calibration_slope),
      offset_(spec.calibration_offset) {}

void CategoryScorer::Score(const features::CustomerRecord& customer, base::Timestamp now,
                           Scratch& scratch, std::span<float> scores) const {
  ScoreBlock({&customer, 1}, now, scratch, scores);
}

void CategoryScorer::ScoreBlock(std::span<const features::CustomerRecord> customers,
                                base::Timestamp now, Scratch& scratch,
                                std::span<float> scores) const {
  AISLE_ASSERT(scores.size() == customers.size() * category_count_);
  while (!customers.empty() && !scores.empty()) {
    const std::size_t group = customers.size() == 1 ? 1 : group_;
    const std::size_t count = std::min(group, customers.size());
    maker_.FillColumns(customers.first(count), now, group, scratch.category_columns);
    scratch.margins.resize(group * category_count_);
    forest_->Margins(group == 1 ? one_ : several_, scratch.category_columns.columns,
                     scratch.margins);
    for (std::size_t i = 0; i < count * category_count_; ++i)
      scores[i] = Calibrated(scratch.margins[i], slope_, offset_);
    customers = customers.subspan(count);
    scores = scores.subspan(count * category_count_);
  }
}

}  // namespace aisle::ranking
