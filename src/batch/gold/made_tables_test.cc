// Records come from the tables of the last refresh only while these say what the events say.
#include "gold/made_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "gold/records_testing.h"
#include "gold/refresh.h"
#include "gold/shop_testing.h"
#include "gold/sql.h"

namespace aisle::gold {
namespace {

class MadeTables : public testing::Test, public ShopFixture {
 protected:
  // Fifty customers of every kind: some joined later, some nobody knows; events of all sorts, some late, some
  // of a category or a product that is not there.
  void SetUp() override {
    for (int id = 1; id <= 50; ++id) {
      AddCustomer(id, id % 9 == 0 ? "2026-11-24" : "2024-03-15", "1990-02-28",
                  fmt::format("{}0001", id % 10), id % 3 == 0 ? "Gold" : "Bronze");
      if (id % 4 == 0) AddHistory(id, "2024-03-15", "2026-06-01", "Silver", "33101");
      if (id % 4 == 0) AddHistory(id, "2026-06-01", "", "Gold", "94105");
    }
    for (int id = 1; id <= 12; ++id) {
      AddProduct(id, fmt::format("{}.50", 5 * id), id % 2 == 0 ? "CAT-002" : "CAT-001",
                 id == 12 ? "DATE '2026-11-24'" : "DATE '2026-01-01'");
    }
    Write(
        "INSERT INTO raw.price_history VALUES (3, 11.00, TIMESTAMP '2025-11-24', TIMESTAMP "
        "'2026-11-24'), (3, 12.00, TIMESTAMP '2026-11-24', NULL)");
    Write(
        "INSERT INTO raw.event_stream (event_id, customer_id, event_type, event_timestamp, "
        "channel, "
        "session_id, device_type, product_id, product_category, product_price, quantity, order_id, "
        "order_total, points_earned, points_redeemed, order_line, line_total, cart_id, visitor_id, "
        "ingested_at) SELECT 'R' || i, CASE WHEN i % 11 = 0 THEN NULL ELSE i * 7 % 55 + 1 END, "
        "kind, happened, "
        "CASE WHEN i % 5 = 0 THEN 'Store' ELSE 'Web' END, CASE WHEN i % 13 <> 0 THEN 'S' || (i // "
        "6) END, "
        "'Mobile', CASE WHEN i % 17 <> 0 THEN i % 14 + 1 END, CASE WHEN i % 19 = 0 THEN 'CAT-009' "
        "WHEN i % "
        "17 <> 0 THEN 'CAT-00' || (i % 2 + 1) END, 5.25 + i % 40, 1, CASE WHEN kind IN "
        "('order_complete', "
        "'pos_purchase') THEN 'O' || (i // 3) END, 10.25 + i // 3 % 50, CASE WHEN kind = "
        "'points_earned' "
        "THEN i % 100 END, CASE WHEN kind = 'points_redeemed' THEN i % 50 END, 1, 10.25, CASE WHEN "
        "kind IN "
        "('add_to_cart', 'order_complete') THEN 'C' || (i // 8) END, 'V', happened + INTERVAL '1' "
        "SECOND "
        "* "
        "(CASE WHEN i % 23 = 0 THEN 400000000 ELSE 1 END) FROM (SELECT i, CASE i % 8 WHEN 0 THEN "
        "'product_view' WHEN 1 THEN 'search' WHEN 2 THEN 'category_browse' WHEN 3 THEN "
        "'add_to_cart' WHEN 4 "
        "THEN 'order_complete' WHEN 5 THEN 'pos_purchase' WHEN 6 THEN 'points_earned' ELSE "
        "'points_redeemed' END AS kind, TIMESTAMP '2026-11-26 00:00:00' - INTERVAL '1' HOUR * "
        "CAST(i * 37 "
        "% 9000 AS INTEGER) AS happened FROM range(3000) r(i)) e");
  }

  bool Hold(std::string_view as_of = kAsOfText) {
    return Must(FindRecords(Connection(), AsOf(as_of))).from_tables;
  }
  std::string Text(const RecordQueries& queries,
                   const std::optional<CustomerIds>& only = std::nullopt) {
    return Must(RecordsAsText(Connection(), Database(), queries, AsOf(), only));
  }
  // By the way that everybody reads.
  std::string Found() { return Text(QueriesOf(Must(FindRecords(Connection(), AsOf())))); }
};

TEST_F(MadeTables, TheirRecordsAreThoseOfTheQueriesFieldByField) {
  Must(Refresh(Connection(), AsOf()));
  ASSERT_TRUE(Hold());
  const std::string events = Text(OverEvents());
  EXPECT_EQ(Text(OverTables()), events);
  EXPECT_GT(events.size(), 20'000U);
  EXPECT_THAT(events, testing::ContainsRegex("categories [12] browsed"));
  const CustomerIds some = {{2}, {3}, {9}, {44}, {999}};
  EXPECT_EQ(Text(OverTables(), some), Text(OverEvents(), some));
  EXPECT_EQ(Text(OverTables(), CustomerIds{}), Text(OverEvents(), CustomerIds{}));
}

TEST_F(MadeTables, AreReadInPlaceOfTheEvents) {
  Must(Refresh(Connection(), AsOf()));
  const std::string before = Found();
  Write("UPDATE gold.customer_state SET total_points_earned = 77777 WHERE customer_id = 5");
  EXPECT_THAT(Found(), testing::HasSubstr("points 77777"));
  EXPECT_THAT(before, testing::Not(testing::HasSubstr("points 77777")));
}

TEST_F(MadeTables, AnyWriteThatAnAnswerCouldDependOnSendsReadersBackToTheEvents) {
  for (const char* write :
       {"INSERT INTO raw.event_stream SELECT * REPLACE ('late' AS event_id, TIMESTAMP '2025-12-24 "
        "10:00:00' "
        "AS event_timestamp, TIMESTAMP '2025-12-24 10:00:01' AS ingested_at) FROM raw.event_stream "
        "WHERE "
        "event_id = 'R1'",
        "UPDATE raw.event_stream SET product_price = product_price + 1 WHERE event_id = 'R1000'",
        "UPDATE raw.event_stream SET customer_id = 1 WHERE event_id = 'R1100'",
        "UPDATE raw.event_stream SET session_id = NULL WHERE event_id = 'R1000'",
        "DELETE FROM raw.event_stream WHERE event_id = 'R1000'",
        "UPDATE raw.event_stream SET ingested_at = event_timestamp WHERE event_id = 'R2300'",
        "UPDATE raw.customers SET date_of_birth = DATE '1991-01-01' WHERE customer_id = 7",
        "DELETE FROM raw.customers WHERE customer_id = 7",
        "UPDATE raw.customer_history SET zip_code = '60601' WHERE customer_id = 4",
        "UPDATE raw.customer_history SET valid_to = TIMESTAMP '2026-11-01' WHERE customer_id = 4 "
        "AND "
        "valid_to IS NULL",
        "UPDATE raw.price_history SET price = 9 WHERE price = 11",
        "UPDATE raw.product_catalog SET product_name = 'Another' WHERE product_id = 3",
        "UPDATE raw.product_catalog SET launched_on = DATE '2026-12-01' WHERE product_id = 3"}) {
    Must(Refresh(Connection(), AsOf()));
    ASSERT_TRUE(Hold()) << write;
    const std::string before = Found();
    Write(write);
    EXPECT_FALSE(Hold()) << write;
    EXPECT_EQ(Found(), Text(OverEvents())) << write;
    EXPECT_NE(Found(), before) << write;
  }
}

TEST_F(MadeTables, OtherPostalRulesSendReadersBackToTheEvents) {
  Must(Refresh(Connection(), AsOf()));
  ASSERT_TRUE(Hold());
  const std::string before = Found();
  Write("INSERT INTO raw.regions VALUES ('Northeast', 'A', 1), ('West', 'B', 2)");
  Write("INSERT INTO raw.postal_formats VALUES ('US', '99999')");
  Write("INSERT INTO raw.postal_regions VALUES ('US', '', 'West')");
  EXPECT_FALSE(Hold());
  EXPECT_EQ(Found(), Text(OverEvents()));
  EXPECT_NE(Found(), before);
}

TEST_F(MadeTables, WhatIsNotKnownYetAtThatMomentChangesNothing) {
  Must(Refresh(Connection(), AsOf()));
  AddEvent({.type = "product_view", .at = "2026-11-24 00:00:00", .product = 7});
  AddEvent({.type = "product_view",
            .at = "2026-11-20 00:00:00",
            .ingested = "2026-11-24 09:00:00",
            .product = 7});
  EXPECT_TRUE(Hold());
  EXPECT_EQ(Found(), Text(OverEvents()));
}

TEST_F(MadeTables, OfAnotherMomentOrMissingOrUnmarkedTheyDoNotHold) {
  EXPECT_FALSE(Hold());  // Never refreshed.
  Must(Refresh(Connection(), AsOf()));
  EXPECT_TRUE(Hold());
  EXPECT_FALSE(Hold("2026-11-23"));
  Must(Refresh(Connection(), AsOf("2026-11-23")));
  EXPECT_FALSE(Hold());
  EXPECT_TRUE(Hold("2026-11-23"));
  const auto broken = [&](const char* write) {
    Must(Refresh(Connection(), AsOf()));
    EXPECT_TRUE(Hold()) << write;
    Write(write);
    EXPECT_FALSE(Hold()) << write;
    EXPECT_EQ(Found(), Text(OverEvents())) << write;
  };
  broken("DROP TABLE gold.customer_product");
  broken("DELETE FROM gold.customer_category WHERE customer_id = 5");
  broken("DELETE FROM gold.refresh_history WHERE table_name = 'gold.product_state'");
  broken("UPDATE gold.refresh_history SET data_mark = 'another' WHERE data_mark IS NOT NULL");
  broken("ALTER TABLE gold.refresh_history DROP COLUMN data_mark");  // An older program's.
  Must(Refresh(Connection(), AsOf()));
  EXPECT_TRUE(Hold());
}

TEST_F(MadeTables, ARefreshReplacesTheOrdersTablesThatProgramsBeforeMade) {
  Write("CREATE SCHEMA IF NOT EXISTS gold");
  Write("CREATE TABLE gold.orders AS SELECT 1 AS order_id");
  Must(Refresh(Connection(), AsOf()));
  Must(Refresh(Connection(), AsOf()));
  EXPECT_GT(std::stoi(Rows("SELECT count(*) FROM gold.orders").at(0).at(0)), 100);
}

std::set<std::string> Words(std::string text) {
  text = std::regex_replace(text, std::regex("--[^\n]*"), "");
  std::set<std::string> words;
  const std::regex word("[a-z_][a-z_0-9.]*");
  for (std::sregex_iterator it(text.begin(), text.end(), word), end; it != end; ++it) {
    const std::string found = it->str();
    words.insert(found);
    const std::size_t dot = found.find('.');  // "h.zip_code" names zip_code.
    if (dot != std::string::npos && !found.starts_with("raw.")) words.insert(found.substr(dot + 1));
  }
  return words;
}

// Columns of raw tables that the queries read and the mark does not.
std::vector<std::string> Unmarked(ShopFixture& shop, const std::vector<base::NamedText>& queries,
                                  std::string_view mark) {
  const std::set<std::string> marked = Words(std::string(mark));
  std::set<std::string> missing;
  for (const base::NamedText& query : queries) {
    const std::set<std::string> read = Words(std::string(query.text));
    for (const auto& row : shop.Rows("SELECT 'raw.' || table_name, column_name FROM "
                                     "information_schema.columns WHERE table_schema "
                                     "= 'raw'")) {
      if (!read.contains(row[0])) continue;
      if (!marked.contains(row[0])) missing.insert(row[0]);
      if (read.contains(row[1]) && !marked.contains(row[1])) missing.insert(row[1]);
    }
  }
  return {missing.begin(), missing.end()};
}

TEST_F(MadeTables, TheMarkLooksAtEveryColumnThatTheQueriesRead) {
  const std::vector<base::NamedText> queries = {sql::kCustomerState, sql::kCustomerCategory,
                                                sql::kCustomerProduct, sql::kProductState,
                                                sql::kProductRegion};
  EXPECT_THAT(Unmarked(*this, queries, sql::kDataMark.text), testing::ElementsAre());
  // The canary: what reads more is seen.
  const base::NamedText more = {
      "test",
      "SELECT e.promo_code FROM raw.event_stream e JOIN raw.stores s ON s.store_id = e.store_id"};
  EXPECT_THAT(Unmarked(*this, {more}, sql::kDataMark.text),
              testing::ElementsAre("promo_code", "raw.stores", "store_id"));
}

}  // namespace
}  // namespace aisle::gold
