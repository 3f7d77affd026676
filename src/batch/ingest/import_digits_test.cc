// Numbers whose digits a column cannot hold, and ids that a data frame made floats of.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "ingest/import.h"
#include "ingest/warehouse_testing.h"

namespace aisle::ingest {
namespace {

using testing::HasSubstr;

class DigitsTest : public WarehouseTest {
 protected:
  // Products of p.csv (sku, price), with a price by `type` and `price` in the query.
  std::string Import(const std::string& type, const std::string& price, std::string_view rows,
                     const std::string& table = "", const std::string& retailer = "") {
    OpenDatabase(":memory:");
    Write("p.csv", rows);
    Write("m.toml", "name = \"d\"\nabout = \"d\"\n" + retailer +
                        "[sources.p]\nfile = \"p.csv\"\ndelimiter = \";\"\n" +
                        "[sources.p.columns]\nsku = \"TEXT\"\nprice = \"" + type +
                        "\"\n[[tables]]\ntable = \"raw.product_catalog\"\nfrom = \"p\"\n" + table +
                        "query = \"SELECT source_line, sku AS product_id, sku AS product_name, 'c' "
                        "AS category_id, " +
                        price + " AS price FROM p\"\n");
    const auto report =
        ingest::Import(*connection_, (folder_ / "m.toml").string(), folder_, Options());
    if (!report) return report.error().message;
    return Rows("SELECT product_name, price FROM raw.product_catalog ORDER BY product_name") +
           Rows("SELECT line, reason FROM raw.rejects ORDER BY line");
  }
};

TEST_F(DigitsTest, TextKeepsItsDigitsOrIsRejected) {
  EXPECT_EQ(Import("DECIMAL(12,2)", "price",
                   "sku;price\na;19.99\nb;19.9900\nc;19.999\nd;.5\ne;1e2\nf;0.30000000000000004\ng;"
                   "0.005\nh;1.5e-3\n"),
            "a|19.99\nb|19.99\nd|0.50\ne|100.00\nf|0.30\n"
            "4|price: '19.999' has more digits than DECIMAL(12,2)\n"
            "8|price: '0.005' has more digits than DECIMAL(12,2)\n"
            "9|price: '1.5e-3' has more digits than DECIMAL(12,2)\n");
  EXPECT_EQ(Import("DECIMAL(38,20)", "CAST(price * 100 AS INT)",
                   "sku;price\na;0.00000000000000000001\nb;0.000000000000000000001\n"),
            "a|0.00\n3|price: '0.000000000000000000001' has more digits than DECIMAL(38,20)\n");
  EXPECT_EQ(
      Import("INT", "price", "sku;price\na;17850.0\nb;17850.\nc;17850.5\nd;1e3\ne;3000000000\n"),
      "a|17850.00\nb|17850.00\n4|price: '17850.5' is not INT\n5|price: '1e3' is not INT\n"
      "6|price: '3000000000' is not INT\n");
}

TEST_F(DigitsTest, AQuerysAmountsDoNotLoseDigitsUnasked) {
  const std::string_view rows = "sku;price\na;10\nb;1.005\nc;-1.005\nd;2.675\n";
  const std::string why =
      " has more digits than DECIMAL(12,2); round it in the query, or give round = \"cents\" with "
      "the table\n";
  EXPECT_EQ(
      Import("DECIMAL(12,3)", "abs(price)", rows),
      "a|10.00\n3|price: '1.005'" + why + "4|price: '1.005'" + why + "5|price: '2.675'" + why);
  EXPECT_EQ(Import("DECIMAL(12,3)", "abs(price)", rows, "round = \"cents\"\n"),
            "a|10.00\nb|1.01\nc|1.01\nd|2.68\n")
      << "halves away from zero";
  EXPECT_EQ(
      Import("DOUBLE", "price / 3", "sku;price\na;10\nb;9.99\nc;1e300\n", "round = \"cents\"\n"),
      "a|3.33\nb|3.33\n4|price: '3.3333333333333335e+299' is not DECIMAL(12,2)\n");
  EXPECT_EQ(Import("DOUBLE", "price", "sku;price\na;1.005\nb;1.015\nc;2.675\nd;1.115\ne;1.004\n",
                   "round = \"cents\"\n"),
            "a|1.01\nb|1.02\nc|2.68\nd|1.12\ne|1.00\n")
      << "the half of the digits as written, not of the binary number beside them";
  EXPECT_EQ(Import("DOUBLE", "price * 3", "sku;price\na;0.1\nb;33.33\n"), "a|0.30\nb|99.99\n")
      << "the last bits of a DOUBLE are no digits";
  EXPECT_EQ(Import("DOUBLE", "price / 3", "sku;price\na;10\nb;9.99\n"),
            "b|3.33\n2|price: '3.3333333333333335'" + why);
}

TEST_F(DigitsTest, MoneyIsRoundedToTheSmallestAmountThereIs) {
  const std::string yen = "[retailer]\ncurrency = \"JPY\"\nminor_unit = 0\n";
  EXPECT_EQ(
      Import("DECIMAL(12,2)", "price", "sku;price\na;499.50\nb;12\n", "round = \"cents\"\n", yen),
      "a|500.00\nb|12.00\n");
  EXPECT_EQ(Import("DECIMAL(12,2)", "price", "sku;price\na;499.50\nb;12\n", "", yen),
            "b|12.00\n2|price: '499.50' is finer than JPY, which has 0 digits behind the point\n");
  EXPECT_THAT(Import("DECIMAL(12,2)", "price", "sku;price\na;1\n", "round = \"up\"\n"),
              HasSubstr("round"));
}

class IdsTest : public WarehouseTest {
 protected:
  // Customers and what they viewed, of two CSV files whose customer is of the given types and put so into the queries.
  std::string Import(const std::string& customers, const std::string& views,
                     const std::string& type, const std::string& view_type,
                     const std::string& id = "customer") {
    OpenDatabase(":memory:");
    Write("c.csv", "customer\n" + customers);
    Write("v.csv", "customer\n" + views);
    Write("m.toml",
          "name = \"d\"\nabout = \"d\"\n[sources.c]\nfile = "
          "\"c.csv\"\n[sources.c.columns]\ncustomer = \"" +
              type + "\"\n[sources.v]\nfile = \"v.csv\"\n[sources.v.columns]\ncustomer = \"" +
              view_type +
              "\"\n[[tables]]\ntable = \"raw.customers\"\nfrom = \"c\"\nquery = \"SELECT "
              "source_line, " +
              id +
              " AS customer_id FROM c\"\n[[tables]]\ntable = \"raw.event_stream\"\nfrom = \"v\"\n"
              "query = \"SELECT source_line, 'E' || source_line AS event_id, " +
              id +
              " AS customer_id, 'v' AS visitor_id, 'product_view' AS event_type, TIMESTAMP "
              "'2025-01-10' AS "
              "event_timestamp FROM v\"\n");
    const auto report =
        ingest::Import(*connection_, (folder_ / "m.toml").string(), folder_, Options());
    if (!report) return report.error().message;
    return fmt::format("unknown {}", report->unknown.empty() ? 0 : report->unknown[0].ids);
  }
};

TEST_F(IdsTest, AnIdThatBecameAFloatInOneFileIsNamed) {
  EXPECT_THAT(Import("17850\n13047\n", "17850.0\n\"\"\n", "TEXT", "TEXT"),
              HasSubstr("customer_id: '17850.0' and '17850' are both there"));
  EXPECT_EQ(Import("17850\n13047\n", "17850.0\n\"\"\n", "BIGINT", "BIGINT"), "unknown 0");
  EXPECT_EQ(
      Import("17850\n13047\n", "17850.0\n\"\"\n", "BIGINT", "BIGINT", "CAST(customer AS VARCHAR)"),
      "unknown 0")
      << "as the message advises";
  for (const std::string form : {"17850.00", "17850.", "1.785e4", "1.785E+04", "+17850.0"}) {
    EXPECT_THAT(Import("17850\n13047\n", form + "\n", "TEXT", "TEXT"),
                HasSubstr("customer_id: '" + form + "' and '17850' are both there"));
  }
  EXPECT_THAT(Import("200000\n", "2e+05\n", "TEXT", "TEXT"), HasSubstr("'2e+05' and '200000'"));
  EXPECT_EQ(Import("200000\n2E5\n", "2E5\n", "TEXT", "TEXT"), "unknown 0")
      << "an article may be called so";
  EXPECT_EQ(Import("17850.0\n1.1\n", "17850.0\n", "TEXT", "TEXT"), "unknown 0") << "they agree";
  EXPECT_EQ(Import("1.1\n1.2\n", "1.0\n1.2\n", "TEXT", "TEXT"), "unknown 1")
      << "numbers of chapters are texts";
}

TEST_F(IdsTest, NumbersAndTextsAreNotMixed) {
  EXPECT_THAT(
      Import("17850\n13047\n", "17850\n", "TEXT", "BIGINT"),
      HasSubstr(
          "customer_id: a number in raw.event_stream (17850) and a text elsewhere ('13047')"));
  EXPECT_THAT(
      Import("17850\n13047\n", "17850\n", "BIGINT", "TEXT"),
      HasSubstr("customer_id: a number in raw.customers (13047) and a text elsewhere ('17850')"));
  EXPECT_EQ(Import("17850\n", "17850\n", "BIGINT", "DOUBLE"), "unknown 0");
  ASSERT_EQ(Import("a\n", "a\n", "TEXT", "TEXT"), "unknown 0");
  Rows("INSERT INTO raw.event_stream (event_id, customer_id, loaded_at) VALUES ('i', 77, now())");
  const auto again =
      ingest::Import(*connection_, (folder_ / "m.toml").string(), folder_, Options());
  EXPECT_TRUE(again) << "that event came another way: " << again.error().message;
}

}  // namespace
}  // namespace aisle::ingest
