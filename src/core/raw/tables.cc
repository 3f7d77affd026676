#include "raw/tables.h"

#include <algorithm>
#include <array>

#include "domain/event_kind.h"

namespace aisle::raw {
namespace {

using enum Type;

std::vector<std::string_view> PurchaseNames() {
  std::vector<std::string_view> names;
  for (const domain::EventKind kind : domain::kPurchaseKinds) names.push_back(EventKindName(kind));
  return names;
}

constexpr Column kStore = {.name = "store_id", .type = kBigint, .id_kind = "store"};
constexpr Column kProduct = {.name = "product_id", .type = kBigint, .id_kind = "product"};
constexpr Column kCustomer = {.name = "customer_id", .type = kBigint, .id_kind = "customer"};
constexpr Column kRegion = {.name = "region", .names = Part::kRegion};
constexpr Column kTier = {.name = "loyalty_tier", .names = Part::kTier};
constexpr Column kPrice = {.name = "price", .type = kDecimal, .required = true, .at_least = 0};
constexpr Column kOnHand = {
    .name = "qty_on_hand", .type = kInteger, .required = true, .at_least = 0};
constexpr Column kDeliveryDays = {.name = "est_delivery_days", .type = kInteger, .at_least = 0};
constexpr Column kValidFrom = {.name = "valid_from", .type = kTimestamp};
constexpr Column kValidTo = {.name = "valid_to", .type = kTimestamp};
constexpr Follows kValidity = {.later = "valid_to", .earlier = "valid_from"};

std::vector<Table> ShapeTables() {
  return {
      {.name = "raw.regions",
       .key = {"region"},
       .columns = {{.name = "region"},
                   {.name = "warehouse_name", .required = true},
                   {.name = "region_order", .type = kInteger, .required = true}},
       .of_shape = true},
      {.name = "raw.postal_regions",
       .key = {"country", "prefix"},
       .columns = {{.name = "country"}, {.name = "prefix"}, {.name = "region", .required = true}},
       .of_shape = true},
      {.name = "raw.postal_formats",
       .key = {"country", "format"},
       .columns = {{.name = "country"}, {.name = "format"}},
       .of_shape = true},
      {.name = "raw.loyalty_tiers",
       .key = {"tier_id"},
       .columns = {{.name = "tier_id"},
                   {.name = "tier_name", .required = true},
                   {.name = "min_annual_spend", .type = kDecimal, .required = true, .at_least = 0},
                   {.name = "max_annual_spend", .type = kDecimal},
                   {.name = "points_multiplier", .type = kDouble},
                   {.name = "discount_pct", .type = kInteger}},
       .of_shape = true},
  };
}

std::vector<Table> ThingTables() {
  return {
      {.name = "raw.stores",
       .key = {"store_id"},
       .columns = {kStore,
                   {.name = "store_code"},
                   {.name = "store_type"},
                   {.name = "city"},
                   {.name = "state"},
                   {.name =
                        "region"},  // Of a shop, not of a warehouse: whatever the retailer says.
                   {.name = "location_type"},
                   {.name = "square_feet", .type = kInteger},
                   {.name = "zip_code"}}},
      {.name = "raw.product_categories",
       .key = {"category_id"},
       .columns = {{.name = "category_id"},
                   {.name = "department"},
                   {.name = "category_name", .required = true},
                   {.name = "min_price", .type = kDecimal},
                   {.name = "max_price", .type = kDecimal}}},
      {.name = "raw.promotions",
       .key = {"promo_code"},
       .columns = {{.name = "promo_code"},
                   {.name = "description"},
                   {.name = "discount_pct", .type = kInteger},
                   {.name = "starts_on", .type = kDate},
                   {.name = "ends_on", .type = kDate}}},
      {.name = "raw.product_catalog",
       .key = {"product_id"},
       .columns = {kProduct,
                   {.name = "product_name", .required = true},
                   {.name = "category_id", .required = true},
                   {.name = "department"},
                   {.name = "category_name"},
                   {.name = "brand"},
                   kPrice,
                   {.name = "weight_lbs", .type = kDouble, .at_least = 0},
                   {.name = "is_perishable", .type = kBoolean},
                   {.name = "product_type"},
                   {.name = "launched_on", .type = kDate},
                   {.name = "hidden", .type = kBoolean, .stays = true}}},
      {.name = "raw.inventory",
       .key = {"product_id", "region"},
       .columns = {kProduct,
                   kRegion,
                   {.name = "warehouse_name"},
                   kOnHand,
                   kDeliveryDays,
                   {.name = "last_updated", .type = kTimestamp}}},
      {.name = "raw.customers",
       .key = {"customer_id"},
       .columns = {kCustomer,
                   {.name = "email"},
                   {.name = "phone"},
                   {.name = "first_name"},
                   {.name = "last_name"},
                   {.name = "date_of_birth", .type = kDate},
                   {.name = "gender"},
                   {.name = "street_address"},
                   {.name = "city"},
                   {.name = "state"},
                   {.name = "zip_code"},
                   {.name = "customer_since_date", .type = kDate},
                   kTier,
                   {.name = "has_app", .type = kBoolean},
                   {.name = "email_subscriber", .type = kBoolean},
                   {.name = "sms_subscriber", .type = kBoolean}}},
  };
}

std::vector<Table> ChangeTables() {
  return {
      {.name = "raw.customer_history",
       .key = {"customer_id", "valid_from"},
       .columns = {kCustomer,
                   kTier,
                   {.name = "has_app", .type = kBoolean},
                   {.name = "email_subscriber", .type = kBoolean},
                   {.name = "sms_subscriber", .type = kBoolean},
                   {.name = "city"},
                   {.name = "state"},
                   {.name = "zip_code"},
                   kValidFrom,
                   kValidTo},
       .follows = {kValidity}},
      {.name = "raw.price_history",
       .key = {"product_id", "valid_from"},
       .columns = {kProduct, kPrice, kValidFrom, kValidTo},
       .follows = {kValidity}},
      {.name = "raw.inventory_history",
       .key = {"product_id", "region", "valid_from"},
       .columns = {kProduct, kRegion, kOnHand, kDeliveryDays, kValidFrom, kValidTo},
       .follows = {kValidity}},
  };
}

std::vector<Table> EventTables() {
  return {
      {.name = "raw.event_stream",
       .key = {"event_id"},
       .columns = {{.name = "event_id"},
                   kCustomer,
                   {.name = "event_type", .required = true, .allowed = domain::kEventKindNames},
                   {.name = "event_timestamp", .type = kTimestamp, .required = true},
                   {.name = "channel"},
                   {.name = "session_id"},
                   {.name = "device_type"},
                   kProduct,
                   {.name = "product_category"},
                   {.name = "product_price", .type = kDecimal, .at_least = 0},
                   {.name = "quantity", .type = kInteger, .at_least = 0},
                   {.name = "cart_value", .type = kDecimal},
                   {.name = "order_id"},
                   {.name = "order_total", .type = kDecimal},
                   kStore,
                   {.name = "promo_code"},
                   {.name = "points_earned", .type = kInteger},
                   {.name = "points_redeemed", .type = kInteger},
                   {.name = "order_line", .type = kInteger, .at_least = 0},
                   {.name = "line_total", .type = kDecimal},
                   {.name = "cart_id"},
                   {.name = "visitor_id", .required = true},
                   {.name = "ingested_at", .type = kTimestamp, .required = true},
                   {.name = "loaded_at", .type = kTimestamp, .set_on_load = true}},
       .keeps_rows = true,
       .needed_when = {{.column = "order_id",
                        .when = "event_type",
                        .texts = PurchaseNames(),
                        .why = "in a purchase"}}},
      {.name = "raw.identities",
       .key = {"visitor_id", "customer_id"},
       .columns = {{.name = "visitor_id"},
                   kCustomer,
                   {.name = "linked_at", .type = kTimestamp, .required = true}},
       .keeps_rows = true},
  };
}

}  // namespace

std::string_view TypeName(Type type) {
  constexpr std::array<std::string_view, 8> kNames = {
      "BIGINT", "INTEGER", "DOUBLE", "DECIMAL(12,2)", "BOOLEAN", "VARCHAR", "DATE", "TIMESTAMP"};
  return kNames.at(static_cast<std::size_t>(type));
}

std::span<const Table> Tables() {
  static const std::vector<Table> kTables = [] {
    std::vector<Table> tables = ShapeTables();
    for (auto more : {ThingTables(), ChangeTables(), EventTables()})
      tables.insert(tables.end(), more.begin(), more.end());
    return tables;
  }();
  return kTables;
}

const Table* FindTable(std::string_view name) {
  const auto tables = Tables();
  const auto found = std::ranges::find(tables, name, &Table::name);
  return found == tables.end() ? nullptr : &*found;
}

const Column* FindColumn(const Table& table, std::string_view name) {
  const auto found = std::ranges::find(table.columns, name, &Column::name);
  return found == table.columns.end() ? nullptr : &*found;
}

bool IsRequired(const Table& table, const Column& column) {
  return column.required || std::ranges::find(table.key, column.name) != table.key.end();
}

std::vector<std::string_view> AllowedTexts(const Column& column,
                                           const domain::RetailerShape& shape) {
  std::vector<std::string_view> texts(column.allowed.begin(), column.allowed.end());
  if (column.names == Part::kRegion) {
    for (const auto& region : shape.All().regions) texts.emplace_back(region.name);
  }
  if (column.names == Part::kTier) {
    for (const auto& tier : shape.All().tiers) texts.emplace_back(tier.name);
  }
  return texts;
}

}  // namespace aisle::raw
