// The smoothed shares of a customer's sessions and products, and their logarithms: the one text of them, for tables
// made beforehand and for what no table has. Private to this module.
//
//   missing  none; every share is above 0.
//   threads  any.
//   errors   none.
#pragma once

#include <cmath>

#include "features/pair_row.h"

namespace aisle::features {

// Sessions of everybody that stand beside the customer's own before a share is believed.
inline constexpr double kCategoryPrior = 30.0;
// Distinct products of everybody that stand beside the customer's own before a brand's share is believed.
inline constexpr double kBrandPrior = 6.5;

// Of `own` among `all`, smoothed by everybody's share.
inline CatalogueView::ShareLogs ShareLogsOf(double own, double all, double everybody,
                                            double prior) {
  const double share = (own + prior * everybody) / (all + prior);
  return {static_cast<float>(std::log(share / everybody)), static_cast<float>(std::log(share))};
}

}  // namespace aisle::features
