#include "ranking/metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace aisle::ranking {
namespace {

const std::vector<std::uint32_t> kRanked = {7, 3, 9, 1};

TEST(Ndcg, CountsHitsByTheirRankAgainstTheBestPossible) {
  const std::vector<std::uint32_t> relevant = {3, 5};
  const double ideal = 1 + 1 / std::log2(3.0);
  EXPECT_DOUBLE_EQ(NdcgAt(10, kRanked, relevant), (1 / std::log2(3.0)) / ideal);
  EXPECT_DOUBLE_EQ(NdcgAt(1, kRanked, relevant), 0);
  EXPECT_DOUBLE_EQ(NdcgAt(10, kRanked, std::vector<std::uint32_t>{3, 7}), 1);
  EXPECT_DOUBLE_EQ(NdcgAt(10, kRanked, {}), 0);
}

TEST(Ndcg, MoreRelevantThanPlacesCanStillBePerfect) {
  EXPECT_DOUBLE_EQ(NdcgAt(2, kRanked, std::vector<std::uint32_t>{1, 3, 7, 9}), 1);
}

TEST(Recall, IsTheShareOfTheRelevantThatWasFound) {
  const std::vector<std::uint32_t> relevant = {1, 3, 5, 6};
  EXPECT_DOUBLE_EQ(RecallAt(20, kRanked, relevant), 0.5);
  EXPECT_DOUBLE_EQ(RecallAt(2, kRanked, relevant), 0.25);
  EXPECT_DOUBLE_EQ(HitAt(2, kRanked, relevant), 1);
  EXPECT_DOUBLE_EQ(HitAt(1, kRanked, relevant), 0);
}

TEST(Auc, CountsPairsWonAndTiesHalf) {
  const std::vector<float> labels = {1, 0, 1, 0};
  EXPECT_DOUBLE_EQ(Auc(std::vector<float>{4, 3, 2, 1}, labels), 0.75);
  EXPECT_DOUBLE_EQ(Auc(std::vector<float>{1, 1, 1, 1}, labels), 0.5);
  EXPECT_DOUBLE_EQ(Auc(std::vector<float>{4, 3, 2, 1}, labels, std::vector<float>{1, 3, 1, 1}),
                   (4.0 + 1.0) / 8.0);
  EXPECT_TRUE(std::isnan(Auc(std::vector<float>{1}, std::vector<float>{1})));
}

}  // namespace
}  // namespace aisle::ranking
