// What is shown is offered to the log as it was shown.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

#include "recommend/ask_testing.h"

namespace aisle::recommend {
namespace {

class ImpressionsTest : public testing::Test {
 protected:
  ~ImpressionsTest() override { std::filesystem::remove_all(folder_); }

  std::vector<events::Impression> Logged() {
    const auto log = events::EventLog::Open(folder_, events::EventLog::Access::kRead);
    AISLE_ASSERT(log);
    const auto records = log->Read(0, 100);
    AISLE_ASSERT(records);
    std::vector<events::Impression> impressions;
    for (const events::LogRecord& record : *records) {
      const auto impression = events::DecodeImpression(record.bytes);
      AISLE_ASSERT(impression);
      impressions.push_back(*impression);
    }
    return impressions;
  }

  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / fmt::format("aisle-recommend-test-{}", ::getpid());
};

TEST_F(ImpressionsTest, EachAnswerIsLoggedAsItWasShown) {
  const Shop shop = MakeShop(4, 80, 2, true);
  Answer model;
  Answer popular;
  {
    auto log = events::EventLog::Open(folder_, events::EventLog::Access::kWrite);
    ASSERT_TRUE(log) << log.error().message;
    events::ImpressionQueue queue(*std::move(log));
    Recommender recommender(&queue);
    recommender.SetState(shop.Open());
    const auto first = Ask(recommender, Of(kFirst, "90001", 3, "request-1"));
    const auto second = Ask(recommender, Of(5, "10001", 2, "request-2"));
    ASSERT_TRUE(first && second);
    model = *first;
    popular = *second;
    Request stranger = Of(5, "10001", 2, "refused");
    stranger.strict = true;
    const auto refused = Ask(recommender, stranger);
    ASSERT_FALSE(refused);
  }
  const auto logged = Logged();
  ASSERT_EQ(logged.size(), 2U);
  EXPECT_EQ(logged[0].request_id, "request-1");
  EXPECT_EQ(logged[0].served_at, kNow);
  EXPECT_EQ(logged[0].customer, domain::CustomerId{kFirst});
  EXPECT_EQ(logged[0].region, "West");
  EXPECT_EQ(logged[0].ranking_version, 7);
  EXPECT_EQ(logged[0].propensity_version, 12);
  EXPECT_EQ(logged[0].generation, 31);
  ASSERT_EQ(logged[0].shown.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(logged[0].shown[i].product, model.items[i].product);
    EXPECT_EQ(logged[0].shown[i].score, model.items[i].score);
    EXPECT_EQ(logged[0].shown[i].source, "model");
  }
  EXPECT_EQ(logged[1].request_id, "request-2");
  EXPECT_EQ(logged[1].ranking_version, 0);
  ASSERT_EQ(logged[1].shown.size(), 2U);
  EXPECT_EQ(logged[1].shown[0].product, popular.items[0].product);
  EXPECT_EQ(logged[1].shown[0].source, "popularity");
}

TEST_F(ImpressionsTest, ADryRunIsNoneAndABatchAndAVisitorAreMarked) {
  Shop shop = MakeShop(4, 80, 2, true);
  shop.shelf.catalogue.text_customer_ids = true;
  shop.source_ids = {{"C1", {kFirst}}};
  {
    auto log = events::EventLog::Open(folder_, events::EventLog::Access::kWrite);
    ASSERT_TRUE(log) << log.error().message;
    events::ImpressionQueue queue(*std::move(log));
    Recommender recommender(&queue);
    recommender.SetState(shop.Open());
    Request request = Of(0, "10001", 2, "dry");
    request.customer = *CustomerKey::Of("C1", true);
    request.dry_run = true;
    ASSERT_TRUE(Ask(recommender, request));
    request.dry_run = false;
    request.request_id = "batch.0";
    request.batch = true;
    ASSERT_TRUE(Ask(recommender, request));
    request.batch = false;
    request.request_id = "visitor";
    request.customer = *CustomerKey::Of("somebody", true);
    ASSERT_TRUE(Ask(recommender, request));
  }
  const auto logged = Logged();
  ASSERT_EQ(logged.size(), 2U);
  EXPECT_EQ(logged[0].request_id, "batch.0");
  EXPECT_TRUE(logged[0].batch);
  EXPECT_EQ(logged[0].customer, domain::CustomerId{kFirst});
  EXPECT_EQ(logged[0].visitor, "");
  EXPECT_EQ(logged[1].request_id, "visitor");
  EXPECT_FALSE(logged[1].batch);
  EXPECT_EQ(logged[1].customer, events::kNobody);
  EXPECT_EQ(logged[1].visitor, "somebody");
}

}  // namespace
}  // namespace aisle::recommend
