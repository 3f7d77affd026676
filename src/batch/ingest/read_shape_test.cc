#include "ingest/read_shape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "ingest/warehouse_testing.h"

namespace aisle::ingest {
namespace {

using domain::Region;
using domain::RetailerShape;
using domain::Tier;
using testing::HasSubstr;

class ReadShapeTest : public WarehouseTest {
 protected:
  std::string Said() {
    const auto shape = ReadShape(*connection_);
    if (shape) return "fine";
    EXPECT_EQ(shape.error().code, ErrorCode::kFailedPrecondition);
    return shape.error().message;
  }
  void AddPlaces() {
    Rows("INSERT INTO raw.regions VALUES ('Quebec', 'Laval', 2), ('Ontario', 'Ottawa', 1)");
    Rows("INSERT INTO raw.postal_regions VALUES ('CA', 'K', 'Ontario'), ('CA', 'j', 'Quebec')");
    Rows("INSERT INTO raw.postal_formats VALUES ('CA', 'A9A 9A9')");
  }
};

TEST_F(ReadShapeTest, WithoutTablesItIsTheQuickstarts) {
  const auto shape = ReadShape(*connection_);
  ASSERT_TRUE(shape) << shape.error().message;
  EXPECT_EQ(*shape, RetailerShape::Quickstart()) << "a database of an older program";
  ASSERT_TRUE(CreateTables(*connection_));
  const auto empty = ReadShape(*connection_);
  ASSERT_TRUE(empty) << empty.error().message;
  EXPECT_EQ(*empty, RetailerShape::Quickstart());
}

TEST_F(ReadShapeTest, IsWhatTheTablesSay) {
  ASSERT_TRUE(CreateTables(*connection_));
  AddPlaces();
  Rows(
      "INSERT INTO raw.loyalty_tiers VALUES ('b', 'Maple', 250.50, NULL, 1, 0), ('a', 'Sapling', "
      "0, NULL, 1, 0)");
  Rows(
      "INSERT INTO raw.about VALUES ('retailer.currency', 'CAD'), ('retailer.minor_unit', '2'), "
      "('retailer.time_zone', 'America/Toronto')");
  const auto shape = ReadShape(*connection_);
  ASSERT_TRUE(shape) << shape.error().message;
  EXPECT_EQ(shape->RegionName(Region{0}), "Ontario") << "by region_order";
  EXPECT_EQ(shape->Warehouse(Region{1}), "Laval");
  EXPECT_EQ(shape->RegionOfPostalCode("j1x 2b3"), Region{1});
  EXPECT_FALSE(shape->RegionOfPostalCode("10001"));
  EXPECT_EQ(shape->TierCount(), 2U);
  EXPECT_EQ(shape->TierName(Tier{1}), "Maple") << "by spend";
  EXPECT_EQ(shape->TierOfSpend({250'50}), Tier{1});
  EXPECT_EQ(shape->Money().code, "CAD");
  EXPECT_EQ(shape->TimeZone(), "America/Toronto");
}

TEST_F(ReadShapeTest, WhatIsNotSaidIsTheQuickstarts) {
  ASSERT_TRUE(CreateTables(*connection_));
  AddPlaces();
  const auto shape = ReadShape(*connection_);
  ASSERT_TRUE(shape) << shape.error().message;
  EXPECT_EQ(shape->RegionCount(), 2U);
  EXPECT_EQ(shape->TierName(Tier{3}), "Platinum");
  EXPECT_EQ(shape->Money().code, "USD");
  // Rules of its own for the five regions.
  Rows("DELETE FROM raw.regions");
  Rows("DELETE FROM raw.postal_formats");
  Rows("DELETE FROM raw.postal_regions");
  Rows("INSERT INTO raw.postal_regions VALUES ('US', '1', 'West')");
  const auto west = ReadShape(*connection_);
  ASSERT_TRUE(west) << west.error().message;
  EXPECT_EQ(west->RegionCount(), 5U);
  EXPECT_EQ(west->RegionOfPostalCode("10001"), Region::kWest);
}

TEST_F(ReadShapeTest, WhatDoesNotFitIsNamed) {
  ASSERT_TRUE(CreateTables(*connection_));
  Rows("INSERT INTO raw.regions VALUES ('Ontario', 'Ottawa', 1)");
  EXPECT_THAT(Said(), HasSubstr("raw.regions: has rows, but raw.postal_regions has none"));
  Rows("INSERT INTO raw.postal_regions VALUES ('CA', 'K', 'Manitoba')");
  EXPECT_THAT(Said(), HasSubstr("postal prefix 'K' of CA: there is no region 'Manitoba'"));
  Rows("UPDATE raw.postal_regions SET region = 'Ontario'");
  EXPECT_EQ(Said(), "fine");
  Rows("UPDATE raw.regions SET warehouse_name = NULL");
  EXPECT_THAT(Said(), HasSubstr("the warehouse of Ontario has no name"));
  Rows("UPDATE raw.regions SET warehouse_name = 'Ottawa'");
  Rows("INSERT INTO raw.loyalty_tiers (tier_id, tier_name) VALUES ('a', 'Sapling')");
  EXPECT_THAT(Said(), HasSubstr("raw.loyalty_tiers: tier 'Sapling' has no min_annual_spend"));
  Rows("UPDATE raw.loyalty_tiers SET min_annual_spend = 5");
  EXPECT_THAT(Said(), HasSubstr("the lowest tier, Sapling, begins at a spend of $5.00"));
  Rows("UPDATE raw.loyalty_tiers SET min_annual_spend = 0");
  Rows("INSERT INTO raw.about VALUES ('retailer.minor_unit', 'two')");
  EXPECT_THAT(Said(), HasSubstr("raw.about: retailer.minor_unit is 'two', which is no number"));
}

}  // namespace
}  // namespace aisle::ingest
