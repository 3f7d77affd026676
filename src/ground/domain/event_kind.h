// What can happen in a shop: the kinds of raw.event_stream.event_type, and the groups of them that are counted.
//
// The one list: SQL gets the groups handed in ($browse_kinds, $purchase_kinds, $pair_kinds, by batch/gold); a test
// there holds every name that stands in a query against this list.
//
//   source  the quickstart's event types.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace aisle::domain {

enum class EventKind : std::uint8_t {
  kPageView,
  kProductView,
  kCategoryBrowse,
  kSearch,
  kAddToWishlist,
  kAddToCart,
  kRemoveFromCart,
  kCartView,
  kAbandonedCart,
  kCheckoutStart,
  kPayment,
  kOrderComplete,
  kOrderShipped,
  kOrderDelivered,
  kReturnInitiated,
  kReviewSubmitted,
  kPointsEarned,
  kPointsRedeemed,
  kTierUpgrade,
  kStoreVisit,
  kPosPurchase,
};

// By kind.
inline constexpr std::array<std::string_view, 21> kEventKindNames = {
    "page_view",       "product_view",    "category_browse",  "search",
    "add_to_wishlist", "add_to_cart",     "remove_from_cart", "cart_view",
    "abandoned_cart",  "checkout_start",  "payment",          "order_complete",
    "order_shipped",   "order_delivered", "return_initiated", "review_submitted",
    "points_earned",   "points_redeemed", "tier_upgrade",     "store_visit",
    "pos_purchase"};
static_assert(kEventKindNames.size() == static_cast<std::size_t>(EventKind::kPosPurchase) + 1);

// Looking around: counted as browse events, and their sessions as sessions.
inline constexpr std::array kBrowseKinds = {EventKind::kProductView, EventKind::kCategoryBrowse,
                                            EventKind::kSearch};
// A line of an order, online or in a shop.
inline constexpr std::array kPurchaseKinds = {EventKind::kOrderComplete, EventKind::kPosPurchase};
// What is counted for each customer and product.
inline constexpr std::array kPairKinds = {EventKind::kProductView, EventKind::kAddToCart,
                                          EventKind::kOrderComplete, EventKind::kPosPurchase};
static_assert(std::ranges::all_of(kPurchaseKinds, [](EventKind kind) {
  return std::ranges::find(kPairKinds, kind) != kPairKinds.end();
}));

constexpr std::string_view EventKindName(EventKind kind) {
  return kEventKindNames[static_cast<std::size_t>(kind)];
}
constexpr std::optional<EventKind> EventKindByName(std::string_view name) {
  const auto found = std::ranges::find(kEventKindNames, name);
  if (found == kEventKindNames.end()) return std::nullopt;
  return static_cast<EventKind>(found - kEventKindNames.begin());
}

}  // namespace aisle::domain
