#include "ranking/select.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "base/random.h"

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

// Scores from a handful of values, so that ties and missing scores are everywhere.
TEST(SelectTop, EqualsAFullSortForAnyCount) {
  base::Stream stream(1, 2, 3);
  TopSelector selector;
  for (int round = 0; round < 300; ++round) {
    const std::size_t size = stream.Below(60);
    std::vector<std::uint32_t> candidates(size);
    std::iota(candidates.begin(), candidates.end(), 5U);
    for (std::size_t i = size; i > 1; --i)
      std::swap(candidates[i - 1], candidates[stream.Below(i)]);
    std::vector<float> scores(size);
    for (float& score : scores) {
      score = stream.Chance(0.1) ? std::numeric_limits<float>::quiet_NaN()
                                 : static_cast<float>(stream.Between(-3, 3)) / 6.0F;
    }
    std::vector<std::uint32_t> sorted(size);
    std::iota(sorted.begin(), sorted.end(), 0U);
    const auto rank = [&](std::uint32_t i) { return std::isnan(scores[i]) ? -9.0F : scores[i]; };
    std::ranges::sort(sorted, [&](std::uint32_t a, std::uint32_t b) {
      return std::pair(-rank(a), candidates[a]) < std::pair(-rank(b), candidates[b]);
    });
    const std::size_t count = stream.Below(70);
    sorted.resize(std::min(count, size));
    const auto best = selector.Select(scores, candidates, count);
    EXPECT_EQ(std::vector<std::uint32_t>(best.begin(), best.end()), sorted) << "round " << round;
  }
}

}  // namespace
}  // namespace aisle::ranking
