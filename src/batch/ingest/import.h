// Third-party transactions into the raw tables, by a mapping file (TOML).
//
// A mapping names source files and, for each raw table, the expression over the source's columns that
// gives each column, with types, units, time zone, defaults and the declared delay between an event
// and its arrival. Text ids become BIGINT ids through raw.id_map. What a retailer lacks (views, stock)
// gets a stated default that `aisle status` shows.
//
//   order    ids are given out in the order of the source's sorted text ids, so that the same files
//            give the same tables.
//   errors   kInvalidArgument: mapping, file or column is wrong, with file, line and name; kNotFound:
//            a source file is missing. An import is all or nothing per file: on any error nothing of
//            the file is kept. Rows that cannot be read go to raw.rejects with the reason and are
//            counted; they are not an error.
//   cost     streams; memory does not grow with the rows.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "warehouse/warehouse.h"

namespace aisle::ingest {

struct ImportOptions {
  // Values for the mapping's own parameters: {"until_week", "45"}.
  std::map<std::string, std::string> parameters;
  base::Timestamp loaded_at{};  // For audit.
  std::function<void(const std::string& step)> progress;
};

struct ImportedTable {
  std::string table;          // "raw.event_stream"
  std::string source;         // The file's name.
  std::int64_t rows = 0;      // Read from the source.
  std::int64_t added = 0;     // Not there before.
  std::int64_t rejected = 0;  // In raw.rejects.
};

struct ImportReport {
  std::string mapping;  // Its name.
  std::vector<ImportedTable> tables;
  std::vector<std::string> defaults;  // What the retailer lacks and what stands in for it.
  base::Timestamp last_event{};       // A sensible as_of is just after it.
};

// `folder` holds the source files the mapping names.
Result<ImportReport> Import(warehouse::Connection& connection,
                            const std::filesystem::path& mapping_toml,
                            const std::filesystem::path& folder, const ImportOptions& options);

}  // namespace aisle::ingest
