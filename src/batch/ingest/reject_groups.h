// Why rows were rejected, for people: kinds of reasons, some rows of each, and the columns most often at fault.
//
//   order    the kind of the most rows first.
//   missing  no rejected row: no group.
//   errors   those of the warehouse.
//   cost     one pass over raw.rejects.
#pragma once

#include <vector>

#include "base/result.h"
#include "ingest/import.h"
#include "ingest/mapping.h"
#include "warehouse/warehouse.h"

namespace aisle::ingest {

// Of what the import by this mapping has rejected.
Result<std::vector<RejectGroup>> GroupRejects(warehouse::Connection& connection,
                                              const Mapping& mapping);

}  // namespace aisle::ingest
