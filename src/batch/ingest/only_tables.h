// What of a mapping is needed for some of its tables: their queries, and the steps and sources that these name.
//
//   errors   kInvalidArgument: a table that the mapping does not fill.
//   threads  a pure function.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "ingest/mapping.h"

namespace aisle::ingest {

// Tables as "inventory" or "raw.inventory". A name that stands anywhere in a query counts as named: too much is read
// rather than too little.
Result<Mapping> OnlyTables(Mapping mapping, const std::vector<std::string>& tables);

}  // namespace aisle::ingest
