// What a generation knows of products: the catalogue, and what was in stock in each region when it was
// published.
//
// A Shelf is what travels: gold fills it, a generation stores it. What changes after it is Stock (stock.h);
// how popular its products are is RegionPopularity (region_popularity.h).
//
//   shapes   a RegionShelf's columns are parallel; products are positions in the catalogue.
//   order    products rise; regions stand in the order of the catalogue's shape.
//   units    pieces; whole days.
//   missing  a product that is not listed is not in stock.
//   errors   CheckShelf: the given code; the message names product, region and value.
#pragma once

#include <cstdint>
#include <utility>
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
  Shelf() : Shelf(features::Catalogue{}) {}
  // Nothing in stock anywhere.
  explicit Shelf(features::Catalogue of)
      : catalogue(std::move(of)), regions(catalogue.shape.RegionCount()) {}

  features::Catalogue catalogue;
  std::vector<RegionShelf> regions;  // One for each of the catalogue's shape.
  // Positions of products that nobody is shown, rising, whatever regions have of them.
  std::vector<std::uint32_t> hidden = {};
};

// What must hold of a shelf. Asked when one is published, decoded, or made into a state from parts, so that
// nothing behind needs to doubt an index.
Status CheckShelf(const Shelf& shelf, ErrorCode code);

}  // namespace aisle::serving
