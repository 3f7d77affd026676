// The rows of a source's files as they stand there, before anything is cast. Private to sources.cc and source_times.cc.
//
// A CSV source becomes a temporary table of texts; Parquet files are read where they lie, those of equal
// columns together.
//
//   shapes   a Relation has the declared columns, then source_line, and source_reason and source_text, which
//            are NULL for a row that can be read.
//   order    that of the parts, but that Parquet files of equal columns stand together; source_line counts on
//            from part to part, so that it names one row of the source.
//   missing  a column that no file has, and a folder's name gives ("day=2025-01-10"), is text; the file's own
//            goes first.
//   errors   kInvalidArgument: a file is not what the mapping says, or lacks a column, or has one that cannot
//            be of the declared type, with the part, the column and the mapping's line.
//   cost     CSV goes once into the table; of Parquet only the ends are read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ingest/mapping.h"
#include "ingest/part_files.h"
#include "warehouse/warehouse.h"

namespace aisle::ingest {

// Of source_text, and of what stands in raw.rejects.row_text.
inline constexpr std::size_t kRejectTextBytesMax = 2'000;

// Parquet files of so many different columns can be one source: each kind is a relation of one query.
inline constexpr std::size_t kKindsOfPartsMax = 200;

struct Relation {
  std::string from;  // What stands behind FROM.
  std::vector<std::string>
      types;  // Of the declared columns, as the database calls them (or kHalf).
};

struct PartLines {
  std::string name;         // PartFile::name
  std::int64_t before = 0;  // Its line n is the source's line before + n.
};

struct Stage {
  std::vector<Relation> relations;  // One after another.
  std::vector<PartLines> parts;
};

// What stands for a part of a column's text that is not there while another is.
inline constexpr std::string_view kMissingPart = "?";

// The columns of the file that a declared one is made of.
std::vector<std::string> NamesInFile(const SourceColumn& column);

// By its first bytes, where the mapping does not say.
SourceFormat FormatOf(const Source& source, const PartFile& first);

// The name of the table that StageCsv makes; nobody else's.
std::string StageName(const Source& source);

Result<Stage> StageCsv(warehouse::Connection& connection, const Mapping& mapping,
                       const Source& source, std::vector<PartFile> parts);
Result<Stage> StageParquet(warehouse::Connection& connection, const Mapping& mapping,
                           const Source& source, const std::vector<PartFile>& parts);

}  // namespace aisle::ingest
