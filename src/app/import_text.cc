#include "app/import_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "app/print.h"
#include "app/print_json.h"

namespace aisle::app {
namespace {

constexpr std::size_t kGroupsShown = 12;
constexpr std::size_t kColumnsShown = 5;
constexpr std::size_t kRowWidth = 70;

// What a row of anybody's file says, as one line that a terminal takes for nothing else.
std::string OneLine(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  return Shorten(text, kRowWidth);
}

boost::json::array RejectsJson(const ingest::ImportReport& report) {
  boost::json::array groups;
  for (const auto& group : report.rejects) {
    boost::json::array examples;
    for (const auto& row : group.examples) {
      examples.push_back(
          {{"file", row.file}, {"line", row.line}, {"value", row.value}, {"row", row.row}});
    }
    groups.push_back({{"file", group.file},
                      {"table", group.table},
                      {"column", group.column},
                      {"reason", group.reason},
                      {"rows", group.rows},
                      {"examples", std::move(examples)}});
  }
  return groups;
}

// "orders.csv: 12 bought_at, 3 paid"; the most often first.
std::string ColumnsAtFault(const ingest::ImportReport& report) {
  std::map<std::pair<std::string, std::string>, std::int64_t> counts;
  for (const auto& group : report.rejects) {
    if (!group.column.empty()) counts[{group.file, group.column}] += group.rows;
  }
  std::vector<std::pair<std::int64_t, std::string>> columns;
  for (const auto& [column, rows] : counts)
    columns.emplace_back(rows, fmt::format("{} of {}", column.second, column.first));
  std::ranges::stable_sort(columns, std::greater(), [](const auto& one) { return one.first; });
  std::string text;
  for (std::size_t i = 0; i < std::min(kColumnsShown, columns.size()); ++i) {
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", columns[i].second,
                        Grouped(columns[i].first));
  }
  return text;
}

std::string RejectsText(const ingest::ImportReport& report, bool kept) {
  if (report.rejects.empty()) return "";
  std::string text = fmt::format("\nRows that were rejected, by reason{}:\n",
                                 kept ? " (all of them: raw.rejects)" : "");
  for (std::size_t i = 0; i < std::min(kGroupsShown, report.rejects.size()); ++i) {
    const auto& group = report.rejects[i];
    text += fmt::format("  {:>7}  {}{}: {}\n", Grouped(group.rows), group.file,
                        group.table.empty() ? "" : " for " + group.table, group.reason);
    for (const auto& row : group.examples) {
      const std::string where = row.file == group.file ? "" : row.file + ", ";
      text += fmt::format("           {}line {}: {}{}\n", where, row.line,
                          row.value.empty() ? "" : fmt::format("'{}' in ", OneLine(row.value)),
                          OneLine(row.row));
    }
  }
  if (report.rejects.size() > kGroupsShown)
    text += fmt::format("  and {} more reasons\n", report.rejects.size() - kGroupsShown);
  if (const std::string columns = ColumnsAtFault(report); !columns.empty())
    text += fmt::format("Columns most often at fault: {}\n", columns);
  return text;
}

// What came in whole and may still not be what is meant.
std::string DoubtsText(const ingest::ImportReport& report) {
  std::string text;
  if (const auto& found = report.spellings; found.categories > 0) {
    text += fmt::format(
        "\ncategories: {} spellings of {} (such as {}), {} in all: to a model each is a category "
        "of "
        "its own; give the query one spelling, such as lower(trim(category))\n",
        Grouped(found.spellings), Grouped(found.categories), found.first, Grouped(found.all));
  }
  if (report.events_known_late > 0) {
    text += fmt::format(
        "\nevents that are known only after the end of the data, by the mapping's delay: {}; a "
        "refresh as of {} does not see them; shorten `delay` if your systems know sooner\n",
        Grouped(report.events_known_late),
        base::FormatTimestamp(ingest::EndOfData(report.last_event)));
  }
  return text;
}

// Times that are not what the file's clock showed, or may not be.
std::string ClocksText(const ingest::ImportReport& report) {
  std::string text;
  for (const auto& source : report.sources) {
    for (const auto& clock : source.clocks) {
      const std::string where =
          fmt::format("\n{}, {}, by the clock of {}: ", clock.file, clock.column, clock.time_zone);
      if (clock.skipped > 0) {
        text += fmt::format("{}times that it skips: {} ({}); taken later by what it skips\n", where,
                            Grouped(clock.skipped), clock.first_skipped);
      }
      if (clock.repeated > 0) {
        text += fmt::format("{}times that it shows twice: {} ({}); taken as the second\n", where,
                            Grouped(clock.repeated), clock.first_repeated);
      }
    }
  }
  return text;
}

}  // namespace

boost::json::object ImportJson(const ingest::ImportReport& report, double seconds) {
  boost::json::array sources;
  boost::json::array clocks;
  for (const auto& source : report.sources) {
    sources.push_back({{"file", source.file},
                       {"files", source.files},
                       {"rows", source.rows},
                       {"rejected", source.rejected}});
    for (const auto& clock : source.clocks) {
      clocks.push_back({{"file", clock.file},
                        {"column", clock.column},
                        {"time_zone", clock.time_zone},
                        {"skipped", clock.skipped},
                        {"first_skipped", clock.first_skipped},
                        {"repeated", clock.repeated},
                        {"first_repeated", clock.first_repeated}});
    }
  }
  boost::json::array tables;
  for (const auto& table : report.tables) {
    tables.push_back({{"table", table.table},
                      {"source", table.source},
                      {"rows", table.rows},
                      {"added", table.added},
                      {"updated", table.updated},
                      {"unchanged", table.unchanged},
                      {"repeated", table.repeated},
                      {"rejected", table.rejected},
                      {"withdrawn", table.withdrawn}});
  }
  boost::json::array unknown;
  for (const auto& one : report.unknown) {
    unknown.push_back(
        {{"kind", one.kind}, {"events", one.events}, {"ids", one.ids}, {"first", one.first}});
  }
  return {{"mapping", report.mapping},
          {"about", report.about},
          {"others", boost::json::value_from(report.others)},
          {"sources", std::move(sources)},
          {"changed_clocks", std::move(clocks)},
          {"tables", std::move(tables)},
          {"unknown", std::move(unknown)},
          {"unknown_postal_codes",
           {{"customers", report.unknown_postal_codes.customers},
            {"codes", report.unknown_postal_codes.codes},
            {"first", report.unknown_postal_codes.first}}},
          {"rejects", RejectsJson(report)},
          {"spellings",
           {{"categories", report.spellings.categories},
            {"spellings", report.spellings.spellings},
            {"all", report.spellings.all},
            {"first", report.spellings.first}}},
          {"events_known_late", report.events_known_late},
          {"defaults", boost::json::value_from(report.defaults)},
          {"last_event", report.last_event ? boost::json::value(base::FormatIso(*report.last_event))
                                           : boost::json::value(nullptr)},
          {"events_after_now", report.events_after_now},
          {"seconds", seconds}};
}

std::string ImportText(const ingest::ImportReport& report, bool kept) {
  std::string text = fmt::format("{}: {}\n\n", report.mapping, report.about);
  TextTable sources({{"file"}, {"rows", Align::kRight}, {"rejected", Align::kRight}});
  for (const auto& source : report.sources) {
    const std::string count =
        source.files == 1 ? "" : fmt::format(" ({} files)", Grouped(source.files));
    sources.Add({source.file + count, Grouped(source.rows), Grouped(source.rejected)});
  }
  TextTable tables({{"table"},
                    {"rows", Align::kRight},
                    {"added", Align::kRight},
                    {"updated", Align::kRight},
                    {"unchanged", Align::kRight},
                    {"repeated", Align::kRight},
                    {"rejected", Align::kRight}});
  for (const auto& table : report.tables) {
    tables.Add({table.table, Grouped(table.rows), Grouped(table.added), Grouped(table.updated),
                Grouped(table.unchanged), Grouped(table.repeated), Grouped(table.rejected)});
  }
  text += sources.Text() + "\n" + tables.Text();
  text += RejectsText(report, kept);
  text += ClocksText(report);
  for (const auto& table : report.tables) {
    if (table.withdrawn == 0) continue;
    text += fmt::format("\ntaken out of {}, because the mapping no longer gives it: {}\n",
                        table.table, Grouped(table.withdrawn));
  }
  if (!report.unknown.empty()) text += "\n";
  for (const auto& one : report.unknown) {
    const bool product = one.kind == "product";
    text += fmt::format(
        "{}s not in {}: {} (the first: {}), events of them: {}; these are kept, such a {}\n",
        one.kind, product ? "raw.product_catalog" : "raw.customers", Grouped(one.ids), one.first,
        Grouped(one.events), product ? "product is never recommended" : "customer has no features");
  }
  if (const auto& postal = report.unknown_postal_codes; postal.customers > 0) {
    text += fmt::format(
        "\ncustomers whose postal code belongs to no region: {} (codes: {}, the first: {}); these "
        "are kept, and count "
        "for the first region\n",
        Grouped(postal.customers), Grouped(postal.codes), postal.first);
  }
  text += DoubtsText(report);
  if (!report.defaults.empty()) text += "\nWhat the source lacks, and what stands in for it:\n";
  for (const std::string& line : report.defaults) text += "  " + line + "\n";
  if (!report.last_event) return text + "\nno events yet\n";
  return text + fmt::format("\nlast event {}\n", base::FormatTimestamp(*report.last_event));
}

}  // namespace aisle::app
