// Reads records (features/records.h) out of the warehouse as of one moment, by the same SQL for
// training and serving.
//
// ReadCatalogue first; then ReadCustomers hands over every customer known before as_of, one record
// after another. ReadActivity tells what happened in a stretch of time: labels, and what an
// evaluation counts.
//
// Where the last refresh was as of the same moment and the raw tables hold what they held then, records are
// read from the tables it made; else from the events, by the queries that made them. Both give the same
// records. Who reads twice asks FindRecords once.
//
//   order    customers by id; activity by customer, then product; stock by product, then region.
//   units    as records.h.
//   missing  a customer without events has a record with zero counts. A product launched at as_of or
//            later is not in the catalogue.
//   threads  one thread; the database is in use until the call returns.
//   errors   the warehouse's; kFailedPrecondition if raw tables are missing or empty ("run `aisle
//            generate` or `aisle import`").
//   cost     from the tables: a pass over some columns of the events to see that they hold, then the tables.
//            From the events: one pass per list. Rows are never all in memory: the lists are merged by
//            customer id.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "domain/region.h"
#include "features/records.h"
#include "warehouse/warehouse.h"

namespace aisle::gold {

// Where the records of a moment are read from, as found; good until somebody writes.
struct RecordSource {
  base::Timestamp as_of{};
  bool from_tables = false;  // Else from the events.
};
Result<RecordSource> FindRecords(warehouse::Connection& connection, base::Timestamp as_of);

Result<features::Catalogue> ReadCatalogue(warehouse::Connection& connection,
                                          const RecordSource& source);
Result<features::Catalogue> ReadCatalogue(warehouse::Connection& connection, base::Timestamp as_of);

using CustomerIds = std::vector<domain::CustomerId>;
// Who was a customer before as_of, by id.
Result<CustomerIds> ReadCustomerIds(warehouse::Connection& connection, base::Timestamp as_of);

// Calls `take` for each customer's record; a failed Status stops the reading and is returned. With
// `only`, for those of them who are in it: a tenth of the customers costs a third of the time.
Status ReadCustomers(warehouse::Database& database, const features::Catalogue& catalogue,
                     const RecordSource& source,
                     const std::function<Status(features::CustomerRecord&&)>& take,
                     const std::optional<CustomerIds>& only = std::nullopt);
Status ReadCustomers(warehouse::Database& database, const features::Catalogue& catalogue,
                     base::Timestamp as_of,
                     const std::function<Status(features::CustomerRecord&&)>& take,
                     const std::optional<CustomerIds>& only = std::nullopt);

// What one customer did with one product in a stretch of time.
struct Activity {
  domain::CustomerId customer;
  domain::ProductId product;
  std::int32_t views = 0;
  std::int32_t carts = 0;  // Adds.
  std::int32_t lines = 0;  // Purchases: order lines, online and in shops.
};
// Events with a known customer and product in [from, until).
Result<std::vector<Activity>> ReadActivity(warehouse::Connection& connection, base::Timestamp from,
                                           base::Timestamp until);

struct Stock {
  domain::ProductId product;
  domain::Region region{};
  std::int32_t quantity = 0;
  std::int32_t delivery_days = 0;
};
// Rows with quantity > 0 as of `as_of`.
// kFailedPrecondition: stock of a region that the shape does not know.
Result<std::vector<Stock>> ReadStock(warehouse::Connection& connection,
                                     const domain::RetailerShape& shape, base::Timestamp as_of);
// Products that nobody is shown, by id, as the newest state of the catalogue says: no history is kept of it.
Result<std::vector<domain::ProductId>> ReadHidden(warehouse::Connection& connection);

}  // namespace aisle::gold
