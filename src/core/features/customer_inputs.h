// The quantities of a customer at one moment that pair rows and category rows share.
#pragma once

#include <vector>

#include "features/pair_row.h"

namespace aisle::features {

// What one request knows before it looks at a product.
struct CustomerInputs {
  float age, tenure_months, loyalty_tier_num, total_orders, lifetime_spend, avg_order_value,
      days_since_purchase, categories_purchased, total_browse_events, total_sessions,
      cart_abandonment_rate, engagement_score, avg_browsed_price, days_since_event;
};

// An interest older than this is taken for dropped.
inline constexpr float kOpenInterestDays = 60;

// The last view or add of the pair, if nothing was bought since; else kNever.
base::Timestamp OpenInterest(const PairHistory& pair);

// What it knows of one category.
struct CategoryContext {
  float share_log, sessions, sessions_28d, purchases, days_since_event, days_since_purchase;
  float log_share;
};

CustomerInputs MakeCustomerInputs(const CustomerRecord& customer, base::Timestamp now);
// One per category of the catalogue.
void FillCategoryContexts(const CustomerRecord& customer, const CatalogueView& view,
                          base::Timestamp now, std::vector<CategoryContext>& contexts);

// Days from `then` to `now` with fractions; NaN for kNever. An event after `now` (a clock ahead) is
// 0 days ago.
float DaysSince(base::Timestamp then, base::Timestamp now);

}  // namespace aisle::features
