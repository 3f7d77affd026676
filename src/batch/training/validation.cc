#include "training/validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "forest/formats/load.h"
#include "ranking/metrics.h"
#include "ranking/select.h"

namespace aisle::training {
namespace {

constexpr std::uint64_t kRankPurpose = 2;
constexpr std::size_t kTop = 10;

// Everybody is sampled alike, and rows are plain even when the objective ranks: the calibration is
// for all customers.
Recipe ForValidation(const Recipe& recipe) {
  Recipe copy = recipe;
  copy.rows.buyers_max = recipe.validation.buyers_max;
  copy.rows.others_share = 1;
  copy.learner.objective = "binary:logistic";
  return copy;
}

std::vector<std::uint32_t> BestSellers(const features::Catalogue& catalogue, std::size_t count) {
  std::vector<std::uint32_t> positions(catalogue.products.size());
  std::iota(positions.begin(), positions.end(), 0U);
  std::vector<float> sold;
  for (const auto& product : catalogue.products)
    sold.push_back(static_cast<float>(product.purchases_90d));
  std::vector<std::uint32_t> best = ranking::SelectTop(sold, positions, count);
  std::sort(best.begin(), best.end());
  return best;
}

}  // namespace

Result<Validation> Validation::Make(const Recipe& recipe, const std::string& ubjson,
                                    const features::CatalogueView& view, base::Timestamp cutoff,
                                    std::int64_t buyers, std::uint64_t seed) {
  AISLE_TRY(RowWriter writer, RowWriter::Make(ForValidation(recipe), view, cutoff, buyers, seed));
  AISLE_TRY(forest::Model model, forest::LoadModel(ubjson));
  AISLE_TRY(forest::Forest forest, forest::Forest::Build(std::move(model)));
  Validation validation(recipe, view, cutoff, seed, std::move(writer), std::move(forest));
  if (recipe.ranks_products && buyers > 0) {
    validation.ranked_share_ =
        static_cast<double>(recipe.validation.ranked_customers) / static_cast<double>(buyers);
    validation.best_sellers_ = BestSellers(
        view.FullCatalogue(), static_cast<std::size_t>(recipe.validation.ranked_products));
  }
  return validation;
}

Validation::Validation(const Recipe& recipe, const features::CatalogueView& view,
                       base::Timestamp cutoff, std::uint64_t seed, RowWriter writer,
                       forest::Forest forest)
    : recipe_(recipe),
      view_(&view),
      cutoff_(cutoff),
      seed_(seed),
      writer_(std::move(writer)),
      forest_(std::make_shared<const forest::Forest>(std::move(forest))) {}

void Validation::Add(const features::CustomerRecord& customer,
                     std::span<const gold::Activity> happened, std::span<const float> propensity) {
  writer_.Write(customer, happened, propensity, rows_);
  Rank(customer, happened, propensity);
}

bool Validation::Wants(domain::CustomerId customer,
                       std::span<const gold::Activity> happened) const {
  return writer_.Wants(customer, happened) || !RankedBy(customer, happened).empty();
}

std::vector<std::uint32_t> Validation::RankedBy(domain::CustomerId customer,
                                                std::span<const gold::Activity> happened) const {
  std::vector<std::uint32_t> bought;
  base::Stream stream(seed_, static_cast<std::uint64_t>(customer.value), kRankPurpose);
  if (!stream.Chance(ranked_share_)) return bought;
  for (const gold::Activity& activity : happened) {
    const std::ptrdiff_t position = view_->FullCatalogue().Find(activity.product);
    if (activity.lines > 0 && position >= 0) bought.push_back(static_cast<std::uint32_t>(position));
  }
  std::sort(bought.begin(), bought.end());
  return bought;
}

void Validation::Rank(const features::CustomerRecord& customer,
                      std::span<const gold::Activity> happened, std::span<const float> propensity) {
  const std::vector<std::uint32_t> bought = RankedBy(customer.customer, happened);
  if (bought.empty()) return;
  const auto& catalogue = view_->FullCatalogue();
  std::vector<std::uint32_t> candidates = best_sellers_;
  candidates.insert(candidates.end(), bought.begin(), bought.end());
  for (const features::PairHistory& pair : customer.pairs) {
    const std::ptrdiff_t position = catalogue.Find(pair.product);
    if (position >= 0) candidates.push_back(static_cast<std::uint32_t>(position));
  }
  std::sort(candidates.begin(), candidates.end());
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());

  const auto inputs = features::ResolvePairInputs(recipe_.inputs);
  AISLE_ASSERT(inputs.has_value());  // The parser has seen to it.
  std::vector<float> rows(candidates.size() * inputs->size());
  features::PairRowMaker(*view_, *inputs).Fill(customer, propensity, cutoff_, candidates, rows);
  std::vector<float> scores(candidates.size());
  forest_->Margins(rows, scores);
  const auto judge = [&](std::span<const float> by) {
    std::vector<std::uint32_t> top = ranking::SelectTop(by, candidates, kTop);
    for (std::uint32_t& index : top) index = candidates[index];
    return ranking::NdcgAt(kTop, top, bought);
  };
  ndcg_ += judge(scores);
  for (std::size_t i = 0; i < candidates.size(); ++i)
    scores[i] = static_cast<float>(catalogue.RegionPurchases90d(candidates[i], customer.region));
  ndcg_popularity_ += judge(scores);
  ++ranked_;
}

Result<Verdict> Validation::Finish() {
  const trainer::Dataset& data = rows_.dataset;
  if (rows_.positives == 0 || rows_.positives == rows_.RowCount()) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("validation at {}: {} of {} rows are positive; a larger "
                            "[validation] buyers_max or more history is needed",
                            base::FormatTimestamp(cutoff_), rows_.positives, rows_.RowCount()));
  }
  std::vector<float> margins(data.labels.size());
  forest_->Margins(data.rows, margins);
  Verdict verdict;
  if (recipe_.validation.calibrate)
    verdict.calibration = FitCalibration(margins, data.labels, data.weights);
  verdict.metrics["validation_rows"] = static_cast<double>(rows_.RowCount());
  verdict.metrics["validation_auc"] = ranking::Auc(margins, data.labels, data.weights);
  // Of the model's own probabilities: calibrated on these very rows, they would always be right.
  verdict.metrics["validation_expected_over_actual"] =
      ExpectedOverActual(margins, data.labels, data.weights, Calibration{});
  if (ranked_ > 0) {
    const auto count = static_cast<double>(ranked_);
    verdict.metrics["validation_customers"] = count;
    verdict.metrics["validation_ndcg_at_10"] = ndcg_ / count;
    verdict.metrics["validation_ndcg_at_10_popularity"] = ndcg_popularity_ / count;
  }
  return verdict;
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

}  // namespace aisle::training
