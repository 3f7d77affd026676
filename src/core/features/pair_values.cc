#include "features/pair_values.h"

#include <algorithm>
#include <cmath>

namespace aisle::features {
namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

// Distinct products of everybody that stand beside the customer's own before a brand's share is
// believed.
constexpr double kBrandPrior = 6.5;

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

std::vector<BrandContext> MakeBrandContexts(const CustomerRecord& customer,
                                            const CatalogueView& view) {
  const auto shares = view.BrandShare();
  const auto departments = view.BrandDepartment();
  std::vector<double> touched(view.DepartmentCount(), 0.0);
  std::vector<double> own(shares.size(), 0.0);
  for (const BrandHistory& history : customer.brands) {
    if (history.brand >= own.size()) continue;
    own[history.brand] = history.products;
    touched[departments[history.brand]] += history.products;
  }
  std::vector<BrandContext> contexts(shares.size());
  for (std::size_t b = 0; b < contexts.size(); ++b) {
    const double share =
        (own[b] + kBrandPrior * shares[b]) / (touched[departments[b]] + kBrandPrior);
    contexts[b] = {static_cast<float>(std::log(share / shares[b])), static_cast<float>(own[b])};
  }
  return contexts;
}

}  // namespace

Interests MakeInterests(const CustomerRecord& customer, const Catalogue& catalogue,
                        base::Timestamp now) {
  // Stands beside the customer's own until there is enough of it.
  constexpr double kPriorTouched = 4;
  constexpr double kPriorBought = 1;
  Interests interests;
  interests.pairs.reserve(customer.pairs.size());
  std::vector<base::Timestamp> open;
  int bought = 0;
  for (const PairHistory& pair : customer.pairs) {
    bought += pair.purchases > 0 ? 1 : 0;
    const base::Timestamp interest = OpenInterest(pair);
    if (interest != kNever) open.push_back(interest);
    if (interest != kNever && DaysSince(interest, now) <= kOpenInterestDays) interests.open += 1;
    const std::ptrdiff_t position = catalogue.Find(pair.product);
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
  return interests;
}

PairRequest MakePairRequest(const CatalogueView& view, const CustomerRecord& customer,
                            std::span<const float> propensity, base::Timestamp now) {
  return {view,
          MakeCustomerInputs(customer, now),
          MakeCategoryContexts(customer, view, now),
          MakeBrandContexts(customer, view),
          MakePriceTaste(customer),
          propensity,
          MakeInterests(customer, view.FullCatalogue(), now),
          now};
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

float EachValue(PairInput input, const PairRequest& request, std::uint32_t position) {
  const ProductRecord& product = request.view.FullCatalogue().products[position];
  switch (input) {
    case PairInput::kPriceRatio:
    case PairInput::kSpendMatch:
      return std::min(
          static_cast<float>(product.price.Units()) / Denominator(input, request.customer),
          QuotientCap(static_cast<std::size_t>(input)));
    case PairInput::kPriceDistance:
      return static_cast<float>(product.price_z - request.taste.mean);
    case PairInput::kAffinityLog: {
      const double distance = product.price_z - request.taste.mean;
      const double price_log =
          product.price_z * product.price_z / (2.0 * (kPriceTasteVariance + kPricePriorVariance)) -
          distance * distance / (2.0 * request.taste.variance);
      const auto popularity = request.view.ProductColumn(
          static_cast<std::size_t>(PairInput::kLogShareInCategory))[position];
      return static_cast<float>(
          static_cast<double>(popularity) +
          static_cast<double>(request.categories[product.category].log_share) +
          static_cast<double>(request.brands[product.brand].share_log) + price_log);
    }
    default:
      return kMissing;
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
