// Whether an import brought anything: a file with a header alone, or of which nothing can be read, is no success.
//
// A source must have one row that can be read, and a query's rows must not all be rejected, unless the mapping says by
// `at_least_rows` how many there must be: 0 takes what comes. Asked in the import's transaction, so that a refusal
// leaves what was there before.
//
//   missing  no `at_least_rows`: 1 of a source; 1 of a table whose query gave any.
//   threads  one; the connection is in use until the call returns.
//   errors   kFailedPrecondition with the mapping's file and line, what there is, and the first three rejected rows.
#pragma once

#include "base/result.h"
#include "ingest/import.h"
#include "ingest/mapping.h"
#include "warehouse/warehouse.h"

namespace aisle::ingest {

// One report for each source of the mapping, in its order.
Status CheckSourceRows(warehouse::Connection& connection, const Mapping& mapping,
                       const std::vector<ImportedSource>& sources);

// One report for each table step of the mapping, in any order.
Status CheckTableRows(warehouse::Connection& connection, const Mapping& mapping,
                      const std::vector<ImportedTable>& tables);

}  // namespace aisle::ingest
