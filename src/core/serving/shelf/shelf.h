// What a generation knows of products: the catalogue, and what was in stock in each region when it was
// published.
//
// A Shelf is what travels: gold fills it, a generation stores it. What changes after it is Stock (stock.h);
// how popular its products are is RegionPopularity (region_popularity.h).
//
//   shapes   a RegionShelf's columns are parallel; products are positions in the catalogue.
//   order    products rise; regions stand in the order of domain::Region.
//   units    pieces; whole days.
//   missing  a product that is not listed is not in stock.
//   errors   CheckShelf: the given code; the message names product, region and value.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "domain/region.h"
#include "features/records.h"

namespace aisle::serving {

// Products in stock only, by catalogue position.
struct RegionShelf {
  std::vector<std::uint32_t> products;
  std::vector<std::int32_t> quantity;       // At least 1.
  std::vector<std::int32_t> delivery_days;  // At least 0.
};

struct Shelf {
  features::Catalogue catalogue;
  std::array<RegionShelf, domain::kRegionCount> regions;
};

// What must hold of a shelf. Asked when one is published, decoded, or made into a state from parts, so that
// nothing behind needs to doubt an index.
Status CheckShelf(const Shelf& shelf, ErrorCode code);

}  // namespace aisle::serving
