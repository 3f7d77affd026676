// The shipped mapping against the files themselves, where they are: AISLE_COMPLETE_JOURNEY names the
// folder that `tools/fetch-pins completejourney` prints. Elsewhere these tests are skipped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "ingest/import.h"
#include "warehouse/warehouse.h"

namespace aisle::ingest {
namespace {

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

TEST_F(CompleteJourney, GivesTheEventsOfTheProtocol) {
  const auto report = ImportUntil("45");
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(Text("SELECT count(*), sum(line_total), sum(quantity), count(DISTINCT customer_id), "
                 "count(DISTINCT product_id), count(DISTINCT order_id) FROM raw.event_stream"),
            "");
}

}  // namespace
}  // namespace aisle::ingest
