// Whether the tables of the last refresh say what the queries over the events would say. Private to this module.
//
// A refresh keeps, beside the moment it was made as of, a mark of what it was made from: a checksum over every
// value that the five queries of the records may read as of that moment, over their texts and over the retailer's
// shape. Whoever reads records as of the same moment takes the mark again. Any write that could change an answer (an
// import, late events, a price of last year) changes it, and so does a program whose queries are others; then the
// queries run. Nothing has to be told to the mark, so nothing can be forgotten.
//
//   errors  the warehouse's. Tables that are missing, or of a refresh that left no mark, do not hold.
//   cost    one pass over the columns that are read; none if the moment is another.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "warehouse/warehouse.h"

namespace aisle::gold {

// What the raw tables hold as of a moment, and what the queries make of it.
Result<std::string> DataMark(warehouse::Connection& connection, base::Timestamp as_of);

// True if gold.customer_state, customer_category, customer_product, product_state and product_region are those of
// as_of and of the data as they are now.
Result<bool> TablesHold(warehouse::Connection& connection, base::Timestamp as_of);

}  // namespace aisle::gold
