#include "features/pair_values.h"

#include <algorithm>
#include <cmath>

#include "features/each_columns.h"
#include "features/each_formulas.h"
#include "features/share_logs.h"

namespace aisle::features {
namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

// The customer's price position is a normal with this prior; one touched product tells with the
// noise of the tastes it was drawn from (the spreads are those of the synthetic retailer's measured
// set; any retailer's are near).
constexpr double kPricePriorVariance = 0.88;
constexpr double kPriceTasteVariance = 0.36;
constexpr double kPriceNoiseVariance = 1.3 * kPriceTasteVariance * (1.0 + kPriceTasteVariance);

PriceTaste MakePriceTaste(const CustomerRecord& customer) {
  const double precision = customer.price_z_count / kPriceNoiseVariance + 1.0 / kPricePriorVariance;
  return {(1.0 + kPriceTasteVariance) * customer.price_z_sum / kPriceNoiseVariance / precision,
          kPriceTasteVariance + 1.0 / precision};
}

void FillBrandContexts(const CustomerRecord& customer, const CatalogueView& view,
                       std::vector<std::int64_t>& touched, std::vector<BrandContext>& contexts) {
  const auto shares = view.BrandShare();
  const auto departments = view.BrandDepartment();
  touched.assign(view.DepartmentCount(), 0);
  contexts.resize(shares.size());
  for (const BrandHistory& history : customer.brands) {
    if (history.brand < contexts.size()) touched[departments[history.brand]] += history.products;
  }
  const auto logs = [&](std::size_t brand, double own) {
    return ShareLogsOf(own, static_cast<double>(touched[departments[brand]]), shares[brand],
                       kBrandPrior)
        .to_everybody;
  };
  for (std::size_t b = 0; b < contexts.size(); ++b) {
    const auto* const known = view.UnmetBrands(touched[departments[b]]);
    contexts[b] = {known != nullptr ? known[b].to_everybody : logs(b, 0), 0};
  }
  for (const BrandHistory& history : customer.brands) {
    if (history.brand >= contexts.size()) continue;
    contexts[history.brand] = {logs(history.brand, history.products),
                               static_cast<float>(history.products)};
  }
}

}  // namespace

void FillInterests(const CustomerRecord& customer, const CatalogueView& view, base::Timestamp now,
                   Interests& interests) {
  // Stands beside the customer's own until there is enough of it.
  constexpr double kPriorTouched = 4;
  constexpr double kPriorBought = 1;
  interests.pairs.clear();
  interests.open = 0;
  std::vector<base::Timestamp>& open = interests.open_times;
  open.clear();
  int bought = 0;
  for (const PairHistory& pair : customer.pairs) {
    bought += pair.purchases > 0 ? 1 : 0;
    const base::Timestamp interest = OpenInterest(pair);
    if (interest != kNever) open.push_back(interest);
    if (interest != kNever && DaysSince(interest, now) <= kOpenInterestDays) interests.open += 1;
    const std::ptrdiff_t position = view.Find(pair.product);
    if (position >= 0) interests.pairs.push_back({static_cast<std::uint32_t>(position), &pair});
  }
  std::sort(open.begin(), open.end());
  for (MetPair& met : interests.pairs) {
    const base::Timestamp interest = OpenInterest(*met.pair);
    if (interest == kNever) continue;
    met.open_rank =
        static_cast<float>(open.end() - std::upper_bound(open.begin(), open.end(), interest));
  }
  const auto touched = static_cast<double>(customer.pairs.size());
  interests.touched = static_cast<float>(touched);
  interests.share_bought = static_cast<float>((bought + kPriorBought) / (touched + kPriorTouched));
}

void FillPairRequest(const CatalogueView& view, const CustomerRecord& customer,
                     std::span<const float> propensity, base::Timestamp now, PairRequest& request) {
  request.view = &view;
  request.customer = MakeCustomerInputs(customer, now);
  FillCategoryContexts(customer, view, now, request.categories);
  FillBrandContexts(customer, view, request.touched, request.brands);
  request.taste = MakePriceTaste(customer);
  request.propensity = propensity;
  FillInterests(customer, view, now, request.interests);
  request.now = now;
}

float HistoryValue(PairInput input, const MetPair* met, base::Timestamp now) {
  const PairHistory* pair = met == nullptr ? nullptr : met->pair;
  switch (input) {
    case PairInput::kPairViews:
      return pair != nullptr ? static_cast<float>(pair->views) : 0;
    case PairInput::kPairCarts:
      return pair != nullptr ? static_cast<float>(pair->carts) : 0;
    case PairInput::kPairPurchases:
      return pair != nullptr ? static_cast<float>(pair->purchases) : 0;
    case PairInput::kPairViews28d:
      return pair != nullptr ? static_cast<float>(pair->views_28d) : 0;
    case PairInput::kPairPurchases90d:
      return pair != nullptr ? static_cast<float>(pair->purchases_90d) : 0;
    case PairInput::kDaysSincePairView:
      return pair != nullptr ? DaysSince(pair->last_view, now) : kMissing;
    case PairInput::kDaysSincePairCart:
      return pair != nullptr ? DaysSince(pair->last_cart, now) : kMissing;
    case PairInput::kDaysSincePairPurchase:
      return pair != nullptr ? DaysSince(pair->last_purchase, now) : kMissing;
    case PairInput::kDaysSinceOpenInterest:
      return pair != nullptr ? DaysSince(OpenInterest(*pair), now) : kMissing;
    case PairInput::kOpenInterestRank:
      return met != nullptr ? met->open_rank : kMissing;
    default:
      return kMissing;
  }
}

float RequestValue(PairInput input, const PairRequest& request) {
  const CustomerInputs& customer = request.customer;
  switch (input) {
    case PairInput::kAge:
      return customer.age;
    case PairInput::kTenureMonths:
      return customer.tenure_months;
    case PairInput::kLoyaltyTierNum:
      return customer.loyalty_tier_num;
    case PairInput::kTotalOrders:
      return customer.total_orders;
    case PairInput::kLifetimeSpend:
      return customer.lifetime_spend;
    case PairInput::kAvgOrderValue:
      return customer.avg_order_value;
    case PairInput::kDaysSincePurchase:
      return customer.days_since_purchase;
    case PairInput::kEngagementScore:
      return customer.engagement_score;
    case PairInput::kAvgBrowsedPrice:
      return customer.avg_browsed_price;
    case PairInput::kTotalBrowseEvents:
      return customer.total_browse_events;
    case PairInput::kTotalSessions:
      return customer.total_sessions;
    case PairInput::kDaysSinceEvent:
      return customer.days_since_event;
    case PairInput::kProductsTouched:
      return request.interests.touched;
    case PairInput::kShareBought:
      return request.interests.share_bought;
    case PairInput::kOpenInterests:
      return request.interests.open;
    default:
      return kMissing;
  }
}

float CategoryValue(PairInput input, const PairRequest& request, std::size_t category) {
  const CategoryContext& context = request.categories[category];
  switch (input) {
    case PairInput::kPropensity:
      return category < request.propensity.size() ? request.propensity[category] : kMissing;
    case PairInput::kCategoryShareLog:
      return context.share_log;
    case PairInput::kCategorySessions:
      return context.sessions;
    case PairInput::kCategorySessions28d:
      return context.sessions_28d;
    case PairInput::kCategoryPurchases:
      return context.purchases;
    case PairInput::kDaysSinceCategoryEvent:
      return context.days_since_event;
    case PairInput::kDaysSinceCategoryPurchase:
      return context.days_since_purchase;
    default:
      return kMissing;
  }
}

float BrandValue(PairInput input, const PairRequest& request, std::size_t brand) {
  const BrandContext& context = request.brands[brand];
  return input == PairInput::kBrandShareLog ? context.share_log : context.products;
}

float Denominator(PairInput input, const CustomerInputs& customer) {
  const float average =
      input == PairInput::kPriceRatio ? customer.avg_browsed_price : customer.avg_order_value;
  return std::isnan(average) ? kMissing : std::max(average, 1.0F);
}

float QuotientCap(std::size_t pair_input) {
  return static_cast<PairInput>(pair_input) == PairInput::kSpendMatch
             ? 5.0F
             : std::numeric_limits<float>::infinity();
}

std::size_t PriceInput() { return static_cast<std::size_t>(PairInput::kPrice); }

double PriceLog(double price_z) {
  return PriceLogOf(price_z, kPriceTasteVariance + kPricePriorVariance);
}

float PriceValue(domain::Cents price) { return static_cast<float>(price.Units()); }

float ProductTier(domain::Cents price) {
  return price.Units() < 50 ? 0.0F : price.Units() < 150 ? 1.0F : 2.0F;
}

bool IsOfPrice(PairInput input) {
  return input == PairInput::kPrice || input == PairInput::kProductTier ||
         input == PairInput::kPriceZ;
}

float PricedValue(PairInput input, const Repriced& product) {
  if (input == PairInput::kPrice) return PriceValue(product.price);
  if (input == PairInput::kProductTier) return ProductTier(product.price);
  AISLE_ASSERT(input == PairInput::kPriceZ);
  return static_cast<float>(product.price_z);
}

float EachValue(PairInput input, const PairRequest& request, std::uint32_t position) {
  const ProductRecord& product = request.view->FullCatalogue().products[position];
  return EachValue(input, request, Repriced{position, product.price, product.price_z});
}

float EachValue(PairInput input, const PairRequest& request, const Repriced& product) {
  const ProductRecord& of = request.view->FullCatalogue().products[product.position];
  switch (input) {
    case PairInput::kPriceRatio:
    case PairInput::kSpendMatch:
      return QuotientOf(PriceValue(product.price), Denominator(input, request.customer),
                        QuotientCap(static_cast<std::size_t>(input)));
    case PairInput::kPriceDistance:
      return PriceDistanceOf(product.price_z, request.taste.mean);
    case PairInput::kAffinityLog:
      return AffinityOf(
          request.view->ProductColumn(
              static_cast<std::size_t>(PairInput::kLogShareInCategory))[product.position],
          request.categories[of.category].log_share, request.brands[of.brand].share_log,
          product.price_z, PriceLog(product.price_z), request.taste.mean,
          2.0 * request.taste.variance);
    default:
      return kMissing;
  }
}

void FillEach(PairInput input, const PairRequest& request, const ListedProducts& products,
              PairColumns& memory, float* out) {
  const std::size_t count = products.positions.size();
  switch (input) {
    case PairInput::kPriceRatio:
    case PairInput::kSpendMatch:
      EachHere().quotients(products.price.data(), count, Denominator(input, request.customer),
                           QuotientCap(static_cast<std::size_t>(input)), out);
      return;
    case PairInput::kPriceDistance:
      EachHere().price_distances(products.price_z.data(), count, request.taste.mean, out);
      return;
    case PairInput::kAffinityLog:
      memory.category_log.clear();
      for (const CategoryContext& category : request.categories)
        memory.category_log.push_back(category.log_share);
      memory.brand_log.clear();
      for (const BrandContext& brand : request.brands) memory.brand_log.push_back(brand.share_log);
      EachHere().affinities(
          {products.popularity_log.data(), products.category.data(), products.brand.data(),
           products.price_z.data(), products.price_log.data(), memory.category_log.data(),
           memory.brand_log.data(), memory.category_log.size(), memory.brand_log.size(),
           request.taste.mean, 2.0 * request.taste.variance},
          count, out);
      return;
    default:
      std::fill_n(out, count, kMissing);
  }
}

Scope ScopeOf(std::uint16_t input) {
  switch (PairInputs()[input].role) {
    case Role::kRequestConstant:
      return Scope::kRequest;
    case Role::kProductStatic:
      return Scope::kProduct;
    case Role::kPair:
    case Role::kPairMonotone:
      break;
  }
  switch (static_cast<PairInput>(input)) {
    case PairInput::kPropensity:
    case PairInput::kCategoryShareLog:
    case PairInput::kCategorySessions:
    case PairInput::kCategorySessions28d:
    case PairInput::kCategoryPurchases:
    case PairInput::kDaysSinceCategoryEvent:
    case PairInput::kDaysSinceCategoryPurchase:
      return Scope::kCategory;
    case PairInput::kBrandShareLog:
    case PairInput::kBrandProducts:
      return Scope::kBrand;
    case PairInput::kPriceRatio:
    case PairInput::kSpendMatch:
    case PairInput::kPriceDistance:
    case PairInput::kAffinityLog:
      return Scope::kEach;
    default:
      return Scope::kHistory;
  }
}

}  // namespace aisle::features
