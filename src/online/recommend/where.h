// Where an answer is for: the request's destination, else the customer's own, else the first region, which is
// said. Private to this module.
//
//   missing  an unknown or unserved code: the first region, `degraded`: zip_code unknown.
#pragma once

#include "features/records.h"
#include "recommend/answer.h"
#include "recommend/request.h"

namespace aisle::recommend {

// Sets the answer's zip code and region. `customer` may be null.
void ChooseRegion(const Request& request, const features::CustomerRecord* customer,
                  const domain::RetailerShape& shape, Answer& answer);

// Whether the store said that nobody knows the customer, rather than nothing.
bool IsUnknown(const serving::Fetched& fetched);

}  // namespace aisle::recommend
