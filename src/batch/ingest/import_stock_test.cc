// Stock alone out of a mapping's files, and what of a mapping some of its tables need.
#include "ingest/import_stock.h"

#include <gmock/gmock.h>

#include "ingest/corner_shop_testing.h"
#include "ingest/only_tables.h"

namespace aisle::ingest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ImportStockTest : public CornerShopTest {
 protected:
  // "product region pieces days" of what differs, or the error.
  std::vector<std::string> Differing(const ImportOptions& options = Options()) {
    const auto stock =
        ImportStock(*connection_, (folder_ / "mapping.toml").string(), folder_, options);
    if (!stock) return {stock.error().message};
    std::vector<std::string> lines;
    for (const raw::Row& row : stock->rows) {
      std::string line;
      for (const raw::Field& field : row) {
        const auto* name = std::get_if<std::string>(&field.value);
        line += (line.empty() ? "" : " ") +
                (name != nullptr ? *name : std::to_string(std::get<std::int64_t>(field.value)));
      }
      lines.push_back(line);
    }
    return lines;
  }
};

TEST_F(ImportStockTest, WhatDiffersIsHandedBackAndTheTableStaysAsItIs) {
  ASSERT_TRUE(ImportShop());
  EXPECT_THAT(Differing(), ElementsAre());
  const std::string before = Rows("SELECT * FROM raw.inventory ORDER BY ALL");
  Replace("mapping.toml", "100 AS qty_on_hand",
          "CASE sku WHEN 'soap' THEN 7 WHEN 'bread' THEN -1 ELSE 100 END AS qty_on_hand");
  Replace("mapping.toml", "('Midwest'), ('South'), ('West')", "('West')");
  std::filesystem::remove(folder_ / "orders.csv");  // Nothing of stock stands there.
  EXPECT_THAT(Differing(), ElementsAre("3 Northeast 7 3", "3 Southeast 7 3", "3 West 7 3"));
  EXPECT_EQ(Rows("SELECT * FROM raw.inventory ORDER BY ALL"), before);
  EXPECT_EQ(Rows("SELECT count(*), min(reason) FROM raw.rejects"),
            "3|qty_on_hand: '-1' is below 0\n");
  EXPECT_THAT(Differing(), testing::SizeIs(3)) << "again, as long as nobody has taken them in";
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.rejects"), "3\n");
  EXPECT_EQ(Rows("SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE 'aisle_%'"), "0\n");
}

TEST_F(ImportStockTest, DaysThatFilesDoNotGiveStayAndAProductThatIsNewGetsItsId) {
  ASSERT_TRUE(ImportShop());
  Replace("mapping.toml", "100 AS qty_on_hand, 3 AS est_delivery_days", "9 AS qty_on_hand");
  Replace("mapping.toml", "('Northeast'), ('Southeast'), ('Midwest'), ('South'), ('West')",
          "('West')");
  Append("products.csv", "apple,Apple,fruit,,0.50,true\n");
  EXPECT_THAT(Differing(), ElementsAre("1 West 9 3", "2 West 9 3", "3 West 9 3", "4 West 9"));
  EXPECT_EQ(Rows("SELECT source_id FROM raw.id_map WHERE kind = 'product' AND id = 4"), "apple\n");
}

TEST_F(ImportStockTest, ChecksOfTheWholeImportHold) {
  EXPECT_TRUE(ImportShop());
  Replace("mapping.toml", "table = \"raw.inventory\"",
          "table = \"raw.inventory\"\nat_least_rows = 99");
  EXPECT_THAT(Differing(), ElementsAre(HasSubstr("99")));
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.inventory"), "15\n");
}

TEST_F(ImportStockTest, WhatItsTakerRefusesIsAReject) {
  ASSERT_TRUE(ImportShop());
  ASSERT_TRUE(RejectStock(*connection_, "corner-shop",
                          {{"product_id", std::int64_t{3}}, {"region", "West"}},
                          "product_id: 3 is sold no more", base::FromMicros(kLoadedMicros)));
  EXPECT_EQ(Rows("SELECT source, table_name, line, reason, row_text FROM raw.rejects"),
            "corner-shop|raw.inventory|NULL|product_id: 3 is sold no more|product_id: 3, region: "
            "West\n");
}

TEST_F(ImportStockTest, OtherTablesAloneAreFilledAsInAWholeImport) {
  ASSERT_TRUE(ImportShop());
  Replace("products.csv", "3.50,yes", "3.60,yes");
  Append("customers.csv", "aaron,94105,01/05/2025\n");
  std::filesystem::remove(folder_ / "orders.csv");
  ImportOptions options = Options();
  options.only = {"product_catalog", "raw.product_categories"};
  const auto report = Import(*connection_, (folder_ / "mapping.toml").string(), folder_, options);
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_EQ(report->tables.size(), 2U);
  EXPECT_EQ(report->sources.size(), 1U);
  EXPECT_EQ(Rows("SELECT price FROM raw.product_catalog WHERE product_id = 1"), "3.60\n");
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.customers"), "2\n");
  options.only = {"shoes"};
  EXPECT_THAT(
      Import(*connection_, (folder_ / "mapping.toml").string(), folder_, options).error().message,
      HasSubstr("no table 'raw.shoes' is filled; there are raw.customer_history, "));
}

TEST(OnlyTables, StepsAndSourcesThatAreNamedStayWithThoseTheyName) {
  Mapping mapping;
  for (const char* source : {"a", "b", "c", "d"}) {
    Source made;
    made.name = source;
    mapping.sources.push_back(made);
  }
  mapping.steps = {{"first", {"SELECT * FROM a", 1}},
                   {"other", {"SELECT * FROM b", 2}},
                   {"second", {"SELECT * FROM First JOIN bb", 3}}};
  TableStep stock, customers;
  stock.table = "raw.inventory";
  stock.from = "c";
  stock.query = {"SELECT * FROM second", 4};
  customers.table = "raw.customers";
  customers.query = {"SELECT * FROM other, d", 5};
  mapping.tables = {stock, customers};
  const auto only = OnlyTables(mapping, {"inventory"});
  ASSERT_TRUE(only);
  ASSERT_EQ(only->steps.size(), 2U);
  EXPECT_EQ(only->steps[0].name, "first");
  EXPECT_EQ(only->steps[1].name, "second");
  ASSERT_EQ(only->sources.size(), 2U);
  EXPECT_EQ(only->sources[0].name, "a");
  EXPECT_EQ(only->sources[1].name, "c");
  EXPECT_EQ(only->tables.size(), 1U);
}

}  // namespace
}  // namespace aisle::ingest
