#include "ingest/enough_rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <string_view>
#include <vector>

#include "ingest/part_files.h"
#include "ingest/sources.h"
#include "ingest/sql.h"
#include "warehouse/row_reader.h"

namespace aisle::ingest {
namespace {

using warehouse::Connection;

constexpr std::size_t kExamples = 3;

// Adds rejected rows of `source`, as raw.rejects names it, till there are enough.
Status AddExamples(Connection& connection, const std::string& source, const std::string& table,
                   const std::string& where, std::vector<std::string>& examples) {
  AISLE_TRY(auto rows, warehouse::RowReader::Open(connection, sql::kRejectExamples,
                                                  {{"source", source}, {"table_name", table}}));
  const auto line = rows.Int("line");
  const auto reason = rows.Text("reason");
  while (examples.size() < kExamples) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) return {};
    examples.push_back(
        fmt::format("{}line {}: {}", where, rows.OrElse(line, std::int64_t{0}), rows[reason]));
  }
  return {};
}

// Of a source's parts, each by its name: raw.rejects names them, and not the source.
Status AddExamplesOfParts(Connection& connection, const Mapping& mapping, const std::string& file,
                          const std::string& table, std::vector<std::string>& examples) {
  const std::string prefix = RejectSource(mapping, "");
  std::vector<std::string> names;
  {
    AISLE_TRY(auto rows, warehouse::RowReader::Open(connection, sql::kRejectSources,
                                                    {{"prefix", prefix}, {"table_name", table}}));
    const auto source = rows.Text("source");
    for (;;) {
      AISLE_TRY(const bool more, rows.Next());
      if (!more) break;
      names.emplace_back(rows[source].substr(prefix.size()));
    }
  }
  for (const std::string& name : names) {
    if (examples.size() >= kExamples) break;
    if (!MayBePart(name, file)) continue;
    AISLE_CHECK(
        AddExamples(connection, prefix + name, table, name == file ? "" : name + ", ", examples));
  }
  return {};
}

// "; rejected: line 2: quantity: missing; line 3: …"; empty: none is. `file` is a source's; empty: of no source.
Result<std::string> Examples(Connection& connection, const Mapping& mapping,
                             const std::string& file, const std::string& table) {
  std::vector<std::string> examples;
  if (file.empty()) {
    AISLE_CHECK(AddExamples(connection, mapping.name, table, "", examples));
  } else {
    AISLE_CHECK(AddExamplesOfParts(connection, mapping, file, table, examples));
  }
  return examples.empty() ? "" : fmt::format("; rejected: {}", fmt::join(examples, "; "));
}

struct Shortage {
  int line = 0;         // Of the mapping.
  std::string what;     // Has the rows.
  std::string section;  // Where at_least_rows stands.
  std::int64_t rows = 0;
  std::int64_t fit = 0;
  std::int64_t least = 0;
  std::string_view none;  // What it means when there is no row at all.
};

std::unexpected<Error> TooFew(const Mapping& mapping, const Shortage& found,
                              const std::string& examples) {
  std::string said;
  if (found.rows == 0) {
    said = found.none;
  } else if (found.fit == 0) {
    said = fmt::format("none of its {} rows can be used{}", found.rows, examples);
  } else {
    said = fmt::format("{} of its {} rows can be used{}", found.fit, found.rows, examples);
  }
  return Fail(
      ErrorCode::kFailedPrecondition,
      fmt::format(
          "{}:{}: {}: {}; at_least_rows in {} asks for {} (0 takes what comes), so nothing was "
          "imported, and what was there before is left",
          mapping.file, found.line, found.what, said, found.section, found.least));
}

}  // namespace

Status CheckSourceRows(Connection& connection, const Mapping& mapping,
                       const std::vector<ImportedSource>& sources) {
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const Source& source = mapping.sources[i];
    const std::int64_t fit = sources[i].rows - sources[i].rejected;
    const std::int64_t least = source.at_least_rows.value_or(1);
    if (fit >= least) continue;
    AISLE_TRY(const std::string examples, Examples(connection, mapping, source.file, ""));
    return TooFew(mapping,
                  {.line = source.line,
                   .what = source.file,
                   .section = fmt::format("[sources.{}]", source.name),
                   .rows = sources[i].rows,
                   .fit = fit,
                   .least = least,
                   .none = !sources[i].has_headers ? "no rows"
                           : sources[i].files == 1 ? "no rows, nothing but a header"
                                                   : "no rows in any of its files"},
                  examples);
  }
  return {};
}

Status CheckTableRows(Connection& connection, const Mapping& mapping,
                      const std::vector<ImportedTable>& tables) {
  std::int64_t all = 0;
  bool asked_for_any = false;
  for (const ImportedTable& table : tables) {
    const TableStep& step = mapping.tables[table.step];
    const std::int64_t fit = table.rows - table.rejected;
    all += fit;
    const std::int64_t least = step.at_least_rows.value_or(table.rows > 0 ? 1 : 0);
    asked_for_any = asked_for_any || step.at_least_rows != 0;
    if (fit >= least) continue;
    AISLE_TRY(const std::string examples, Examples(connection, mapping, table.source, table.table));
    return TooFew(mapping,
                  {.line = step.line,
                   .what = table.table,
                   .section = "its [[tables]]",
                   .rows = table.rows,
                   .fit = fit,
                   .least = least,
                   .none = "its query gave no rows"},
                  examples);
  }
  if (all > 0 || !asked_for_any) return {};
  return Fail(ErrorCode::kFailedPrecondition,
              fmt::format("{}: no query gave a row for any table, so nothing was imported and what "
                          "was there before is "
                          "left; at_least_rows = 0 in each of [[tables]] takes what comes",
                          mapping.file));
}

}  // namespace aisle::ingest
