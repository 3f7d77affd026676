// The shipped mapping against the files themselves, where they are: AISLE_COMPLETE_JOURNEY names the
// folder that `tools/fetch-pins completejourney` prints. Elsewhere these tests are skipped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "ingest/import.h"
#include "warehouse/warehouse.h"

namespace aisle::ingest {
namespace {

constexpr std::string_view kTotals =
    "SELECT count(*), sum(line_total), sum(quantity), count(DISTINCT customer_id), count(DISTINCT "
    "product_id), count(DISTINCT order_id) FROM raw.event_stream";

class CompleteJourney : public testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("AISLE_COMPLETE_JOURNEY");
    if (folder == nullptr)
      GTEST_SKIP() << "AISLE_COMPLETE_JOURNEY does not name the folder of the files";
    folder_ = folder;
    auto database = warehouse::Database::Open(":memory:");
    ASSERT_TRUE(database) << database.error().message;
    database_.emplace(std::move(*database));
    auto connection = database_->Connect();
    ASSERT_TRUE(connection) << connection.error().message;
    connection_.emplace(std::move(*connection));
  }

  Result<ImportReport> ImportUntil(const std::string& week) {
    ImportOptions options;
    options.parameters["until_week"] = week;
    options.loaded_at = base::FromMicros(1'700'000'000'000'000);
    return Import(*connection_, "complete-journey", folder_, options);
  }

  std::string Text(std::string_view query) {
    const auto rows = connection_->QueryText({"test", query});
    if (!rows) return rows.error().message;
    std::string text;
    for (const auto& row : *rows) {
      for (const std::string& cell : row) text += (text.empty() ? "" : " ") + cell;
    }
    return text;
  }

  std::string folder_;
  std::optional<warehouse::Database> database_;
  std::optional<warehouse::Connection> connection_;
};

// Counted by another program over the same files (docs/REAL_DATA.md).
TEST_F(CompleteJourney, GivesTheEventsOfTheProtocol) {
  const auto report = ImportUntil("45");
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(Text(kTotals), "1216274 3510271.07 1602696 2454 62479 119468");
  EXPECT_EQ(Text("SELECT loyalty_tier, count(*) FROM raw.customers GROUP BY 1 ORDER BY 1"),
            "Bronze 1227 Gold 368 Platinum 123 Silver 736");
  EXPECT_EQ(Text("SELECT count(*) FROM raw.product_catalog"), "62479");
  EXPECT_EQ(Text("SELECT count(DISTINCT event_id) FROM raw.event_stream"), "1216274");
  EXPECT_EQ(Text("SELECT source_id FROM raw.id_map WHERE kind = 'customer' ORDER BY id LIMIT 3"),
            "H1 H10 H100");
  EXPECT_EQ(Text("SELECT max(event_timestamp) FROM raw.event_stream"), "2017-11-06 04:59:52");
}

TEST_F(CompleteJourney, GrowsToTheLastVisibleWeekAndNoFurther) {
  ASSERT_TRUE(ImportUntil("45"));
  const auto report = ImportUntil("49");
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->tables.back().added, 1327223 - 1216274);
  EXPECT_EQ(Text(kTotals), "1327223 3840666.44 1747077 2462 65060 130145");
  EXPECT_EQ(Text("SELECT loyalty_tier, count(*) FROM raw.customers GROUP BY 1 ORDER BY 1"),
            "Bronze 1231 Gold 369 Platinum 124 Silver 738");
  EXPECT_EQ(Text("SELECT max(event_timestamp) FROM raw.event_stream"), "2017-12-04 04:52:28");
  const auto again = ImportUntil("49");
  ASSERT_TRUE(again) << again.error().message;
  for (const ImportedTable& table : again->tables)
    EXPECT_EQ(table.added + table.updated, 0) << table.table;
  EXPECT_FALSE(ImportUntil("45")) << "an import takes nothing away";
  EXPECT_FALSE(ImportUntil("50"));
}

TEST_F(CompleteJourney, HistoriesHoldAtEveryMomentOnce) {
  ASSERT_TRUE(ImportUntil("45"));
  ASSERT_TRUE(ImportUntil("49"));
  EXPECT_EQ(
      Text("SELECT count(*) FROM raw.price_history a JOIN raw.price_history b ON a.product_id = "
           "b.product_id AND a.valid_from < b.valid_from AND coalesce(a.valid_to > "
           "b.valid_from, true)"),
      "0");
  EXPECT_EQ(Text("SELECT count(*) FROM raw.customer_history a JOIN raw.customer_history b ON "
                 "a.customer_id = b.customer_id AND a.valid_from < b.valid_from AND "
                 "coalesce(a.valid_to > b.valid_from, true)"),
            "0");
  EXPECT_EQ(
      Text("SELECT count(*) FROM raw.product_catalog p JOIN raw.price_history h ON h.product_id = "
           "p.product_id AND h.valid_to IS NULL AND h.price = p.price"),
      "65060");
}

}  // namespace
}  // namespace aisle::ingest
