// The DDL of the raw and oracle tables says the same columns as the synthetic retailer writes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "ingest/ingest.h"
#include "ingest/read_shape.h"
#include "synth/columns.h"
#include "synth/retailer.h"
#include "warehouse/warehouse.h"

namespace aisle {
namespace {

std::string_view SqlType(arrow::Type type) {
  switch (type) {
    case arrow::Type::kBool:
      return "BOOLEAN";
    case arrow::Type::kInt32:
      return "INTEGER";
    case arrow::Type::kInt64:
      return "BIGINT";
    case arrow::Type::kFloat:
      return "FLOAT";
    case arrow::Type::kDouble:
      return "DOUBLE";
    case arrow::Type::kString:
      return "VARCHAR";
    case arrow::Type::kDate:
      return "DATE";
    case arrow::Type::kTimestamp:
      return "TIMESTAMP";
    case arrow::Type::kMoney:
      return "DECIMAL(12,2)";
  }
  return "";
}

class RawTables : public testing::TestWithParam<std::string> {};

TEST_P(RawTables, HaveTheColumnsOfTheSyntheticRetailer) {
  const std::string& table = GetParam();
  auto database = warehouse::Database::Open(":memory:");
  ASSERT_TRUE(database) << database.error().message;
  auto connection = database->Connect();
  ASSERT_TRUE(connection) << connection.error().message;
  ASSERT_TRUE(ingest::RecreateTables(*connection));

  const auto retailer = synth::Retailer::Make({.seed = 1,
                                               .as_of = base::FromMicros(1'750'000'000'000'000),
                                               .customers = 30,
                                               .oracle_customers = 5});
  ASSERT_TRUE(retailer) << retailer.error().message;
  auto rows = retailer->Open(table);
  ASSERT_TRUE(rows) << rows.error().message;
  const auto loaded = ingest::LoadTable(*connection, table, *std::move(rows));
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_GT(*loaded, 0);

  const auto columns = synth::Columns(table);
  ASSERT_TRUE(columns);
  std::vector<std::vector<std::string>> expected;
  for (const auto& field : *columns)
    expected.push_back({field.name, std::string(SqlType(field.type))});
  // It hides nothing, and leaves the column to who does.
  if (table == "raw.product_catalog") expected.push_back({"hidden", "BOOLEAN"});
  const std::size_t dot = table.find('.');
  const auto found = connection->QueryText(
      {"test",
       "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = $schema "
       "AND table_name = $table ORDER BY ordinal_position"},
      {{"schema", table.substr(0, dot)}, {"table", table.substr(dot + 1)}});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(*found, expected);
}

TEST(RetailerShape, OfTheSyntheticRetailerIsTheQuickstarts) {
  auto database = warehouse::Database::Open(":memory:");
  ASSERT_TRUE(database) << database.error().message;
  auto connection = database->Connect();
  ASSERT_TRUE(connection) << connection.error().message;
  ASSERT_TRUE(ingest::RecreateTables(*connection));
  const auto retailer = synth::Retailer::Make({.seed = 1,
                                               .as_of = base::FromMicros(1'750'000'000'000'000),
                                               .customers = 1,
                                               .oracle_customers = 0});
  ASSERT_TRUE(retailer) << retailer.error().message;
  for (const char* table :
       {"raw.regions", "raw.postal_regions", "raw.postal_formats", "raw.loyalty_tiers"}) {
    auto rows = retailer->Open(table);
    ASSERT_TRUE(rows) << rows.error().message;
    const auto loaded = ingest::LoadTable(*connection, table, *std::move(rows));
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_GT(*loaded, 0) << table;
  }
  const auto shape = ingest::ReadShape(*connection);
  ASSERT_TRUE(shape) << shape.error().message;
  EXPECT_EQ(*shape, domain::RetailerShape::Quickstart());
}

INSTANTIATE_TEST_SUITE_P(EachTable, RawTables, testing::ValuesIn(synth::Retailer::Tables()),
                         [](const auto& one) {
                           std::string name = one.param;
                           name[name.find('.')] = '_';
                           return name;
                         });

}  // namespace
}  // namespace aisle
