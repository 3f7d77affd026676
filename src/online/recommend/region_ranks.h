// The plain rungs' scores of one region's shelf: how much of what the region bought each product is.
//
// Computed once per generation and loop, so that a request without a model costs a multiplication per
// candidate.
//
//   shapes   entry i of each belongs to the i-th place of the region's shelf.
//   order    by order lines in the region in 90 days; among equals by order lines everywhere.
//   units    shares of the region's order lines in 90 days, in (0, 1): each product counts a fraction
//            of one line more than it sold, and one line stands for what is not on the shelf.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "domain/region.h"
#include "serving/serving.h"

namespace aisle::recommend {

struct RegionRanks {
  std::vector<float> share;              // Among everything on the shelf.
  std::vector<float> share_in_category;  // Among the shelf's products of its category.
  std::vector<std::uint16_t> category;  // The product's, side by side for the sweep over the shelf.
};

std::array<RegionRanks, domain::kRegionCount> MakeRegionRanks(const serving::Shelf& shelf);

}  // namespace aisle::recommend
