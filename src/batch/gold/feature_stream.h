// Reads records (features/records.h) out of the warehouse as of one moment, by the same SQL for
// training and serving.
//
// ReadCatalogue first; then a CustomerStream gives every customer known before as_of, one record
// after another.
//
//   order    customers by id.
//   units    as records.h.
//   missing  a customer without events has a record with zero counts.
//   threads  one thread; the connection is in use while the stream lives.
//   errors   the warehouse's; kFailedPrecondition if raw tables are missing ("run `aisle generate`
//            or `aisle import`").
//   cost     one pass over the events per list; rows are never all in memory: the lists are merged
//            by customer id.
#pragma once

#include <functional>

#include "base/clock.h"
#include "base/result.h"
#include "features/records.h"
#include "warehouse/warehouse.h"

namespace aisle::gold {

Result<features::Catalogue> ReadCatalogue(warehouse::Connection& connection, base::Timestamp as_of);

// Calls `take` for each customer's record; a failed Status stops the reading and is returned.
Status ReadCustomers(warehouse::Database& database, const features::Catalogue& catalogue,
                     base::Timestamp as_of,
                     const std::function<Status(features::CustomerRecord&&)>& take);

// Purchases (order lines) in [from, until), for labels and evaluation: one call per (customer,
// product), by customer.
struct Purchase {
  domain::CustomerId customer;
  domain::ProductId product;
  std::int32_t lines = 0;
};
Result<std::vector<Purchase>> ReadPurchases(warehouse::Connection& connection, base::Timestamp from,
                                            base::Timestamp until);

struct RefreshReport {
  std::string table;
  std::int64_t rows = 0;
  double seconds = 0;
};
// Rebuilds every gold table as of `as_of` in one transaction and records it in
// gold.refresh_history. Between jobs readers see the old tables or the new ones.
// `target_lag_minutes` is stored with each table.
Result<std::vector<RefreshReport>> Refresh(warehouse::Connection& connection, base::Timestamp as_of,
                                           int target_lag_minutes = 30);

}  // namespace aisle::gold
