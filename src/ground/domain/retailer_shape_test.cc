#include "domain/retailer_shape.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/limits.h"

namespace aisle::domain {
namespace {

using testing::HasSubstr;

// Two regions and three tiers of a country with letters in its codes.
RetailerShape::Parts Maple() {
  RetailerShape::Parts parts;
  parts.regions = {{"Ontario", "Ottawa"}, {"Quebec", "Laval"}};
  parts.postal_formats = {{"CA", "A9A 9A9"}};
  parts.postal_rules = {{"CA", "K", "Ontario"}, {"CA", "J", "Quebec"}, {"CA", "K1A", "Quebec"}};
  parts.tiers = {{"a", "Sapling", {0}}, {"b", "Birch", {100'00}}, {"c", "Maple", {900'00}}};
  parts.currency = {"CAD", 2};
  parts.time_zone = "America/Toronto";
  return parts;
}

// What Make says after `change`; "fine" if nothing.
template <typename Change>
std::string Said(Change&& change) {
  RetailerShape::Parts parts = Maple();
  change(parts);
  const auto shape = RetailerShape::Make(std::move(parts));
  if (shape) return "fine";
  EXPECT_EQ(shape.error().code, ErrorCode::kInvalidArgument);
  return shape.error().message;
}

TEST(RetailerShape, KnowsItsPartsByNameAndByPosition) {
  const auto shape = RetailerShape::Make(Maple());
  ASSERT_TRUE(shape) << shape.error().message;
  ASSERT_EQ(shape->RegionCount(), 2U);
  EXPECT_EQ(shape->RegionName(Region{1}), "Quebec");
  EXPECT_EQ(shape->Warehouse(Region{1}), "Laval");
  EXPECT_EQ(shape->FindRegion("Quebec"), Region{1});
  EXPECT_FALSE(shape->FindRegion("quebec"));
  EXPECT_FALSE(shape->FindRegion("Northeast"));
  ASSERT_EQ(shape->TierCount(), 3U);
  EXPECT_EQ(shape->TierName(Tier{2}), "Maple");
  EXPECT_EQ(shape->FindTier("Birch"), Tier{1});
  EXPECT_FALSE(shape->FindTier("Bronze"));
  EXPECT_EQ(shape->RegionOfPostalCode("k2p 1l4"), Region{0});
  EXPECT_EQ(shape->RegionOfPostalCode("k1a 0b1"), Region{1}) << "the longer prefix wins";
  EXPECT_FALSE(shape->RegionOfPostalCode("10001"));
  EXPECT_EQ(shape->Money().code, "CAD");
  EXPECT_EQ(shape->TimeZone(), "America/Toronto");
  EXPECT_EQ(shape->All(), Maple());
  EXPECT_EQ(*shape, *RetailerShape::Make(Maple()));
  EXPECT_FALSE(*shape == RetailerShape::Quickstart());
}

TEST(RetailerShape, ABoundBelongsToTheUpperTier) {
  const auto shape = RetailerShape::Make(Maple());
  ASSERT_TRUE(shape);
  EXPECT_EQ(shape->TierOfSpend({-1}), Tier{0});
  EXPECT_EQ(shape->TierOfSpend({99'99}), Tier{0});
  EXPECT_EQ(shape->TierOfSpend({100'00}), Tier{1});
  EXPECT_EQ(shape->TierOfSpend({900'00}), Tier{2});
}

TEST(RetailerShape, TheQuickstartsHasFiveRegionsByTheFirstDigitAndFourTiers) {
  const RetailerShape& shape = RetailerShape::Quickstart();
  const char* regions[] = {"Northeast", "Southeast", "Midwest", "South", "West"};
  ASSERT_EQ(shape.RegionCount(), std::size(regions));
  for (std::size_t r = 0; r < std::size(regions); ++r) {
    EXPECT_EQ(shape.RegionName(static_cast<Region>(r)), regions[r]);
    EXPECT_EQ(shape.FindRegion(regions[r]), static_cast<Region>(r));
  }
  EXPECT_FALSE(shape.FindRegion("north"));
  for (int zip = 0; zip < 100'000; zip += 37) {
    const std::string code = fmt::format("{:05}", zip);
    EXPECT_EQ(shape.RegionOfPostalCode(code), static_cast<Region>(zip / 20'000)) << code;
  }
  for (const char* bad : {"", "1000", "1234", "100011", "1000a", "-1000", "10001-1234", " 10001",
                          "10001 ", "1 0001", "１０００１"})
    EXPECT_FALSE(shape.RegionOfPostalCode(bad)) << bad;
  EXPECT_EQ(shape.AcceptedPostalCodes(), "five digits, such as \"10001\"");
  ASSERT_EQ(shape.TierCount(), 4U);
  EXPECT_EQ(shape.FindTier("Gold"), Tier::kGold);
  const std::pair<std::int64_t, Tier> spends[] = {
      {0, Tier::kBronze},         {499'99, Tier::kBronze},        {500'00, Tier::kSilver},
      {1499'99, Tier::kSilver},   {1500'00, Tier::kGold},         {4999'99, Tier::kGold},
      {5000'00, Tier::kPlatinum}, {1'000'000'00, Tier::kPlatinum}};
  for (const auto& [cents, tier] : spends) EXPECT_EQ(shape.TierOfSpend({cents}), tier) << cents;
  EXPECT_EQ(shape.Money().Text({12'34}), "$12.34");
}

TEST(RetailerShape, APartThatDoesNotFitIsNamed) {
  using P = RetailerShape::Parts;
  EXPECT_EQ(Said([](P&) {}), "fine");
  EXPECT_THAT(Said([](P& p) { p.regions[1].name = "Ontario"; }),
              HasSubstr("two regions are called 'Ontario'"));
  EXPECT_THAT(Said([](P& p) { p.regions[0].name = ""; }), HasSubstr("a region has no name"));
  EXPECT_THAT(Said([](P& p) { p.regions[0].name = " Ontario"; }),
              HasSubstr("a region is called ' Ontario'"));
  EXPECT_THAT(Said([](P& p) { p.regions[1].warehouse = "La\nval"; }),
              HasSubstr("the warehouse of Quebec is called"));
  EXPECT_THAT(Said([](P& p) { p.regions[0].name = std::string(101, 'x'); }),
              HasSubstr("101 bytes; at most 100"));
  EXPECT_THAT(Said([](P& p) { p.tiers[1].name = "Maple"; }),
              HasSubstr("two tiers are called 'Maple'"));
  EXPECT_THAT(Said([](P& p) { p.tiers[1].id = "a"; }), HasSubstr("two tiers have the id 'a'"));
  EXPECT_THAT(Said([](P& p) { p.tiers[1].id = ""; }), HasSubstr("the id of tier Birch"));
  EXPECT_THAT(Said([](P& p) { p.tiers[0].floor = {1}; }),
              HasSubstr("the lowest tier, Sapling, begins at a spend of CAD 0.01"));
  EXPECT_THAT(
      Said([](P& p) { p.tiers[2].floor = {100'00}; }),
      HasSubstr("tier Maple begins at a spend of CAD 100.00, which is not above the CAD 100.00"));
  EXPECT_THAT(Said([](P& p) { p.postal_rules[1].region = "Manitoba"; }),
              HasSubstr("postal prefix 'J' of CA: there is no region 'Manitoba'"));
  EXPECT_THAT(Said([](P& p) { p.currency.code = "cad"; }), HasSubstr("currency 'cad'"));
  EXPECT_THAT(Said([](P& p) { p.currency = {"KWD", 3}; }),
              HasSubstr("currency KWD: minor unit 3; accepted are 0 to 2"));
  EXPECT_THAT(Said([](P& p) { p.time_zone = "Toronto'; DROP"; }), HasSubstr("time zone"));
}

TEST(RetailerShape, HasLimits) {
  using P = RetailerShape::Parts;
  const auto regions = [](std::size_t count) {
    return [count](P& p) {
      for (std::size_t i = p.regions.size(); i < count; ++i)
        p.regions.push_back({fmt::format("R{}", i), "W"});
    };
  };
  EXPECT_EQ(Said(regions(kRegionsMax)), "fine");
  EXPECT_THAT(Said(regions(kRegionsMax + 1)), HasSubstr("257 regions; 1 to 256 are possible"));
  const auto tiers = [](std::size_t count) {
    return [count](P& p) {
      for (std::size_t i = p.tiers.size(); i < count; ++i) {
        const std::string name = fmt::format("T{}", i);
        p.tiers.push_back({name, name, {1'000'000 + static_cast<std::int64_t>(i)}});
      }
    };
  };
  EXPECT_EQ(Said(tiers(kTiersMax)), "fine");
  EXPECT_THAT(Said(tiers(kTiersMax + 1)), HasSubstr("257 tiers; 1 to 256 are possible"));
  EXPECT_THAT(Said([](P& p) { p.tiers.clear(); }), HasSubstr("0 tiers"));
  EXPECT_THAT(Said([](P& p) { p.regions.clear(); }), HasSubstr("0 regions"));
}

TEST(Currency, WritesAmountsAsItsMinorUnitSays) {
  EXPECT_EQ((Currency{"USD", 2}.Text({12'34})), "$12.34");
  EXPECT_EQ((Currency{"USD", 2}.Text({-5})), "-$0.05");
  EXPECT_EQ((Currency{"CAD", 2}.Text({12'34})), "CAD 12.34");
  EXPECT_EQ((Currency{"CAD", 2}.Text({-1'200'05})), "CAD -1200.05");
  EXPECT_EQ((Currency{"JPY", 0}.Text({1'234'00})), "JPY 1234");
  EXPECT_EQ((Currency{"JPY", 0}.Text({1'234'50})), "JPY 1235");
  EXPECT_EQ((Currency{"JPY", 0}.Text({-49})), "JPY 0");
  EXPECT_EQ((Currency{"XXX", 1}.Text({12'34})), "XXX 12.3");
}

}  // namespace
}  // namespace aisle::domain
