// What becomes of acknowledged changes in the raw tables and their histories.
#include <gmock/gmock.h>

#include "ingest/changes_testing.h"
#include "ingest/history.h"

namespace aisle::ingest {
namespace {

using domain::Cents;
using events::Kind;
using testing::HasSubstr;

TEST_F(ChangesTest, AreNoneWithoutALog) {
  EXPECT_EQ(Collect(), 0);
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.about WHERE key LIKE 'changes%'"), "0\n");
}

TEST_F(ChangesTest, StockIsWrittenWithWhatItWasBefore) {
  Append({Stock(0, 7, "West", 0)});
  EXPECT_EQ(Collect(), 1);
  EXPECT_EQ(Rows("SELECT * FROM raw.inventory ORDER BY region"),
            "7|South|WH-S|9|3|NULL\n7|West|WH-W|0|2|2026-11-29 12:00:00\n")
      << "what the record does not give stays";
  EXPECT_EQ(StockHistory(),
            "7|West|0|2|2026-11-29 12:00:00|NULL\n"
            "7|West|5|2|0001-01-01 00:00:00|2026-11-29 12:00:00\n");
  EXPECT_EQ(Mark(), 1U);
}

TEST_F(ChangesTest, StockThatNobodyHadBeginsWithItsRecord) {
  Append({Stock(0, 8, "West", 4)});
  EXPECT_EQ(Collect(), 1);
  EXPECT_EQ(StockHistory(), "8|West|4|NULL|2026-11-29 12:00:00|NULL\n");
  EXPECT_EQ(Rows("SELECT * FROM raw.inventory WHERE product_id = 8"),
            "8|West|NULL|4|NULL|2026-11-29 12:00:00\n");
}

TEST_F(ChangesTest, SeveralOfOneRowEachLeaveTheirHistory) {
  Append({Stock(0, 7, "West", 4), Stock(1, 7, "West", 4), Stock(2, 7, "West", 3),
          Stock(3, 7, "South", 9), Stock(3, 7, "West", 2), Stock(3, 7, "West", 5)});
  EXPECT_EQ(Collect(), 6);
  EXPECT_EQ(StockHistory(),
            "7|West|3|2|2026-11-29 12:02:00|2026-11-29 12:03:00\n"
            "7|West|4|2|2026-11-29 12:00:00|2026-11-29 12:02:00\n"
            "7|West|5|2|0001-01-01 00:00:00|2026-11-29 12:00:00\n"
            "7|West|5|2|2026-11-29 12:03:00|NULL\n")
      << "what repeats makes no row, and of two of one moment the last counts";
  EXPECT_EQ(Rows("SELECT qty_on_hand, last_updated FROM raw.inventory WHERE region = 'West'"),
            "5|2026-11-29 12:03:00\n");
}

TEST_F(ChangesTest, TheHistoryGoesOnWithTheNextIntake) {
  Append({Stock(0, 7, "West", 4)});
  EXPECT_EQ(Collect(), 1);
  Append({Stock(1, 7, "West", 4), Stock(2, 7, "West", 0)});
  EXPECT_EQ(Collect(), 2);
  EXPECT_EQ(StockHistory(),
            "7|West|0|2|2026-11-29 12:02:00|NULL\n"
            "7|West|4|2|2026-11-29 12:00:00|2026-11-29 12:02:00\n"
            "7|West|5|2|0001-01-01 00:00:00|2026-11-29 12:00:00\n");
  Append({Stock(2, 7, "West", 6)});
  EXPECT_EQ(Collect(), 1);
  EXPECT_THAT(StockHistory(), HasSubstr("7|West|6|2|2026-11-29 12:02:00|NULL\n"))
      << "the last of a moment, also when another was taken in before";
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.inventory_history"), "3\n");
}

TEST_F(ChangesTest, WhatIsThereAlreadyChangesNothing) {
  Append({Stock(0, 7, "West", 5), Price(0, 7, 1200), Soap(1, {}),
          Customer(2, {{"zip_code", "10001"}})});
  const std::string before = Rows("SELECT * FROM raw.inventory ORDER BY ALL");
  EXPECT_EQ(Collect(), 4);
  EXPECT_EQ(Rows("SELECT * FROM raw.inventory ORDER BY ALL"), before);
  for (const DatedTable& table : kDatedTables)
    EXPECT_EQ(Rows(fmt::format("SELECT count(*) FROM {}", table.history)), "0\n") << table.history;
}

TEST_F(ChangesTest, AHistoryThatSaysSomethingElseThanTheTableIsWhatCounts) {
  Rows("INSERT INTO raw.inventory_history VALUES (7, 'West', 3, 2, '2026-01-01', NULL)");
  Append({Stock(0, 7, "West", 5)});
  EXPECT_EQ(Collect(), 1);
  EXPECT_EQ(StockHistory(),
            "7|West|3|2|2026-01-01 00:00:00|2026-11-29 12:00:00\n"
            "7|West|5|2|2026-11-29 12:00:00|NULL\n");
}

TEST_F(ChangesTest, AHistoryThatHasEndedBeginsAgainAfterItsGap) {
  Rows(
      "INSERT INTO raw.inventory_history VALUES (7, 'West', 5, 2, '2026-01-01', '2026-02-01'), "
      "(7, 'South', 9, 3, '2026-01-01', '2027-01-01')");
  Append({Stock(0, 7, "West", 5), Stock(0, 7, "South", 9)});
  EXPECT_EQ(Collect(), 2);
  EXPECT_EQ(StockHistory(),
            "7|South|9|3|2026-01-01 00:00:00|2026-11-29 12:00:00\n"
            "7|South|9|3|2026-11-29 12:00:00|NULL\n"
            "7|West|5|2|2026-01-01 00:00:00|2026-02-01 00:00:00\n"
            "7|West|5|2|2026-11-29 12:00:00|NULL\n")
      << "and one that was to end holds on";
}

TEST_F(ChangesTest, APriceGoesIntoTheCatalogueAndItsHistory) {
  Append({Price(0, 7, 1000), Price(1, 7, 900)});
  EXPECT_EQ(Collect(), 2);
  EXPECT_EQ(Rows("SELECT price, brand FROM raw.product_catalog WHERE product_id = 7"),
            "9.00|Olive\n");
  EXPECT_EQ(Rows("SELECT * FROM raw.price_history ORDER BY valid_from"),
            "7|12.00|0001-01-01 00:00:00|2026-11-29 12:00:00\n"
            "7|10.00|2026-11-29 12:00:00|2026-11-29 12:01:00\n"
            "7|9.00|2026-11-29 12:01:00|NULL\n");
}

TEST_F(ChangesTest, OfAProductOnlyTheColumnsThatAreGivenChange) {
  Append({Soap(0, {{"hidden", true}, {"weight_lbs", std::int64_t{2}}}),
          Soap(1, {{"brand", std::monostate{}}, {"price", std::int64_t{13}}}), Price(2, 7, 1400)});
  EXPECT_EQ(Collect(), 3);
  EXPECT_EQ(Rows("SELECT product_name, brand, price, weight_lbs, hidden, is_perishable FROM "
                 "raw.product_catalog ORDER BY product_id"),
            "Soap|NULL|14.00|2.0|true|NULL\nTea|NULL|5.00|NULL|NULL|NULL\n");
  EXPECT_EQ(Rows("SELECT price, valid_to FROM raw.price_history ORDER BY valid_from"),
            "12.00|2026-11-29 12:01:00\n13.00|2026-11-29 12:02:00\n14.00|NULL\n");
}

TEST_F(ChangesTest, AProductThatIsNewHadItsFirstPriceAlways) {
  Append({Soap(0, {{"product_id", std::int64_t{9}}}), Price(1, 9, 1100)});
  EXPECT_EQ(Collect(), 2);
  EXPECT_EQ(Rows("SELECT product_id, price, hidden FROM raw.product_catalog WHERE product_id = 9"),
            "9|11.00|NULL\n");
  EXPECT_EQ(Rows("SELECT * FROM raw.price_history ORDER BY valid_from"),
            "9|12.00|0001-01-01 00:00:00|2026-11-29 12:01:00\n"
            "9|11.00|2026-11-29 12:01:00|NULL\n");
}

TEST_F(ChangesTest, APriceOfAProductThatIsNotThereYetIsItsHistoryAlone) {
  Append({Price(0, 9, 1100)});
  EXPECT_EQ(Collect(), 1);
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.product_catalog WHERE product_id = 9"), "0\n");
  Append({Soap(1, {{"product_id", std::int64_t{9}}})});
  EXPECT_EQ(Collect(), 1);
  EXPECT_EQ(Rows("SELECT price FROM raw.product_catalog WHERE product_id = 9"), "12.00\n");
  EXPECT_EQ(Rows("SELECT * FROM raw.price_history ORDER BY valid_from"),
            "9|11.00|0001-01-01 00:00:00|2026-11-29 12:01:00\n"
            "9|12.00|2026-11-29 12:01:00|NULL\n");
}

TEST_F(ChangesTest, ACustomersHistoryHasItsOwnColumns) {
  Append({Customer(0, {{"email", "a@example.com"}}), Customer(1, {{"zip_code", "94105"}}),
          Customer(2, {{"has_app", std::monostate{}}})});
  EXPECT_EQ(Collect(), 3);
  EXPECT_EQ(Rows("SELECT customer_id, email, zip_code, loyalty_tier, has_app FROM raw.customers"),
            "1|a@example.com|94105|Bronze|NULL\n");
  EXPECT_EQ(Rows("SELECT loyalty_tier, has_app, zip_code, valid_from, valid_to FROM "
                 "raw.customer_history ORDER BY valid_from"),
            "Bronze|true|10001|0001-01-01 00:00:00|2026-11-29 12:01:00\n"
            "Bronze|true|94105|2026-11-29 12:01:00|2026-11-29 12:02:00\n"
            "Bronze|NULL|94105|2026-11-29 12:02:00|NULL\n")
      << "an address is no part of it";
}

// A file that tells of tiers alone leaves the rest to the table, which now has something else.
TEST_F(ChangesTest, WhatAHistoryTookFromTheTableItKeeps) {
  Rows(
      "INSERT INTO raw.customer_history (customer_id, loyalty_tier, valid_from, valid_to) VALUES "
      "(1, 'Silver', '2026-01-01', '2026-06-01'), (1, 'Bronze', '2026-06-01', NULL)");
  Append({Customer(0, {{"zip_code", "10001"}})});
  EXPECT_EQ(Collect(), 1);
  EXPECT_EQ(Rows("SELECT count(*), count(zip_code) FROM raw.customer_history"), "2|0\n")
      << "it repeats what the table says";
  Append({Customer(1, {{"zip_code", "94105"}})});
  EXPECT_EQ(Collect(), 1);
  EXPECT_EQ(Rows("SELECT loyalty_tier, has_app, zip_code, valid_from, valid_to FROM "
                 "raw.customer_history ORDER BY valid_from"),
            "Silver|true|10001|2026-01-01 00:00:00|2026-06-01 00:00:00\n"
            "Bronze|true|10001|2026-06-01 00:00:00|2026-11-29 12:01:00\n"
            "Bronze|true|94105|2026-11-29 12:01:00|NULL\n");
}

}  // namespace
}  // namespace aisle::ingest
