// What an import tells: numbers, rejects, unknown ids, defaults.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ingest/corner_shop_testing.h"

namespace aisle::ingest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ImportReportTest : public CornerShopTest {};

TEST_F(ImportReportTest, TheNumbersOfATableAddUp) {
  ASSERT_TRUE(ImportShop());
  Append("orders.csv",
         "R2;1;2025-07-10 09:05:00;berta;soap;1;2.00;SUMMER\n"  // Again.
         "R4;1;2025-07-12 10:00:00;anton;soap;1;2.25;\n"        // New.
         "R4;1;2025-07-12 10:00:00;anton;soap;1;2.25;\n"        // Again.
         "R4;1;2025-07-12 10:00:00;anton;soap;-1;2.25;\n"       // Rejected, though again.
         "R4;2;2025-07-12 10:00:00;;soap;1;2.25;\n");           // Rejected.
  Replace("products.csv", "3.50,yes", "3.60,yes");
  const auto report = ImportShop();
  ASSERT_TRUE(report) << report.error().message;
  for (const ImportedTable& one : report->tables) {
    EXPECT_EQ(one.rows, one.added + one.updated + one.unchanged + one.repeated + one.rejected)
        << one.table;
    EXPECT_GE(one.unchanged, 0) << one.table;
  }
  const ImportedTable& events = report->tables.back();
  EXPECT_EQ(events.rows, 8);
  EXPECT_EQ(events.added, 1);
  EXPECT_EQ(events.unchanged, 3);
  EXPECT_EQ(events.repeated, 2);
  EXPECT_EQ(events.rejected, 2);
  EXPECT_EQ(events.held, 4);
  EXPECT_EQ(report->tables[1].updated, 1) << "the bread's price";
  EXPECT_EQ(report->tables[1].unchanged, 2);
}

TEST_F(ImportReportTest, RejectsAreThoseOfTheLastImportOfTheMapping) {
  const std::string good = *base::ReadFile(folder_ / "orders.csv");
  Append("orders.csv",
         "R4;1;yesterday;anton;soap;1;2.25;\n"
         "R4;2;2025-07-12 10:00:00;;soap;1;2.25;\n");
  ASSERT_TRUE(ImportShop());
  // Of other mappings, one of whose name this one's is the beginning.
  Rows("INSERT INTO raw.rejects (source) VALUES ('corner-shop-2/orders.csv'), ('till')");
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.rejects"), "4\n");
  Write("orders.csv", good);
  ASSERT_TRUE(ImportShop());
  EXPECT_EQ(Rows("SELECT source FROM raw.rejects ORDER BY source"),
            "corner-shop-2/orders.csv\ntill\n");
}

TEST_F(ImportReportTest, EventsOfUnknownCustomersAndProductsAreKeptAndCounted) {
  const auto clean = ImportShop();
  ASSERT_TRUE(clean) << clean.error().message;
  EXPECT_TRUE(clean->unknown.empty());
  Append("orders.csv",
         "R5;1;2025-02-10 10:00:00;C77;soap;1;2.25;\n"
         "R5;2;2025-02-10 10:00:00;C77;NOPE;1;2.25;\n"
         "R6;1;2025-02-10 10:00:00;anton;NADA;1;2.25;\n"
         "R6;2;2025-02-10 10:00:00;anton;NOPE;1;2.25;\n");
  const auto report = ImportShop();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->tables.back().added, 4);
  ASSERT_EQ(report->unknown.size(), 2U);
  const UnknownIds& customers = report->unknown[0];
  EXPECT_EQ(customers.kind, "customer");
  EXPECT_EQ(customers.events, 2);
  EXPECT_EQ(customers.ids, 1);
  EXPECT_EQ(customers.first, "C77");
  const UnknownIds& products = report->unknown[1];
  EXPECT_EQ(products.kind, "product");
  EXPECT_EQ(products.events, 3);
  EXPECT_EQ(products.ids, 2);
  EXPECT_EQ(products.first, "NADA");
  // The table may come later.
  Append("customers.csv", "C77,94105,01/05/2025\n");
  const auto later = ImportShop();
  ASSERT_TRUE(later) << later.error().message;
  ASSERT_EQ(later->unknown.size(), 1U);
  EXPECT_EQ(later->unknown[0].kind, "product");
}

TEST_F(ImportReportTest, PostalCodesThatNoRuleKnowsAreKeptAndCounted) {
  const auto clean = ImportShop();
  ASSERT_TRUE(clean) << clean.error().message;
  EXPECT_EQ(clean->unknown_postal_codes.customers, 0);
  Append("customers.csv",
         "carla,10001-1234,03/15/2024\ndora,1000,03/15/2024\nemil,1000,03/15/2024\n"
         "frida,,03/15/2024\n");
  const auto report = ImportShop();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->unknown_postal_codes.customers, 3) << "where none is known, none is unknown";
  EXPECT_EQ(report->unknown_postal_codes.codes, 2);
  EXPECT_EQ(report->unknown_postal_codes.first, "1000");
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.customers"), "6\n");
}

TEST_F(ImportReportTest, EventsAfterNowAreCounted) {
  const auto report = ImportShop();  // Of January and July, loaded in June.
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->events_after_now, 1);
  ImportOptions later = Options();
  later.loaded_at = *report->last_event;
  const auto again = Import(*connection_, (folder_ / "mapping.toml").string(), folder_, later);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->events_after_now, 0) << "an event at this very moment is not after it";
}

TEST_F(ImportReportTest, AnEventIsTakenOnceHoweverOftenItIsSent) {
  Append("orders.csv", "R2;1;2025-07-10 09:05:00;berta;soap;1;2.00;SUMMER\n");
  const auto report = ImportShop();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->tables.back().rows, 4);
  EXPECT_EQ(report->tables.back().added, 3);
  EXPECT_EQ(report->tables.back().repeated, 1);
}

TEST_F(ImportReportTest, RowsThatCannotBeReadAreRejectedWithTheirLine) {
  Append("orders.csv",
         "R4;1;yesterday;anton;soap;1;2.25;\n"              // 5
         "R4;2;2025-07-12 10:00:00;anton;soap;1.5;2;\n"     // 6
         "R4;3;2025-07-12 10:00:00;anton\n"                 // 7
         "R4;4;2025-07-12 10:00:00;anton;soap;-1;2;\n"      // 8
         "R4;5;2025-07-12 10:00:00;;soap;1;2;\n"            // 9
         "R4;6;2025-07-12 10:00:00;anton;soap;1;2.25;\n"    // 10
         "R4;7;2025-02-30 10:00:00;anton;soap;1;2.25;\n");  // 11
  const auto report = ImportShop();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->sources[2].rows, 10);
  EXPECT_EQ(report->sources[2].rejected, 4);
  EXPECT_EQ(report->tables.back().rejected, 2);
  EXPECT_EQ(report->tables.back().added, 4);
  EXPECT_EQ(Rows("SELECT source, table_name, line, reason FROM raw.rejects ORDER BY line"),
            "corner-shop/orders.csv||5|bought_at: 'yesterday' is not TIMESTAMP\n"
            "corner-shop/orders.csv||6|pieces: '1.5' is not INT\n"
            "corner-shop/orders.csv||7|4 fields where the file has 8 columns\n"
            "corner-shop/orders.csv|raw.event_stream|8|quantity: '-1' is below 1\n"
            "corner-shop/orders.csv|raw.event_stream|9|customer_id: missing\n"
            "corner-shop/orders.csv||11|bought_at: '2025-02-30 10:00:00' is not TIMESTAMP\n");
  EXPECT_EQ(Rows("SELECT row_text FROM raw.rejects WHERE line IN (5, 7) ORDER BY line"),
            "R4;1;yesterday;anton;soap;1;2.25;\nR4;3;2025-07-12 10:00:00;anton\n");
  ASSERT_TRUE(ImportShop());
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.rejects"), "6\n") << "those of the last import";
}

TEST_F(ImportReportTest, StatedDefaultsAreKeptWithTheTables) {
  ASSERT_TRUE(ImportShop());
  EXPECT_EQ(Rows("SELECT value FROM raw.about WHERE key = 'import.corner-shop.default.02'"),
            "tiers: everybody is Bronze\n");
  EXPECT_EQ(
      Rows("SELECT value FROM raw.about WHERE key = 'import.corner-shop.time_zone.orders.csv'"),
      "America/New_York\n");
  EXPECT_EQ(Rows("SELECT value FROM raw.about WHERE key = 'source'"),
            "Corner shop: a made-up example\n");
}

// "3 file|table|column|reason: line value, ..." a group.
std::vector<std::string> Groups(const ImportReport& report) {
  std::vector<std::string> groups;
  for (const RejectGroup& group : report.rejects) {
    std::string text = std::to_string(group.rows) + " " + group.file + "|" + group.table + "|" +
                       group.column + "|" + group.reason + ":";
    for (const RejectedRow& row : group.examples)
      text += " " + std::to_string(row.line) + " '" + row.value + "'";
    groups.push_back(text);
  }
  return groups;
}

TEST_F(ImportReportTest, RejectedRowsAreGroupedByReasonsWithoutTheirValues) {
  EXPECT_THAT(Groups(*ImportShop()), ElementsAre());
  Append("orders.csv",
         "R4;1;it's 'now';anton;soap;1;2.25;\n"
         "R4;2;it's is has;anton;soap;1;2.25;\n"
         "R4;3;2025-13-01;anton;soap;1;2.25;\n"
         "R4;4;tomorrow;anton;soap;1;2.25;\n"
         "R4;5;2025-07-12 10:00:00;;soap;1;2.25;\n"
         "R4;6;2025-07-12 10:00:00;anton;soap;-1;2.25;\n"
         "R4;7;2025-07-12 10:00:00;anton;soap;0;2.25;\n"
         "R4;8\n");
  const auto report = ImportShop();
  EXPECT_THAT(
      Groups(*report),
      ElementsAre("4 orders.csv||bought_at|bought_at: … is not TIMESTAMP: 5 'it's 'now'' 6 'it's "
                  "is has' 7 '2025-13-01'",
                  "2 orders.csv|raw.event_stream|quantity|quantity: … is below 1: 10 '-1' 11 '0'",
                  "1 orders.csv|||2 fields where the file has 8 columns: 12 ''",
                  "1 orders.csv|raw.event_stream|customer_id|customer_id: missing: 9 ''"));
  EXPECT_EQ(report->rejects[0].examples[2].row, "R4;3;2025-13-01;anton;soap;1;2.25;");
}

TEST_F(ImportReportTest, PartsOfASourceAreOneGroupWhoseRowsNameTheirFile) {
  const std::string good = *base::ReadFile(folder_ / "orders.csv");
  std::filesystem::create_directory(folder_ / "orders");
  std::filesystem::rename(folder_ / "orders.csv", folder_ / "orders/0.csv");
  Write("orders/1.csv", good + "R4;1;soon;anton;soap;1;2.25;\n");
  Write("orders/2.csv", good + "R5;1;later;anton;soap;1;2.25;\n");
  Replace("mapping.toml", "orders.csv", "orders/");
  const auto report = ImportShop();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_THAT(
      Groups(*report),
      ElementsAre("2 orders/||bought_at|bought_at: … is not TIMESTAMP: 5 'soon' 5 'later'"));
  EXPECT_EQ(report->rejects[0].examples[1].file, "orders/2.csv");
}

TEST_F(ImportReportTest, SpellingsOfOneCategoryAndEventsThatADelayHidesAreCounted) {
  const auto clean = ImportShop();
  EXPECT_EQ(clean->spellings.categories, 0);
  EXPECT_EQ(clean->events_known_late, 1) << "the mapping says a day";
  OpenDatabase(":memory:");
  Replace("mapping.toml", "delay = \"1d\"\n", "");
  Append("products.csv",
         "x1,X,care,A,1.00,no\nx2,X, Care ,A,1.00,no\nx3,X,Café,A,1.00,no\n"
         "x4,X,CAFE,A,1.00,no\nx5,X,cafe,A,1.00,no\n");
  const auto report = ImportShop();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->spellings.categories, 2);
  EXPECT_EQ(report->spellings.spellings, 5);
  EXPECT_EQ(report->spellings.all, 7);
  EXPECT_EQ(report->spellings.first, "'CAFE', 'cafe'");
  EXPECT_EQ(report->events_known_late, 0);
}

}  // namespace
}  // namespace aisle::ingest
