#include "recommend/region_ranks.h"

#include <algorithm>

namespace aisle::recommend {
namespace {

constexpr double kElsewhere = 1.0;

RegionRanks MakeRanks(const features::Catalogue& catalogue, const serving::RegionShelf& shelf,
                      std::size_t region) {
  std::int32_t most = 0;
  for (const features::ProductRecord& product : catalogue.products)
    most = std::max(most, product.purchases);
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
  RegionRanks ranks;
  ranks.share.reserve(shelf.products.size());
  ranks.share_in_category.reserve(shelf.products.size());
  for (const std::uint32_t position : shelf.products) {
    const double own = weight(position);
    ranks.category.push_back(catalogue.products[position].category);
    ranks.share.push_back(static_cast<float>(own / total));
    ranks.share_in_category.push_back(
        static_cast<float>(own / in_category[catalogue.products[position].category]));
  }
  return ranks;
}

}  // namespace

std::array<RegionRanks, domain::kRegionCount> MakeRegionRanks(const serving::Shelf& shelf) {
  std::array<RegionRanks, domain::kRegionCount> ranks;
  for (std::size_t region = 0; region < domain::kRegionCount; ++region)
    ranks[region] = MakeRanks(shelf.catalogue, shelf.regions[region], region);
  return ranks;
}

}  // namespace aisle::recommend
