#include "evaluation/contenders.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace aisle::evaluation {
namespace {

double Fading(std::int32_t count, base::Timestamp last, base::Timestamp now) {
  if (count == 0 || last == features::kNever) return 0;
  const double days = static_cast<double>((now - last).count()) / 86'400e6;
  return count * std::exp(-std::max(days, 0.0) / 28.0);
}

}  // namespace

void PopularityRegion(const features::Catalogue& catalogue,
                      const features::CustomerRecord& customer,
                      std::span<const std::uint32_t> candidates, std::span<float> scores) {
  for (std::size_t i = 0; i < candidates.size(); ++i)
    scores[i] = static_cast<float>(catalogue.RegionPurchases90d(candidates[i], customer.region));
}

void PopularityOwnCategories(const features::CatalogueView& view,
                             const features::CustomerRecord& customer,
                             std::span<const std::uint32_t> candidates, std::span<float> scores) {
  const auto everybody = view.CategoryShare();
  std::vector<double> share(everybody.begin(), everybody.end());
  double sessions = 1;
  for (const features::CategoryHistory& history : customer.categories) {
    sessions += history.sessions;
    share[history.category] += history.sessions;
  }
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const features::ProductRecord& product = view.FullCatalogue().products[candidates[i]];
    scores[i] = static_cast<float>(product.purchases_90d * share[product.category] / sessions);
  }
}

void PersonalFrequency(const features::Catalogue& catalogue,
                       const features::CustomerRecord& customer, base::Timestamp now,
                       std::span<const std::uint32_t> candidates, std::span<float> scores) {
  std::int32_t most = 1;
  for (const features::ProductRecord& product : catalogue.products)
    most = std::max(most, product.purchases_90d);
  std::vector<double> own(catalogue.products.size(), 0.0);
  for (const features::PairHistory& pair : customer.pairs) {
    const std::ptrdiff_t position = catalogue.Find(pair.product);
    if (position < 0) continue;
    own[static_cast<std::size_t>(position)] = Fading(pair.views, pair.last_view, now) +
                                              3 * Fading(pair.carts, pair.last_cart, now) +
                                              3 * Fading(pair.purchases, pair.last_purchase, now);
  }
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const double popularity = 1e-3 * catalogue.products[candidates[i]].purchases_90d / most;
    scores[i] = static_cast<float>(own[candidates[i]] + popularity);
  }
}

}  // namespace aisle::evaluation
