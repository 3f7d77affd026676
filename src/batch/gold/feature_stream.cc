#include "gold/feature_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <unordered_map>

#include "gold/raw_tables.h"
#include "gold/rows.h"
#include "gold/sql.h"

namespace aisle::gold {
namespace {

using features::Catalogue;
using features::CustomerRecord;

// Log prices, centred and scaled within their category; 0 where a category has one price.
void SetPriceZ(Catalogue& catalogue) {
  struct Sums {
    double count = 0, log = 0, squares = 0;
  };
  std::vector<Sums> sums(catalogue.categories.size());
  const auto log_price = [](const features::ProductRecord& product) {
    return std::log(std::max(product.price.Usd(), 0.01));
  };
  for (const auto& product : catalogue.products) {
    Sums& of = sums[product.category];
    of.count += 1;
    of.log += log_price(product);
  }
  for (const auto& product : catalogue.products) {
    Sums& of = sums[product.category];
    const double distance = log_price(product) - of.log / of.count;
    of.squares += distance * distance;
  }
  for (auto& product : catalogue.products) {
    const Sums& of = sums[product.category];
    const double deviation = std::sqrt(of.squares / of.count);
    product.price_z = deviation > 1e-9 ? (log_price(product) - of.log / of.count) / deviation : 0;
  }
}

Status ReadCategories(warehouse::Connection& connection, Catalogue& catalogue) {
  AISLE_TRY(Rows rows, Rows::Open(connection, sql::kCategories, {}));
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) break;
    catalogue.categories.push_back(
        {std::string(rows.Text(0)), std::string(rows.Text(1)), std::string(rows.Text(2))});
  }
  constexpr std::size_t kCategoriesMax = 65'535;
  if (catalogue.categories.empty() || catalogue.categories.size() > kCategoriesMax) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("raw.product_categories has {} rows; 1 to {} are possible",
                            catalogue.categories.size(), kCategoriesMax));
  }
  return {};
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

}  // namespace

Result<Catalogue> ReadCatalogue(warehouse::Connection& connection, base::Timestamp as_of) {
  AISLE_CHECK(CheckRawTables(connection));
  Catalogue catalogue;
  catalogue.as_of = as_of;
  AISLE_CHECK(ReadCategories(connection, catalogue));
  std::map<std::string, std::uint16_t> category_of;
  for (std::size_t c = 0; c < catalogue.categories.size(); ++c)
    category_of.emplace(catalogue.categories[c].id, static_cast<std::uint16_t>(c));

  std::vector<std::string> brand_names;  // By product, until all are known.
  AISLE_TRY(Rows rows, Rows::Open(connection, sql::kProductState, {{"as_of", as_of}}));
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) break;
    features::ProductRecord product;
    product.product = {rows.Int(0)};
    product.name = rows.Text(1);
    const auto category = category_of.find(std::string(rows.Text(2)));
    if (category == category_of.end()) {
      return Fail(ErrorCode::kFailedPrecondition,
                  fmt::format("product {} is in category '{}', which is not in "
                              "raw.product_categories",
                              product.product.value, rows.Text(2)));
    }
    product.category = category->second;
    brand_names.emplace_back(rows.Text(3));
    product.price = {rows.Cents(4)};
    product.is_perishable = rows.Bool(5);
    product.launched = rows.IsNull(6) ? features::kNever : base::Timestamp{rows.Day(6)};
    product.views_28d = rows.Int32(7);
    product.purchases_28d = rows.Int32(8);
    product.purchases_90d = rows.Int32(9);
    product.purchases = rows.Int32(10);
    product.buyers = rows.Int32(11);
    for (int region = 0; region < static_cast<int>(domain::kRegionCount); ++region)
      product.region_purchases_90d[static_cast<std::size_t>(region)] = rows.Int32(12 + region);
    catalogue.products.push_back(std::move(product));
  }
  const auto brand_of = PositionsOf(brand_names, catalogue.brands);
  if (catalogue.brands.size() > 65'535) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("{} brands; at most 65535 are possible", catalogue.brands.size()));
  }
  for (std::size_t p = 0; p < catalogue.products.size(); ++p)
    catalogue.products[p].brand = brand_of.at(brand_names[p]);
  SetPriceZ(catalogue);
  return catalogue;
}

Result<std::vector<Activity>> ReadActivity(warehouse::Connection& connection, base::Timestamp from,
                                           base::Timestamp until) {
  AISLE_CHECK(CheckRawTables(connection));
  std::vector<Activity> activity;
  AISLE_TRY(Rows rows, Rows::Open(connection, sql::kActivity, {{"from", from}, {"until", until}}));
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) return activity;
    activity.push_back({{rows.Int(0)}, {rows.Int(1)}, rows.Int32(2), rows.Int32(3), rows.Int32(4)});
  }
}

Result<std::vector<Stock>> ReadStock(warehouse::Connection& connection, base::Timestamp as_of) {
  AISLE_CHECK(CheckRawTables(connection));
  std::vector<Stock> stock;
  AISLE_TRY(Rows rows, Rows::Open(connection, sql::kStock, {{"as_of", as_of}}));
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) break;
    const auto region = domain::RegionByName(rows.Text(1));
    if (!region) {
      return Fail(ErrorCode::kFailedPrecondition,
                  fmt::format("stock of product {} is in region '{}', which is not one of the five",
                              rows.Int(0), rows.Text(1)));
    }
    stock.push_back({{rows.Int(0)}, *region, rows.Int32(2), rows.Int32(3)});
  }
  std::sort(stock.begin(), stock.end(), [](const Stock& a, const Stock& b) {
    return std::tie(a.product, a.region) < std::tie(b.product, b.region);
  });
  return stock;
}

}  // namespace aisle::gold
