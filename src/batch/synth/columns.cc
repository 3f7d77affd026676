#include "synth/columns.h"

#include <array>
#include <string>
#include <utility>

namespace aisle::synth {
namespace {

using arrow::Schema;
using enum arrow::Type;

Schema ShapeColumns(std::string_view table) {
  if (table == "raw.regions")
    return {{"region", kString}, {"warehouse_name", kString}, {"region_order", kInt32}};
  if (table == "raw.postal_regions")
    return {{"country", kString}, {"prefix", kString}, {"region", kString}};
  if (table == "raw.postal_formats") return {{"country", kString}, {"format", kString}};
  return {};
}

Schema ShopColumns(std::string_view table) {
  if (table == "raw.stores") {
    return {{"store_id", kInt64},       {"store_code", kString}, {"store_type", kString},
            {"city", kString},          {"state", kString},      {"region", kString},
            {"location_type", kString}, {"square_feet", kInt32}, {"zip_code", kString}};
  }
  if (table == "raw.product_categories") {
    return {{"category_id", kString},
            {"department", kString},
            {"category_name", kString},
            {"min_price", kMoney},
            {"max_price", kMoney}};
  }
  if (table == "raw.loyalty_tiers") {
    return {{"tier_id", kString},           {"tier_name", kString},
            {"min_annual_spend", kMoney},   {"max_annual_spend", kMoney},
            {"points_multiplier", kDouble}, {"discount_pct", kInt32}};
  }
  if (table == "raw.promotions") {
    return {{"promo_code", kString},
            {"description", kString},
            {"discount_pct", kInt32},
            {"starts_on", kDate},
            {"ends_on", kDate}};
  }
  if (table == "raw.product_catalog") {
    return {{"product_id", kInt64},    {"product_name", kString},  {"category_id", kString},
            {"department", kString},   {"category_name", kString}, {"brand", kString},
            {"price", kMoney},         {"weight_lbs", kDouble},    {"is_perishable", kBool},
            {"product_type", kString}, {"launched_on", kDate}};
  }
  if (table == "raw.inventory") {
    return {{"product_id", kInt64},  {"region", kString},           {"warehouse_name", kString},
            {"qty_on_hand", kInt32}, {"est_delivery_days", kInt32}, {"last_updated", kTimestamp}};
  }
  return {};
}

Schema HistoryColumns(std::string_view table) {
  if (table == "raw.customer_history") {
    return {{"customer_id", kInt64},     {"loyalty_tier", kString}, {"has_app", kBool},
            {"email_subscriber", kBool}, {"sms_subscriber", kBool}, {"city", kString},
            {"state", kString},          {"zip_code", kString},     {"valid_from", kTimestamp},
            {"valid_to", kTimestamp}};
  }
  if (table == "raw.price_history") {
    return {{"product_id", kInt64},
            {"price", kMoney},
            {"valid_from", kTimestamp},
            {"valid_to", kTimestamp}};
  }
  if (table == "raw.inventory_history") {
    return {{"product_id", kInt64},        {"region", kString},        {"qty_on_hand", kInt32},
            {"est_delivery_days", kInt32}, {"valid_from", kTimestamp}, {"valid_to", kTimestamp}};
  }
  if (table == "oracle.top_products") {
    return {{"cutoff", kTimestamp}, {"customer_id", kInt64}, {"kind", kString},
            {"rank", kInt32},       {"product_id", kInt64},  {"expected", kDouble}};
  }
  if (table == "oracle.totals") {
    return {{"cutoff", kTimestamp},
            {"customer_id", kInt64},
            {"expected", kDouble},
            {"expected_hidden", kDouble},
            {"actual", kInt32}};
  }
  return {};
}

Schema CustomerColumns(std::string_view table) {
  if (table == "raw.customers") {
    return {{"customer_id", kInt64},   {"email", kString},          {"phone", kString},
            {"first_name", kString},   {"last_name", kString},      {"date_of_birth", kDate},
            {"gender", kString},       {"street_address", kString}, {"city", kString},
            {"state", kString},        {"zip_code", kString},       {"customer_since_date", kDate},
            {"loyalty_tier", kString}, {"has_app", kBool},          {"email_subscriber", kBool},
            {"sms_subscriber", kBool}};
  }
  if (table == "raw.event_stream") {
    return {
        {"event_id", kString},           {"customer_id", kInt64},     {"event_type", kString},
        {"event_timestamp", kTimestamp}, {"channel", kString},        {"session_id", kString},
        {"device_type", kString},        {"product_id", kInt64},      {"product_category", kString},
        {"product_price", kMoney},       {"quantity", kInt32},        {"cart_value", kMoney},
        {"order_id", kString},           {"order_total", kMoney},     {"store_id", kInt64},
        {"promo_code", kString},         {"points_earned", kInt32},   {"points_redeemed", kInt32},
        {"order_line", kInt32},          {"line_total", kMoney},      {"cart_id", kString},
        {"visitor_id", kString},         {"ingested_at", kTimestamp}, {"loaded_at", kTimestamp}};
  }
  return {};
}

}  // namespace

Result<Schema> Columns(std::string_view table) {
  for (Schema schema :
       {ShapeColumns(table), ShopColumns(table), HistoryColumns(table), CustomerColumns(table)})
    if (!schema.empty()) return schema;
  return Fail(ErrorCode::kNotFound,
              "synth: no table '" + std::string(table) + "'; see Retailer::Tables()");
}

}  // namespace aisle::synth
