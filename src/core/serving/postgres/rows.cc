#include "serving/postgres/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/files.h"
#include "kv/record_bytes.h"
#include "serving/generation/bytes.h"
#include "serving/postgres/names.h"

namespace aisle::serving {
namespace {

using postgres::CopyEncoder;
using enum CellType;

constexpr ColumnShape kFeatures[] = {{"customer_id", kInt8},
                                     {"age", kInt4},
                                     {"tenure_months", kInt4},
                                     {"loyalty_tier_num", kInt4},
                                     {"total_orders", kInt4},
                                     {"lifetime_spend", kFloat8},
                                     {"avg_order_value", kFloat8},
                                     {"days_since_purchase", kInt4},
                                     {"categories_purchased", kInt4},
                                     {"total_browse_events", kInt4},
                                     {"total_sessions", kInt4},
                                     {"avg_browsed_price", kFloat8},
                                     {"add_to_cart_count", kInt4},
                                     {"cart_abandonment_rate", kFloat8},
                                     {"store_ratio", kFloat8},
                                     {"engagement_score", kFloat8},
                                     {"date_of_birth", kDay},
                                     {"customer_since_date", kDay},
                                     {"last_purchase_at", kTime},
                                     {"generation", kInt8},
                                     {"record", kBytes},
                                     {"row_hash", kInt8},
                                     {"propensity_hash", kInt8}};
constexpr ColumnShape kPropensity[] = {
    {"customer_id", kInt8}, {"category_id", kText}, {"propensity_score", kFloat4}};
constexpr ColumnShape kInventory[] = {{"region", kText},
                                      {"product_id", kInt8},
                                      {"warehouse_name", kText},
                                      {"qty_on_hand", kInt4},
                                      {"est_delivery_days", kInt4}};
constexpr ColumnShape kProducts[] = {{"product_id", kInt8},    {"source_id", kText},
                                     {"product_name", kText},  {"category_id", kText},
                                     {"category_name", kText}, {"department", kText},
                                     {"brand", kText},         {"price", kFloat8},
                                     {"is_perishable", kBool}, {"launched_at", kTime}};
constexpr ColumnShape kIds[] = {{"source_id", kText}, {"customer_id", kInt8}};

constexpr TableShape kShapes[] = {{"customer_features", kFeatures, 1},
                                  {"customer_propensity", kPropensity, 2},
                                  {"inventory", kInventory, 2},
                                  {"product_catalog", kProducts, 1},
                                  {"customer_ids", kIds, 1}};

std::string Names(std::span<const ColumnShape> columns, std::string_view prefix) {
  std::string list;
  for (const ColumnShape& column : columns)
    list += fmt::format("{}{}{}", list.empty() ? "" : ", ", prefix, column.name);
  return list;
}

std::int64_t HashOf(std::string_view bytes) { return static_cast<std::int64_t>(base::Hash(bytes)); }

std::uint64_t CategoriesHash(const features::Catalogue& catalogue) {
  kv::RecordWriter out;
  for (const features::Category& category : catalogue.categories) out.Text(category.id);
  return base::Hash(out.Take());
}

std::int64_t PropensityHash(std::uint64_t categories, std::string_view scores) {
  kv::RecordWriter out;
  out.Fixed(categories, sizeof(categories));
  out.Raw(scores);
  return HashOf(out.Take());
}

// A whole number as models take it; NaN: missing.
void PutWhole(CopyEncoder& out, float value) {
  if (std::isnan(value)) {
    out.Null();
  } else {
    out.Int4(static_cast<std::int32_t>(value));
  }
}
void PutRatio(CopyEncoder& out, double numerator, double denominator) {
  if (denominator > 0) {
    out.Float8(numerator / denominator);
  } else {
    out.Null();
  }
}
void PutTime(CopyEncoder& out, base::Timestamp time) {
  if (time == features::kNever) {
    out.Null();
  } else {
    out.Time(time);
  }
}

std::int64_t PutInventory(const Shelf& shelf, CopyEncoder& out) {
  std::int64_t count = 0;
  for (std::size_t r = 0; r < shelf.regions.size(); ++r) {
    const RegionShelf& region = shelf.regions[r];
    const auto place = static_cast<domain::Region>(r);
    for (std::size_t i = 0; i < region.products.size(); ++i) {
      out.Row()
          .Text(shelf.catalogue.shape.RegionName(place))
          .Int8(shelf.catalogue.products[region.products[i]].product.value)
          .Text(shelf.catalogue.shape.Warehouse(place))
          .Int4(region.quantity[i])
          .Int4(region.delivery_days[i]);
    }
    count += static_cast<std::int64_t>(region.products.size());
  }
  return count;
}

void PutProducts(const features::Catalogue& catalogue, CopyEncoder& out) {
  for (const features::ProductRecord& product : catalogue.products) {
    const features::Category& category = catalogue.categories[product.category];
    out.Row().Int8(product.product.value);
    if (product.source_id.empty()) {
      out.Null();
    } else {
      out.Text(product.source_id);
    }
    out.Text(product.name).Text(category.id).Text(category.name).Text(category.department);
    out.Text(catalogue.brands[product.brand]).Float8(product.price.Units());
    out.Bool(product.is_perishable);
    PutTime(out, product.launched);
  }
}

void PutSourceIds(std::span<const CustomerSourceId> ids, CopyEncoder& out) {
  for (const CustomerSourceId& id : ids) out.Row().Text(id.text).Int8(id.customer.value);
}

}  // namespace

std::string TableShape::ColumnList(std::string_view prefix) const { return Names(columns, prefix); }
std::string TableShape::KeyList(std::string_view prefix) const {
  return Names(columns.first(key_count), prefix);
}

const TableShape& ShapeOf(std::string_view table) {
  const auto* const found = std::ranges::find(kShapes, table, &TableShape::name);
  AISLE_ASSERT(found != std::end(kShapes));
  return *found;
}

Result<CustomerRows> CustomerRows::Of(const PublishedGeneration& generation) {
  AISLE_TRY(CustomerWalk customers, generation.Customers());
  AISLE_TRY(CustomerWalk scores, generation.Propensities());
  CustomerRows rows(generation, std::move(customers), std::move(scores));
  AISLE_TRY(rows.score_, rows.scores_.Next());
  return rows;
}

CustomerRows::CustomerRows(const PublishedGeneration& generation, CustomerWalk customers,
                           CustomerWalk scores)
    : generation_(&generation),
      customers_(std::move(customers)),
      scores_(std::move(scores)),
      categories_hash_(CategoriesHash(generation.PublishedShelf().catalogue)) {}

Result<const CustomerRow*> CustomerRows::Next(std::int64_t first) {
  AISLE_TRY(auto customer, customers_.Next());
  while (customer && customer->customer.value < first) {
    AISLE_TRY(customer, customers_.Next());
  }
  if (!customer) return nullptr;
  AISLE_TRY(row_.record, DecodeCustomer(customer->bytes));
  row_.record_bytes = customer->bytes;
  row_.now = features::MakeCustomerInputs(row_.record, generation_->Manifest().as_of);
  row_.row_hash = RowHash(row_.record, row_.now);
  row_.propensity.clear();
  row_.propensity_hash = 0;
  while (score_ && score_->customer < customer->customer) {
    AISLE_TRY(score_, scores_.Next());
  }
  if (score_ && score_->customer == customer->customer) {
    AISLE_TRY(
        row_.propensity,
        DecodePropensity(score_->bytes, generation_->PublishedShelf().catalogue.categories.size()));
    row_.propensity_hash = PropensityHash(categories_hash_, score_->bytes);
  }
  return &row_;
}

std::int64_t RowHash(const features::CustomerRecord& record, const features::CustomerInputs& now) {
  features::CustomerRecord timeless = record;
  timeless.as_of = base::Timestamp{};
  kv::RecordWriter out;
  out.Raw(EncodeCustomer(timeless));
  out.Float(now.age);
  out.Float(now.tenure_months);
  out.Float(now.days_since_purchase);
  return HashOf(out.Take());
}

void PutFeatures(const CustomerRow& row, const GenerationManifest& manifest, CopyEncoder& out) {
  const features::CustomerRecord& record = row.record;
  out.Row().Int8(record.customer.value);
  PutWhole(out, row.now.age);
  PutWhole(out, row.now.tenure_months);
  out.Int4(static_cast<std::int32_t>(record.tier));
  out.Int4(record.total_orders);
  out.Float8(record.lifetime_spend.Units());
  PutRatio(out, record.lifetime_spend.Units(), record.total_orders);
  PutWhole(out, row.now.days_since_purchase);
  out.Int4(record.categories_purchased);
  out.Int4(record.browse_events);
  out.Int4(record.sessions);
  PutRatio(out, record.browsed_price_sum.Units(), record.browsed_price_count);
  out.Int4(record.add_to_cart_count);
  PutRatio(out, record.carts_abandoned, record.carts_started);
  out.Float8(record.events > 0 ? static_cast<double>(record.store_events) / record.events : 0.0);
  out.Float8(std::round(static_cast<double>(row.now.engagement_score) * 10) / 10);
  if (record.has_birth_date) {
    out.Day(record.date_of_birth);
  } else {
    out.Null();
  }
  out.Day(record.customer_since);
  PutTime(out, record.last_purchase);
  out.Int8(manifest.generation);
  out.Bytes(row.record_bytes);
  out.Int8(row.row_hash);
  if (row.propensity.empty()) {
    out.Null();
  } else {
    out.Int8(row.propensity_hash);
  }
}

void PutPropensity(domain::CustomerId customer, std::span<const float> scores,
                   const features::Catalogue& catalogue, CopyEncoder& out) {
  for (std::size_t c = 0; c < scores.size(); ++c)
    out.Row().Int8(customer.value).Text(catalogue.categories[c].id).Float4(scores[c]);
}

std::int64_t PropensitySum(std::span<const float> scores) {
  constexpr double kScale =
      1 << 30;  // A power of two: the product is exact, and billions of them fit.
  std::int64_t sum = 0;
  for (const float score : scores) sum += std::llrint(static_cast<double>(score) * kScale);
  return sum;
}

Result<std::int64_t> PutSmallTable(const PublishedGeneration& generation, std::string_view table,
                                   CopyEncoder& out) {
  const Shelf& shelf = generation.PublishedShelf();
  if (table == "inventory") return PutInventory(shelf, out);
  if (table == "product_catalog") {
    PutProducts(shelf.catalogue, out);
    return static_cast<std::int64_t>(shelf.catalogue.products.size());
  }
  AISLE_ASSERT(table == "customer_ids");
  AISLE_TRY(const auto ids, generation.SourceIds());
  PutSourceIds(ids, out);
  return static_cast<std::int64_t>(ids.size());
}

}  // namespace aisle::serving
