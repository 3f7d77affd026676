// gold.customer_propensity, read beside the customers: a merge join of two streams sorted by
// customer.
//
//   shapes   Of() gives one score per category of the catalogue, in its order, or none.
//   order    Of() must be asked for rising customers.
//   missing  no table, a customer without rows, or one whose rows do not cover the catalogue's
//            categories (counted in incomplete()): none.
//   threads  one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "features/records.h"
#include "warehouse/row_reader.h"

namespace aisle::publish {

class PropensityRows {
 public:
  // `connection` must outlive the reader and is in use as long as it lives.
  static Result<PropensityRows> Open(warehouse::Connection& connection,
                                     const features::Catalogue& catalogue);

  // Valid until the next call.
  Result<std::span<const float>> Of(domain::CustomerId customer);
  // Newest model version among the rows given out; 0: none were.
  int Version() const { return version_; }
  std::int64_t Incomplete() const { return incomplete_; }

 private:
  PropensityRows() = default;
  Status Advance();

  std::map<std::string, std::size_t, std::less<>> category_of_;
  std::optional<warehouse::RowReader> rows_;  // On a row; nothing at the end, or without a table.
  warehouse::IntColumn customer_, model_version_;
  warehouse::TextColumn category_;
  warehouse::DoubleColumn score_;
  std::vector<float> scores_;
  int version_ = 0;
  std::int64_t incomplete_ = 0;
};

}  // namespace aisle::publish
