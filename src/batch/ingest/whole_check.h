// What must hold of the raw tables as a whole once an import has written them, and what is worth telling.
//
// Rows are checked one by one before (table_plan.h); here stand the questions that need all of them: is
// the shop within its limits, and does it name only regions and tiers of its shape.
//
//   threads  one; the connection is in use until the call returns.
//   errors   the warehouse's; kFailedPrecondition, with table, name or count, and the limit.
//   cost     one pass over four tables, none over events.
#pragma once

#include "base/result.h"
#include "domain/retailer_shape.h"
#include "ingest/import.h"
#include "warehouse/warehouse.h"

namespace aisle::ingest {

// Categories, brands, products and customers within domain/limits.h.
Status CheckSizes(warehouse::Connection& connection);

// Rows that were there before may name what the shape no longer knows: a second mapping brought regions of its
// own where the quickstart's had been taken for granted.
Status CheckNamedParts(warehouse::Connection& connection, const domain::RetailerShape& shape);

// Of all customers that are there.
Result<UnknownPostalCodes> FindUnknownPostalCodes(warehouse::Connection& connection,
                                                  const domain::RetailerShape& shape);

}  // namespace aisle::ingest
