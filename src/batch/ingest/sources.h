// Makes the source files of a mapping readable in SQL.
//
// OpenSources gives each source a relation under its name, with the declared columns in their types
// and in UTC, and `source_line` beside them. Rows that cannot be read are in raw.rejects and not in
// the relation. What was made is temporary and goes with CloseSources, or with the transaction.
//
//   threads  one; the connection is in use until the call returns.
//   errors   kNotFound: a file is missing. kInvalidArgument: it is not what the mapping says (not
//            Parquet, no header, a declared column is not there), with file, column and the
//            mapping's line.
//   cost     a CSV file goes once into a temporary table; a Parquet file is read where it lies.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "ingest/import.h"
#include "ingest/mapping.h"
#include "warehouse/warehouse.h"

namespace aisle::ingest {

// What stands in raw.rejects.source: "corner-shop/orders.csv".
std::string RejectSource(const Mapping& mapping, const std::string& file);

// Moves the temporary table aisle_rejects (columns of raw.rejects) into raw.rejects; its row count.
Result<std::int64_t> KeepRejects(warehouse::Connection& connection);

// One report per source, in the mapping's order.
Result<std::vector<ImportedSource>> OpenSources(warehouse::Connection& connection,
                                                const Mapping& mapping,
                                                const std::filesystem::path& folder,
                                                const ImportOptions& options);

Status CloseSources(warehouse::Connection& connection, const Mapping& mapping);

}  // namespace aisle::ingest
