// What was decided about a version, as it stands in its manifest and as commands print it.
//
//   missing  without a champion to compare with there are no figures.
#pragma once

#include <boost/json/object.hpp>

#include "registry/registry.h"

namespace aisle::registry {

boost::json::object PromotionToJson(const Promotion& promotion);

}  // namespace aisle::registry
