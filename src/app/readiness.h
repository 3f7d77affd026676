// What a recipe needs of the data, and what is there: said before an hour is spent on finding out.
//
//   units    days of 24 hours back from the end of the data.
//   missing  without events everything that is there is 0.
//   errors   of a recipe that cannot be read, and of the warehouse.
//   cost     two passes over the events for each of a recipe's cutoffs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "warehouse/warehouse.h"

namespace aisle::app {

struct Readiness {
  std::string recipe;
  std::int64_t days_needed =
      0;  // From the first moment that it learns of; fewer, and training stops.
  std::int64_t days_better =
      0;                  // With one window before it, in which customers have done something.
  std::int64_t days = 0;  // From the first event to the end of the data, whole ones.
  std::int64_t positives_needed = 0;  // The recipe's gate.
  std::int64_t positives =
      0;  // Pairs (customer, product or category) bought in its windows of learning.
  bool Ready() const { return days >= days_needed && positives >= positives_needed; }
};

// Of each recipe, as of the end of the data.
Result<std::vector<Readiness>> FindReadiness(warehouse::Connection& connection,
                                             const std::vector<std::string>& recipes,
                                             base::Timestamp until);

// A table, and what to do where something lacks. `small`: recipes that need less, which may be named as a way out.
std::string ReadinessText(const std::vector<Readiness>& found, const std::vector<Readiness>& small,
                          base::Timestamp until);

}  // namespace aisle::app
