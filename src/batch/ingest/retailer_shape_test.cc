// Retailers with a shape of their own: regions, postal codes, tiers, currency, time zone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "ingest/corner_shop_testing.h"
#include "ingest/read_shape.h"

namespace aisle::ingest {
namespace {

using testing::HasSubstr;

class MapleMarketTest : public ExampleShopTest {
 protected:
  MapleMarketTest() : ExampleShopTest("maple_market") {}
};

TEST_F(MapleMarketTest, BringsItsShape) {
  const auto report = ImportShop();
  ASSERT_TRUE(report) << report.error().message;
  for (const ImportedTable& table : report->tables) {
    EXPECT_EQ(table.rejected, 0) << table.table;
    EXPECT_EQ(table.added, table.rows) << table.table;
  }
  EXPECT_EQ(report->tables[0].table, "raw.regions");
  EXPECT_TRUE(report->unknown.empty());
  EXPECT_EQ(report->unknown_postal_codes.customers, 1);
  EXPECT_EQ(report->unknown_postal_codes.first, "V5K 0A1");
  const auto shape = ReadShape(*connection_);
  ASSERT_TRUE(shape) << shape.error().message;
  ASSERT_EQ(shape->RegionCount(), 2U);
  EXPECT_EQ(shape->RegionName(domain::Region{1}), "Québec");
  EXPECT_EQ(shape->Warehouse(domain::Region{0}), "Ottawa");
  EXPECT_EQ(shape->RegionOfPostalCode("K1A0B1"), domain::Region{0});
  EXPECT_EQ(shape->RegionOfPostalCode("k6a-1b2"), domain::Region{1}) << "the longest prefix wins";
  ASSERT_EQ(shape->TierCount(), 3U);
  EXPECT_EQ(shape->TierName(domain::Tier{2}), "Maple");
  EXPECT_EQ(shape->Money(), (domain::Currency{"CAD", 2}));
  EXPECT_EQ(shape->TimeZone(), "America/Toronto");
  EXPECT_EQ(Rows("SELECT min(event_timestamp) FROM raw.event_stream"), "2025-01-06 19:13:00\n")
      << "14:13 in Toronto";
  EXPECT_EQ(Rows("SELECT region, count(*) FROM raw.inventory GROUP BY region ORDER BY region"),
            "Ontario|36\nQuébec|36\n");
  // The same again changes nothing.
  const auto again = ImportShop();
  ASSERT_TRUE(again) << again.error().message;
  for (const ImportedTable& table : again->tables)
    EXPECT_EQ(table.unchanged, table.rows) << table.table;
}

TEST_F(MapleMarketTest, RowsThatNameWhatItDoesNotKnowAreRejected) {
  Append("customers.csv", "C999,Zoé,H2X 1Y4,2024-01-01,Bronze\n");
  Append("stock.csv", "BA01,Moncton,5,1\n");
  Replace("mapping.toml", "LEFT JOIN regions r ON r.warehouse = s.warehouse",
          "LEFT JOIN (SELECT warehouse, region FROM regions UNION ALL SELECT 'Moncton', "
          "'L''Acadie') r ON "
          "r.warehouse = s.warehouse");
  EXPECT_EQ(Shop("raw.customers"), "49 48 0 1");
  EXPECT_EQ(Rows("SELECT table_name, line, reason FROM raw.rejects ORDER BY table_name"),
            "raw.customers|50|loyalty_tier: 'Bronze' is none of Sapling, Birch, Maple\n"
            "raw.inventory|74|region: 'L'Acadie' is none of Ontario, Québec\n");
}

TEST_F(MapleMarketTest, TheShapeIsReadFirstWhereverItStands) {
  const std::string text = *base::ReadFile(folder_ / "mapping.toml");
  const std::size_t tables = text.find("[[tables]]");
  const std::size_t stock = text.find("[[tables]]\ntable = \"raw.product_categories\"");
  ASSERT_NE(stock, std::string::npos);
  const std::string shape = text.substr(tables, stock - tables);
  Write("mapping.toml", text.substr(0, tables) + text.substr(stock) + "\n" + shape);
  EXPECT_EQ(Shop("raw.inventory"), "72 72 0 0");
  EXPECT_EQ(Shop("raw.customers"), "48 0 0 0");
}

TEST_F(MapleMarketTest, AShapeThatDoesNotFitIsTheMappingsFault) {
  Append("postal_codes.csv", "R,Manitoba\n");
  const auto report = ImportShop();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(report.error().message, HasSubstr("mapping.toml: "));
  EXPECT_THAT(report.error().message,
              HasSubstr("postal prefix 'R' of CA: there is no region 'Manitoba'"));
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.regions"), "0\n") << "nothing of it is there";
  Replace("postal_codes.csv", "R,Manitoba\n", "R,Ontario\n");
  Replace("levels.csv", "500.00", "900.00");
  EXPECT_THAT(Shop(), HasSubstr("tier Maple begins at a spend of CAD 900.00, which is not above"));
}

TEST_F(MapleMarketTest, ARejectedRowIsNamedAsTheCause) {
  Replace("regions.csv", "Laval,Québec,2", "Laval,Québec,");
  EXPECT_THAT(Shop(), HasSubstr("there is no region 'Québec'; a row of the shape was rejected: "
                                "maple-market/regions.csv, line 3: region_order: missing"));
  Replace("regions.csv", "Laval,Québec,", "Laval,Québec,second");
  EXPECT_THAT(Shop(), HasSubstr("there is no region 'Québec'; a row of the shape was rejected: "
                                "maple-market/regions.csv, line 3: place: 'second' is not INT"))
      << "a row that its source cannot read";
  Replace("regions.csv", "Laval,Québec,second", "Laval,Québec,2");
  ASSERT_TRUE(ImportShop());
  Replace("levels.csv", "2,Birch,500.00", "2,Birch,many");
  EXPECT_THAT(
      Shop(),
      HasSubstr("the tier 'Birch', which is not in raw.loyalty_tiers; give --replace to drop "
                "what is there; a row of the shape was rejected: maple-market/levels.csv, "
                "line 3: from_spend: 'many' is not DECIMAL(12,2)"));
}

TEST_F(MapleMarketTest, AmountsInPartsOfWhichTheMoneyHasNoneAreRejected) {
  Replace("mapping.toml", "currency = \"CAD\"\nminor_unit = 2",
          "currency = \"JPY\"\nminor_unit = 0");
  Replace("products.csv", "Rye loaf,Bakery,Trillium,5.99", "Rye loaf,Bakery,Trillium,6");
  Append("sales.csv", "19999;1;2025-06-06 14:13;C042;BA01;1;6\n");
  ASSERT_TRUE(ImportShop());
  EXPECT_EQ(
      Rows("SELECT reason FROM raw.rejects WHERE table_name = 'raw.product_catalog' ORDER BY line "
           "LIMIT 1"),
      "price: '6.49' is finer than JPY, which has 0 digits behind the point\n");
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.product_catalog WHERE price % 1 <> 0"), "0\n");
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.event_stream WHERE line_total % 1 <> 0"), "0\n");
}

TEST_F(MapleMarketTest, ItsZoneMustBeKnown) {
  Replace("mapping.toml", "time_zone = \"America/Toronto\"", "time_zone = \"America/Bytown\"");
  EXPECT_THAT(Shop(), HasSubstr("[retailer]: time_zone 'America/Bytown' is not known"));
}

TEST_F(MapleMarketTest, SettingsThatAreNoLongerSaidAreTheQuickstarts) {
  ASSERT_TRUE(ImportShop());
  Replace("mapping.toml", "time_zone = \"America/Toronto\"\n", "");
  ASSERT_TRUE(ImportShop());
  const auto shape = ReadShape(*connection_);
  ASSERT_TRUE(shape) << shape.error().message;
  EXPECT_EQ(shape->Money().code, "CAD");
  EXPECT_EQ(shape->TimeZone(), "UTC");
}

TEST_F(MapleMarketTest, AmountsThatAreThereKeepTheirCurrency) {
  ASSERT_TRUE(ImportShop());
  Replace("mapping.toml", "currency = \"CAD\"", "currency = \"EUR\"");
  const auto report = ImportShop();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(
      report.error().message,
      HasSubstr("mapping.toml: retailer.currency is EUR, and the amounts that are there have CAD"));
  EXPECT_EQ(ReadShape(*connection_)->Money().code, "CAD");
  Replace("mapping.toml", "currency = \"EUR\"\n", "");
  EXPECT_THAT(Shop(),
              HasSubstr("retailer.currency is USD, and the amounts that are there have CAD"))
      << "what is no longer said is the quickstart's";
  Replace("mapping.toml", "minor_unit = 2", "currency = \"CAD\"\nminor_unit = 1");
  EXPECT_THAT(Shop(), HasSubstr("retailer.minor_unit is 1, and the amounts that are there have 2"));
  ASSERT_TRUE(RecreateTables(*connection_));  // --replace
  Replace("mapping.toml", "currency = \"CAD\"\nminor_unit = 1",
          "currency = \"EUR\"\nminor_unit = 2");
  ASSERT_TRUE(ImportShop());
  EXPECT_EQ(ReadShape(*connection_)->Money().code, "EUR");
}

TEST_F(MapleMarketTest, AMappingBesideItMustAgree) {
  ASSERT_TRUE(ImportShop());
  Replace("mapping.toml", "name = \"maple-market\"", "name = \"maple-web\"");
  ImportOptions options = Options();
  options.add = true;
  const auto import = [&]() -> std::string {
    const auto report = Import(*connection_, (folder_ / "mapping.toml").string(), folder_, options);
    return report ? "fine" : report.error().message;
  };
  EXPECT_EQ(import(), "fine");
  Replace("mapping.toml", "currency = \"CAD\"", "currency = \"USD\"");
  EXPECT_THAT(import(), HasSubstr("retailer.currency is USD, and what is there has CAD"));
  Replace("mapping.toml", "currency = \"USD\"\n", "");
  EXPECT_EQ(import(), "fine") << "it says nothing else";
  EXPECT_EQ(ReadShape(*connection_)->Money().code, "CAD");
}

TEST_F(MapleMarketTest, WhatItNoLongerGivesOfItsShapeGoes) {
  ASSERT_TRUE(ImportShop());
  Replace("postal_codes.csv", "G,Québec\n", "");
  Replace("mapping.toml", "'A9A 9A9' AS format", "'A9A9A9' AS format");
  const auto report = ImportShop();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->tables[0].withdrawn, 0) << "regions: all are still given";
  EXPECT_EQ(report->tables[1].table, "raw.postal_regions");
  EXPECT_EQ(report->tables[1].withdrawn, 1);
  EXPECT_EQ(report->tables[1].unchanged, report->tables[1].rows);
  EXPECT_EQ(report->tables[1].held, report->tables[1].rows);
  EXPECT_EQ(report->tables[2].added, 1);
  EXPECT_EQ(report->tables[2].withdrawn, 1);
  EXPECT_EQ(Rows("SELECT format FROM raw.postal_formats"), "A9A9A9\n");
  EXPECT_FALSE(ReadShape(*connection_)->RegionOfPostalCode("G1A 0B1"));
  EXPECT_EQ(Rows("SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE 'aisle_%'"), "0\n");
}

TEST_F(MapleMarketTest, RowsThatNameAPartThatIsGoneRefuseTheImport) {
  ASSERT_TRUE(ImportShop());
  const std::string levels = *base::ReadFile(folder_ / "levels.csv");
  Write("levels.csv", "level,name,from_spend\n1,Sapling,0.00\n3,Maple,900.00\n");
  EXPECT_THAT(Shop(),
              HasSubstr("raw.customers has rows of an earlier import with the tier 'Birch', "
                        "which is not in raw.loyalty_tiers"));
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.loyalty_tiers"), "3\n") << "nothing has changed";
  Write("levels.csv", levels);
  for (const char* name : {"regions.csv", "postal_codes.csv"}) {
    std::string text = *base::ReadFile(folder_ / name);
    for (std::size_t at = 0; (at = text.find("Québec", at)) != std::string::npos;)
      text.replace(at, std::string_view("Québec").size(), "Quebec");
    Write(name, text);
  }
  EXPECT_THAT(Shop(), HasSubstr("raw.inventory has rows of an earlier import with the region "
                                "'Québec', which is not in raw.regions"));
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.inventory"), "72\n");
}

TEST_F(MapleMarketTest, ATableOfTwoQueriesIsWhatBothGive) {
  Replace("mapping.toml", "[[tables]]\ntable = \"raw.postal_formats\"",
          "[[tables]]\ntable = \"raw.postal_regions\"\nquery = \"SELECT 'CA' AS country, 'R' AS "
          "prefix, 'Ontario' AS region\"\n\n[[tables]]\ntable = \"raw.postal_formats\"");
  ASSERT_TRUE(ImportShop());
  const auto again = ImportShop();
  ASSERT_TRUE(again) << again.error().message;
  for (const ImportedTable& table : again->tables) {
    EXPECT_EQ(table.unchanged, table.rows) << table.table;
    EXPECT_EQ(table.withdrawn, 0) << table.table;
  }
  EXPECT_TRUE(ReadShape(*connection_)->RegionOfPostalCode("R1A 0B1"));
}

TEST_F(MapleMarketTest, BesideAnotherMappingNothingOfTheShapeGoes) {
  ASSERT_TRUE(ImportShop());
  Replace("mapping.toml", "name = \"maple-market\"", "name = \"maple-web\"");
  Replace("postal_codes.csv", "G,Québec\n", "");
  ImportOptions options = Options();
  options.add = true;
  const auto report = Import(*connection_, (folder_ / "mapping.toml").string(), folder_, options);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->tables[1].withdrawn, 0);
  EXPECT_TRUE(ReadShape(*connection_)->RegionOfPostalCode("G1A 0B1"));
}

class QuickstartsShapeTest : public CornerShopTest {};

TEST_F(QuickstartsShapeTest, IsThatOfAMappingThatBringsNone) {
  ASSERT_TRUE(ImportShop());
  EXPECT_EQ(*ReadShape(*connection_), domain::RetailerShape::Quickstart());
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.regions"), "0\n");
  Append("customers.csv", "carla,10001,03/15/2024\n");
  Replace("mapping.toml", "'Bronze' AS loyalty_tier\nFROM",
          "CASE customer WHEN 'carla' THEN 'Diamond' ELSE 'Bronze' END AS loyalty_tier\nFROM");
  EXPECT_EQ(Shop("raw.customers"), "3 0 0 1");
  EXPECT_EQ(Rows("SELECT reason FROM raw.rejects"),
            "loyalty_tier: 'Diamond' is none of Bronze, Silver, Gold, Platinum\n");
}

}  // namespace
}  // namespace aisle::ingest
