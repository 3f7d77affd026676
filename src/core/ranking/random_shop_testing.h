// Random catalogues and customers for tests of what scores by the sweep. Private to this module's tests.
//
//   units    cents below 8 dollars, where random models have their thresholds.
//   missing  birth dates, orders and browsed prices of some customers.
//   errors   none.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.h"
#include "base/random.h"
#include "features/records.h"

namespace aisle::ranking {

inline constexpr base::Timestamp kNow{base::Microseconds{1'795'478'400'000'000}};

// Prices near the thresholds of random models, and some of the higher tiers; `twins`: many products alike.
inline features::Catalogue MakeCatalogue(base::Stream& stream, std::size_t count, bool twins) {
  features::Catalogue catalogue;
  catalogue.as_of = kNow;
  for (const char* id : {"C1", "C2", "C3", "C4", "C5"})
    catalogue.categories.push_back({id, id, "D"});
  catalogue.brands = {"B"};
  for (std::size_t p = 0; p < count; ++p) {
    features::ProductRecord product;
    product.product.value = static_cast<std::int64_t>(p) * 3;
    product.category = static_cast<std::uint16_t>(stream.Below(5));
    product.price.value = stream.Chance(0.1) ? stream.Between(4000, 20'000)
                          : twins            ? 50 * stream.Between(1, 12)
                                             : stream.Between(1, 800);
    product.is_perishable = stream.Chance(0.3);
    catalogue.products.push_back(product);
  }
  return catalogue;
}

inline features::CustomerRecord MakeCustomer(base::Stream& stream) {
  features::CustomerRecord customer;
  customer.has_birth_date = stream.Chance(0.7);
  customer.date_of_birth = base::Date{std::chrono::days{stream.Between(18'000, 20'700)}};
  customer.customer_since = base::Date{std::chrono::days{stream.Between(20'600, 20'780)}};
  customer.total_orders = static_cast<std::int32_t>(stream.Below(5));
  customer.lifetime_spend.value = stream.Between(0, 1500);
  if (stream.Chance(0.5)) customer.last_purchase = kNow - base::kDay * stream.Between(0, 5);
  customer.browsed_price_count = static_cast<std::int32_t>(stream.Below(3));
  customer.browsed_price_sum.value = stream.Between(0, 900);
  return customer;
}

}  // namespace aisle::ranking
