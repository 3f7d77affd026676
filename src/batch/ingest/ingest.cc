#include "ingest/ingest.h"

#include <fmt/format.h>

#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "ingest/sql.h"
#include "warehouse/row_reader.h"

namespace aisle::ingest {
namespace {

using warehouse::Connection;

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

// The lines of raw.about that say it.
Result<std::vector<std::pair<std::string, std::string>>> KnownChanges(Connection& connection) {
  std::vector<std::pair<std::string, std::string>> lines;
  AISLE_TRY(const bool known, connection.HasTable("raw.about"));
  if (!known) return lines;
  AISLE_TRY(auto rows, warehouse::RowReader::Open(connection, sql::kKnownLogs));
  const auto key = rows.Text("key");
  const auto value = rows.Text("value");
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) return lines;
    lines.emplace_back(rows[key], rows[value]);
  }
}

}  // namespace

Status CreateTables(Connection& connection) {
  AISLE_CHECK(CheckFormat(connection));
  return warehouse::InTransaction(connection, [&] { return CreateMissing(connection); });
}

Status RecreateTables(Connection& connection) {
  return warehouse::InTransaction(connection, [&]() -> Status {
    AISLE_TRY(const auto kept, KnownChanges(connection));
    AISLE_CHECK(connection.Execute(sql::kDropTables));
    AISLE_CHECK(CreateMissing(connection));
    for (const auto& [key, value] : kept)
      AISLE_CHECK(connection.Execute(sql::kSetAbout, {{"key", key}, {"value", value}}));
    return {};
  });
}

Result<std::int64_t> LoadTable(Connection& connection, std::string_view table, arrow::Stream rows,
                               const std::function<void(std::int64_t)>& progress) {
  if (table.starts_with("oracle.")) AISLE_CHECK(connection.Execute(sql::kCreateOracleTables));
  if (progress)
    rows = std::move(rows).Watched([&](const arrow::Batch& batch) { progress(batch.RowCount()); });
  return connection.Ingest(table, std::move(rows), warehouse::IngestMode::kAppend);
}

}  // namespace aisle::ingest
