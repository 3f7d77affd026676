// What an answer says of itself, as JSON. Private to this module; route_table.cc has an example.
//
//   order    contributions as explained.h has them.
//   units    numbers as the shortest text that reads back as the same; contributions are doubles.
//   missing  a missing value, a propensity that took no part, an explanation that there is not: null.
#pragma once

#include <cstddef>
#include <string>

#include "recommend/answer.h"

namespace aisle::api {

// Of the item at a place of the answer.
void AppendExplanation(std::string& out, const recommend::Explained& explained, std::size_t item);
// ,"explained":{...}
void AppendExplained(std::string& out, const recommend::Answer& answer);

}  // namespace aisle::api
