// Looks at the times of a source as a whole: what no single row shows.
//
// Rows are read one by one (sql_text); this sees a column in which some rows name their zone and others do not,
// or some have the day first and others the month, and refuses it: half of its rows would be wrong in silence. And
// it counts the times that a zone's clock skips or shows twice when it is put forward or back.
//
// Parts of a source are one column: what one of them says in one way and another in another is seen too. A type of
// Parquet that says whose clock it is on (with or without a zone) is no way of writing.
//
//   missing  NULL and what cannot be read take no part.
//   threads  one; the connection is in use until the call returns.
//   errors   kInvalidArgument with the mapping's file and line, file, column and an example of each kind, by its part.
//   cost     a pass over each column of times; only days on which the clock changes are looked at closely.
#pragma once

#include <vector>

#include "base/result.h"
#include "ingest/import.h"
#include "ingest/mapping.h"
#include "ingest/stage.h"
#include "warehouse/warehouse.h"

namespace aisle::ingest {

// Columns without such a time are left out.
Result<std::vector<ChangedClock>> CheckTimes(warehouse::Connection& connection,
                                             const Mapping& mapping, const Source& source,
                                             const Stage& stage);

}  // namespace aisle::ingest
