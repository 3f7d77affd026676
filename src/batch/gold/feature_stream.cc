#include "gold/feature_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <unordered_map>

#include "domain/limits.h"
#include "features/pair_row.h"
#include "gold/raw_tables.h"
#include "gold/record_queries.h"
#include "gold/shape_tables.h"
#include "gold/sql.h"
#include "ingest/read_shape.h"

namespace aisle::gold {
namespace {

using features::Catalogue;
using warehouse::BoolColumn;
using warehouse::DayColumn;
using warehouse::IntColumn;
using warehouse::MoneyColumn;
using warehouse::RowReader;
using warehouse::TextColumn;

void SetPriceZ(Catalogue& catalogue) {
  const features::PricePositions positions(catalogue);
  for (auto& product : catalogue.products)
    product.price_z = positions.Of(product.category, product.price);
}

Status ReadCategories(warehouse::Connection& connection, Catalogue& catalogue) {
  AISLE_TRY(auto rows, RowReader::Open(connection, sql::kCategories));
  const TextColumn id = rows.Text("category_id");
  const TextColumn name = rows.Text("category_name");
  const TextColumn department = rows.Text("department");
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) break;
    catalogue.categories.push_back({.id = std::string(rows[id]),
                                    .name = std::string(rows[name]),
                                    .department = std::string(rows[department])});
  }
  if (catalogue.categories.empty() || catalogue.categories.size() > domain::kCategoriesMax) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("raw.product_categories has {} rows; 1 to {} are possible",
                            catalogue.categories.size(), domain::kCategoriesMax));
  }
  return {};
}

Status CheckCount(std::string_view what, std::size_t count, std::size_t most) {
  if (count <= most) return {};
  return Fail(ErrorCode::kFailedPrecondition,
              fmt::format("{} {}; at most {} are possible", count, what, most));
}

Status ReadProductRegions(warehouse::Connection& connection, const RecordQueries& queries,
                          Catalogue& catalogue) {
  if (queries.product_regions.text.find("$postal_regions") != std::string_view::npos)
    AISLE_CHECK(MakeShapeTables(connection, catalogue.shape));
  const std::size_t regions = catalogue.shape.RegionCount();
  catalogue.region_purchases_90d.assign(catalogue.products.size() * regions, 0);
  AISLE_TRY(const auto parameters, ParametersOf(queries.product_regions, catalogue.as_of));
  AISLE_TRY(auto rows, RowReader::Open(connection, queries.product_regions, parameters));
  const IntColumn product = rows.Int("product_id");
  const IntColumn region = rows.Int("region_index");
  const IntColumn purchases = rows.Int("purchases_90d");
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) return {};
    // Products that are not in the catalogue yet have been bought all the same.
    const std::ptrdiff_t position = catalogue.Find({rows[product]});
    if (position < 0) continue;
    const auto of_region = static_cast<std::size_t>(rows[region]);
    AISLE_ASSERT(of_region < regions);
    catalogue.region_purchases_90d[static_cast<std::size_t>(position) * regions + of_region] =
        CountOf(rows, purchases);
  }
}

// Positions of names, sorted; the names end up in `sorted`.
std::map<std::string, std::uint16_t> PositionsOf(std::vector<std::string> names,
                                                 std::vector<std::string>& sorted) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::map<std::string, std::uint16_t> positions;
  for (std::size_t i = 0; i < names.size(); ++i)
    positions.emplace(names[i], static_cast<std::uint16_t>(i));
  sorted = std::move(names);
  return positions;
}

struct ProductColumns {
  explicit ProductColumns(RowReader& rows)
      : product(rows.Int("product_id")),
        name(rows.Text("product_name")),
        category(rows.Text("category_id")),
        brand(rows.Text("brand")),
        price(rows.Money("price")),
        is_perishable(rows.Bool("is_perishable")),
        launched_on(rows.Day("launched_on")),
        views_28d(rows.Int("views_28d")),
        purchases_28d(rows.Int("purchases_28d")),
        purchases_90d(rows.Int("purchases_90d")),
        purchases(rows.Int("purchases")),
        buyers(rows.Int("buyers")) {}
  IntColumn product;
  TextColumn name, category, brand;
  MoneyColumn price;
  BoolColumn is_perishable;
  DayColumn launched_on;
  IntColumn views_28d, purchases_28d, purchases_90d, purchases, buyers;
};

// All but category and brand, which are positions among others.
features::ProductRecord MakeProduct(const RowReader& rows, const ProductColumns& of) {
  features::ProductRecord product;
  product.product = {rows[of.product]};
  product.name = rows[of.name];
  product.price = {rows[of.price]};
  product.is_perishable = rows[of.is_perishable];
  if (!rows.IsNull(of.launched_on)) product.launched = base::Timestamp{rows[of.launched_on]};
  product.views_28d = CountOf(rows, of.views_28d);
  product.purchases_28d = CountOf(rows, of.purchases_28d);
  product.purchases_90d = CountOf(rows, of.purchases_90d);
  product.purchases = CountOf(rows, of.purchases);
  product.buyers = CountOf(rows, of.buyers);
  return product;
}

}  // namespace

Result<Catalogue> ReadCatalogueFrom(warehouse::Connection& connection, const RecordQueries& queries,
                                    base::Timestamp as_of) {
  AISLE_CHECK(CheckRawTables(connection));
  Catalogue catalogue;
  catalogue.as_of = as_of;
  AISLE_TRY(catalogue.shape, ingest::ReadShape(connection));
  AISLE_CHECK(ReadCategories(connection, catalogue));
  std::map<std::string, std::uint16_t> category_of;
  for (std::size_t c = 0; c < catalogue.categories.size(); ++c)
    category_of.emplace(catalogue.categories[c].id, static_cast<std::uint16_t>(c));

  std::vector<std::string> brand_names;  // By product, until all are known.
  AISLE_TRY(const auto parameters, ParametersOf(queries.products, as_of));
  AISLE_TRY(auto rows, RowReader::Open(connection, queries.products, parameters));
  const ProductColumns columns(rows);
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) break;
    features::ProductRecord product = MakeProduct(rows, columns);
    const auto category = category_of.find(std::string(rows[columns.category]));
    if (category == category_of.end()) {
      return Fail(ErrorCode::kFailedPrecondition,
                  fmt::format("product {} is in category '{}', which is not in "
                              "raw.product_categories",
                              product.product.value, rows[columns.category]));
    }
    product.category = category->second;
    brand_names.emplace_back(rows[columns.brand]);
    catalogue.products.push_back(std::move(product));
  }
  const auto brand_of = PositionsOf(brand_names, catalogue.brands);
  AISLE_CHECK(CheckCount("brands", catalogue.brands.size(), domain::kBrandsMax));
  AISLE_CHECK(CheckCount("products", catalogue.products.size(), domain::kProductsMax));
  for (std::size_t p = 0; p < catalogue.products.size(); ++p)
    catalogue.products[p].brand = brand_of.at(brand_names[p]);
  SetPriceZ(catalogue);
  AISLE_CHECK(ReadProductRegions(connection, queries, catalogue));
  return catalogue;
}

Result<std::vector<Activity>> ReadActivity(warehouse::Connection& connection, base::Timestamp from,
                                           base::Timestamp until) {
  AISLE_CHECK(CheckRawTables(connection));
  std::vector<Activity> activity;
  warehouse::Parameters all = EventKinds();
  all.push_back({"from", from});
  all.push_back({"until", until});
  AISLE_TRY(const auto parameters, warehouse::OnlyNamed(sql::kActivity, all));
  AISLE_TRY(auto rows, RowReader::Open(connection, sql::kActivity, parameters));
  const IntColumn customer = rows.Int("customer_id");
  const IntColumn product = rows.Int("product_id");
  const IntColumn views = rows.Int("views");
  const IntColumn carts = rows.Int("carts");
  const IntColumn lines = rows.Int("lines");
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) return activity;
    activity.push_back({.customer = {rows[customer]},
                        .product = {rows[product]},
                        .views = CountOf(rows, views),
                        .carts = CountOf(rows, carts),
                        .lines = CountOf(rows, lines)});
  }
}

Result<std::vector<Stock>> ReadStock(warehouse::Connection& connection,
                                     const domain::RetailerShape& shape, base::Timestamp as_of) {
  AISLE_CHECK(CheckRawTables(connection));
  std::vector<Stock> stock;
  AISLE_TRY(auto rows, RowReader::Open(connection, sql::kStock, {{"as_of", as_of}}));
  const IntColumn product = rows.Int("product_id");
  const TextColumn region_name = rows.Text("region");
  const IntColumn quantity = rows.Int("qty_on_hand");
  const IntColumn delivery_days = rows.Int("est_delivery_days");
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) break;
    const auto region = shape.FindRegion(rows[region_name]);
    if (!region) {
      return Fail(ErrorCode::kFailedPrecondition,
                  fmt::format("stock of product {} is in region '{}', which is none of the "
                              "retailer's {} (raw.regions)",
                              rows[product], rows[region_name], shape.RegionCount()));
    }
    stock.push_back({.product = {rows[product]},
                     .region = *region,
                     .quantity = CountOf(rows, quantity),
                     .delivery_days = CountOf(rows, delivery_days)});
  }
  std::sort(stock.begin(), stock.end(), [](const Stock& a, const Stock& b) {
    return std::tie(a.product, a.region) < std::tie(b.product, b.region);
  });
  return stock;
}

Result<std::vector<domain::ProductId>> ReadHidden(warehouse::Connection& connection) {
  AISLE_TRY(auto rows, RowReader::Open(connection, sql::kHidden));
  const IntColumn product = rows.Int("product_id");
  std::vector<domain::ProductId> hidden;
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) return hidden;
    hidden.push_back({rows[product]});
  }
}

}  // namespace aisle::gold
