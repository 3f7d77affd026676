#include "evaluation/tally.h"

#include <algorithm>
#include <cmath>

#include "ranking/metrics.h"

namespace aisle::evaluation {
namespace {

// Differences are given for these metrics, by their place in a card: NDCG@10 and Recall@20, all and
// new.
constexpr std::array<std::size_t, 4> kCompared = {0, 1, kMetricNames.size(),
                                                  kMetricNames.size() + 1};

bool IsModel(const std::string& name) { return name.find('/') != std::string::npos; }

}  // namespace

Tally::Tally(const Examiner& examiner)
    : examiner_(&examiner),
      values_(examiner.Contenders().size()),
      covered_(examiner.Contenders().size()),
      propensities_(examiner.Propensities().size()) {
  const std::size_t products =
      examiner.CandidateProducts().empty() ? 0 : examiner.CandidateProducts().back() + 1;
  for (auto& covered : covered_) covered.fill(std::vector<bool>(products, false));
}

void Tally::Add(const Card& card) {
  const auto customer = static_cast<std::uint32_t>(customers_all_++);
  double bought = 0;
  for (const bool category : card.bought_category) bought += category ? 1 : 0;
  bought_categories_.push_back(bought);
  for (std::size_t m = 0; m < propensities_.size(); ++m) {
    const std::vector<float>& scores = card.propensities[m].scores;
    std::vector<float> labels;
    double expected = 0;
    for (std::size_t c = 0; c < scores.size(); ++c) {
      propensities_[m].rows.push_back({scores[c], card.bought_category[c], customer});
      labels.push_back(card.bought_category[c] ? 1.0F : 0.0F);
      expected += static_cast<double>(scores[c]);
    }
    propensities_[m].auc_within.push_back(ranking::Auc(scores, labels));
    propensities_[m].expected.push_back(expected);
  }
  if (!card.buyer) return;
  customers_new_ += card.new_buyer ? 1 : 0;
  for (std::size_t c = 0; c < values_.size(); ++c) {
    const Ranked& ranked = card.rankings[c];
    for (std::size_t m = 0; m < kMetricCount; ++m) values_[c][m].push_back(ranked.metrics[m]);
    for (std::size_t half = 0; half < ranked.top.size(); ++half) {
      for (const std::uint32_t position : ranked.top[half])
        if (position < covered_[c][half].size()) covered_[c][half][position] = true;
    }
  }
}

Result<Report> Tally::Finish(std::uint64_t seed) const {
  const std::size_t buyers = values_.front().front().size();
  if (buyers == 0) {
    return Fail(ErrorCode::kFailedPrecondition,
                "nobody bought a product of the catalogue in the window; there is nothing to "
                "evaluate against");
  }
  Report report;
  report.customers = static_cast<std::int64_t>(buyers);
  report.customers_new = customers_new_;
  report.customers_all = customers_all_;
  report.catalogue = static_cast<std::int64_t>(examiner_->CandidateProducts().size());
  const Bootstrap bootstrap(buyers, seed);
  Contenders(bootstrap, report);
  Comparisons(bootstrap, report);
  Propensities(seed, report);
  return report;
}

void Tally::Contenders(const Bootstrap& bootstrap, Report& report) const {
  for (std::size_t c = 0; c < values_.size(); ++c) {
    Contender contender;
    contender.name = examiner_->Contenders()[c].name;
    contender.definition = examiner_->Contenders()[c].definition;
    for (std::size_t m = 0; m < kMetricCount; ++m) {
      const Estimate estimate = bootstrap.Mean(values_[c][m]);
      if (!std::isnan(estimate.value)) contender.metrics[MetricName(m)] = estimate;
    }
    for (std::size_t half = 0; half < 2; ++half) {
      const auto& covered = covered_[c][half];
      const double share = static_cast<double>(std::count(covered.begin(), covered.end(), true)) /
                           static_cast<double>(report.catalogue);
      contender.metrics[half == 0 ? "coverage_at_10" : "coverage_at_10_new"] = {share, share,
                                                                                share};
    }
    report.ranking.push_back(std::move(contender));
  }
}

// The first model against everybody; everybody as a share of the oracle.
void Tally::Comparisons(const Bootstrap& bootstrap, Report& report) const {
  const auto& contenders = examiner_->Contenders();
  const bool has_oracle = contenders.back().name == "oracle";
  for (const std::size_t metric : kCompared) {
    for (std::size_t c = 1; IsModel(contenders.front().name) && c < contenders.size(); ++c) {
      const bool oracle = has_oracle && c + 1 == contenders.size();
      const std::size_t better = oracle ? c : 0;
      const std::size_t worse = oracle ? 0 : c;
      report.differences.push_back(
          {contenders[better].name, contenders[worse].name, MetricName(metric),
           bootstrap.Difference(values_[better][metric], values_[worse][metric])});
    }
    for (std::size_t c = 0; has_oracle && c + 1 < contenders.size(); ++c) {
      report.shares.push_back({"oracle", contenders[c].name, MetricName(metric),
                               bootstrap.Share(values_[c][metric], values_.back()[metric])});
    }
  }
}

void Tally::Propensities(std::uint64_t seed, Report& report) const {
  if (propensities_.empty()) return;
  const Bootstrap bootstrap(static_cast<std::size_t>(customers_all_), seed);
  std::vector<AucDraws> aucs;
  for (std::size_t m = 0; m < propensities_.size(); ++m) {
    const Propensity& model = propensities_[m];
    Contender contender;
    contender.name = examiner_->Propensities()[m].name;
    contender.definition = examiner_->Propensities()[m].definition;
    aucs.push_back(BootstrapAuc(bootstrap, model.rows));
    contender.metrics["auc"] = WithInterval(aucs.back().value, aucs.back().draws);
    contender.metrics["auc_within_customer"] = bootstrap.Mean(model.auc_within);
    contender.metrics["expected_over_actual"] = bootstrap.Share(model.expected, bought_categories_);
    report.propensity.push_back(std::move(contender));
  }
  if (aucs.size() < 2) return;
  const std::string& better = report.propensity[0].name;
  const std::string& worse = report.propensity[1].name;
  std::vector<double> draws;
  for (std::size_t d = 0; d < aucs[0].draws.size(); ++d)
    draws.push_back(aucs[0].draws[d] - aucs[1].draws[d]);
  report.differences.push_back(
      {better, worse, "auc", WithInterval(aucs[0].value - aucs[1].value, std::move(draws))});
  report.differences.push_back(
      {better, worse, "auc_within_customer",
       bootstrap.Difference(propensities_[0].auc_within, propensities_[1].auc_within)});
}

}  // namespace aisle::evaluation
