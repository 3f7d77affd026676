#include "ingest/raw_tables.h"

#include <algorithm>
#include <array>

namespace aisle::ingest {

std::span<const RawTable> RawTables() {
  static const std::vector<RawTable> kTables = {
      {"raw.stores", {"store_id"}, {}},
      {"raw.product_categories", {"category_id"}, {"category_name"}},
      {"raw.loyalty_tiers", {"tier_id"}, {"tier_name"}},
      {"raw.promotions", {"promo_code"}, {}},
      {"raw.product_catalog", {"product_id"}, {"product_name", "category_id", "price"}},
      {"raw.inventory", {"product_id", "region"}, {"qty_on_hand"}},
      {"raw.customers", {"customer_id"}, {}},
      {"raw.customer_history", {"customer_id", "valid_from"}, {}},
      {"raw.price_history", {"product_id", "valid_from"}, {"price"}},
      {"raw.inventory_history", {"product_id", "region", "valid_from"}, {"qty_on_hand"}},
      {"raw.event_stream",
       {"event_id"},
       {"event_type", "event_timestamp", "visitor_id", "ingested_at"},
       true},
      {"raw.identities", {"visitor_id", "customer_id"}, {"linked_at"}, true}};
  return kTables;
}

const RawTable* FindRawTable(std::string_view name) {
  const auto tables = RawTables();
  const auto found = std::ranges::find(tables, name, &RawTable::name);
  return found == tables.end() ? nullptr : &*found;
}

std::string_view IdKind(std::string_view column) {
  if (column == "customer_id") return "customer";
  if (column == "product_id") return "product";
  if (column == "store_id") return "store";
  return {};
}

std::span<const std::string_view> AllowedTexts(std::string_view table, std::string_view column) {
  static constexpr std::array<std::string_view, 21> kEventTypes = {
      "page_view",       "product_view",    "category_browse",  "search",
      "add_to_wishlist", "add_to_cart",     "remove_from_cart", "cart_view",
      "abandoned_cart",  "checkout_start",  "payment",          "order_complete",
      "order_shipped",   "order_delivered", "return_initiated", "review_submitted",
      "points_earned",   "points_redeemed", "tier_upgrade",     "store_visit",
      "pos_purchase"};
  static constexpr std::array<std::string_view, 5> kRegions = {"Northeast", "Southeast", "Midwest",
                                                               "South", "West"};
  static constexpr std::array<std::string_view, 4> kTiers = {"Bronze", "Silver", "Gold",
                                                             "Platinum"};
  if (column == "event_type") return kEventTypes;
  if (column == "region" && table != "raw.stores") return kRegions;
  if (column == "loyalty_tier") return kTiers;
  return {};
}

bool IsCount(std::string_view column) {
  static constexpr std::array<std::string_view, 7> kCounts = {
      "quantity",      "qty_on_hand", "est_delivery_days", "price",
      "product_price", "order_line",  "weight_lbs"};
  return std::ranges::find(kCounts, column) != kCounts.end();
}

}  // namespace aisle::ingest
