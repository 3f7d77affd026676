// Customers from a Postgres store: record and propensities in one statement, with the generation they belong to.
//
// One of a loop's rungs (store/ladder.h). The serving tables hold one generation; a look-up that names another one is
// told so, after one retry where the tables have just changed under it, and the next rung answers. Nothing is
// cached: what a load or a sync has committed is what the next look-up sees.
//
//   missing  no propensity rows: the customer has none.
//   threads  the event loop that was given; goes before the loop does.
//   errors   as Store. kUnavailable as well while nothing was loaded, and for a schema that is not this program's.
//   cost     one round trip, over a connection of the loop's own pool.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "net/event_loops.h"
#include "postgres/pool.h"
#include "serving/postgres/names.h"
#include "serving/store/store.h"

namespace aisle::serving {

class PostgresStore : public Store {
 public:
  // As the store's reader.
  PostgresStore(net::EventLoops& loops, int loop_index, postgres::ConnectionSettings settings,
                const StoreNames& names, postgres::PoolSettings pool = {});

  std::string_view Name() const override { return "postgres"; }
  // Remembers which generation the number means here: tables of another data directory may have it as well.
  void Bind(const std::shared_ptr<const GenerationCustomers>& customers) override;
  net::Task<Result<CustomerState>> Fetch(LookUp look_up) override;

 private:
  net::Task<Result<CustomerState>> FetchOnce(LookUp look_up, std::int64_t& generation);

  postgres::Pool pool_;
  const std::string by_number_;
  const std::string by_source_id_;
  std::map<std::int64_t, std::string> checksums_;  // Of the generations that were bound last.
};

}  // namespace aisle::serving
