#include "ingest/suggest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "ingest/warehouse_testing.h"

namespace aisle::ingest {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class SuggestTest : public WarehouseTest {
 protected:
  std::string Suggest() {
    const auto found = SuggestMapping(folder_);
    if (!found) return found.error().message;
    unsure_ = found->unsure;
    return found->mapping;
  }
  // What comes in by what is suggested, or the error.
  std::string Import() {
    Write("m.toml", Suggest());
    const auto report =
        ingest::Import(*connection_, (folder_ / "m.toml").string(), folder_, Options());
    return report ? "" : report.error().message;
  }
  std::vector<std::string> unsure_;
};

TEST_F(SuggestTest, WhatIsInTheFilesIsDeclaredAndComesIn) {
  Write("sales.csv",
        "\xEF\xBB\xBFReceipt;Pos;Date;Time;Customer;SKU;Qty;Total\r\n"
        "1;1;25.12.2025;18:30;007;a ;1;1.234,50\r\n1;2;25.12.2025;18:30;007;b;2;3,00\r\n"
        "2;1;01.01.2026;09:05;008;A1;1;1,50\r\n");
  Write("goods.csv",
        "sku\tname\tcategory\tprice\na\tApple\tFruit\t1.50\nb\tBr\xF6tchen\tbread\t0.75\n");
  EXPECT_EQ(Import(), "");
  const std::string mapping = Suggest();
  EXPECT_THAT(
      mapping,
      AllOf(HasSubstr("# goods.csv: taken for products."), HasSubstr("encoding = \"windows-1252\""),
            HasSubstr("delimiter = \"\\u0009\""), HasSubstr("# sales.csv: taken for sales."),
            HasSubstr("day_and_time = {type = \"TIMESTAMP\", of = [\"Date\", \"Time\"], format "
                      "= \"%d.%m.%Y %H:%M\"}"),
            HasSubstr("\"Total\" = {type = \"DECIMAL(12,2)\", decimal = \",\", thousands = \".\"}"),
            HasSubstr("\"Customer\" = \"TEXT\"")));
  EXPECT_EQ(Rows("SELECT m.source_id, event_timestamp, quantity, line_total, order_total, "
                 "product_category FROM "
                 "raw.event_stream e JOIN raw.id_map m ON m.kind = 'customer' AND m.id = "
                 "e.customer_id ORDER BY event_id"),
            "007|2025-12-25 18:30:00|1|1234.50|1237.50|Fruit\n007|2025-12-25 "
            "18:30:00|2|3.00|1237.50|bread\n"
            "008|2026-01-01 09:05:00|1|1.50|1.50|NULL\n");
  EXPECT_EQ(Rows("SELECT product_name, price FROM raw.product_catalog ORDER BY 1"),
            "Apple|1.50\nBrötchen|0.75\n");
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.customers"), "2\n");
}

TEST_F(SuggestTest, WhatNothingConfirmsIsMarked) {
  Write("orders.csv",
        "order_id,order_date,customer_id,product_id,amount\n"
        "1,03/04/2025,7,5,1.234\n2,05/06/2025,8,6,2.345\n3,07/08/2025,8,6,3.456\n4,11/12/"
        "2025,8,6,oops\n"
        "5,11/12/2025,8,6,1.111\n6,11/12/2025,8,6,1.112\n7,11/12/2025,8,6,1.113\n8,11/12/"
        "2025,8,6,1.114\n"
        "9,11/12/2025,8,6,1.115\n10,11/12/2025,8,6,1.116\n");
  Write("notes.xlsx", "PK\x03\x04 more");
  Write("other.csv", "a,b\n1,2\n");
  Write("returns.csv", "order_id,order_date,customer_id,sku,amount\n1,03/04/2025,7,5,1.234\n");
  Write("noise.bin", "\x89\xFFpng\n\x01\x81,\x7F\n\xC3\x28");
  const std::string mapping = Suggest();
  EXPECT_THAT(unsure_,
              Contains(HasSubstr(
                  "day and month may change places: '%m/%d/%Y' fits as well as '%d/%m/%Y'")));
  EXPECT_THAT(unsure_,
              Contains(AllOf(HasSubstr("amount: 1 of 10 rows of the sample are no DECIMAL(18,4)"),
                             HasSubstr("such as 'oops'"))));
  EXPECT_THAT(unsure_, Contains(HasSubstr("its numbers may as well have '")));
  EXPECT_THAT(unsure_, Contains(HasSubstr("no column numbers the lines of a receipt")));
  EXPECT_THAT(unsure_,
              Contains("returns.csv looks like sales as orders.csv does, and no query reads it"));
  for (const std::string& one : unsure_) EXPECT_THAT(mapping, HasSubstr("# UNSURE: " + one));
  EXPECT_THAT(mapping, AllOf(HasSubstr("# Left out: notes.xlsx: this is an Excel workbook"),
                             HasSubstr("# other.csv: no table of the shop was recognised in it, "
                                       "and nothing reads it; its columns: a, b")));
}

TEST_F(SuggestTest, WhereNoMonthIsThirteenTheDayIsKnown) {
  Write("orders.csv",
        "order_id,order_date,customer_id,product_id,qty,amount\n1,03/04/2025,7,5,1,1.5\n2,01/31/"
        "2025,7,5,1,1.5\n");
  EXPECT_THAT(Suggest(), HasSubstr("\"order_date\" = {type = \"DATE\", format = \"%m/%d/%Y\"}"));
  EXPECT_THAT(unsure_, Not(Contains(HasSubstr("change places"))));
}

TEST_F(SuggestTest, ANameIsKnownHoweverItsWordsAreJoined) {
  Write("online.csv",
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID\n"
        "536365,85123A,HEART,6,12/1/2010 8:26,2.55,17850\n536366,71053,LANTERN,2,12/13/2010 "
        "8:28,3.39,17850\n");
  EXPECT_EQ(Import(), "");
  EXPECT_EQ(Rows("SELECT order_id, event_timestamp, quantity, line_total FROM raw.event_stream "
                 "ORDER BY 1"),
            "536365|2010-12-01 08:26:00|6|15.30\n536366|2010-12-13 08:28:00|2|6.78\n");
  EXPECT_THAT(unsure_, Contains(HasSubstr("it is price by quantity")));
}

TEST_F(SuggestTest, OfALogOfEverythingOnlyPurchasesAreTaken) {
  Write("log.csv",
        "happened,event_type,product_id,price,user_id,user_session\n"
        "2019-10-01 00:00:00 UTC,view,1,2.50,7,a\n2019-10-01 00:01:00 UTC,cart,1,2.50,7,a\n"
        "2019-10-01 00:02:00 UTC,purchase,1,2.50,7,a\n");
  EXPECT_EQ(Import(), "");
  EXPECT_EQ(Rows("SELECT event_type, event_timestamp, line_total FROM raw.event_stream"),
            "pos_purchase|2019-10-01 00:02:00|2.50\n");
  EXPECT_THAT(unsure_, Contains(HasSubstr("of it only 'purchase' was taken")));
  EXPECT_THAT(unsure_,
              Contains(HasSubstr("no column is called like a time; \"happened\" was taken")));
  EXPECT_THAT(unsure_, Contains(HasSubstr("no column numbers the receipts")));
}

TEST_F(SuggestTest, PartsOfOneNameAreOneSourceAndParquetSaysItsTypes) {
  Rows(
      "COPY (SELECT 'r' || i AS receipt, TIMESTAMP '2025-01-01 10:00:00' + INTERVAL (i) HOUR AS "
      "sold_at, i % 3 AS "
      "customer_id, CAST(i % 2 AS DOUBLE) AS product_id, 1 AS qty, CAST(1.5 AS DECIMAL(8,2)) AS "
      "amount FROM range(10) t(i)) "
      "TO '" +
      (folder_ / "sales_1.parquet").string() + "'");
  std::filesystem::copy_file(folder_ / "sales_1.parquet", folder_ / "sales_2.parquet");
  EXPECT_EQ(Import(), "");
  EXPECT_THAT(Suggest(), AllOf(HasSubstr("file = \"sales_*.parquet\""),
                               HasSubstr("\"amount\" = \"DECIMAL(8,2)\""),
                               HasSubstr("\"sold_at\" = \"TIMESTAMP\"")));
  EXPECT_EQ(
      Rows("SELECT count(DISTINCT customer_id), count(DISTINCT product_id) FROM raw.event_stream"),
      "3|2\n");
}

TEST_F(SuggestTest, AFolderOfNothingToUseSaysWhatIsThere) {
  EXPECT_THAT(Suggest(), HasSubstr("holds no files"));
  Write("people.csv", "customer_id,zip\n1,10001\n");
  EXPECT_THAT(Suggest(), AllOf(HasSubstr("no file looks like sales"),
                               HasSubstr("people.csv has customer_id, zip")));
  EXPECT_THAT(SuggestMapping(folder_ / "none").error().message, HasSubstr("No such file"));
}

}  // namespace
}  // namespace aisle::ingest
