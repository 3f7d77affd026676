// The plain rungs' scores of one region's shelf: how much of what the region bought each product is.
//
// Computed once per generation and loop, so that a request without a model costs a multiplication per
// candidate.
//
//   shapes   share[i] belongs to the i-th place of the region's shelf.
//   units    shares of the region's order lines in 90 days, in (0, 1); half a line is added to each
//            product on the shelf, and one line stands for what is not there, so that none is 0 or 1.
#pragma once

#include <array>
#include <vector>

#include "domain/region.h"
#include "serving/serving.h"

namespace aisle::recommend {

struct RegionRanks {
  std::vector<float> share;              // Among everything on the shelf.
  std::vector<float> share_in_category;  // Among the shelf's products of its category.
};

std::array<RegionRanks, domain::kRegionCount> MakeRegionRanks(const serving::Shelf& shelf);

}  // namespace aisle::recommend
