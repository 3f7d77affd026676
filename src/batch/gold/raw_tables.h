// Refuses to work on raw tables that are missing or empty. Private to this module.
#pragma once

#include "base/result.h"
#include "warehouse/warehouse.h"

namespace aisle::gold {

// Whom the queries are about that ask ($customers): everybody.
inline constexpr const char* kEverybody = "raw.customers";

// kFailedPrecondition, saying which command fills them.
Status CheckRawTables(warehouse::Connection& connection);

}  // namespace aisle::gold
