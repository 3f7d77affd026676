#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "ingest/corner_shop_testing.h"

namespace aisle::ingest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

class ImportTest : public CornerShopTest {};

TEST_F(ImportTest, TheExampleBecomesRawTables) {
  const auto report = ImportShop();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(Rows("SELECT event_id, customer_id, event_type, event_timestamp, product_id, "
                 "product_category, product_price, quantity, order_id, order_total, order_line, "
                 "line_total, promo_code, visitor_id, ingested_at, loaded_at FROM raw.event_stream "
                 "ORDER BY event_id"),
            "R1-1|1|pos_purchase|2025-01-10 23:30:00|2|dairy|1.99|2|R1|7.48|1|3.98|NULL|Vanton|"
            "2025-01-11 23:30:00|2025-06-15 15:06:40\n"
            "R1-2|1|pos_purchase|2025-01-10 23:30:00|1|bakery|3.50|1|R1|7.48|2|3.50|NULL|Vanton|"
            "2025-01-11 23:30:00|2025-06-15 15:06:40\n"
            "R2-1|2|pos_purchase|2025-07-10 13:05:00|3|care|2.25|1|R2|2.00|1|2.00|SUMMER|Vberta|"
            "2025-07-11 13:05:00|2025-06-15 15:06:40\n");
  EXPECT_EQ(Rows("SELECT product_id, product_name, category_id, brand, price, is_perishable FROM "
                 "raw.product_catalog ORDER BY product_id"),
            "1|Rye bread|bakery|Crust|3.50|true\n2|Milk, 1 quart|dairy|Meadow|1.99|true\n"
            "3|Olive soap|care|NULL|2.25|false\n");
  EXPECT_EQ(
      Rows("SELECT customer_id, zip_code, customer_since_date, loyalty_tier FROM raw.customers "
           "ORDER BY customer_id"),
      "1|60601|2023-12-01|Bronze\n2|10001|2024-03-15|Bronze\n");
  EXPECT_EQ(Rows("SELECT customer_id, loyalty_tier, valid_from, valid_to FROM raw.customer_history "
                 "ORDER BY customer_id"),
            "1|Bronze|2023-12-01 00:00:00|NULL\n2|Bronze|2024-03-15 00:00:00|NULL\n");
  EXPECT_EQ(Rows("SELECT count(*), count(DISTINCT region), min(qty_on_hand) FROM raw.inventory"),
            "15|5|100\n");
  EXPECT_EQ(
      Rows("SELECT kind, source_id, id FROM raw.id_map ORDER BY kind, id"),
      "customer|anton|1\ncustomer|berta|2\nproduct|bread|1\nproduct|milk-1|2\nproduct|soap|3\n");
  EXPECT_EQ(base::FormatIso(*report->last_event), "2025-07-10T13:05:00Z");
  EXPECT_EQ(report->mapping, "corner-shop");
  ASSERT_EQ(report->sources.size(), 3U);
  EXPECT_EQ(report->sources[2].file, "orders.csv");
  EXPECT_EQ(report->sources[2].rows, 3);
  EXPECT_EQ(report->sources[2].rejected, 0);
}

TEST_F(ImportTest, AgainAddsNothing) {
  EXPECT_EQ(Shop(), "3 3 0 0");
  const std::string before =
      Rows("SELECT * EXCLUDE loaded_at FROM raw.event_stream ORDER BY event_id");
  EXPECT_EQ(Shop(), "3 0 0 0");
  EXPECT_EQ(Shop("raw.product_catalog"), "3 0 0 0");
  EXPECT_EQ(Shop("raw.inventory"), "15 0 0 0");
  EXPECT_EQ(Rows("SELECT * EXCLUDE loaded_at FROM raw.event_stream ORDER BY event_id"), before);
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.id_map"), "5\n");
  EXPECT_EQ(Rows("SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE 'aisle_%'"), "0\n")
      << "nothing of the import's own stays behind";
}

TEST_F(ImportTest, WhatAFileDoesNotSayOfHiddenProductsStaysAsItIs) {
  ASSERT_TRUE(ImportShop());
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.product_catalog WHERE hidden IS NULL"), "3\n");
  Rows("UPDATE raw.product_catalog SET hidden = true WHERE product_id = 1");
  EXPECT_EQ(Shop("raw.product_catalog"), "3 0 0 0") << "not a difference";
  Replace("products.csv", "3.50,yes", "3.60,yes");
  EXPECT_EQ(Shop("raw.product_catalog"), "3 0 1 0");
  EXPECT_EQ(Rows("SELECT product_id, price, hidden FROM raw.product_catalog ORDER BY product_id"),
            "1|3.60|true\n2|1.99|NULL\n3|2.25|NULL\n");
  Replace("mapping.toml", "AS is_perishable", "AS is_perishable, sku = 'soap' AS hidden");
  EXPECT_EQ(Shop("raw.product_catalog"), "3 0 3 0") << "what it says counts";
  EXPECT_EQ(Rows("SELECT product_id, hidden FROM raw.product_catalog ORDER BY product_id"),
            "1|false\n2|false\n3|true\n");
}

TEST_F(ImportTest, ALongerExtractAddsOnlyWhatIsNew) {
  ASSERT_TRUE(ImportShop());
  Append("customers.csv", "aaron,94105,01/05/2025\n");
  Append("products.csv", "apple,Apple,fruit,,0.50,true\n");
  Replace("products.csv", "3.50,yes", "3.60,yes");
  Append("orders.csv", "R3;1;2025-07-11 10:00:00;aaron;apple;4;2.00;\n");
  EXPECT_EQ(Shop("raw.product_catalog"), "4 1 1 0") << "one is new, one has another price";
  EXPECT_EQ(Rows("SELECT product_id, price FROM raw.product_catalog ORDER BY product_id"),
            "1|3.60\n2|1.99\n3|2.25\n4|0.50\n");
  EXPECT_EQ(
      Rows("SELECT event_id, customer_id, product_id FROM raw.event_stream ORDER BY event_id"),
      "R1-1|1|2\nR1-2|1|1\nR2-1|2|3\nR3-1|3|4\n")
      << "ids that were given out stay, new ones follow the highest";
}

TEST_F(ImportTest, AFileWithoutHeaderIsReadInTheOrderOfTheMapping) {
  std::string orders = *base::ReadFile(folder_ / "orders.csv");
  Write("orders.csv", orders.substr(orders.find('\n') + 1));
  Replace("mapping.toml", "delimiter = \";\"", "delimiter = \";\"\nheader = false");
  EXPECT_EQ(Shop(), "3 3 0 0");
  EXPECT_EQ(Rows("SELECT event_id, promo_code FROM raw.event_stream ORDER BY event_id"),
            "R1-1|NULL\nR1-2|NULL\nR2-1|SUMMER\n");
  Append("orders.csv", "R3;1\n");
  ASSERT_TRUE(ImportShop());
  EXPECT_EQ(Rows("SELECT line FROM raw.rejects"), "4\n");
}

TEST_F(ImportTest, BytesThatAreNoTextAreRejectedAndShownAsFarAsTheyAre) {
  Append("orders.csv", "R4;1;2025-07-12 10:00:00;ant\xFFn;soap;1;2.25;\n");
  EXPECT_EQ(Shop(), "3 3 0 0");
  EXPECT_EQ(Rows("SELECT reason, row_text FROM raw.rejects"),
            "not UTF-8 text|R4;1;2025-07-12 10:00:00;ant?n;soap;1;2.25;\n");
}

TEST_F(ImportTest, AFolderMayHaveAnyName) {
  const fs::path moved = folder_ / "Bob's $shop";
  fs::create_directory(moved);
  for (const char* name : {"customers.csv", "products.csv", "orders.csv"})
    fs::rename(folder_ / name, moved / name);
  const auto report = Import(*connection_, (folder_ / "mapping.toml").string(), moved, Options());
  ASSERT_TRUE(report) << report.error().message;
}

TEST_F(ImportTest, WrongColumnsAreNamedAndNothingChanges) {
  ASSERT_TRUE(ImportShop());
  const std::string before = Rows("SELECT count(*) FROM raw.event_stream");
  Append("products.csv", "apple,Apple,fruit,,0.50,true\n");
  Replace("orders.csv", "receipt;line;", "receipt;no;");
  EXPECT_THAT(Shop(),
              HasSubstr("mapping.toml:37: orders.csv has no column 'line'; it has receipt, no,"));
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.event_stream"), before);
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.product_catalog"), "3\n") << "the products neither";
}

TEST_F(ImportTest, ErrorsInAQueryNameTheLineOfTheMapping) {
  Replace("mapping.toml", "o.paid AS line_total", "o.price AS line_total");
  const std::string said = Shop();
  EXPECT_THAT(said, HasSubstr("mapping.toml:94"));
  EXPECT_THAT(said, HasSubstr("price"));
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.product_catalog"), "0\n");
}

TEST_F(ImportTest, AQueryMustFitItsTable) {
  Replace("mapping.toml", "o.paid AS line_total", "o.paid AS line_sum");
  EXPECT_THAT(Shop(),
              HasSubstr("raw.event_stream: the query gives 'line_sum', which is no column"));
  Replace("mapping.toml", "o.paid AS line_sum", "o.paid AS loaded_at");
  EXPECT_THAT(Shop(), HasSubstr("'loaded_at' is set by the import"));
  Replace("mapping.toml", "o.paid AS loaded_at", "o.paid AS line_total");
  Replace("mapping.toml", "'V' || o.customer AS visitor_id,", "");
  EXPECT_THAT(Shop(), HasSubstr("the query must give 'visitor_id'"));
}

TEST_F(ImportTest, AQueryIsOneSelect) {
  Replace("mapping.toml", "FROM customers\n'''", "FROM customers; DROP TABLE raw.stores\n'''");
  EXPECT_THAT(Shop(), HasSubstr("mapping.toml"));
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.stores"), "0\n") << "it is still there";
}

TEST_F(ImportTest, TimeAsTextIsRefusedBecauseItsZoneIsUnknown) {
  Replace("mapping.toml", "bought_at = \"TIMESTAMP\"", "bought_at = \"TEXT\"");
  EXPECT_THAT(Shop(), HasSubstr("'event_timestamp' is text; declare it as TIMESTAMP"));
}

TEST_F(ImportTest, AnUnknownTimeZoneIsRefused) {
  Replace("mapping.toml", "America/New_York", "America/Gotham");
  EXPECT_THAT(Shop(), HasSubstr("time_zone 'America/Gotham' is not known"));
}

TEST_F(ImportTest, MissingThingsAreNamed) {
  fs::remove(folder_ / "orders.csv");
  auto report = ImportShop();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(report.error().message, HasSubstr("orders.csv: no such file"));
  report = Import(*connection_, (folder_ / "none.toml").string(), folder_, Options());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kNotFound);
  report = Import(*connection_, "corner-store", folder_, Options());
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().message, HasSubstr("no shipped mapping 'corner-store'"));
}

TEST_F(ImportTest, ParametersHaveNamesRangesAndMayOnlyGrow) {
  Replace("mapping.toml", "# Who buys", R"([parameters.until_day]
default = 31
at_least = 10
at_most = 31
only_grows = true

# Who buys)");
  Replace("mapping.toml", "ORDER BY o.source_line",
          "WHERE extract(day FROM o.bought_at) <= $until_day");
  const auto with = [&](const std::string& name, const std::string& value) -> std::string {
    ImportOptions options = Options();
    options.parameters[name] = value;
    const auto report = Import(*connection_, (folder_ / "mapping.toml").string(), folder_, options);
    return report ? std::to_string(report->tables.back().added) : report.error().message;
  };
  EXPECT_THAT(with("until_week", "3"), HasSubstr("no parameter 'until_week'; it has until_day"));
  EXPECT_THAT(with("until_day", "32"), HasSubstr("until_day 32 is out of range: 10 to 31"));
  EXPECT_THAT(with("until_day", "1x"), HasSubstr("'1x' is not a whole number"));
  EXPECT_EQ(with("until_day", "11"), "3");
  EXPECT_THAT(with("until_day", "10"), HasSubstr("already holds corner-shop up to 11"));
  EXPECT_EQ(with("until_day", "12"), "0");
}

TEST_F(ImportTest, RetailersAreNotMixed) {
  ASSERT_TRUE(CreateTables(*connection_));
  Rows("INSERT INTO raw.product_catalog (product_id) VALUES (1)");
  const auto report = ImportShop();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(report.error().message, HasSubstr("another retailer"));
}

TEST_F(ImportTest, AShopBeyondTheLimitsIsRefused) {
  ASSERT_TRUE(ImportShop());
  Rows("INSERT INTO raw.product_categories (category_id) SELECT 'c' || i FROM range(65532) r(i)");
  EXPECT_EQ(Shop(), "3 0 0 0") << "as many as may be";
  Rows("INSERT INTO raw.product_categories (category_id) VALUES ('one more')");
  EXPECT_THAT(Shop(),
              HasSubstr("65536 categories in raw.product_categories; at most 65535 are possible"));
  Rows("DELETE FROM raw.product_categories WHERE category_id = 'one more'");
  Rows(
      "INSERT INTO raw.product_catalog (product_id, brand) SELECT 10 + i, 'b' || i FROM "
      "range(65533) r(i)");
  EXPECT_THAT(Shop(), HasSubstr("65536 brands in raw.product_catalog; at most 65535"));
}

TEST_F(ImportTest, ARetailersShapeThatDoesNotFitIsRefused) {
  ASSERT_TRUE(ImportShop());
  Rows(
      "INSERT INTO raw.loyalty_tiers (tier_id, tier_name, min_annual_spend) VALUES ('a', 'Basic', "
      "1)");
  EXPECT_THAT(Shop(), HasSubstr("the lowest tier, Basic, begins at a spend of $1.00"));
  Rows("UPDATE raw.loyalty_tiers SET min_annual_spend = 0");
  EXPECT_THAT(Shop(), HasSubstr("raw.customer_history has rows of an earlier import with the tier "
                                "'Bronze', which is not in raw.loyalty_tiers"));
  Rows("UPDATE raw.loyalty_tiers SET tier_name = 'Bronze'");
  EXPECT_EQ(Shop(), "3 0 0 0");
  Rows("INSERT INTO raw.regions VALUES ('West', 'W', 1)");
  Rows("INSERT INTO raw.postal_regions VALUES ('US', '', 'West')");
  EXPECT_THAT(Shop(), HasSubstr("raw.inventory has rows of an earlier import with the region "
                                "'Midwest', which is not in raw.regions"));
}

TEST_F(ImportTest, ASecondMappingIsRefusedUnlessItIsToAdd) {
  ASSERT_TRUE(ImportShop());
  const std::string first = *base::ReadFile(folder_ / "mapping.toml");
  Replace("mapping.toml", "name = \"corner-shop\"", "name = \"corner\"");
  Replace("mapping.toml", "tiers: everybody", "tiers of corner: everybody");
  const auto refused = ImportShop();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(refused.error().message,
              HasSubstr("corner-shop (imported 2025-06-15T15:06:40Z), and corner would be"));
  ImportOptions options = Options();
  options.add = true;
  const auto added = Import(*connection_, (folder_ / "mapping.toml").string(), folder_, options);
  ASSERT_TRUE(added) << added.error().message;
  EXPECT_THAT(added->others, ElementsAre("corner-shop"));
  EXPECT_EQ(added->defaults.size(), 6U) << "what both state";
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.customers"), "2\n") << "equal ids are one customer";
  Write("mapping.toml", first);
  EXPECT_THAT(Shop(), HasSubstr("corner (imported"));
}

}  // namespace
}  // namespace aisle::ingest
