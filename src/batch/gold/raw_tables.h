// What every query of this module stands on: raw tables that are there, and the parameters that a text may name.
// Private to this module.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "warehouse/warehouse.h"

namespace aisle::gold {

// Whom the queries are about that ask ($customers): everybody.
inline constexpr const char* kEverybody = "raw.customers";

// kFailedPrecondition, saying which command fills them.
Status CheckRawTables(warehouse::Connection& connection);

// $as_of, $customers, $tiers and $postal_regions (shape_tables.h), and the groups of event kinds ($browse_kinds,
// $purchase_kinds, $pair_kinds: domain/event_kind.h), where the text names them.
Result<warehouse::Parameters> ParametersOf(base::NamedText query, base::Timestamp as_of,
                                           const char* customers = kEverybody);
// The groups of event kinds alone.
warehouse::Parameters EventKinds();

}  // namespace aisle::gold
