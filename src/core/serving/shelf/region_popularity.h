// How much of what a region buys each product of its shelf is: what answers when no model can.
//
// Shares are in (0, 1), of the order lines of 90 days in the region; each product counts a fraction of one line
// more than it sold (more for those sold more elsewhere), and one line stands for what is not on the shelf.
//
//   shapes   entry i of a list belongs to the i-th product of the region's shelf as published.
//   units    shares of what was on the shelf when it was published, whatever is sold out since; a product
//            that came since has its share of the shelf with itself on it.
//   threads  immutable.
#pragma once

#include <cstdint>
#include <vector>

#include "domain/region.h"
#include "serving/shelf/shelf.h"

namespace aisle::serving {

struct RegionPopularity {
  std::vector<float> share;              // Among everything on the shelf.
  std::vector<float> share_in_category;  // Among the shelf's products of its category.
  std::vector<std::uint16_t> category;   // The product's, side by side for a pass over the shelf.

  // The same of a product that was not on the shelf.
  struct Share {
    float of_all = 0;
    float of_category = 0;
  };
  Share OfAnother(const features::Catalogue& catalogue, std::size_t position) const;

  // What the shares are made of.
  domain::Region region{};
  std::int32_t most = 0;  // Purchases of the product bought most often anywhere.
  double total = 0;       // Weight of the shelf.
  std::vector<double> category_total;
};

// By region.
std::vector<RegionPopularity> PopularityOf(const Shelf& shelf);

}  // namespace aisle::serving
