// Refresh, score, publish: what was counted by the refresh is published as if it had been counted again, and what
// changed since is seen.
#include <gmock/gmock.h>

#include "base/files.h"
#include "gold/feature_stream.h"
#include "gold/refresh.h"
#include "publish/publish.h"
#include "publish/small_shop_testing.h"

namespace aisle::publish {
namespace {

class Night : public testing::Test {
 protected:
  void SetUp() override {
    AddModel(registry_, "propensity", PropensitySpec(1));
    AddModel(registry_, "ranking", RankingSpec(1));
  }
  bool FromTables() {
    return SmallShop::Must(gold::FindRecords(shop_.Connection(), as_of_)).from_tables;
  }
  // Checksums of the generation's files, as its manifest has them.
  std::string ScoreAndPublish() {
    SmallShop::Must(ScorePropensity(shop_.Database(), registry_, as_of_));
    const auto manifest =
        SmallShop::Must(PublishGeneration(shop_.Database(), registry_, root_, as_of_));
    const std::string text = SmallShop::Must(base::ReadFile(
        root_ / fmt::format("generation-{}", manifest.generation) / "manifest.json"));
    const std::size_t begin = text.find("\"checksums\"");
    return text.substr(begin, text.find('}', begin) - begin);
  }

  SmallShop shop_{300};
  base::TempFolder folder_;
  registry::Registry registry_{folder_.Path() / "models"};
  const std::filesystem::path root_ = folder_.Path() / "serving";
  const base::Timestamp as_of_ = SmallShop::AsOf();
};

TEST_F(Night, TheSameBytesArePublishedFromTheTablesAndFromTheEvents) {
  ASSERT_FALSE(FromTables());
  const auto from_events = ScoreAndPublish();
  EXPECT_THAT(from_events,
              testing::AllOf(testing::HasSubstr("data/data.mdb"), testing::HasSubstr("shelf.bin")));
  SmallShop::Must(gold::Refresh(shop_.Connection(), as_of_));
  ASSERT_TRUE(FromTables());
  EXPECT_EQ(ScoreAndPublish(), from_events);
}

TEST_F(Night, AnOldEventThatArrivesAfterTheRefreshIsPublished) {
  SmallShop::Must(gold::Refresh(shop_.Connection(), as_of_));
  const auto before = ScoreAndPublish();
  shop_.AddEvent({.customer = kShopFirstCustomer + 5,
                  .type = "pos_purchase",
                  .at = "2026-03-01 10:00:00",
                  .product = 7,
                  .order = "late",
                  .order_total = "10.00"});
  EXPECT_FALSE(FromTables());
  const auto after = ScoreAndPublish();
  EXPECT_NE(after, before);
  shop_.Write("DROP TABLE gold.refresh_history");
  EXPECT_EQ(ScoreAndPublish(), after);
}

}  // namespace
}  // namespace aisle::publish
