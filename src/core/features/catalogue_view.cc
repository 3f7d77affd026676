#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "features/inputs.h"
#include "features/pair_row.h"
#include "features/pair_values.h"
#include "features/share_logs.h"

namespace aisle::features {
namespace {

// Recent weight of a product: what everybody did with it in 28 days, an order line counting three
// views; the constant keeps every share above 0.
double Weight(const ProductRecord& product) {
  return product.views_28d + 3.0 * product.purchases_28d + 0.5;
}

// Tables of logarithms may have so many places.
constexpr std::size_t kUnmetPlacesMax = 1'000'000;

std::vector<CatalogueView::ShareLogs> UnmetLogs(std::span<const double> shares, double prior) {
  std::vector<CatalogueView::ShareLogs> logs;
  const std::size_t rows =
      std::min(CatalogueView::kUnmetMax, kUnmetPlacesMax / std::max<std::size_t>(1, shares.size()));
  for (std::size_t all = 0; all < rows; ++all) {
    for (const double share : shares)
      logs.push_back(ShareLogsOf(0, static_cast<double>(all), share, prior));
  }
  return logs;
}

// A table of ids may have so many places a product.
constexpr std::int64_t kIdsPerProduct = 8;

// A price of nothing has no logarithm.
double LogPrice(domain::Cents price) { return std::log(std::max(price.Units(), 0.01)); }

float Log1p(std::int32_t count) { return std::log1p(static_cast<float>(count)); }

}  // namespace

PricePositions::PricePositions(const Catalogue& catalogue) : scales_(catalogue.categories.size()) {
  std::vector<double> count(scales_.size());
  for (const ProductRecord& product : catalogue.products) {
    count[product.category] += 1;
    scales_[product.category].mean += LogPrice(product.price);
  }
  for (std::size_t c = 0; c < scales_.size(); ++c) scales_[c].mean /= std::max(count[c], 1.0);
  for (const ProductRecord& product : catalogue.products) {
    Scale& scale = scales_[product.category];
    const double distance = LogPrice(product.price) - scale.mean;
    scale.deviation += distance * distance;
  }
  for (std::size_t c = 0; c < scales_.size(); ++c)
    scales_[c].deviation = std::sqrt(scales_[c].deviation / std::max(count[c], 1.0));
}

double PricePositions::Of(std::uint16_t category, domain::Cents price) const {
  const Scale& scale = scales_[category];
  return scale.deviation > 1e-9 ? (LogPrice(price) - scale.mean) / scale.deviation : 0;
}

std::ptrdiff_t Catalogue::Find(domain::ProductId product) const {
  const auto found = std::lower_bound(
      products.begin(), products.end(), product,
      [](const ProductRecord& record, domain::ProductId id) { return record.product < id; });
  return found != products.end() && found->product == product ? found - products.begin() : -1;
}

std::ptrdiff_t CatalogueView::Find(domain::ProductId product) const {
  if (!position_of_.empty()) {
    // Below the first id the difference wraps to more than any table has.
    const auto at = static_cast<std::uint64_t>(product.value) -
                    static_cast<std::uint64_t>(product_ids_.front());
    return at < position_of_.size() ? position_of_[at] : -1;
  }
  // No branch depends on an id: half of them would be guessed wrong.
  const std::int64_t* at = product_ids_.data();
  for (std::size_t left = product_ids_.size(); left > 1;) {
    const std::size_t half = left / 2;
    at += (at[half - 1] < product.value ? 1U : 0U) * half;
    left -= half;
  }
  return !product_ids_.empty() && *at == product.value ? at - product_ids_.data() : -1;
}

CatalogueView::CatalogueView(const Catalogue& catalogue) : catalogue_(&catalogue) {
  const auto& products = catalogue.products;
  for (const ProductRecord& product : products) product_ids_.push_back(product.product.value);
  if (!products.empty()) {
    const auto range = static_cast<std::uint64_t>(product_ids_.back()) -
                       static_cast<std::uint64_t>(product_ids_.front());
    if (range / kIdsPerProduct <= products.size()) {
      position_of_.assign(range + 1, -1);
      for (std::size_t p = 0; p < products.size(); ++p)
        position_of_[static_cast<std::uint64_t>(product_ids_[p]) -
                     static_cast<std::uint64_t>(product_ids_.front())] =
            static_cast<std::int32_t>(p);
    }
  }
  std::vector<double> category_weight(catalogue.categories.size(), 0.5);
  std::map<std::string, std::uint16_t> departments;
  for (const Category& category : catalogue.categories) {
    departments.emplace(category.department, static_cast<std::uint16_t>(departments.size()));
  }
  department_count_ = departments.size();
  std::vector<std::vector<double>> brand_weight(catalogue.brands.size(),
                                                std::vector<double>(department_count_, 0.0));
  double total = 0.5 * static_cast<double>(category_weight.size());
  for (const ProductRecord& product : products) {
    AISLE_ASSERT(product.category < catalogue.categories.size() &&
                 product.brand < catalogue.brands.size());
    const double weight = Weight(product);
    category_weight[product.category] += weight;
    total += weight;
    brand_weight[product.brand]
                [departments.at(catalogue.categories[product.category].department)] += weight;
  }
  for (const double weight : category_weight) category_share_.push_back(weight / total);

  std::vector<double> department_weight(department_count_, 0.0);
  brand_department_.resize(catalogue.brands.size());
  brand_share_.resize(catalogue.brands.size());
  for (std::size_t b = 0; b < catalogue.brands.size(); ++b) {
    const auto most = std::max_element(brand_weight[b].begin(), brand_weight[b].end());
    brand_department_[b] = static_cast<std::uint16_t>(most - brand_weight[b].begin());
    brand_share_[b] = 0.5;
    for (const double weight : brand_weight[b]) brand_share_[b] += weight;
    department_weight[brand_department_[b]] += brand_share_[b];
  }
  for (std::size_t b = 0; b < brand_share_.size(); ++b)
    brand_share_[b] /= department_weight[brand_department_[b]];
  unmet_categories_ = UnmetLogs(category_share_, kCategoryPrior);
  unmet_brands_ = UnmetLogs(brand_share_, kBrandPrior);

  product_columns_.resize(PairInputs().size());
  const auto column = [&](PairInput input, auto value) {
    auto& values = product_columns_[static_cast<std::size_t>(input)];
    for (const ProductRecord& product : products) values.push_back(value(product));
  };
  using P = const ProductRecord&;
  column(PairInput::kPrice, [](P p) { return PriceValue(p.price); });
  column(PairInput::kProductTier, [](P p) { return ProductTier(p.price); });
  column(PairInput::kIsPerishable, [](P p) { return p.is_perishable ? 1.0F : 0.0F; });
  column(PairInput::kCategory, [](P p) { return static_cast<float>(p.category); });
  column(PairInput::kBrand, [](P p) { return static_cast<float>(p.brand); });
  column(PairInput::kLogPurchases28d, [](P p) { return Log1p(p.purchases_28d); });
  column(PairInput::kLogPurchases90d, [](P p) { return Log1p(p.purchases_90d); });
  column(PairInput::kLogViews28d, [](P p) { return Log1p(p.views_28d); });
  column(PairInput::kLogShareInCategory, [&](P p) {
    return static_cast<float>(std::log(Weight(p) / category_weight[p.category]));
  });
  column(PairInput::kDaysSinceLaunch, [&](P p) {
    if (p.launched == kNever) return std::numeric_limits<float>::quiet_NaN();
    return static_cast<float>(
        std::max<std::int64_t>(0, base::WholeDays(p.launched, catalogue.as_of)));
  });
  column(PairInput::kLogPurchasesPerBuyer,
         [](P p) { return static_cast<float>(std::log((p.purchases + 2.0) / (p.buyers + 2.0))); });
  column(PairInput::kLogBuyers, [](P p) { return Log1p(p.buyers); });
  column(PairInput::kPurchasesPerView,
         [](P p) { return static_cast<float>((p.purchases_28d + 10.0) / (p.views_28d + 50.0)); });
  column(PairInput::kPriceZ, [](P p) { return static_cast<float>(p.price_z); });
}

}  // namespace aisle::features
