// What customers did in a stretch of time, found by customer: labels of a training set, the truth of an
// evaluation.
//
//   order    one customer's part is sorted by product.
//   threads  immutable.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gold/feature_stream.h"

namespace aisle::gold {

class ActivityIndex {
 public:
  explicit ActivityIndex(std::vector<Activity> activity);
  // Empty for a customer who did nothing.
  std::span<const Activity> Of(domain::CustomerId customer) const;
  // Customers who bought a product of the catalogue.
  std::int64_t Buyers(const features::Catalogue& catalogue) const;

 private:
  std::vector<Activity> activity_;
};

}  // namespace aisle::gold
