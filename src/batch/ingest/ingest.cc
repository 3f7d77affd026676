#include "ingest/ingest.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "ingest/sql.h"
#include "ingest/sql_text.h"

namespace aisle::ingest {
namespace {

using warehouse::Connection;
using warehouse::IngestMode;

constexpr std::string_view kOwn = "ingest/ingest.cc";  // Of queries that are written here.

Status CheckFormat(Connection& connection) {
  AISLE_TRY(const bool known, connection.HasTable("raw.about"));
  if (!known) return {};
  AISLE_TRY(const auto rows, connection.QueryText(sql::kGetAbout, {{"key", "format"}}));
  if (rows.empty()) return {};
  const std::string& text = rows[0][0];
  int format = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), format);
  if (failed == std::errc() && end == text.data() + text.size() && format <= kRawFormat) return {};
  return Fail(ErrorCode::kFailedPrecondition,
              fmt::format("the raw tables have format {}, this program knows formats up to {}; use "
                          "the newer program, or another --data folder",
                          text, kRawFormat));
}

Status CreateMissing(Connection& connection) {
  AISLE_CHECK(connection.Execute(sql::kCreateTables));
  AISLE_CHECK(connection.Execute(sql::kStartAbout, {{"format", fmt::to_string(kRawFormat)}}));
  return {};
}

Result<std::vector<std::string>> ColumnsOf(Connection& connection, std::string_view table) {
  const std::string query = fmt::format("SELECT * FROM {} LIMIT 0", table);
  AISLE_TRY(const auto none, connection.Query({kOwn, query}));
  return none.ColumnNames();
}

// Rows that come in another order of columns go through a table of their own.
Status LoadReordered(Connection& connection, std::string_view table, arrow::Stream rows) {
  std::vector<std::string> names;
  for (const std::string& name : rows.ColumnNames()) names.push_back(Quoted(name));
  const std::string list = fmt::format("{}", fmt::join(names, ", "));
  const std::string_view stage = "raw.aisle_load";
  AISLE_CHECK(connection.Ingest(stage, std::move(rows), IngestMode::kReplace));
  const std::string move =
      fmt::format("INSERT INTO {0} ({1}) SELECT {1} FROM {2}; DROP TABLE {2}", table, list, stage);
  AISLE_CHECK(connection.Execute({kOwn, move}));
  return {};
}

Status CheckNames(std::string_view table, const std::vector<std::string>& have,
                  const std::vector<std::string>& given) {
  for (const std::string& name : given) {
    if (std::ranges::find(have, name) == have.end())
      return Fail(ErrorCode::kInvalidArgument, fmt::format("{} has no column '{}'; it has {}",
                                                           table, name, fmt::join(have, ", ")));
  }
  return {};
}

}  // namespace

Status CreateTables(Connection& connection) {
  AISLE_CHECK(CheckFormat(connection));
  return warehouse::InTransaction(connection, [&] { return CreateMissing(connection); });
}

Status RecreateTables(Connection& connection) {
  return warehouse::InTransaction(connection, [&]() -> Status {
    AISLE_CHECK(connection.Execute(sql::kDropTables));
    return CreateMissing(connection);
  });
}

Result<std::int64_t> LoadTable(Connection& connection, std::string_view table, arrow::Stream rows,
                               const std::function<void(std::int64_t)>& progress) {
  if (table.starts_with("oracle.")) AISLE_CHECK(connection.Execute(sql::kCreateOracleTables));
  AISLE_TRY(const std::vector<std::string> have, ColumnsOf(connection, table));
  const std::vector<std::string> given = rows.ColumnNames();
  AISLE_CHECK(CheckNames(table, have, given));
  std::int64_t count = 0;
  arrow::Stream watched = std::move(rows).Watched([&](const arrow::Batch& batch) {
    count += batch.RowCount();
    if (progress) progress(batch.RowCount());
  });
  if (given == have) {
    AISLE_CHECK(connection.Ingest(table, std::move(watched), IngestMode::kAppend));
  } else {
    AISLE_CHECK(warehouse::InTransaction(
        connection, [&] { return LoadReordered(connection, table, std::move(watched)); }));
  }
  return count;
}

}  // namespace aisle::ingest
