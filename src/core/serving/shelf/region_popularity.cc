#include "serving/shelf/region_popularity.h"

#include <algorithm>

namespace aisle::serving {
namespace {

// The one line that stands for what is not on the shelf.
constexpr double kElsewhere = 1.0;

double Weight(const features::Catalogue& catalogue, std::size_t position, domain::Region region,
              std::int32_t most) {
  return catalogue.RegionPurchases90d(position, region) +
         (catalogue.products[position].purchases + 1.0) / (most + 2.0);
}

RegionPopularity OfRegion(const features::Catalogue& catalogue, std::int32_t most,
                          const RegionShelf& shelf, domain::Region region) {
  RegionPopularity popularity;
  popularity.region = region;
  popularity.most = most;
  popularity.total = kElsewhere;
  popularity.category_total.assign(catalogue.categories.size(), kElsewhere);
  for (const std::uint32_t position : shelf.products) {
    const double own = Weight(catalogue, position, region, most);
    popularity.total += own;
    popularity.category_total[catalogue.products[position].category] += own;
  }
  popularity.share.reserve(shelf.products.size());
  popularity.share_in_category.reserve(shelf.products.size());
  popularity.category.reserve(shelf.products.size());
  for (const std::uint32_t position : shelf.products) {
    const features::ProductRecord& product = catalogue.products[position];
    const double own = Weight(catalogue, position, region, most);
    popularity.category.push_back(product.category);
    popularity.share.push_back(static_cast<float>(own / popularity.total));
    popularity.share_in_category.push_back(
        static_cast<float>(own / popularity.category_total[product.category]));
  }
  return popularity;
}

}  // namespace

RegionPopularity::Share RegionPopularity::OfAnother(const features::Catalogue& catalogue,
                                                    std::size_t position) const {
  const double own = Weight(catalogue, position, region, most);
  const double in_category = category_total[catalogue.products[position].category];
  return {static_cast<float>(own / (total + own)), static_cast<float>(own / (in_category + own))};
}

std::vector<RegionPopularity> PopularityOf(const Shelf& shelf) {
  std::int32_t most = 0;
  for (const features::ProductRecord& product : shelf.catalogue.products)
    most = std::max(most, product.purchases);
  std::vector<RegionPopularity> popularity;
  for (std::size_t r = 0; r < shelf.regions.size(); ++r) {
    popularity.push_back(
        OfRegion(shelf.catalogue, most, shelf.regions[r], static_cast<domain::Region>(r)));
  }
  return popularity;
}

}  // namespace aisle::serving
