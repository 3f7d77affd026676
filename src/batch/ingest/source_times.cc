#include "ingest/source_times.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
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
  std::int64_t line = 0;
  std::string text;
};

// One column of a source, in all its parts.
struct Times {
  const Mapping& mapping;
  const Source& source;
  const SourceColumn& column;
  const Stage& stage;
  std::string texts =
      {};  // SELECT source_line, text: of the parts that have it as text; empty: none has.
  std::string clocks =
      {};  // SELECT source_line, text, local: of those that leave something to the clock.
};

// "line 7: '2025-01-10'", of a part "orders/b.csv, line 7: '2025-01-10'".
std::string First(const Times& times, const Kind& kind) {
  if (kind.rows == 0) return "";
  const std::vector<PartLines>& parts = times.stage.parts;
  const auto next = std::ranges::lower_bound(parts, kind.line, {}, &PartLines::before);
  AISLE_ASSERT(next != parts.begin());
  const PartLines& part = *std::prev(next);
  return fmt::format("{}line {}: '{}'", part.name == times.source.file ? "" : part.name + ", ",
                     kind.line - part.before, kind.text);
}

// Counts the rows of `from` by its column kind, 1 and 2; it has source_line and text beside.
Result<std::pair<Kind, Kind>> Count(Connection& connection, const std::string& from) {
  const auto kind = [](int number, std::string_view name) {
    return fmt::format(
        "count(*) FILTER (WHERE kind = {0}) AS {1}, min(source_line) FILTER (WHERE kind = {0}) AS "
        "{1}_line, left(arg_min(text, source_line) FILTER (WHERE kind = {0}), {2}) AS {1}_text",
        number, name, kExampleCharacters);
  };
  const std::string query =
      fmt::format("SELECT {}, {} FROM ({})", kind(1, "one"), kind(2, "other"), from);
  AISLE_TRY(auto rows, RowReader::Open(connection, {kOwn, query}));
  const auto one_rows = rows.Int("one");
  const auto one_line = rows.Int("one_line");
  const auto one_text = rows.Text("one_text");
  const auto other_rows = rows.Int("other");
  const auto other_line = rows.Int("other_line");
  const auto other_text = rows.Text("other_text");
  AISLE_TRY(const bool there, rows.Next());
  AISLE_ASSERT(there);
  return std::pair(Kind{rows[one_rows], rows.OrElse(one_line, std::int64_t{0}),
                        std::string(rows.OrElse(one_text, std::string_view()))},
                   Kind{rows[other_rows], rows.OrElse(other_line, std::int64_t{0}),
                        std::string(rows.OrElse(other_text, std::string_view()))});
}

// Texts of a column: of kind 1 those of the first condition, of kind 2 those of the second that are not.
std::string Kinds(const Times& times, const std::string& first, const std::string& second) {
  return fmt::format(
      "SELECT source_line, text, CASE WHEN {} THEN 1 WHEN {} THEN 2 END AS kind FROM ({}) WHERE "
      "text IS NOT NULL",
      first, second, times.texts);
}

std::unexpected<Error> TwoWays(const Times& times, const std::string& what) {
  return Fail(
      ErrorCode::kInvalidArgument,
      fmt::format("{}:{}: {}: {}: the times are written in two ways: {}", times.mapping.file,
                  times.column.line, times.source.file, times.column.name, what));
}

Status CheckZones(Connection& connection, const Times& times) {
  AISLE_TRY(const auto counted,
            Count(connection, Kinds(times, LooksUnzoned("text"), LooksZoned("text"))));
  const auto& [unzoned, zoned] = counted;
  if (zoned.rows == 0 || unzoned.rows == 0) return {};
  return TwoWays(
      times,
      fmt::format(
          "rows that name their zone: {} ({}), rows that name none: {} ({}), which would be read "
          "as "
          "{}; give the two kinds two columns or sources, or declare the column as TEXT and make "
          "the "
          "time in the query",
          zoned.rows, First(times, zoned), unzoned.rows, First(times, unzoned),
          times.source.time_zone));
}

Status CheckDayFirst(Connection& connection, const Times& times) {
  const std::string& as_said = times.column.format;
  const TimeFormat format = *ReadTimeFormat(as_said, times.column.type == "DATE");
  if (format.swapped.empty()) return {};
  AISLE_TRY(const auto counted,
            Count(connection, Kinds(times, Fits("text", as_said), Fits("text", format.swapped))));
  const auto& [said, other] = counted;
  if (other.rows == 0) return {};
  return TwoWays(
      times,
      fmt::format("rows by the format '{}': {}{}, rows only with day and month in each other's "
                  "place ('{}'): {} "
                  "({}); of a date such as 01/05 nobody can tell which it is; give the column the "
                  "format that "
                  "fits all rows, or mend those",
                  as_said, said.rows, said.rows == 0 ? "" : " (" + First(times, said) + ")",
                  format.swapped, other.rows, First(times, other)));
}

// How far the clock of `zone` is before UTC, in microseconds.
std::string Offset(const std::string& utc, std::string_view zone) {
  return fmt::format("(epoch_us({}) - epoch_us({}))", ToLocal(utc, zone), utc);
}

Result<std::pair<Kind, Kind>> CountChanges(Connection& connection, const Times& times) {
  const std::string& zone = times.source.time_zone;
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
          times.clocks, shown, ToLocal("(utc + shift)", zone), ToLocal("(utc - shift)", zone),
          shifts));
}

Times Read(const Mapping& mapping, const Source& source, const Stage& stage, std::size_t index) {
  Times times{mapping, source, source.columns[index], stage};
  const std::string name = Quoted(times.column.name);
  std::vector<std::string> texts;
  std::vector<std::string> clocks;
  for (const Relation& relation : stage.relations) {
    const std::string& type = relation.types[index];
    if (IsText(type))
      texts.push_back(fmt::format("SELECT source_line, {} AS text FROM {}", name, relation.from));
    if (const std::string local = LocalTime(times.column, type); !local.empty()) {
      clocks.push_back(
          fmt::format("SELECT source_line, CAST({} AS VARCHAR) AS text, {} AS local FROM {}", name,
                      local, relation.from));
    }
  }
  times.texts = fmt::format("{}", fmt::join(texts, " UNION ALL "));
  times.clocks = fmt::format("{}", fmt::join(clocks, " UNION ALL "));
  return times;
}

}  // namespace

Result<std::vector<ChangedClock>> CheckTimes(Connection& connection, const Mapping& mapping,
                                             const Source& source, const Stage& stage) {
  std::vector<ChangedClock> found;
  for (std::size_t i = 0; i < source.columns.size(); ++i) {
    const Times times = Read(mapping, source, stage, i);
    const SourceColumn& column = times.column;
    if (!times.texts.empty() && column.type == "TIMESTAMP" && column.format.empty())
      AISLE_CHECK(CheckZones(connection, times));
    if (!times.texts.empty() && !column.format.empty())
      AISLE_CHECK(CheckDayFirst(connection, times));
    if (times.clocks.empty() || source.time_zone == "UTC") continue;
    AISLE_TRY(const auto counted, CountChanges(connection, times));
    const auto& [skipped, repeated] = counted;
    if (skipped.rows == 0 && repeated.rows == 0) continue;
    found.push_back({.file = source.file,
                     .column = column.name,
                     .time_zone = source.time_zone,
                     .skipped = skipped.rows,
                     .first_skipped = First(times, skipped),
                     .repeated = repeated.rows,
                     .first_repeated = First(times, repeated)});
  }
  return found;
}

}  // namespace aisle::ingest
