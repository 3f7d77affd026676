#include "ingest/source_times.h"

#include <fmt/format.h>

#include <cstdint>
#include <utility>

#include "ingest/sql_text.h"
#include "ingest/time_text.h"
#include "warehouse/row_reader.h"

namespace aisle::ingest {
namespace {

using warehouse::Connection;
using warehouse::RowReader;

constexpr std::string_view kOwn = "ingest/source_times.cc";  // Of queries that are written here.
constexpr int kExampleCharacters = 60;

bool IsText(std::string_view type) { return type == "VARCHAR"; }

// Rows of two kinds: how many, and the first.
struct Kind {
  std::int64_t rows = 0;
  std::string first;  // "line 7: '2025-01-10'"
};

// Counts the rows of `from` by its column kind, 1 and 2; it has source_line and text beside.
Result<std::pair<Kind, Kind>> Count(Connection& connection, const std::string& from) {
  const auto kind = [](int number, std::string_view name) {
    return fmt::format(
        "count(*) FILTER (WHERE kind = {0}) AS {1}, 'line ' || min(source_line) FILTER (WHERE kind "
        "= {0}) || ': ''' || left(arg_min(text, source_line) FILTER (WHERE kind = {0}), {2}) || "
        "'''' AS {1}_first",
        number, name, kExampleCharacters);
  };
  const std::string query =
      fmt::format("SELECT {}, {} FROM ({})", kind(1, "one"), kind(2, "other"), from);
  AISLE_TRY(auto rows, RowReader::Open(connection, {kOwn, query}));
  const auto one_rows = rows.Int("one");
  const auto one_first = rows.Text("one_first");
  const auto other_rows = rows.Int("other");
  const auto other_first = rows.Text("other_first");
  AISLE_TRY(const bool there, rows.Next());
  AISLE_ASSERT(there);
  return std::pair(
      Kind{rows[one_rows], std::string(rows.OrElse(one_first, std::string_view()))},
      Kind{rows[other_rows], std::string(rows.OrElse(other_first, std::string_view()))});
}

// Texts of a column: of kind 1 those of the first condition, of kind 2 those of the second that are not.
std::string Kinds(const SourceColumn& column, std::string_view stage, const std::string& first,
                  const std::string& second) {
  return fmt::format(
      "SELECT source_line, text, CASE WHEN {} THEN 1 WHEN {} THEN 2 END AS kind FROM (SELECT "
      "source_line, {} AS text FROM {}) WHERE text IS NOT NULL",
      first, second, Quoted(column.name), stage);
}

std::unexpected<Error> TwoWays(const Mapping& mapping, const Source& source,
                               const SourceColumn& column, const std::string& what) {
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("{}:{}: {}: {}: the times are written in two ways: {}", mapping.file,
                          column.line, source.file, column.name, what));
}

Status CheckZones(Connection& connection, const Mapping& mapping, const Source& source,
                  const SourceColumn& column, std::string_view stage) {
  AISLE_TRY(const auto counted,
            Count(connection, Kinds(column, stage, LooksUnzoned("text"), LooksZoned("text"))));
  const auto& [unzoned, zoned] = counted;
  if (zoned.rows == 0 || unzoned.rows == 0) return {};
  return TwoWays(
      mapping, source, column,
      fmt::format(
          "rows that name their zone: {} ({}), rows that name none: {} ({}), which would be read "
          "as "
          "{}; give the two kinds two columns or files, or declare the column as TEXT and make the "
          "time in the query",
          zoned.rows, zoned.first, unzoned.rows, unzoned.first, source.time_zone));
}

Status CheckDayFirst(Connection& connection, const Mapping& mapping, const Source& source,
                     const SourceColumn& column, std::string_view stage) {
  const TimeFormat format = *ReadTimeFormat(column.format, column.type == "DATE");
  if (format.swapped.empty()) return {};
  AISLE_TRY(const auto counted, Count(connection, Kinds(column, stage, Fits("text", column.format),
                                                        Fits("text", format.swapped))));
  const auto& [said, other] = counted;
  if (other.rows == 0) return {};
  return TwoWays(
      mapping, source, column,
      fmt::format("rows by the format '{}': {}{}, rows only with day and month in each other's "
                  "place ('{}'): {} "
                  "({}); of a date such as 01/05 nobody can tell which it is; give the column the "
                  "format that "
                  "fits all rows, or mend those",
                  column.format, said.rows, said.rows == 0 ? "" : " (" + said.first + ")",
                  format.swapped, other.rows, other.first));
}

// How far the clock of `zone` is before UTC, in microseconds.
std::string Offset(const std::string& utc, std::string_view zone) {
  return fmt::format("(epoch_us({}) - epoch_us({}))", ToLocal(utc, zone), utc);
}

Result<std::pair<Kind, Kind>> CountChanges(Connection& connection, const Source& source,
                                           const SourceColumn& column, const std::string& local,
                                           std::string_view stage) {
  const std::string& zone = source.time_zone;
  const std::string times =
      fmt::format("SELECT source_line, CAST({} AS VARCHAR) AS text, {} AS local FROM {}",
                  Quoted(column.name), local, stage);
  const std::string changes = fmt::format(
      "SELECT day FROM (SELECT DISTINCT date_trunc('day', local) AS day FROM times WHERE local IS "
      "NOT NULL) WHERE {} <> {}",
      Offset("(day - INTERVAL 1 DAY)", zone), Offset("(day + INTERVAL 2 DAY)", zone));
  const std::string moments =
      fmt::format("SELECT *, {} AS utc FROM times WHERE date_trunc('day', local) IN ({})",
                  ToUtc("local", zone), changes);
  const std::string shifts = fmt::format(
      "SELECT *, to_microseconds(CAST({} - {} AS BIGINT)) AS shift FROM ({})",
      Offset("(utc + INTERVAL 1 DAY)", zone), Offset("(utc - INTERVAL 1 DAY)", zone), moments);
  const std::string shown = ToLocal("utc", zone);
  return Count(
      connection,
      fmt::format(
          "WITH times AS MATERIALIZED ({}) SELECT source_line, text, CASE WHEN {} <> local THEN 1 "
          "WHEN "
          "shift <> INTERVAL 0 SECOND AND ({} = local OR {} = local) THEN 2 END AS kind FROM ({})",
          times, shown, ToLocal("(utc + shift)", zone), ToLocal("(utc - shift)", zone), shifts));
}

}  // namespace

Result<std::vector<ChangedClock>> CheckTimes(Connection& connection, const Mapping& mapping,
                                             const Source& source,
                                             const std::vector<std::string>& types,
                                             std::string_view stage) {
  std::vector<ChangedClock> found;
  for (std::size_t i = 0; i < types.size(); ++i) {
    const SourceColumn& column = source.columns[i];
    if (IsText(types[i]) && column.type == "TIMESTAMP" && column.format.empty())
      AISLE_CHECK(CheckZones(connection, mapping, source, column, stage));
    if (IsText(types[i]) && !column.format.empty())
      AISLE_CHECK(CheckDayFirst(connection, mapping, source, column, stage));
    const std::string local = LocalTime(column, types[i]);
    if (local.empty() || source.time_zone == "UTC") continue;
    AISLE_TRY(const auto counted, CountChanges(connection, source, column, local, stage));
    const auto& [skipped, repeated] = counted;
    if (skipped.rows == 0 && repeated.rows == 0) continue;
    found.push_back({.file = source.file,
                     .column = column.name,
                     .time_zone = source.time_zone,
                     .skipped = skipped.rows,
                     .first_skipped = skipped.first,
                     .repeated = repeated.rows,
                     .first_repeated = repeated.first});
  }
  return found;
}

}  // namespace aisle::ingest
