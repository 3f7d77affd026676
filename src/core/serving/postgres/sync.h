// Brings the serving tables to the published generation by what changed, in one transaction.
//
// Every customer's row carries a hash of what it says (rows.h). The hashes are read, compared with the generation's,
// and only rows that differ are sent; of the small tables all rows are read and compared. A reader sees the old
// generation or the new one, whole, as after a load. What is unchanged keeps its row: no write, no bloat, and the
// generation that wrote it.
//
// For a few percent of changes. After a night in which nearly everything changed, a load is quicker and leaves no
// dead rows.
//
//   threads  one loop; `keep_going` is asked there.
//   errors   as OpenStoreAlone; kNotFound: nothing was loaded yet; kInternal: rows that the server did not take, a
//            damaged generation, or `keep_going` said no.
//   cost     reads 24 bytes a customer and all of the small tables, which are held in memory; one pass over the
//            generation, and another one over what changed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/task.h"
#include "postgres/settings.h"
#include "serving/generation/published.h"
#include "serving/postgres/names.h"

namespace aisle::serving {

struct SyncReport {
  std::int64_t generation = 0;
  std::int64_t generation_before = 0;
  bool up_to_date = false;                      // Nothing was to be done.
  std::map<std::string, std::int64_t> sent;     // Rows by table.
  std::map<std::string, std::int64_t> removed;  // Rows by table.
  double total_s = 0;

  std::int64_t Sent() const;
  std::int64_t Removed() const;
};

// `generation` must live until the task has ended.
net::Task<Result<SyncReport>> SyncGeneration(
    postgres::ConnectionSettings settings, StoreNames names, const PublishedGeneration& generation,
    std::function<bool(std::string_view table, std::int64_t rows)> keep_going = {});

}  // namespace aisle::serving
