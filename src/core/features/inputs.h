// The positions of the model inputs in PairInputs() and CategoryInputs(). Private to this module:
// everybody else knows inputs by name.
#pragma once

#include <cstdint>

namespace aisle::features {

enum class PairInput : std::uint16_t {
  // The reference recipe's fourteen.
  kAge,
  kTenureMonths,
  kLoyaltyTierNum,
  kTotalOrders,
  kLifetimeSpend,
  kAvgOrderValue,
  kDaysSincePurchase,
  kEngagementScore,
  kAvgBrowsedPrice,
  kPrice,
  kProductTier,
  kIsPerishable,
  kPriceRatio,
  kSpendMatch,
  // The customer.
  kTotalBrowseEvents,
  kTotalSessions,
  kDaysSinceEvent,
  kProductsTouched,
  kShareBought,
  kOpenInterests,
  // The product.
  kCategory,
  kBrand,
  kLogPurchases28d,
  kLogPurchases90d,
  kLogViews28d,
  kLogShareInCategory,
  kDaysSinceLaunch,
  kPriceZ,
  kLogPurchasesPerBuyer,
  kLogBuyers,
  kPurchasesPerView,
  // The customer in the product's category, with its brand, at its price.
  kPropensity,
  kCategoryShareLog,
  kCategorySessions,
  kCategorySessions28d,
  kCategoryPurchases,
  kDaysSinceCategoryEvent,
  kDaysSinceCategoryPurchase,
  kBrandShareLog,
  kBrandProducts,
  kPriceDistance,
  kAffinityLog,
  // The pair.
  kPairViews,
  kPairCarts,
  kPairPurchases,
  kPairViews28d,
  kPairPurchases90d,
  kDaysSincePairView,
  kDaysSincePairCart,
  kDaysSincePairPurchase,
  kDaysSinceOpenInterest,
  kOpenInterestRank,
  kCount,
};

enum class CategoryInput : std::uint16_t {
  // The reference recipe's twelve.
  kAge,
  kTenureMonths,
  kLoyaltyTierNum,
  kTotalOrders,
  kLifetimeSpend,
  kAvgOrderValue,
  kDaysSincePurchase,
  kCategoriesPurchased,
  kTotalBrowseEvents,
  kTotalSessions,
  kCartAbandonmentRate,
  kEngagementScore,
  // What the reference lacks.
  kCategory,
  kCategoryPopularity,
  kCategoryShareLog,
  kCategorySessions,
  kCategorySessions28d,
  kCategoryPurchases,
  kDaysSinceCategoryEvent,
  kDaysSinceCategoryPurchase,
  kOpenInterests,
  kCount,
};

}  // namespace aisle::features
