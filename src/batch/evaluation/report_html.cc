// The report as one page: plots as SVG within the page, no script, nothing fetched.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "evaluation/evaluation.h"
#include "evaluation/plots.h"

namespace aisle::evaluation {
namespace {

constexpr const char* kStyle =
    "body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 "
    "1rem;color:#222;"
    "background:#fff}h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}table{border-"
    "collapse:collapse}"
    "td,th{padding:.15rem .7rem;text-align:right;border-bottom:1px solid #ddd;white-space:nowrap}"
    "td:first-child,th:first-child{text-align:left}.wide{overflow-x:auto}.beware{background:#"
    "fff3cd;"
    "padding:.5rem 1rem;border-left:4px solid #d9822b}svg{max-width:100%;height:auto}"
    ".dense{font-size:.8rem}.dense td,.dense th{padding:.15rem .45rem}svg text{font:12px "
    "system-ui,sans-serif;fill:#222}.note{color:#555}"
    // Plots shrink with a narrow page, and their letters must not.
    "@media(max-width:50rem){svg.dots text{font-size:16px}}";

std::string Legend(const std::vector<Contender>& contenders) {
  std::string text = "<p>";
  for (std::size_t c = 0; c < contenders.size(); ++c) {
    text += fmt::format("<span style='color:{}'>&#9679;</span> {} &nbsp; ", Colour(c),
                        Escaped(contenders[c].name));
  }
  return text + "</p>\n";
}

std::vector<PlotRow> RowsOf(const std::vector<Contender>& contenders, const char* metric) {
  std::vector<PlotRow> rows;
  for (std::size_t c = 0; c < contenders.size(); ++c) {
    const auto found = contenders[c].metrics.find(metric);
    if (found != contenders[c].metrics.end())
      rows.push_back({contenders[c].name, {found->second}, {c}});
  }
  return rows;
}

// Mean score against the share that was bought, both on a scale of decades.
std::string CalibrationPlot(const std::string& title, const std::vector<Contender>& contenders) {
  constexpr double kSide = 380;
  constexpr double kMargin = 50;
  constexpr double kDecades = 6;
  const auto place = [&](double value) {
    return kSide * std::clamp(std::log10(std::max(value, 1e-12)) / kDecades + 1, 0.0, 1.0);
  };
  std::string marks = fmt::format(
      "<rect x='{0}' y='10' width='{1}' height='{1}' fill='none' stroke='#bbb'/>"
      "<line x1='{0}' y1='{2}' x2='{3}' y2='10' stroke='#999' stroke-dasharray='4 4'/>",
      kMargin, kSide, kSide + 10, kMargin + kSide);
  for (int decade = -6; decade <= 0; ++decade) {
    const double at = kSide * (decade / kDecades + 1);
    marks += fmt::format(
        "<text x='{:.1f}' y='{}' text-anchor='middle'>1e{}</text>"
        "<text x='{}' y='{:.1f}' text-anchor='end'>1e{}</text>",
        kMargin + at, kSide + 28, decade, kMargin - 6, 10 + kSide - at + 4, decade);
  }
  for (std::size_t c = 0; c < contenders.size(); ++c) {
    std::string line;
    for (const CalibrationBin& bin : contenders[c].calibration) {
      // With few purchases a share is mostly chance.
      if (bin.actual < 10) continue;
      const double x = kMargin + place(bin.expected / bin.count);
      const double y = 10 + kSide - place(bin.actual / bin.count);
      line += fmt::format("{:.1f},{:.1f} ", x, y);
      marks += fmt::format(
          "<circle cx='{:.1f}' cy='{:.1f}' r='4' fill='{}'><title>{}: said {:.3g}, bought {:.3g} "
          "of {:.0f} "
          "pairs</title></circle>",
          x, y, Colour(c), Escaped(contenders[c].name), bin.expected / bin.count,
          bin.actual / bin.count, bin.count);
    }
    marks += fmt::format("<polyline points='{}' fill='none' stroke='{}'/>", line, Colour(c));
  }
  return fmt::format("<svg role='img' aria-label='{}' viewBox='0 0 {} {}' width='{}'>{}</svg>\n",
                     Escaped(title), kSide + kMargin + 30, kSide + 40, kSide + kMargin + 30, marks);
}

bool HasCurve(const std::vector<Contender>& contenders) {
  return std::ranges::any_of(contenders, [](const auto& c) { return !c.calibration.empty(); });
}

std::string CalibrationSection(const Report& report) {
  std::string html = "<h2>Calibration</h2>\n";
  if (!HasCurve(report.ranking) && !HasCurve(report.propensity))
    return html + "<p>There is no model whose probabilities could be looked at.</p>\n";
  html +=
      "<p class='note'>What a model said (across) against the share that was bought (up): on the "
      "dashed line it is "
      "right, below it promises too much. Bins with fewer than ten purchases are left out.</p>\n";
  for (const auto& [title, contenders] :
       {std::pair("Rankings: pairs of customers and products", &report.ranking),
        std::pair("Propensities: customers and categories", &report.propensity)}) {
    if (!HasCurve(*contenders)) continue;
    html += fmt::format("<h3>{}</h3>\n{}", title, CalibrationPlot(title, *contenders));
    for (std::size_t c = 0; c < contenders->size(); ++c) {
      const auto found = (*contenders)[c].metrics.find("expected_over_actual");
      if (found == (*contenders)[c].metrics.end()) continue;
      html += fmt::format("<p><span style='color:{}'>&#9679;</span> {}: expected / actual {}</p>\n",
                          Colour(c), Escaped((*contenders)[c].name), Figure(found->second));
    }
  }
  return html;
}

std::string SliceSection(const Report& report) {
  std::string html = "<h2>NDCG@10 by kind of customer</h2>\n" + Legend(report.ranking);
  std::vector<PlotRow> rows;
  std::string by;
  const auto flush = [&] {
    if (!rows.empty()) html += fmt::format("<h3>{}</h3>\n{}", Escaped(by), DotPlot(by, rows));
    rows.clear();
  };
  for (const Slice& slice : report.slices) {
    if (slice.by != by) flush();
    by = slice.by;
    PlotRow row{.label = fmt::format("{} ({})", slice.value, slice.customers),
                .estimates = slice.ndcg_at_10,
                .colours = {}};
    for (std::size_t c = 0; c < row.estimates.size(); ++c) row.colours.push_back(c);
    rows.push_back(std::move(row));
  }
  flush();
  return html;
}

const Contender& WholeModel(const Report& report, const Ablation& ablation) {
  const auto found = std::ranges::find(report.ranking, ablation.model, &Contender::name);
  AISLE_ASSERT(found != report.ranking.end());
  return *found;
}

// A row per group: what is left of NDCG@10, and the differences.
std::string AblationTable(const Ablation& ablation) {
  std::string html =
      "<div class='wide'><table class='dense'><tr><th>without</th><th>NDCG@10</th><th>difference"
      "</th><th>of new products</th><th>of Recall@20</th><th>of hit rate@10</th></tr>\n";
  for (const Blanked& without : ablation.groups) {
    html +=
        fmt::format("<tr><td title='{}'>{}</td><td>{:.4f}</td>", fmt::join(without.inputs, ", "),
                    Escaped(without.group), without.metrics.at("ndcg_at_10").value);
    for (const char* metric : {"ndcg_at_10", "ndcg_at_10_new", "recall_at_20", "hit_rate_at_10"}) {
      const auto found = without.differences.find(metric);
      html += fmt::format("<td>{}</td>",
                          found == without.differences.end() ? "-" : Figure(found->second, "+"));
    }
    html += "</tr>\n";
  }
  return html + "</table></div>\n";
}

std::string AblationSection(const Report& report) {
  if (report.ablations.empty()) return "";
  std::string html =
      "<h2>Ablation: what the models lean on</h2>\n<p class='note'>The same model on the same "
      "customers, a group of its inputs missing at a time; in brackets how many these are, and "
      "<code>aisle inputs</code> has the groups. It is not trained anew: one that was trained "
      "without the group would make do with what the others know and mostly lose less. An input "
      "that was never missing in training follows branches that no row took then, so its loss can "
      "be too large. Groups know some of the same, so losses do not add up; the propensity keeps "
      "all its own inputs.</p>\n";
  for (const Ablation& ablation : report.ablations) {
    const Contender& whole = WholeModel(report, ablation);
    std::vector<PlotRow> values = {{"the whole model", {whole.metrics.at("ndcg_at_10")}, {0}}};
    std::vector<PlotRow> differences;
    for (const Blanked& without : ablation.groups) {
      const std::string label = fmt::format("without {} ({})", without.group, InputsText(without));
      values.push_back({label, {without.metrics.at("ndcg_at_10")}, {1}});
      PlotRow row{.label = label, .estimates = {}, .colours = {}};
      for (const char* metric : {"ndcg_at_10", "ndcg_at_10_new"}) {
        const auto found = without.differences.find(metric);
        if (found == without.differences.end()) continue;
        row.colours.push_back(row.estimates.size());
        row.estimates.push_back(found->second);
      }
      differences.push_back(std::move(row));
    }
    html += fmt::format(
        "<h3>{0}: NDCG@10</h3>\n{1}<h3>{0}: paired differences of NDCG@10</h3>\n<p><span "
        "style='color:{2}'>&#9679;</span> all products &nbsp; <span "
        "style='color:{3}'>&#9679;</span> products the customer never touched</p>\n{4}{5}",
        Escaped(ablation.model), DotPlot("ablation", values), Colour(0), Colour(1),
        DotPlot("ablation, paired differences", differences), AblationTable(ablation));
  }
  return html;
}

std::string DifferenceSection(const Report& report) {
  if (report.differences.empty()) return "";
  std::vector<PlotRow> rows;
  std::string table =
      "<div class='wide'><table><tr><th>difference</th><th>metric</th><th>value [95 % "
      "interval]</th></tr>\n";
  for (const Difference& d : report.differences) {
    const std::string name = d.better + " - " + d.worse;
    if (d.metric == "ndcg_at_10") rows.push_back({name, {d.estimate}, {0}});
    table += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td></tr>\n", Escaped(name),
                         Escaped(d.metric), Figure(d.estimate, "+"));
  }
  return "<h2>Paired differences</h2>\n<p class='note'>Over the same customers. An interval that "
         "holds 0 says that "
         "these customers cannot tell the two apart.</p>\n" +
         (rows.empty() ? "" : "<h3>NDCG@10</h3>\n" + DotPlot("paired differences", rows)) + table +
         "</table></div>\n";
}

std::string List(const std::vector<std::string>& lines) {
  std::string html = "<ul>\n";
  for (const std::string& line : lines) html += "<li>" + Escaped(line) + "</li>\n";
  return html + "</ul>\n";
}

std::string ContenderTable(const std::vector<Contender>& contenders) {
  std::vector<std::string> metrics;
  for (const Contender& contender : contenders) {
    for (const auto& [name, estimate] : contender.metrics)
      if (std::ranges::find(metrics, name) == metrics.end()) metrics.push_back(name);
  }
  std::ranges::sort(metrics);
  std::string html = "<div class='wide'><table><tr><th>metric</th>";
  for (const Contender& contender : contenders) html += "<th>" + Escaped(contender.name) + "</th>";
  html += "</tr>\n";
  for (const std::string& metric : metrics) {
    html += "<tr><td>" + Escaped(metric) + "</td>";
    for (const Contender& contender : contenders) {
      const auto found = contender.metrics.find(metric);
      html += fmt::format("<td>{}</td>",
                          found == contender.metrics.end() ? "-" : Figure(found->second));
    }
    html += "</tr>\n";
  }
  return html + "</table></div>\n";
}

}  // namespace

std::string ToHtml(const Report& report) {
  std::string html = fmt::format(
      "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'><meta name='viewport' "
      "content='width=device-width,initial-scale=1'><title>aisle: "
      "evaluation</title><style>{}</style></head>"
      "<body>\n<h1>How good the models are</h1>\n<p>Purchases from {} to {}: {} customers bought, "
      "{} of them "
      "something new; {} products. Intervals hold 95 %, drawn over customers.</p>\n",
      kStyle, base::FormatTimestamp(report.cutoff), base::FormatTimestamp(report.as_of),
      report.customers, report.customers_new, report.catalogue);
  for (const std::string& warning : report.warnings)
    html += "<p class='beware'>Beware: " + Escaped(warning) + "</p>\n";
  html += "<h2>NDCG@10</h2>\n<h3>All products</h3>\n" +
          DotPlot("NDCG@10, all products", RowsOf(report.ranking, "ndcg_at_10"));
  if (const auto rows = RowsOf(report.ranking, "ndcg_at_10_new"); !rows.empty())
    html += "<h3>Products the customer never touched</h3>\n" + DotPlot("NDCG@10, new", rows);
  html += DifferenceSection(report) + SliceSection(report) + AblationSection(report) +
          CalibrationSection(report);
  html += "<h2>All figures</h2>\n" + ContenderTable(report.ranking);
  if (!report.propensity.empty())
    html += "<h3>Propensity</h3>\n" + ContenderTable(report.propensity);
  std::vector<std::string> definitions;
  for (const auto* contenders : {&report.ranking, &report.propensity}) {
    for (const Contender& contender : *contenders)
      definitions.push_back(contender.name + ": " + contender.definition);
  }
  html += "<h2>Contenders</h2>\n" + List(definitions);
  if (!report.left_out.empty()) html += "<h2>Left out</h2>\n" + List(report.left_out);
  return html + "</body></html>\n";
}

}  // namespace aisle::evaluation
