#include "training/validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "forest/formats/load.h"
#include "ranking/calibration.h"
#include "ranking/metrics.h"
#include "ranking/select.h"

namespace aisle::training {
namespace {

constexpr std::uint64_t kRankPurpose = 2;
constexpr std::size_t kTop = 10;
// Rows wait until so many cells are there: a forest scores many rows in less time than few.
constexpr std::size_t kPendingCells = std::size_t{1} << 20U;

// Everybody is sampled alike, and rows are plain even when the objective ranks: the calibration is
// for all customers.
Recipe ForValidation(const Recipe& recipe, const std::vector<std::string>& inputs) {
  Recipe copy = recipe;
  copy.inputs = inputs;
  copy.rows.buyers_max = recipe.validation.buyers_max;
  copy.rows.others_share = 1;
  copy.learner.objective = "binary:logistic";
  return copy;
}

// Rows that stand for all pairs, or all categories, of some customers: what scores are about, whatever rows they were
// learnt from.
Recipe ForAll(const Recipe& recipe) {
  constexpr std::int64_t kBuyers = 2500;
  Recipe copy = ForValidation(recipe, recipe.inputs);
  copy.rows.kind = recipe.ranks_products ? RowKind::kPairs : RowKind::kCategories;
  if (copy.rows.buyers_max == 0) copy.rows.buyers_max = kBuyers;
  copy.rows.negatives_per_customer = 30;
  copy.rows.negatives_by_popularity = 0.8;
  return copy;
}

bool StandsForAll(RowKind kind) { return kind == RowKind::kPairs || kind == RowKind::kCategories; }

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

double Mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

Result<Validation> Validation::Make(const Recipe& recipe, const std::string& ubjson,
                                    const features::CatalogueView& view, base::Timestamp cutoff,
                                    std::int64_t buyers, std::uint64_t seed) {
  Validation validation(recipe, view, cutoff, buyers, seed);
  AISLE_TRY(Contestant contestant, validation.MakeContestant({
                                       .ubjson = ubjson,
                                       .inputs = recipe.inputs,
                                       .propensity_blend = recipe.propensity_blend,
                                   }));
  if (!StandsForAll(recipe.rows.kind)) {
    AISLE_TRY(RowWriter writer, RowWriter::Make(ForAll(recipe), view, cutoff, buyers, seed));
    validation.on_all_ = contestant;
    validation.on_all_->writer = std::move(writer);
  }
  validation.contestants_.push_back(std::move(contestant));
  return validation;
}

Validation::Validation(const Recipe& recipe, const features::CatalogueView& view,
                       base::Timestamp cutoff, std::int64_t buyers, std::uint64_t seed)
    : recipe_(recipe), view_(&view), cutoff_(cutoff), buyers_(buyers), seed_(seed) {
  if (!recipe.ranks_products || buyers <= 0) return;
  ranked_share_ =
      static_cast<double>(recipe.validation.ranked_customers) / static_cast<double>(buyers);
  best_sellers_ = BestSellers(view.FullCatalogue(),
                              static_cast<std::size_t>(recipe.validation.ranked_products));
}

Result<Validation::Contestant> Validation::MakeContestant(const ranking::ModelSpec& spec) const {
  AISLE_TRY(auto inputs, recipe_.ranks_products ? features::ResolvePairInputs(spec.inputs)
                                                : features::ResolveCategoryInputs(spec.inputs));
  AISLE_TRY(RowWriter writer,
            RowWriter::Make(ForValidation(recipe_, spec.inputs), *view_, cutoff_, buyers_, seed_));
  AISLE_TRY(forest::Model model, forest::LoadModel(spec.ubjson));
  AISLE_TRY(forest::Forest forest, forest::Forest::Build(std::move(model)));
  return Contestant{.writer = std::move(writer),
                    .inputs = std::move(inputs),
                    .forest = std::make_shared<const forest::Forest>(std::move(forest)),
                    .calibration = {spec.calibration_slope, spec.calibration_offset},
                    .blend = spec.propensity_blend,
                    .rows = {},
                    .margins = {},
                    .ranked_margins = {}};
}

Status Validation::AddChampion(const ranking::ModelSpec& champion) {
  AISLE_ASSERT(contestants_.size() == 1 && customers_ == 0);
  // Serving's scorers say what they cannot do.
  if (recipe_.ranks_products) {
    AISLE_TRY([[maybe_unused]] const auto scorer, ranking::PairScorer::Make(champion, *view_));
  } else {
    AISLE_TRY([[maybe_unused]] const auto scorer, ranking::CategoryScorer::Make(champion, *view_));
  }
  AISLE_TRY(Contestant contestant, MakeContestant(champion));
  contestants_.push_back(std::move(contestant));
  return {};
}

void Validation::Add(const features::CustomerRecord& customer,
                     std::span<const gold::Activity> happened, std::span<const float> propensity) {
  AddRows(customer, happened, propensity);
  Rank(customer, happened, propensity);
  ++customers_;
}

bool Validation::Wants(domain::CustomerId customer,
                       std::span<const gold::Activity> happened) const {
  return contestants_.front().writer.Wants(customer, happened) ||
         (on_all_ && on_all_->writer.Wants(customer, happened)) ||
         !RankedBy(customer, happened).empty();
}

// Which rows are written and what they weigh does not depend on the inputs, so labels are everybody's.
void Validation::AddRows(const features::CustomerRecord& customer,
                         std::span<const gold::Activity> happened,
                         std::span<const float> propensity) {
  for (Contestant& contestant : contestants_) {
    RowSet own;
    contestant.writer.Write(customer, happened, propensity, own);
    contestant.rows.insert(contestant.rows.end(), own.dataset.rows.begin(), own.dataset.rows.end());
    if (contestant.rows.size() >= kPendingCells) ScorePending(contestant);
    if (&contestant != &contestants_.front()) continue;
    labels_.insert(labels_.end(), own.dataset.labels.begin(), own.dataset.labels.end());
    weights_.insert(weights_.end(), own.dataset.weights.begin(), own.dataset.weights.end());
    row_customers_.resize(labels_.size(), customers_);
    positives_ += own.positives;
  }
  if (!on_all_) return;
  RowSet all;
  on_all_->writer.Write(customer, happened, propensity, all);
  on_all_->rows.insert(on_all_->rows.end(), all.dataset.rows.begin(), all.dataset.rows.end());
  if (on_all_->rows.size() >= kPendingCells) ScorePending(*on_all_);
  all_labels_.insert(all_labels_.end(), all.dataset.labels.begin(), all.dataset.labels.end());
  all_weights_.insert(all_weights_.end(), all.dataset.weights.begin(), all.dataset.weights.end());
}

void Validation::ScorePending(Contestant& contestant) {
  const std::size_t before = contestant.margins.size();
  contestant.margins.resize(before + contestant.rows.size() / contestant.inputs.size());
  contestant.forest->Margins(contestant.rows, std::span(contestant.margins).subspan(before));
  contestant.rows.clear();
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
  RankedCustomer ranked;
  ranked.bought = RankedBy(customer.customer, happened);
  if (ranked.bought.empty()) return;
  const auto& catalogue = view_->FullCatalogue();
  std::vector<std::uint32_t>& candidates = ranked.candidates;
  candidates = best_sellers_;
  candidates.insert(candidates.end(), ranked.bought.begin(), ranked.bought.end());
  for (const features::PairHistory& pair : customer.pairs) {
    const std::ptrdiff_t position = catalogue.Find(pair.product);
    if (position >= 0) candidates.push_back(static_cast<std::uint32_t>(position));
  }
  std::sort(candidates.begin(), candidates.end());
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());

  for (Contestant& contestant : contestants_) {
    std::vector<float> rows(candidates.size() * contestant.inputs.size());
    features::PairRowMaker(*view_, contestant.inputs)
        .Fill(customer, propensity, cutoff_, candidates, rows);
    auto& margins = contestant.ranked_margins.emplace_back(candidates.size());
    contestant.forest->Margins(rows, margins);
  }
  ranked.propensity.assign(propensity.begin(), propensity.end());
  std::vector<float> popularity;
  for (const std::uint32_t position : candidates) {
    popularity.push_back(
        static_cast<float>(catalogue.RegionPurchases90d(position, customer.region)));
  }
  ranked.ndcg_popularity = Ndcg(ranked, popularity);
  ranked_.push_back(std::move(ranked));
}

double Validation::Ndcg(const RankedCustomer& customer, std::span<const float> scores) const {
  std::vector<std::uint32_t> top = ranking::SelectTop(scores, customer.candidates, kTop);
  for (std::uint32_t& index : top) index = customer.candidates[index];
  return ranking::NdcgAt(kTop, top, customer.bought);
}

std::vector<double> Validation::Ndcgs(const Contestant& contestant) const {
  std::vector<double> values;
  for (std::size_t i = 0; i < ranked_.size(); ++i) {
    const RankedCustomer& customer = ranked_[i];
    std::vector<float> scores = contestant.ranked_margins[i];
    if (contestant.blend > 0 && !customer.propensity.empty()) {
      for (std::size_t c = 0; c < scores.size(); ++c) {
        const auto& product = view_->FullCatalogue().products[customer.candidates[c]];
        const float own = ranking::Calibrated(scores[c], contestant.calibration.slope,
                                              contestant.calibration.offset);
        scores[c] = ranking::Blended(own, contestant.blend, customer.propensity[product.category]);
      }
    } else if (contestant.calibration.slope < 0) {
      for (float& score : scores) score = -score;
    }
    values.push_back(Ndcg(customer, scores));
  }
  return values;
}

// Fitted on one half of the customers and measured on the other: on the rows of the fit it is always 1.
double Validation::ServedExpectedOverActual(const Calibration& fitted) const {
  if (on_all_) return ExpectedOverActual(on_all_->margins, all_labels_, all_weights_, fitted);
  const std::vector<float>& margins = contestants_.front().margins;
  std::array<std::vector<float>, 2> margin, label, weight;
  for (std::size_t i = 0; i < margins.size(); ++i) {
    const std::size_t half = row_customers_[i] % 2;
    margin[half].push_back(margins[i]);
    label[half].push_back(labels_[i]);
    weight[half].push_back(weights_[i]);
  }
  double expected = 0;
  double actual = 0;
  for (std::size_t half = 0; half < 2; ++half) {
    const std::size_t other = 1 - half;
    Calibration served;
    if (recipe_.validation.calibrate)
      served = FitCalibration(margin[other], label[other], weight[other]);
    expected += Expected(margin[half], weight[half], served);
    for (std::size_t i = 0; i < label[half].size(); ++i)
      actual += label[half][i] > 0 ? static_cast<double>(weight[half][i]) : 0;
  }
  return expected / actual;
}

Comparison Validation::Compare() const {
  const Contestant& ours = contestants_.front();
  const Contestant& theirs = contestants_.back();
  if (recipe_.ranks_products) return {"ndcg_at_10", PairedMean(Ndcgs(ours), Ndcgs(theirs))};
  return {"auc", PairedAuc(ours.margins, theirs.margins, labels_, weights_, row_customers_)};
}

Result<Verdict> Validation::Finish() {
  const auto row_count = static_cast<std::int64_t>(labels_.size());
  if (positives_ == 0 || positives_ == row_count) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("validation at {}: {} of {} rows are positive; a larger "
                            "[validation] buyers_max or more history is needed",
                            base::FormatTimestamp(cutoff_), positives_, row_count));
  }
  for (Contestant& contestant : contestants_) ScorePending(contestant);
  if (on_all_) ScorePending(*on_all_);
  Contestant& ours = contestants_.front();
  Verdict verdict;
  if (recipe_.validation.calibrate)
    verdict.calibration = FitCalibration(ours.margins, labels_, weights_);
  ours.calibration = verdict.calibration;
  verdict.metrics["validation_rows"] = static_cast<double>(row_count);
  verdict.metrics["validation_auc"] = ranking::Auc(ours.margins, labels_, weights_);
  // Of the model's own probabilities: calibrated on these very rows, they would always be right.
  verdict.metrics["validation_expected_over_actual"] =
      ExpectedOverActual(ours.margins, labels_, weights_, Calibration{});
  verdict.metrics["validation_expected_over_actual_served"] =
      ServedExpectedOverActual(verdict.calibration);
  if (!ranked_.empty()) {
    double popularity = 0;
    for (const RankedCustomer& customer : ranked_) popularity += customer.ndcg_popularity;
    const auto count = static_cast<double>(ranked_.size());
    verdict.metrics["validation_customers"] = count;
    verdict.metrics["validation_ndcg_at_10"] = Mean(Ndcgs(ours));
    verdict.metrics["validation_ndcg_at_10_popularity"] = popularity / count;
  }
  if (contestants_.size() > 1) verdict.comparison = Compare();
  return verdict;
}

}  // namespace aisle::training
