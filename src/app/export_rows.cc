#include "app/export_rows.h"

#include <fmt/format.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "app/print_json.h"
#include "base/files.h"
#include "warehouse/parquet_file.h"

namespace aisle::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCopyBytes = std::size_t{1} << 20U;

// RFC 4180. A text that is empty is "", so that it is not taken for none.
std::string CsvField(std::string_view text) {
  const bool plain = !text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos;
  if (plain) return std::string(text);
  std::string field = "\"";
  for (const char c : text) {
    if (c == '"') field += '"';
    field += c;
  }
  return field + '"';
}

Result<std::int64_t> WriteCsv(warehouse::Connection& connection, const std::string& query,
                              base::StagedFile& file) {
  const std::string texts =
      fmt::format("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (\n{}\n) AS asked", query);
  AISLE_TRY(auto rows, connection.Query({"query", texts}));
  std::string line;
  for (const std::string& name : rows.ColumnNames())
    line += fmt::format("{}{}", line.empty() ? "" : ",", CsvField(name));
  AISLE_CHECK(file.Write(line + "\n"));
  std::int64_t count = 0;
  for (;;) {
    AISLE_TRY(const auto batch, rows.Next());
    if (!batch) return count;
    for (std::int64_t row = 0; row < batch->RowCount(); ++row, ++count) {
      line.clear();
      for (int c = 0; c < batch->ColumnCount(); ++c) {
        if (c > 0) line += ',';
        if (!batch->IsNull(c, row)) line += CsvField(batch->Text(c, row));
      }
      AISLE_CHECK(file.Write(line + "\n"));
    }
  }
}

Result<std::int64_t> WriteJsonLines(warehouse::Connection& connection, const std::string& query,
                                    base::StagedFile& file) {
  const std::string objects =
      fmt::format("SELECT CAST(to_json(asked) AS VARCHAR) AS row FROM (\n{}\n) AS asked", query);
  AISLE_TRY(auto rows, connection.Query({"query", objects}));
  std::int64_t count = 0;
  for (;;) {
    AISLE_TRY(const auto batch, rows.Next());
    if (!batch) return count;
    for (std::int64_t row = 0; row < batch->RowCount(); ++row, ++count)
      AISLE_CHECK(file.Write(WithJsonNumbers(batch->Text(0, row)) + "\n"));
  }
}

Result<std::int64_t> WriteParquet(warehouse::Connection& connection, const std::string& query,
                                  const fs::path& room, base::StagedFile& file) {
  const fs::path half = room / "rows.parquet";
  AISLE_TRY(const std::int64_t count, warehouse::WriteParquet(connection, {"query", query}, half));
  std::ifstream in(half, std::ios::binary);
  std::string bytes(kCopyBytes, '\0');
  while (in) {
    in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    AISLE_CHECK(
        file.Write(std::string_view(bytes).substr(0, static_cast<std::size_t>(in.gcount()))));
  }
  if (!in.eof())
    return Fail(ErrorCode::kInternal, fmt::format("{}: cannot be read again", half.string()));
  return count;
}

}  // namespace

Result<ExportFormat> FormatCalled(std::string_view name) {
  if (name == "csv") return ExportFormat::kCsv;
  if (name == "parquet") return ExportFormat::kParquet;
  if (name == "jsonl") return ExportFormat::kJsonLines;
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("'{}' is no format; there are csv, parquet and jsonl", name));
}

Result<ExportFormat> FormatByName(const fs::path& path) {
  const std::string ending = path.extension().string();
  const auto format = FormatCalled(ending.empty() ? "" : ending.substr(1));
  if (format) return *format;
  return Fail(
      ErrorCode::kInvalidArgument,
      fmt::format("{}: end the name with .csv, .parquet or .jsonl, which says what is written",
                  path.string()));
}

std::string_view EndingOf(ExportFormat format) {
  switch (format) {
    case ExportFormat::kCsv:
      return ".csv";
    case ExportFormat::kParquet:
      return ".parquet";
    case ExportFormat::kJsonLines:
      break;
  }
  return ".jsonl";
}

Result<std::int64_t> ExportRows(warehouse::Connection& connection, const std::string& query,
                                ExportFormat format, const fs::path& path, const fs::path& room) {
  AISLE_TRY(auto file, base::StagedFile::Create(path));
  std::int64_t count = 0;
  if (format == ExportFormat::kCsv) {
    AISLE_TRY(count, WriteCsv(connection, query, file));
  } else if (format == ExportFormat::kJsonLines) {
    AISLE_TRY(count, WriteJsonLines(connection, query, file));
  } else {
    AISLE_TRY(count, WriteParquet(connection, query, room, file));
  }
  AISLE_CHECK(file.Commit());
  return count;
}

}  // namespace aisle::app
