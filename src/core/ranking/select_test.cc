#include "ranking/select.h"

#include <gtest/gtest.h>

#include <limits>

namespace aisle::ranking {
namespace {

TEST(SelectTop, TiesGoToTheSmallerProduct) {
  const std::vector<float> scores = {0.5F, 0.9F, 0.5F, 0.1F};
  const std::vector<std::uint32_t> candidates = {7, 3, 2, 1};
  EXPECT_EQ(SelectTop(scores, candidates, 3), (std::vector<std::uint32_t>{1, 2, 0}));
}

TEST(SelectTop, GivesAllWhenFewerThanAskedAndNothingForNothing) {
  const std::vector<float> scores = {0.1F, 0.2F};
  const std::vector<std::uint32_t> candidates = {0, 1};
  EXPECT_EQ(SelectTop(scores, candidates, 5), (std::vector<std::uint32_t>{1, 0}));
  EXPECT_TRUE(SelectTop({}, {}, 5).empty());
  EXPECT_TRUE(SelectTop(scores, candidates, 0).empty());
}

TEST(SelectTop, AMissingScoreComesLast) {
  const std::vector<float> scores = {std::numeric_limits<float>::quiet_NaN(), 0.0F, 0.3F};
  const std::vector<std::uint32_t> candidates = {0, 1, 2};
  EXPECT_EQ(SelectTop(scores, candidates, 3), (std::vector<std::uint32_t>{2, 1, 0}));
}

}  // namespace
}  // namespace aisle::ranking
