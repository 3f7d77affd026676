#include "serving/generation/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "domain/limits.h"
#include "serving/shelf/counts.h"

namespace aisle::serving {
namespace {

constexpr int kDateDaysMax = 3'652'500;  // About 10,000 years before or after 1970.

template <typename List, typename KeyOf>
bool Rises(const List& list, KeyOf key) {
  return std::adjacent_find(list.begin(), list.end(), [&](const auto& a, const auto& b) {
           return !(key(a) < key(b));
         }) == list.end();
}

using features::BrandHistory;
using features::CategoryHistory;
using features::CustomerRecord;
using features::PairHistory;

constexpr Count<CustomerRecord> kOfCustomer[] = {
    {"total_orders", &CustomerRecord::total_orders},
    {"categories_purchased", &CustomerRecord::categories_purchased},
    {"browse_events", &CustomerRecord::browse_events},
    {"sessions", &CustomerRecord::sessions},
    {"browsed_price_count", &CustomerRecord::browsed_price_count},
    {"add_to_cart_count", &CustomerRecord::add_to_cart_count},
    {"carts_started", &CustomerRecord::carts_started},
    {"carts_abandoned", &CustomerRecord::carts_abandoned},
    {"events", &CustomerRecord::events},
    {"store_events", &CustomerRecord::store_events},
    {"price_z_count", &CustomerRecord::price_z_count}};
constexpr Count<CategoryHistory> kOfCategory[] = {{"sessions", &CategoryHistory::sessions},
                                                  {"sessions_28d", &CategoryHistory::sessions_28d},
                                                  {"purchases", &CategoryHistory::purchases}};
constexpr Count<BrandHistory> kOfBrand[] = {{"products", &BrandHistory::products}};
constexpr Count<PairHistory> kOfPair[] = {{"views", &PairHistory::views},
                                          {"carts", &PairHistory::carts},
                                          {"purchases", &PairHistory::purchases},
                                          {"views_28d", &PairHistory::views_28d},
                                          {"purchases_90d", &PairHistory::purchases_90d}};

// With whose it is: "product 7: views -1".
std::string NegativeCount(const CustomerRecord& record) {
  if (std::string found = NegativeOf(record, kOfCustomer); !found.empty()) return found;
  for (const CategoryHistory& history : record.categories) {
    if (const std::string found = NegativeOf(history, kOfCategory); !found.empty())
      return fmt::format("category {}: {}", history.category, found);
  }
  for (const BrandHistory& history : record.brands) {
    if (const std::string found = NegativeOf(history, kOfBrand); !found.empty())
      return fmt::format("brand {}: {}", history.brand, found);
  }
  for (const PairHistory& history : record.pairs) {
    if (const std::string found = NegativeOf(history, kOfPair); !found.empty())
      return fmt::format("product {}: {}", history.product.value, found);
  }
  return "";
}

}  // namespace

Status CheckCustomer(const features::CustomerRecord& record, ErrorCode code) {
  if (record.customer.value < 0)
    return Fail(code, fmt::format("customer {}: negative id", record.customer.value));
  for (const base::Date date : {record.date_of_birth, record.customer_since}) {
    const auto days = date.time_since_epoch().count();
    if (days >= -kDateDaysMax && days <= kDateDaysMax) continue;
    return Fail(code,
                fmt::format("customer {}: a date {} days from 1970", record.customer.value, days));
  }
  if (record.postal_code.size() > domain::kPostalCodeBytesMax) {
    return Fail(code, fmt::format("customer {}: a postal code of {} bytes", record.customer.value,
                                  record.postal_code.size()));
  }
  const char* unsorted =
      !Rises(record.categories, [](const auto& entry) { return entry.category; }) ? "categories"
      : !Rises(record.brands, [](const auto& entry) { return entry.brand; })      ? "brands"
      : !Rises(record.pairs, [](const auto& entry) { return entry.product; })     ? "pairs"
                                                                                  : nullptr;
  if (unsorted != nullptr) {
    return Fail(code, fmt::format("customer {}: {} are not in rising order, each once",
                                  record.customer.value, unsorted));
  }
  if (const std::string negative = NegativeCount(record); !negative.empty()) {
    return Fail(code, fmt::format("customer {}: {} is below 0", record.customer.value, negative));
  }
  return {};
}

void References::Add(const features::CustomerRecord& record, std::span<const float> propensity) {
  if (const auto tier = static_cast<std::size_t>(record.tier); tier > tier_) {
    tier_ = tier;
    tier_customer_ = record.customer.value;
  }
  if (const auto region = static_cast<std::size_t>(record.region); region > region_) {
    region_ = region;
    region_customer_ = record.customer.value;
  }
  if (!record.categories.empty() && record.categories.back().category >= categories_) {
    categories_ = record.categories.back().category + std::size_t{1};
    categories_customer_ = record.customer.value;
  }
  if (!record.brands.empty() && record.brands.back().brand >= brands_) {
    brands_ = record.brands.back().brand + std::size_t{1};
    brands_customer_ = record.customer.value;
  }
  if (propensity.empty() || other_propensity_ != 0) return;
  if (propensity_ == 0) {
    propensity_ = propensity.size();
    propensity_customer_ = record.customer.value;
  } else if (propensity.size() != propensity_) {
    other_propensity_ = propensity.size();
    propensity_customer_ = record.customer.value;
  }
}

Status References::Check(const features::Catalogue& catalogue, ErrorCode code) const {
  if (tier_ >= catalogue.shape.TierCount()) {
    return Fail(code, fmt::format("customer {}: tier {} is beyond the retailer's {}",
                                  tier_customer_, tier_, catalogue.shape.TierCount()));
  }
  if (region_ >= catalogue.shape.RegionCount()) {
    return Fail(code, fmt::format("customer {}: region {} is beyond the retailer's {}",
                                  region_customer_, region_, catalogue.shape.RegionCount()));
  }
  if (categories_ > catalogue.categories.size()) {
    return Fail(code,
                fmt::format("customer {}: category {} is beyond the catalogue's {}",
                            categories_customer_, categories_ - 1, catalogue.categories.size()));
  }
  if (brands_ > catalogue.brands.size()) {
    return Fail(code, fmt::format("customer {}: brand {} is beyond the catalogue's {}",
                                  brands_customer_, brands_ - 1, catalogue.brands.size()));
  }
  const std::size_t propensity = other_propensity_ != 0 ? other_propensity_ : propensity_;
  if (propensity != 0 && (other_propensity_ != 0 || propensity != catalogue.categories.size())) {
    return Fail(code, fmt::format("customer {}: {} propensities for {} categories",
                                  propensity_customer_, propensity, catalogue.categories.size()));
  }
  return {};
}

}  // namespace aisle::serving
