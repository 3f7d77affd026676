// A model that the sweep takes must answer as its rows would.
#include <gtest/gtest.h>

#include "ranking/select.h"
#include "recommend/ask_testing.h"

namespace aisle::recommend {
namespace {

TEST(SweptAnswer, IsThatOfTheRows) {
  Shop shop = MakeShop(3, 400, 24, false);
  shop.model = ranking::RandomSpec(5, 60, 6, ranking::ReferenceInputs(), 0.1);
  shop.model->propensity_blend = 0.3;
  const auto state = shop.Open();
  ASSERT_NE(state->Sweeper(), nullptr);
  Recommender recommender(nullptr);
  recommender.SetState(state);
  const auto& region = state->PublishedShelf().regions[0];
  ranking::Scratch scratch;
  std::vector<float> scores(region.products.size());
  for (const auto& customer : shop.customers) {
    const auto answer = Ask(recommender, Of(customer.record.customer.value, "10001", 12));
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->timings.model_ok);
    state->Ranker()->FillRows(customer.record, customer.propensity, kNow, region.products, scratch);
    state->Ranker()->ScoreRows(customer.propensity, region.products, scratch, scores);
    const auto best = ranking::SelectTop(scores, region.products, 12);
    ASSERT_EQ(answer->items.size(), best.size());
    for (std::size_t i = 0; i < best.size(); ++i) {
      const auto position = region.products[best[i]];
      EXPECT_EQ(answer->items[i].product,
                state->PublishedShelf().catalogue.products[position].product);
      EXPECT_EQ(answer->items[i].score, scores[best[i]]);
      EXPECT_EQ(answer->items[i].source, "model");
    }
  }
}

TEST(SweptAnswer, AForcedEngineAnswersByItself) {
  Shop shop = MakeShop(3, 400, 4, false);
  shop.model = ranking::RandomSpec(5, 60, 6, ranking::ReferenceInputs(), 0.1);
  setenv("AISLE_FOREST_ENGINE", "interleaved", 1);
  const auto state = shop.Open();
  unsetenv("AISLE_FOREST_ENGINE");
  EXPECT_EQ(state->Ranker()->Forest().EngineInUse(), forest::Engine::kInterleaved);
  EXPECT_EQ(state->Sweeper(), nullptr);
  EXPECT_NE(shop.Open()->Sweeper(), nullptr);
}

TEST(SweptAnswer, AForcedSweepIsNoWishThatIsQuietlyDropped) {
  Shop shop = MakeShop(3, 400, 4, false);
  shop.model = ranking::RandomSpec(5, 60, 6, ranking::ReferenceInputs(), 0.1);
  const Shop other = MakeShop(3, 100, 4, true);
  setenv("AISLE_FOREST_ENGINE", "sweep", 1);
  const auto state = shop.Open();
  const auto refused =
      serving::ServingState::FromParts(other.manifest, other.shelf, other.model, other.customers);
  unsetenv("AISLE_FOREST_ENGINE");
  EXPECT_NE(state->Sweeper(), nullptr);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_NE(refused.error().message.find("engine sweep is wanted, and does not take this model"),
            std::string::npos)
      << refused.error().message;
}

TEST(SweptAnswer, AModelWithThePairsOwnHistoryIsRankedByRows) {
  const Shop shop = MakeShop(3, 100, 4, true);
  const auto state = shop.Open();
  EXPECT_NE(state->Ranker(), nullptr);
  EXPECT_EQ(state->Sweeper(), nullptr);
}

}  // namespace
}  // namespace aisle::recommend
