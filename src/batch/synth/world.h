// Everything about the shop that does not depend on a customer: catalogue, shops, promotions,
// prices, stock, seasons, and the tables that products are drawn from.
//
// A product's weight for a customer is appeal x drift x brand taste x price kernel x newness. The
// price kernel depends only on the customer's price level, which is one of kPriceLevels values; so
// the weights of all products are summed once per (period, price level) by cell (category x brand),
// and a draw costs one choice of a brand and one binary search. The oracle reads the same tables.
//
//   shapes   products, stores, customers are indices from 0; their ids are the index plus
//   kFirstProductId, kFirstStoreId, kFirstCustomerId. cell = category * kBrands + brand.
//   units    Second counts from the start of the log (as_of - 365 days); money is cents.
//   order    period 0..12; 12 is the 28 days before as_of; period 0 also holds the first day.
//   threads  immutable once made.
//   source   set E of the oracle prototype (docs/SYNTHETIC_RETAILER.md).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "domain/region.h"
#include "domain/retailer_shape.h"
#include "synth/retailer.h"

namespace aisle::synth {

using Second = std::int32_t;

// The synthetic retailer has the quickstart's shape.
inline const domain::RetailerShape& Shape() { return domain::RetailerShape::Quickstart(); }
inline constexpr std::size_t kRegionCount = 5;
inline constexpr std::size_t kTierCount = 4;

inline constexpr int kProducts = 2000;
inline constexpr int kStores = 500;
inline constexpr int kCities = 10;
inline constexpr int kCategories = 12;
inline constexpr int kDepartments = 6;
inline constexpr int kBrands = 5;
inline constexpr int kCells = kCategories * kBrands;
inline constexpr int kPromotions = 8;
inline constexpr int kPeriods = 13;
inline constexpr int kPeriodDays = 28;
inline constexpr int kLogDays = 365;
inline constexpr Second kDaySeconds = 86'400;
inline constexpr Second kLogEnd = kLogDays * kDaySeconds;
inline constexpr Second kCutoff = kLogEnd - kPeriodDays * kDaySeconds;
inline constexpr std::int64_t kFirstProductId = 1;
inline constexpr std::int64_t kFirstStoreId = 1;
inline constexpr std::int64_t kFirstCustomerId = 1'000'000;
// Price levels -3.0, -2.85, …, 3.0 in standard deviations of log price within a category.
inline constexpr int kPriceLevels = 41;
constexpr double PriceLevel(int level) { return -3.0 + 0.15 * level; }

// What a stream of random numbers is for. A new purpose gets a new number; numbers are never used
// again, or every table changes.
enum class Purpose : std::uint64_t {
  kCatalogue = 1,
  kNames,
  kAppeal,
  kLaunch,
  kDrift,
  kSeason,
  kPrice,
  kStock,
  kStore,
  kPerson,
  kTaste,
  kVisits,
  kLines,
  kOrders,
  kDiary,
  kChanges,
};
inline base::Stream StreamOf(std::uint64_t seed, std::int64_t entity, Purpose purpose) {
  return base::Stream(seed, static_cast<std::uint64_t>(entity),
                      static_cast<std::uint64_t>(purpose));
}

struct Category {
  std::string_view id, department_name, name;
  int department = 0;
  std::int64_t min_cents = 0, max_cents = 0;
};
struct City {
  std::string_view name, state, zip_prefix;
  domain::Region region{};
};
struct Promotion {
  std::string_view code, description;
  int discount_pct = 0;
  base::Date starts_on{}, ends_on{};  // Both included.
  Second from = 0, until = 0;         // The same as seconds of the log; until excluded.
};
struct PriceStep {
  Second from = 0;
  std::int64_t cents = 0;
};
struct StockStep {
  Second from = 0;
  std::int32_t quantity = 0;
  std::int32_t delivery_days = 0;
};
struct Product {
  std::string name;
  std::string_view brand_name;
  int category = 0;
  int brand = 0;
  int cell = 0;
  std::int64_t base_cents = 0;  // What tastes look at; the price moves around it.
  double price_z = 0;
  double weight_lbs = 0;
  bool perishable = false;
  double cycle_days = 0;   // Mean time between purchases of a perishable.
  int launch_period = -1;  // -1: launched before the log.
  base::Date launched_on{};
  double appeal = 0;
  std::vector<PriceStep> prices;                           // By time, never empty.
  std::array<std::vector<StockStep>, kRegionCount> stock;  // By time, never empty.
};
struct Store {
  std::string code, zip_code;
  std::string_view type, location_type;
  int city = 0;
  int square_feet = 0;
};

struct Retailer::World {
  Options options;
  base::Timestamp log_begin{};
  std::vector<Product> products;
  std::vector<Store> stores;
  std::array<std::vector<std::int16_t>, kCities> stores_of_city;
  std::array<Promotion, kPromotions> promotions;
  std::array<std::array<double, kCategories>, kPeriods> season;  // Times base popularity.
  std::array<double, kPeriods> level{};  // Activity of the shop as a whole, mean about 1.
  std::array<double, 7> weekday{};       // Weights by day of the week, 0 = Sunday.

  // --- tables to draw from ---
  // Products of a period, cell after cell: within a cell first the established ones, then the new
  // ones, then those not launched yet.
  std::array<std::array<std::uint16_t, kProducts>, kPeriods> order{};
  std::array<int, kCells + 1> cell_begin{};
  std::array<std::array<std::array<std::int16_t, 2>, kCells>, kPeriods> cell_counts{};
  std::array<std::array<double, kProducts>, kPeriods> strength{};    // appeal x drift.
  std::array<std::array<double, kProducts>, kPriceLevels> kernel{};  // By product.
  std::vector<double> cumulative;        // [period][price level][position in order], within cell.
  std::vector<double> cell_established;  // [period][price level][cell]
  std::vector<double> cell_new;          // [period][price level][cell], before newness taste.
  std::array<std::array<double, kProducts>, kPeriods> plain_cumulative{};  // Within category.

  std::size_t TableRow(int period, int price_level) const {
    return static_cast<std::size_t>(period) * kPriceLevels + static_cast<std::size_t>(price_level);
  }
  const double* Cumulative(int period, int price_level) const {
    return cumulative.data() + TableRow(period, price_level) * kProducts;
  }
  const double* Established(int period, int price_level) const {
    return cell_established.data() + TableRow(period, price_level) * kCells;
  }
  const double* Fresh(int period, int price_level) const {
    return cell_new.data() + TableRow(period, price_level) * kCells;
  }
  bool IsNew(const Product& product, int period) const {
    return product.launch_period >= 0 && product.launch_period <= period &&
           period - product.launch_period < 3;
  }
  // Sum of strengths of the launched products of a category.
  double PlainTotal(int period, int category) const {
    return plain_cumulative[static_cast<std::size_t>(
        period)][static_cast<std::size_t>(cell_begin[(category + std::size_t{1}) * kBrands]) - 1];
  }

  base::Timestamp At(Second t) const {
    return log_begin + base::Microseconds{std::int64_t{t} * 1'000'000};
  }
  std::int64_t PriceAt(int product, Second t) const;
  const StockStep& StockAt(int product, domain::Region region, Second t) const;
  int WeekdayOf(int day) const;  // Of the day-th day of the log, 0 = Sunday.
};

// Period of a second of the log.
constexpr int PeriodOf(Second t) {
  const int day = t / kDaySeconds - 1;
  return day < 0 ? 0 : day / kPeriodDays;
}

const std::array<Category, kCategories>& Categories();
const std::array<City, kCities>& Cities();
std::string_view ProductType(std::int64_t cents);  // "daily_staple", "mid_range", "premium"

std::shared_ptr<const Retailer::World> MakeWorld(const Options& options);

}  // namespace aisle::synth
