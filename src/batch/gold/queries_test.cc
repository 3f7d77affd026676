// Golden tests of every query: rows in, rows out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gold/raw_tables.h"
#include "gold/refresh.h"
#include "gold/shape_tables.h"
#include "gold/shop_testing.h"
#include "gold/sql.h"

namespace aisle::gold {
namespace {

using testing::ElementsAre;

class Queries : public testing::Test, public ShopFixture {
 protected:
  std::vector<std::string> AsOfLines(base::NamedText query, std::string_view as_of = kAsOfText) {
    return Lines(query, Must(ParametersOf(query, AsOf(as_of))));
  }
  // Columns of one customer's row of gold.customer_360 after a refresh.
  std::vector<std::string> Row360(const std::string& columns, int customer = 1) {
    Must(Refresh(Connection(), AsOf()));
    return Rows(fmt::format("SELECT {} FROM gold.customer_360 WHERE customer_id = {}", columns,
                            customer))
        .at(0);
  }
};

TEST_F(Queries, AnEventCountsWhenItHappenedAndArrivedBeforeAsOf) {
  AddCustomer(1);
  AddProduct(7);
  AddEvent({.type = "product_view", .at = "2026-11-23 23:59:58", .product = 7});
  AddEvent({.type = "product_view", .at = "2026-11-24 00:00:00", .product = 7});  // At as_of.
  AddEvent({.type = "product_view",
            .at = "2026-11-23 10:00:00",
            .ingested = "2026-11-24 00:00:00",  // Arrived too late.
            .product = 7});
  EXPECT_THAT(AsOfLines(sql::kCustomerProduct),
              ElementsAre("1|7|1|0|0|1|0|2026-11-23 23:59:58|NULL|NULL"));
  const auto state = AsOfLines(sql::kCustomerState);
  ASSERT_EQ(state.size(), 1U);
  EXPECT_THAT(state[0], testing::HasSubstr("|1|0|2026-11-23 23:59:58|NULL|0|0.00|1|0|10.00|1|"));
}

TEST_F(Queries, ACustomerWhoJoinsAtAsOfIsNotKnownYet) {
  AddCustomer(1, "2026-11-23");
  AddCustomer(2, "2026-11-24");
  const auto state = AsOfLines(sql::kCustomerState);
  ASSERT_EQ(state.size(), 1U);
  EXPECT_EQ(state[0].substr(0, 2), "1|");
}

TEST_F(Queries, AttributesAreThoseThatHeldJustBeforeAsOf) {
  AddCustomer(1, "2024-03-15", "1990-02-28", "10001", "Gold");
  AddHistory(1, "2024-03-15", "2026-06-01", "Silver", "33101");
  AddHistory(1, "2026-06-01", "", "Gold", "10001");
  AddCustomer(2, "2024-03-15", "1990-02-28", "60601", "Platinum");  // Without history.
  const auto attributes = [&](std::string_view as_of) {
    std::vector<std::string> found;
    for (const auto& row : Must(Connection().QueryText(
             sql::kCustomerState, Must(ParametersOf(sql::kCustomerState, AsOf(as_of))))))
      found.push_back(row[3] + " " + row[9]);
    return found;
  };
  EXPECT_THAT(attributes("2026-06-01"), ElementsAre("Silver 33101", "Platinum 60601"));
  EXPECT_THAT(attributes("2026-06-01 00:00:01"), ElementsAre("Gold 10001", "Platinum 60601"));
}

TEST_F(Queries, ACartCountsOnceItIsDecided) {
  AddCustomer(1);
  AddProduct(7);
  const auto add = [&](const std::string& cart, const std::string& at) {
    AddEvent({.type = "add_to_cart", .at = at, .product = 7, .cart = cart});
  };
  const auto order = [&](const std::string& cart, const std::string& at) {
    AddEvent({.type = "order_complete",
              .at = at,
              .product = 7,
              .cart = cart,
              .order = "O" + cart,
              .order_total = "10.00"});
  };
  add("A", "2026-11-01 10:00:00");  // Abandoned.
  add("B", "2026-11-02 10:00:00");  // Ordered within 24 hours of its last add.
  add("B", "2026-11-02 20:00:00");
  order("B", "2026-11-03 19:00:00");
  add("C", "2026-11-04 10:00:00");  // Ordered too late.
  order("C", "2026-11-05 10:00:01");
  add("D", "2026-11-23 10:00:00");  // 14 hours old: not decided.
  add("E", "2026-11-23 11:00:00");  // Young, but ordered.
  order("E", "2026-11-23 12:00:00");
  EXPECT_THAT(Row360("carts_started, abandoned_cart_count, cart_abandonment_rate, "
                     "add_to_cart_count"),
              ElementsAre("4", "2", "0.5", "6"));
}

TEST_F(Queries, OrdersAreCountedOnceHoweverManyLines) {
  AddCustomer(1);
  AddProduct(7);
  AddProduct(8, "30.00", "CAT-002");
  for (const int line : {1, 2}) {
    AddEvent({.type = "order_complete",
              .at = "2026-11-20 10:00:00",
              .product = line == 1 ? 7 : 8,
              .category = line == 1 ? "CAT-001" : "CAT-002",
              .session = "S1",
              .order = "O1",
              .order_total = "40.00",
              .line_total = line == 1 ? "10.00" : "30.00",
              .order_line = line});
  }
  AddEvent({.type = "pos_purchase",
            .at = "2026-11-22 10:00:00",
            .product = 7,
            .session = "S2",
            .order = "O2",
            .order_total = "10.01",
            .line_total = "10.01",
            .channel = "Store"});
  AddEvent({.type = "order_shipped", .at = "2026-11-21 10:00:00", .order = "O1"});
  AddEvent({.type = "order_delivered", .at = "2026-11-23 10:00:00", .order = "O1"});
  AddEvent({.type = "order_shipped", .at = "2026-11-23 10:00:00", .order = "Onowhere"});
  EXPECT_THAT(Row360("total_orders, lifetime_spend, avg_order_value, categories_purchased, "
                     "favorite_purchase_category, days_since_purchase, last_purchase_date"),
              ElementsAre("2", "50.01", "25.005", "2", "CAT-001", "1", "2026-11-22 10:00:00"));
  EXPECT_THAT(
      Lines({"test", "SELECT * FROM gold.orders ORDER BY order_id"}, {}),
      ElementsAre("O1|1|2026-11-20 10:00:00|Web|NULL|NULL|2|40.00|2026-11-21 10:00:00|2026-11-23 "
                  "10:00:00|NULL",
                  "O2|1|2026-11-22 10:00:00|Store|NULL|NULL|1|10.01|NULL|NULL|NULL"));
  EXPECT_THAT(Lines({"test",
                     "SELECT order_id, order_line, product_id, category_id, unit_price, "
                     "line_total FROM gold.order_lines ORDER BY order_id, order_line"},
                    {}),
              ElementsAre("O1|1|7|CAT-001|10.00|10.00", "O1|2|8|CAT-002|10.00|30.00",
                          "O2|1|7|CAT-001|10.00|10.01"));
}

TEST_F(Queries, ACustomerWithoutEventsHasZerosAndNothingToAverage) {
  AddCustomer(1, "2024-03-25", "1990-11-24");
  AddCustomer(2);
  AddProduct(7);
  AddEvent({.customer = 2, .type = "page_view", .at = "2026-11-20 10:00:00"});
  EXPECT_THAT(Row360("age, tenure_months, total_orders, lifetime_spend, avg_order_value, "
                     "days_since_purchase, avg_browsed_price, cart_abandonment_rate, store_ratio, "
                     "favorite_browse_category, preferred_channel, rfm_segment, engagement_score"),
              ElementsAre("36", "31", "0", "0.00", "NULL", "NULL", "NULL", "NULL", "0.0", "NULL",
                          "NULL", "Dormant", "10.0"));
}

TEST_F(Queries, AgeAndTenureAreCompletedAndLeapDaysCompleteOnTheFirstOfMarch) {
  AddCustomer(1, "2024-03-24", "1990-11-25");
  AddCustomer(2, "2024-11-24", "1992-02-29");
  AddProduct(7);
  AddEvent({.type = "page_view", .at = "2026-01-20 10:00:00"});
  EXPECT_THAT(Row360("age, tenure_months"), ElementsAre("35", "32"));
  EXPECT_THAT(Row360("age, tenure_months", 2), ElementsAre("34", "24"));
  Must(Refresh(Connection(), AsOf("2026-02-28")));
  EXPECT_EQ(Rows("SELECT age FROM gold.customer_360 WHERE customer_id = 2").at(0).at(0), "33");
  Must(Refresh(Connection(), AsOf("2026-03-01")));
  EXPECT_EQ(Rows("SELECT age FROM gold.customer_360 WHERE customer_id = 2").at(0).at(0), "34");
}

TEST_F(Queries, FavouritesGoToTheMostFrequentThenTheMostRecentThenTheSmallerName) {
  AddCustomer(1);
  AddCustomer(2);
  AddProduct(7);
  AddProduct(8, "10.00", "CAT-002");
  const auto view = [&](int customer, const std::string& category, const std::string& at,
                        const std::string& channel, const std::string& device) {
    AddEvent({.customer = customer,
              .type = "product_view",
              .at = at,
              .product = category == "CAT-001" ? 7 : 8,
              .category = category,
              .channel = channel,
              .device = device});
  };
  view(1, "CAT-001", "2026-11-01 10:00:00", "Web", "Mobile");
  view(1, "CAT-002", "2026-11-02 10:00:00", "App", "Tablet");  // A tie; the later one.
  view(2, "CAT-002", "2026-11-01 10:00:00", "Web", "Tablet");
  view(2, "CAT-001", "2026-11-01 10:00:00", "App", "Desktop");  // A tie in time too.
  EXPECT_THAT(Row360("favorite_browse_category, preferred_channel, preferred_device", 1),
              ElementsAre("CAT-002", "App", "Tablet"));
  EXPECT_THAT(Row360("favorite_browse_category, preferred_channel, preferred_device", 2),
              ElementsAre("CAT-001", "App", "Desktop"));
}

TEST_F(Queries, SessionsAreDistinctAndTheEngagementScoreIsTheQuickstarts) {
  AddCustomer(1);
  AddProduct(7);
  for (const char* session : {"S1", "S1", "S2"}) {
    AddEvent({.type = "product_view",
              .at = "2026-11-01 10:00:00",
              .product = 7,
              .price = "12.34",
              .session = session});
  }
  AddEvent({.type = "page_view", .at = "2026-11-01 10:00:00", .session = "S3"});  // Not a browse.
  AddEvent({.type = "pos_purchase",
            .at = "2026-11-02 10:00:00",
            .product = 7,
            .order = "O1",
            .order_total = "5.00",
            .channel = "Store"});
  AddEvent({.type = "points_earned", .at = "2026-11-02 10:00:01", .points = 25});
  AddEvent({.type = "points_redeemed", .at = "2026-11-03 10:00:01", .points = 20});
  // 2 x 0.3 + 1 x 5 + 25 x 0.01 + 10 for the app = 15.85.
  EXPECT_THAT(Row360("total_sessions, total_browse_events, round(avg_browsed_price, 9), "
                     "total_points_earned, total_points_redeemed, engagement_score, rfm_segment"),
              ElementsAre("2", "3", "12.34", "25", "20", "15.9", "Active"));
  EXPECT_THAT(Row360("round(store_ratio * 7, 6)"), ElementsAre("1.0"));
}

TEST_F(Queries, SegmentsFollowTheQuickstartsThresholds) {
  AddProduct(7);
  struct Case {
    int orders;
    const char* total;
    const char* last;
    const char* segment;
  };
  const std::vector<Case> cases = {{5, "100.00", "2026-10-25 00:00:00", "Champion"},
                                   {5, "100.00", "2026-10-23 23:59:59", "Loyal"},
                                   {5, "99.99", "2026-11-20 00:00:00", "Loyal"},
                                   {2, "10.00", "2026-09-25 00:00:00", "Active"},
                                   {1, "10.00", "2026-05-28 00:00:00", "At_Risk"},
                                   {1, "10.00", "2026-05-26 23:59:59", "Dormant"}};
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const int customer = static_cast<int>(i) + 1;
    AddCustomer(customer);
    for (int order = 0; order < cases[i].orders; ++order) {
      AddEvent({.customer = customer,
                .type = "order_complete",
                .at = cases[i].last,
                .product = 7,
                .order = fmt::format("O{}-{}", customer, order),
                .order_total = cases[i].total});
    }
  }
  Must(Refresh(Connection(), AsOf()));
  const auto rows = Rows("SELECT rfm_segment FROM gold.customer_360 ORDER BY customer_id");
  for (std::size_t i = 0; i < cases.size(); ++i) EXPECT_EQ(rows[i][0], cases[i].segment) << i;
}

TEST_F(Queries, CategoriesCountSessionsAndPurchases) {
  AddCustomer(1);
  AddProduct(7);
  AddEvent({.type = "product_view", .at = "2026-01-01 10:00:00", .product = 7, .session = "S1"});
  AddEvent({.type = "product_view", .at = "2026-01-01 10:01:00", .product = 7, .session = "S1"});
  AddEvent({.type = "order_complete",
            .at = "2026-10-27 10:00:00",
            .product = 7,
            .session = "S2",
            .order = "O1",
            .order_total = "10.00"});
  AddEvent({.type = "review_submitted", .at = "2026-11-01 10:00:00", .product = 7});  // No session.
  EXPECT_THAT(AsOfLines(sql::kCustomerCategory),
              ElementsAre("1|CAT-001|2|1|2|1|2026-11-01 10:00:00|2026-01-01 10:01:00|2026-10-27 "
                          "10:00:00"));
}

TEST_F(Queries, AProductHasThePriceAndThePopularityOfItsTime) {
  AddCustomer(1, "2024-03-15", "1990-02-28", "10001");
  AddCustomer(2, "2024-03-15", "1990-02-28", "94105");
  AddProduct(7, "12.00");
  AddProduct(8, "30.00", "CAT-002", "DATE '2026-11-24'");  // Launched at as_of.
  AddProduct(9, "30.00", "CAT-002", "DATE '2026-11-23'");
  Write(
      "INSERT INTO raw.price_history VALUES (7, 11.00, TIMESTAMP '2025-11-24', TIMESTAMP "
      "'2026-11-24'), (7, 12.00, TIMESTAMP '2026-11-24', NULL)");
  const auto buy = [&](int customer, const std::string& at) {
    AddEvent({.customer = customer,
              .type = "pos_purchase",
              .at = at,
              .product = 7,
              .order = "O" + at + std::to_string(customer),
              .order_total = "11.00"});
  };
  buy(1, "2026-11-20 10:00:00");
  buy(2, "2026-09-20 10:00:00");
  buy(2, "2026-09-21 10:00:00");
  buy(1, "2026-02-20 10:00:00");
  AddEvent({.type = "product_view", .at = "2026-11-20 10:00:00", .product = 7});
  EXPECT_THAT(AsOfLines(sql::kProductState),
              ElementsAre("7|Product 7|CAT-001|GlowUp|11.00|false|NULL|1|1|3|4|2",
                          "9|Product 9|CAT-002|GlowUp|30.00|false|2026-11-23|0|0|0|0|0"));
  Must(MakeShapeTables(Connection(), domain::RetailerShape::Quickstart()));
  EXPECT_THAT(AsOfLines(sql::kProductRegion), ElementsAre("7|0|1", "7|4|2"));
}

TEST_F(Queries, ThePostalRulesDecideWhereABuyerLives) {
  domain::RetailerShape::Parts parts;
  parts.regions = {{"Ontario", "ON"}, {"Quebec", "QC"}, {"Elsewhere", "XX"}};
  parts.postal_formats = {{"CA", "A9A 9A9"}};
  parts.postal_rules = {{"CA", "K", "Ontario"}, {"CA", "K6A", "Quebec"}, {"CA", "V", "Elsewhere"}};
  parts.tiers = {{"t", "Only", {0}}};
  const auto shape = Must(domain::RetailerShape::Make(parts));
  AddProduct(7);
  const auto buyer = [&](int id, const std::string& code) {
    AddCustomer(id, "2024-03-15", "1990-02-28", code, "Only");
    AddEvent({.customer = id,
              .type = "pos_purchase",
              .at = "2026-11-20 10:00:00",
              .product = 7,
              .order = "O" + std::to_string(id),
              .order_total = "11.00"});
  };
  buyer(1, "K1A 0B1");
  buyer(2, "k6a0b1");
  buyer(3, "K6A-0B1");
  buyer(4, "V5K 0A1");
  buyer(5, "no code");
  Must(MakeShapeTables(Connection(), shape));
  EXPECT_THAT(AsOfLines(sql::kProductRegion), ElementsAre("7|0|2", "7|1|2", "7|2|1"));
}

TEST_F(Queries, StockIsWhatTheHistorySaysOrTheTableWhereThereIsNone) {
  Write(
      "INSERT INTO raw.inventory_history VALUES (7, 'Northeast', 5, 2, TIMESTAMP '2026-01-01', "
      "TIMESTAMP '2026-11-24'), (7, 'Northeast', 0, 2, TIMESTAMP '2026-11-24', NULL), "
      "(7, 'West', 0, 3, TIMESTAMP '2026-01-01', NULL)");
  Write(
      "INSERT INTO raw.inventory VALUES (7, 'Northeast', 'WH-NE-01', 0, 2, TIMESTAMP "
      "'2026-11-24'), (7, 'West', 'WH-WE-01', 9, 3, TIMESTAMP '2026-11-24'), "
      "(8, 'South', 'WH-SO-01', 4, NULL, TIMESTAMP '2026-11-24')");
  EXPECT_THAT(AsOfLines(sql::kStock), ElementsAre("7|Northeast|5|2", "8|South|4|0"));
  EXPECT_THAT(AsOfLines(sql::kStock, "2026-11-24 00:00:01"), ElementsAre("8|South|4|0"));
}

TEST_F(Queries, ActivityIsWhatHappenedInTheStretch) {
  AddEvent({.type = "product_view", .at = "2026-11-01 00:00:00", .product = 7});
  AddEvent({.type = "add_to_cart", .at = "2026-11-02 00:00:00", .product = 7});
  AddEvent({.type = "pos_purchase", .at = "2026-11-03 00:00:00", .product = 7, .order = "O1"});
  AddEvent({.type = "order_complete", .at = "2026-11-03 00:00:00", .product = 7, .order = "O2"});
  AddEvent({.type = "product_view", .at = "2026-11-04 00:00:00", .product = 7});  // At the end.
  AddEvent({.type = "product_view", .at = "2026-10-31 23:59:59", .product = 7});
  AddEvent({.type = "add_to_wishlist", .at = "2026-11-02 00:00:00", .product = 8});
  warehouse::Parameters stock = EventKinds();
  stock.push_back({"from", AsOf("2026-11-01")});
  stock.push_back({"until", AsOf("2026-11-04")});
  EXPECT_THAT(Lines(sql::kActivity, Must(warehouse::OnlyNamed(sql::kActivity, stock))),
              ElementsAre("1|7|1|1|2"));
}

}  // namespace
}  // namespace aisle::gold
