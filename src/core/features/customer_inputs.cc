#include "features/customer_inputs.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "features/share_logs.h"

namespace aisle::features {
namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

float Ratio(double numerator, double denominator) {
  return denominator > 0 ? static_cast<float>(numerator / denominator) : kMissing;
}

// The quickstart's score, in hundredths so that the rounding is that of the SQL's DECIMAL. Its twin is `engagement` in
// batch/gold/sql/customer_360.sql; gold_test.cc holds them together.
float EngagementScore(const CustomerRecord& customer) {
  std::int64_t hundredths = std::int64_t{customer.sessions} * 30 +
                            std::int64_t{customer.total_orders} * 500 + customer.points_earned +
                            (customer.has_app ? 1000 : 0) + (customer.email_subscriber ? 500 : 0);
  const std::int64_t tenths = (std::min<std::int64_t>(hundredths, 10'000) + 5) / 10;
  return static_cast<float>(static_cast<double>(tenths) / 10.0);
}

}  // namespace

float DaysSince(base::Timestamp then, base::Timestamp now) {
  if (then == kNever) return kMissing;
  return static_cast<float>(std::max(0.0, static_cast<double>((now - then).count()) / 86'400e6));
}

base::Timestamp OpenInterest(const PairHistory& pair) {
  const base::Timestamp interest = std::max(pair.last_view, pair.last_cart);
  return interest > pair.last_purchase ? interest : kNever;
}

CustomerInputs MakeCustomerInputs(const CustomerRecord& customer, base::Timestamp now) {
  const base::Date today = std::chrono::floor<std::chrono::days>(now);
  CustomerInputs inputs{};
  inputs.age = customer.has_birth_date
                   ? static_cast<float>(base::CompletedYears(customer.date_of_birth, today))
                   : kMissing;
  inputs.tenure_months = static_cast<float>(base::CompletedMonths(customer.customer_since, today));
  inputs.loyalty_tier_num = static_cast<float>(customer.tier);
  inputs.total_orders = static_cast<float>(customer.total_orders);
  inputs.lifetime_spend = static_cast<float>(customer.lifetime_spend.Units());
  inputs.avg_order_value = Ratio(customer.lifetime_spend.Units(), customer.total_orders);
  inputs.days_since_purchase = customer.last_purchase == kNever
                                   ? kMissing
                                   : static_cast<float>(std::max<std::int64_t>(
                                         0, base::WholeDays(customer.last_purchase, now)));
  inputs.categories_purchased = static_cast<float>(customer.categories_purchased);
  inputs.total_browse_events = static_cast<float>(customer.browse_events);
  inputs.total_sessions = static_cast<float>(customer.sessions);
  inputs.cart_abandonment_rate = Ratio(customer.carts_abandoned, customer.carts_started);
  inputs.engagement_score = EngagementScore(customer);
  inputs.avg_browsed_price =
      Ratio(customer.browsed_price_sum.Units(), customer.browsed_price_count);
  inputs.days_since_event = DaysSince(customer.last_event, now);
  return inputs;
}

void FillCategoryContexts(const CustomerRecord& customer, const CatalogueView& view,
                          base::Timestamp now, std::vector<CategoryContext>& contexts) {
  const auto shares = view.CategoryShare();
  std::int64_t sessions = 0;
  for (const CategoryHistory& history : customer.categories) sessions += history.sessions;
  const auto logs = [&](std::size_t category, double own) {
    return ShareLogsOf(own, static_cast<double>(sessions), shares[category], kCategoryPrior);
  };
  contexts.assign(shares.size(), {0, 0, 0, 0, kMissing, kMissing, 0});
  const CatalogueView::ShareLogs* const unmet = view.UnmetCategories(sessions);
  for (std::size_t c = 0; c < contexts.size(); ++c) {
    const CatalogueView::ShareLogs found = unmet != nullptr ? unmet[c] : logs(c, 0);
    contexts[c].share_log = found.to_everybody;
    contexts[c].log_share = found.alone;
  }
  for (const CategoryHistory& history : customer.categories) {
    if (history.category >= contexts.size()) continue;
    const CatalogueView::ShareLogs found = logs(history.category, history.sessions);
    contexts[history.category] = {found.to_everybody,
                                  static_cast<float>(history.sessions),
                                  static_cast<float>(history.sessions_28d),
                                  static_cast<float>(history.purchases),
                                  DaysSince(history.last_event, now),
                                  DaysSince(history.last_purchase, now),
                                  found.alone};
  }
}

}  // namespace aisle::features
