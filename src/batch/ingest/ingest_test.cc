#include "ingest/ingest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "ingest/warehouse_testing.h"

namespace aisle::ingest {
namespace {

using testing::HasSubstr;

class RawTablesTest : public WarehouseTest {
 protected:
  // Two batches of customer ids from 1, and a text in another column.
  static arrow::Stream Customers(const std::string& id, const std::string& text) {
    const arrow::Schema schema = {{text, arrow::Type::kString}, {id, arrow::Type::kInt64}};
    auto batch = std::make_shared<int>(0);
    return arrow::MakeStream(schema, [schema, batch]() -> Result<std::optional<arrow::Batch>> {
      if (*batch == 2) return std::nullopt;
      arrow::BatchBuilder builder(schema);
      for (int i = 1; i <= 3; ++i) {
        builder.AppendString(0, "10001");
        builder.AppendInt(1, *batch * 3 + i);
      }
      ++*batch;
      return builder.Finish();
    });
  }
};

TEST_F(RawTablesTest, AreMadeOnceAndKeptAfterwards) {
  ASSERT_TRUE(CreateTables(*connection_));
  Rows("INSERT INTO raw.stores (store_id) VALUES (1)");
  ASSERT_TRUE(CreateTables(*connection_));
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.stores"), "1\n");
  EXPECT_EQ(Rows("SELECT * FROM raw.about"), "format|2\n");
  EXPECT_EQ(
      Rows("SELECT schema_name FROM duckdb_schemas() WHERE database_name = current_database() "
           "AND NOT internal ORDER BY ALL"),
      "feature_store\ngold\nml_registry\noracle\nraw\n");
}

TEST_F(RawTablesTest, OfAnOlderFormatGetWhatIsNew) {
  ASSERT_TRUE(CreateTables(*connection_));
  Rows("UPDATE raw.about SET value = '1' WHERE key = 'format'");
  Rows("DROP TABLE raw.regions");
  Rows("INSERT INTO raw.stores (store_id) VALUES (1)");
  ASSERT_TRUE(CreateTables(*connection_));
  EXPECT_EQ(Rows("SELECT * FROM raw.about"), "format|2\n");
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.regions"), "0\n");
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.stores"), "1\n");
}

TEST_F(RawTablesTest, OfTheTimeBeforeProductsWereHiddenGetTheColumn) {
  ASSERT_TRUE(CreateTables(*connection_));
  Rows("ALTER TABLE raw.product_catalog DROP COLUMN hidden");
  Rows("INSERT INTO raw.product_catalog (product_id) VALUES (1)");
  ASSERT_TRUE(CreateTables(*connection_));
  EXPECT_EQ(Rows("SELECT product_id, hidden FROM raw.product_catalog"), "1|NULL\n");
}

TEST_F(RawTablesTest, AreEmptyAfterRecreation) {
  ASSERT_TRUE(CreateTables(*connection_));
  Rows("INSERT INTO raw.stores (store_id) VALUES (1)");
  Rows("CREATE TABLE oracle.totals (x INT)");
  ASSERT_TRUE(RecreateTables(*connection_));
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.stores"), "0\n");
  const auto oracle = connection_->HasTable("oracle.totals");
  ASSERT_TRUE(oracle);
  EXPECT_FALSE(*oracle);
}

TEST_F(RawTablesTest, OfANewerFormatAreLeftAlone) {
  ASSERT_TRUE(CreateTables(*connection_));
  Rows("UPDATE raw.about SET value = '3' WHERE key = 'format'");
  const Status status = CreateTables(*connection_);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(status.error().message, HasSubstr("format 3"));
  EXPECT_TRUE(RecreateTables(*connection_)) << "to begin anew is always allowed";
}

TEST_F(RawTablesTest, StreamsAreLoadedByTheNamesOfTheirColumns) {
  ASSERT_TRUE(CreateTables(*connection_));
  std::string heard;
  const auto rows = LoadTable(*connection_, "raw.customers", Customers("customer_id", "zip_code"),
                              [&](std::int64_t count) { heard += std::to_string(count) + " "; });
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(*rows, 6);
  EXPECT_EQ(heard, "3 3 ");
  EXPECT_EQ(
      Rows("SELECT customer_id, zip_code, email FROM raw.customers ORDER BY customer_id LIMIT 2"),
      "1|10001|NULL\n2|10001|NULL\n");
  ASSERT_TRUE(LoadTable(*connection_, "raw.customers", Customers("customer_id", "zip_code")));
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.customers"), "12\n") << "a load appends";
}

TEST_F(RawTablesTest, AColumnTheTableDoesNotHaveIsNamed) {
  ASSERT_TRUE(CreateTables(*connection_));
  const auto rows = LoadTable(*connection_, "raw.customers", Customers("customer_id", "postcode"));
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(rows.error().message, HasSubstr("no column 'postcode'"));
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.customers"), "0\n");
}

TEST_F(RawTablesTest, AStreamThatFailsLoadsNothing) {
  ASSERT_TRUE(CreateTables(*connection_));
  const arrow::Schema schema = {{"customer_id", arrow::Type::kInt64}};
  const auto rows = LoadTable(
      *connection_, "raw.customers",
      arrow::MakeStream(schema,
                        [schema, first = true]() mutable -> Result<std::optional<arrow::Batch>> {
                          if (!std::exchange(first, false))
                            return Fail(ErrorCode::kInternal, "the source ran dry");
                          arrow::BatchBuilder builder(schema);
                          builder.AppendInt(0, 1);
                          return builder.Finish();
                        }));
  ASSERT_FALSE(rows);
  EXPECT_THAT(rows.error().message, HasSubstr("the source ran dry"));
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.customers"), "0\n");
}

}  // namespace
}  // namespace aisle::ingest
