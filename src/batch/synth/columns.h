// The columns of every table that the retailer makes, in the order of raw's DDL.
//
// Whoever creates the tables reads them here or off the stream; both are the same list. The oracle's
// tables:
//   oracle.top_products  cutoff, customer_id, kind ('all': every product launched before the cutoff;
//                        'new': those the customer never viewed, carted or bought before it), rank
//                        (1..20), product_id, expected (purchase lines in the 28 days).
//   oracle.totals        cutoff, customer_id, expected, expected_hidden (for somebody who knows which
//                        intents are open), actual (purchase lines of those products in the 28 days).
//
//   errors  kNotFound for a table that is not in Retailer::Tables().
#pragma once

#include <string_view>

#include "arrow/batch.h"
#include "base/result.h"

namespace aisle::synth {

Result<arrow::Schema> Columns(std::string_view table);

}  // namespace aisle::synth
