// What was there to learn from, as one line for a manifest: a checksum, and the figures behind it.
//
//   order   tables by name.
//   errors  the warehouse's.
//   cost    one pass over the narrow columns of the events.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "warehouse/warehouse.h"

namespace aisle::training {

// "3f…: raw.customers 50000 rows; raw.event_stream 4031234 rows until 2026-11-23 23:59:58, 12.34 USD".
// `currency`: the code that sums of money are followed by.
Result<std::string> Fingerprint(warehouse::Connection& connection, base::Timestamp as_of,
                                std::string_view currency);

}  // namespace aisle::training
