// Train() from a small shop in the warehouse: what TrainingTest holds from records holds from tables.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "gold/shop_testing.h"
#include "training/fingerprint.h"
#include "training/training.h"

namespace aisle::training {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class TrainWarehouseTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / ("aisle_train_warehouse_test_" + std::to_string(getpid()));
    for (int p = 1; p <= 20; ++p) shop_.AddProduct(p, "10.00", p % 2 == 0 ? "CAT-002" : "CAT-001");
    shop_.Write(
        "INSERT INTO raw.customers (customer_id, zip_code, customer_since_date, loyalty_tier) "
        "SELECT c, '10001', DATE '2024-01-01', 'Bronze' FROM range(1, 301) t(c)");
    // Every fourth day of 160 each customer views a product; every second one buys it ten days later.
    Happen("product_view", 0, 1);
    Happen("pos_purchase", 10, 2);
  }
  void TearDown() override { fs::remove_all(root_); }

  void Happen(const std::string& type, int later, int every) {
    const std::string at =
        fmt::format("TIMESTAMP '2026-06-17' + to_days(CAST(d * 4 + {} AS INTEGER))", later);
    const std::string product = "1 + (c * 7 + d * 3) % 20";
    shop_.Write(fmt::format(
        "INSERT INTO raw.event_stream (event_id, customer_id, event_type, event_timestamp, "
        "channel, "
        "session_id, product_id, product_category, product_price, quantity, order_id, order_total, "
        "order_line, line_total, visitor_id, ingested_at) SELECT '{0}' || c || '-' || d, c, '{0}', "
        "{1}, 'Web', 'S' || c || '-' || d, {2}, CASE WHEN ({2}) % 2 = 0 THEN 'CAT-002' ELSE "
        "'CAT-001' END, 10.00, 1, 'O' || c || '-' || d, 10.00, 1, 10.00, 'V', {1} FROM range(1, "
        "301) t(c), range(0, 40) u(d) WHERE (c + d) % {3} = 0 AND {1} < TIMESTAMP '2026-11-24'",
        type, at, product, every));
  }

  gold::ShopFixture shop_;
  fs::path root_;
};

TEST_F(TrainWarehouseTest, TheDefaultPairLearnsFromTheTables) {
  const registry::Registry registry(root_);
  TrainOptions options;
  options.as_of = gold::ShopFixture::AsOf();
  options.threads = 1;
  for (const char* recipe : {"propensity_default", "ranking_default"}) {
    const auto report = Train(shop_.Database(), registry, recipe, options);
    ASSERT_TRUE(report) << recipe << ": " << report.error().message;
    EXPECT_GT(report->positives, 100) << recipe;
    const auto manifest = *registry.ReadManifest(report->model, report->version);
    EXPECT_THAT(manifest.data_fingerprint, HasSubstr("raw.customers 300 rows"));
  }
  const auto manifest = *registry.ReadManifest("ranking", 1);
  EXPECT_GT(manifest.metrics.at("validation_ndcg_at_10"),
            manifest.metrics.at("validation_ndcg_at_10_popularity"))
      << "they buy what they looked at";
}

TEST_F(TrainWarehouseTest, AShorterLogIsToldHowMuchIsNeeded) {
  shop_.Write("DELETE FROM raw.event_stream WHERE event_timestamp < TIMESTAMP '2026-10-01'");
  TrainOptions options;
  options.as_of = gold::ShopFixture::AsOf();
  const auto report =
      Train(shop_.Database(), registry::Registry(root_), "propensity_default", options);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(report.error().message, HasSubstr("needs 112 days before 2026-11-24"));
}

TEST_F(TrainWarehouseTest, TheFingerprintChangesWithTheDataAndWithNothingElse) {
  const base::Timestamp as_of = gold::ShopFixture::AsOf();
  const std::string first = *Fingerprint(shop_.Connection(), as_of, "USD");
  EXPECT_EQ(first, *Fingerprint(shop_.Connection(), as_of, "USD"));
  // What comes after as_of does not count.
  shop_.AddEvent({.customer = 1, .type = "product_view", .at = "2026-12-01 00:00:00"});
  EXPECT_EQ(first, *Fingerprint(shop_.Connection(), as_of, "USD"));
  shop_.AddEvent({.customer = 1, .type = "product_view", .at = "2026-11-01 00:00:00"});
  EXPECT_NE(first, *Fingerprint(shop_.Connection(), as_of, "USD"));
}

}  // namespace
}  // namespace aisle::training
