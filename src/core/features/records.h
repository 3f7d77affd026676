// What is known of a customer and of a catalogue at one moment: the state that model inputs are
// computed from.
//
// The batch side reads these records out of the gold queries as of a cutoff (training) or of now
// (publishing); the serving store carries them to the request. They hold sums, counts and last
// times, not finished averages, so that age, tenure and recency are computed at the moment of the
// request.
//
//   shapes   Catalogue::products is sorted by product id; a record refers to categories and brands
//            by index into the catalogue of the same moment, to tiers and regions by position in its shape, and
//            to products by id. region_purchases_90d is product-major: [product * regions + region].
//   order    the lists of a CustomerRecord are sorted by their key and hold each key once.
//   units    money in cents, times UTC, windows in days before as_of.
//   missing  kNever for a time that never was; counts are 0.
//   threads  plain data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "domain/ids.h"
#include "domain/region.h"
#include "domain/retailer_shape.h"
#include "domain/tier.h"

namespace aisle::features {

inline constexpr base::Timestamp kNever = base::Timestamp::min();

// The history of one customer with one category.
struct CategoryHistory {
  std::uint16_t category = 0;
  std::int32_t sessions = 0;      // Distinct sessions that touched it.
  std::int32_t sessions_28d = 0;  // Of these, in the last 28 days.
  std::int32_t purchases = 0;     // Order lines.
  base::Timestamp last_event = kNever;
  base::Timestamp last_purchase = kNever;
};

// The history of one customer with one brand: distinct products touched.
struct BrandHistory {
  std::uint16_t brand = 0;
  std::int32_t products = 0;
};

// The history of one (customer, product) pair.
struct PairHistory {
  domain::ProductId product;
  std::int32_t views = 0;
  std::int32_t carts = 0;
  std::int32_t purchases = 0;  // Order lines.
  std::int32_t views_28d = 0;
  std::int32_t purchases_90d = 0;
  base::Timestamp last_view = kNever;
  base::Timestamp last_cart = kNever;
  base::Timestamp last_purchase = kNever;
};

struct CustomerRecord {
  domain::CustomerId customer;
  base::Timestamp as_of{};

  bool has_birth_date = false;
  base::Date date_of_birth{};
  base::Date customer_since{};
  domain::Tier tier{};      // The lowest when unknown.
  domain::Region region{};  // Of the postal code; the first one when that is unknown.
  std::string postal_code;  // As the retailer writes it; empty: unknown, or of no region.
  bool has_app = false;
  bool email_subscriber = false;

  std::int32_t total_orders = 0;
  domain::Cents lifetime_spend;
  base::Timestamp last_purchase = kNever;
  std::int32_t categories_purchased = 0;
  std::int32_t browse_events = 0;
  std::int32_t sessions = 0;
  domain::Cents browsed_price_sum;
  std::int32_t browsed_price_count = 0;
  std::int32_t add_to_cart_count = 0;
  std::int32_t carts_started = 0;
  std::int32_t carts_abandoned = 0;
  std::int64_t points_earned = 0;
  std::int32_t events = 0;
  std::int32_t store_events = 0;
  base::Timestamp last_event = kNever;
  // Sum and count of the price position (ProductRecord::price_z) over distinct products touched.
  double price_z_sum = 0;
  std::int32_t price_z_count = 0;

  std::vector<CategoryHistory> categories;
  std::vector<BrandHistory> brands;
  std::vector<PairHistory> pairs;
};

struct ProductRecord {
  domain::ProductId product;
  std::string name;
  std::string source_id;  // The retailer's own; empty where theirs are numbers, which are ours.
  std::uint16_t category = 0;
  std::uint16_t brand = 0;
  domain::Cents price;
  bool is_perishable = false;
  base::Timestamp launched = kNever;  // kNever: before anything is known.
  double price_z =
      0;  // log price, centred and scaled within its category; 0 where the category has one price.
  std::int32_t views_28d = 0;
  std::int32_t purchases_28d = 0;
  std::int32_t purchases_90d = 0;
  std::int32_t purchases = 0;
  std::int32_t buyers = 0;
};

struct Category {
  std::string id;  // "CAT-001"
  std::string name;
  std::string department;
};

// Products, categories and brands as of one moment, and the retailer they belong to. Categories are sorted by id
// and brands by name.
struct Catalogue {
  base::Timestamp as_of{};
  domain::RetailerShape shape = domain::RetailerShape::Quickstart();
  bool text_customer_ids = false;  // The retailer's own ids of customers are texts.
  std::vector<Category> categories;
  std::vector<std::string> brands;
  std::vector<ProductRecord> products;
  // Order lines of 90 days by product and region; empty: none.
  std::vector<std::int32_t> region_purchases_90d;

  // Of the product at the position.
  std::int32_t RegionPurchases90d(std::size_t position, domain::Region region) const {
    if (region_purchases_90d.empty()) return 0;
    return region_purchases_90d[position * shape.RegionCount() + static_cast<std::size_t>(region)];
  }
  // Position in `products`, or -1.
  std::ptrdiff_t Find(domain::ProductId product) const;
};

}  // namespace aisle::features
