// What the columns of Parquet files are, and how each is read as a declared type: right, or not at all.
//
// docs/PARQUET_TYPES.md is the table of all of them; its cells are tested (parquet_types_test.cc).
//
//   shapes   ReadParquetFiles: one entry for each path, in their order; columns are the file's outermost, in
//            its order.
//   threads  one; the connection is in use until the call returns.
//   errors   ReadParquetFiles: the database's, for a file that is none or is damaged, with its name.
//   source   the Parquet format's logical types, and the converted types of older writers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ingest/part_files.h"
#include "warehouse/warehouse.h"

namespace aisle::ingest {

enum class ParquetKind : std::uint8_t {
  kNumber,  // BOOLEAN too.
  kText,    // STRING, ENUM, JSON.
  kBytes,   // Bytes that nobody marked: text, as Hive and Impala write it.
  kUuid,
  kDate,
  kTimeOfDay,
  kTime,
  kNothing,  // Every value is missing: the NULL type.
  kOther     // No column type of ours: lists and the like; also what the database would read wrong.
};

struct ParquetColumn {
  std::string name;
  ParquetKind kind = ParquetKind::kOther;
  std::string physical;  // As the database reads it; kHalf for a half-precision FLOAT.
  std::string says;      // For messages: "DECIMAL(50,2), wider than 38 digits".
  std::string advice;    // Of kOther: what to write instead.
  bool is_int96 = false;
  friend bool operator==(const ParquetColumn&, const ParquetColumn&) = default;
};

struct ParquetFile {
  std::vector<ParquetColumn> columns;
  std::int64_t rows = 0;
  std::string writer;  // "parquet-mr version 1.15.2 (build …)"
};

Result<std::vector<ParquetFile>> ReadParquetFiles(warehouse::Connection& connection,
                                                  const std::vector<PartFile>& parts);

// A list of files for the database's functions, whose names stand for themselves: "['a.parquet', 'b.parquet']".
std::string FileList(const std::vector<PartFile>& parts);

// Why the column cannot be of the declared `type`; empty: it can.
std::string WhyNot(const ParquetColumn& column, std::string_view type);

// The column as SQL, and what it then is: for SourceCast. `unreadable` is where a value is there that is no text
// (UTF-8 without NUL); empty: nowhere.
struct ParquetValue {
  std::string sql;
  std::string physical;
  std::string unreadable;
};
// An INT96 time is an instant in UTC, as Spark and Hive write it, but from Impala, whose times are local.
ParquetValue ReadAs(const ParquetColumn& column, std::string_view type, std::string_view writer);

}  // namespace aisle::ingest
