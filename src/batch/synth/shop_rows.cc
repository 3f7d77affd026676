// Rows of the tables that do not depend on customers.
#include <array>

#include "domain/retailer_shape.h"
#include "domain/tier.h"
#include "synth/row_writer.h"
#include "synth/rows_internal.h"

namespace aisle::synth {
namespace {

using World = Retailer::World;

const Category& CategoryOf(const Product& product) {
  return Categories()[static_cast<std::size_t>(product.category)];
}

const domain::RetailerShape::Parts& Parts() { return Shape().All(); }

void RegionRow(const World&, std::int64_t index, RowWriter& row) {
  const auto& region = Parts().regions[static_cast<std::size_t>(index)];
  row.Text(region.name).Text(region.warehouse).Int(index + 1).End();
}

void PostalRuleRow(const World&, std::int64_t index, RowWriter& row) {
  const auto& rule = Parts().postal_rules[static_cast<std::size_t>(index)];
  row.Text(rule.country).Text(rule.prefix).Text(rule.region).End();
}

void PostalFormatRow(const World&, std::int64_t index, RowWriter& row) {
  const auto& format = Parts().postal_formats[static_cast<std::size_t>(index)];
  row.Text(format.country).Text(format.format).End();
}

void StoreRow(const World& world, std::int64_t index, RowWriter& row) {
  const Store& store = world.stores[static_cast<std::size_t>(index)];
  const City& city = Cities()[static_cast<std::size_t>(store.city)];
  row.Int(index + kFirstStoreId).Text(store.code).Text(store.type).Text(city.name).Text(city.state);
  row.Text(Shape().RegionName(city.region)).Text(store.location_type).Int(store.square_feet);
  row.Text(store.zip_code).End();
}

void CategoryRow(const World&, std::int64_t index, RowWriter& row) {
  const Category& category = Categories()[static_cast<std::size_t>(index)];
  row.Text(category.id).Text(category.department_name).Text(category.name);
  row.Money(category.min_cents).Money(category.max_cents).End();
}

void TierRow(const World&, std::int64_t index, RowWriter& row) {
  constexpr std::array<double, kTierCount> kMultipliers = {1.0, 1.25, 1.5, 2.0};
  constexpr std::array<int, kTierCount> kDiscounts = {0, 5, 10, 15};
  const auto& tiers = Parts().tiers;
  const auto tier = static_cast<std::size_t>(index);
  row.Text(tiers[tier].id).Text(tiers[tier].name).Money(tiers[tier].floor.value);
  row.Money(tier + 1 < tiers.size() ? tiers[tier + 1].floor.value - 1 : 99'999'00);
  row.Double(kMultipliers[tier]).Int(kDiscounts[tier]).End();
}

void PromotionRow(const World& world, std::int64_t index, RowWriter& row) {
  const Promotion& promotion = world.promotions[static_cast<std::size_t>(index)];
  row.Text(promotion.code).Text(promotion.description).Int(promotion.discount_pct);
  row.Day(promotion.starts_on).Day(promotion.ends_on).End();
}

void ProductRow(const World& world, std::int64_t index, RowWriter& row) {
  const Product& product = world.products[static_cast<std::size_t>(index)];
  const Category& category = CategoryOf(product);
  const std::int64_t cents = product.prices.back().cents;
  row.Int(index + kFirstProductId).Text(product.name).Text(category.id);
  row.Text(category.department_name).Text(category.name).Text(product.brand_name).Money(cents);
  row.Double(product.weight_lbs).Bool(product.perishable).Text(ProductType(cents));
  row.Day(product.launched_on).End();
}

void InventoryRows(const World& world, std::int64_t index, RowWriter& row) {
  const Product& product = world.products[static_cast<std::size_t>(index)];
  for (std::size_t r = 0; r < kRegionCount; ++r) {
    const auto region = static_cast<domain::Region>(r);
    const StockStep& step = product.stock[static_cast<std::size_t>(region)].back();
    const auto& place = Parts().regions[static_cast<std::size_t>(region)];
    row.Int(index + kFirstProductId).Text(place.name).Text(place.warehouse);
    row.Int(step.quantity).Int(step.delivery_days).Time(world.At(step.from)).End();
  }
}

template <typename Step>
void Validity(const World& world, const std::vector<Step>& steps, std::size_t i, RowWriter& row) {
  row.Time(world.At(steps[i].from));
  if (i + 1 < steps.size()) {
    row.Time(world.At(steps[i + 1].from));
  } else {
    row.Null();
  }
  row.End();
}

void PriceRows(const World& world, std::int64_t index, RowWriter& row) {
  const Product& product = world.products[static_cast<std::size_t>(index)];
  for (std::size_t i = 0; i < product.prices.size(); ++i) {
    row.Int(index + kFirstProductId).Money(product.prices[i].cents);
    Validity(world, product.prices, i, row);
  }
}

void StockRows(const World& world, std::int64_t index, RowWriter& row) {
  const Product& product = world.products[static_cast<std::size_t>(index)];
  for (std::size_t r = 0; r < kRegionCount; ++r) {
    const auto region = static_cast<domain::Region>(r);
    const auto& steps = product.stock[static_cast<std::size_t>(region)];
    for (std::size_t i = 0; i < steps.size(); ++i) {
      row.Int(index + kFirstProductId).Text(Shape().RegionName(region));
      row.Int(steps[i].quantity).Int(steps[i].delivery_days);
      Validity(world, steps, i, row);
    }
  }
}

template <typename Part>
std::int64_t Count(const std::vector<Part>& parts) {
  return static_cast<std::int64_t>(parts.size());
}

}  // namespace

const std::vector<ShopTable>& ShopTables() {
  static const std::vector<ShopTable> kTables = {
      {"raw.regions", Count(Parts().regions), RegionRow},
      {"raw.postal_regions", Count(Parts().postal_rules), PostalRuleRow},
      {"raw.postal_formats", Count(Parts().postal_formats), PostalFormatRow},
      {"raw.stores", kStores, StoreRow},
      {"raw.product_categories", kCategories, CategoryRow},
      {"raw.loyalty_tiers", Count(Parts().tiers), TierRow},
      {"raw.promotions", kPromotions, PromotionRow},
      {"raw.product_catalog", kProducts, ProductRow},
      {"raw.inventory", kProducts, InventoryRows},
      {"raw.price_history", kProducts, PriceRows},
      {"raw.inventory_history", kProducts, StockRows},
  };
  return kTables;
}

}  // namespace aisle::synth
