#include "recommend/reason.h"

#include <gtest/gtest.h>

namespace aisle::recommend {
namespace {

using domain::Region;

const base::Timestamp kNow = base::ParseTimestamp("2026-11-24 12:00:00").value();

base::Timestamp DaysAgo(int days) { return kNow - days * base::kDay; }

features::Catalogue ACatalogue() {
  features::Catalogue catalogue;
  catalogue.categories = {{"CAT-001", "Skincare", "Beauty"}};
  catalogue.brands = {"GlowUp"};
  features::ProductRecord product;
  product.product = {7};
  catalogue.products = {product};
  catalogue.region_purchases_90d = {12, 0, 0, 0, 0};
  return catalogue;
}

std::string Why(const features::CustomerRecord* customer, Region region = Region::kNortheast) {
  return Reason(customer, ACatalogue(), {7}, region, kNow);
}

features::CustomerRecord WithPair(const features::PairHistory& pair) {
  features::CustomerRecord customer;
  customer.pairs = {pair};
  return customer;
}

TEST(Reason, AnOpenCartSpeaksBeforeAView) {
  const auto customer = WithPair(
      {.product = {7}, .views = 2, .carts = 1, .last_view = DaysAgo(1), .last_cart = DaysAgo(3)});
  EXPECT_EQ(Why(&customer), "in the cart 3 days ago, not bought");
}

TEST(Reason, AViewSinceTheLastPurchaseIsAnInterest) {
  const auto customer = WithPair({.product = {7},
                                  .views = 1,
                                  .purchases = 1,
                                  .last_view = DaysAgo(1),
                                  .last_purchase = DaysAgo(30)});
  EXPECT_EQ(Why(&customer), "viewed yesterday");
}

TEST(Reason, APurchaseAfterEverythingElseIsAHabit) {
  const auto customer = WithPair({.product = {7},
                                  .views = 5,
                                  .purchases = 2,
                                  .last_view = DaysAgo(12),
                                  .last_purchase = DaysAgo(12)});
  EXPECT_EQ(Why(&customer), "bought twice, last 12 days ago");
}

TEST(Reason, ALikedCategoryOrBrandStandsInForAPairWithoutHistory) {
  features::CustomerRecord customer;
  customer.categories = {{.category = 0, .sessions = 9, .purchases = 4}};
  EXPECT_EQ(Why(&customer), "buys Skincare often: 4 times");
  customer.categories = {{.category = 0, .sessions_28d = 3}};
  EXPECT_EQ(Why(&customer), "looks at Skincare these weeks");
  customer.categories = {{.category = 0, .sessions_28d = 1}};
  customer.brands = {{.brand = 0, .products = 5}};
  EXPECT_EQ(Why(&customer), "knows GlowUp: 5 products");
}

TEST(Reason, AStrangerHearsWhatSellsWhereTheyLive) {
  EXPECT_EQ(Why(nullptr), "popular in the Northeast: bought 12 times in 90 days");
  EXPECT_EQ(Why(nullptr, Region::kWest), "in stock in the West");
  const features::CustomerRecord newcomer;
  EXPECT_EQ(Why(&newcomer), "popular in the Northeast: bought 12 times in 90 days");
}

}  // namespace
}  // namespace aisle::recommend
