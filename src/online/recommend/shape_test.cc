// A retailer whose shape is not the quickstart's.
#include <gmock/gmock.h>

#include "recommend/ask_testing.h"

namespace aisle::recommend {
namespace {

using testing::Contains;

// Nine regions by the first letter of codes like "K1A 0B1"; the first has every product, the ninth one.
Shop NineRegions() {
  domain::RetailerShape::Parts parts;
  for (int r = 0; r < 9; ++r) {
    parts.regions.push_back({fmt::format("Region {}", r), fmt::format("W{}", r)});
    parts.postal_rules.push_back(
        {"CA", std::string(1, static_cast<char>('A' + r)), parts.regions.back().name});
  }
  parts.postal_formats = {{"CA", "A9A 9A9"}};
  parts.tiers = {{"a", "Sapling", {0}}, {"b", "Oak", {100'00}}};
  parts.currency = {"CAD", 2};
  Shop shop = MakeShop(3, 30, 2, true);
  features::Catalogue catalogue = shop.shelf.catalogue;
  catalogue.shape = *domain::RetailerShape::Make(parts);
  catalogue.region_purchases_90d.assign(30 * 9, 1);
  shop.shelf = serving::Shelf(std::move(catalogue));
  for (std::uint32_t p = 0; p < 30; ++p) {
    shop.shelf.regions[0].products.push_back(p);
    shop.shelf.regions[0].quantity.push_back(2);
    shop.shelf.regions[0].delivery_days.push_back(3);
  }
  shop.shelf.regions[8] = {{7}, {1}, {9}};
  for (auto& customer : shop.customers) {
    customer.record.tier = domain::Tier{1};
    customer.record.region = domain::Region{8};
    customer.record.postal_code = "I1A 0B1";
  }
  return shop;
}

TEST(Shape, ItsRegionsPostalCodesAndCurrencyAreThoseOfTheAnswer) {
  const Shop shop = NineRegions();
  const auto state = shop.Open();
  Recommender recommender(nullptr);
  recommender.SetState(state);
  Request request{.customer = domain::CustomerId{kFirst}};
  const auto home = Ask(recommender, request);
  ASSERT_TRUE(home) << home.error().message;
  EXPECT_EQ(home->region_name, "Region 8");
  EXPECT_EQ(home->zip_code, "I1A 0B1");
  EXPECT_EQ(home->currency.code, "CAD");
  ASSERT_EQ(home->items.size(), 1U);
  EXPECT_EQ(home->items[0].source, "model");
  for (const char* code : {"A1A 0B1", "a1a0b1", "A1A-0B1"}) {
    request.destination = Destination::Of(code, state->RetailerShape());
    ASSERT_TRUE(request.destination) << code;
    const auto away = Ask(recommender, request);
    ASSERT_TRUE(away);
    EXPECT_EQ(away->region_name, "Region 0");
    EXPECT_EQ(away->zip_code, code);
    EXPECT_EQ(away->items.size(), 5U);
  }
  for (const char* code : {"10001", "Z1A 0B1", "A1A 0B", "A1A  0B1"})
    EXPECT_FALSE(Destination::Of(code, state->RetailerShape())) << code;
}

TEST(Shape, ACodeThatTheAnsweringGenerationDoesNotKnowIsSaid) {
  Recommender recommender(nullptr);
  recommender.SetState(NineRegions().Open());
  // Checked against the generation before.
  const auto answer = Ask(recommender, Of(kFirst, "10001", 3));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->region_name, "Region 0");
  EXPECT_EQ(answer->zip_code, "");
  EXPECT_THAT(Reasons(*answer), Contains("zip_code unknown"));
}

}  // namespace
}  // namespace aisle::recommend
