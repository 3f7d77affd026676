// Refreshing gold tables, and reading records out of the warehouse.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "features/customer_inputs.h"
#include "gold/feature_stream.h"
#include "gold/refresh.h"
#include "gold/shop_testing.h"

namespace aisle::gold {
namespace {

using testing::ElementsAre;

class Gold : public testing::Test, public ShopFixture {
 protected:
  void FillShop() {
    AddCustomer(1);
    AddCustomer(2, "2026-11-24");  // Joins at as_of.
    AddCustomer(3, "2024-03-15", "1990-02-28", "94105", "Platinum");
    AddProduct(7, "10.00");
    AddProduct(8, "40.00");
    AddProduct(9, "25.00", "CAT-002");
    AddEvent({.type = "product_view", .at = "2026-11-20 10:00:00", .product = 7, .session = "S1"});
    AddEvent({.type = "add_to_cart",
              .at = "2026-11-20 10:01:00",
              .product = 8,
              .session = "S1",
              .cart = "C1"});
    AddEvent({.customer = 2, .type = "product_view", .at = "2026-11-20 10:00:00", .product = 7});
    AddEvent({.customer = 3,
              .type = "pos_purchase",
              .at = "2026-11-21 10:00:00",
              .product = 9,
              .category = "CAT-002",
              .session = "S9",
              .order = "O1",
              .order_total = "25.00"});
  }
  std::vector<features::CustomerRecord> Read(
      const features::Catalogue& catalogue, const std::optional<CustomerIds>& only = std::nullopt) {
    std::vector<features::CustomerRecord> records;
    const auto take = [&](features::CustomerRecord&& record) {
      records.push_back(std::move(record));
      return Status{};
    };
    Must(ReadCustomers(Database(), catalogue, AsOf(), take, only));
    return records;
  }
};

TEST_F(Gold, WithoutRawTablesItSaysWhichCommandMakesThem) {
  auto empty = Must(warehouse::Database::Open(":memory:"));
  auto nothing = Must(empty.Connect());
  for (const Error& error :
       {Refresh(nothing, AsOf()).error(), Refresh(Connection(), AsOf()).error(),
        ReadCatalogue(Connection(), AsOf()).error()}) {
    EXPECT_EQ(error.code, ErrorCode::kFailedPrecondition);
    EXPECT_THAT(error.message, testing::HasSubstr("aisle generate"));
  }
}

TEST_F(Gold, ARefreshRecordsEachTableWithItsLag) {
  FillShop();
  const auto reports = Must(Refresh(Connection(), AsOf(), 45));
  ASSERT_EQ(reports.size(), 10U);
  EXPECT_EQ(reports[5].table, "gold.customer_360");
  EXPECT_EQ(reports[5].rows, 2);
  EXPECT_THAT(Rows("SELECT mode, rows_changed, target_lag_minutes, as_of, lag_minutes > 0, "
                   "finished_at >= started_at FROM gold.refresh_history WHERE table_name = "
                   "'gold.customer_360'")
                  .at(0),
              ElementsAre("full", "2", "45", "2026-11-24 00:00:00", "true", "true"));
}

TEST_F(Gold, SnapshotsOfTheViewsAreKeptByAsOfAndNeverTwice) {
  FillShop();
  Must(Refresh(Connection(), AsOf()));
  Must(Refresh(Connection(), AsOf()));
  Must(Refresh(Connection(), AsOf("2026-11-25")));
  const auto rows = Rows(
      "SELECT as_of, count(*) FROM feature_store.customer_features GROUP BY "
      "as_of ORDER BY as_of");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_THAT(rows[0], ElementsAre("2026-11-24 00:00:00", "2"));
  EXPECT_THAT(rows[1], ElementsAre("2026-11-25 00:00:00", "3"));
  EXPECT_EQ(Rows("SELECT count(*) FROM feature_store.product_features").at(0).at(0), "6");
}

TEST_F(Gold, EveryColumnOfTheViewsIsDescribed) {
  FillShop();
  Must(Refresh(Connection(), AsOf()));
  EXPECT_TRUE(Rows("SELECT table_name, column_name FROM information_schema.columns WHERE "
                   "table_schema = 'feature_store' AND table_name IN ('customer_features', "
                   "'product_features') AND column_name NOT IN ('customer_id', 'product_id', "
                   "'as_of') EXCEPT SELECT view_name, column_name FROM feature_store.feature_views")
                  .empty());
  EXPECT_TRUE(Rows("SELECT view_name, column_name, type FROM feature_store.feature_views WHERE "
                   "type <> 'STRING' EXCEPT SELECT table_name, column_name, data_type FROM "
                   "information_schema.columns")
                  .empty());
}

TEST_F(Gold, AFailedRefreshLeavesTheOldTables) {
  FillShop();
  Must(Refresh(Connection(), AsOf()));
  Write("ALTER TABLE raw.event_stream RENAME COLUMN promo_code TO promo");
  AddCustomer(4);
  const auto failed = Refresh(Connection(), AsOf());
  ASSERT_FALSE(failed.has_value());
  EXPECT_THAT(failed.error().message, testing::HasSubstr("gold/sql/orders.sql:"));
  EXPECT_EQ(Rows("SELECT count(*) FROM gold.customer_360").at(0).at(0), "2");
  EXPECT_EQ(Rows("SELECT count(*) FROM gold.refresh_history").at(0).at(0), "10");
}

TEST_F(Gold, ACancelledRefreshLeavesTheOldTables) {
  FillShop();
  Must(Refresh(Connection(), AsOf()));
  AddCustomer(4);
  for (const std::string at : {"gold.customer_state", "feature_store.product_features", ""}) {
    const auto cancelled = Refresh(Connection(), AsOf(), kTargetLagMinutes,
                                   [&](const std::string& table) { return table != at; });
    ASSERT_FALSE(cancelled.has_value()) << at;
    EXPECT_EQ(cancelled.error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(Rows("SELECT count(*) FROM gold.customer_360").at(0).at(0), "2");
    EXPECT_EQ(Rows("SELECT count(*) FROM gold.refresh_history").at(0).at(0), "10");
  }
  Must(Refresh(Connection(), AsOf()));
  EXPECT_EQ(Rows("SELECT count(*) FROM gold.customer_360").at(0).at(0), "3");
}

TEST_F(Gold, TheCatalogueIsSortedAndKnowsPricePositions) {
  FillShop();
  const features::Catalogue catalogue = Must(ReadCatalogue(Connection(), AsOf()));
  ASSERT_EQ(catalogue.products.size(), 3U);
  EXPECT_EQ(catalogue.Find({9}), 2);
  EXPECT_EQ(catalogue.categories[catalogue.products[2].category].name, "Kitchen");
  EXPECT_EQ(catalogue.brands, std::vector<std::string>{"GlowUp"});
  // Two prices of a category stand one deviation below and above; a single one stands at 0.
  EXPECT_DOUBLE_EQ(catalogue.products[0].price_z, -1);
  EXPECT_DOUBLE_EQ(catalogue.products[1].price_z, 1);
  EXPECT_DOUBLE_EQ(catalogue.products[2].price_z, 0);
  EXPECT_EQ(catalogue.RegionPurchases90d(2, domain::Region::kWest), 1);
  EXPECT_EQ(catalogue.products[0].launched, features::kNever);
}

TEST_F(Gold, AProductOfAnUnknownCategoryIsNamed) {
  FillShop();
  AddProduct(10, "10.00", "CAT-999");
  const auto catalogue = ReadCatalogue(Connection(), AsOf());
  ASSERT_FALSE(catalogue.has_value());
  EXPECT_EQ(catalogue.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(catalogue.error().message, testing::HasSubstr("product 10 is in category 'CAT-999'"));
}

TEST_F(Gold, RecordsMergeTheListsOfEachCustomer) {
  FillShop();
  const features::Catalogue catalogue = Must(ReadCatalogue(Connection(), AsOf()));
  const auto records = Read(catalogue);
  ASSERT_EQ(records.size(), 2U);
  const features::CustomerRecord& ann = records[0];
  EXPECT_EQ(ann.customer.value, 1);
  EXPECT_EQ(ann.as_of, AsOf());
  ASSERT_EQ(ann.pairs.size(), 2U);
  EXPECT_EQ(ann.pairs[0].product.value, 7);
  EXPECT_EQ(ann.pairs[0].views, 1);
  EXPECT_EQ(ann.pairs[0].last_purchase, features::kNever);
  EXPECT_EQ(ann.pairs[1].carts, 1);
  ASSERT_EQ(ann.categories.size(), 1U);
  EXPECT_EQ(ann.categories[0].sessions, 1);
  ASSERT_EQ(ann.brands.size(), 1U);
  EXPECT_EQ(ann.brands[0].products, 2);
  EXPECT_EQ(ann.price_z_count, 2);
  EXPECT_NEAR(ann.price_z_sum, 0, 1e-12);
  EXPECT_EQ(ann.carts_abandoned, 1);
  const features::CustomerRecord& cy = records[1];
  EXPECT_EQ(cy.customer.value, 3);
  EXPECT_EQ(cy.region, domain::Region::kWest);
  EXPECT_EQ(cy.postal_code, "94105");
  EXPECT_EQ(cy.tier, domain::Tier::kPlatinum);
  EXPECT_EQ(cy.lifetime_spend.value, 2500);
  ASSERT_EQ(cy.pairs.size(), 1U);
  EXPECT_EQ(cy.pairs[0].purchases_90d, 1);
}

TEST_F(Gold, OfChosenCustomersTheRecordsAreThoseThatEverybodyReadingHas) {
  FillShop();
  EXPECT_THAT(Must(ReadCustomerIds(Connection(), AsOf())),
              ElementsAre(domain::CustomerId{1}, domain::CustomerId{3}));
  const features::Catalogue catalogue = Must(ReadCatalogue(Connection(), AsOf()));
  const auto everybody = Read(catalogue);
  // Nobody is called 9; 2 joins later.
  const auto chosen = Read(catalogue, CustomerIds{{3}, {9}, {2}});
  ASSERT_EQ(chosen.size(), 1U);
  EXPECT_EQ(chosen[0].customer.value, 3);
  EXPECT_EQ(chosen[0].lifetime_spend, everybody[1].lifetime_spend);
  EXPECT_EQ(chosen[0].events, everybody[1].events);
  ASSERT_EQ(chosen[0].pairs.size(), 1U);
  EXPECT_EQ(chosen[0].pairs[0].product.value, 9);
  EXPECT_EQ(chosen[0].categories.size(), everybody[1].categories.size());
  EXPECT_TRUE(Read(catalogue, CustomerIds{}).empty());
}

TEST_F(Gold, ATierOfTheRetailersOwnIsAPlaceAmongItsTiers) {
  Write(
      "INSERT INTO raw.loyalty_tiers (tier_id, tier_name, min_annual_spend) VALUES ('a', 'Stone', "
      "0), ('b', 'Brick', 10), ('c', 'Tin', 20), ('d', 'Silk', 30), ('e', 'Pearl', 40)");
  AddCustomer(1, "2024-03-15", "1990-02-28", "10001", "Pearl");
  AddCustomer(2, "2024-03-15", "1990-02-28", "10001", "Brick");
  AddProduct(7);
  AddEvent({.type = "product_view", .at = "2026-11-20 10:00:00", .product = 7, .session = "S1"});
  const auto records = Read(Must(ReadCatalogue(Connection(), AsOf())));
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].tier, domain::Tier{4});
  EXPECT_EQ(records[1].tier, domain::Tier{1});
  Must(Refresh(Connection(), AsOf()));
  EXPECT_EQ(
      Rows("SELECT loyalty_tier_num FROM feature_store.customer_features WHERE customer_id = 1")
          .at(0)
          .at(0),
      "4");
}

TEST_F(Gold, ATierThatTheRetailerDoesNotHaveIsRefusedByName) {
  AddCustomer(1, "2024-03-15", "1990-02-28", "10001", "Diamond");
  AddProduct(7);
  AddEvent({.type = "product_view", .at = "2026-11-20 10:00:00", .product = 7, .session = "S1"});
  const auto catalogue = Must(ReadCatalogue(Connection(), AsOf()));
  const Status status =
      ReadCustomers(Database(), catalogue, AsOf(), [](auto&&) -> Status { return {}; });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(status.error().message, testing::HasSubstr("customer 1 is of tier 'Diamond'"));
}

TEST_F(Gold, AFailureOfTheTakerStopsTheReading) {
  FillShop();
  const features::Catalogue catalogue = Must(ReadCatalogue(Connection(), AsOf()));
  int taken = 0;
  const Status status = ReadCustomers(Database(), catalogue, AsOf(), [&](auto&&) -> Status {
    ++taken;
    return Fail(ErrorCode::kUnavailable, "cancelled");
  });
  EXPECT_EQ(status.error().message, "cancelled");
  EXPECT_EQ(taken, 1);
}

TEST_F(Gold, StockIsReadByRegion) {
  FillShop();
  Write(
      "INSERT INTO raw.inventory VALUES (8, 'West', 'WH', 3, 4, NULL), (8, 'Northeast', 'WH', 2, "
      "1, NULL)");
  const auto stock = Must(ReadStock(Connection(), domain::RetailerShape::Quickstart(), AsOf()));
  ASSERT_EQ(stock.size(), 2U);
  EXPECT_EQ(stock[0].region, domain::Region::kNortheast);
  EXPECT_EQ(stock[1].delivery_days, 4);
  Write("INSERT INTO raw.inventory VALUES (8, 'Atlantis', 'WH', 3, 4, NULL)");
  EXPECT_THAT(ReadStock(Connection(), domain::RetailerShape::Quickstart(), AsOf()).error().message,
              testing::HasSubstr("'Atlantis'"));
}

TEST_F(Gold, TheEngagementScoreOfCustomer360IsTheModelsInput) {
  FillShop();
  // Half a tenth, just below it, and beyond a hundred.
  const auto points = [&](int customer, int count) {
    AddCustomer(customer);
    AddEvent({.customer = customer,
              .type = "points_earned",
              .at = "2026-11-02 10:00:01",
              .points = count});
  };
  points(10, 25);
  points(11, 24);
  points(12, 4);
  points(13, 8'999);
  points(14, 9'000);
  points(15, 123'456);
  for (const char* session : {"S1", "S2", "S3"})
    AddEvent({.customer = 10, .type = "search", .at = "2026-11-02 10:00:00", .session = session});
  Must(Refresh(Connection(), AsOf()));
  const auto records = Read(Must(ReadCatalogue(Connection(), AsOf())));
  const auto rows =
      Rows("SELECT customer_id, engagement_score FROM gold.customer_360 ORDER BY customer_id");
  ASSERT_EQ(records.size(), 8U);
  ASSERT_EQ(rows.size(), records.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i][0], std::to_string(records[i].customer.value));
    EXPECT_EQ(std::stof(rows[i][1]),
              features::MakeCustomerInputs(records[i], AsOf()).engagement_score)
        << "customer " << rows[i][0];
  }
  EXPECT_EQ(rows[2][1], "11.2");   // Customer 10: 10 + 0.9 + 0.25, half up.
  EXPECT_EQ(rows[7][1], "100.0");  // 15.
}

}  // namespace
}  // namespace aisle::gold
