// Everything that is read of a catalogue and its customers as text, field by field: for tests that hold two ways of
// reading against each other.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>

#include "base/clock.h"
#include "gold/record_queries.h"

namespace aisle::gold {

inline std::string TimeText(base::Timestamp time) {
  return time == features::kNever ? "never" : base::FormatTimestamp(time);
}

inline std::string AsText(const features::Catalogue& catalogue) {
  std::string all;
  for (const auto& c : catalogue.categories)
    all += fmt::format("category {} {} {}\n", c.id, c.name, c.department);
  for (const auto& p : catalogue.products) {
    all += fmt::format(
        "product {} {} category {} brand {} price {} perishable {} launched {} z {} counts {} {} "
        "{} {} {}\n",
        p.product.value, p.name, p.category, catalogue.brands[p.brand], p.price.value,
        p.is_perishable, TimeText(p.launched), p.price_z, p.views_28d, p.purchases_28d,
        p.purchases_90d, p.purchases, p.buyers);
  }
  all += fmt::format("regions {}\n", fmt::join(catalogue.region_purchases_90d, ","));
  return all;
}

inline std::string AsText(const features::CustomerRecord& r, const domain::RetailerShape& shape) {
  std::string all = fmt::format(
      "customer {} born {} since {} {} {} {} app {} mail {} as of {}\n"
      "  orders {} {} last {} categories {} browsed {} sessions {} prices {} {} carts {} {} {} "
      "points "
      "{} events {} {} last {} touched {} {}\n",
      r.customer.value, r.has_birth_date ? base::FormatDate(r.date_of_birth) : "unknown",
      base::FormatDate(r.customer_since), shape.TierName(r.tier), shape.RegionName(r.region),
      r.postal_code, r.has_app, r.email_subscriber, TimeText(r.as_of), r.total_orders,
      r.lifetime_spend.value, TimeText(r.last_purchase), r.categories_purchased, r.browse_events,
      r.sessions, r.browsed_price_sum.value, r.browsed_price_count, r.add_to_cart_count,
      r.carts_started, r.carts_abandoned, r.points_earned, r.events, r.store_events,
      TimeText(r.last_event), r.price_z_sum, r.price_z_count);
  for (const auto& c : r.categories) {
    all +=
        fmt::format("  category {} {} {} {} last {} {}\n", c.category, c.sessions, c.sessions_28d,
                    c.purchases, TimeText(c.last_event), TimeText(c.last_purchase));
  }
  for (const auto& b : r.brands) all += fmt::format("  brand {} {}\n", b.brand, b.products);
  for (const auto& p : r.pairs) {
    all += fmt::format("  product {} {} {} {} {} {} last {} {} {}\n", p.product.value, p.views,
                       p.carts, p.purchases, p.views_28d, p.purchases_90d, TimeText(p.last_view),
                       TimeText(p.last_cart), TimeText(p.last_purchase));
  }
  return all;
}

inline Result<std::string> RecordsAsText(warehouse::Connection& connection,
                                         warehouse::Database& database,
                                         const RecordQueries& queries, base::Timestamp as_of,
                                         const std::optional<CustomerIds>& only = std::nullopt) {
  AISLE_TRY(const features::Catalogue catalogue, ReadCatalogueFrom(connection, queries, as_of));
  std::string all = AsText(catalogue);
  AISLE_CHECK(ReadCustomersFrom(
      database, queries, catalogue, as_of,
      [&](features::CustomerRecord&& record) -> Status {
        all += AsText(record, catalogue.shape);
        return {};
      },
      only));
  return all;
}

}  // namespace aisle::gold
