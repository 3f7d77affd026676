// The synthetic retailer: a coherent shop with planted tastes, as streams of rows for the raw
// tables.
//
// Make a Retailer, then Open() each of Tables() and hand the stream to the warehouse. The same seed
// and as_of give byte-equal tables for any thread count, and any customer can be generated alone.
//
//   shapes   the columns of each table are those of ingest/sql/create_tables.sql, in its order.
//   order    raw.event_stream: by customer, then by time.
//   threads  a Retailer is immutable; streams may run on several threads.
//   errors   Make: kInvalidArgument for a customer count below 1. Open: kNotFound for an unknown
//            table.
//   cost     streams hold one block of customers at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/batch.h"
#include "base/clock.h"
#include "base/result.h"

namespace aisle::synth {

struct Options {
  std::uint64_t seed = 1;
  base::Timestamp as_of{};          // End of the log, excluded; the log begins 365 days before.
  std::int64_t customers = 50'000;  // Ids from 1'000'000.
  // The oracle ranks for the cutoff `as_of - 28 days` for the first customers, this many of them;
  // 0: none.
  std::int64_t oracle_customers = 10'000;
};

class Retailer {
 public:
  static Result<Retailer> Make(const Options& options);

  // "raw.stores", …, "raw.event_stream", "oracle.top_products", "oracle.totals", in loading order.
  static std::vector<std::string> Tables();
  Result<arrow::Stream> Open(std::string_view table) const;
  // About how many rows Open(table) will give, for progress.
  std::int64_t ExpectedRows(std::string_view table) const;

  struct World;
  explicit Retailer(std::shared_ptr<const World> world);

 private:
  std::shared_ptr<const World> world_;
};

}  // namespace aisle::synth
