// Whether the ids that an import brought are of one spelling: else a customer of one file is nobody in another.
//
//   threads  one; the connection is in use until the call returns.
//   errors   kInvalidArgument: an id is there as a whole number and as the float that a data frame made of it
//            ("17850" and "17850.0"), or ids of one kind are numbers in one table and texts in another, which
//            would be other ids.
//   cost     one pass over the ids of the events.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "warehouse/warehouse.h"

namespace aisle::ingest {

// Of events, those that were loaded at `loaded_at`: what came another way than by import is not its fault.
Status CheckIds(warehouse::Connection& connection, base::Timestamp loaded_at);

}  // namespace aisle::ingest
