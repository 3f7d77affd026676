#include "serving/region_popularity.h"

#include <algorithm>

namespace aisle::serving {
namespace {

constexpr double kElsewhere = 1.0;

// `most`: purchases of the product bought most often anywhere.
RegionPopularity OfRegion(const features::Catalogue& catalogue, std::int32_t most,
                          const RegionShelf& shelf, std::size_t region) {
  double total = kElsewhere;
  std::vector<double> in_category(catalogue.categories.size(), kElsewhere);
  const auto weight = [&](std::uint32_t position) {
    const features::ProductRecord& product = catalogue.products[position];
    return product.region_purchases_90d[region] + (product.purchases + 1.0) / (most + 2.0);
  };
  for (const std::uint32_t position : shelf.products) {
    total += weight(position);
    in_category[catalogue.products[position].category] += weight(position);
  }
  RegionPopularity popularity;
  popularity.share.reserve(shelf.products.size());
  popularity.share_in_category.reserve(shelf.products.size());
  popularity.category.reserve(shelf.products.size());
  for (const std::uint32_t position : shelf.products) {
    const double own = weight(position);
    popularity.category.push_back(catalogue.products[position].category);
    popularity.share.push_back(static_cast<float>(own / total));
    popularity.share_in_category.push_back(
        static_cast<float>(own / in_category[catalogue.products[position].category]));
  }
  return popularity;
}

}  // namespace

std::array<RegionPopularity, domain::kRegionCount> PopularityOf(const Shelf& shelf) {
  std::int32_t most = 0;
  for (const features::ProductRecord& product : shelf.catalogue.products)
    most = std::max(most, product.purchases);
  std::array<RegionPopularity, domain::kRegionCount> popularity;
  for (std::size_t region = 0; region < domain::kRegionCount; ++region)
    popularity[region] = OfRegion(shelf.catalogue, most, shelf.regions[region], region);
  return popularity;
}

}  // namespace aisle::serving
