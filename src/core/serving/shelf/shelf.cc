#include "serving/shelf/shelf.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "domain/limits.h"
#include "serving/shelf/counts.h"

namespace aisle::serving {
namespace {

template <typename List, typename KeyOf>
bool Rises(const List& list, KeyOf key) {
  return std::adjacent_find(list.begin(), list.end(), [&](const auto& a, const auto& b) {
           return !(key(a) < key(b));
         }) == list.end();
}

using features::ProductRecord;
constexpr Count<ProductRecord> kOfProduct[] = {{"views_28d", &ProductRecord::views_28d},
                                               {"purchases_28d", &ProductRecord::purchases_28d},
                                               {"purchases_90d", &ProductRecord::purchases_90d},
                                               {"purchases", &ProductRecord::purchases},
                                               {"buyers", &ProductRecord::buyers}};

Status CheckCatalogue(const features::Catalogue& catalogue, ErrorCode code) {
  if (catalogue.categories.size() > domain::kCategoriesMax ||
      catalogue.brands.size() > domain::kBrandsMax) {
    return Fail(code,
                fmt::format("shelf: {} categories and {} brands, at most {} and {} are possible",
                            catalogue.categories.size(), catalogue.brands.size(),
                            domain::kCategoriesMax, domain::kBrandsMax));
  }
  if (catalogue.categories.empty() && !catalogue.brands.empty())
    return Fail(code, fmt::format("shelf: {} brands and no category", catalogue.brands.size()));
  for (const features::ProductRecord& product : catalogue.products) {
    if (product.category >= catalogue.categories.size()) {
      return Fail(code,
                  fmt::format("shelf: product {} is in category {} of {}", product.product.value,
                              product.category, catalogue.categories.size()));
    }
    if (product.brand >= catalogue.brands.size()) {
      return Fail(code, fmt::format("shelf: product {} has brand {} of {}", product.product.value,
                                    product.brand, catalogue.brands.size()));
    }
    if (product.source_id.empty() != catalogue.products.front().source_id.empty()) {
      return Fail(code,
                  fmt::format("shelf: product {} and the first differ in whether they have an "
                              "id of the retailer's",
                              product.product.value));
    }
    if (!std::isfinite(product.price_z)) {
      return Fail(code, fmt::format("shelf: product {} has no finite price position",
                                    product.product.value));
    }
    if (const std::string negative = NegativeOf(product, kOfProduct); !negative.empty()) {
      return Fail(code,
                  fmt::format("shelf: product {}: {} is below 0", product.product.value, negative));
    }
  }
  if (const auto low = std::ranges::min_element(catalogue.region_purchases_90d);
      low != catalogue.region_purchases_90d.end() && *low < 0)
    return Fail(code, fmt::format("shelf: {} purchases of 90 days in a region", *low));
  if (!catalogue.region_purchases_90d.empty() &&
      catalogue.region_purchases_90d.size() !=
          catalogue.products.size() * catalogue.shape.RegionCount()) {
    return Fail(code, fmt::format("shelf: {} counts by region for {} products and {} regions",
                                  catalogue.region_purchases_90d.size(), catalogue.products.size(),
                                  catalogue.shape.RegionCount()));
  }
  if (!Rises(catalogue.products, [](const auto& product) { return product.product; }))
    return Fail(code, "shelf: products are not in rising order of id, each once");
  return {};
}

}  // namespace

Status CheckShelf(const Shelf& shelf, ErrorCode code) {
  AISLE_CHECK(CheckCatalogue(shelf.catalogue, code));
  const domain::RetailerShape& shape = shelf.catalogue.shape;
  if (shelf.regions.size() != shape.RegionCount()) {
    return Fail(code, fmt::format("shelf: {} regions for the retailer's {}", shelf.regions.size(),
                                  shape.RegionCount()));
  }
  if (!Rises(shelf.hidden, [](std::uint32_t position) { return position; }))
    return Fail(code, "shelf: hidden products are not in rising order, each once");
  if (!shelf.hidden.empty() && shelf.hidden.back() >= shelf.catalogue.products.size()) {
    return Fail(code, fmt::format("shelf: hidden product position {} is beyond the catalogue's {}",
                                  shelf.hidden.back(), shelf.catalogue.products.size()));
  }
  for (std::size_t r = 0; r < shelf.regions.size(); ++r) {
    const RegionShelf& stock = shelf.regions[r];
    const auto fail = [&](std::string_view what) {
      return Fail(code, fmt::format("shelf of {}: {}",
                                    shape.RegionName(static_cast<domain::Region>(r)), what));
    };
    if (stock.quantity.size() != stock.products.size() ||
        stock.delivery_days.size() != stock.products.size())
      return fail("its columns differ in length");
    if (!Rises(stock.products, [](std::uint32_t position) { return position; }))
      return fail("products are not in rising order, each once");
    if (!stock.products.empty() && stock.products.back() >= shelf.catalogue.products.size()) {
      return fail(fmt::format("product position {} is beyond the catalogue's {}",
                              stock.products.back(), shelf.catalogue.products.size()));
    }
    for (std::size_t i = 0; i < stock.products.size(); ++i) {
      if (stock.quantity[i] > 0 && stock.delivery_days[i] >= 0) continue;
      return fail(fmt::format("product {} has quantity {} and delivery in {} days",
                              shelf.catalogue.products[stock.products[i]].product.value,
                              stock.quantity[i], stock.delivery_days[i]));
    }
  }
  return {};
}

}  // namespace aisle::serving
