// The retailer's shape for queries, as two tables of this connection. Private to this module.
//
//   tiers_of_retailer             loyalty_tier, loyalty_tier_num: 0 for the lowest
//   postal_regions_of_customers   zip_code, region_index, of each zip code that any customer has or had
//
// SQL does not know what postal codes look like; the shape does (domain/retailer_shape.h), for each code once.
//
//   missing  a code of the first region, or of none, has no row: whoever joins takes 0 for it.
//   errors   the warehouse's.
//   cost     one pass over the customers and their histories, once a connection.
#pragma once

#include "base/result.h"
#include "domain/retailer_shape.h"
#include "warehouse/warehouse.h"

namespace aisle::gold {

// What queries take as $tiers and $postal_regions.
inline constexpr const char* kTiers = "tiers_of_retailer";
inline constexpr const char* kPostalRegions = "postal_regions_of_customers";

Status MakeShapeTables(warehouse::Connection& connection, const domain::RetailerShape& shape);

}  // namespace aisle::gold
