#include "warehouse/parquet_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/temp_folder_testing.h"

namespace aisle::warehouse {
namespace {

TEST(ParquetFileTest, RowsKeepTheirTypesAndOrder) {
  const base::TempFolder folder;
  auto database = *Database::Open(":memory:");
  auto connection = *database.Connect();
  ASSERT_TRUE(ConfineToFolder(connection, folder.Path()));
  const auto path = folder.Path() / "it's.parquet";
  const auto rows = WriteParquet(
      connection,
      {"q",
       "SELECT i, [i, 1] AS l, CAST(i AS DECIMAL(12,2)) AS m FROM range(3) t(i) ORDER BY i DESC"},
      path);
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(*rows, 3);
  auto other = *Database::Open(":memory:");
  auto reader = *other.Connect();
  const auto read =
      reader.QueryText({"q", "SELECT i, CAST(l AS VARCHAR), m, typeof(m) FROM read_parquet('" +
                                 (folder.Path() / "it''s.parquet").string() + "')"});
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_THAT(*read,
              testing::ElementsAre(testing::ElementsAre("2", "[2, 1]", "2.00", "DECIMAL(12,2)"),
                                   testing::ElementsAre("1", "[1, 1]", "1.00", "DECIMAL(12,2)"),
                                   testing::ElementsAre("0", "[0, 1]", "0.00", "DECIMAL(12,2)")));
}

TEST(ParquetFileTest, AQueryReachesNothingOutsideOfTheFolder) {
  const base::TempFolder folder;
  const base::TempFolder outside;
  auto database = *Database::Open(":memory:");
  auto connection = *database.Connect();
  ASSERT_TRUE(ConfineToFolder(connection, folder.Path()));
  const auto stolen = outside.Path() / "x.parquet";
  for (const std::string& query :
       {std::string("SELECT * FROM read_text('/etc/hostname')"),
        "SELECT 1) TO '" + stolen.string() + "' (FORMAT parquet); COPY (SELECT 1",
        "SELECT 1) TO '" + stolen.string() + "' --"}) {
    EXPECT_FALSE(WriteParquet(connection, {"q", query}, folder.Path() / "y.parquet")) << query;
  }
  EXPECT_FALSE(WriteParquet(connection, {"q", "SELECT 1"}, stolen));
  EXPECT_FALSE(connection.Execute({"q", "SET allowed_directories = ['/']"}));
  EXPECT_FALSE(std::filesystem::exists(stolen));
}

}  // namespace
}  // namespace aisle::warehouse
