#include <gtest/gtest.h>

#include "domain/event_kind.h"
#include "domain/region.h"
#include "domain/tier.h"

namespace aisle::domain {
namespace {

TEST(Region, FollowsTheFirstDigitOfTheZip) {
  EXPECT_EQ(RegionOfZip("10001"), Region::kNortheast);
  EXPECT_EQ(RegionOfZip("33101"), Region::kSoutheast);
  EXPECT_EQ(RegionOfZip("55401"), Region::kMidwest);
  EXPECT_EQ(RegionOfZip("75201"), Region::kSouth);
  EXPECT_EQ(RegionOfZip("98101"), Region::kWest);
  for (const char* bad : {"", "1000", "100011", "1000a", "-1000"})
    EXPECT_FALSE(RegionOfZip(bad)) << bad;
}

TEST(Region, NamesGoBothWays) {
  for (const Region region : kRegions) EXPECT_EQ(RegionByName(RegionName(region)), region);
  EXPECT_FALSE(RegionByName("north"));
}

TEST(Tier, ABoundBelongsToTheUpperTier) {
  EXPECT_EQ(TierOfSpend(Cents{0}), Tier::kBronze);
  EXPECT_EQ(TierOfSpend(Cents{499'99}), Tier::kBronze);
  EXPECT_EQ(TierOfSpend(Cents{500'00}), Tier::kSilver);
  EXPECT_EQ(TierOfSpend(Cents{1'000'000'00}), Tier::kPlatinum);
  EXPECT_EQ(TierByName("Gold"), Tier::kGold);
}

TEST(EventKind, NamesGoBothWaysAndAreTold) {
  for (const std::string_view name : kEventKindNames)
    EXPECT_EQ(EventKindName(EventKindByName(name).value()), name);
  EXPECT_EQ(EventKindName(EventKind::kSearch), "search");
  EXPECT_EQ(EventKindName(EventKind::kPosPurchase), "pos_purchase");
  EXPECT_FALSE(EventKindByName("purchase"));
}

}  // namespace
}  // namespace aisle::domain
