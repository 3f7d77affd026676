// The answer as JSON, field by field; route_table.cc has an example, which a test compares.
//
//   order    the quickstart's fields first, ours after them; items in rank order.
//   units    price in the retailer's currency, with its digits; timings in milliseconds with three decimals; scores
//            as the shortest text that reads back as the same float.
//            ids as the retailer has them: texts where theirs are texts, else numbers.
//   missing  currency: only where it is not USD; why, explanation, explained: only where they were asked
//            for; explanation null: see `degraded`; zip_code "" when nobody knows it;
//            model versions 0 when none took part.
//   cost     one pass, about 250 bytes an item.
#pragma once

#include <string>

#include "recommend/answer.h"

namespace aisle::api {

void AppendAnswer(std::string& out, const recommend::Answer& answer);

}  // namespace aisle::api
