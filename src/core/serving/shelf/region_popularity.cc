#include "serving/shelf/region_popularity.h"

#include <algorithm>

namespace aisle::serving {
namespace {

// The one line that stands for what is not on the shelf.
constexpr double kElsewhere = 1.0;

double Weight(const features::ProductRecord& product, std::size_t region, std::int32_t most) {
  return product.region_purchases_90d[region] + (product.purchases + 1.0) / (most + 2.0);
}

RegionPopularity OfRegion(const features::Catalogue& catalogue, std::int32_t most,
                          const RegionShelf& shelf, std::size_t region) {
  RegionPopularity popularity;
  popularity.region = region;
  popularity.most = most;
  popularity.total = kElsewhere;
  popularity.category_total.assign(catalogue.categories.size(), kElsewhere);
  for (const std::uint32_t position : shelf.products) {
    const features::ProductRecord& product = catalogue.products[position];
    popularity.total += Weight(product, region, most);
    popularity.category_total[product.category] += Weight(product, region, most);
  }
  popularity.share.reserve(shelf.products.size());
  popularity.share_in_category.reserve(shelf.products.size());
  popularity.category.reserve(shelf.products.size());
  for (const std::uint32_t position : shelf.products) {
    const features::ProductRecord& product = catalogue.products[position];
    const double own = Weight(product, region, most);
    popularity.category.push_back(product.category);
    popularity.share.push_back(static_cast<float>(own / popularity.total));
    popularity.share_in_category.push_back(
        static_cast<float>(own / popularity.category_total[product.category]));
  }
  return popularity;
}

}  // namespace

RegionPopularity::Share RegionPopularity::OfAnother(const features::ProductRecord& product) const {
  const double own = Weight(product, region, most);
  return {static_cast<float>(own / (total + own)),
          static_cast<float>(own / (category_total[product.category] + own))};
}

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
