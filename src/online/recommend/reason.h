// Why a product is recommended to a customer, in a few words a person can check.
//
// A model's score has no single cause. What is said here is what the shop knows of the two that speaks
// most plainly for the product: an unfinished interest, a habit, a liking for its category or brand, and
// otherwise that it sells in the region.
//
//   order    the first that applies: cart, view, bought before, category, brand, popular.
//   units    days are whole days from the event to `now`.
//   threads  pure.
#pragma once

#include <string>

#include "base/clock.h"
#include "domain/region.h"
#include "features/records.h"

namespace aisle::recommend {

// `customer` may be null: unknown.
std::string Reason(const features::CustomerRecord* customer, const features::Catalogue& catalogue,
                   domain::ProductId product, domain::Region region, base::Timestamp now);

}  // namespace aisle::recommend
