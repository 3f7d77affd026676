// What any name of the shop must be: of a region, a warehouse, a tier, a country.
#pragma once

#include <string_view>

#include "base/result.h"

namespace aisle::domain {

// kInvalidArgument, beginning with `what` ("a region"): the name is empty, longer than kNameBytesMax,
// begins or ends with a blank, or holds a control character.
Status CheckName(std::string_view what, std::string_view name);

}  // namespace aisle::domain
