// Rebuilds the gold tables and the feature views' snapshots as of one moment.
//
// Everything happens in one transaction: between jobs readers see the old tables or the new ones.
// Each table is recorded in gold.refresh_history with its target lag, and with a mark of the data that it was
// made from: by it, whoever reads records as of the same moment knows that the tables still stand for the events
// (feature_stream.h). gold.orders and gold.order_lines are views.
//
//   errors   as feature_stream.h; kUnavailable: cancelled, the old tables stay.
//   cost     a pass over the events for each table of counts, one for what Customer 360 adds, one for the mark;
//            a few seconds for 4 M.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "warehouse/warehouse.h"

namespace aisle::gold {

inline constexpr int kTargetLagMinutes = 30;

struct RefreshReport {
  std::string table;
  std::int64_t rows = 0;
  double seconds = 0;
};
// `progress` hears the name of each table before it is built, and an empty name before all of them
// are committed; false from it cancels.
Result<std::vector<RefreshReport>> Refresh(
    warehouse::Connection& connection, base::Timestamp as_of,
    int target_lag_minutes = kTargetLagMinutes,
    const std::function<bool(const std::string&)>& progress = {});

}  // namespace aisle::gold
