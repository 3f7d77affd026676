// Loads a published generation into the serving tables, while servers read the one before.
//
// Everything is copied into new tables beside the ones in use, indexed and counted there; then one transaction gives
// them the names. A reader sees the old generation or the new one, whole. What hangs on the old tables (grants,
// comments, indexes, triggers, views, foreign keys, publications) is made for the new ones in that transaction; what
// cannot be carried over is named, and nothing is changed. Killed at any moment, it leaves the old generation in
// service, and perhaps tables that the next load removes.
//
// The swap needs every table for itself for some milliseconds. It asks for that in short tries, so that readers never
// queue behind it for longer than lock_wait, and gives up after `patience`, naming who was in the way.
//
//   order    tables as kLoadedTables, customers by id.
//   units    seconds.
//   threads  one loop; `keep_going` is asked there.
//   errors   as OpenStoreAlone; kUnavailable: tables that did not get free; kFailedPrecondition: something that
//            cannot be carried over; kInternal: the tables do not hold what was sent, a damaged generation, or
//            `keep_going` said no.
//   cost     two connections; one pass over the generation; as much disk again as the tables take, until the old ones
//            are dropped.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/task.h"
#include "postgres/settings.h"
#include "serving/generation/published.h"
#include "serving/postgres/names.h"

namespace aisle::serving {

struct LoadOptions {
  std::chrono::milliseconds lock_wait{100};
  std::chrono::milliseconds lock_pause{400};
  std::chrono::seconds patience{300};
  // Told how many rows of a table were sent; false stops the load.
  std::function<bool(std::string_view table, std::int64_t rows)> keep_going = {};
};

struct LoadReport {
  std::int64_t generation = 0;
  std::int64_t generation_before = 0;        // 0: none.
  std::map<std::string, std::int64_t> rows;  // By table.
  std::vector<std::string> leftovers;        // Tables of a killed load that were removed.
  int swap_tries = 0;
  double copy_s = 0;   // Of both connections together, which work at the same time.
  double index_s = 0;  // As well.
  double check_s = 0;
  double swap_s = 0;  // The transaction that succeeded: as long as readers may have waited.
  double total_s = 0;
};

// `generation` must live until the task has ended.
net::Task<Result<LoadReport>> LoadGeneration(postgres::ConnectionSettings settings,
                                             StoreNames names,
                                             const PublishedGeneration& generation,
                                             LoadOptions options);

// Tables of loads that were killed, or of one that runs.
net::Task<Result<std::vector<std::string>>> ReadLeftovers(postgres::Connection& connection,
                                                          StoreNames names, net::Deadline deadline);
// Drops what killed loads left; gives the names. Needs the store's lock.
net::Task<Result<std::vector<std::string>>> RemoveLeftovers(postgres::Connection& connection,
                                                            const StoreNames& names,
                                                            net::Deadline deadline);

}  // namespace aisle::serving
