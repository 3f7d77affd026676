// How popular each product of a region's shelf is there: what the plain rungs rank by.
#pragma once

#include <array>

#include "domain/region.h"
#include "serving/serving.h"

namespace aisle::serving {

std::array<RegionPopularity, domain::kRegionCount> PopularityOf(const Shelf& shelf);

}  // namespace aisle::serving
