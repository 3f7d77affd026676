#include "features/pair_row.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "features/customer_inputs.h"
#include "features/inputs.h"

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

struct PriceTaste {
  double mean = 0;
  double variance = 0;  // Of the taste and of our ignorance of its mean.
};

PriceTaste MakePriceTaste(const CustomerRecord& customer) {
  const double precision = customer.price_z_count / kPriceNoiseVariance + 1.0 / kPricePriorVariance;
  return {(1.0 + kPriceTasteVariance) * customer.price_z_sum / kPriceNoiseVariance / precision,
          kPriceTasteVariance + 1.0 / precision};
}

struct BrandContext {
  float share_log = 0;
  float products = 0;
};

std::vector<BrandContext> MakeBrandContexts(const CustomerRecord& customer,
                                            const CatalogueView& view) {
  const auto shares = view.brand_share();
  const auto departments = view.brand_department();
  std::vector<double> touched(view.department_count(), 0.0);
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

// One pair of the customer, and its place among the customer's open interests (NaN: it is none).
struct MetPair {
  std::uint32_t position = 0;  // In the catalogue's products.
  const PairHistory* pair = nullptr;
  float open_rank = kMissing;
};

// What the customer's pairs say together.
struct Interests {
  std::vector<MetPair> pairs;  // Those that are among the catalogue's products.
  float open = 0;
  float touched = 0;
  float share_bought = 0;
};

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

// The value of an input of the pair's own history; `met` null: never met.
float PairValue(PairInput input, const MetPair* met, base::Timestamp now) {
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

// Everything one call of Fill needs, computed before the first row.
struct Request {
  const CatalogueView& view;
  CustomerInputs customer;
  std::vector<CategoryContext> categories;
  std::vector<BrandContext> brands;
  PriceTaste taste;
  std::span<const float> propensity;
  Interests interests;
  base::Timestamp now;
};

float RequestValue(PairInput input, const Request& request) {
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

// The value of an input that mixes customer and product, but not the pair's own history.
float MixedValue(PairInput input, const Request& request, std::uint32_t position) {
  const ProductRecord& product = request.view.catalogue().products[position];
  const CategoryContext& category = request.categories[product.category];
  const BrandContext& brand = request.brands[product.brand];
  const auto price = [&] { return static_cast<float>(product.price.Usd()); };
  switch (input) {
    case PairInput::kPriceRatio:
      return std::isnan(request.customer.avg_browsed_price)
                 ? kMissing
                 : price() / std::max(request.customer.avg_browsed_price, 1.0F);
    case PairInput::kSpendMatch:
      return std::isnan(request.customer.avg_order_value)
                 ? kMissing
                 : std::min(price() / std::max(request.customer.avg_order_value, 1.0F), 5.0F);
    case PairInput::kPropensity:
      return product.category < request.propensity.size() ? request.propensity[product.category]
                                                          : kMissing;
    case PairInput::kCategoryShareLog:
      return category.share_log;
    case PairInput::kCategorySessions:
      return category.sessions;
    case PairInput::kCategorySessions28d:
      return category.sessions_28d;
    case PairInput::kCategoryPurchases:
      return category.purchases;
    case PairInput::kDaysSinceCategoryEvent:
      return category.days_since_event;
    case PairInput::kDaysSinceCategoryPurchase:
      return category.days_since_purchase;
    case PairInput::kBrandShareLog:
      return brand.share_log;
    case PairInput::kBrandProducts:
      return brand.products;
    case PairInput::kPriceDistance:
      return static_cast<float>(product.price_z - request.taste.mean);
    case PairInput::kAffinityLog: {
      const double distance = product.price_z - request.taste.mean;
      const double price_log =
          product.price_z * product.price_z / (2.0 * (kPriceTasteVariance + kPricePriorVariance)) -
          distance * distance / (2.0 * request.taste.variance);
      const auto popularity = request.view.ProductColumn(
          static_cast<std::size_t>(PairInput::kLogShareInCategory))[position];
      return static_cast<float>(static_cast<double>(popularity) +
                                static_cast<double>(category.log_share) +
                                static_cast<double>(brand.share_log) + price_log);
    }
    default:
      return kMissing;
  }
}

bool IsPairHistory(PairInput input) { return input >= PairInput::kPairViews; }

Request MakeRequest(const CatalogueView& view, const CustomerRecord& customer,
                    std::span<const float> propensity, base::Timestamp now) {
  return {view,
          MakeCustomerInputs(customer, now),
          MakeCategoryContexts(customer, view, now),
          MakeBrandContexts(customer, view),
          MakePriceTaste(customer),
          propensity,
          MakeInterests(customer, view.catalogue(), now),
          now};
}

}  // namespace

PairRowMaker::PairRowMaker(const CatalogueView& view, std::vector<std::uint16_t> inputs)
    : view_(&view), inputs_(std::move(inputs)) {
  for (const std::uint16_t input : inputs_) AISLE_ASSERT(input < PairInputs().size());
}

void PairRowMaker::Fill(const CustomerRecord& customer, std::span<const float> propensity,
                        base::Timestamp now, std::span<const std::uint32_t> candidates,
                        std::span<float> rows) const {
  const std::size_t width = inputs_.size();
  AISLE_ASSERT(rows.size() == candidates.size() * width);
  const Request request = MakeRequest(*view_, customer, propensity, now);

  // Where each met product stands among the candidates: most candidates were never met, so
  // histories are filled with "never" in one sweep and the few others are mended after.
  std::vector<std::pair<std::size_t, const MetPair*>> met;
  if (!request.interests.pairs.empty()) {
    std::vector<const MetPair*> by_position(view_->catalogue().products.size(), nullptr);
    for (const MetPair& pair : request.interests.pairs) by_position[pair.position] = &pair;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (by_position[candidates[i]] != nullptr) met.emplace_back(i, by_position[candidates[i]]);
    }
  }

  for (std::size_t f = 0; f < width; ++f) {
    const auto input = static_cast<PairInput>(inputs_[f]);
    const Role role = PairInputs()[inputs_[f]].role;
    float* out = rows.data() + f;
    if (role == Role::kRequest) {
      const float value = RequestValue(input, request);
      for (std::size_t i = 0; i < candidates.size(); ++i) out[i * width] = value;
    } else if (role == Role::kProduct) {
      const auto column = view_->ProductColumn(inputs_[f]);
      for (std::size_t i = 0; i < candidates.size(); ++i) out[i * width] = column[candidates[i]];
    } else if (IsPairHistory(input)) {
      const float never = PairValue(input, nullptr, now);
      for (std::size_t i = 0; i < candidates.size(); ++i) out[i * width] = never;
      for (const auto& [i, pair] : met) out[i * width] = PairValue(input, pair, now);
    } else {
      for (std::size_t i = 0; i < candidates.size(); ++i)
        out[i * width] = MixedValue(input, request, candidates[i]);
    }
  }
}

}  // namespace aisle::features
