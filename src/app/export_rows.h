// Rows of a query into a file for other programs: CSV, Parquet, or a JSON object a line.
//
// The file appears whole or not at all, in place of an older one.
//
//   order    that of the query.
//   missing  NULL: an empty field of CSV, where an empty text is ""; null in JSON.
//   errors   kInvalidArgument: the name's ending is none of .csv, .parquet, .jsonl; the query is wrong; where the file
//            shall go stands something that no file may replace (base/files.h). Else those of base/files.h.
//   cost     streams; Parquet is written twice, since it may only appear whole.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"
#include "warehouse/warehouse.h"

namespace aisle::app {

enum class ExportFormat : std::uint8_t { kCsv, kParquet, kJsonLines };

Result<ExportFormat> FormatByName(const std::filesystem::path& path);
Result<ExportFormat> FormatCalled(std::string_view name);  // "csv", "parquet", "jsonl"
std::string_view EndingOf(ExportFormat format);            // ".csv"

// How many rows. `room` is a folder for what is half written (room.h), which the connection may write
// into (warehouse::ConfineToFolder).
Result<std::int64_t> ExportRows(warehouse::Connection& connection, const std::string& query,
                                ExportFormat format, const std::filesystem::path& path,
                                const std::filesystem::path& room);

}  // namespace aisle::app
