// The retailer's shape (domain/retailer_shape.h) out of the raw tables: raw.regions, raw.postal_regions,
// raw.postal_formats, raw.loyalty_tiers, and the settings of raw.about.
//
//   order    regions by region_order, then name; tiers by min_annual_spend.
//   missing  what a data set does not say is the quickstart's: regions together with their postal codes,
//            tiers, currency, time zone, each by itself. So is all of it where the tables are not there,
//            which is so in databases that older programs made.
//   threads  one; the connection is in use until the call returns.
//   errors   the warehouse's; kFailedPrecondition: what the tables say does not fit together, with the
//            table and the part.
#pragma once

#include <string_view>

#include "base/result.h"
#include "domain/currency.h"
#include "domain/retailer_shape.h"
#include "warehouse/warehouse.h"

namespace aisle::ingest {

// Keys of raw.about.
inline constexpr std::string_view kCurrencyKey = "retailer.currency";
inline constexpr std::string_view kMinorUnitKey = "retailer.minor_unit";
inline constexpr std::string_view kTimeZoneKey = "retailer.time_zone";

Result<domain::RetailerShape> ReadShape(warehouse::Connection& connection);
// The part of it that needs no other to fit.
Result<domain::Currency> ReadCurrency(warehouse::Connection& connection);

}  // namespace aisle::ingest
