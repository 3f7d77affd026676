// What training reads, as functions: the warehouse's in Train(), records in memory in tests.
//
//   order    as gold/feature_stream.h.
//   threads  one thread.
//   errors   the source's own.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gold/feature_stream.h"
#include "training/training.h"

namespace aisle::training {

using TakeCustomer = std::function<Status(features::CustomerRecord&&)>;

struct Source {
  std::function<Result<features::Catalogue>(base::Timestamp as_of)> catalogue;
  // Who was a customer before as_of, and the records of those who are asked for.
  std::function<Result<gold::CustomerIds>(base::Timestamp as_of)> customer_ids;
  std::function<Status(const features::Catalogue&, base::Timestamp as_of, const TakeCustomer&,
                       const std::optional<gold::CustomerIds>& only)>
      customers;
  std::function<Result<std::vector<gold::Activity>>(base::Timestamp from, base::Timestamp until)>
      activity;
  // Row counts, last times and sums, in this currency, of what was there to be read.
  std::function<Result<std::string>(const std::string& currency)> fingerprint;
};

Result<TrainReport> TrainFrom(const Source& source, const registry::Registry& registry,
                              const std::string& recipe, const TrainOptions& options);

}  // namespace aisle::training
