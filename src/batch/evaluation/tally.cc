#include "evaluation/tally.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ranking/metrics.h"

namespace aisle::evaluation {
namespace {

// Differences are given for these metrics, by their place in a card: NDCG@10 and Recall@20, all and
// new.
constexpr std::array<std::size_t, 4> kCompared = {0, 1, kMetricNames.size(),
                                                  kMetricNames.size() + 1};

// And an ablation tells these: the same and the hit rate.
constexpr std::array<std::size_t, 6> kAblated = {
    0, 1, 2, kMetricNames.size(), kMetricNames.size() + 1, kMetricNames.size() + 2};

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
// Among more models than these, only the first is compared with each other one.
constexpr std::size_t kComparedWithAll = 6;

std::vector<CalibrationBin> AsVector(const Curve& curve) { return {curve.begin(), curve.end()}; }

}  // namespace

Tally::Tally(const Examiner& examiner)
    : examiner_(&examiner),
      values_(examiner.Contenders().size()),
      covered_(examiner.Contenders().size()),
      calibrations_(examiner.ModelCount()),
      propensities_(examiner.Propensities().size()) {
  const std::size_t products =
      examiner.CandidateProducts().empty() ? 0 : examiner.CandidateProducts().back() + 1;
  for (auto& covered : covered_) covered.fill(std::vector<bool>(products, false));
  for (std::size_t m = 0; m < examiner.ModelCount(); ++m)
    blanked_.emplace_back(examiner.BlanksOfModel(m).blanks.size());
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
      aisle::evaluation::Add(propensities_[m].curve, scores[c], card.bought_category[c], 1);
      expected += static_cast<double>(scores[c]);
    }
    propensities_[m].auc_within.push_back(ranking::Auc(scores, labels));
    propensities_[m].expected.push_back(expected);
  }
  for (std::size_t m = 0; m < calibrations_.size(); ++m) {
    Calibration& calibration = calibrations_[m];
    const double weight = card.calibration_weight;
    calibration.expected.push_back(weight > 0 ? weight * card.expected[m].expected : kNan);
    calibration.actual.push_back(weight > 0 ? weight * card.expected[m].actual : kNan);
    if (weight <= 0) continue;
    Curve curve = card.expected[m].curve;
    for (CalibrationBin& bin : curve)
      bin = {bin.count * weight, bin.expected * weight, bin.actual * weight};
    aisle::evaluation::Add(calibration.curve, curve);
  }
  if (!card.buyer) return;
  slices_.push_back(card.slices);
  customers_new_ += card.new_buyer ? 1 : 0;
  for (std::size_t c = 0; c < values_.size(); ++c) {
    const Ranked& ranked = card.rankings[c];
    for (std::size_t m = 0; m < kMetricCount; ++m) values_[c][m].push_back(ranked.metrics[m]);
    for (std::size_t half = 0; half < ranked.top.size(); ++half) {
      for (const std::uint32_t position : ranked.top[half])
        if (position < covered_[c][half].size()) covered_[c][half][position] = true;
    }
  }
  for (std::size_t m = 0; m < blanked_.size(); ++m) {
    for (std::size_t b = 0; b < blanked_[m].size(); ++b) {
      for (const std::size_t metric : kAblated)
        blanked_[m][b][metric].push_back(card.blanked[m][b][metric]);
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
  Slices(bootstrap, report);
  Ablations(bootstrap, report);
  if (propensities_.empty() && calibrations_.empty()) return report;
  const Bootstrap everybody(static_cast<std::size_t>(customers_all_), seed);
  Calibrations(everybody, report);
  Propensities(everybody, report);
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

// Models against each other, the first of them against the others; everybody as a share of the oracle.
void Tally::Comparisons(const Bootstrap& bootstrap, Report& report) const {
  const auto& contenders = examiner_->Contenders();
  const std::size_t models = examiner_->ModelCount();
  const bool has_oracle = contenders.back().name == "oracle";
  for (const std::size_t metric : kCompared) {
    const auto compare = [&](std::size_t better, std::size_t worse) {
      report.differences.push_back(
          {contenders[better].name, contenders[worse].name, MetricName(metric),
           bootstrap.Difference(values_[better][metric], values_[worse][metric])});
    };
    for (std::size_t c = 1; models > 0 && c < contenders.size(); ++c) {
      const bool oracle = has_oracle && c + 1 == contenders.size();
      oracle ? compare(c, 0) : compare(0, c);
    }
    for (std::size_t a = 1; models <= kComparedWithAll && a < models; ++a) {
      for (std::size_t b = a + 1; b < models; ++b) compare(a, b);
    }
    for (std::size_t c = 0; has_oracle && c + 1 < contenders.size(); ++c) {
      report.shares.push_back({"oracle", contenders[c].name, MetricName(metric),
                               bootstrap.Share(values_[c][metric], values_.back()[metric])});
    }
  }
}

void Tally::Calibrations(const Bootstrap& everybody, Report& report) const {
  for (std::size_t m = 0; m < calibrations_.size(); ++m) {
    report.ranking[m].metrics["expected_over_actual"] =
        everybody.Share(calibrations_[m].expected, calibrations_[m].actual);
    report.ranking[m].calibration = AsVector(calibrations_[m].curve);
  }
}

void Tally::Slices(const Bootstrap& bootstrap, Report& report) const {
  const domain::RetailerShape& shape = examiner_->Shape();
  for (std::size_t slicing = 0; slicing < kSlicings; ++slicing) {
    for (std::size_t slice = 0; slice < SliceCount(slicing, shape); ++slice) {
      Slice found{.by = kSlicingNames[slicing],
                  .value = SliceName(slicing, slice, shape),
                  .customers = 0,
                  .ndcg_at_10 = {}};
      for (const SliceIds& ids : slices_) found.customers += ids[slicing] == slice ? 1 : 0;
      if (found.customers == 0) continue;
      for (const auto& contender : values_) {
        std::vector<double> own = contender[0];
        for (std::size_t i = 0; i < own.size(); ++i)
          if (slices_[i][slicing] != slice) own[i] = kNan;
        found.ndcg_at_10.push_back(bootstrap.Mean(own));
      }
      report.slices.push_back(std::move(found));
    }
  }
}

void Tally::Ablations(const Bootstrap& bootstrap, Report& report) const {
  for (std::size_t m = 0; m < blanked_.size(); ++m) {
    if (blanked_[m].empty()) continue;
    Ablation ablation{.model = examiner_->Contenders()[m].name, .groups = {}};
    for (std::size_t b = 0; b < blanked_[m].size(); ++b) {
      const Blank& blank = examiner_->BlanksOfModel(m).blanks[b];
      Blanked without{.group = std::string(features::Define(blank.group).name),
                      .inputs = blank.inputs,
                      .metrics = {},
                      .differences = {}};
      for (const std::size_t metric : kAblated) {
        const std::vector<double>& values = blanked_[m][b][metric];
        const Estimate estimate = bootstrap.Mean(values);
        if (std::isnan(estimate.value)) continue;
        without.metrics[MetricName(metric)] = estimate;
        without.differences[MetricName(metric)] = bootstrap.Difference(values, values_[m][metric]);
      }
      ablation.groups.push_back(std::move(without));
    }
    std::ranges::sort(ablation.groups, {}, [](const Blanked& without) {
      return std::pair(without.differences.at("ndcg_at_10").value, std::string_view(without.group));
    });
    report.ablations.push_back(std::move(ablation));
  }
}

void Tally::Propensities(const Bootstrap& everybody, Report& report) const {
  std::vector<AucDraws> aucs;
  for (std::size_t m = 0; m < propensities_.size(); ++m) {
    const Propensity& model = propensities_[m];
    Contender contender;
    contender.name = examiner_->Propensities()[m].name;
    contender.definition = examiner_->Propensities()[m].definition;
    aucs.push_back(BootstrapAuc(everybody, model.rows));
    contender.metrics["auc"] = WithInterval(aucs.back().value, aucs.back().draws);
    contender.metrics["auc_within_customer"] = everybody.Mean(model.auc_within);
    contender.metrics["expected_over_actual"] = everybody.Share(model.expected, bought_categories_);
    contender.calibration = AsVector(model.curve);
    report.propensity.push_back(std::move(contender));
  }
  for (std::size_t a = 0; a < aucs.size() && (a == 0 || aucs.size() <= kComparedWithAll); ++a) {
    for (std::size_t b = a + 1; b < aucs.size(); ++b) {
      const std::string& better = report.propensity[a].name;
      const std::string& worse = report.propensity[b].name;
      std::vector<double> draws;
      for (std::size_t d = 0; d < aucs[a].draws.size(); ++d)
        draws.push_back(aucs[a].draws[d] - aucs[b].draws[d]);
      report.differences.push_back(
          {better, worse, "auc", WithInterval(aucs[a].value - aucs[b].value, std::move(draws))});
      report.differences.push_back(
          {better, worse, "auc_within_customer",
           everybody.Difference(propensities_[a].auc_within, propensities_[b].auc_within)});
    }
  }
}

}  // namespace aisle::evaluation
