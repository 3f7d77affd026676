// What a mapping says of how a file is written: decimals, thousands, encoding, a time of two columns.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "ingest/import.h"
#include "ingest/mapping.h"
#include "ingest/warehouse_testing.h"

namespace aisle::ingest {
namespace {

using testing::HasSubstr;

class WrittenFormsTest : public WarehouseTest {
 protected:
  // Rows of s.csv (or what `file` says) by column lines; what a query over the source gives and why rows were rejected.
  std::string Import(std::string_view columns, std::string_view query, std::string_view source = "",
                     std::string_view file = "s.csv") {
    OpenDatabase(":memory:");
    Write("m.toml",
          "name = \"d\"\nabout = \"d\"\n[sources.s]\nfile = \"" + std::string(file) + "\"\n" +
              std::string(source) + "[sources.s.columns]\n" + std::string(columns) +
              "[[tables]]\ntable = \"raw.price_history\"\nfrom = \"s\"\nat_least_rows = 0\n"
              "query = '''" +
              std::string(query) + "'''\n");
    const auto report =
        ingest::Import(*connection_, (folder_ / "m.toml").string(), folder_, Options());
    if (!report) return report.error().message;
    return Rows("SELECT product_id, price, valid_from FROM raw.price_history ORDER BY product_id") +
           Rows("SELECT line, reason FROM raw.rejects ORDER BY line");
  }
  static constexpr std::string_view kPrices =
      "SELECT source_line, source_line AS product_id, price, TIMESTAMP '2025-01-01' AS valid_from "
      "FROM s";
  std::string Prices(std::string_view form, std::string_view rows) {
    Write("s.csv", "price\n" + std::string(rows));
    return Import("price = {type = \"DECIMAL(12,2)\"" + std::string(form) + "}\n", kPrices,
                  "delimiter = \";\"\n");
  }
};

TEST_F(WrittenFormsTest, ADecimalCommaIsOneOnlyWhereItIsSaid) {
  EXPECT_EQ(Prices(", decimal = \",\"", "12,50\n+3,5 \n,5\n7\n1.234,50\n12.50\n1,999\nx\n"),
            "2|12.50|2025-01-01 00:00:00\n3|3.50|2025-01-01 00:00:00\n4|0.50|2025-01-01 00:00:00\n"
            "5|7.00|2025-01-01 00:00:00\n"
            "6|price: '1.234,50' is not DECIMAL(12,2) with ',' before its decimals\n"
            "7|price: '12.50' is not DECIMAL(12,2) with ',' before its decimals\n"
            "8|price: '1,999' has more digits than DECIMAL(12,2)\n"
            "9|price: 'x' is not DECIMAL(12,2) with ',' before its decimals\n");
  EXPECT_THAT(Prices("", "12,50\n1.5\n"), HasSubstr("2|price: '12,50' is not DECIMAL(12,2)\n"));
}

TEST_F(WrittenFormsTest, ThousandsStandBetweenGroupsOfThree) {
  EXPECT_EQ(Prices(", decimal = \",\", thousands = \".\"", "1.234,50\n12.345.678\n1234,5\n12.50\n"),
            "2|1234.50|2025-01-01 00:00:00\n3|12345678.00|2025-01-01 00:00:00\n"
            "4|1234.50|2025-01-01 00:00:00\n"
            "5|price: '12.50' is not DECIMAL(12,2) with ',' before its decimals and '.' between "
            "thousands\n");
  EXPECT_EQ(Prices(", thousands = \",\"", "\"1,234.50\"\n"), "2|1234.50|2025-01-01 00:00:00\n");
  EXPECT_EQ(Prices(", thousands = \" \"", "1 234.50\n1\u00A0234\n1\u202F234\n"),
            "2|1234.50|2025-01-01 00:00:00\n3|1234.00|2025-01-01 00:00:00\n"
            "4|1234.00|2025-01-01 00:00:00\n");
  EXPECT_EQ(Prices(", thousands = \"'\"", "1'234.50\n1’234\n"),
            "2|1234.50|2025-01-01 00:00:00\n3|1234.00|2025-01-01 00:00:00\n");
}

TEST_F(WrittenFormsTest, AFormThatContradictsItselfIsRefusedWithItsLine) {
  const auto said = [](std::string_view column) {
    const std::string text =
        "name = \"d\"\nabout = \"d\"\n[sources.s]\nfile = \"s.csv\"\n[sources.s.columns]\na = " +
        std::string(column) + "\n[[tables]]\ntable = \"raw.stores\"\nquery = \"SELECT 1\"\n";
    const auto mapping = ParseMapping({"m.toml", text});
    return mapping ? std::string("taken") : mapping.error().message;
  };
  EXPECT_EQ(said("{type = \"INT\", thousands = \",\"}"), "taken");
  EXPECT_THAT(said("{type = \"INT\", thousands = \".\"}"), HasSubstr("m.toml:6: "));
  EXPECT_THAT(said("{type = \"DOUBLE\", decimal = \",\", thousands = \",\"}"),
              HasSubstr("'thousands'"));
  EXPECT_THAT(said("{type = \"DOUBLE\", decimal = \";\"}"), HasSubstr("'decimal'"));
  EXPECT_THAT(said("{type = \"TEXT\", decimal = \",\"}"), HasSubstr("only numbers"));
  EXPECT_THAT(said("{type = \"TEXT\", of = [\"d\", \"t\"]}"), HasSubstr("of a TIMESTAMP only"));
  EXPECT_THAT(said("{type = \"TIMESTAMP\", of = [\"d\"]}"), HasSubstr("two columns of the file"));
}

constexpr std::string_view kTimes =
    "SELECT source_line, source_line AS product_id, 1 AS price, sold AS valid_from FROM s";

TEST_F(WrittenFormsTest, ATimeOfTwoColumnsIsOnTheClockOfItsSource) {
  Write("s.csv", "day;clock\n10.07.2025;18:30\n10.01.2025;18:30\n10.07.2025;\n;18:30\n;\n");
  EXPECT_EQ(
      Import(
          "sold = {type = \"TIMESTAMP\", of = [\"day\", \"clock\"], format = \"%d.%m.%Y %H:%M\"}\n",
          kTimes, "delimiter = \";\"\ntime_zone = \"Europe/Berlin\"\n"),
      "2|1.00|2025-07-10 16:30:00\n3|1.00|2025-01-10 17:30:00\n"
      "4|sold: '10.07.2025 ?' is not TIMESTAMP\n5|sold: '? 18:30' is not TIMESTAMP\n"
      "6|valid_from: missing\n");
  EXPECT_THAT(Import("sold = {type = \"TIMESTAMP\", of = [\"day\", \"hour\"]}\n", kTimes,
                     "delimiter = \";\"\n"),
              HasSubstr("has no column 'hour'; it has day, clock"));
}

TEST_F(WrittenFormsTest, OfParquetToo) {
  Rows(
      "COPY (SELECT DATE '2025-07-10' AS day, '18:30:00' AS clock UNION ALL SELECT DATE "
      "'2025-07-11', NULL) TO '" +
      (folder_ / "s.parquet").string() + "'");
  EXPECT_EQ(Import("day = \"DATE\"\nsold = {type = \"TIMESTAMP\", of = [\"day\", \"clock\"]}\n",
                   kTimes, "time_zone = \"Europe/Berlin\"\n", "s.parquet"),
            "1|1.00|2025-07-10 16:30:00\n2|sold: '2025-07-11 ?' is not TIMESTAMP\n");
}

TEST_F(WrittenFormsTest, TheEncodingIsTheSources) {
  Write("s.csv", "preis \x80\n12.5\n");
  EXPECT_EQ(Import("\"preis €\" = \"DECIMAL(12,2)\"\n",
                   "SELECT source_line, source_line AS product_id, \"preis €\" AS price, TIMESTAMP "
                   "'2025-01-01' AS valid_from FROM s",
                   "encoding = \"windows-1252\"\n"),
            "2|12.50|2025-01-01 00:00:00\n");
  EXPECT_THAT(Import("\"preis €\" = \"DECIMAL(12,2)\"\n", kPrices),
              HasSubstr("name its encoding in its source"));
  EXPECT_THAT(Import("\"preis €\" = \"DECIMAL(12,2)\"\n", kPrices, "encoding = \"ebcdic\"\n"),
              HasSubstr("windows-1252"));
}

TEST_F(WrittenFormsTest, AFileThatIsNoneOfItsKindSaysWhatItIs) {
  std::filesystem::create_directories(folder_ / "s");
  Rows("COPY (SELECT 1.5 AS price) TO '" + (folder_ / "s/0.parquet").string() + "'");
  Write("s/1.csv", "price\n1.5\n");
  EXPECT_THAT(
      Import("price = \"DOUBLE\"\n", kPrices, "", "s"),
      HasSubstr("s/1.csv: not a Parquet file but lines of text; keep CSV and Parquet apart"));
  Write("zeros.csv", std::string(5'000, '\0'));
  EXPECT_THAT(Import("price = \"DOUBLE\"\n", kPrices, "", "zeros.csv"),
              HasSubstr("zeros.csv: this is nothing but zero bytes"));
}

}  // namespace
}  // namespace aisle::ingest
