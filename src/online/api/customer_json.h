// What a generation knows of one customer, as JSON: who they are, what they buy, and what they did last.
//
//   order    categories by lines bought, then by sessions; products from the one touched last.
//   units    spend and prices in the retailer's currency; times in UTC, as of the generation.
//   missing  null: age_years, last_purchase and last_event of whom that is not known; zip_code "".
//   cost     one pass over the customer's history.
#pragma once

#include <string>

#include "features/records.h"

namespace aisle::api {

// `source_id`: the retailer's own where it is a text, else empty.
void AppendCustomer(std::string& out, std::string_view source_id,
                    const features::CustomerRecord& customer, const features::Catalogue& catalogue);

}  // namespace aisle::api
