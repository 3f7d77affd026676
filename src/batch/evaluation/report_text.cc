// The report as JSON and as a table for people.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

#include "evaluation/evaluation.h"
#include "evaluation/plots.h"

namespace aisle::evaluation {
namespace {

namespace json = boost::json;

// JSON has no NaN: what cannot be had is null.
json::value Number(double value) { return std::isfinite(value) ? json::value(value) : nullptr; }

json::object Json(const Estimate& estimate) {
  return {{"value", Number(estimate.value)},
          {"low", Number(estimate.low)},
          {"high", Number(estimate.high)}};
}

json::object Json(const std::map<std::string, Estimate>& metrics) {
  json::object object;
  for (const auto& [name, estimate] : metrics) object[name] = Json(estimate);
  return object;
}

json::array Json(const std::vector<Contender>& contenders) {
  json::array array;
  for (const Contender& contender : contenders) {
    json::array bins;
    for (const CalibrationBin& bin : contender.calibration) {
      if (bin.count > 0) {
        bins.emplace_back(json::object{{"pairs", Number(bin.count)},
                                       {"expected", Number(bin.expected)},
                                       {"actual", Number(bin.actual)}});
      }
    }
    array.emplace_back(json::object{{"name", contender.name},
                                    {"definition", contender.definition},
                                    {"metrics", Json(contender.metrics)},
                                    {"calibration", std::move(bins)}});
  }
  return array;
}

json::array Json(const std::vector<Difference>& differences, const char* better,
                 const char* worse) {
  json::array array;
  for (const Difference& difference : differences) {
    json::object object = Json(difference.estimate);
    object[better] = difference.better;
    object[worse] = difference.worse;
    object["metric"] = difference.metric;
    array.emplace_back(std::move(object));
  }
  return array;
}

json::array Json(const Report& report, const std::vector<Slice>& slices) {
  json::array array;
  for (const Slice& slice : slices) {
    json::object by_contender;
    for (std::size_t c = 0; c < slice.ndcg_at_10.size(); ++c)
      by_contender[report.ranking[c].name] = Json(slice.ndcg_at_10[c]);
    array.emplace_back(json::object{{"by", slice.by},
                                    {"value", slice.value},
                                    {"customers", slice.customers},
                                    {"ndcg_at_10", std::move(by_contender)}});
  }
  return array;
}

json::array Json(const std::vector<Ablation>& ablations) {
  json::array array;
  for (const Ablation& ablation : ablations) {
    json::array groups;
    for (const Blanked& without : ablation.groups) {
      groups.emplace_back(json::object{{"group", without.group},
                                       {"inputs", json::value_from(without.inputs)},
                                       {"metrics", Json(without.metrics)},
                                       {"differences", Json(without.differences)}});
    }
    array.emplace_back(json::object{{"model", ablation.model}, {"groups", std::move(groups)}});
  }
  return array;
}

std::string Cell(const Contender& contender, const char* metric, bool interval) {
  const auto found = contender.metrics.find(metric);
  if (found == contender.metrics.end() || std::isnan(found->second.value)) return "-";
  const Estimate& e = found->second;
  return interval ? fmt::format("{:.3f} [{:.3f} {:.3f}]", e.value, e.low, e.high)
                  : fmt::format("{:.3f}", e.value);
}

struct Column {
  const char* title;
  const char* metric;
  bool interval;
};

void Print(const std::vector<Contender>& contenders, const std::vector<Column>& columns,
           std::string& out) {
  std::size_t name_width = 4;
  for (const Contender& contender : contenders)
    name_width = std::max(name_width, contender.name.size());
  out += fmt::format("  {:<{}}", "", name_width);
  for (const Column& column : columns)
    out += fmt::format("  {:>{}}", column.title, column.interval ? 21 : 9);
  out += "\n";
  for (const Contender& contender : contenders) {
    out += fmt::format("  {:<{}}", contender.name, name_width);
    for (const Column& column : columns) {
      out += fmt::format("  {:>{}}", Cell(contender, column.metric, column.interval),
                         column.interval ? 21 : 9);
    }
    out += "\n";
  }
}

std::string AblationTable(const Ablation& ablation) {
  std::string out = fmt::format(
      "\nAblation of {}: a group of its inputs missing at a time, the model not trained anew\n"
      "  {:<16}  {:>6}  {:>7}  {:<25}  {:<25}  {}\n",
      ablation.model, "without", "inputs", "NDCG@10", "difference", "of new products",
      "of Recall@20");
  for (const Blanked& without : ablation.groups) {
    const auto difference = [&](const char* metric) -> std::string {
      const auto found = without.differences.find(metric);
      if (found == without.differences.end()) return "-";
      const Estimate& e = found->second;
      return fmt::format("{:+.4f} [{:+.4f} {:+.4f}]", e.value, e.low, e.high);
    };
    out += fmt::format("  {:<16}  {:>6}  {:>7.3f}  {:<25}  {:<25}  {}\n", without.group,
                       InputsText(without), without.metrics.at("ndcg_at_10").value,
                       difference("ndcg_at_10"), difference("ndcg_at_10_new"),
                       difference("recall_at_20"));
  }
  return out;
}

}  // namespace

std::string ToJson(const Report& report) {
  json::array warnings;
  for (const std::string& warning : report.warnings) warnings.emplace_back(warning);
  json::array left_out;
  for (const std::string& reason : report.left_out) left_out.emplace_back(reason);
  const json::object object = {
      {"cutoff", base::FormatIso(report.cutoff)},
      {"as_of", base::FormatIso(report.as_of)},
      {"customers", report.customers},
      {"customers_new", report.customers_new},
      {"customers_all", report.customers_all},
      {"catalogue", report.catalogue},
      {"ranking", Json(report.ranking)},
      {"propensity", Json(report.propensity)},
      {"differences", Json(report.differences, "better", "worse")},
      {"shares", Json(report.shares, "of", "name")},
      {"slices", Json(report, report.slices)},
      {"ablations", Json(report.ablations)},
      {"warnings", std::move(warnings)},
      {"left_out", std::move(left_out)},
  };
  return json::serialize(object);
}

std::string ToTable(const Report& report, bool with_ablations) {
  std::string out = fmt::format(
      "Purchases from {} to {}: {} customers bought, {} of them something new; {} products.\n\n",
      base::FormatTimestamp(report.cutoff), base::FormatTimestamp(report.as_of), report.customers,
      report.customers_new, report.catalogue);
  for (const std::string& warning : report.warnings) out += "Beware: " + warning + ".\n";
  if (!report.warnings.empty()) out += "\n";
  out += "All products (mean [95 % interval])\n";
  Print(report.ranking,
        {{"NDCG@10", "ndcg_at_10", true},
         {"Recall@20", "recall_at_20", true},
         {"hit@10", "hit_rate_at_10", false},
         {"AUC", "auc_within_customer", false},
         {"cover@10", "coverage_at_10", false},
         {"exp/act", "expected_over_actual", false}},
        out);
  out += "\nProducts the customer never touched\n";
  Print(report.ranking,
        {{"NDCG@10", "ndcg_at_10_new", true},
         {"Recall@20", "recall_at_20_new", true},
         {"hit@10", "hit_rate_at_10_new", false},
         {"AUC", "auc_within_customer_new", false},
         {"cover@10", "coverage_at_10_new", false}},
        out);
  if (!report.propensity.empty()) {
    out += fmt::format("\nPropensity, customer x category, {} customers\n", report.customers_all);
    Print(report.propensity,
          {{"AUC", "auc", true},
           {"within customer", "auc_within_customer", true},
           {"expected/actual", "expected_over_actual", true}},
          out);
  }
  if (!report.differences.empty()) out += "\nPaired differences\n";
  for (const Difference& d : report.differences) {
    out += fmt::format("  {:<50} {:<20} {:+.4f} [{:+.4f} {:+.4f}]\n", d.better + " - " + d.worse,
                       d.metric, d.estimate.value, d.estimate.low, d.estimate.high);
  }
  if (!report.shares.empty()) out += "\nShares of the oracle\n";
  for (const Difference& d : report.shares) {
    out += fmt::format("  {:<50} {:<20} {:.3f} [{:.3f} {:.3f}]\n", d.worse, d.metric,
                       d.estimate.value, d.estimate.low, d.estimate.high);
  }
  for (std::size_t i = 0; with_ablations && i < report.ablations.size(); ++i)
    out += AblationTable(report.ablations[i]);
  out += "\nContenders\n";
  for (const auto* contenders : {&report.ranking, &report.propensity}) {
    for (const Contender& contender : *contenders)
      out += fmt::format("  {}: {}\n", contender.name, contender.definition);
  }
  if (!report.left_out.empty()) out += "\nLeft out\n";
  for (const std::string& reason : report.left_out) out += "  " + reason + "\n";
  return out;
}

}  // namespace aisle::evaluation
